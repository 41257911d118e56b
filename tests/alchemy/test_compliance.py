"""SQLAlchemy's own tests for dialects, each part in a process of its own: they want to be the only ones in theirs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.alchemy.compliance.expected import PARTS

_HERE = Path(__file__).parent / "compliance"


@pytest.mark.parametrize("part", range(PARTS))
def test_sqlalchemy_s_own_suite_passes_but_for_what_is_written_down(part: int) -> None:
    options = [
        "-c",
        str(_HERE / "setup.cfg"),
        "--rootdir",
        str(_HERE),
        "-p",
        "no:xdist",
        "-p",
        "no:hypothesispytest",
        "-q",
        "--part",
        str(part),
    ]
    command = [sys.executable, "-m", "pytest", str(_HERE / "suite.py"), *options]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=_HERE.parents[2], check=False)
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-2000:]
    assert int(ended.stdout.rpartition(" passed")[0].split()[-1]) > 100
