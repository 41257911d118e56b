"""`cirql trust`: say that the settings of a folder's `cirql.toml` are meant, before they may choose hosts, keys or files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cirql.cli.report import misuse, report_error
from cirql.cli.streams import tell
from cirql.errors import Error, without_user

if TYPE_CHECKING:
    from cirql.settings.trust import ConfigFile

_MOST_SHOWN = 200


@click.command("trust")
@click.argument("folder", metavar="[FOLDER]", required=False, type=click.Path(path_type=Path), help="The working directory by default.")
@click.option("--forget", is_flag=True, help="Take the word back.")
@click.option("--list", "list_", is_flag=True, help="List the files that were trusted.")
def trust(folder: Path | None, forget: bool, list_: bool) -> None:
    """Trust the settings of the cirql.toml in a folder, as its text is now.

    Without that, such a file may set regions, dialect, ages and timeouts. It may not say which keys are used, which host gets the requests,
    what may be changed, or where files are: it may have come with a repository.
    """
    from cirql.settings.trust import CONFIG_FILE, read_folder, trusted_files
    from cirql.settings.trust import forget as forget_folder
    from cirql.settings.trust import trust as trust_file

    where = folder or Path()
    try:
        if list_:
            for path in trusted_files():
                tell(path)
        elif forget:
            tell("forgotten" if forget_folder(where) else "it was not trusted")
        else:
            file = read_folder(where)
            if file is None:
                misuse(f"there is no {CONFIG_FILE} in {where.resolve()}")
            lines = list(_settings(file))
            trust_file(file)
            tell(f"trusted: {file.path.resolve()}")
            for line in lines:
                tell(f"  {line}")
    except Error as error:
        report_error(error)
        raise click.exceptions.Exit(1) from None


def _settings(file: ConfigFile) -> list[str]:
    return [f"{name} = {shown(value)}" for name, value in file.values().items()]


def shown(value: Any) -> str:
    """A setting's value as it is told: without the user and password of a URL, and bounded."""
    text = ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    text = without_user(text)
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"
