"""`make bench`: how long a command takes from the shell, beside a bare interpreter in the same run.

`python benchmarks/start.py [--runs N] [--json FILE] [--only WORD]`. Each figure is of a whole process. The commands take turns, so that
a machine that is busy is busy for all of them. Targets are of a quiet machine; they are printed beside the figures and never fail the run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from cirql.localcloud import LocalCloud

ACCOUNT = "111111111111"
RUN = [sys.executable, "-m", "cirql"]


@dataclass(frozen=True, slots=True)
class Command:
    """One command line, and how many seconds it may take on a quiet machine."""

    name: str
    arguments: tuple[str, ...]
    target: float | None = None
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of one command, and how many modules it had imported at its end."""

    name: str
    target: float | None
    wall: float
    wall_least: float
    cpu: float
    cpu_least: float
    modules: int


def commands(folder: Path, endpoint: str) -> list[Command]:
    """What is measured. `endpoint` answers as AWS does; the store in the folder has one table."""
    place = ("--account", ACCOUNT, "--region", "us-east-1")
    (folder / "vpcs.json").write_text('{"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}]}')
    store = str(folder / "store")
    remembered = ("query", "SELECT vpc_id FROM aws.ec2_vpc", "--store", store, "--max-age", "unlimited")
    filled = [*RUN, "import", str(folder / "vpcs.json"), "--table", "aws.ec2_vpc", *place, "--store", store]
    subprocess.run(filled, check=True, capture_output=True, timeout=120)
    return [
        Command("python -c pass", ()),
        Command("cirql --help", ("--help",), 0.10),
        Command("SELECT 1", ("query", "SELECT 1"), 0.22),
        Command("an answer from the inventory", remembered, 0.30),
        Command("one call", ("query", "SELECT image_name FROM aws.sagemaker_image", "--region", "us-east-1"), 0.40, endpoint),
        Command("--local, without moto", ("query", "--local", "SELECT image_name FROM aws.sagemaker_image")),
        Command("--local, with moto", ("query", "--local", "SELECT count(*) FROM aws.s3_bucket")),
    ]


def environment(command: Command) -> dict[str, str]:
    """What a command sees: bytecode may be written, and nothing of the user's AWS."""
    seen = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE" and not k.startswith("AWS_")}
    seen |= {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "benchmark"}
    return seen if command.endpoint is None else {**seen, "AWS_ENDPOINT_URL": command.endpoint}


def once(command: Command) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    line = [*RUN, *command.arguments] if command.arguments else [sys.executable, "-c", "pass"]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(line, check=True, capture_output=True, timeout=120, env=environment(command))
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def modules(command: Command) -> int:
    """How many modules are imported when it ends."""
    script = f"import sys\nsys.argv = {['cirql', *command.arguments]!r}\n" if command.arguments else "import sys\n"
    script += "from cirql.cli.main import run\nrun()\n" if command.arguments else ""
    script += "print(len(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, timeout=120, env=environment(command), text=True)
    return int(done.stderr.split()[-1])


def measured(wanted: list[Command], runs: int) -> Iterator[Figures]:
    """The commands in turns; the first turn, which may write bytecode, does not count."""
    seen: dict[str, list[tuple[float, float]]] = {command.name: [] for command in wanted}
    for turn in range(runs + 1):
        for command in wanted:
            figure = once(command)
            if turn:
                seen[command.name].append(figure)
    for command in wanted:
        walls, cpus = [w for w, _ in seen[command.name]], [c for _, c in seen[command.name]]
        middle = statistics.median
        yield Figures(command.name, command.target, middle(walls), min(walls), middle(cpus), min(cpus), modules(command))


@contextmanager
def surroundings() -> Iterator[tuple[Path, str]]:
    """A directory and a local AWS, for as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="cirql-start-") as folder, LocalCloud() as cloud:
        yield Path(folder), cloud.endpoint_url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    with surroundings() as (folder, endpoint):
        wanted = [c for c in commands(folder, endpoint) if not c.arguments or asked.only in c.name]
        found = list(measured(wanted, asked.runs))
    print(f"{'start':32}{'target':>8}{'median':>8}{'least':>8}{'CPU':>8}{'least':>8}{'modules':>9}")
    for f in found:
        target = "" if f.target is None else f"{f.target:.2f}"
        print(f"{f.name:32}{target:>8}{f.wall:8.3f}{f.wall_least:8.3f}{f.cpu:8.3f}{f.cpu_least:8.3f}{f.modules:9}")
    if asked.json is not None:
        asked.json.write_text(json.dumps([asdict(f) for f in found], indent=1))


if __name__ == "__main__":
    main()
