"""How long, and how many cores, an inventory of many accounts takes: `python -m benchmarks.scale [--accounts N] [--against FILE]`.

It reckons, from figures that were measured on one machine (docs/scale.md says which, and how); it simulates nothing. `--against` sets
beside each crawl that `benchmarks.crawl --json` wrote down, by one process into a new inventory, what would have been reckoned.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

HOUR = 3600.0


@dataclass(frozen=True)
class Estate:
    """What is to be read. `calls` are for each place (account, region and table), what describes add included."""

    accounts: int
    regions: int = 17
    tables: int = 300
    calls: float = 1.0
    rows: float = 20.0

    @property
    def places(self) -> int:
        return self.accounts * self.regions * self.tables


@dataclass(frozen=True)
class Machine:
    """What was measured: CPU time of a place (reading it, and keeping it) and of a start, bytes of a row, how busy a core can be."""

    read_ms: float = 5.5
    keep_ms: float = 2.0
    start_s: float = 3.5
    row_bytes: float = 53.0
    busy: float = 0.7

    def cores(self, estate: Estate, seconds: float) -> float:
        """How many are busy: places · (calls · read + keep) ÷ (seconds · busy)."""
        return estate.places * (estate.calls * self.read_ms + self.keep_ms) / 1000 / (seconds * self.busy)

    def used(self, estate: Estate) -> float:
        """CPU seconds of one process that reads everything: start + places · (calls · read + keep)."""
        return self.start_s + estate.places * (estate.calls * self.read_ms + self.keep_ms) / 1000

    def storage(self, estate: Estate) -> float:
        """GB of one full reading."""
        return estate.places * estate.rows * self.row_bytes / 1e9


def floor(calls: int, rate: float, bucket: int = 0) -> float:
    """Seconds that one account's calls of one API in one region take on any machine: (calls - bucket) ÷ rate."""
    return max(0.0, (calls - bucket) / rate)


def reckon(accounts: int, machine: Machine) -> dict[str, float]:
    estate = Estate(accounts)
    return {
        "accounts": accounts,
        "places": estate.places,
        "cores for a full reading in an hour": round(machine.cores(estate, HOUR), 1),
        "cores for one in 15 minutes": round(machine.cores(estate, HOUR / 4), 1),
        "hours on two cores": round(machine.cores(estate, HOUR) / 2, 1),
        "GB a full reading": round(machine.storage(estate), 1),
        "minutes at least for 50,000 describes at 10/s": round(floor(50_000, 10) / 60, 1),
    }


def beside(machine: Machine, crawls: Path) -> None:
    """What first crawls by one process took, and what is reckoned for them."""
    for row in json.loads(crawls.read_text()):
        if row["turn"] == "first" and row["workers"] == 1:
            estate = Estate(row["accounts"], regions=1, tables=row["places"] // row["accounts"], calls=row["calls a place"])
            took, reckoned = row["CPU ms a place"] * row["places"] / 1000, machine.used(estate)
            print(f"{row['accounts']:>6,} accounts: {took:>8.1f} CPU-s measured, {reckoned:>8.1f} reckoned ({reckoned / took - 1:+.0%})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, action="append")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--against", type=Path, metavar="FILE")
    told = parser.parse_args()
    machine = Machine()
    found = [reckon(n, machine) for n in told.accounts or (10, 100, 1_000, 10_000)]
    for name in found[0]:
        print(f"{name:48}" + "".join(f"{f[name]:>16,}" for f in found))
    if told.against:
        beside(machine, told.against)
    if told.json:
        told.json.write_text(json.dumps({"machine": asdict(machine), "reckoned": found}, indent=1))


if __name__ == "__main__":
    main()
