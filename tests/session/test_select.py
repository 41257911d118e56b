"""The way of a SELECT, seen from outside: which calls it makes, what it gives, how it fails."""

from __future__ import annotations

import asyncio
import dataclasses
import threading

import pytest

from cirql import errors
from cirql.localcloud import ACCOUNTS, REGIONS, LocalCloud, Rule
from cirql.session import Session
from cirql.settings import Settings

ARN = "arn:aws:sagemaker:us-east-1:111111111111:image-version/xgboost-inference/2"
SEED_COLUMNS = (
    "region, image_name, image_arn, image_version_arn, base_image, container_image, version, alias, aliases, "
    "vendor_guidance, job_type, ml_framework, programming_lang, processor, horovod, release_notes"
)
SEED_QUERY = f"SELECT {SEED_COLUMNS} FROM aws.sagemaker.image_version WHERE region = 'us-east-1' AND data__Identifier = '{ARN}';"
DATASET_COLUMNS = (
    "_key, account_id, base_image, container_image, creation_time, failure_reason, horovod, image_arn, image_version_arn, "
    "image_version_status, job_type, last_modified_time, ml_framework, processor, programming_lang, release_notes, tags, "
    "vendor_guidance, version"
)


def test_the_resource_page_s_query_is_one_get_and_one_list_of_aliases(session: Session, cloud: LocalCloud) -> None:
    result = session.execute(SEED_QUERY)
    rows = result.fetchall()
    assert [c.name for c in result.columns] == SEED_COLUMNS.split(", ")
    assert len(rows) == 1
    assert rows[0][:4] == ("us-east-1", "xgboost-inference", ARN.replace("image-version", "image").removesuffix("/2"), ARN)
    assert cloud.calls.counts() == {"cloudcontrol:GetResource": 1, "sagemaker:ListAliases": 1}
    assert result.stats.to_json()["calls"] == cloud.calls.counts()


def test_without_the_alias_columns_the_get_is_alone(session: Session, cloud: LocalCloud) -> None:
    sql = SEED_QUERY.replace("alias, aliases, ", "")
    assert len(session.execute(sql).fetchall()) == 1
    assert cloud.calls.counts() == {"cloudcontrol:GetResource": 1}


def test_an_identifier_says_which_account_and_region_to_ask(session: Session, cloud: LocalCloud) -> None:
    session.execute(f"SELECT version FROM aws.sagemaker.image_version WHERE data__Identifier = '{ARN}'").fetchall()
    assert [(c.account, c.region) for c in cloud.calls] == [("111111111111", "us-east-1")]


def test_alias_is_the_only_one_and_aliases_are_all(session: Session, cloud: LocalCloud) -> None:
    rows = session.execute("SELECT alias, aliases FROM aws.sagemaker.image_versions WHERE region = 'us-east-1'").fetchall()
    counts = {len(aliases) for _, aliases in rows}
    assert counts >= {0, 1, 2}
    for alias, aliases in rows:
        assert alias == (aliases[0] if len(aliases) == 1 else None)


def test_denied_aliases_are_null_with_a_notice(session: Session, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListAliases", kind="access_denied"))
    result = session.execute(SEED_QUERY)
    row = dict(zip((c.name for c in result.columns), result.fetchall()[0], strict=True))
    assert (row["alias"], row["aliases"], row["version"]) == (None, None, 2)
    assert result.failures == ()
    assert any("alias" in notice for notice in result.notices)


def test_the_dataset_has_the_page_s_columns_in_every_region(session: Session, cloud: LocalCloud) -> None:
    result = session.execute("SELECT * FROM aws.sagemaker_image_version")
    rows = result.fetchall()
    assert [c.name for c in result.columns] == DATASET_COLUMNS.split(", ")
    assert {(c.account, c.region) for c in cloud.calls} == {(a, r) for a in ACCOUNTS for r in REGIONS}
    counts = cloud.calls.counts()
    assert counts["sagemaker:DescribeImageVersion"] == counts["sagemaker:ListTags"] == len(rows)
    assert set(counts) == {f"sagemaker:{o}" for o in ("ListImages", "ListImageVersions", "DescribeImageVersion", "ListTags")}


def test_list_columns_need_no_describe_and_tags_are_only_asked_for_when_wanted(session: Session, cloud: LocalCloud) -> None:
    session.execute("SELECT version, image_version_status, _key, region FROM aws.sagemaker_image_version").fetchall()
    assert set(cloud.calls.counts()) == {"sagemaker:ListImages", "sagemaker:ListImageVersions"}
    cloud.calls.clear()
    session.execute("SELECT version, base_image FROM aws.sagemaker_image_version").fetchall()
    assert "sagemaker:ListTags" not in cloud.calls.counts()


def test_only_the_rows_that_pass_the_list_are_described(session: Session, cloud: LocalCloud) -> None:
    rows = session.execute("SELECT version, base_image FROM aws.sagemaker_image_version WHERE version = 3").fetchall()
    assert rows
    assert {v for v, _ in rows} == {3}
    assert cloud.calls.counts()["sagemaker:DescribeImageVersion"] == len(rows)


def test_a_row_that_the_describe_rules_out_costs_no_further_call(session: Session, cloud: LocalCloud) -> None:
    rows = session.execute("SELECT version, tags FROM aws.sagemaker_image_version WHERE processor = 'GPU'").fetchall()
    assert cloud.calls.counts()["sagemaker:ListTags"] == len(rows) < cloud.calls.counts()["sagemaker:DescribeImageVersion"]


def test_the_plural_lists_without_any_condition_and_without_a_get(session: Session, cloud: LocalCloud) -> None:
    rows = session.execute("SELECT image_version_arn FROM aws.sagemaker.image_versions").fetchall()
    assert len(rows) == len({r for (r,) in rows}) == session.execute("SELECT count(*) FROM aws.sagemaker_image_version").fetchall()[0][0]
    assert "cloudcontrol:GetResource" not in cloud.calls.counts()


def test_tags_region_is_a_region_predicate(session: Session, cloud: LocalCloud) -> None:
    session.execute("SELECT image_name FROM aws.sagemaker_image WHERE tags->'region' = 'eu-west-1'").fetchall()
    assert {c.region for c in cloud.calls} == {"eu-west-1"}
    assert set(cloud.calls.counts()) == {"sagemaker:ListImages"}


def test_a_limit_stops_paging_and_describing(session: Session, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="ListImageVersions", kind="short_pages", page_size=1))
    rows = session.execute(
        "SELECT base_image FROM aws.sagemaker_image_version WHERE image_name = 'notebook-kernel' AND region = 'us-east-1' LIMIT 2"
    )
    assert len(rows.fetchall()) == 2
    counts = cloud.calls.counts()
    assert counts["sagemaker:DescribeImageVersion"] == 2
    assert counts["sagemaker:ListImageVersions"] <= 8


def test_a_limit_that_the_first_page_meets_asks_for_nothing_else(session: Session, cloud: LocalCloud) -> None:
    assert len(session.execute("SELECT image_name FROM aws.sagemaker_image LIMIT 2").fetchall()) == 2
    assert cloud.calls.counts() == {"sagemaker:ListImages": 1}
    cloud.calls.clear()
    assert len(session.execute("SELECT base_image FROM aws.sagemaker_image_version LIMIT 1").fetchall()) == 1
    counts = cloud.calls.counts()
    assert (counts["sagemaker:ListImages"], counts["sagemaker:DescribeImageVersion"]) == (1, 1)
    assert counts["sagemaker:ListImageVersions"] <= 3  # the first image has no versions, so the next two are asked


def test_a_limit_beyond_what_there_is_reads_everything(session: Session, cloud: LocalCloud) -> None:
    whole = session.execute("SELECT count(*) FROM aws.sagemaker_image_version").fetchall()[0][0]
    assert len(session.execute("SELECT base_image FROM aws.sagemaker_image_version LIMIT 1000").fetchall()) == whole
    assert len(session.execute("SELECT base_image FROM aws.sagemaker_image_version LIMIT 20 OFFSET 50").fetchall()) == whole - 50


def test_pages_are_all_read(session: Session, cloud: LocalCloud) -> None:
    whole = session.execute("SELECT count(*) FROM aws.sagemaker_image_version").fetchall()
    cloud.faults.add(Rule(service="sagemaker", kind="short_pages", page_size=1))
    assert session.execute("SELECT count(*) FROM aws.sagemaker_image_version").fetchall() == whole


def test_a_target_that_fails_is_named_and_the_others_answer(session: Session, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(region="eu-west-1", account="111111111111", kind="access_denied"))
    result = session.execute("SELECT region, account_id, image_name FROM aws.sagemaker_image")
    rows = result.fetchall()
    assert ("eu-west-1", "111111111111") not in {r[:2] for r in rows}
    assert ("eu-west-1", "222222222222") in {r[:2] for r in rows}
    (failure,) = result.failures
    assert (failure.account, failure.region, failure.operation, failure.table) == (
        "111111111111",
        "eu-west-1",
        "ListImages",
        "aws.sagemaker_image",
    )
    assert not result.complete
    assert result.stats.to_json()["failures"][0]["code"] == "AccessDeniedException"


def test_when_every_target_fails_the_statement_fails(session: Session, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(service="sagemaker", kind="access_denied"))
    with pytest.raises(errors.AccessDenied) as caught:
        session.execute("SELECT image_name FROM aws.sagemaker_image").fetchall()
    assert caught.value.failure is not None
    with pytest.raises(errors.AccessDenied):
        session.execute("SELECT a.image_name FROM aws.sagemaker_image a JOIN aws.sagemaker_image b USING (image_name)").fetchall()


def test_a_strict_session_refuses_partial_answers(settings: Settings, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(region="eu-west-1", kind="access_denied"))
    with Session(dataclasses.replace(settings, strict=True)) as strict, pytest.raises(errors.AccessDenied):
        strict.execute("SELECT image_name FROM aws.sagemaker_image")


@pytest.mark.parametrize("kind", ["cut_body", "empty_body", "garbage", "drop"])
def test_a_broken_answer_is_an_error_and_never_no_rows(settings: Settings, cloud: LocalCloud, kind: str) -> None:
    cloud.faults.add(Rule(operation="ListImages", kind=kind))
    with Session(dataclasses.replace(settings, max_attempts=2)) as session, pytest.raises(errors.OperationalError):
        session.execute("SELECT image_name FROM aws.sagemaker_image").fetchall()


def test_throttles_and_server_errors_are_retried(session: Session, cloud: LocalCloud) -> None:
    expected = sorted(session.execute("SELECT image_arn, base_image FROM aws.sagemaker_image_version").fetchall())
    cloud.faults.add(Rule(service="sagemaker", kind="throttle", rate=0.1))
    cloud.faults.add(Rule(service="sagemaker", kind="server_error", rate=0.02))
    cloud.faults.add(Rule(service="sagemaker", kind="drop", rate=0.01))
    result = session.execute("SELECT image_arn, base_image FROM aws.sagemaker_image_version")
    assert sorted(result.fetchall()) == expected
    assert result.failures == ()
    assert result.stats.retries > 0


def test_an_endpoint_that_refuses_is_unreachable(settings: Settings) -> None:
    with (
        Session(dataclasses.replace(settings, endpoint_url="http://127.0.0.1:9", max_attempts=2)) as session,
        pytest.raises(errors.Unreachable),
    ):
        session.execute("SELECT image_name FROM aws.sagemaker_image").fetchall()


def test_an_endpoint_that_hangs_times_out(settings: Settings) -> None:
    with LocalCloud() as hanging:
        hanging.faults.add(Rule(operation="ListImages", kind="hang"))
        impatient = dataclasses.replace(settings, endpoint_url=hanging.endpoint_url, read_timeout=0.3, max_attempts=1)
        with Session(impatient) as session, pytest.raises(errors.Unreachable):
            session.execute("SELECT image_name FROM aws.sagemaker_image").fetchall()


@pytest.mark.parametrize(
    ("sql", "error", "words"),
    [
        ("SELECT * FROM aws.sagemaker_image_versoin", errors.UnknownTable, "aws.sagemaker_image_version"),
        ("SELECT * FROM sagemaker_image", errors.UnknownTable, "aws.sagemaker_image"),
        ("SELECT image_nam FROM aws.sagemaker_image", errors.UnknownColumn, "image_name"),
        ("SELECT i.image_nam FROM aws.sagemaker_image i", errors.UnknownColumn, "image_name"),
        ("SELECT j.image_name FROM aws.sagemaker_image i", errors.UnknownTable, "i"),
        ("SELECT region FROM aws.sagemaker_image a, aws.sagemaker_image b", errors.AmbiguousColumn, "a.region"),
        ("SELECT * FROM aws.sagemaker_image WHERE region = 'us-esat-1'", errors.Error, "us-east-1"),
        ("SELECT * FROM aws.sagemaker.image_version WHERE data__Identifier = 'version-3'", errors.InvalidText, "arn:"),
        ("SELECT * FROM aws.sagemaker_image_version WHERE version = 'three'", errors.Error, ""),
        ("SELECT nosuchfunction(version) FROM aws.sagemaker_image_version", errors.UnknownFunction, ""),
        ("", errors.ParseError, "SELECT"),
        ("-- only a comment", errors.ParseError, "SELECT"),
        ("SELECT 1; SELECT 2", errors.InvalidStatement, "one at a time"),
        ("SELECT * FORM aws.sagemaker_image", errors.ParseError, ""),
        ("SELECT 'abc", errors.ParseError, ""),
        ("SELECT 1 +", errors.ParseError, "something is missing"),
        ("SELECT * FROM read_csv('/no/such/file.csv')", errors.FileUnreadable, ""),
        ("SELECT 1 " + "-- x\n" * 250_000, errors.ParseError, "read_csv"),
        ("SELECT " + "(" * 3000 + "1" + ")" * 3000, errors.Error, ""),
        ("COPY (SELECT 1) TO '/tmp/x.csv'", errors.NotSupported, "SELECT"),
        ("ATTACH 'x.db'", errors.NotSupported, "SELECT"),
    ],
)
def test_a_wrong_statement_is_refused_before_any_call(
    session: Session, cloud: LocalCloud, sql: str, error: type[errors.Error], words: str
) -> None:
    with pytest.raises(error) as caught:
        session.execute(sql).fetchall()
    assert words in f"{caught.value.message} {caught.value.hint}"
    assert len(cloud.calls) == 0


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ("SELECT 1 FROM aws.ec2_instance WHERE state = 'running'", "state->>'Name' = 'running'"),
        ("SELECT 1 FROM aws.ec2_instance WHERE 'running' = state", "state->>'Name' = 'running'"),
        ("SELECT 1 FROM aws.ec2_instance WHERE state IN ('running', 'stopped')", "state is JSON"),
        ("SELECT tags.env FROM aws.ec2_instance", "write tags->'env'"),
        ("SELECT i.tags.env FROM aws.ec2_instance i", "write i.tags->'env'"),
        ("SELECT 1 FROM aws.ec2_instance i WHERE EXISTS (SELECT 1 WHERE i.tags.env = 'x')", "write i.tags->'env'"),
        ("SELECT state.name FROM aws.ec2_instance", "write state->>'name', and the name as AWS spells it"),
        ("SELECT v.tags.costCenter FROM aws.ec2_volume v", "write v.tags->'costCenter', and the name as AWS spells it"),
        ("SELECT 1 FROM aws.ec2_instance WHERE placement LIKE 'eu%'", "placement is JSON: write placement->>'…' for a member of it"),
        ("SELECT 1 FROM aws.ec2_instance WHERE placement ~ 'eu'", "or placement::text for all of it"),
        ("SELECT 1 FROM aws.ec2_instance WHERE tags->'env' = \"prod\"", "single quotes: 'prod'"),
        ("SELECT 1 FROM aws.ec2_instance WHERE account_id = 111111111111", "write '111111111111' in quotes"),
        ("SELECT 1 FROM aws.ec2_instance WHERE account_id IN (111111111111, 222222222222)", "write '111111111111' in quotes"),
        ("SELECT public_ip_address FROM aws.ec2.instances", "aws.ec2_instance has it"),
        ("SELECT security_group_ids FROM aws.ec2_instance", "aws.ec2.instance has it"),
        ("SELECT public_access_block_configuration FROM aws.s3_bucket", "aws.s3.bucket has it"),
    ],
)
def test_what_the_first_statements_trip_over_is_answered_with_what_to_write(
    session: Session, cloud: LocalCloud, sql: str, hint: str
) -> None:
    with pytest.raises(errors.Error) as caught:
        session.execute(sql).fetchall()
    assert hint in (caught.value.hint or "")
    assert str(caught.value).endswith(f"hint: {caught.value.hint}")
    assert f"at character {(caught.value.position or 0) + 1} of the statement" in str(caught.value)
    assert len(cloud.calls) == 0


def test_an_error_points_at_its_place(session: Session) -> None:
    sql = "SELECT image_name,\n       image_nam FROM aws.sagemaker_image"
    with pytest.raises(errors.UnknownColumn) as caught:
        session.execute(sql)
    assert caught.value.position == sql.index("image_nam FROM")


def test_parameters_are_values_and_keys(session: Session, cloud: LocalCloud) -> None:
    positional = session.execute("SELECT version FROM aws.sagemaker_image_version WHERE image_version_arn = $1", [ARN]).fetchall()
    named = session.execute("SELECT version FROM aws.sagemaker_image_version WHERE image_version_arn = :arn", {"arn": ARN}).fetchall()
    assert positional == named == [(2,)]
    assert {(c.account, c.region) for c in cloud.calls} == {("111111111111", "us-east-1")}
    with pytest.raises(errors.ProgrammingError):
        session.execute("SELECT $2", [1])


def test_a_column_keeps_the_spelling_that_was_written(session: Session) -> None:
    result = session.execute("WITH b AS (SELECT bucket_name FROM aws.s3_bucket) SELECT bucket_name FROM b ORDER BY bucket_name")
    assert [c.name for c in result.columns] == ["bucket_name"]
    regular = session.execute("SELECT b.name FROM aws.s3_bucket b GROUP BY b.bucket_name ORDER BY bucket_name")
    assert [c.name for c in regular.columns] == ["name"]
    assert result.fetchall() == regular.fetchall() != []


def test_a_session_serves_several_threads(session: Session) -> None:
    answers: list[int] = []

    def count() -> None:
        answers.append(session.execute("SELECT count(*) FROM aws.sagemaker_image_version").fetchall()[0][0])

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert len(set(answers)) == 1


def test_threads_that_come_first_at_once_share_the_session(session: Session) -> None:
    ready = threading.Barrier(6)

    def create(number: int) -> None:
        ready.wait()
        session.execute(f"CREATE TABLE made_{number} AS SELECT {number} AS n").fetchall()

    threads = [threading.Thread(target=create, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = " UNION ALL ".join(f"SELECT n FROM made_{number}" for number in range(6))
    assert sorted(session.execute(everything).fetchall()) == [(number,) for number in range(6)]


def test_statements_of_several_threads_count_their_own_calls(session: Session) -> None:
    stats: dict[str, dict[str, int]] = {}

    def run(name: str, sql: str) -> None:
        result = session.execute(sql)
        result.fetchall()
        stats[name] = dict(result.stats.calls)

    threads = [
        threading.Thread(target=run, args=("images", "SELECT image_name FROM aws.sagemaker_image")),
        threading.Thread(target=run, args=("one", f"SELECT version FROM aws.sagemaker.image_version WHERE data__Identifier = '{ARN}'")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stats == {"images": {"sagemaker:ListImages": 6}, "one": {"cloudcontrol:GetResource": 1}}


def test_async_code_can_wait_for_a_result(session: Session) -> None:
    async def both() -> list[int]:
        results = await asyncio.gather(*(session.aexecute("SELECT count(*) FROM aws.sagemaker_image") for _ in range(2)))
        return [r.fetchall()[0][0] for r in results]

    first, second = asyncio.run(both())
    assert first == second > 0


def test_a_result_closed_early_stops_its_calls(session: Session, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(service="sagemaker", kind="short_pages", page_size=1))
    cloud.faults.add(Rule(service="sagemaker", kind="latency", seconds=0.02))
    result = session.execute("SELECT base_image FROM aws.sagemaker_image_version")
    assert result.fetchone() is not None
    result.close()
    threading.Event().wait(0.3)  # those that were under way arrive
    settled = len(cloud.calls)
    threading.Event().wait(0.5)
    assert len(cloud.calls) == settled


def test_a_closed_session_says_so(settings: Settings) -> None:
    session = Session(settings)
    session.close()
    session.close()
    with pytest.raises(errors.InterfaceError):
        session.execute("SELECT 1")


def test_local_files_join_cloud_tables(session: Session, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("files") / "owners.csv"
    file.write_text("image,owner\nxgboost-inference,ann\nnotebook-kernel,bob\n")
    sql = f"SELECT DISTINCT o.owner FROM read_csv('{file}') o JOIN aws.sagemaker_image i ON i.image_name = o.image ORDER BY 1"
    assert session.execute(sql).fetchall() == [("ann",), ("bob",)]


def test_functions_of_ours_serve_every_statement_of_a_session(session: Session) -> None:
    sql = "SELECT d.j = '{}'::jsonb AS same FROM (SELECT '{ }'::jsonb AS j FROM aws.sagemaker_image LIMIT 1) d"
    assert [session.execute(sql).fetchall() for _ in range(3)] == [[(True,)]] * 3


def test_a_row_that_an_outer_join_leaves_out_is_not_counted(session: Session) -> None:
    versions = "aws.sagemaker_image_version"
    rows = session.execute(
        f"SELECT i.image_arn, count(v.version), count(v), count(v.*), count(x), count(x.*) FROM aws.sagemaker_image i "
        f"LEFT JOIN {versions} v ON v.image_arn = i.image_arn AND v.version > 3 LEFT JOIN (SELECT image_arn, version FROM {versions}) x "
        "ON x.image_arn = v.image_arn AND x.version = v.version GROUP BY 1"
    ).fetchall()
    counts = [set(of_one) for _, *of_one in rows]
    assert all(len(each) == 1 for each in counts)
    assert {0} in counts and len(set.union(*counts)) > 1
