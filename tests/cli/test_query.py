"""`cirql query`, end to end: real processes, the local AWS, what users see."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud, Rule
from tests.cli.conftest import Cirql, Run, command, environment

PROMPT_SECONDS = 10.0  # One second is promised; a statement that is not ended takes a minute or more.
ARN = "arn:aws:sagemaker:us-east-1:111111111111:image-version/notebook-kernel/12"
SEED = f"""SELECT
region,
image_name,
image_arn,
image_version_arn,
base_image,
container_image,
version,
alias,
aliases,
vendor_guidance,
job_type,
ml_framework,
programming_lang,
processor,
horovod,
release_notes
FROM aws.sagemaker.image_version
WHERE region = 'us-east-1' AND data__Identifier = '{ARN}';"""


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as running:
        yield running


def account(cloud: LocalCloud, **extra: str) -> dict[str, str]:
    """The environment of a user of one account of a local AWS."""
    keys = {"AWS_ACCESS_KEY_ID": ACCOUNTS[0], "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}
    return {"AWS_ENDPOINT_URL": cloud.endpoint_url, **keys, **extra}


def stats_of(run: Run) -> dict[str, Any]:
    """The last line of stderr."""
    stats: dict[str, Any] = json.loads(run.stderr_lines[-1])
    assert list(stats) == ["calls", "retries", "throttles", "rows", "wall_ms", "failures"]
    return stats


# What comes out.


def test_a_statement_is_read_from_a_pipe_without_being_told_so_and_parameters_by_name(cirql: Cirql) -> None:
    run = cirql("query", "-o", "csv", "--param", "who=it's", "-p", "n=2", stdin="SELECT :who AS who, :n::int + 1 AS n")
    assert (run.code, run.stdout) == (0, "who,n\r\nit's,3\r\n")
    for wrong in (("-p", "who"), ("-p", "a=1", "-p", "a=2")):
        assert cirql("query", *wrong, "SELECT 1").code == 2


def test_the_resource_seed_query_runs_verbatim(cirql: Cirql) -> None:
    run = cirql("query", SEED, "--local", "-o", "json", "--stats")
    assert run.code == 0, run.stderr
    (row,) = json.loads(run.stdout)
    assert list(row) == SEED.split("SELECT\n")[1].split("\nFROM")[0].split(",\n")
    assert row["image_version_arn"] == ARN
    assert row["version"] == 12
    assert row["aliases"] == ["latest"]
    assert row["alias"] == "latest"
    stats = stats_of(run)
    assert stats["calls"] == {"cloudcontrol:GetResource": 1, "sagemaker:ListAliases": 1}
    assert stats["rows"] == 1
    assert stats["failures"] == []


def test_the_dataset_seed_table_has_its_columns_and_native_values(cirql: Cirql) -> None:
    run = cirql("query", "SELECT * FROM aws.sagemaker_image_version", "--local", "-o", "jsonl")
    assert run.code == 0, run.stderr
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(rows[0]) == 19
    assert {row["account_id"] for row in rows} == set(ACCOUNTS)
    assert {row["image_version_arn"].split(":")[3] for row in rows} == set(REGIONS)
    described = next(row for row in rows if row["image_version_arn"] == ARN)
    assert described["version"] == 12
    assert described["creation_time"].endswith("Z")
    assert isinstance(described["tags"], dict)
    assert run.stderr == ""


def test_region_options_narrow_the_scope_of_local(cirql: Cirql) -> None:
    sql = "SELECT DISTINCT split_part(image_version_arn, ':', 4) AS region FROM aws.sagemaker_image_version ORDER BY 1"
    run = cirql("query", sql, "--local", "--region", "eu-west-1,us-west-2", "-o", "csv")
    assert run.stdout == "region\r\neu-west-1\r\nus-west-2\r\n"


def test_without_local_the_users_own_configuration_decides(cirql: Cirql, cloud: LocalCloud) -> None:
    run = cirql("query", "SELECT DISTINCT account_id FROM aws.sagemaker_image_version", "-o", "json", env=account(cloud))
    assert (run.code, json.loads(run.stdout)) == (0, [{"account_id": ACCOUNTS[0]}])
    assert set(cloud.calls.counts()) == {"sagemaker:ListImages", "sagemaker:ListImageVersions"}


def test_accounts_and_profiles_are_chosen_by_option(cirql: Cirql, cloud: LocalCloud, tmp_path: Path) -> None:
    profiles = "".join(f"[profile a{n}]\naws_access_key_id={n}\naws_secret_access_key=x\nregion=us-east-1\n" for n in ACCOUNTS)
    (tmp_path / "config").write_text(profiles)
    env = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_ENDPOINT_URL": cloud.endpoint_url}
    sql = "SELECT DISTINCT account_id, region FROM aws.sagemaker_image ORDER BY 1, 2"
    both = ("--account", f"a{ACCOUNTS[0]},a{ACCOUNTS[1]}", "--region", "us-east-1,eu-west-1", "-o", "csv")
    assert len(cirql("query", sql, *both, env=env).stdout.splitlines()) == 1 + 4
    one = cirql("query", sql, *both, "--account", ACCOUNTS[1], env=env)
    assert one.stdout.splitlines()[1:] == [f"{ACCOUNTS[1]},eu-west-1", f"{ACCOUNTS[1]},us-east-1"]
    refused = cirql("query", sql, "--account", "organization", env=env)
    assert refused.code == 1
    assert "needs a role" in refused.stderr


def test_two_profiles_are_two_accounts(cirql: Cirql, cloud: LocalCloud, tmp_path: Path) -> None:
    profiles = "".join(f"[profile a{n}]\naws_access_key_id={n}\naws_secret_access_key=x\nregion=us-east-1\n" for n in ACCOUNTS)
    (tmp_path / "config").write_text(profiles)
    env = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_ENDPOINT_URL": cloud.endpoint_url}
    sql = "SELECT DISTINCT account_id FROM aws.sagemaker_image_version ORDER BY 1"
    run = cirql("query", sql, "--profile", f"a{ACCOUNTS[0]}", "--profile", f"a{ACCOUNTS[1]}", "--region", "us-east-1", "-o", "csv", env=env)
    assert (run.code, run.stdout.split()) == (0, ["account_id", *ACCOUNTS]), run.stderr


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv", "markdown", "arrow"])
def test_every_format_holds_the_same_rows(cirql: Cirql, tmp_path: Path, output: str) -> None:
    path = tmp_path / "out"
    with path.open("wb") as out:
        sql = "SELECT 1 AS n, 'x' AS t UNION ALL SELECT 2, NULL ORDER BY 1"
        done = subprocess.run(command("query", sql, "-o", output), stdout=out, env=environment(), timeout=60, check=True)
    assert done.returncode == 0
    data = path.read_bytes()
    match output:
        case "json":
            rows = [tuple(row.values()) for row in json.loads(data)]
        case "jsonl":
            rows = [tuple(json.loads(line).values()) for line in data.splitlines()]
        case "csv":
            rows = [(int(n), t or None) for n, t in list(csv.reader(io.StringIO(data.decode())))[1:]]
        case "arrow":
            rows = [tuple(row.values()) for row in pa.ipc.open_stream(data).read_all().to_pylist()]
        case _:
            cells = [line.strip("│| ").replace("│", "|").split("|") for line in data.decode().splitlines()]
            texts = [tuple(cell.strip() for cell in row) for row in cells if len(row) == 2][-2:]
            rows = [(int(n), None if t == "NULL" else t) for n, t in texts]
    assert rows == [(1, "x"), (2, None)]


@pytest.mark.parametrize(
    "words", [("-o", "parquet", "rows.parquet"), ("--output", "parquet", "rows.parquet"), ("--output=parquet", "rows.parquet")]
)
def test_parquet_takes_a_file(cirql: Cirql, tmp_path: Path, words: tuple[str, ...]) -> None:
    run = cirql("query", *words, "SELECT 1 AS n, TIMESTAMP '2026-01-31 09:30:00' AS at", cwd=tmp_path)
    assert (run.code, run.stdout) == (0, ""), run.stderr
    table = parquet.read_table(tmp_path / "rows.parquet")
    assert table.schema.names == ["n", "at"]
    assert table.num_rows == 1


def test_local_files_can_be_joined(cirql: Cirql, tmp_path: Path) -> None:
    (tmp_path / "owners.csv").write_text("image_name,owner\nnotebook-kernel,ann\n")
    sql = """SELECT DISTINCT o.owner, v.image_name FROM aws.sagemaker.image_versions v JOIN read_csv('owners.csv') o USING (image_name)
             WHERE region = 'us-east-1'"""
    run = cirql("query", sql, "--local", "-o", "json", cwd=tmp_path)
    assert (run.code, json.loads(run.stdout)) == (0, [{"owner": "ann", "image_name": "notebook-kernel"}]), run.stderr


# Where the statement comes from.


def test_the_statement_may_come_from_stdin_or_a_file(cirql: Cirql, tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_bytes(b"\xef\xbb\xbf-- a comment first\nSELECT 'f\xc3\xbcr' AS t;\n")
    assert cirql("query", "-", "-o", "csv", stdin="SELECT 1 AS n").stdout == "n\r\n1\r\n"
    assert cirql("query", "-f", str(tmp_path / "q.sql"), "-o", "csv").stdout == "t\r\nfür\r\n"
    assert cirql("query", "-f", "-", "-o", "csv", stdin="SELECT 2 AS n").stdout == "n\r\n2\r\n"


def test_a_statement_may_start_with_a_comment(cirql: Cirql) -> None:
    assert cirql("query", "-- the answer\nSELECT 42 AS n", "-o", "csv").stdout == "n\r\n42\r\n"
    assert cirql("query", "-o", "csv", "--", "SELECT 42 AS n").stdout == "n\r\n42\r\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("query",), "give the SQL once"),
        (("query", "SELECT 1", "-f", "q.sql"), "give the SQL once"),
        (("query", "-f", "nowhere.sql"), "cannot read nowhere.sql: No such file or directory"),
        (("query", "-f", "."), "cannot read .: Is a directory"),
        (("query", "SELECT 1", "-o", "yaml"), "no format 'yaml'; there are table, json,"),
        (("query", "SELECT 1", "-o", "parquet"), "write -o parquet FILE"),
        (("query", "SELECT 1", "-o", "parquet", "nowhere/rows.parquet"), "its place is not a directory"),
        (("query", "SELECT 1", "--local", "--profile", "x"), "give one of the two"),
        (("query", "SELECT 1", "--local", "--account", "x"), "give one of the two"),
        (("query", "SELECT 1", "--local", "--role", "x"), "give one of the two"),
        (("query", "SELECT 1", "--nope"), "--nope"),
        (("query", "SELECT 1", "SELECT 2"), "unexpected extra argument"),
        (("nope",), "nope"),
        ((), "Usage: cirql"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_nothing_on_stdout(cirql: Cirql, arguments: tuple[str, ...], message: str) -> None:
    run = cirql(*arguments)
    assert run.code == 2
    assert message in run.stderr
    assert run.stdout == ""
    assert "Traceback" not in run.stderr


def test_a_file_that_is_not_text_is_wrong_usage(cirql: Cirql) -> None:
    run = cirql("query", "-", stdin=b"SELECT '\xff'")
    assert (run.code, run.stderr_lines[0]) == (2, "error: standard input is not UTF-8 text (byte 8)")


# What goes wrong.


def test_an_unknown_table_is_an_error_with_its_sqlstate_place_and_hint(cirql: Cirql) -> None:
    run = cirql("query", "SELECT 1\nFROM aws.sagemaker_image_versio", "--local", "--stats")
    assert run.code == 1
    assert run.stdout == ""
    lines = run.stderr_lines
    assert lines[0].startswith("error: ")
    assert lines[0].endswith("(SQLSTATE 42P01)")
    assert lines[1] == "LINE 2: FROM aws.sagemaker_image_versio"
    assert lines[2] == " " * 13 + "^"
    assert lines[3].startswith("hint: ")
    assert "aws.sagemaker_image_version" in lines[3]
    assert stats_of(run)["calls"] == {}


@pytest.mark.parametrize(
    ("sql", "sqlstate"),
    [
        ("", "42601"),
        ("   ;  ", "42601"),
        ("-- nothing\n", "42601"),
        ("SELEC 1", "42601"),
        ("SELECT 'open", "42601"),
        ("SELECT nope FROM aws.sagemaker_image_version", "42703"),
        ("SELECT * FROM aws.sagemaker.image_version WHERE data__Identifier = 'no-arn'", "22P02"),
        ("SELECT * FROM aws.sagemaker_image_version WHERE region = 'mars-north-1'", "22P02"),
        ("SELECT * FROM read_csv('/nowhere/at/all.csv')", "58030"),
        ("SELECT " + "(" * 100_000, "42601"),
    ],
)
def test_a_bad_statement_is_exit_code_1_and_asks_nobody(cirql: Cirql, tmp_path: Path, sql: str, sqlstate: str) -> None:
    (tmp_path / "q.sql").write_text(sql)
    run = cirql("query", "-f", "q.sql", "--local", "--stats")
    assert run.code == 1, run.stderr
    assert run.stdout == ""
    assert run.stderr_lines[0].startswith("error: ")
    assert run.stderr_lines[0].endswith(f"(SQLSTATE {sqlstate})")
    assert "Traceback" not in run.stderr
    assert max(len(line) for line in run.stderr_lines) < 2000
    assert stats_of(run)["calls"] == {}


def test_an_unusable_setting_is_an_error(cirql: Cirql) -> None:
    run = cirql("query", "SELECT 1", env={"CIRQL_CONCURRENCY": "many"})
    assert (run.code, run.stderr_lines[0].endswith("(SQLSTATE F0000)")) == (1, True)


def test_an_endpoint_that_refuses_is_named(cirql: Cirql, cloud: LocalCloud) -> None:
    settings, address = account(cloud, CIRQL_MAX_ATTEMPTS="1"), cloud.endpoint_url.removeprefix("http://")
    cloud.stop()
    run = cirql("query", "SELECT * FROM aws.sagemaker_image", "--stats", env=settings)
    assert run.code == 1
    assert run.stderr_lines[0].endswith("(SQLSTATE 08006)")
    assert address in run.stderr
    stats = stats_of(run)
    assert stats["calls"] == {}  # None was really sent.
    assert [f["operation"] for f in stats["failures"]] == ["ListImages"]


def test_a_body_that_is_cut_short_is_an_error_and_not_no_rows(cirql: Cirql, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(kind="cut_body", operation="ListImages"))
    run = cirql("query", "SELECT * FROM aws.sagemaker_image", "--stats", env=account(cloud, CIRQL_MAX_ATTEMPTS="1"))
    assert (run.code, run.stdout) == (1, "")
    assert run.stderr_lines[0].startswith("error: ")
    assert stats_of(run)["calls"] == {"sagemaker:ListImages": 1}


def test_rows_with_a_failed_target_are_exit_code_3_and_name_it(cirql: Cirql, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(kind="access_denied", region="eu-west-1"))
    sql = "SELECT DISTINCT account_id FROM aws.sagemaker_image_version"
    run = cirql("query", sql, "--region", "us-east-1", "--region", "eu-west-1", "-o", "json", "--stats", env=account(cloud))
    assert run.code == 3
    assert json.loads(run.stdout) == [{"account_id": ACCOUNTS[0]}]
    failed = [line for line in run.stderr_lines if line.startswith("failed: ")]
    assert len(failed) == 1
    assert failed[0].startswith(f"failed: {ACCOUNTS[0]}/eu-west-1: sagemaker:ListImages: AccessDenied")
    (failure,) = stats_of(run)["failures"]
    assert (failure["account"], failure["region"], failure["operation"]) == (ACCOUNTS[0], "eu-west-1", "ListImages")
    refused = cirql("query", "--strict", sql, "--region", "us-east-1,eu-west-1", "-o", "json", env=account(cloud))
    assert (refused.code, refused.stdout) == (1, "")
    assert "eu-west-1" in refused.stderr


def test_a_denied_extra_is_a_notice_and_not_a_failure(cirql: Cirql, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(kind="access_denied", operation="ListAliases"))
    run = cirql("query", SEED, "-o", "json", env=account(cloud))
    assert run.code == 0, run.stderr
    (row,) = json.loads(run.stdout)
    assert (row["alias"], row["aliases"]) == (None, None)
    assert run.stderr.startswith("notice: ")


def test_throttles_and_retries_are_counted(cirql: Cirql, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(kind="throttle", operation="ListImages", times=2))
    run = cirql("query", "SELECT image_arn FROM aws.sagemaker_image", "-o", "json", "--stats", env=account(cloud))
    stats = stats_of(run)
    assert run.code == 0
    assert (stats["calls"]["sagemaker:ListImages"], stats["retries"], stats["throttles"]) == (3, 2, 2)


# Around the rows.


def test_timing_says_how_long_it_took_before_the_statistics(cirql: Cirql) -> None:
    run = cirql("query", "SELECT 1 AS n", "--timing", "--stats", "-o", "csv")
    assert run.stdout == "n\r\n1\r\n"
    timing, stats = run.stderr_lines
    assert timing.startswith("time: ")
    assert timing.endswith(" ms, 1 row, 0 calls")
    assert json.loads(stats)["rows"] == 1


def test_a_reader_that_stops_reading_is_no_error(cirql: Cirql, tmp_path: Path) -> None:
    sql = "SELECT i, repeat('x', 100) AS t FROM generate_series(1, 200000) AS s(i)"
    for output in ("csv", "jsonl", "json", "table", "arrow"):
        with subprocess.Popen(
            command("query", sql, "-o", output), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
        ) as child:
            assert child.stdout is not None
            assert child.stderr is not None
            child.stdout.read(10)
            child.stdout.close()
            assert child.stderr.read() == b""
            assert child.wait(timeout=30) == 141


def test_a_full_disk_is_an_error(cirql: Cirql) -> None:
    with Path("/dev/full").open("wb") as full:
        sql = "SELECT * FROM generate_series(1, 100000) AS s(i)"
        done = subprocess.run(
            command("query", sql, "-o", "csv"), stdout=full, stderr=subprocess.PIPE, env=environment(), timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == ["error: cannot write the result: No space left on device (SQLSTATE 58030)"]


def test_a_closed_stdout_is_an_error(cirql: Cirql, tmp_path: Path) -> None:
    shell = ["sh", "-c", '"$@" >&-', "sh", *command("query", "SELECT 1 AS n")]
    done = subprocess.run(shell, stderr=subprocess.PIPE, env=environment(), timeout=60, check=False)
    assert done.returncode == 1
    assert "standard output is closed" in done.stderr.decode()


# On a terminal.


def test_on_a_terminal_a_table_fits_and_null_is_dim(cirql_on_terminal: Cirql) -> None:
    run = cirql_on_terminal("query", "SELECT repeat('x', 200) AS t, NULL AS nothing, 7 AS n", width=60)
    assert run.code == 0, run.stderr
    assert "\x1b[2m" in run.stdout
    plain = run.stdout.replace("\x1b[2m", "").replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert max(len(line) for line in plain.splitlines()) <= 60
    assert plain.count("x") == 200


def test_no_color_is_obeyed(cirql_on_terminal: Cirql) -> None:
    assert "\x1b" not in cirql_on_terminal("query", "SELECT NULL AS n", env={"NO_COLOR": "1"}).stdout


def test_arrow_is_refused_on_a_terminal(cirql_on_terminal: Cirql) -> None:
    run = cirql_on_terminal("query", "SELECT 1 AS n", "-o", "arrow")
    assert (run.code, run.stdout) == (2, "")
    assert "arrow is binary" in run.stderr


# Interrupted.


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_waiting_statement_within_a_second(cloud: LocalCloud, tmp_path: Path, number: signal.Signals, code: int) -> None:
    cloud.faults.add(Rule(kind="hang", seconds=60, times=1))
    path = tmp_path / "rows.parquet"
    run = interrupted(
        ("query", "SELECT * FROM aws.sagemaker_image", "-o", "parquet", str(path)), number, environment(**account(cloud)), cloud
    )
    assert run.code == code
    assert run.seconds < PROMPT_SECONDS
    assert "Traceback" not in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_a_statement_that_computes(tmp_path: Path) -> None:
    sql = "SELECT count(*) FROM generate_series(1, 100000) AS a(x), generate_series(1, 1000000) AS b(y) WHERE (x * y) % 7 = 3"
    run = interrupted(("query", sql), signal.SIGINT, environment(), None)
    assert run.code == 130
    assert run.seconds < PROMPT_SECONDS
    assert "Traceback" not in run.stderr


def test_ctrl_c_ends_the_local_aws_with_the_command(tmp_path: Path) -> None:
    with subprocess.Popen(
        command("local", "up", "--port", "0"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), text=True
    ) as child:
        assert child.stdout is not None
        lines = ""
        while "AWS_ENDPOINT_URL=" not in lines:
            line = child.stdout.readline()
            assert line, child.stderr.read() if child.stderr else ""
            lines += line
        port = int(lines.split("AWS_ENDPOINT_URL=http://127.0.0.1:")[1].split()[0])
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass
        started = time.monotonic()
        child.send_signal(signal.SIGINT)
        try:
            assert child.wait(timeout=10) in (0, 130)
        finally:
            child.kill()
        assert time.monotonic() - started < PROMPT_SECONDS
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def interrupted(arguments: tuple[str, ...], number: signal.Signals, env: dict[str, str], cloud: LocalCloud | None) -> Run:
    """Start a command, send it a signal once it is at work, and say how long it took to end."""
    with subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, text=True, start_new_session=True
    ) as child:
        deadline = time.monotonic() + 20
        while cloud is not None and cloud.faults.rules and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1.5 if cloud is None else 0.2)
        assert child.poll() is None
        started = time.monotonic()
        child.send_signal(number)
        stdout, stderr = child.communicate(timeout=20)
        seconds = time.monotonic() - started
        with pytest.raises(ProcessLookupError):
            os.killpg(child.pid, 0)
    return Run(child.returncode, stdout, stderr, seconds)


# Scripts and dialects.


def test_a_script_prints_each_statement_s_rows_and_what_they_cost_together(cirql: Cirql, tmp_path: Path) -> None:
    script = tmp_path / "script.sql"
    script.write_text(
        "CREATE VIEW v AS SELECT image_name FROM aws.sagemaker_image;\nSELECT count(*) AS n FROM v; -- twice\nSELECT 'a;b' AS x;"
    )
    run = cirql("query", "--local", "--stats", "-o", "csv", "-f", str(script))
    assert run.code == 0
    assert run.stdout.splitlines()[::2] == ["status", "n", "x"]
    assert run.stdout.splitlines()[-1] == "a;b"
    assert stats_of(run)["calls"] == {"sagemaker:ListImages": 6}
    refused = cirql("query", "--local", "SELECT 1; SELECT 2")
    assert refused.code == 1
    assert "42P17" in refused.stderr


def test_a_dialect_changes_what_a_statement_means(cirql: Cirql) -> None:
    sql = "SELECT 5 / 2 AS half"
    assert cirql("query", "-o", "csv", sql).stdout.split() == ["half", "2"]
    assert cirql("query", "-o", "csv", "--dialect", "ddsql", sql).stdout.split() == ["half", "2.5"]
    assert cirql("query", "--dialect", "klingon", sql).code == 1


def test_functions_that_are_written_in_python_work_in_the_command(cirql: Cirql) -> None:
    sql = """SELECT '10.0.0.1'::inet << '10.0.0.0/8'::inet, '{"a": 1}'::jsonb @> '{"a": 1}'::jsonb, '[1, 2]'::jsonb - 0"""
    done = cirql("query", "-o", "csv", sql)
    assert done.code == 0, done.stderr
    assert done.stdout.splitlines()[1] == "true,true,[2]"


def test_what_explain_prints_can_go_into_a_file_of_its_kind(cirql: Cirql) -> None:
    policy = cirql("query", "EXPLAIN (POLICY) SELECT image_name FROM aws.sagemaker_image WHERE region = 'us-east-1'")
    assert json.loads(policy.stdout)["Statement"][0]["Action"] == ["sagemaker:ListImages"]
    diagram = cirql("query", "EXPLAIN (FORMAT MERMAID) SELECT image_name FROM aws.sagemaker_image")
    assert diagram.stdout.startswith("flowchart")
    assert "\\n" not in diagram.stdout
    change = cirql(
        "query", f"EXPLAIN UPDATE aws.sagemaker.image_versions SET release_notes = 'x' WHERE data__Identifier = '{ARN}'", "--local"
    )
    assert change.stdout.startswith("1 to update")
