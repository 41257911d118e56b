"""The local AWS of the demo and the tests as a process of its own, every answer late by as much as is asked.

`python benchmarks/local_aws.py --latency 0.05` prints its port and serves until standard input closes.
"""

from __future__ import annotations

import argparse
import sys
from urllib.parse import urlsplit

from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds before every answer")
    options = parser.parse_args()
    with LocalCloud() as cloud:
        cloud.faults.add(Rule(kind="latency", seconds=options.latency))
        print(urlsplit(cloud.endpoint_url).port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
