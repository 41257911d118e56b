"""The server: where it listens, who is connected, their cancel keys, and its end.

It has an event loop in a thread of its own. Opening and closing it is for any thread.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from cirql.agents.audit import AuditLog
from cirql.catalog.views import SCHEMAS
from cirql.errors import SettingsError, ShuttingDown, TooManyConnections
from cirql.server import messages
from cirql.server.constants import ConstantAnswers
from cirql.server.conversation import Conversation
from cirql.server.desk import ClientDesk
from cirql.server.ledger import AuditLedger
from cirql.server.system.activity import Activity, ClientConnection
from cirql.server.system.catalog import SystemTables
from cirql.server.users import User, UserRole
from cirql.server.variables import VERSION, Variables
from cirql.server.wire import Wire
from cirql.statements.client import Client

if TYPE_CHECKING:
    from cirql.catalog.model import Table
    from cirql.runtime import Runtime

_log = logging.getLogger("cirql.server")
_PATIENCE = 5.0
"""Seconds that closing leaves statements to come to their end before they are cancelled."""
_TELLING = 1.0
"""Seconds that closing leaves clients to be told so."""


class Server:
    """Answers PostgreSQL's clients with sessions of a runtime, which stays its caller's.

    Sessions are locked, and read-only unless `is_writable` is set and the user is a writer. On an address other than loopback it
    needs TLS and users.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        host: str = "127.0.0.1",
        port: int = 5432,
        users: dict[str, User] | None = None,
        tls: ssl.SSLContext | None = None,
        is_writable: bool = False,
        max_connections: int = 100,
        idle_timeout: float | None = None,
        max_per_user: int | None = None,
        max_calls: int | None = None,
        audit: Path | None = None,
        kept: Path | None = None,
    ) -> None:
        """Port 0 takes any that is free. `max_calls` is for one connection; `audit` is a file that is told of each statement.

        With a directory `kept`, the columns of all tables are read ahead and kept there for the next server.

        Raises SettingsError for an address that it must not listen on as it is, FileUnreadable for a log that cannot be written.
        """
        self.users = users or {}
        self.tls = tls
        self.requires_tls = not is_loopback(host)
        self.idle_timeout = idle_timeout
        self.threads = ThreadPoolExecutor(max_workers=max_connections + 2, thread_name_prefix="cirql-server")
        self.host = host
        self.port = port
        if self.requires_tls and (tls is None or not self.users):
            raise SettingsError(
                f"to listen on {host}, TLS and users are needed",
                hint="give --tls-cert and --tls-key, and make users with: cirql serve user add NAME",
            )
        if is_writable and not self.users:
            raise SettingsError("a server that changes resources needs users", hint="make one with: cirql serve user add NAME --writer")
        self._runtime = runtime
        self._is_writable = is_writable
        self._most = max_connections
        self._most_of_user = max_per_user
        self._most_calls = max_calls
        self._log = AuditLog(audit)
        self._numbers = iter(range(1, 1 << 31))
        self._conversations: dict[int, tuple[Conversation, asyncio.Task[None], Wire]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cirql-server", daemon=True)
        self._listener: asyncio.Server | None = None
        self._is_ending = False
        self._constants = ConstantAnswers()
        self._system = SystemTables(lambda: runtime.catalog, kept, Activity(self._seen, self._cancel_for, self._terminate_for), self._told)
        self._reads_ahead = kept is not None

    def start(self) -> None:
        """Listen. Raises OSError where the address is taken.

        What every client needs is opened before: raises SettingsError for a catalog that cannot be read or a journal that cannot be
        written, and the errors of a store.
        """
        try:
            self._open()
        except BaseException:
            self._close_own()
            raise
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        except BaseException:
            self._stop_loop()
            raise
        if self._reads_ahead:
            threading.Thread(target=self._read_ahead, name="cirql-server-catalog", daemon=True).start()

    def _open(self) -> None:
        self._runtime.catalog.verify()
        settings = self._runtime.settings
        if settings.uses_inventory:
            self._runtime.stores.open(settings.store_place)
        if self._is_writable:
            self._runtime.journal(settings.journal_path)

    async def _listen(self) -> None:
        self._listener = await self._loop.create_server(lambda: Wire(self._connected), self.host, self.port, backlog=256)
        self.port = self._listener.sockets[0].getsockname()[1]

    def close(self, patience: float = _PATIENCE) -> None:
        """Take no more clients, leave statements that long to end, then cancel them. Closing twice is fine."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end(patience), self._loop).result()
            self._stop_loop()

    def _read_ahead(self) -> None:
        try:
            self._system.read_ahead()
        except Exception as defect:  # noqa: BLE001 (the columns are read when they are asked for: clients go on)
            self.report(defect)

    def _stop_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._close_own()

    def _close_own(self) -> None:
        self._loop.close()
        self.threads.shutdown(wait=False)
        self._system.close()
        self._log.close()

    async def _end(self, patience: float) -> None:
        self._is_ending = True
        if self._listener is not None:
            self._listener.close()
        for conversation, task, _ in tuple(self._conversations.values()):
            if not conversation.is_busy:
                task.cancel()
        tasks = [task for _, task, _ in self._conversations.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        for conversation, _, _ in tuple(self._conversations.values()):
            if conversation.desk is not None:
                conversation.desk.session.stop(ShuttingDown("the server is ending"))
        if late := [task for _, task, _ in self._conversations.values()]:
            await asyncio.wait(late, timeout=_TELLING)
        for _, task, wire in tuple(self._conversations.values()):
            task.cancel()
            wire.close()
        left = [task for _, task, _ in self._conversations.values()]
        if left:
            await asyncio.wait(left, timeout=patience)

    # -- clients

    def _connected(self, wire: Wire) -> None:
        number = next(self._numbers)
        conversation = Conversation(wire, self, number, secrets.randbits(32))
        task = self._loop.create_task(self._converse(conversation, wire))
        self._conversations[number] = (conversation, task, wire)

    async def _converse(self, conversation: Conversation, wire: Wire) -> None:
        try:
            if len(self._conversations) > self._most:
                await conversation.refuse(
                    TooManyConnections(f"there are {self._most} clients already", hint="--max-connections is the limit")
                )
            else:
                await conversation.run()
        except asyncio.CancelledError:
            with suppress(OSError):
                await wire.send(messages.error(ShuttingDown(conversation.farewell), is_fatal=True))
        except Exception as defect:  # noqa: BLE001 (other clients go on)
            self.report(defect)
        finally:
            wire.close()
            del self._conversations[conversation.process]
            if conversation.desk is not None:
                self.threads.submit(conversation.desk.close)

    @property
    def connections(self) -> int:
        """How many clients there are."""
        return len(self._conversations)

    def desk(self, user: str, database: str, address: str, process: int) -> ClientDesk:
        """A new session for a client, and its desk; `process` is the connection's number. Raises TooManyConnections."""
        if self._most_of_user is not None:
            desks = [c.desk for c, _, _ in tuple(self._conversations.values())]
            if sum(desk is not None and desk.user == user for desk in desks) >= self._most_of_user:
                raise TooManyConnections(f"{user} has {self._most_of_user} connections already", hint="--max-per-user is the limit")
        known = self.users.get(user)
        may_write = self._is_writable and known is not None and known.role is UserRole.WRITER
        ledger = AuditLedger(self._log, f"{user}@{address}", self._most_calls)
        client = Client(
            database, lambda: ledger.calls_left, ledger.sent, {"version": f"PostgreSQL {VERSION}", "pg_backend_pid": str(process)}
        )
        session = self._runtime.session(user=user, client=client, locked=True, writable=may_write)
        path = session.settings.search_path or ((database, "aws") if database in SCHEMAS else ())
        variables = Variables(user, is_writable=may_write, path=", ".join(path))
        return ClientDesk(session, variables, self._system, self._constants, ledger, database, process)

    def cancel(self, process: int, secret: int) -> None:
        """Stop what the client with that key runs; a wrong key does nothing."""
        found = self._conversations.get(process)
        if found is not None and secrets.compare_digest(str(found[0].secret), str(secret)) and found[0].desk is not None:
            found[0].desk.session.cancel()

    def _told(self) -> list[Table]:
        """The tables of the schema cirql, which every session has."""
        with self._runtime.session(locked=True) as session:
            return [relation.table for name, relation in session.directory.relations.items() if name.startswith("cirql.")]

    def _seen(self) -> list[ClientConnection]:
        return [seen for c, _, _ in tuple(self._conversations.values()) if (seen := c.seen()) is not None]

    def _cancel_for(self, process: int, user: str) -> bool:
        """Stop what a connection runs, where a user may: his own; whether he may."""
        found = self._conversations.get(process)
        if found is None or found[0].desk is None or found[0].desk.user != user:
            return False
        found[0].desk.session.cancel()
        return True

    def _terminate_for(self, process: int, user: str) -> bool:
        """End a connection, where a user may; whether he may."""
        found = self._conversations.get(process)
        if found is None or found[0].desk is None or found[0].desk.user != user:
            return False
        found[0].farewell = "the connection was ended by pg_terminate_backend"
        found[0].desk.session.stop(ShuttingDown(found[0].farewell))
        self._loop.call_soon_threadsafe(found[1].cancel)
        return True

    def report(self, error: BaseException) -> None:
        """Note a defect in the log; the client is told no more than that there was one."""
        _log.error("a defect while a client was answered", exc_info=error)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def tls_context(certificate: str, key: str) -> ssl.SSLContext:
    """TLS 1.2 and later with a certificate and its key. Raises SettingsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password="")  # else it would ask a terminal for one
    except ssl.SSLError:
        raise SettingsError(
            f"{certificate} and {key} are no certificate and its key", hint="both are files in PEM, the key unencrypted"
        ) from None
    except OSError as error:
        named = next((name for name in (certificate, key) if not os.access(name, os.R_OK)), certificate)
        raise SettingsError(f"{named} cannot be read: {error.strerror or error}") from None
    return context


def is_loopback(host: str) -> bool:
    """Whether only this machine can come by that address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
