"""Where no order is asked for, rows come by account, region and key, live and from the inventory, as far as that costs nobody anything."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from cirql.localcloud import LocalCloud, Rule
from cirql.session import Session
from cirql.settings import Settings

READ = {
    "dataset": "SELECT account_id, region, instance_id FROM aws.ec2_instance",
    "resource": "SELECT account_id, region, identifier FROM aws.ec2.volumes",
    "parents": "SELECT account_id, region, image_name, version FROM aws.sagemaker_image_version",
    "global": "SELECT account_id, user_name FROM aws.iam_user",
    "described": "SELECT account_id, region, function_name, tags FROM aws.lambda_function",
}


@pytest.fixture
def patient(settings: Settings, tmp_path: Path) -> Settings:
    """Nobody waits for the first row: an answer that is late changes no order."""
    return dataclasses.replace(settings, order_patience=math.inf)


@pytest.mark.parametrize("kind", READ)
def test_rows_come_by_account_region_and_key_live_and_remembered(kind: str, patient: Settings, tmp_path: Path) -> None:
    with Session(dataclasses.replace(patient, store=str(tmp_path / "inventory"))) as session:
        live = session.execute(f"/*+ max_age(1 second) */ {READ[kind]}").fetchall()
        remembered = session.execute(f"/*+ max_age(unlimited) */ {READ[kind]}").fetchall()
    assert len(live) > 2
    assert live == sorted(live)
    assert remembered == live


def test_a_join_of_few_rows_is_in_the_same_order_each_time(patient: Settings) -> None:
    sql = "SELECT i.instance_id, v.vpc_id FROM aws.ec2_instance i JOIN aws.ec2_vpc v USING (vpc_id)"
    with Session(patient) as session:
        assert len({tuple(session.execute(sql).fetchall()) for _ in range(5)}) == 1


def test_rows_do_not_wait_for_a_region_that_is_late(settings: Settings, cloud: LocalCloud) -> None:
    first = min(settings.regions)
    cloud.faults.add(Rule(operation="ListImages", region=first, kind="latency", seconds=1.5))
    with Session(dataclasses.replace(settings, order_patience=0.05)) as session:
        rows = session.execute("SELECT region FROM aws.sagemaker_image WHERE account_id = '111111111111'").fetchall()
    assert rows[-1][0] == first
    assert rows[0][0] != first
