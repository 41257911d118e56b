"""What a request brings, read: texts, numbers, which rows are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cirql.errors import InvalidText
from cirql.web.rows import RowsWanted


def text(given: Mapping[str, Any], name: str) -> str:
    """A text; "" where there is none. Raises InvalidText."""
    found = given.get(name, "")
    if not isinstance(found, str):
        raise InvalidText(f"{name} is no text")
    return found


def texts(given: Mapping[str, Any], name: str) -> list[str]:
    """A list of texts. Raises InvalidText."""
    found = given.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise InvalidText(f"{name} is no list of texts")
    return found


def number(given: Mapping[str, Any], name: str, otherwise: int = 0) -> int:
    """A number from 0. Raises InvalidText."""
    try:
        return max(0, int(given.get(name, otherwise)))
    except (TypeError, ValueError):
        raise InvalidText(f"{name} is no number") from None


def wanted(given: Mapping[str, Any]) -> RowsWanted:
    """Which rows, in which order. Raises InvalidText."""
    column = text(given, "sort")
    return RowsWanted(
        number(given, "from"),
        number(given, "count", 200),
        int(column) if column.isdigit() else None,
        given.get("descending") == "1",
        text(given, "words"),
    )
