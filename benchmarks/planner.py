"""`make bench`: calls, time, CPU and memory of whole statements, beside plain boto3 doing the same job.

`python benchmarks/planner.py [--json FILE] [--only WORD]`. AWS is `canned_aws.py` in a process of its own, 50 ms away; each
client runs in a process of its own too (`measure.py`). Targets are printed beside the figures and never fail the run: a shared machine's
other work is in them. The whole takes about three minutes, most of it the waits that rate limits ask for.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LATENCY = 0.05
CONCURRENCY = 64
"""The yardstick of `ideal`: the threads of the boto3 pool. cirql begins with 20 at once and goes up to 96 (`cirql.cloud.rates`)."""

DEMO_ACCOUNTS, DEMO_REGIONS = ("111111111111", "222222222222"), ("us-east-1", "us-west-2", "eu-west-1")
REGIONS = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-north-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-south-1",
]
ALL = "SELECT * FROM aws.sagemaker_image_version"
LISTED = "SELECT image_version_arn, version, image_version_status, creation_time FROM aws.sagemaker_image_version"
LONG_QUERY = """
WITH images AS (
    SELECT image_name, image_arn, region, account_id, tags->'team' AS team
    FROM aws.sagemaker_image
    WHERE image_status = 'CREATED'
      AND region IN ('us-east-1', 'eu-west-1')
      AND image_name LIKE 'xgboost%'
),
newest AS (
    SELECT image_arn, max(version) AS version
    FROM aws.sagemaker_image_version
    WHERE image_version_status = 'CREATED'
    GROUP BY image_arn
),
ranked AS (
    SELECT v.image_arn, v.version, v.base_image, v.processor,
           row_number() OVER (PARTITION BY v.image_arn ORDER BY v.version DESC) AS rank
    FROM aws.sagemaker_image_version v
    JOIN newest n ON n.image_arn = v.image_arn
     AND n.version >= v.version
)
SELECT i.team,
       i.image_name,
       r.version,
       r.base_image,
       CASE WHEN r.processor = 'GPU' THEN 'gpu' ELSE 'cpu' END AS kind
FROM images i
JOIN ranked r ON r.image_arn = i.image_arn
WHERE r.rank <= 3
  AND EXISTS (SELECT 1 FROM aws.sagemaker.image_versions x WHERE x.image_arn = i.image_arn AND x.horovod)
ORDER BY i.team, i.image_name, r.version DESC
""".strip()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One job for the clients. `ideal` is the wall time that depth times latency, or calls over rate, allows; `fewest` the calls."""

    name: str
    sql: str
    fewest: int
    ideal: float
    target: str
    world: tuple[int, int] = (3, 4)
    walk: str | None = None
    accounts: int = 1
    regions: int = 1
    rate: float | None = None
    warm_up: str | None = None
    clients: tuple[str, ...] = ("cirql",)
    settings: dict[str, Any] = field(default_factory=dict)
    rows: int = 200
    demo: bool = False
    """Whether AWS is the local AWS with its demo data, in two accounts and three regions, in place of the canned one."""

    @property
    def server(self) -> list[str]:
        if self.demo:
            return ["local_aws.py", "--latency", str(LATENCY)]
        options = ["--images", self.world[0], "--versions", self.world[1], "--latency", LATENCY, "--rows", self.rows]
        return [str(o) for o in ("canned_aws.py", *options, *(("--rate", self.rate) if self.rate else ()))]

    def job(self) -> dict[str, Any]:
        accounts = [f"{111111111110 + n}" for n in range(self.accounts)] if not self.demo else list(DEMO_ACCOUNTS)
        warm = {"warm_up": self.warm_up} if self.warm_up else {}
        return {
            "sql": self.sql,
            "walk": self.walk,
            "accounts": accounts,
            "regions": REGIONS[: self.regions] if not self.demo else list(DEMO_REGIONS),
            "settings": self.settings,
            **warm,
        }


def waves(calls: int, concurrency: int = CONCURRENCY) -> float:
    """The time that many calls take at 50 ms each, so many at once."""
    return math.ceil(calls / concurrency) * LATENCY


ALL_THREE = ("cirql", "boto3-loop", "boto3-pool")
IDENTIFIERS = [f"arn:aws:sagemaker:us-east-1:111111111110:image-version/image-{n // 40:04d}/{n % 40 + 1}" for n in range(500)]
INSTANCE_COLUMNS = (
    "instance_id, image_id, state, private_dns_name, key_name, instance_type, launch_time, placement, monitoring, subnet_id, vpc_id, "
    "private_ip_address, source_dest_check, security_groups, architecture, root_device_type, root_device_name, block_device_mappings, "
    "virtualization_type, client_token, tags, hypervisor, network_interfaces, ebs_optimized, ena_support, cpu_options, metadata_options, "
    "reservation_id, owner_id"
)
SCENARIOS = (
    Scenario("3 x 4, all 19 columns", ALL, 28, 4 * LATENCY, "28 calls", walk="all", clients=ALL_THREE),
    Scenario("the demo, all 19 columns, local AWS", ALL, 147, 4 * LATENCY, "147 calls", walk="all", clients=ALL_THREE, demo=True),
    Scenario("the demo, list columns, local AWS", LISTED, 21, 2 * LATENCY, "21 calls", walk="versions", clients=ALL_THREE, demo=True),
    Scenario("3 x 4, list columns", LISTED, 4, 2 * LATENCY, "4 calls", walk="versions", clients=ALL_THREE),
    Scenario(
        "50 x 40, all 19 columns",
        ALL,
        4051,
        2 * LATENCY + waves(2000),
        "4,051 calls",
        (50, 40),
        walk="all",
        clients=("cirql", "boto3-pool"),
    ),
    Scenario("50 x 40, list columns", LISTED, 51, LATENCY + waves(50, 32), "51 calls", (50, 40), walk="versions", clients=ALL_THREE),
    Scenario(
        "1,000 describes, no limit",
        "SELECT image_version_arn, base_image FROM aws.sagemaker_image_version",
        1011,
        2 * LATENCY + waves(1000),
        "wall <= 1.25 ideal, >= 10 x loop, >= 1.5 x pool, <= 0.35 ms CPU",
        (10, 100),
        walk="columns",
        clients=ALL_THREE,
    ),
    Scenario(
        "1,000 images with their tags",
        "SELECT image_name, tags->'team' AS team FROM aws.sagemaker_image",
        20,
        11 * LATENCY,
        "20 calls",
        (1000, 1),
    ),
    Scenario(
        "17 regions x 10 accounts, one list",
        "SELECT image_name, region, account_id FROM aws.sagemaker_image",
        170,
        LATENCY,
        "wall <= 3 x latency",
        walk="images",
        accounts=10,
        regions=17,
        warm_up="SELECT image_name FROM aws.sagemaker_image",
        clients=("cirql", "boto3-pool"),
    ),
    Scenario(
        "500 GetResource, 25/s known limit",
        f"SELECT base_image FROM aws.sagemaker.image_version WHERE data__Identifier IN ({', '.join(repr(i) for i in IDENTIFIERS)})",
        500,
        500 / 25,
        ">= 95 % of the rate, < 2 % throttled",
        (13, 40),
        rate=25,
    ),
    Scenario(
        "1,000 describes, 25/s unknown limit",
        "SELECT image_version_arn, base_image FROM aws.sagemaker_image_version",
        1011,
        1000 / 25,
        ">= 95 % of the rate, < 2 % throttled",
        (10, 100),
        rate=25,
    ),
    Scenario(
        "200,000 rows listed, aggregated",
        "SELECT image_arn, max(version), count(*) FROM aws.sagemaker_image_version GROUP BY 1",
        2002,
        2 * LATENCY + 10 * waves(200, 32),
        "peak memory < 300 MB",
        (200, 1000),
        warm_up="SELECT image_version_arn FROM aws.sagemaker_image_version LIMIT 1",
    ),
    Scenario(
        "10,000 accounts x 17 regions, 1 % asked",
        "SELECT image_name, region, account_id FROM aws.sagemaker_image WHERE account_id < '111111111210'",
        1700,
        waves(1700, 256),
        "peak memory < 500 MB",
        accounts=10_000,
        regions=17,
        warm_up="SELECT image_name FROM aws.sagemaker_image WHERE account_id = '111111111110' LIMIT 1",
    ),
    Scenario(
        "10,000 accounts, one list each",
        "SELECT image_name, account_id FROM aws.sagemaker_image",
        10_000,
        waves(10_000, 256),
        "peak memory < 500 MB",
        accounts=10_000,
        warm_up="SELECT image_name FROM aws.sagemaker_image WHERE account_id = '111111111110' LIMIT 1",
    ),
    *(
        Scenario(
            f"2,000 instances (XML), {name}",
            f"SELECT {columns} FROM aws.ec2_instance",
            2,
            2 * LATENCY,
            target,
            walk="instances",
            rows=2000,
            warm_up="SELECT instance_id FROM aws.ec2_instance LIMIT 1",
            clients=("cirql", "boto3-loop"),
        )
        for name, columns, target in (("count", "count(*)", "<= 0.15 s CPU"), ("all columns", INSTANCE_COLUMNS, "<= 0.5 s CPU"))
    ),
    Scenario(
        "200 roles and their policies (XML)",
        "SELECT role_name, policy_name FROM aws.iam_attached_role_policy",
        201,
        LATENCY + waves(200),
        "201 calls, <= 0.35 ms CPU",
        walk="roles",
        warm_up="SELECT role_name FROM aws.iam_role LIMIT 1",
        clients=ALL_THREE,
    ),
    Scenario("first row of a LIMIT", LISTED + " LIMIT 5", 2, 2 * LATENCY, "2 calls", (200, 1000)),
)


@contextmanager
def server(options: list[str]) -> Iterator[str]:
    """An AWS, running in a process of its own: the script's name and its options. Gives its address."""
    command = [sys.executable, str(HERE / options[0]), *options[1:]]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait()


def ask(endpoint: str, path: str, method: str = "GET") -> dict[str, Any]:
    with urllib.request.urlopen(urllib.request.Request(endpoint + path, method=method)) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def measure(client: str, endpoint: str, job: dict[str, Any]) -> dict[str, Any]:
    """What one client in a process of its own reports."""
    done = subprocess.run(
        [sys.executable, str(HERE / "measure.py"), client, endpoint], input=json.dumps(job), capture_output=True, text=True, env=clean()
    )
    if done.returncode:
        raise SystemExit(f"{client} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def clean() -> dict[str, str]:
    """The environment without any AWS configuration of this machine, and with bytecode."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CIRQL_")) and k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}


def run(scenario: Scenario) -> Iterator[dict[str, Any]]:
    for client in scenario.clients:
        with server(scenario.server) as endpoint:
            found = measure(client, endpoint, scenario.job())
            span = ask(endpoint, "/_counts")["span"] if scenario.rate is not None else 0.0
        row = {
            "scenario": scenario.name,
            "client": client,
            "target": scenario.target,
            "fewest": scenario.fewest,
            "ideal": scenario.ideal,
            **found,
        }
        if client == "cirql":
            row["ms_per_call"] = 1000 * found["cpu"] / max(found["calls"], 1)
            if scenario.rate is not None:
                # The bucket starts with a second's worth of tokens, so that many more may be used in the span.
                granted = found["calls"] - found["throttles"]
                row["rate_used"] = granted / (span * scenario.rate + scenario.rate)
                row["throttled"] = found["throttles"] / found["calls"]
        yield row


def cold_query() -> dict[str, Any]:
    """The whole program, from the shell to the rows, against an endpoint without latency."""
    with server(["canned_aws.py", "--latency", "0"]) as endpoint:
        environment = clean() | {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "111111111111", "AWS_SECRET_ACCESS_KEY": "benchmark"}
        command = [sys.executable, "-m", "cirql", "query", "--region", "us-east-1", "SELECT image_name, image_arn FROM aws.sagemaker_image"]
        times, processor = [], []
        for _ in range(8):
            started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, env=environment, check=True, capture_output=True)
            times.append(time.perf_counter() - started)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    row = {"scenario": "cirql query, one call, 0 ms", "client": "cirql", "target": "<= 0.45 s", "fewest": 1, "calls": 1}
    return row | {"wall": statistics.median(times[1:]), "fastest": min(times), "ms_per_call": 1000 * statistics.median(processor[1:])}


def planning(kind: str, target: str) -> dict[str, Any]:
    """EXPLAIN of a long statement in a warm session: of a text that is `new` each time, or that was `seen`."""
    job = {"sql": LONG_QUERY, "accounts": ["111111111111"], "regions": ["us-east-1"], "plan_only": kind}
    found = measure("cirql", "http://127.0.0.1:9", job)
    lines = LONG_QUERY.count("\n") + 1
    row = {"scenario": f"planning {lines} lines, warm, {kind} text", "client": "cirql", "target": target, **found}
    return row | {"ms_per_call": 1000 * found["cpu"]}


COLUMNS: tuple[tuple[str, str, Callable[[dict[str, Any]], Any]], ...] = (
    ("scenario", "<36", lambda r: r["scenario"]),
    ("client", "<10", lambda r: r["client"]),
    ("calls", ">6", lambda r: f"{r['calls']}" if "calls" in r else ""),
    ("fewest", ">6", lambda r: f"{r['fewest']}" if "calls" in r else ""),
    ("wall s", ">8", lambda r: f"{r['wall']:.3f}"),
    ("/ideal", ">6", lambda r: f"{r['wall'] / r['ideal']:.2f}" if r.get("ideal") else ""),
    ("CPU s", ">6", lambda r: f"{r['cpu']:.2f}" if "cpu" in r else ""),
    ("ms/call", ">7", lambda r: f"{r['ms_per_call']:.2f}" if "ms_per_call" in r else ""),
    ("MB", ">5", lambda r: f"{r['peak_mb']:.0f}" if "peak_mb" in r else ""),
    ("rate", ">5", lambda r: f"{100 * r['rate_used']:.0f}%" if "rate_used" in r else ""),
    ("thrott", ">6", lambda r: f"{100 * r['throttled']:.1f}%" if "throttled" in r else ""),
    ("target", "<0", lambda r: r["target"] if r["client"] == "cirql" else ""),
)


def show(row: dict[str, Any] | None = None) -> None:
    """One line of the table; its head where there is no row."""
    print("  ".join(format(title if row is None else cell(row), width) for title, width, cell in COLUMNS).rstrip(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--only", default="", help="only the scenarios whose name has this in it")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    show()
    steps: list[tuple[str, Callable[[], Iterator[dict[str, Any]]]]] = [(s.name, lambda s=s: run(s)) for s in SCENARIOS]  # type: ignore[misc]
    steps += [
        ("cirql query, one call, 0 ms", lambda: iter([cold_query()])),
        ("planning", lambda: iter([planning("new", "<= 0.015 s"), planning("seen", "<= 0.005 s")])),
    ]
    for name, step in steps:
        if options.only in name:
            for row in step():
                rows.append(row)
                show(row)
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
