"""The layers hold: the import contracts of pyproject.toml, checked as CI does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_imports_only_go_down_the_layers() -> None:
    script = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(cache_dir=None))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(p.relative_to(ROOT)) for p in (ROOT / "src").rglob("*.py") if p.read_text("utf-8").strip() and not _has_docstring(p)]
    assert silent == []


def _has_docstring(path: Path) -> bool:
    return path.read_text("utf-8").lstrip().startswith(('"""', 'r"""'))
