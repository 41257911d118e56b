"""Writes `docs/cli.md`: every command's help as the program prints it. A test compares the two.

`python -m cirql.cli.reference > docs/cli.md`
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from cirql.cli.main import app

_WIDTH = 100
_INTRODUCTION = """\
# The command line

Written by `python -m cirql.cli.reference`; a test fails while it differs from what the program prints.

## Exit codes

| code | meaning |
|---|---|
| 0 | complete |
| 1 | the statement failed; stderr has `error: …` with the SQLSTATE, the place in the text and a hint, where there are any |
| 2 | wrong usage |
| 3 | rows were returned, but some targets failed; stderr has `failed: <account>/<region>: …` for each |
| 130 | interrupted by Ctrl-C (143: by SIGTERM) |
| 141 | nobody read the rest of the output (`cirql query … \\| head`) |

## Where things go

stdout has the result and nothing else. stderr has notices, failures, errors, `--timing`, and on its last line what `--stats` writes:

```json
{"calls": {"sagemaker:ListImages": 1}, "retries": 0, "throttles": 0, "rows": 12, "wall_ms": 84, "failures": []}
```

`calls` counts requests really sent, retries included. A progress display appears on stderr after one second, if that is a terminal.

## Formats

| `-o` | rows as |
|---|---|
| `table` | a ruled table, wrapped to the terminal; never cut where stdout is no terminal. NULL is dim on a terminal |
| `json` | an array of objects: timestamps in ISO 8601 with `Z`, numbers and booleans native, hstore and JSON nested, BLOB in base64 |
| `jsonl` | the same objects, one to a line, as they come |
| `csv` | RFC 4180 with a header; NULL is an empty field, the empty text `""` |
| `markdown` | a GitHub table |
| `arrow` | an Arrow IPC stream; refused on a terminal |
| `html [FILE]` | one page to send to someone: rows, a chart that the columns suggest, what was not read, how old it is; it loads nothing |
| `parquet FILE` | a Parquet file, complete or not there at all |
"""


def reference() -> str:
    """The text of `docs/cli.md`."""
    return _INTRODUCTION + "".join(f"\n## {title}\n\n```\n{text}\n```\n" for title, text in _helps(app, None, "cirql"))


def _helps(command: click.Command, parent: click.Context | None, name: str) -> Iterator[tuple[str, str]]:
    """The help of a command and of those below it."""
    settings = {**command.context_settings, "terminal_width": _WIDTH, "max_content_width": _WIDTH}
    context = click.Context(command, parent=parent, info_name=name, **settings)
    yield f"`{context.command_path}`", command.get_help(context).rstrip()
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            below = command.get_command(context, child)
            if below is not None:
                yield from _helps(below, context, child)


if __name__ == "__main__":
    sys.stdout.write(reference())
