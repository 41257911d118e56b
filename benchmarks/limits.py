"""The limiter against simulated APIs: a grid of rates, buckets, latencies and noise, in made-up time (`python -m benchmarks.limits`).

Three tables. *Limits*: how much of what a token bucket gave was used, and how many calls it throttled, in all and once settled; first of
APIs of which nothing is known, then of some whose rate is documented. *Noise*: calls throttled at random, whatever is asked; the wall
beside that of the same calls without.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.limits_picture import picture

from cirql.cloud.rates import STARTING_RATES
from tests.cloud.simulation import Server, simulate, statements

RATES, BURSTS, LATENCIES = (5, 25, 100, 500), (0.4, 1.0, 5.0), (0.02, 0.05, 0.2)
UNKNOWN = "sagemaker:ListTags"
KNOWN = ("kinesis:ListTagsForStream", "dynamodb:ListTagsOfResource", "logs:DescribeLogStreams", "sns:ListTopics")
NOISES, SIZES = (0.02, 0.1, 0.2), (200, 2000)


def limits(apis: Mapping[float, str]) -> list[dict[str, Any]]:
    """One row for each bucket, with a minute's calls of the API that is asked at that rate."""
    rows = []
    print("a bucket of           used   throttled   once settled")
    for rate, api in apis.items():
        for burst in BURSTS:
            server = Server(rate, max(1.0, rate * burst))
            calls = int(rate * (60 + burst))
            found = simulate(server, calls, api=api)
            settled = sum(n for second, n in found.throttles.items() if second >= max(10, 100 / rate))
            row = {
                "rate": rate,
                "burst": server.burst,
                "used": calls / (found.wall * rate + server.burst),
                "throttled": found.throttled,
                "settled": settled / calls,
            }
            print(
                f"{rate:>5.0f}/s, {server.burst:>6.0f}   {row['used']:>8.1%}   {row['throttled']:>9.1%}   {row['settled']:>12.2%}",
                flush=True,
            )
            rows.append(row)
    return rows


def noise() -> list[dict[str, Any]]:
    """One row for each latency and number of calls: the median of three walls, as a multiple of that without noise."""
    rows = []
    print("\nthrottled at random   calls   without   " + "   ".join(f"{n:>5.0%}" for n in NOISES))
    for latency in LATENCIES:
        for calls in SIZES:
            free = simulate(Server(latency=latency), calls).wall
            row: dict[str, Any] = {"latency": latency, "calls": calls, "without": free}
            for share in NOISES:
                walls = [simulate(Server(noise=share, latency=latency, dice=random.Random(n)), calls).wall for n in range(3)]
                row[f"{share:.0%}"] = statistics.median(walls) / free
            figures = "   ".join(f"{row[f'{share:.0%}']:>4.2f}x" for share in NOISES)
            print(f"latency {1000 * latency:>4.0f} ms    {calls:>8}   {free:>5.2f} s   {figures}", flush=True)
            rows.append(row)
    return rows


def warm() -> list[float]:
    """Twelve statements of 200 calls in one session, a tenth throttled at random."""
    walls = [outcome.wall for outcome in statements(Server(noise=0.1), 200, 12)]
    print("\n12 statements of 200 calls, 10% throttled: " + " ".join(f"{wall:.2f}" for wall in walls) + " s")
    return walls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--picture", type=Path, help="draw them into this SVG file")
    options = parser.parse_args()
    unknown = limits(dict.fromkeys(RATES, UNKNOWN))
    print("\nthe same, documented: " + ", ".join(KNOWN))
    known = limits({STARTING_RATES[api].per_second: api for api in KNOWN})
    found = {"limits": unknown, "known": known, "noise": noise(), "warm": warm()}
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1))
    if options.picture is not None:
        options.picture.write_text(picture(found))


if __name__ == "__main__":
    main()
