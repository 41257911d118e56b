"""`cirql query` on a terminal says what it is doing before the first row is there."""

from __future__ import annotations

import re

from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from tests.shell.conftest import Open, account
from tests.shell.terminal import CTRL_C


def test_before_the_first_row_it_names_every_scan_and_the_calls_that_will_be(terminal: Open, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(kind="hang", seconds=100, operation="ListImages"))
    sql = "SELECT a.image_name, c.app_image_config_name FROM aws.sagemaker_image a, aws.sagemaker_image b, aws.sagemaker_app_image_config c"
    shell = terminal("query", sql, columns=160, rows=20, **account(cloud))
    scans = r"aws.sagemaker_image: 0 rows · aws.sagemaker_image: 0 rows · aws.sagemaker_app_image_config: \d+ rows"
    shell.sees(lambda text: bool(re.search(rf"\d+ s · \d+ of ≥ \d+ calls · {scans}.* · Ctrl-C ends it", text)))
    shell.type(CTRL_C)
    shell.sees(lambda text: "Ctrl-C ends it" not in text)


def test_the_line_is_gone_when_rows_are_shown(terminal: Open, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(kind="latency", seconds=2.5, operation="ListImages"))
    shell = terminal("query", "SELECT image_name FROM aws.sagemaker_image", columns=120, rows=40, **account(cloud))
    shell.sees("Ctrl-C ends it")
    shown = shell.sees(lambda text: bool(re.search(r"\(\d+ rows\)", text)))
    assert "Ctrl-C ends it" not in shown
    assert shown.startswith("┌")
