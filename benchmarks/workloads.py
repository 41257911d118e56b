"""Nine workloads on the canned AWS 50 ms away: cirql beside a boto3 loop, a boto3 pool and bare requests (`make bench`).

`python -m benchmarks.workloads [--json FILE] [--only WORD]`. Each client runs in a process of its own, warmed up, in turns; ratios are to
the pool of boto3 and to the floor, taken in the same run, since seconds are the machine's. cirql is asked twice: the first text is new to
its session and has to be planned, the second ("again") was seen. Calls of the others count their warm-up; the floor takes a throttle for an
answer, and the loop does without those workloads.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.planner import HERE, INSTANCE_COLUMNS, LATENCY, REGIONS, ask, clean, measure, server
from benchmarks.workload_clients import ACCOUNT, identifiers

BUCKETS = "SELECT name, versioning_status, encryption, public_access_block, logging, request_payer, tags FROM aws.s3_bucket"
ROLES = "SELECT role_name, policy_name FROM aws.iam_attached_role_policy"


@dataclass(frozen=True, slots=True)
class Workload:
    """One job: `key` names it among the clients' own ways. `warm_up` is asked before, so that clients and connections are there."""

    key: str
    name: str
    sql: str
    warm_up: str
    rows: int = 200
    regions: int = 1
    noise: float = 0.0


WORKLOADS = (
    Workload("buckets", "200 buckets, five settings and tags", BUCKETS, "SELECT versioning_status FROM aws.s3_bucket LIMIT 1"),
    Workload(
        "filtered",
        "2,000 instances, 100 by a tag",
        "SELECT instance_id, instance_type, state, tags FROM aws.ec2_instance WHERE tags->'env' = 'web'",
        "SELECT instance_id FROM aws.ec2_instance LIMIT 1",
        rows=2000,
    ),
    Workload(
        "regions",
        "17 regions, one list each",
        "SELECT image_name, region FROM aws.sagemaker_image",
        "SELECT image_name FROM aws.sagemaker_image",
        regions=17,
    ),
    Workload("roles", "200 roles and their policies", ROLES, "SELECT role_name FROM aws.iam_role LIMIT 1"),
    Workload(
        "resources",
        "Cloud Control, 100 resources",
        f"SELECT base_image FROM aws.sagemaker.image_version WHERE data__Identifier IN ({', '.join(repr(i) for i in identifiers())})",
        f"SELECT base_image FROM aws.sagemaker.image_version WHERE data__Identifier = '{identifiers()[0]}'",
    ),
    Workload(
        "counted", "count(*), 2,000 instances", "SELECT count(*) FROM aws.ec2_instance", "SELECT count(*) FROM aws.ec2_instance", rows=2000
    ),
    Workload(
        "everything",
        "29 columns of 2,000 instances",
        f"SELECT {INSTANCE_COLUMNS} FROM aws.ec2_instance",
        "SELECT instance_id FROM aws.ec2_instance LIMIT 1",
        rows=2000,
    ),
    Workload(
        "noisy_buckets",
        "200 buckets, 10 % throttled by chance",
        BUCKETS,
        "SELECT versioning_status FROM aws.s3_bucket LIMIT 1",
        noise=0.1,
    ),
    Workload("noisy_roles", "200 roles, 10 % throttled by chance", ROLES, "SELECT role_name FROM aws.iam_role LIMIT 1", noise=0.1),
)
CLIENTS = ("cirql", "boto3-loop", "boto3-pool", "floor")


def other(client: str, endpoint: str, workload: Workload) -> dict[str, Any]:
    """What a client other than cirql reports."""
    command = [sys.executable, "-m", "benchmarks.workload_clients", client, endpoint, workload.key, ",".join(REGIONS[: workload.regions])]
    done = subprocess.run(command, capture_output=True, text=True, env=clean(), cwd=HERE.parent)
    if done.returncode:
        raise SystemExit(f"{client} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def run(workload: Workload) -> Iterator[dict[str, Any]]:
    """A row for each client."""
    for client in CLIENTS:
        if client == "boto3-loop" and workload.noise:
            continue
        options = ["canned_aws.py", "--latency", LATENCY, "--rows", workload.rows, "--noise", workload.noise, "--versions", 100]
        with server([str(o) for o in options]) as endpoint:
            if client == "cirql":
                job = {"sql": workload.sql, "accounts": [ACCOUNT], "regions": REGIONS[: workload.regions], "warm_up": workload.warm_up}
                found = measure(client, endpoint, job | {"again": True})
                again = found.pop("again")
            else:
                found = other(client, endpoint, workload)
                found.setdefault("calls", sum(ask(endpoint, "/_counts")["calls"].values()))
        yield {"workload": workload.name, "client": client, **found}
        if client == "cirql":
            yield {"workload": workload.name, "client": "again", **again}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--only", default="", help="only the workloads whose name has this in it")
    options = parser.parse_args()
    every = []
    print("load of the machine, of 1, 5 and 15 minutes:", *(f"{load:.1f}" for load in os.getloadavg()))
    print(
        f"{'workload':37}  {'client':10}  {'rows':>5}  {'calls':>5}  {'wall s':>7}  {'CPU s':>6}  ms/call  wall/pool  CPU/pool  CPU/floor"
    )
    for workload in (w for w in WORKLOADS if options.only in w.name):
        rows = {row["client"]: row for row in run(workload)}
        pool, floor = rows["boto3-pool"], rows["floor"]
        for client, row in rows.items():
            row |= {
                "wall_to_pool": row["wall"] / pool["wall"],
                "cpu_to_pool": row["cpu"] / pool["cpu"],
                "cpu_to_floor": row["cpu"] / floor["cpu"],
            }
            counts = f"{row['rows'] if row['rows'] is not None else '':>5}  {row['calls']:>5}  {row['wall']:>7.3f}  {row['cpu']:>6.3f}"
            ratios = f"{row['wall_to_pool']:>9.2f}  {row['cpu_to_pool']:>8.2f}  {row['cpu_to_floor']:>9.1f}"
            each = f"{1000 * row['cpu'] / max(row['calls'], 1):>7.2f}"
            print(f"{workload.name:37}  {client:10}  {counts}  {each}  {ratios}", flush=True)
        every += rows.values()
    if options.json is not None:
        options.json.write_text(json.dumps(every, indent=1))


if __name__ == "__main__":
    main()
