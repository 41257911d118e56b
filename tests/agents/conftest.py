"""The official client, talking to a server over a local AWS whose calls are counted."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from mcp import Client, StdioServerParameters
from mcp_types import CallToolResult

from cirql.agents.audit import AuditLog
from cirql.agents.calls import Agency
from cirql.agents.limits import AnswerLimits
from cirql.agents.offers import tools_of
from cirql.agents.protocol import Door
from cirql.local import settings_for
from cirql.localcloud import LocalCloud
from cirql.runtime import Runtime
from cirql.settings import Settings

SOURCES = str(Path(__file__).parents[2] / "src")


class Asker:
    """The official client, from code that is not async."""

    def __init__(self, portal: Any, client: Client) -> None:
        self._portal = portal
        self.client = client

    def __call__(self, method: Callable[..., Any], *given: Any) -> Any:
        """What an async method of the client gives."""
        return self._portal.call(method, *given)

    def call(self, tool: str, **arguments: Any) -> CallToolResult:
        """What a call of a tool gives, refusals too."""
        found: CallToolResult = self._portal.call(self.client.call_tool, tool, arguments)
        return found

    def answer(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The answer of a tool that has one, which its text and its structured content agree on."""
        result = self.call(tool, **arguments)
        assert not result.is_error, text_of(result)
        found: dict[str, Any] = result.structured_content
        assert json.loads(text_of(result)) == found
        return found

    def refusal(self, tool: str, **arguments: Any) -> str:
        """Why a tool has no answer."""
        result = self.call(tool, **arguments)
        assert result.is_error, text_of(result)
        return text_of(result)


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert content.type == "text"
    return content.text


@contextmanager
def connected(server: Any, **given: Any) -> Iterator[Asker]:
    """A client of a server: one in this process, one that is started, or one at a URL."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Client(server, **given)) as client:
        yield Asker(portal, client)


def surroundings() -> dict[str, str]:
    """The environment of a server that a test starts."""
    inherited = {name: value for name, value in os.environ.items() if name.startswith(("XDG_", "HOME", "PATH", "AWS_", "CIRQL_"))}
    return {**inherited, "PYTHONPATH": SOURCES}


def started(*arguments: str) -> StdioServerParameters:
    """`cirql mcp` as a client starts it."""
    return StdioServerParameters(command=sys.executable, args=["-m", "cirql", "mcp", *arguments], env=surroundings())


@pytest.fixture(scope="session")
def running() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


@pytest.fixture
def cloud(running: LocalCloud) -> Iterator[LocalCloud]:
    running.faults.clear()
    running.calls.clear()
    yield running
    running.faults.clear()


@pytest.fixture
def runtime(cloud: LocalCloud, tmp_path: Path) -> Iterator[Runtime]:
    with Runtime(Settings.load(**settings_for(cloud.endpoint_url), locked=True, journal=str(tmp_path / "changes.sqlite"))) as opened:
        yield opened


Opening = Callable[..., AbstractContextManager[Asker]]


@pytest.fixture
def opening(runtime: Runtime, tmp_path: Path) -> Opening:
    """Open a server with these limits, and a client of it."""

    @contextmanager
    def opened(limits: AnswerLimits | None = None, mode: str = "read_only", generation: str = "auto", **given: Any) -> Iterator[Asker]:
        log = AuditLog(tmp_path / "audit.jsonl")
        try:
            with connected(Door(Agency(runtime, limits or AnswerLimits(), log), tools_of(mode)).server, mode=generation, **given) as asker:
                yield asker
        finally:
            log.close()

    return opened


@pytest.fixture
def agent(opening: Opening) -> Iterator[Asker]:
    with opening() as asker:
        yield asker
