r"""The commands, as somebody types them who knows psql."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from tests.shell.conftest import Open, account
from tests.shell.terminal import CTRL_C, TAB, Terminal


@pytest.fixture
def shell(terminal: Open) -> Terminal:
    """A shell over the embedded AWS, on a wide terminal, without a pager."""
    opened = terminal("shell", "--local", columns=140, rows=100, PAGER="cat")
    opened.ready()
    return opened


def after(shell: Terminal, typed: str) -> str:
    """What is on the screen after a line was typed and answered."""
    shell.screen.reset()
    shell.run(typed)
    answered = re.compile(r"> .*\n.*[=#]>$", re.DOTALL)
    shell.sees(lambda text: bool(answered.search(text)))
    shell.rests()
    shell.sees(lambda text: bool(answered.search(text)))
    return shell.text


def test_d_lists_and_describes_as_psql_does(shell: Terminal) -> None:
    assert "cirql.last_scans" in after(shell, "\\d")
    described = after(shell, "\\d aws.ec2_instance")
    assert re.search(r"instance_id +│ VARCHAR", described)
    assert "ec2:DescribeInstances" in described
    assert "permissions to read: " in described or "ec2:DescribeInstances" in described
    listed = after(shell, "\\dt *s3*bucket")
    assert "aws.s3_bucket " in listed
    assert "aws.s3.bucket " in listed
    assert "aws.iam_role" not in listed
    assert re.search(r"│ ec2 +│ \d+ +│ \d+ +│", after(shell, "\\dn ec2*"))
    assert "split_part(text, text, integer) → text" in after(shell, "\\df split*")
    assert "no table is called like *nothing*" in after(shell, "\\d *nothing*")
    assert "Amazon" in after(shell, "\\dt+ aws.s3.bucket") or "SELECT, INSERT" in shell.text


def test_own_tables_are_described_too(shell: Terminal) -> None:
    after(shell, "CREATE TABLE mine (size int, label text);")
    assert re.search(r"label +│ VARCHAR", after(shell, "\\d mine"))
    assert "mine" in after(shell, "\\dv")


def test_x_and_gx_show_a_row_below_the_other(shell: Terminal) -> None:
    assert "─ row 1 " in after(shell, "SELECT 1 AS a, 2 AS b \\gx")
    assert "│ a │ b │" in after(shell, "\\g")
    after(shell, "\\x on")
    assert "─ row 1 " in after(shell, "SELECT 3 AS a;")
    after(shell, "\\x auto")
    assert "│ a │" in after(shell, "SELECT 4 AS a;")
    assert "expanded cannot be 'perhaps'" in after(shell, "\\x perhaps")


def test_timing_says_how_long_it_took_and_how_many_calls(shell: Terminal) -> None:
    after(shell, "\\timing on")
    assert re.search(r"time: \d+ ms, 1 row, 6 calls", after(shell, "SELECT count(*) FROM aws.sagemaker_image;"))


def test_variables_are_text_constants_and_names(shell: Terminal) -> None:
    after(shell, "\\set t aws.sagemaker_image")
    after(shell, "\\set who 'it''s me'")
    assert "│ 15 │" in after(shell, "SELECT count(*) AS n FROM :t;")
    assert "│ it's me │" in after(shell, "SELECT :'who' AS x;")
    assert "│ it's me │" in after(shell, 'SELECT 1 AS :"who";')
    assert "it's me" in after(shell, "\\echo :who")
    after(shell, "\\unset who")
    assert "error" in after(shell, "SELECT :who;")


def test_what_gset_took_from_a_result_is_never_sql(shell: Terminal) -> None:
    after(shell, "SELECT 'x''; DROP TABLE t' AS hostile, 7 AS n \\gset v_")
    assert "│ x'; DROP TABLE t │ 8 │" in after(shell, "SELECT :v_hostile AS a, :v_n + 1 AS b;")
    assert "needs one row" in after(shell, "SELECT 1 WHERE false \\gset")


def test_gdesc_and_explain_run_nothing(shell: Terminal) -> None:
    assert re.search(r"image_name +│ VARCHAR", after(shell, "SELECT image_name FROM aws.sagemaker_image \\gdesc"))
    explained = after(shell, "SELECT image_name FROM aws.sagemaker_image \\explain")
    assert "call sagemaker:ListImages" in explained
    assert "sagemaker:ListImages" in after(shell, "\\policy SELECT image_name FROM aws.sagemaker_image;")
    assert '"Action"' in shell.text


def test_a_statement_that_a_command_does_not_take_stays_to_be_edited(shell: Terminal) -> None:
    shell.run("SELECT 5 AS five \\timing on")
    shell.sees("timing is on")
    shell.sees(lambda text: text.rstrip().endswith("=> SELECT 5 AS five"))
    shell.run(";")
    shell.sees("five │")


def test_what_is_typed_after_a_command_of_its_own_line_begins_a_line(shell: Terminal) -> None:
    shell.run("SELECT 5 AS five")
    shell.run("\\timing off")
    shell.sees("timing is off")
    shell.run("UNION SELECT 6;")
    shell.sees("five │")
    shell.ready()
    shell.run("SELECT nonsense")
    shell.run("\\r")
    shell.sees("the statement is dropped")
    shell.ready()
    assert "│ 7 │" in after(shell, "SELECT 7 AS s;")


def test_what_a_statement_did_is_a_word_and_no_row(shell: Terminal) -> None:
    answer = after(shell, "CREATE TEMP TABLE done AS SELECT 1 AS a;")
    assert "CREATE TABLE" in answer
    assert "status" not in answer
    assert "│ status │" in after(shell, "SELECT 'x' AS status;")


def test_help_fits_the_window(terminal: Open) -> None:
    narrow = terminal("shell", "--local", columns=60, rows=110, PAGER="cat")
    narrow.ready()
    assert "without running" in re.sub(r"\s+", " ", after(narrow, "\\?"))
    assert max(len(line.rstrip()) for line in narrow.text.splitlines()) <= 60


def test_watch_runs_it_until_ctrl_c(shell: Terminal) -> None:
    shell.run("SELECT 'again' AS w \\watch 0.2")
    shell.sees(lambda text: text.count("│ again │") >= 3)
    shell.type(CTRL_C)
    shell.ready()
    assert after(shell, "SELECT 'some' AS w \\watch 0.1 2").count("│ some  │") in (0, 2)


def test_o_g_and_copy_write_files_and_copy_reads_one(shell: Terminal) -> None:
    home = shell.home
    after(shell, "\\pset format csv")
    after(shell, "\\o out.csv")
    after(shell, "SELECT 1 AS a, 'x,y' AS b;")
    after(shell, "\\o")
    assert (home / "out.csv").read_bytes() == b'a,b\r\n1,"x,y"\r\n'
    after(shell, "SELECT 2 AS a \\g two.csv")
    assert (home / "two.csv").read_bytes() == b"a\r\n2\r\n"
    after(shell, "SELECT 'piped' AS a \\g |cat > three.csv")
    assert (home / "three.csv").read_bytes() == b"a\r\npiped\r\n"
    assert "COPY 3" in after(shell, "\\copy (SELECT * FROM generate_series(1, 3) AS g(n)) to rows.parquet")
    assert "COPY 15" in after(shell, "\\copy (SELECT region FROM aws.sagemaker_image) to page.html")
    assert "aws.sagemaker_image: 6 places, read live" in (home / "page.html").read_text()
    after(shell, "\\copy rows from rows.parquet")
    after(shell, "\\pset format table")
    assert "│ 6 │" in after(shell, "SELECT sum(n) AS s FROM rows;")
    assert "cannot open" in after(shell, "\\o /nowhere/at/all")
    assert "is not understood" in after(shell, "\\copy what")


def test_copy_to_stdout_shows_the_rows_and_o_files_say_how_many_there_are(shell: Terminal, tmp_path: Path) -> None:
    assert re.search(r"^a,b\s+1,x$", after(shell, "\\copy (SELECT 1 AS a, 'x' AS b) to stdout"), re.MULTILINE)
    after(shell, f"\\o {tmp_path}/out.txt")
    assert "row)" not in after(shell, "SELECT 1 AS a;")
    after(shell, "\\o")
    assert (tmp_path / "out.txt").read_text("utf-8").endswith("(1 row)\n")


def test_i_runs_a_file_with_commands_in_it(shell: Terminal) -> None:
    (shell.home / "a.sql").write_text("\\set n 41\nSELECT\n :n + 1 AS found;\n\\i b.sql\n")
    (shell.home / "b.sql").write_text("SELECT nope;\nSELECT 'went on' AS then;\n")
    text = after(shell, "\\i a.sql")
    assert "│    42 │" in text
    assert "42703" in text
    assert "went on" in text
    (shell.home / "c.sql").write_text("\\i c.sql\n")
    assert "without an end" in after(shell, "\\i c.sql")
    assert "cannot open" in after(shell, "\\i none.sql")


def test_an_error_stops_a_file_where_that_is_wished(shell: Terminal) -> None:
    (shell.home / "a.sql").write_text("SELECT nope;\nSELECT 'went on' AS then;\n")
    after(shell, "\\set ON_ERROR_STOP on")
    assert "went on" not in after(shell, "\\i a.sql").replace("\\i a.sql", "")


def test_e_gives_the_statement_to_the_editor_and_takes_it_back(terminal: Open, tmp_path: Path) -> None:
    editor = tmp_path / "editor.sh"
    editor.write_text("#!/bin/sh\nsed -i s/one/two/ $1\n")
    editor.chmod(0o755)
    shell = terminal(EDITOR=str(editor))
    shell.ready()
    shell.run("SELECT 'one' AS a;")
    shell.sees("│ one │")
    shell.ready()
    shell.run("\\e")
    shell.sees("=> SELECT 'two' AS a")
    shell.run(";")
    shell.sees("│ two │")


def test_failures_come_after_the_rows_and_scans_have_them_all(terminal: Open, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(kind="access_denied", region="eu-west-1"))
    shell = terminal(columns=160, rows=60, PAGER="cat", **{**account(cloud), "CIRQL_REGIONS": "us-east-1,eu-west-1"})
    shell.ready()
    shell.run("SELECT image_name FROM aws.sagemaker_image;")
    shell.sees("failed: ")
    shell.ready()
    assert re.search(r"row.*\nfailed: .*eu-west-1: sagemaker:ListImages: AccessDenied", shell.text)
    scans = after(shell, "\\scans")
    assert "AccessDenied" in scans
    assert "us-east-1" in scans


def test_errverbose_says_everything_about_the_last_error(shell: Terminal) -> None:
    assert "there is no previous error" in after(shell, "\\errverbose")
    after(shell, "SELECT nope;")
    text = after(shell, "\\errverbose")
    assert "UnknownColumn: there is no column nope" in text
    assert "SQLSTATE: 42703" in text


def test_where_statements_ask_can_be_seen_and_changed(shell: Terminal) -> None:
    assert "111111111111" in after(shell, "\\accounts")
    assert re.search(r"eu-west-1 +│ 111111111111, 222222222222", after(shell, "\\regions"))
    assert "connected to the embedded AWS" in after(shell, "\\conninfo")
    assert "the embedded AWS" in after(shell, "\\l")
    assert "there is no profile 'nobody'" in after(shell, "\\c nobody")
    assert "connected to" in after(shell, "\\c 111111111111")
    assert after(shell, "SELECT DISTINCT account_id FROM aws.sagemaker_image;").count("111111111111") == 1
    assert "222222222222" not in shell.text


def test_ages_say_what_the_inventory_has(terminal: Open) -> None:
    shell = terminal("shell", "--local", "--max-age", "1 hour", "--store", "inventory", columns=140, rows=60, PAGER="cat")
    shell.ready()
    after(shell, "SELECT count(*) FROM aws.sagemaker_image;")
    assert re.search(r"aws.sagemaker_image +│ +6 │ +15 │", after(shell, "\\ages"))


def test_help_lists_every_command_and_an_unknown_one_is_told(shell: Terminal) -> None:
    text = after(shell, "\\?")
    names = "d dt dn df l c x timing watch e i o copy gx set pset errverbose explain policy scans accounts regions ages history q"
    for name in names.split():
        assert f"  \\{name}" in text
    assert "did you mean" in after(shell, "\\timin")


def test_history_can_be_shown_and_searched(shell: Terminal) -> None:
    after(shell, "SELECT 'needle' AS a;")
    after(shell, "SELECT 'hay' AS b;")
    assert "needle" in after(shell, "\\history needle")
    assert "hay" not in shell.text


def test_commands_and_their_tables_are_completed(shell: Terminal) -> None:
    shell.type("\\err")
    shell.type(TAB)
    shell.sees("\\errverbose")
    shell.type("\x15")
    shell.type("\\d ec2_inst")
    shell.sees("aws.ec2_instance")


def test_what_is_longer_than_the_screen_goes_through_the_pager(terminal: Open, tmp_path: Path) -> None:
    pager = tmp_path / "pager.sh"
    pager.write_text("#!/bin/sh\necho PAGED $(wc -l)\n")
    pager.chmod(0o755)
    shell = terminal(columns=80, rows=24, PAGER=str(pager))
    shell.ready()
    shell.run("SELECT * FROM generate_series(1, 100) AS g(n);")
    shell.sees("PAGED 104")
    shell.ready()
    shell.run("SELECT 1 AS short;")
    shell.sees("short │")
    shell.run("\\pset pager off")
    shell.sees("pager is off")


def test_progress_says_how_many_calls_were_made_and_will_be(terminal: Open, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(kind="hang", seconds=100, operation="DescribeImage"))
    shell = terminal(columns=120, rows=30, **account(cloud))
    shell.ready()
    shell.run("SELECT image_name, role_arn FROM aws.sagemaker_image;")
    shell.sees(lambda text: bool(re.search(r"\d+ s · \d+ of ≥ \d+ calls .*Ctrl-C ends it", text)))
    shell.type(CTRL_C)
    shell.sees("SQLSTATE 57014")
    shell.ready()
    assert "Ctrl-C ends it" not in shell.text


def test_a_change_is_shown_and_asked_for(terminal: Open) -> None:
    shell = terminal("shell", "--local", "--write", columns=120, rows=60, PAGER="cat")
    shell.sees("local#>")
    shell.run("INSERT INTO aws.sagemaker.image (image_name, image_role_arn, region, account_id)")
    shell.run("VALUES ('fresh', 'arn:aws:iam::111111111111:role/r', 'us-east-1', '111111111111');")
    shell.sees("Carry this out? [y/N]")
    shell.run("n")
    shell.sees("error")
    shell.sees(lambda text: text.split("\n")[-1].startswith("local#>"))
    shell.run("SELECT 'alive' AS a;")
    shell.sees("│ alive │")


def test_history_of_a_change_has_no_secret(terminal: Open) -> None:
    shell = terminal("shell", "--local", columns=120, rows=60)
    shell.ready()
    shell.run("INSERT INTO aws.rds.db_instance (db_instance_identifier, master_user_password) VALUES ('a', 'hunter2');")
    shell.sees("SQLSTATE")
    shell.ready()
    entries = [json.loads(line) for line in (shell.home / "config" / "cirql" / "history").read_text().splitlines()]
    assert len(entries) == 1
    assert "hunter2" not in entries[0]
    assert entries[0].startswith("INSERT INTO aws.rds.db_instance")
