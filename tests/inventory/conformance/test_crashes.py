"""A process that is killed between any two steps loses nothing that it reported, and leaves nothing half.

`CIRQL_SWEEP=1` kills at each step; otherwise at some, other ones each time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cirql
from tests.inventory.conformance.crash import LEAST
from tests.inventory.conformance.kinds import KINDS

ROOT = Path(__file__).parents[3]
AT_ONCE, SECONDS = 40, 15.0


def crash(*words: object) -> str:
    environment = {**os.environ, "PYTHONPATH": f"{Path(cirql.__file__).parents[1]}:{ROOT}"}
    command = [sys.executable, "-W", "error", "-m", "tests.inventory.conformance.crash", *map(str, words)]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=3600).stdout


@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_between_any_two_steps_loses_doubles_and_halves_nothing(kind: str, tmp_path: Path) -> None:
    everything = os.environ.get("CIRQL_SWEEP")
    crash("kill", kind, tmp_path, 0 if everything else AT_ONCE, 3600.0 if everything else SECONDS)
    answer: dict[str, Any] = json.loads(crash("check", kind, tmp_path))
    assert answer["wrong"] == []
    assert answer["steps"] > 100, "the deeds were watched"
    assert answer["killed"] >= LEAST
