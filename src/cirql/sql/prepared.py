"""PREPARE, EXECUTE and DEALLOCATE, read from the text: the grammar underneath has no node for them."""

from __future__ import annotations

import re

from cirql.errors import NotSupported
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

_NAME = r'(?P<name>\w++|"(?:[^"]|"")++")'
_PREPARE = regex(
    rf"\s*+PREPARE\s++{_NAME}\s*+(?:\((?P<types>[^()]*+(?:\([^()]*+\)[^()]*+)*+)\)\s*+)?AS\b(?P<body>.*)", re.IGNORECASE | re.DOTALL
)
_EXECUTE = regex(rf"\s*+EXECUTE\s++{_NAME}\s*+(?:\((?P<arguments>.*)\))?\s*+;?\s*+\Z", re.IGNORECASE | re.DOTALL)
_DEALLOCATE = regex(rf"\s*+DEALLOCATE\s++(?:PREPARE\s++)?{_NAME}\s*+;?\s*+\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prepare:
    """`PREPARE name (types) AS body`."""

    name: str
    types: tuple[str, ...]
    body: str


@dataclass(frozen=True, slots=True)
class Execute:
    """`EXECUTE name (arguments)`: the arguments as SQL text, to be evaluated as a row."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Deallocate:
    """`DEALLOCATE name` (or ALL)."""

    name: str


def read(text: str) -> Prepare | Execute | Deallocate | None:
    """What a text says of prepared statements; None where it is something else."""
    if match := _PREPARE.fullmatch(text):
        if not match["body"].strip():
            raise NotSupported("PREPARE needs a statement", hint="write PREPARE name AS SELECT …")
        types = tuple(t.strip() for t in (match["types"] or "").split(",") if t.strip())
        return Prepare(_named(match["name"]), types, match["body"])
    if match := _EXECUTE.fullmatch(text):
        return Execute(_named(match["name"]), (match["arguments"] or "").strip())
    if match := _DEALLOCATE.fullmatch(text):
        return Deallocate(_named(match["name"]))
    return None


def _named(written: str) -> str:
    return written[1:-1].replace('""', '"') if written.startswith('"') else written.lower()
