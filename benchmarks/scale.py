"""How long, and how many cores, an inventory of many accounts takes: `python -m benchmarks.scale [--accounts N] [--day] [--against FILE]`.

It reckons, from figures that were measured on one machine (docs/scale.md says which, and how). `--day` simulates one: shards of
accounts in a queue by age, workers that die, calls that are tried again, accounts so large that AWS's limits hold them up, and one
process that keeps what all of them saw. `--against` sets beside each crawl that `benchmarks.crawl --json` wrote down what would have
been reckoned.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
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


@dataclass(frozen=True)
class Day:
    """What a day is like. `describes` are those of a large account, one in a hundred, at `rate` a second; `deaths` of workers by hour."""

    every: float = HOUR / 4
    retried: float = 0.02
    deaths: float = 1.0
    describes: int = 5_000
    rate: float = 10.0
    accounts_a_shard: int = 48
    seed: int = 1


def simulate(estate: Estate, machine: Machine, workers: int, day: Day, until: float = 24 * HOUR) -> dict[str, float]:
    """A day of `workers` single cores that read, and one that keeps. Ages are of shards when they are read anew, in minutes."""
    dice = random.Random(day.seed)
    shards = -(-estate.accounts // day.accounts_a_shard)
    places = estate.places / shards
    reading = places * estate.calls * (1 + day.retried) * machine.read_ms / 1000 / machine.busy
    keeping = places * machine.keep_ms / 1000 / machine.busy
    large = [day.describes / day.rate if dice.random() < day.accounts_a_shard / 100 else 0.0 for _ in range(shards)]
    due = [(0.0, n) for n in range(shards)]  # a heap by the moment at which a shard is to be read again
    free = [0.0] * workers
    kept_until = busy = kept_busy = 0.0
    seen, ages, lost = [0.0] * shards, [], 0
    while due:
        at, shard = heapq.heappop(due)
        begin = max(at, heapq.heappop(free))
        if begin >= until:
            break
        took = max(reading, large[shard])
        if dice.random() < took * day.deaths / HOUR:  # its worker dies on the way: what it had kept is not read again
            lost += 1
            took += machine.start_s + dice.random() * reading / places
        kept_until = max(kept_until, begin) + keeping
        end = max(begin + took, kept_until)
        heapq.heappush(free, end)
        busy += reading
        kept_busy += keeping
        if seen[shard]:
            ages.append((end - seen[shard]) / 60)
        seen[shard] = begin
        heapq.heappush(due, (max(begin + day.every, end), shard))
    ages.sort()
    return {
        "workers": workers,
        "read anew, times an account": round(len(ages) / shards, 1),
        "age when read anew, median minutes": round(ages[len(ages) // 2], 1) if ages else float("inf"),
        "99 %": round(ages[int(len(ages) * 0.99)], 1) if ages else float("inf"),
        "workers busy": round(busy / workers / until, 2),
        "holder busy": round(min(1.0, kept_busy / until), 2),
        "workers that died": lost,
    }


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
        if row["turn"] == "first" and row["workers"] == 1 and row["on"] == "here":
            estate = Estate(row["accounts"], regions=1, tables=row["places"] // row["accounts"], calls=row["calls a place"])
            took, reckoned = row["CPU ms a place"] * row["places"] / 1000, machine.used(estate)
            print(f"{row['accounts']:>6,} accounts: {took:>8.1f} CPU-s measured, {reckoned:>8.1f} reckoned ({reckoned / took - 1:+.0%})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, action="append")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--against", type=Path, metavar="FILE")
    parser.add_argument("--day", action="store_true", help="simulate a day of refreshing every 15 minutes")
    told = parser.parse_args()
    machine = Machine()
    found = [reckon(n, machine) for n in told.accounts or (10, 100, 1_000, 10_000)]
    for name in found[0]:
        print(f"{name:48}" + "".join(f"{f[name]:>16,}" for f in found))
    if told.day:
        for accounts in told.accounts or (100, 1_000):
            estate = Estate(accounts)
            for workers in sorted({max(1, round(machine.cores(estate, HOUR / 4) * share)) for share in (0.5, 1.0, 1.5)}):
                print(f"{accounts:,} accounts", simulate(estate, machine, workers, Day()))
    if told.against:
        beside(machine, told.against)
    if told.json:
        told.json.write_text(json.dumps({"machine": asdict(machine), "reckoned": found}, indent=1))


if __name__ == "__main__":
    main()
