"""Tags: filled where any API of AWS gives them, and no condition on them where none does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cirql.errors import NotSupported
from cirql.session import Session
from tests.datasets.case import Aws

Open = Callable[..., Session]


def test_what_is_tagged_by_an_arn_that_no_answer_has_is_asked_for_its_tags(open_session: Open, aws: Aws) -> None:
    glue = aws("glue")
    role = f"arn:aws:iam::{aws.account}:role/glue"
    command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/a.py"}
    glue.create_job(Name="tagged", Role=role, Command=command, Tags={"env": "prod"})
    glue.create_job(Name="plain", Role=role, Command=command)
    session = open_session()
    assert session.execute("SELECT name, tags FROM aws.glue_job ORDER BY 1").fetchall() == [("plain", {}), ("tagged", {"env": "prod"})]
    assert session.execute("SELECT name FROM aws.glue_job WHERE tags->'env' = 'prod'").fetchall() == [("tagged",)]
    assert session.execute("SELECT name FROM aws.glue_job WHERE tags->'env' IS NULL").fetchall() == [("plain",)]


def test_a_condition_on_tags_that_nobody_tells_is_an_error(open_session: Open) -> None:
    session = open_session()
    for condition in ("tags->'env' = 'prod'", "tags IS NULL", "NOT tags ? 'env'"):
        with pytest.raises(NotSupported, match=r"aws\.ec2_account_attribute has no tags to be compared"):
            session.execute(f"SELECT * FROM aws.ec2_account_attribute WHERE {condition}").fetchall()
    assert {row[0] for row in session.execute("SELECT tags FROM aws.ec2_account_attribute").fetchall()} == {None}
