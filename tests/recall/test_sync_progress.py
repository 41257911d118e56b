"""How far a sync is, as lines for whoever is no terminal."""

from __future__ import annotations

import pytest

from cirql.cli.sync_progress import SyncProgress
from cirql.filling.sync import TableReport
from cirql.result import ProgressEvent


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_time_left_is_judged_by_the_calls_of_the_last_time(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with SyncProgress({"aws.a": 10, "aws.b": 30, "aws.new": 0}, clock) as progress:  # the new one is taken for an average of 20
        assert progress.news() == "0 of 3 tables, 0 rows, 0 rows/s"
        clock.now += 5
        progress(TableReport("aws.a", rows=100))
        assert progress.news() == "1 of 3 tables, 100 rows, 20 rows/s, 0:25 left"
        progress.scan(ProgressEvent("aws.b", 15, 50, False))
        assert progress.news() == "1 of 3 tables, 150 rows, 30 rows/s, 0:07 left"
        progress.scan(ProgressEvent("aws.b", 900, 50, False))
        assert progress.news().endswith("0:03 left"), "what takes longer than the last time is nearly done, and never done"
        assert capsys.readouterr().err == ""
        clock.now += 6
        progress.scan(ProgressEvent("aws.b", 900, 60, False))
        assert capsys.readouterr().err == "1 of 3 tables, 160 rows, 15 rows/s, 0:06 left; reading aws.b\n"
        progress.scan(ProgressEvent("aws.parent", 1, 1, False))
        progress(TableReport("aws.b", rows=60))
        progress(TableReport("aws.new"))
        assert progress.news() == "3 of 3 tables, 160 rows, 15 rows/s"
    assert capsys.readouterr().err == ""
