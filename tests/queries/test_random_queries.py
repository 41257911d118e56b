"""Random small queries over the image tables answer the same with pushdown on and off."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cirql.session import Session

NAMES = ("xgboost-inference", "notebook-kernel", "tensorflow-training", "no-such-image")
REGIONS = ("us-east-1", "us-west-2", "eu-west-1")


def _quoted(values: Any) -> str:
    return ", ".join(f"'{v}'" if isinstance(v, str) else str(v) for v in values)


def _conditions(alias: str, *, versions: bool) -> st.SearchStrategy[str]:
    """Conditions over one table: keys, list columns, detail columns, NULL tests, and AND, OR and NOT of these."""
    names, numbers = st.sampled_from(NAMES), st.integers(0, 6)
    simple = [
        names.map(lambda n: f"{alias}.image_name = '{n}'"),
        st.lists(names, min_size=1, max_size=3).map(lambda n: f"{alias}.image_name IN ({_quoted(n)})"),
        st.sampled_from(("x%", "%training", "%e%", "no%")).map(lambda p: f"{alias}.image_name LIKE '{p}'"),
        st.sampled_from(REGIONS).map(lambda r: f"{alias}.region = '{r}'"),
        st.sampled_from(REGIONS).map(lambda r: f"{alias}.region <> '{r}'"),
        st.sampled_from(("111111111111", "222222222222")).map(lambda a: f"{alias}.account_id = '{a}'"),
        st.sampled_from((f"{alias}.image_arn IS NULL", f"{alias}.image_arn IS NOT NULL")),
    ]
    if versions:
        operators = st.sampled_from(("=", "<>", "<", "<=", ">", ">="))
        simple += [
            st.tuples(operators, numbers).map(lambda c: f"{alias}.version {c[0]} {c[1]}"),
            st.lists(numbers, min_size=1, max_size=3).map(lambda n: f"{alias}.version IN ({_quoted(n)})"),
            st.tuples(numbers, numbers).map(lambda c: f"{alias}.version BETWEEN {c[0]} AND {c[1]}"),
            st.sampled_from((f"{alias}.processor = 'GPU'", f"{alias}.horovod", f"{alias}.job_type IS NULL", f"{alias}.version IS NULL")),
            st.sampled_from((f"coalesce({alias}.version, 0) = 0", f"{alias}.creation_time > TIMESTAMP '2025-02-01'")),
        ]
    return st.recursive(
        st.one_of(simple),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda c: f"({c[0]} AND {c[1]})"),
            st.tuples(inner, inner).map(lambda c: f"({c[0]} OR {c[1]})"),
            inner.map(lambda c: f"NOT ({c})"),
        ),
        max_leaves=4,
    )


@st.composite
def _queries(draw: st.DrawFn) -> str:
    """A query over versions alone, or over images and versions in some kind of join or subquery."""
    shape = draw(st.sampled_from(("one", "join", "in", "exists", "cte")))
    of_version, of_image = draw(_conditions("v", versions=True)), draw(_conditions("i", versions=False))
    columns = "v.image_version_arn, v.version" + draw(st.sampled_from(("", ", v.base_image")))
    match shape:
        case "one":
            sql = f"SELECT {columns} FROM aws.sagemaker_image_version v WHERE {of_version}"
        case "join":
            side = draw(st.sampled_from(("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")))
            link = draw(st.sampled_from(("v.image_arn = i.image_arn", "v.image_name = i.image_name AND v.region = i.region")))
            extra = draw(st.sampled_from(("", f" AND {of_image}", f" AND {of_version}")))
            where = draw(st.sampled_from((of_image, of_version, f"{of_image} OR {of_version}", "true")))
            joined = f"aws.sagemaker_image i {side} aws.sagemaker_image_version v ON {link}{extra}"
            sql = f"SELECT i.image_arn, {columns} FROM {joined} WHERE {where}"
        case "in":
            negated = draw(st.sampled_from(("", "NOT ")))
            inner = f"SELECT i.image_name FROM aws.sagemaker_image i WHERE {of_image}"
            sql = f"SELECT {columns} FROM aws.sagemaker_image_version v WHERE v.image_name {negated}IN ({inner}) AND {of_version}"
        case "exists":
            negated = draw(st.sampled_from(("", "NOT ")))
            inner = f"SELECT 1 FROM aws.sagemaker_image_version v WHERE v.image_arn = i.image_arn AND {of_version}"
            sql = f"SELECT i.image_arn, i.image_name FROM aws.sagemaker_image i WHERE {negated}EXISTS ({inner}) AND {of_image}"
        case _:
            inner = "SELECT v.image_arn, v.image_name, v.region, v.account_id, max(v.version) AS version FROM aws.sagemaker_image_version v"
            sql = f"WITH n AS ({inner} WHERE {of_version} GROUP BY ALL) SELECT i.image_arn, i.version FROM n i WHERE {of_image}"
    limit = draw(st.sampled_from(("", "", " LIMIT 3", " LIMIT 4 OFFSET 1")))
    return f"{sql} ORDER BY 1, 2{limit}" if limit else sql  # the first two columns are unique together in each shape


@settings(
    max_examples=60 if os.environ.get("CIRQL_SWEEP") else 25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(sql=_queries())
def test_a_random_query_answers_the_same_with_pushdown_on_and_off(session: Session, sql: str) -> None:
    answers = []
    for pushdown in (True, False):
        result = session.execute(sql, pushdown=pushdown)
        answers.append(sorted(result.fetchall(), key=repr))
        assert result.failures == ()
    assert answers[0] == answers[1]
