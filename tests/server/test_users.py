"""`cirql serve user`: users are added, listed, given another password and removed, and what cannot be is said in words."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from cirql.runtime import Runtime
from cirql.server.listening import Server
from cirql.server.users import read_users


def serve(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cirql", "serve", "user", *words, "--users", str(folder / "users.json")]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_users_are_added_listed_and_removed(tmp_path: Path) -> None:
    assert serve(tmp_path, "add", "ada", "--writer", "--password", "hers").returncode == 0
    assert "bob is a reader" in serve(tmp_path, "add", "bob", "--password", "his").stderr
    assert serve(tmp_path, "list").stdout == "ada\twriter\nbob\treader\n"
    before = read_users(tmp_path / "users.json")["bob"].verifier
    serve(tmp_path, "add", "bob", "--password", "another")
    assert read_users(tmp_path / "users.json")["bob"].verifier != before
    assert serve(tmp_path, "remove", "ada").returncode == 0
    assert serve(tmp_path, "list").stdout == "bob\treader\n"
    assert "another" not in (tmp_path / "users.json").read_text()


def test_who_is_not_there_cannot_be_removed(tmp_path: Path) -> None:
    serve(tmp_path, "add", "ada", "--password", "hers")
    answer = serve(tmp_path, "remove", "eve")
    assert answer.returncode != 0
    assert "there is no user eve" in answer.stderr


def test_a_server_that_ends_leaves_statements_no_longer_than_its_patience(runtime: Runtime) -> None:
    server = Server(runtime, port=0)
    server.start()
    client = psycopg.connect(f"postgresql://aws@127.0.0.1:{server.port}/aws", autocommit=True)
    crowd = ", ".join(f"generate_series(1, 100000) {name}(n)" for name in "abc")
    endless = f"SELECT count(*) FROM {crowd} WHERE (a.n + b.n + c.n) % 7 = 3"
    client.pgconn.send_query(endless.encode())
    time.sleep(0.5)
    server.close(patience=0.2)
    with pytest.raises(psycopg.OperationalError, match="ending"):
        client.execute("SELECT 1")
    client.close()
