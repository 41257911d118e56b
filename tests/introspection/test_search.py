"""Full-text search over names, columns and descriptions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cirql.catalog.lookup import Catalog
from cirql.errors import UnknownTable


@pytest.fixture(scope="module")
def catalog() -> Iterator[Catalog]:
    with Catalog.open() as opened:
        yield opened


def names(catalog: Catalog, words: str, limit: int = 5) -> list[str]:
    return [str(h.table.name) for h in catalog.search(words, limit)]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("sagemaker image version", {"aws.sagemaker.image_version", "aws.sagemaker_image_version"}),
        ("SageMaker_Image-Versions", {"aws.sagemaker.image_version"}),
        ("AWS::SageMaker::ImageVersion", {"aws.sagemaker.image_version"}),
        ("s3 bucket", {"aws.s3.bucket", "aws.s3_bucket"}),
        ("kms key", {"aws.kms.key", "aws.kms_key"}),
        ("lambda functions", {"aws.lambda.function", "aws.lambda_function"}),
    ],
)
def test_the_table_that_is_meant_is_among_the_first(catalog: Catalog, words: str, wanted: set[str]) -> None:
    assert wanted <= set(names(catalog, words))


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("s3", "aws.s3_bucket"),
        ("bucket", "aws.s3_bucket"),
        ("lambda", "aws.lambda_function"),
        ("vpc", "aws.ec2_vpc"),
        ("security groups", "aws.ec2_security_group"),
        ("sqs", "aws.sqs_queue"),
        ("secret", "aws.secretsmanager_secret"),
        ("dynamodb", "aws.dynamodb_table"),
        ("log groups", "aws.logs_log_group"),
        ("access key", "aws.iam_access_key"),
    ],
)
def test_the_table_that_most_hangs_on_comes_first_and_datasets_before_resources(catalog: Catalog, words: str, first: str) -> None:
    assert names(catalog, words, 1) == [first]


def test_words_that_stand_together_in_a_columns_name_are_about_its_table(catalog: Catalog) -> None:
    found = names(catalog, "public ip", 8)
    assert {"aws.ec2.instance", "aws.ec2_address"} <= set(found)


def test_columns_are_found_by_name_and_by_description(catalog: Catalog) -> None:
    (hit,) = catalog.search("aws.sagemaker.image_version horovod", 1)
    assert [c.name for c in hit.columns if c.name == "horovod"] == ["horovod"]
    assert any(h.table.service == "kms" for h in catalog.search("rotation of key material", 5))


def test_what_is_nowhere_is_not_found_and_odd_text_is_no_syntax(catalog: Catalog) -> None:
    assert names(catalog, "zzyzx qwrtp") == []
    assert names(catalog, "") == []
    assert names(catalog, '" OR NEAR( * -') == names(catalog, "or near")


def test_words_that_say_nothing_are_passed_over_and_misspelt_ones_put_right(catalog: Catalog) -> None:
    assert names(catalog, "what are the buckets of s3") == names(catalog, "buckets s3")
    assert names(catalog, "the") != []
    assert catalog.spelled("sagmaker imge versoin") == "sagemaker image version"
    assert catalog.spelled("sagemaker image") is None
    assert catalog.spelled("größe 日本 zzyzx") is None
    assert catalog.spelled("") is None


def test_a_wrong_name_is_answered_with_tables_of_that_noun(catalog: Catalog) -> None:
    for wrong, meant in {
        "aws.vpc": "aws.ec2_vpc",
        "aws_ec2_instance": "aws.ec2_instance",
        "aws_rds_instance": "aws.rds_db_instance",
    }.items():
        with pytest.raises(UnknownTable) as caught:
            catalog.find(wrong)
        assert meant in (caught.value.hint or "")


def test_the_limit_holds_and_the_best_come_first(catalog: Catalog) -> None:
    hits = catalog.search("instance", 7)
    assert len(hits) == 7
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
