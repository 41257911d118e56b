"""How many calls a statement makes: never more than its own words make necessary."""

from __future__ import annotations

import pytest

from cirql.localcloud import LocalCloud
from cirql.session import Session

IMAGE, VERSION = "aws.sagemaker_image", "aws.sagemaker_image_version"
HERE = "region = 'us-east-1' AND account_id = '111111111111'"


@pytest.mark.parametrize(
    ("sql", "calls"),
    [
        (f"SELECT image_name FROM {IMAGE} WHERE false", 0),
        (f"SELECT image_name FROM {IMAGE} WHERE now() < TIMESTAMP '2001-01-01'", 0),
        (f"SELECT image_name FROM {IMAGE} LIMIT 0", 0),
        (f"SELECT * FROM (SELECT image_name FROM {IMAGE} LIMIT 0) s", 0),
        (f"SELECT image_name FROM {IMAGE} WHERE image_name NOT IN ('a', NULL)", 0),
        (f"SELECT version FROM {VERSION} WHERE version = 2 AND version > 3", 0),
        (f"SELECT version FROM {VERSION} WHERE version > 5 AND version < 3", 0),
        (f"SELECT version FROM {VERSION} WHERE image_name = 'a' AND version = 2.5", 0),
        (f"SELECT image_name FROM {IMAGE} WHERE region IS NULL", 0),
        (f"SELECT image_name FROM {IMAGE} WHERE region <> 'us-east-1'", 4),
        (f"SELECT image_name FROM {IMAGE} WHERE account_id LIKE '1%' AND region LIKE 'us-%'", 2),
        (f"SELECT image_name FROM {IMAGE} WHERE NOT ({HERE})", 5),
        (f"SELECT image_name FROM {IMAGE} WHERE ({HERE}) OR (region = 'eu-west-1' AND account_id = '222222222222')", 2),
        (f"SELECT version FROM {VERSION} WHERE (image_name, version) IN (('xgboost-inference', 2), ('pytorch-training', 1)) AND {HERE}", 2),
        (f"SELECT version FROM {VERSION} WHERE image_name IN ('xgboost-inference', 'a', 'b') AND image_name LIKE 'x%' AND {HERE}", 1),
        (f"SELECT version FROM {VERSION} WHERE image_arn = 'arn:aws:sagemaker:us-east-1:111111111111:image/xgboost-inference'", 1),
        (f"SELECT version FROM {IMAGE} i JOIN {VERSION} v ON v.image_arn = i.image_arn WHERE i.image_name LIKE 'none%'", 6),
        (f"SELECT version FROM {IMAGE} i JOIN {VERSION} v USING (image_arn) WHERE i.image_name = 'xgboost-inference'", 10),
        (f"SELECT version FROM {IMAGE} i JOIN {VERSION} v USING (image_arn) WHERE i.display_name LIKE 'Tensor%'", 9),
        (f"SELECT version FROM {VERSION} WHERE image_arn IN (SELECT image_arn FROM {IMAGE} WHERE image_name LIKE 'xg%')", 10),
        (f"SELECT version FROM (VALUES ('a')) AS t(n) JOIN {VERSION} v ON v.image_name = t.n WHERE t.n = 'b'", 0),
        (
            "SELECT table_status FROM (VALUES ('a'), ('a')) t(n) JOIN aws.dynamodb_table ON table_name = n "
            "WHERE region = 'us-east-1' AND table_name LIKE 'none%'",
            0,
        ),
        ("SELECT i.arn FROM aws.ec2_instance i JOIN aws.ec2_subnet s USING (subnet_id, region) WHERE i.region <> 'us-east-1'", 8),
        (f"SELECT image_name FROM (SELECT image_name, job_type FROM {VERSION} WHERE {HERE}) s", 7),
        (f"SELECT count(*) FROM (SELECT * FROM {VERSION} WHERE {HERE}) s", 7),
        (f"SELECT count(s) FROM (SELECT * FROM {VERSION} WHERE {HERE}) s", 7),
        (f"SELECT count(v), count(v) OVER () FROM {VERSION} v WHERE {HERE} GROUP BY version", 7),
        (
            f"SELECT l.v FROM (SELECT * FROM {IMAGE} WHERE {HERE}) i, LATERAL (SELECT version AS v, job_type FROM {VERSION} v "
            "WHERE v.image_arn = i.image_arn) l",
            7,
        ),
        (f"SELECT s.image_name FROM {VERSION} s CROSS JOIN LATERAL (SELECT s.version AS v, s.job_type) l WHERE l.v = 1 AND {HERE}", 7),
        (f"WITH a AS (SELECT * FROM {VERSION}), b AS (SELECT * FROM a) SELECT version FROM b WHERE account_id = '222222222222'", 8),
        (f"SELECT n FROM (SELECT image_name AS n, (SELECT max(job_type) FROM {VERSION}) FROM {IMAGE} WHERE {HERE}) s", 1),
        ("SELECT role_name FROM aws.iam_role WHERE region LIKE 'eu-%'", 0),
    ],
)
def test_no_call_is_made_that_the_statement_rules_out(session: Session, cloud: LocalCloud, sql: str, calls: int) -> None:
    result = session.execute(sql)
    result.fetchall()
    assert sum(result.stats.calls.values()) - result.stats.retries == calls
