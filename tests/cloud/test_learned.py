"""Rates that one process learned help the next, and hold up nobody."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest

from cirql.cloud.learned import LASTING, MOST, LearnedRates
from cirql.cloud.limits import Limits
from tests.cloud.simulation import Outcome, Server, ask, in_made_up_time

PLACE = ("111111111111", "us-east-1", "sagemaker", "ListTags")


def process(path: Path, server: Server, calls: int, now: float = 1000.0) -> Outcome:
    """What one process does, from its start to its end."""

    async def work() -> Outcome:
        limits, outcome = Limits(256, {}, LearnedRates(path, lambda: now)), Outcome()
        await ask(server, limits.line(*PLACE, asyncio.get_running_loop().time()), calls, outcome)
        limits.save()
        return outcome

    return in_made_up_time(work())


def test_a_second_process_is_throttled_less_and_loses_no_time(tmp_path: Path) -> None:
    path = tmp_path / "state" / "rates.json"
    first = process(path, Server(8.0, 40.0), 600)
    learned = LearnedRates(path, lambda: 1000.0).find(PLACE)
    assert learned == pytest.approx(8.0, rel=0.1)
    second = process(path, Server(8.0, 40.0), 600)
    assert second.throttled < first.throttled
    assert second.wall < first.wall * 1.02


def test_news_of_a_limit_that_was_raised_makes_nobody_wait(tmp_path: Path) -> None:
    path = tmp_path / "rates.json"
    process(path, Server(5.0, 10.0), 300)
    assert process(path, Server(), 1000).wall == process(tmp_path / "none.json", Server(), 1000).wall


def test_an_api_that_never_throttled_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rates.json"
    process(path, Server(), 500)
    assert not path.exists()


def test_news_gets_old(tmp_path: Path) -> None:
    rates = LearnedRates(tmp_path / "rates.json", lambda: 1000.0)
    rates.learn(PLACE, 7.0)
    rates.save()
    assert LearnedRates(tmp_path / "rates.json", lambda: 1000.0 + LASTING - 1).find(PLACE) == 7.0
    assert LearnedRates(tmp_path / "rates.json", lambda: 1000.0 + LASTING).find(PLACE) is None
    assert LearnedRates(tmp_path / "rates.json", lambda: 900.0).find(PLACE) is None  # a clock that was put back


def test_two_processes_write_beside_each_other_and_the_file_stays_small_and_private(tmp_path: Path) -> None:
    path = tmp_path / "rates.json"
    one, two = (LearnedRates(path, lambda now=now: now) for now in (1000.0, 1001.0))  # type: ignore[misc]
    one.learn(PLACE, 7.0)
    for n in range(MOST - 1):
        two.learn((f"{n:012}", "us-east-1", "ec2", ""), 20.0)
    one.save()
    two.save()
    assert LearnedRates(path, lambda: 1001.0).find(PLACE) == 7.0
    three = LearnedRates(path, lambda: 1002.0)
    three.learn(("x", "us-east-1", "ec2", ""), 1.0)
    three.save()
    assert LearnedRates(path, lambda: 1002.0).find(PLACE) is None  # the oldest has gone
    assert len(json.loads(path.read_text())) == MOST
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["rates.json"]


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", '[["a","b","c","d",-5,1000]]', '[["a","b","c","d",true,1000]]', "[" * 9999, '[["a","b","c",1,5,9]]']
)
def test_a_file_that_is_no_such_file_is_as_if_it_were_not_there(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rates.json"
    path.write_text(text)
    rates = LearnedRates(path, lambda: 1000.0)
    assert rates.find(("a", "b", "c", "d")) is None
    rates.learn(PLACE, 7.0)
    rates.save()
    assert LearnedRates(path, lambda: 1000.0).find(PLACE) == 7.0


def test_a_place_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    rates = LearnedRates(tmp_path / "file" / "rates.json", lambda: 1000.0)
    rates.learn(PLACE, 7.0)
    rates.save()
