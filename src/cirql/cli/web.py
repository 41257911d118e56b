"""`cirql web`: a page to ask in, on this machine alone."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from cirql.cli.report import report_error, say
from cirql.cli.scope import options as scope_options
from cirql.errors import Error

if TYPE_CHECKING:
    from cirql.runtime import Runtime
    from cirql.web.serving import PageServer


@click.command("web")
@click.option("--local", is_flag=True, help="Ask the embedded AWS: two accounts and three regions of sample data.")
@scope_options
@click.option("--port", metavar="PORT", default=0, type=click.IntRange(0, 65535), help="The port; without it, any that is free.")
@click.option("--no-browser", is_flag=True, help="Open no browser, and print the link alone.")
@click.option("--write", "write_", is_flag=True, help="Let the page carry out the changes that it has shown, one click more.")
def web(local: bool, scope: dict[str, Any], port: int, no_browser: bool, write_: bool) -> None:
    """Ask in a page: the catalog, an editor, what a statement will cost before it runs, and its rows as they come.

    It is on 127.0.0.1, and opened in your browser by a link that works once; no other page can ask through it. Statements open no file,
    reach no further than the options say, and change nothing, unless --write is given and a plan that was shown is agreed to.
    """
    try:
        with _runtime(scope, local) as runtime:
            from cirql.web.serving import PageServer

            server = PageServer(runtime, port=port, scope="the embedded AWS" if local else "AWS", is_writable=write_)
            _until_signal(server, opens=not no_browser)
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None
    except OSError as error:
        say(f"error: cannot listen on 127.0.0.1:{port}: {error.strerror or error}")
        say("hint: choose another port, or leave --port out")
        raise click.exceptions.Exit(1) from None


def _until_signal(server: PageServer, *, opens: bool) -> None:
    """Serve until SIGINT or SIGTERM."""
    ending = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ending)  # taken by sigwait alone, whatever thread they would have met
    try:
        with server:
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
