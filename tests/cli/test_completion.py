"""The shell completes commands and options, once it was told how."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cirql, command, environment

SHELLS = {
    "bash": (".bash_completions/cirql.sh", ".bashrc"),
    "zsh": (".zfunc/_cirql", ".zshrc"),
    "fish": (".config/fish/completions/cirql.fish", None),
}


@pytest.mark.parametrize("shell", SHELLS)
def test_it_is_installed_where_the_shell_looks_and_mentioned_once(cirql: Cirql, tmp_path: Path, shell: str) -> None:
    place, start_file = SHELLS[shell]
    if start_file is not None:
        (tmp_path / start_file).write_text("alias ll='ls -l'")  # the last line of a start file need not end
    for _ in range(2):
        done = cirql("--install-completion", env={"HOME": str(tmp_path), "SHELL": f"/bin/{shell}"})
        assert done.code == 0, done.stderr
        assert str(tmp_path / place) in done.stdout
    assert "_CIRQL_COMPLETE" in (tmp_path / place).read_text()
    if start_file is not None:
        first, *added = (tmp_path / start_file).read_text().splitlines()
        assert first == "alias ll='ls -l'"
        assert len(added) == 1


def test_a_shell_that_is_not_known_is_wrong_usage(cirql: Cirql) -> None:
    done = cirql("--show-completion", "tcsh")
    assert done.code == 2
    assert done.stderr_lines[0] == "error: there is no completion for the shell 'tcsh'; there is for bash, zsh, fish"


def test_bash_completes_commands_and_options(cirql: Cirql, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    script = cirql("--show-completion", "bash").stdout
    program = tmp_path / "cirql"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(command())} "$@"\n')
    program.chmod(0o755)

    def completed(*words: str) -> list[str]:
        typed = " ".join(f"'{w}'" for w in words)
        lines = [script, f"COMP_WORDS=({typed}) COMP_CWORD={len(words) - 1}", "_cirql_completion cirql", 'printf "%s\\n" "${COMPREPLY[@]}"']
        path = f"{tmp_path}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [bash, "-c", "\n".join(lines)], capture_output=True, text=True, env=environment(PATH=path), timeout=60, check=True
        )
        return done.stdout.split()

    assert completed("cirql", "q") == ["query"]
    assert completed("cirql", "query", "--ti") == ["--timing"]
    assert completed("cirql", "store", "") == ["list", "compact", "export", "import", "copy", "verify"]
