"""`cirql web`: a page to ask in, on this machine alone, or for users who sign in."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cirql.cli.report import misuse, report_error, say
from cirql.cli.scope import options as scope_options
from cirql.errors import Error
from cirql.settings.trust import config_home

if TYPE_CHECKING:
    from cirql.runtime import Runtime
    from cirql.server.users import User
    from cirql.web.serving import DeskPlaces, PageServer


@click.command("web")
@click.option("--local", is_flag=True, help="Ask the embedded AWS: two accounts and three regions of sample data.")
@scope_options
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Where to listen. Any other needs TLS and users.")
@click.option(
    "--port", metavar="PORT", type=click.IntRange(0, 65535), help="The port, 0 for any that is free; without it, 4284 where that is free."
)
@click.option("--tls-cert", metavar="FILE", type=click.Path(path_type=Path), help="The server's certificate, as PEM.")
@click.option("--tls-key", metavar="FILE", type=click.Path(path_type=Path), help="The key of the certificate, as PEM.")
@click.option(
    "--users",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The file of users, as cirql serve has it; users.json beside your own cirql.toml by default.",
)
@click.option(
    "--queries",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where named statements are kept, a .sql file each; queries beside your own cirql.toml by default.",
)
@click.option("--no-browser", is_flag=True, help="Open no browser, and print the link alone.")
@click.option("--write", "write_", is_flag=True, help="Let the page carry out the changes that it has shown, one click more.")
def web(
    local: bool,
    scope: dict[str, Any],
    host: str,
    port: int | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    users: Path | None,
    queries: Path | None,
    no_browser: bool,
    write_: bool,
) -> None:
    """Ask in a page: the catalog, an editor, what a statement will cost before it runs, and its rows as they come.

    It is on 127.0.0.1, and opened in your browser by a link that works once; no other page can ask through it. Statements open no file,
    reach no further than the options say, and change nothing, unless --write is given and a plan that was shown is agreed to. On another
    address it speaks TLS, and users sign in (cirql serve user add NAME).
    """
    if (tls_cert is None) != (tls_key is None):
        misuse("--tls-cert and --tls-key go together")
    try:
        from cirql.web.entrance import Entrance

        door = Entrance(host, port, _path(tls_cert), _path(tls_key), _users(users) if tls_cert or users else {})
        door.check()
        with _runtime(scope, local) as runtime:
            from cirql.web.serving import PageServer

            name = "the embedded AWS" if local else "AWS"
            server = PageServer(runtime, door=door, scope=name, is_writable=write_, desk=_desk(queries))
            _until_signal(server, opens=not no_browser and not door.users)
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None
    except OSError as error:
        say(f"error: cannot listen on {host}:{port or 'any port'}: {error.strerror or error}")
        say("hint: choose another port, or leave --port out")
        raise click.exceptions.Exit(1) from None


def _path(given: Path | None) -> str | None:
    return None if given is None else str(given)


def _users(given: Path | None) -> Mapping[str, User]:
    """Who may sign in. Raises SettingsError."""
    from cirql.server.users import read_users

    home = config_home()
    place = given or (None if home is None else home / "users.json")
    return {} if place is None else read_users(place)


def _desk(queries: Path | None) -> DeskPlaces:
    from cirql.web.serving import DeskPlaces

    home = config_home()
    return DeskPlaces(
        queries or (Path("queries") if home is None else home / "queries"), None if home is None else home / "page-history.jsonl"
    )


def _until_signal(server: PageServer, *, opens: bool) -> None:
    """Serve until SIGINT or SIGTERM."""
    ending = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ending)  # taken by sigwait alone, whatever thread they would have met
    try:
        with server:
            if server.admission.users:
                say(f"the page is at {server.address}, for users who sign in; Ctrl-C ends it")
            else:
                link = server.admission.link()
                say(f"the page is at {link}")
                say("the link works once; Ctrl-C ends the page")
                if opens:
                    import webbrowser

                    webbrowser.open(link)
            signal.sigwait(ending)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _runtime(scope: dict[str, Any], local: bool) -> Iterator[Runtime]:
    """A locked runtime over the scope; with `--local`, over a local AWS that runs as long as the block. Raises SettingsError."""
    from tempfile import TemporaryDirectory

    from cirql.cli.local import scoped
    from cirql.local import door
    from cirql.runtime import Runtime
    from cirql.settings import Settings

    with scoped(scope, local) as given, TemporaryDirectory(prefix="cirql-") as folder:
        own = {"journal": f"{folder}/changes.sqlite", "store": f"{folder}/inventory", "max_age": 0} if local else {}
        settings = Settings.load(**given, locked=True, **own)
        with Runtime(settings, cloud=door(settings) if local else None) as runtime:
            yield runtime
