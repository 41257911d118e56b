"""What the file of the history keeps, and what it must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cirql.completion.confidential import may_hold_secrets
from cirql.shell.history import StatementHistory


def kept(path: Path) -> list[str]:
    return list(reversed(list(StatementHistory(path, 100).load_history_strings())))


def test_what_asks_is_written_at_once_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "history"
    history = StatementHistory(path, 100)
    history.append_string("SELECT 1;")
    history.append_string("SELECT\n'é';")
    assert kept(path) == ["SELECT 1;", "SELECT\n'é';"]
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO aws.rds.db_instance (master_user_password) VALUES ('hunter2');",
        "EXEC aws.ssm.put_parameter @Value = 'hunter2';",
        "UPDATE aws.x SET p = E'hunter2' WHERE a = 'b';",
        "EXPLAIN INSERT INTO aws.rds.db_instance (master_user_password) VALUES ($$hunter2$$)",
        "PREPARE p AS INSERT INTO aws.rds.db_instance (a) VALUES ('hunter2')",
        "\\set db_password 'hunter2'",
        "  \\set api_token hunter2",
    ],
)
def test_no_text_that_a_write_was_told_is_in_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "history"
    history = StatementHistory(path, 100)
    history.append_string(text)
    assert may_hold_secrets(text)
    assert not path.exists()
    history.settle()
    assert "hunter2" not in path.read_text()
    assert len(kept(path)) == 1
    assert history.get_strings()[-1] == text


def test_a_line_that_a_kill_has_cut_short_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_bytes(b'"SELECT 1;"\n"SELE')
    assert kept(path) == ["SELECT 1;"]


def test_the_file_is_cut_when_it_has_twice_what_it_keeps(tmp_path: Path) -> None:
    path = tmp_path / "history"
    history = StatementHistory(path, 10)
    for n in range(25):
        history.append_string(f"SELECT {n};")
    assert len(list(StatementHistory(path, 10).load_history_strings())) == 10
    assert len(path.read_text().splitlines()) == 10


def test_a_history_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    StatementHistory(tmp_path / "file" / "history", 10).append_string("SELECT 1;")


def test_none_is_kept_where_none_is_wanted(tmp_path: Path) -> None:
    StatementHistory(tmp_path / "history", 0).append_string("SELECT 1;")
    assert list(tmp_path.iterdir()) == []
