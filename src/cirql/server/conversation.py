"""One client's conversation: start-up, authentication, then the simple and the extended protocol until one of the two hangs up.

It lives on the server's event loop; whatever runs a statement does so in a thread, so that no client waits for another's. Bytes go
out while rows come in, and the thread waits where the client does not take them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypeVar

from cirql.catalog.views import SCHEMAS
from cirql.errors import (
    AlreadyExists,
    Error,
    Internal,
    InvalidProperty,
    LoginRefused,
    NotSupported,
    ProtocolViolation,
    ShuttingDown,
    UnknownDatabase,
    UnknownPortal,
    UnknownStatement,
)
from cirql.server import messages, oids
from cirql.server.decoding import is_zoned_day, value_of
from cirql.server.desk import ClientDesk
from cirql.server.messages import Body
from cirql.server.portals import Portal, PreparedStatement
from cirql.server.scram import ScramExchange
from cirql.server.system.activity import ClientConnection, now

if TYPE_CHECKING:
    import ssl
    from concurrent.futures import ThreadPoolExecutor

    from cirql.server.users import User
    from cirql.server.wire import Wire

T = TypeVar("T")
_LOGIN_SECONDS = 60.0
_MAX_NAMED = 10_000
_FLUSH_AT = 1 << 18
_DUMPING = frozenset({"pg_dump", "pg_dumpall", "pg_restore", "pg_basebackup"})
_KINDS = frozenset(bytes([letter]) for letter in b"QPBDECHSXFdcfp")
"""The messages that there are. After one of another kind nothing says where the next begins."""
_IGNORED_OPTIONS = frozenset({"user", "database", "options", "replication"})


class ConversationHome(Protocol):
    """What a conversation needs of the server."""

    users: dict[str, User]
    tls: ssl.SSLContext | None
    requires_tls: bool
    idle_timeout: float | None
    threads: ThreadPoolExecutor

    def desk(self, user: str, database: str, address: str, process: int) -> ClientDesk:
        """A new desk for a client. Raises the errors of opening a session."""
        ...

    def cancel(self, process: int, secret: int) -> None:
        """Stop what the client with that key runs."""
        ...

    def report(self, error: BaseException) -> None:
        """Note a defect."""
        ...


class Conversation:
    """One client."""

    def __init__(self, wire: Wire, home: ConversationHome, process: int, secret: int) -> None:
        self.process = process
        self.secret = secret
        self.desk: ClientDesk | None = None
        self.began = now()
        self.farewell = "the server is ending"
        """What the client hears where the conversation is ended from outside."""
        self._wire = wire
        self._home = home
        self._statements: dict[str, PreparedStatement] = {}
        self._portals: dict[str, Portal] = {}
        self._out = bytearray()
        self._skips = False
        self._busy = False
        self._is_encrypted = False

    @property
    def _desk(self) -> ClientDesk:
        assert self.desk is not None
        return self.desk

    @property
    def is_busy(self) -> bool:
        """Whether a statement is being answered."""
        return self._busy

    def seen(self) -> ClientConnection | None:
        """It as others see it; None before the client has come in."""
        desk = self.desk
        if desk is None:
            return None
        state = "active" if self._busy else "idle in transaction" if desk.status in "TE" else "idle"
        application = desk.variables.get("application_name", desk.session.settings) or ""
        return ClientConnection(self.process, desk.user, application, self._wire.address, self.began, state, desk.asked, self._is_encrypted)

    async def refuse(self, error: Error) -> None:
        """Tell a client that it cannot come in. Raises OSError."""
        async with asyncio.timeout(_LOGIN_SECONDS):
            await self._options()
            await self._wire.send(messages.error(error, is_fatal=True))

    async def run(self) -> None:
        """All of it. Comes back when it is over; raises nothing but what a defect of ours is."""
        try:
            async with asyncio.timeout(_LOGIN_SECONDS):
                if not await self._start():
                    return
            await self._serve()
        except Error as error:
            await self._last_word(error)
        except (OSError, TimeoutError):
            return
        finally:
            for portal in self._portals.values():
                portal.close()

    async def _last_word(self, error: Error) -> None:
        with suppress(OSError):
            await self._wire.send(bytes(self._out) + messages.error(error, is_fatal=True))

    # -- coming in

    async def _start(self) -> bool:
        """Everything before the first statement; whether there may be one."""
        options = await self._options()
        if options is None:
            return False
        user = options.get("user") or ""
        if not user:
            raise LoginRefused("no user was named")
        if self._home.requires_tls and not self._is_encrypted:
            raise LoginRefused("TLS is required here", hint="connect with sslmode=require")
        await self._authenticate(user)
        wanted = options.get("database") or user
        if wanted not in ("aws", *SCHEMAS):  # a database of another system's names is ours behind its search path
            if "database" in options:
                raise UnknownDatabase(f"there is no database {wanted}", hint="the database is aws")
            wanted = "aws"
        if options.get("application_name") in _DUMPING:
            raise NotSupported(
                f"{options['application_name']} reads files and functions that PostgreSQL alone has: there is nothing that it can dump",
                hint="COPY (SELECT …) TO STDOUT writes rows; information_schema.columns, or \\d in psql, tells of tables",
            )
        self.desk = await self._in_thread(lambda: self._home.desk(user, wanted, self._wire.address, self.process))
        self.desk.forget = self._forget
        self._wire.gone = self._left
        if self._wire.is_gone:
            self._left()
        self._say(messages.authentication(0))
        self._configure(options)
        self._tell_settings()
        self._say(messages.key_data(self.process, self.secret), messages.ready("I"))
        await self._flush()
        return True

    async def _options(self) -> dict[str, str] | None:
        """What the client says of itself, after TLS where it asks for that; None where it only came to cancel."""
        for _ in range(3):
            body = Body(await self._wire.start_packet())
            code = body.number()
            if code == messages.CANCEL_REQUEST:
                self._home.cancel(body.number(), body.number("!I"))
                return None
            if code == messages.SSL_REQUEST and self._home.tls is not None and not self._is_encrypted:
                await self._wire.send(b"S")
                await self._wire.encrypt(self._home.tls)
                self._is_encrypted = True
                continue
            if code in (messages.SSL_REQUEST, messages.GSS_REQUEST):
                await self._wire.send(b"N")
                continue
            if code >> 16 != 3:
                raise ProtocolViolation(f"protocol {code >> 16}.{code & 0xFFFF} is not spoken", hint="version 3.0 is")
            return self._read_options(body, code)
        raise ProtocolViolation("encryption was asked for too often")

    def _read_options(self, body: Body, code: int) -> dict[str, str]:
        options: dict[str, str] = {}
        while name := body.text():
            options[name] = body.text()
        unknown = [name for name in options if name.startswith("_pq_.")]
        if code & 0xFFFF or unknown:
            self._say(messages.negotiate(unknown))
        return {name: value for name, value in options.items() if not name.startswith("_pq_.")}

    async def _authenticate(self, name: str) -> None:
        if not self._home.users:
            return
        user = self._home.users.get(name)
        exchange = ScramExchange(user.verifier if user is not None else None)
        await self._wire.send(bytes(self._out) + messages.authentication(10, b"SCRAM-SHA-256\0\0"))
        self._out.clear()
        body = await self._password()
        if body.text() != "SCRAM-SHA-256":
            raise ProtocolViolation("only SCRAM-SHA-256 is spoken")
        challenge = exchange.challenge(body.value() or b"")
        await self._wire.send(messages.authentication(11, challenge))
        try:
            proof = exchange.verdict((await self._password()).rest())
        except LoginRefused:
            raise LoginRefused(f'password authentication failed for user "{name}"') from None
        self._say(messages.authentication(12, proof))

    async def _password(self) -> Body:
        kind, data = await self._wire.message(messages.MAX_START)
        if kind != b"p":
            raise ProtocolViolation("a password message was expected")
        return Body(data)

    def _configure(self, options: dict[str, str]) -> None:
        """The settings that came with the start-up, and those in its `options`. Raises the errors of settings."""
        given = {name: value for name, value in options.items() if name not in _IGNORED_OPTIONS}
        words = options.get("options", "").replace("\\ ", "\0").split()
        pairs = [
            b if a == "-c" else a.removeprefix("-c").removeprefix("--")
            for a, b in zip(words, [*words[1:], ""], strict=False)
            if a[:1] == "-"
        ]
        for pair in pairs:
            name, _, value = pair.replace("\0", " ").partition("=")
            given[name.replace("-", "_")] = value
        for name, value in given.items():
            said = self._desk.set(name, value)
            if said:
                self._say(messages.notice(said))

    # -- statements

    async def _serve(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._home.idle_timeout):
                    kind, data = await self._wire.message()
            except TimeoutError:
                raise ShuttingDown("terminating connection due to idle-session timeout", sqlstate="57P05") from None
            if kind == b"X":
                return
            if kind not in _KINDS:
                raise ProtocolViolation(f"there is no message {kind!r}")
            if self._skips and kind not in (b"S", b"Q", b"F"):
                continue
            self._busy = True
            await self._answer(kind, Body(data))
            self._busy = False

    async def _answer(self, kind: bytes, body: Body) -> None:
        """Answer one message. After an error in the extended protocol nothing is heard until Sync.

        The error is told at once: a client may wait for it before it sends Sync (asyncpg does).
        """
        is_whole = kind in (b"Q", b"F")
        if not await self._is_answered(self._dispatch(kind, body)) and not is_whole:
            self._skips = True
        if is_whole:
            self._skips = False
            self._tell_settings()
            self._say(messages.ready(self._desk.status))
        if self._skips or is_whole or len(self._out) > _FLUSH_AT:
            await self._flush()

    async def _is_answered(self, work: Awaitable[None]) -> bool:
        """Do it, and tell the client where that fails; whether it did not. Raises what ends the conversation."""
        try:
            await work
        except OSError:
            raise
        except Error as error:
            fault = error
        except Exception as defect:  # noqa: BLE001 (whatever it is, other clients and this one's next statement go on)
            self._home.report(defect)
            fault = Internal("a defect of cirql kept the statement from being answered", hint="the server's log has more")
        else:
            return True
        self._desk.fail()
        self._say(messages.error(fault))
        return False

    async def _dispatch(self, kind: bytes, body: Body) -> None:
        match kind:
            case b"Q":
                await self._simple(body)
            case b"P":
                self._parse(body)
            case b"B":
                await self._bind(body)
            case b"D":
                await self._describe(body)
            case b"E":
                portal, limit = self._portal(body.text()), body.number()
                body.end()
                await self._stream(lambda: portal.run(self._desk, max(limit, 0)), at_once=self._is_instant(portal.statement))
            case b"C":
                self._close(body)
            case b"H":
                await self._flush()
            case b"S":
                await self._sync()
            case b"F":
                raise NotSupported("functions are not called by their numbers", hint="SELECT function(…)")
            case b"p":
                raise ProtocolViolation("a password was sent and none is asked for")
            case _:
                return  # data of a COPY that failed already

    async def _simple(self, body: Body) -> None:
        sql = body.text()
        body.end()
        self._skips = False
        self._drop_portals()
        at_once = self._desk.is_instant(sql)
        await self._stream(lambda: self._all_of(sql, is_one=at_once), at_once=at_once)

    def _is_instant(self, statement: PreparedStatement) -> bool:
        return not statement.given and self._desk.is_instant(statement.sql)

    def _all_of(self, sql: str, *, is_one: bool) -> Iterator[bytes]:
        """Everything that the statements of a text answer."""
        from cirql.sql.parse import split

        pieces = [sql] if is_one else split(sql)
        if not pieces:
            yield messages.EMPTY_QUERY
        for piece in pieces:
            portal = Portal(PreparedStatement(piece))
            try:
                yield from portal.whole(self._desk)
            finally:
                portal.close()

    def _parse(self, body: Body) -> None:
        name, sql = body.text(), body.text()
        given = tuple(body.number("!I") for _ in range(body.count()))
        body.end()
        if name and name in self._statements:
            raise AlreadyExists(f"a prepared statement {name} exists already", sqlstate="42P05")
        if len(self._statements) >= _MAX_NAMED:
            raise ProtocolViolation("there are too many prepared statements")
        self._statements[name] = PreparedStatement(sql, given)
        self._say(messages.PARSE_COMPLETE)

    async def _bind(self, body: Body) -> None:
        portal, name = body.text(), body.text()
        forms = [body.short() for _ in range(body.count())]
        values = [body.value() for _ in range(body.count())]
        columns = [body.short() for _ in range(body.count())]
        body.end()
        statement = self._statement(name)
        if portal and portal in self._portals:
            raise AlreadyExists(f'cursor "{portal}" already exists', sqlstate="42P03")
        if any(form not in (0, 1) for form in forms):
            raise InvalidProperty("a parameter's format is 0 (text) or 1 (binary)")
        if len(forms) not in (0, 1, len(values)):
            raise ProtocolViolation(f"{len(forms)} formats were given for {len(values)} parameters")
        wanted = forms if len(forms) == len(values) else (forms or [0]) * len(values)
        if statement.is_told and len(values) != (count := len(statement.parameter_oids(self._desk))):
            raise ProtocolViolation(f"the statement takes {count} parameters and {len(values)} were given")
        kinds = list(statement.given) + [0] * (len(values) - len(statement.given))
        if any(not kind and (form == 1 or is_zoned_day(v)) for form, kind, v in zip(wanted, kinds, values, strict=False)):
            kinds = await self._in_thread(lambda: statement.parameter_oids(self._desk))
            if len(kinds) != len(values):
                raise ProtocolViolation(f"the statement takes {len(kinds)} parameters and {len(values)} were given")
        read = [value_of(value, kind, form) for value, kind, form in zip(values, kinds, wanted, strict=False)]
        if portal in self._portals:
            self._portals.pop(portal).close()
        if len(self._portals) >= _MAX_NAMED:
            raise ProtocolViolation("there are too many portals")
        self._portals[portal] = Portal(statement, read, columns)
        self._say(messages.BIND_COMPLETE)

    async def _describe(self, body: Body) -> None:
        what, name = body.take(1), body.text()
        body.end()
        if what == b"P" and name not in self._portals and self._desk.cursors:  # one that SQL declared
            fields = [oids.field(column) for column in self._desk.cursors.find(name).columns]
            self._say(messages.row_description(fields, [0] * len(fields)))
            return
        if what == b"P":
            portal = self._portal(name)
            is_instant = self._is_instant(portal.statement)
            self._say(portal.description(self._desk) if is_instant else await self._in_thread(lambda: portal.description(self._desk)))
            return
        if what != b"S":
            raise ProtocolViolation("a statement or a portal can be described")
        statement = self._statement(name)

        def told() -> tuple[list[int], bytes]:
            return statement.parameter_oids(self._desk), Portal(statement).description(self._desk)

        parameters, columns = told() if self._is_instant(statement) else await self._in_thread(told)
        self._say(messages.parameter_description(parameters), columns)

    def _close(self, body: Body) -> None:
        what, name = body.take(1), body.text()
        body.end()
        if what == b"S":
            self._statements.pop(name, None)
        elif what == b"P":
            if name in self._portals:
                self._portals.pop(name).close()
        else:
            raise ProtocolViolation("a statement or a portal can be closed")
        self._say(messages.CLOSE_COMPLETE)

    async def _sync(self) -> None:
        self._skips = False
        if self._desk.status != "T":
            self._drop_portals()
        self._tell_settings()
        self._say(messages.ready(self._desk.status))
        await self._flush()

    def _forget(self, name: str) -> bool:
        """Drop one statement, and whether there was one; or `all`, of which those that SQL prepared are still to be dropped."""
        if name == "all":
            self._statements.clear()
            return False
        return self._statements.pop(name, None) is not None

    def _statement(self, name: str) -> PreparedStatement:
        if name not in self._statements:
            raise UnknownStatement(f"there is no prepared statement {name!r}")
        return self._statements[name]

    def _portal(self, name: str) -> Portal:
        if name not in self._portals:
            raise UnknownPortal(f"there is no portal {name!r}")
        return self._portals[name]

    def _drop_portals(self) -> None:
        for portal in self._portals.values():
            portal.close()
        self._portals.clear()

    # -- threads and bytes

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._home.threads, work)

    async def _stream(self, answer: Callable[[], Iterable[bytes]], *, at_once: bool = False) -> None:
        """Run what answers in a thread, and send what it gives: little of it with the rest, much as it comes.

        `at_once` is for what is at hand and small.
        """
        if at_once:
            for part in answer():
                self._out += part
            return
        loop = asyncio.get_running_loop()
        await self._in_thread(lambda: self._pump(answer(), loop))

    def _pump(self, parts: Iterable[bytes], loop: asyncio.AbstractEventLoop) -> None:
        for part in parts:
            self._out += part
            if len(self._out) > _FLUSH_AT:
                data = bytes(self._out)
                self._out.clear()
                asyncio.run_coroutine_threadsafe(self._wire.send(data), loop).result()

    def _say(self, *parts: bytes) -> None:
        for part in parts:
            self._out += part

    async def _flush(self) -> None:
        data = bytes(self._out)
        self._out.clear()
        if data:
            await self._wire.send(data)

    def _tell_settings(self) -> None:
        for name, value in self._desk.changed():
            self._say(messages.parameter_status(name, value))

    def _left(self) -> None:
        """The client has gone: what it was waiting for is given up."""
        self._desk.session.cancel()
