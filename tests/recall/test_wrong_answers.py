"""The wrong answers that caches of other tools have given, each as a test (facts: issues of Steampipe, its SDK and its FDW)."""

from __future__ import annotations

from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud, Rule
from tests.recall.conftest import Connect, rows

VERSIONS = "aws.sagemaker_image_version"
COUNT = f"SELECT count(*), sum(version) FROM {VERSIONS}"


def live(connect: Connect, sql: str) -> list[tuple[object, ...]]:
    """What AWS itself says."""
    with connect(store=":memory:", max_age=0) as session:
        return rows(session, sql)


def test_a_sum_is_the_same_on_the_first_query_and_on_every_later_one(connect: Connect) -> None:
    """steampipe#4378, #4449: a wrong SUM from a cache that was being filled."""
    truth = live(connect, COUNT)
    session = connect(max_age=3600)
    assert [rows(session, COUNT) for _ in range(3)] == [truth] * 3


def test_a_query_with_the_cache_on_completes_while_others_fill_it(connect: Connect) -> None:
    """steampipe#4133: a large query never completed with the cache on."""
    from concurrent.futures import ThreadPoolExecutor

    truth = live(connect, f"SELECT * FROM {VERSIONS}")
    session = connect(max_age=3600)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: rows(session, f"SELECT * FROM {VERSIONS}"), range(4)))
    assert answers == [truth] * 4


def test_partial_results_are_not_served_as_the_whole(connect: Connect, cloud: LocalCloud) -> None:
    """fdw#91: results of a scan that failed half-way were cached."""
    sql = f"SELECT _key, base_image FROM {VERSIONS}"
    truth = live(connect, sql)
    cloud.faults.add(Rule(account=ACCOUNTS[0], region=REGIONS[0], operation="DescribeImageVersion", kind="access_denied", times=1))
    partial = connect(max_age=3600).execute(sql)
    assert len(set(partial.fetchall()) & set(truth)) == len(truth) - 1
    assert {f.region for f in partial.failures} == {REGIONS[0]}
    cloud.faults.clear()
    cloud.calls.clear()
    assert rows(connect(max_age=3600), sql) == truth
    assert {c.region for c in cloud.calls} == {REGIONS[0]}, "only what failed is asked again"


def test_a_failed_scan_marks_nothing_gone(connect: Connect, cloud: LocalCloud) -> None:
    """cartography#503, #587: what could not be read was taken for deleted."""
    session = connect(max_age=0)
    sql = f"SELECT _key, base_image FROM {VERSIONS}"
    before = rows(session, sql)
    cloud.faults.add(Rule(region=REGIONS[0], operation="DescribeImageVersion", kind="access_denied", times=2))
    result = session.execute(sql)
    assert len(set(result.fetchall()) & set(before)) == len(before) - 2
    assert result.failures
    cloud.faults.add(Rule(region=REGIONS[1], operation="ListImages", kind="access_denied"))
    session.execute(sql).fetchall()
    cloud.faults.clear()
    assert rows(connect(max_age=float("inf")), sql) == before


def test_a_404_without_a_name_marks_nothing_gone(connect: Connect, cloud: LocalCloud) -> None:
    session = connect(max_age=0)
    sql = f"SELECT _key, base_image FROM {VERSIONS}"
    before = rows(session, sql)
    for operation in ("ListImages", "ListImageVersions", "DescribeImageVersion"):
        cloud.faults.add(Rule(region=REGIONS[0], operation=operation, kind="error", code="404", status=404, message="Not Found"))
        result = session.execute(sql)
        assert set(result.fetchall()) != set(before)
        assert {f.code for f in result.failures} == {"404"}
        cloud.faults.clear()
    assert rows(connect(max_age=float("inf")), sql) == before


def test_a_list_that_asks_for_nothing_by_name_is_never_gone(connect: Connect, cloud: LocalCloud) -> None:
    """A gateway may give its 404 a name; only of what a call names, or in the operation's own words, can AWS say that it is not there."""
    session = connect(max_age=0)
    sql = "SELECT _key FROM aws.sqs_queue"
    before = rows(session, sql)
    for code in ("NotFound", "NotFoundException", "NoSuchPage"):
        cloud.faults.add(Rule(region=REGIONS[0], operation="ListQueues", kind="error", code=code, status=404, message="no route"))
        result = session.execute(sql)
        assert set(result.fetchall()) < set(before)
        assert {(f.region, f.code) for f in result.failures} == {(REGIONS[0], code)}
        cloud.faults.clear()
    assert sorted(rows(connect(max_age=float("inf")), sql)) == sorted(before)
    assert rows(
        session, "SELECT count(*) FROM aws.sqs_queue WHERE queue_url = 'http://127.0.0.1:1/111111111111/none' AND visibility_timeout > 0"
    ) == [(0,)]


def test_an_unqualified_query_after_a_qualified_one_is_complete(connect: Connect) -> None:
    """plugin-aws#2230: qualified, then unqualified, gave the rows of the first."""
    truth = live(connect, f"SELECT _key FROM {VERSIONS}")
    for condition in ("image_name = 'xgboost-inference'", "version = 1", "version > 1", "image_version_status = 'CREATED'"):
        session = connect(max_age=3600, store=":memory:")
        rows(session, f"SELECT _key FROM {VERSIONS} WHERE {condition}")
        assert rows(session, f"SELECT _key FROM {VERSIONS}") == truth


def test_a_qualified_query_after_an_unqualified_one_is_answered_by_it(connect: Connect, cloud: LocalCloud) -> None:
    """plugin-aws#2230, the other way round; and the narrower answer costs nothing."""
    sql = f"SELECT _key FROM {VERSIONS} WHERE image_name = 'xgboost-inference' AND version > 1"
    truth = live(connect, sql)
    session = connect(max_age=3600)
    rows(session, f"SELECT _key, version, image_name FROM {VERSIONS}")
    cloud.calls.clear()
    assert rows(session, sql) == truth
    assert cloud.calls.counts() == {}


def test_a_limit_is_not_remembered_as_all_there_is(connect: Connect) -> None:
    """A LIMIT that ended a scan early was served to the query without one."""
    truth = live(connect, COUNT)
    session = connect(max_age=3600)
    assert len(rows(session, f"SELECT _key, version FROM {VERSIONS} LIMIT 2")) == 2
    assert rows(session, COUNT) == truth


def test_columns_that_were_not_read_are_read_and_not_null(connect: Connect, cloud: LocalCloud) -> None:
    """A cache hit with fewer columns gave NULLs."""
    truth = live(connect, f"SELECT _key, container_image, tags FROM {VERSIONS}")
    session = connect(max_age=3600)
    rows(session, f"SELECT _key, version FROM {VERSIONS}")
    cloud.calls.clear()
    assert rows(session, f"SELECT _key, container_image, tags FROM {VERSIONS}") == truth
    assert any(value is not None for _, value, _ in truth)
    cloud.calls.clear()
    assert len(rows(session, f"SELECT _key, version, image_arn FROM {VERSIONS}")) == len(truth)
    assert cloud.calls.counts() == {}


def test_joins_give_the_rows_that_live_joins_give(connect: Connect) -> None:
    """fdw#271, #52, steampipe#4237: wrong rows from joins over cached scans."""
    sql = (
        "SELECT i.image_name, v.version, v.region FROM aws.sagemaker_image i JOIN aws.sagemaker_image_version v "
        "ON v.image_arn = i.image_arn AND v.region = i.region WHERE i.image_name LIKE 'x%'"
    )
    truth = live(connect, sql)
    session = connect(max_age=3600)
    assert [rows(session, sql) for _ in range(2)] == [truth] * 2
    outer = "SELECT i.image_name, v.version FROM aws.sagemaker_image i LEFT JOIN aws.sagemaker_image_version v USING (image_arn)"
    assert rows(session, outer) == live(connect, outer)


def test_an_optional_key_is_not_ignored(connect: Connect) -> None:
    """fdw#558: an optional key column that the planner ignored inflated the results."""
    sql = f"SELECT _key FROM {VERSIONS} WHERE image_name = 'xgboost-inference' AND region = '{REGIONS[0]}'"
    truth = live(connect, sql)
    session = connect(max_age=3600)
    assert [rows(session, sql) for _ in range(2)] == [truth] * 2


def test_two_keys_are_not_taken_for_one_another(connect: Connect, cloud: LocalCloud) -> None:
    """A scan for one key answered for another."""
    names = [n for (n,) in live(connect, "SELECT DISTINCT image_name FROM aws.sagemaker_image")]
    session = connect(max_age=3600)
    for name in names[:2]:
        sql = f"SELECT _key FROM {VERSIONS} WHERE image_name = '{name}'"
        assert rows(session, sql) == live(connect, sql)
    cloud.calls.clear()
    both = f"SELECT _key FROM {VERSIONS} WHERE image_name IN ('{names[0]}', '{names[1]}')"
    assert rows(session, both) == live(connect, both)


def test_accounts_do_not_share_an_answer(connect: Connect) -> None:
    """fdw#20: one connection's cache answered for another's."""
    sql = f"SELECT account_id, _key FROM {VERSIONS}"
    one = connect(max_age=3600, accounts=(ACCOUNTS[0],))
    assert {a for a, _ in rows(one, sql)} == {ACCOUNTS[0]}
    assert {a for a, _ in rows(connect(max_age=3600), sql)} == set(ACCOUNTS)
    assert {a for a, _ in rows(connect(max_age=3600, accounts=(ACCOUNTS[1],)), sql)} == {ACCOUNTS[1]}


def test_a_row_that_no_longer_meets_a_condition_is_changed_and_not_gone(connect: Connect) -> None:
    """A scan narrowed by a value that can change says nothing of the rows that no longer have it."""
    session = connect(max_age=0)
    before = rows(session, f"SELECT _key, vendor_guidance FROM {VERSIONS}")
    guidance = before[0][1]
    rows(session, f"SELECT _key, vendor_guidance FROM {VERSIONS} WHERE vendor_guidance = 'NO_SUCH'")
    rows(session, f"SELECT _key FROM {VERSIONS} WHERE vendor_guidance <> '{guidance}'")
    assert rows(connect(max_age=float("inf")), f"SELECT _key, vendor_guidance FROM {VERSIONS}") == before


def test_a_denied_column_is_not_remembered_as_null(connect: Connect, cloud: LocalCloud) -> None:
    """A denial that was tolerated left NULLs in the cache."""
    sql = "SELECT image_version_arn, aliases FROM aws.sagemaker.image_versions"
    truth = live(connect, sql)
    cloud.faults.add(Rule(operation="ListAliases", kind="access_denied"))
    assert {a for _, a in rows(connect(max_age=3600), sql)} == {None}
    cloud.faults.clear()
    assert rows(connect(max_age=3600), sql) == truth


def test_swept_tags_are_remembered_like_any_others(connect: Connect, cloud: LocalCloud) -> None:
    """A tag sweep that was denied must leave no NULLs in the cache, nor one that answered."""
    sql = "SELECT image_arn, tags FROM aws.sagemaker_image"
    truth = live(connect, sql)
    assert any(tags for _, tags in truth)
    assert cloud.calls.counts()["resourcegroupstaggingapi:GetResources"] == 5
    cloud.faults.add(Rule(operation="GetResources", kind="access_denied"))
    assert rows(connect(max_age=3600), sql) == truth
    cloud.faults.clear()
    cloud.calls.clear()
    assert rows(connect(max_age=3600), sql) == truth
    assert cloud.calls.counts() == {}
    assert rows(connect(max_age=0), f"{sql} WHERE image_name <> 'scratch'") == [r for r in truth if "/scratch" not in str(r[0])]
    cloud.calls.clear()
    assert rows(connect(max_age=float("inf")), sql) == truth
    assert cloud.calls.counts() == {}
