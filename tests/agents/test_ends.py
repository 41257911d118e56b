"""When it ends, everything ends: the process, the statement, and what was asked of AWS."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest

from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule as Fault
from tests.agents.conftest import Asker, surroundings


@contextmanager
def started() -> Iterator[subprocess.Popen[str]]:
    """`cirql mcp`, spoken to by hand, and ready."""
    command = [sys.executable, "-m", "cirql", "mcp", "--local"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, env=surroundings(), stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            send(process, "initialize", 1, protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "by hand", "version": "1"})
            assert process.stdout is not None
            assert "cirql" in process.stdout.readline()
            send(process, "notifications/initialized")
            yield process
        finally:
            process.kill()


def send(process: subprocess.Popen[str], method: str, number: int | None = None, **params: Any) -> None:
    assert process.stdin is not None
    message = {"jsonrpc": "2.0", "method": method, "params": params, **({"id": number} if number else {})}
    process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()


ENDLESS = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"


@pytest.mark.parametrize("is_busy", [False, True])
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, None])
def test_a_signal_or_a_client_that_is_gone_ends_the_server(end: signal.Signals | None, is_busy: bool) -> None:
    with started() as process:
        if is_busy:
            send(process, "tools/call", 2, name="query", arguments={"sql": ENDLESS})
            time.sleep(1)
        assert process.stdin is not None
        assert process.stderr is not None
        if end is None:
            process.stdin.close()
        else:
            process.send_signal(end)
        code = process.wait(timeout=30)
        assert code == (0 if end is None else 128 + end)
        assert "Traceback" not in process.stderr.read()


def test_a_call_that_is_taken_back_asks_nothing_more(agent: Asker, cloud: LocalCloud) -> None:
    cloud.faults.add(Fault(service="ec2", kind="hang", seconds=20))

    async def impatient() -> None:
        with anyio.move_on_after(2):
            await agent.client.call_tool("query", {"sql": "SELECT vpc_id FROM aws.ec2_vpc"})

    agent(impatient)
    asked = len(cloud.calls)
    cloud.faults.clear()
    time.sleep(1)
    assert len(cloud.calls) == asked
    assert agent.answer("query", sql="SELECT 1 AS one")["rows"] == [[1]]


def test_what_is_no_message_is_answered_and_the_next_one_is_heard() -> None:
    with started() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        deep = '{"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"name": "query", "arguments": {"sql": %s}}}'
        lines = [deep % ("[" * 5_000 + "]" * 5_000), "{not json", '{"jsonrpc": "2.0", "id": "six"}']
        process.stdin.write("\n".join(lines) + "\n")
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in lines]
        assert [(a["id"], a["error"]["code"]) for a in answers] == [(5, -32700), (None, -32700), ("six", -32600)]
        send(process, "tools/list", 7)
        assert json.loads(process.stdout.readline())["id"] == 7
