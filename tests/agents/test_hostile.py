"""Five hundred inputs that mean harm, through every tool: no traceback, no write, no file, no wider scope, and nothing that stays."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cirql.agents.limits import AnswerLimits
from cirql.localcloud import LocalCloud
from tests.agents.conftest import Opening, text_of

SECRET = "a-text-that-only-the-file-has"
READS = ("Describe", "List", "Get", "Head", "Search", "BatchGet", "Lookup")


def statements(file: str) -> list[str]:
    """Statements that would read a file, write, or reach further."""
    return [
        *(f"SELECT * FROM {f}('{file}')" for f in ("read_csv", "read_text", "read_blob", "read_json", "read_parquet", "glob", "sniff_csv")),
        f"SELECT * FROM '{file}'",
        f'SELECT * FROM "{file}"',
        f"COPY (SELECT 1) TO '{file}.out'",
        f"COPY t FROM '{file}'",
        f"ATTACH '{file}.db' AS x",
        f"EXPORT DATABASE '{file}.dir'",
        f"CREATE TABLE t AS SELECT * FROM read_csv('{file}')",
        f"CREATE VIEW v AS SELECT * FROM read_csv('{file}')",
        f"EXPLAIN ANALYZE SELECT * FROM read_text('{file}')",
        f"SELECT 1; SELECT * FROM read_text('{file}')",
        f"SELECT (SELECT content FROM read_text('{file}'))",
        f"WITH x AS (SELECT * FROM read_csv_auto('{file}')) SELECT * FROM x",
        f"SELECT * FROM read_csv('https://127.0.0.1:1/x?{file}')",
        f"SELECT system.main.getenv('{file}')",
        "SELECT getenv('HOME')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_secrets()",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "SET regions = '*'",
        "SET regions = 'ap-southeast-2'",
        "SET accounts = '999999999999'",
        "SET locked = 'false'",
        "SET writable = 'true'",
        "SET max_calls = '1000000'",
        "SET statement_timeout = '1 day'",
        "SET store = '/tmp/x'",
        "SET endpoint_url = 'http://127.0.0.1:1'",
        "SET journal = '/tmp/j'",
        "RESET ALL",
        "BEGIN",
        "COMMIT",
        "INSERT INTO aws.sqs.queues (queue_name, region) VALUES ('q', 'us-east-1')",
        "UPDATE aws.s3.bucket SET versioning_configuration = '{\"Status\": \"Suspended\"}' WHERE region = 'us-east-1'",
        "DELETE FROM aws.s3.buckets WHERE region = 'us-east-1' AND data__Identifier = 'acme-public-111111111111-us-east-1'",
        "EXPLAIN ANALYZE DELETE FROM aws.s3.buckets WHERE region = 'us-east-1' AND data__Identifier = 'x'",
        "EXEC aws.sqs.create_queue @QueueName = 'q', @region = 'us-east-1', @account_id = '111111111111'",
        "EXEC aws.s3.delete_bucket @Bucket = 'acme-public-111111111111-us-east-1', @region = 'us-east-1'",
        "EXEC /*+ SECRETS */ aws.sts.get_session_token @region = 'us-east-1', @account_id = '111111111111'",
        "EXEC aws.secretsmanager.get_secret_value @SecretId = 'x', @region = 'us-east-1', @account_id = '111111111111'",
        "PREPARE p AS DELETE FROM aws.s3.buckets WHERE region = 'us-east-1'",
        "SELECT region FROM aws.ec2_vpc WHERE region = 'ap-southeast-2'",
        "SELECT region FROM aws.ec2_vpc WHERE account_id = '999999999999'",
        "DROP TABLE aws.ec2_vpc",
        'CREATE TABLE "t""; COPY (SELECT 1) TO \'' + file + ".out'; --\" (a int)",
        "SELECT * FROM cirql.changes",
        "SHOW ALL",
        "VACUUM",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT * FROM generate_series(1, 100000000000)",
        "SELECT repeat('x', 2000000000)",
        "SELECT repeat(repeat('x', 10000000), 100)",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
        "SELECT regexp_replace(repeat('a', 30), '(a+)+$', 'b')",
    ]


ODD_TEXTS = [
    "",
    " ",
    "\x00",
    "\ud800",
    "'",
    '"',
    ";",
    "--",
    "/*",
    "$$",
    "\\",
    "%s%n",
    "{}",
    "../../etc/passwd",
    "/dev/stdin",
    "file:///etc/passwd",
    "\u202e\u200b",
    "SELECT",
    "(" * 5_000,
    "SELECT " + "(" * 2_000 + "1" + ")" * 2_000,
    "SELECT " + "1+" * 20_000 + "1",
    "x" * 150_000,
    "🙈" * 1_000,
    "SELECT '" + "\x00" + "'",
    'SELECT 1 AS "' + "a" * 20_000 + '"',
    "SELECT '\u2028\u0085'",
    "1 day ago'); DROP TABLE x; --",
    "' OR 1=1 --",
    "aws.ec2_vpc'; COPY (SELECT 1) TO 'x'; --",
    'aws."ec2_vpc"',
    "aws.ec2_vpc UNION SELECT 1",
    "cirql.changes",
    "information_schema.tables",
    "now",
]
ODD_VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    10**30,
    1.5,
    float("1e308"),
    [],
    {},
    ["SELECT 1"],
    {"sql": "SELECT 1"},
    [[[[[]]]]],
    {"$ref": "#"},
]
NAMES = ("sql", "table", "words", "key", "since", "until", "columns", "limit", "rows", "cell", "plan")
TOOLS = ("query", "explain", "search_tables", "describe_table", "list_scopes", "history", "diff", "plan_change", "apply_change")


def attacks(file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Calls, the same on every run."""
    for sql in statements(file):
        yield from (("query", {"sql": sql}), ("explain", {"sql": sql}), ("plan_change", {"sql": sql}))
    for text in ODD_TEXTS:
        yield from (("query", {"sql": text}), ("describe_table", {"table": text}), ("search_tables", {"words": text}))
        yield from (("history", {"table": "aws.ec2_vpc", "key": text}), ("diff", {"table": "aws.ec2_vpc", "since": text}))
        yield from (("apply_change", {"plan": text}), ("plan_change", {"sql": text}), ("explain", {"sql": text}))
    chance = random.Random(17)
    for _ in range(60):
        names = chance.sample(NAMES, chance.randint(0, 4))
        yield chance.choice(TOOLS), {name: chance.choice([*ODD_VALUES, *ODD_TEXTS[:17]]) for name in names}


@pytest.mark.parametrize("mode", ["ask"])
def test_five_hundred_hostile_inputs_do_nothing(opening: Opening, cloud: LocalCloud, tmp_path: Path, mode: str, capfd: Any) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(f"a\n{SECRET}\n")
    calls = list(attacks(str(file)))
    assert len(calls) >= 500
    before = sorted(p.name for p in tmp_path.iterdir())
    defects = []
    with opening(AnswerLimits(seconds=2, calls=200), mode=mode) as agent:
        for tool, arguments in calls:
            said = text_of(agent.call(tool, **arguments))
            assert "Traceback" not in said, (tool, arguments)
            if said.startswith("internal:"):
                defects.append((tool, str(arguments)[:200], said))
            assert SECRET not in said, (tool, arguments)
        assert agent.answer("query", sql="SELECT count(*) AS n FROM aws.s3_bucket")["rows"] == [[16]]
    assert defects == []
    assert {c.region for c in cloud.calls} <= {"us-east-1", "us-west-2", "eu-west-1"}
    assert {c.account for c in cloud.calls} <= {"111111111111", "222222222222"}
    assert [c.operation for c in cloud.calls if not c.operation.startswith(READS) and c.operation != "AssumeRole"] == []
    assert sorted({p.name for p in tmp_path.iterdir()} - {"audit.jsonl", "changes.sqlite"}) == before
    assert SECRET not in (tmp_path / "audit.jsonl").read_text()
    assert all(json.loads(line)["changes"] == 0 for line in (tmp_path / "audit.jsonl").read_text().splitlines())
    assert "Traceback" not in "".join(capfd.readouterr())
