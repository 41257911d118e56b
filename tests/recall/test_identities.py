"""Tables whose rows nothing names, rows that share a name, and items that AWS lists twice: none is lost, and none is doubled."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cirql.errors import NotInInventory
from cirql.filling.sync import Summary, begin, sync
from cirql.inventory.identities import identify, key_of
from cirql.session import Session
from cirql.settings import Credential, Settings
from tests.cloud.conftest import FakeAWS, Request
from tests.recall.conftest import rows

ACCOUNT, REGION = "111111111111", "us-east-1"
FINDINGS = "aws.securityhub_findings_v2"
GROUPS = "aws.logs_log_group"
FILTERS = "aws.logs_metric_filter"
VERSIONS = "aws.rds_db_engine_version"
OTHERS: dict[str, Any] = {"ListTagsForResource": {"tags": {}}, "GetResources": {"ResourceTagMappingList": []}}
Open = Callable[..., Session]


@pytest.fixture
def aws() -> Iterator[FakeAWS]:
    fake = FakeAWS()
    yield fake
    fake.stop()


@pytest.fixture
def connect(aws: FakeAWS, tmp_path: Path) -> Iterator[Open]:
    opened: list[Session] = []

    def open_(**more: Any) -> Session:
        scope = {"credentials": (Credential("ana", ACCOUNT, "secret", account=ACCOUNT),), "regions": (REGION,), "endpoint_url": aws.url}
        opened.append(Session(Settings(**{**scope, "store": str(tmp_path / "store"), "max_attempts": 1, **more})))
        return opened[-1]

    yield open_
    for session in opened:
        session.close()


def run(session: Session, *tables: str) -> Summary:
    return sync(session, begin(session, tables, datetime.now(UTC)))


def findings(*kinds: str) -> bytes:
    return json.dumps({"Findings": [{"kind": kind} for kind in kinds]}).encode()


def group(name: str, size: int) -> dict[str, Any]:
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}"
    return {"logGroupName": name, "arn": f"{arn}:*", "logGroupArn": arn, "storedBytes": size}


def pages(member: str, *found: list[dict[str, Any]]) -> Callable[[Request], dict[str, Any]]:
    """Pages one after the other, by their token."""

    def answer(request: Request) -> dict[str, Any]:
        if request.operation in OTHERS:
            return {"body": json.dumps(OTHERS[request.operation]).encode()}
        at = int(json.loads(request.body).get("nextToken") or 0)
        more = {"nextToken": str(at + 1)} if at + 1 < len(found) else {}
        return {"body": json.dumps({member: found[at], **more}).encode()}

    return answer


def test_a_table_without_a_key_is_kept_and_its_rows_come_and_go(aws: FakeAWS, connect: Open) -> None:
    aws.always(body=findings("access", "access", "audit"))
    first = run(connect(), FINDINGS)
    assert [(t.rows, t.places, t.created, t.calls, t.skipped) for t in first.tables] == [(3, 1, 3, 1, "")]
    between = datetime.now(UTC).isoformat()
    assert [t.created for t in run(connect(), FINDINGS).tables] == [0]
    aws.always(body=findings("access", "flow"))
    (again,) = run(connect(), FINDINGS).tables
    assert (again.created, again.changed, again.gone) == (1, 0, 2)
    before = len(aws.requests)
    offline = connect(max_age=float("inf"))
    assert rows(offline, f"SELECT finding ->> 'kind', _key FROM {FINDINGS}") == [("access", None), ("flow", None)]
    then = rows(offline, f"SELECT finding ->> 'kind' FROM {FINDINGS} AS OF '{between}'")
    assert then == [("access",), ("access",), ("audit",)]
    changes = rows(offline, f"SELECT change, _key, new -> 'finding' ->> 'kind' FROM cirql.diff('{FINDINGS}', '{between}', 'now')")
    assert changes == [("created", None, "flow"), ("deleted", None, None), ("deleted", None, None)]
    assert len(rows(offline, f"SELECT event FROM cirql.history('{FINDINGS}')")) == 4
    assert len(aws.requests) == before


def test_rows_that_lack_what_names_the_others_are_kept_beside_them(aws: FakeAWS, connect: Open) -> None:
    def version(number: int, arn: str) -> str:
        named = f"<DBEngineVersionArn>{arn}</DBEngineVersionArn>" if arn else ""
        return f"<DBEngineVersion><Engine>mysql</Engine><EngineVersion>8.{number}</EngineVersion>{named}</DBEngineVersion>"

    listed = "".join(version(n, "arn:aws:rds:us-east-1:111111111111:cev:mysql/8.0" if n == 0 else "") for n in range(3))
    body = f"<DescribeDBEngineVersionsResponse><DescribeDBEngineVersionsResult><DBEngineVersions>{listed}</DBEngineVersions>"
    aws.always(body=(body + "</DescribeDBEngineVersionsResult></DescribeDBEngineVersionsResponse>").encode())
    sql = f"SELECT engine_version, _key IS NULL AS is_nameless FROM {VERSIONS}"
    live = rows(connect(max_age=0.0), sql)
    assert live == [("8.0", False), ("8.1", True), ("8.2", True)]
    (report,) = run(connect(), VERSIONS).tables
    assert (report.rows, report.places, report.failures, report.notices) == (3, 1, (), ())
    assert rows(connect(max_age=float("inf")), sql) == live


def test_rows_whose_name_was_not_asked_for_are_not_kept_as_if_they_had_none(aws: FakeAWS, connect: Open) -> None:
    url, arn = f"https://sqs/{ACCOUNT}/q", f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"
    answers: dict[str, Any] = {
        "ListQueues": {"QueueUrls": [url]},
        "ListQueueTags": {"Tags": {"env": "prod"}},
        "GetQueueAttributes": {"Attributes": {"QueueArn": arn, "DelaySeconds": "0"}},
        **OTHERS,
    }
    aws.answer(lambda request: {"body": json.dumps(answers[request.operation]).encode()})
    session = connect(max_age=3600.0)
    assert session.execute("SELECT tags->'env' FROM aws.sqs_queue").fetchall() == [("prod",)]
    assert session.execute("SELECT _key FROM aws.sqs_queue").fetchall() == [(arn,)]
    assert session.execute("SELECT _key, tags->'env' FROM aws.sqs_queue").fetchall() == [(arn, "prod")]


def test_different_rows_under_one_key_are_all_kept_and_said(aws: FakeAWS, connect: Open) -> None:
    filters = [{"filterName": "f", "logGroupName": "g", "filterPattern": p} for p in ("a", "b")]
    filters.append({"filterName": "other", "logGroupName": "g", "filterPattern": "c"})
    aws.answer(pages("metricFilters", filters))
    sql = f"SELECT _key, filter_pattern FROM {FILTERS}"
    live = rows(connect(max_age=0.0), sql)
    assert [p for _, p in live] == ["a", "b", "c"]
    (report,) = run(connect(), FILTERS).tables
    assert (report.rows, report.places) == (3, 1)
    assert [n for n in report.notices if "have one key" in n and f"{ACCOUNT}" in n]
    offline = connect(max_age=float("inf"))
    assert rows(offline, sql) == live
    shared = live[0][0]
    assert rows(offline, f"{sql} WHERE _key = '{shared}'") == live[:2]
    assert rows(offline, f"SELECT count(*) FROM {FILTERS} WHERE filter_name = 'f' AND log_group_name = 'g'") == [(2,)]
    assert {k for (k,) in rows(offline, f"SELECT _key FROM cirql.history('{FILTERS}')")} == {k for k, _ in live}


@pytest.mark.parametrize("count", [2, 3, 7])
def test_an_item_on_any_two_pages_is_one_row_the_newer(aws: FakeAWS, connect: Open, count: int) -> None:
    between: list[list[dict[str, Any]]] = [[group(f"c{n}", 1)] for n in range(count - 2)]
    aws.answer(pages("logGroups", [group("a", 1), group("b", 1)], *between, [group("b", 2), group("d", 1)]))
    session = connect(max_age=0.0)
    result = session.execute(f"SELECT log_group_name, stored_bytes FROM {GROUPS}")
    found = sorted(result.fetchall())
    expected = [("a", 1), ("b", 2), *((f"c{n}", 1) for n in range(count - 2)), ("d", 1)]
    assert found == expected
    assert [n for n in result.notices if "on more than one page" in n and "1 items" in n]
    assert session.execute(f"SELECT count(*) FROM {GROUPS}").fetchall() == [(len(expected),)]
    assert run(connect(), GROUPS).tables[0].rows == len(expected)


def test_rows_that_differ_under_a_guessed_key_are_never_taken_for_repeated(aws: FakeAWS, connect: Open) -> None:
    twins = [{"filterName": "f", "logGroupName": "g", "filterPattern": p} for p in ("a", "b")]
    aws.answer(pages("metricFilters", twins[:1], twins[1:], twins[1:]))
    assert [p for (p,) in rows(connect(max_age=0.0), f"SELECT filter_pattern FROM {FILTERS}")] == ["a", "b"]


def test_what_a_list_gave_before_it_ended_early_is_given(aws: FakeAWS, connect: Open) -> None:
    def answer(request: Request) -> dict[str, Any]:
        is_second = b'"nextToken"' in request.body and "/eu-west-1/" in request.headers["authorization"]
        if request.operation == "DescribeLogGroups" and is_second:
            return {"body": b'{"__type": "AccessDeniedException", "message": "no"}', "status": 400}
        return pages("logGroups", [group("a", 1)], [group("b", 1)])(request)

    aws.answer(answer)
    result = connect(max_age=0.0, regions=(REGION, "eu-west-1")).execute(f"SELECT region, log_group_name FROM {GROUPS}")
    assert sorted(result.fetchall()) == [("eu-west-1", "a"), ("us-east-1", "a"), ("us-east-1", "b")]
    assert [f.region for f in result.failures] == ["eu-west-1"]


def test_calls_of_a_global_service_are_counted(aws: FakeAWS, connect: Open) -> None:
    aws.always(body=b"<ListUsersResponse><ListUsersResult><Users/><IsTruncated>false</IsTruncated></ListUsersResult></ListUsersResponse>")
    assert [t.calls for t in run(connect(), "aws.iam_user").tables] == [1]


def test_a_difference_from_a_moment_that_nobody_saw_is_refused_as_that_moment_is(aws: FakeAWS, connect: Open) -> None:
    aws.answer(pages("logGroups", [group("a", 1)]))
    before = datetime.now(UTC) - timedelta(hours=1)
    offline = connect(max_age=float("inf"))
    for again in range(2):
        at = before.isoformat()
        for sql in (f"SELECT * FROM cirql.diff('{GROUPS}', '{at}')", f"SELECT * FROM {GROUPS} AS OF '{at}'"):
            with pytest.raises(NotInInventory, match="never read completely" if not again else "known (there )?since"):
                offline.execute(sql).fetchall()
        assert run(connect(), GROUPS).is_complete


def test_what_was_first_seen_in_a_new_place_is_not_called_created(aws: FakeAWS, connect: Open) -> None:
    aws.answer(pages("logGroups", [group("a", 1)]))
    assert run(connect(), GROUPS).is_complete
    between = datetime.now(UTC).isoformat()
    aws.answer(pages("logGroups", [group("a", 1), group("b", 1)]))
    assert run(connect(regions=(REGION, "eu-west-1")), GROUPS).is_complete
    offline = connect(max_age=float("inf"))
    changes = rows(offline, f"SELECT region, change, new ->> 'log_group_name' FROM cirql.diff('{GROUPS}', '{between}', 'now')")
    assert changes == [("eu-west-1", "first seen", "a"), ("eu-west-1", "first seen", "b"), ("us-east-1", "created", "b")]


def test_identities_are_the_same_in_any_order_and_give_back_the_key() -> None:
    given = pa.table({"_key": ["x", "y", "x", None, None, "z", "z"], "says": ["1", "2", "3", "4", "4", "5", "5"]})
    one = identify(given, "_key", ["says"])
    other = identify(given.take(pa.array([6, 4, 2, 0, 1, 3, 5])), "_key", ["says"])
    assert sorted(one.rows["_key"].to_pylist()) == sorted(other.rows["_key"].to_pylist())
    assert one.shared == ("x",)
    assert sorted((key_of(i) or "") for i in one.rows["_key"].to_pylist()) == ["", "", "x", "x", "y", "z"]
    assert identify(given.slice(0, 2), "_key", ["says"]).rows["_key"].to_pylist() == ["x", "y"]
