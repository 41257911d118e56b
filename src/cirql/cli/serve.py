"""`cirql serve`: PostgreSQL's protocol, so that every tool that speaks it can ask; and the users who may come in."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cirql.cli.commands import Group
from cirql.cli.compat import compatible
from cirql.cli.compat import option as compat_option
from cirql.cli.report import misuse, report_error, say
from cirql.cli.scope import options as scope_options
from cirql.cli.streams import tell
from cirql.errors import Error
from cirql.settings import cache_home

if TYPE_CHECKING:
    from cirql.runtime import Runtime
    from cirql.server.users import User

_users_option = click.option(
    "--users",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The file of users; users.json beside your own cirql.toml by default.",
)


@click.group("serve", cls=Group, invoke_without_command=True)
@click.option(
    "--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Where to listen. Others than loopback need TLS and users."
)
@click.option(
    "--port", metavar="PORT", default=5432, show_default=True, type=click.IntRange(0, 65535), help="The port, 0 for any that is free."
)
@click.option("--local", is_flag=True, help="Ask the embedded AWS: two accounts and three regions of sample data.")
@scope_options
@compat_option
@click.option("--store", metavar="PLACE", help="The inventory to read through and to keep rows in.")
@click.option("--max-age", metavar="AGE", help="How old rows may be, unless a client sets cirql.max_age: '15 minutes', live, unlimited.")
@click.option("--tls-cert", metavar="FILE", type=click.Path(path_type=Path), help="The server's certificate, as PEM.")
@click.option("--tls-key", metavar="FILE", type=click.Path(path_type=Path), help="The key of the certificate, as PEM.")
@_users_option
@click.option("--write", "write_", is_flag=True, help="Let users with the role writer change resources.")
@click.option(
    "--max-connections", metavar="N", default=100, show_default=True, type=click.IntRange(1, 10_000), help="How many clients at once."
)
@click.option("--max-per-user", metavar="N", type=click.IntRange(1, 10_000), help="How many connections of one user at once.")
@click.option("--max-calls", metavar="N", type=click.IntRange(min=1), help="How many requests to AWS one connection may send.")
@click.option("--audit", metavar="FILE", type=click.Path(path_type=Path), help="Write a line of JSON for each statement.")
@click.option("--idle-timeout", metavar="SECONDS", type=click.FloatRange(min=0.1), help="Hang up on clients that are silent for so long.")
@click.pass_context
def serve(
    ctx: click.Context,
    host: str,
    port: int,
    local: bool,
    scope: dict[str, Any],
    compat: str | None,
    store: str | None,
    max_age: str | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    users: Path | None,
    write_: bool,
    max_connections: int,
    max_per_user: int | None,
    max_calls: int | None,
    audit: Path | None,
    idle_timeout: float | None,
) -> None:
    """Answer PostgreSQL's clients (psql, drivers, dashboards) until Ctrl-C.

    User and database are aws, and there is no password on loopback unless users are configured. The database steampipe is the same with
    Steampipe's names for tables, for Powerpipe. Clients read, and nothing else, unless --write is given and their user is a writer.
    Statements open no file and reach no further than the options say.
    """
    if ctx.invoked_subcommand is not None:
        return
    if (tls_cert is None) != (tls_key is None):
        misuse("--tls-cert and --tls-key go together")
    try:
        found = _read(users)
        from cirql.server.listening import Server, tls_context

        tls = tls_context(str(tls_cert), str(tls_key)) if tls_cert and tls_key else None
        inventory = {name: value for name, value in (("store", store), ("max_age", max_age)) if value is not None}
        with _runtime(scope | compatible(compat) | inventory, local) as runtime:
            server = Server(
                runtime,
                host=host,
                port=port,
                users=found,
                tls=tls,
                is_writable=write_,
                max_connections=max_connections,
                idle_timeout=idle_timeout,
                max_per_user=max_per_user,
                max_calls=max_calls,
                audit=audit,
                kept=cache_home(),
            )
            _until_signal(server, bool(found))
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None
    except OSError as error:
        say(f"error: cannot listen on {host}:{port}: {_reason(error)}")
        say("hint: choose another port with --port, or --port 0 for any that is free")
        raise click.exceptions.Exit(1) from None


def _reason(error: OSError) -> str:
    """What the system says, without what asyncio has said before it."""
    return os.strerror(error.errno) if error.errno is not None and error.errno > 0 else error.strerror or str(error)


def _until_signal(server: Any, has_users: bool) -> None:
    """Serve until SIGINT or SIGTERM."""
    ending = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ending)  # taken by sigwait alone, whatever thread they would have met
    try:
        with server:
            say(f"listening on {server.host}:{server.port}")
            if not has_users:
                say(f"connect with: psql postgresql://aws@{server.host}:{server.port}/aws")
            signal.sigwait(ending)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _runtime(scope: dict[str, Any], local: bool) -> Iterator[Runtime]:
    """A runtime over the scope; with `--local`, over a local AWS that runs as long as the block. Raises SettingsError."""
    from tempfile import TemporaryDirectory

    from cirql.cli.local import scoped
    from cirql.local import door
    from cirql.runtime import Runtime
    from cirql.settings import Settings

    with scoped(scope, local) as given, TemporaryDirectory(prefix="cirql-") as folder:
        settings = Settings.load(**given, **({"journal": f"{folder}/changes.sqlite"} if local else {}))
        with Runtime(settings, cloud=door(settings) if local else None) as runtime:
            yield runtime


def _place(users: Path | None) -> Path:
    """The file of users. Ends the command where there is no place for one."""
    if users is not None:
        return users
    from cirql.settings.trust import config_home

    home = config_home()
    if home is None:
        misuse("there is no home directory for the file of users; name one with --users FILE")
    return home / "users.json"


def _read(users: Path | None) -> dict[str, User]:
    from cirql.server.users import read_users

    if users is not None and not users.exists():
        misuse(f"there is no file {users}")
    return read_users(_place(users))


@serve.group("user", cls=Group)
def user() -> None:
    """The users who may come in."""


@user.command()
@click.argument("name", help="The user's name.")
@_users_option
@click.option("--writer", is_flag=True, help="The user may change resources where the server has --write.")
@click.password_option(help="The password; asked for where it is not given.")
def add(name: str, users: Path | None, writer: bool, password: str) -> None:
    """Add a user, or give one a new password."""
    from cirql.server.scram import Verifier
    from cirql.server.users import User, UserRole, read_users, write_users

    try:
        place = _place(users)
        known = read_users(place)
        known[name] = User(name, UserRole.WRITER if writer else UserRole.READER, Verifier.of(password))
        write_users(place, known)
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None
    say(f"{name} is a {known[name].role.value} in {place}")


@user.command()
@click.argument("name", help="The user's name.")
@_users_option
def remove(name: str, users: Path | None) -> None:
    """Remove a user."""
    from cirql.server.users import read_users, write_users

    try:
        place = _place(users)
        known = read_users(place)
        if known.pop(name, None) is None:
            misuse(f"there is no user {name} in {place}")
        write_users(place, known)
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None


@user.command("list")
@_users_option
def list_(users: Path | None) -> None:
    """List the users and their roles."""
    try:
        for one in _read(users).values():
            tell(f"{one.name}\t{one.role.value}")
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None
