"""The protocol over HTTP: the same tools, for who has the token."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client.streamable_http import streamable_http_client

from cirql.agents.web import token_of
from cirql.errors import FileUnreadable, InvalidText
from tests.agents.conftest import connected, surroundings


@dataclass(frozen=True)
class Served:
    url: str
    token: str
    process: subprocess.Popen[str]

    @asynccontextmanager
    async def transport(self) -> AsyncIterator[Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60) as client,
            streamable_http_client(self.url, http_client=client) as streams,
        ):
            yield streams


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    token = tmp_path_factory.mktemp("token") / "token"
    command = [sys.executable, "-m", "cirql", "mcp", "--local", "--http", "0", "--token-file", str(token)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=surroundings()) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        yield Served(line.split()[-1], token.read_text().strip(), process)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) in (0, 130, -signal.SIGINT)
        assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize("generation", ["auto", "legacy"])
def test_a_client_with_the_token_asks(served: Served, generation: str) -> None:
    with connected(served.transport(), mode=generation) as agent:
        assert agent.answer("query", sql="SELECT count(*) AS n FROM aws.s3_bucket")["rows"] == [[16]]
        assert "no column" in agent.refusal("query", sql="SELECT nope FROM aws.s3_bucket")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}, {"Authorization": ""}])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_whoever_has_no_token_learns_nothing(served: Served, headers: dict[str, str], method: str) -> None:
    answer = httpx2.request(method, served.url, headers=headers, timeout=20)
    assert answer.status_code == 401
    assert answer.text == "the token is missing or wrong\n"


@pytest.mark.parametrize("foreign", [{"Origin": "https://elsewhere.example"}, {"Host": "elsewhere.example"}])
def test_a_page_of_another_origin_is_refused_even_with_the_token(served: Served, foreign: dict[str, str]) -> None:
    headers = {
        "Authorization": f"Bearer {served.token}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert httpx2.post(served.url, headers={**headers, **foreign}, json=body, timeout=20).status_code in (403, 421)


def test_the_token_is_made_once_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    made = token_of(tmp_path / "token")
    assert len(made) > 40
    assert token_of(tmp_path / "token") == made
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    assert token_of(None) != token_of(None)
    (tmp_path / "token").chmod(0o644)
    with pytest.raises(FileUnreadable, match="others may read"):
        token_of(tmp_path / "token")
    (tmp_path / "short").write_text("1234")
    (tmp_path / "short").chmod(0o600)
    with pytest.raises(InvalidText, match="fewer than"):
        token_of(tmp_path / "short")
