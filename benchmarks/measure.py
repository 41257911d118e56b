"""One measurement in a process of its own: `python benchmarks/measure.py CLIENT ENDPOINT < JOB`, JSON on standard output.

A process each, so that CPU time and peak memory belong to the client measured and to nothing before it. Everything is warmed up with one
small request first: the figures are of the work, not of imports. CLIENT is `cirql`, `boto3-loop` or `boto3-pool`; JOB is JSON:
`{"sql": …, "regions": […], "accounts": […]}` for cirql (with `"again"` it asks twice, and reports both), `{"walk": "columns" | "all", …}`
for the boto3 scripts.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

THREADS = 64


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_megabytes() -> float:
    """The most memory this process has held; `ru_maxrss` would count what its parent held when it started it."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def timed(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    cpu, wall = cpu_seconds(), time.perf_counter()
    found = work()
    return {"wall": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu, **found, "peak_mb": peak_megabytes()}


def run_cirql(endpoint: str, job: dict[str, Any]) -> dict[str, Any]:
    from cirql.session import Session
    from cirql.settings import Credential, Settings

    credentials = tuple(Credential(a, a, "benchmark", account=a) for a in job["accounts"])
    settings = Settings(credentials=credentials, regions=tuple(job["regions"]), endpoint_url=endpoint, **job.get("settings", {}))
    with Session(settings) as session:
        if job.get("plan_only"):
            return plan_times(session, job["sql"], is_new=job["plan_only"] == "new")
        for _ in range(2):  # the second finds every client made, and opens the connections that making them held up
            for _ in session.execute(job.get("warm_up", "SELECT image_name FROM aws.sagemaker_image LIMIT 1")).batches():
                pass

        def work() -> dict[str, Any]:
            started = time.perf_counter()
            result = session.execute(job["sql"])
            rows, first = 0, None
            for batch in result.batches():
                first = first or time.perf_counter() - started
                rows += batch.num_rows
            stats = result.stats
            return {
                "rows": rows,
                "first_row": first,
                "calls": sum(stats.calls.values()),
                "throttles": stats.throttles,
                "failures": len(result.failures),
            }

        found = timed(work)
        return found | {"again": timed(work)} if job.get("again") else found


def plan_times(session: Any, sql: str, *, is_new: bool) -> dict[str, Any]:
    """The median of a dozen plans after the first: of a text that is new each time, or of the same."""
    times, processor = [], []
    for n in range(12):
        text = f"EXPLAIN {sql}\n-- {n}" if is_new else f"EXPLAIN {sql}"
        started, before = time.perf_counter(), cpu_seconds()
        for _ in session.execute(text).batches():
            pass
        times.append(time.perf_counter() - started)
        processor.append(cpu_seconds() - before)
    middle = len(times[1:]) // 2
    return {"first": times[0], "wall": sorted(times[1:])[middle], "cpu": sorted(processor[1:])[middle], "peak_mb": peak_megabytes()}


def run_boto3(endpoint: str, job: dict[str, Any], threads: int) -> dict[str, Any]:
    """What a user would write: list images, list their versions, describe each, ask for its tags; region by region."""
    import boto3
    from botocore.config import Config

    def client(account: str, region: str) -> Any:
        config = Config(max_pool_connections=threads, retries={"mode": "adaptive", "total_max_attempts": 8})
        keys = {"aws_access_key_id": account, "aws_secret_access_key": "benchmark"}
        return boto3.session.Session(region_name=region, **keys).client("sagemaker", endpoint_url=endpoint, config=config)

    clients = [client(a, r) for a in job["accounts"] for r in job["regions"]]
    clients[0].list_images(MaxResults=1)
    if job["walk"] in _XML_WALKS:
        return run_boto3_xml(endpoint, job, threads)
    with ThreadPoolExecutor(threads) as pool:

        def spread(work: Callable[[Any], Any], items: Any) -> Iterator[Any]:
            return pool.map(work, items) if threads > 1 else map(work, items)

        def pages(sagemaker: Any, operation: str, member: str, **params: Any) -> list[Any]:
            paginator = sagemaker.get_paginator(operation)
            return [item for page in paginator.paginate(PaginationConfig={"PageSize": 100}, **params) for item in page[member]]

        def work() -> dict[str, Any]:
            images = [(c, i) for c, found in zip(clients, spread(lambda c: pages(c, "list_images", "Images"), clients)) for i in found]  # noqa: B905
            if job["walk"] == "images":
                return {"rows": len(images)}
            lists = spread(lambda one: pages(one[0], "list_image_versions", "ImageVersions", ImageName=one[1]["ImageName"]), images)
            versions = [(c, i["ImageName"], v) for (c, i), found in zip(images, lists) for v in found]  # noqa: B905
            if job["walk"] == "versions":
                return {"rows": len(versions)}

            def describe(one: tuple[Any, str, Any]) -> Any:
                sagemaker, name, version = one
                row = sagemaker.describe_image_version(ImageName=name, Version=version["Version"])
                if job["walk"] == "all":
                    row["Tags"] = sagemaker.list_tags(ResourceArn=version["ImageVersionArn"])["Tags"]
                return row

            return {"rows": sum(1 for _ in spread(describe, versions))}

        return timed(work)


_XML_WALKS = {"instances": "ec2", "roles": "iam"}


def run_boto3_xml(endpoint: str, job: dict[str, Any], threads: int) -> dict[str, Any]:
    """All instances, or all roles and what is attached to each."""
    import boto3
    from botocore.config import Config

    keys = {"aws_access_key_id": job["accounts"][0], "aws_secret_access_key": "benchmark"}
    session = boto3.session.Session(region_name=job["regions"][0], **keys)
    client = session.client(_XML_WALKS[job["walk"]], endpoint_url=endpoint, config=Config(max_pool_connections=threads))

    def instances() -> dict[str, Any]:
        pages = client.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 1000})
        return {"rows": sum(len(r["Instances"]) for page in pages for r in page["Reservations"])}

    def roles() -> dict[str, Any]:
        names = [r["RoleName"] for page in client.get_paginator("list_roles").paginate() for r in page["Roles"]]
        with ThreadPoolExecutor(threads) as pool:
            one = lambda name: client.list_attached_role_policies(RoleName=name)["AttachedPolicies"]  # noqa: E731
            return {"rows": sum(len(found) for found in (pool.map(one, names) if threads > 1 else map(one, names)))}

    work = instances if job["walk"] == "instances" else roles
    return timed(work)


def main() -> None:
    client, endpoint = sys.argv[1:]
    job = json.load(sys.stdin)
    if client == "cirql":
        found = run_cirql(endpoint, job)
    else:
        found = run_boto3(endpoint, job, THREADS if client == "boto3-pool" else 1)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
