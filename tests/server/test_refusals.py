"""`cirql serve` refuses before it listens, in words: a catalog, a store or a file that cannot be used, an address that is taken."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import cirql


def serve(folder: Path, *options: str, package: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What the command says where it does not come to listen."""
    path = {"PYTHONPATH": str(package)} if package is not None else {}
    return subprocess.run(
        [sys.executable, "-m", "cirql", "serve", "--port", "0", *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
        env={"HOME": str(folder), "XDG_CACHE_HOME": str(folder), "PATH": "/usr/bin:/bin", **path},
    )


def file(folder: Path, name: str, content: str = "nonsense") -> str:
    (folder / name).write_text(content)
    (folder / name).chmod(0o600)
    return name


REFUSED: dict[str, tuple[Callable[[Path], list[str]], str]] = {
    "a certificate that is none": (
        lambda at: ["--tls-cert", file(at, "a.pem"), "--tls-key", file(at, "b.pem")],
        "a.pem and b.pem are no certificate and its key",
    ),
    "a certificate that is not there": (
        lambda at: ["--tls-cert", "no.pem", "--tls-key", file(at, "b.pem")],
        "no.pem cannot be read: No such file",
    ),
    "users that are none": (lambda at: ["--users", file(at, "u.json", '{"ada": 1}')], "each user has a role and a secret"),
    "a store in a file": (lambda at: ["--store", f"{file(at, 'f')}/x"], "cannot hold an inventory: Not a directory"),
    "a store at an address": (lambda at: ["--store", "s3://bucket/x"], "an inventory is a directory, which s3://bucket/x is not"),
    "a log that cannot be": (lambda at: ["--audit", "no/log"], "the log of calls cannot be written to no/log: No such file"),
    "writing without users": (lambda at: ["--write"], "needs users"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_used_is_said_before_it_listens(tmp_path: Path, case: str) -> None:
    options, words = REFUSED[case]
    answer = serve(tmp_path, *options(tmp_path))
    assert answer.returncode == 1
    assert words in answer.stderr
    assert "listening" not in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_port_that_is_taken_is_said_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = serve(tmp_path, "--port", str(port))
    assert answer.returncode == 1
    assert answer.stderr.splitlines()[0] == f"error: cannot listen on 127.0.0.1:{port}: Address already in use"


def test_without_a_catalog_that_can_be_read_it_does_not_listen(tmp_path: Path) -> None:
    """The package as it is, with another file in the catalog's place."""
    home = Path(cirql.__file__).parent
    package = tmp_path / "package" / "cirql"
    (package / "catalog").mkdir(parents=True)
    for entry in home.iterdir():
        if entry.name not in ("catalog", "__pycache__"):
            (package / entry.name).symlink_to(entry)
    for entry in (home / "catalog").iterdir():
        if entry.name not in ("catalog.sqlite", "__pycache__"):
            (package / "catalog" / entry.name).symlink_to(entry)
    place = package / "catalog" / "catalog.sqlite"
    whole = (home / "catalog" / "catalog.sqlite").read_bytes()
    half = len(whole) // 2
    kinds = {
        None: "there is no compiled catalog",
        b"nonsense": "is not a compiled catalog",
        whole[:half]: "malformed",
        whole[:half] + bytes(100_000) + whole[half + 100_000 :]: "is damaged",
    }
    for content, words in kinds.items():
        if content is not None:
            place.write_bytes(content)
        answer = serve(tmp_path, package=package.parent)
        assert (answer.returncode, "Traceback" in answer.stderr, "listening" in answer.stderr) == (1, False, False), answer.stderr
        assert words in answer.stderr
