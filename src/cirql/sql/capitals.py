"""JSON whose members are given capitals: `{"networkMode": "awsvpc"}` as `{"NetworkMode": "awsvpc"}`."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any


def with_capitals(document: str, kept: str) -> str:
    """The document with a capital at the beginning of each member's name.

    `kept` are the dotted paths, with commas between, of maps, whose own keys stay; with `!` behind a path nothing below changes.
    """
    maps, verbatim = _paths(kept)

    def spelled(value: Any, path: tuple[str, ...]) -> Any:
        if path in verbatim:
            return value
        if isinstance(value, list):
            return [spelled(item, path) for item in value]
        if not isinstance(value, dict):
            return value
        if path in maps:
            return {key: spelled(inner, (*path, "*")) for key, inner in value.items()}
        return {key[:1].upper() + key[1:]: spelled(inner, (*path, key)) for key, inner in value.items()}

    return json.dumps(spelled(json.loads(document), ()), ensure_ascii=False)


@lru_cache(maxsize=512)
def _paths(kept: str) -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]]:
    written = kept.split(",") if kept else []
    paths = [(tuple(p.removesuffix("!").split(".")) if p.removesuffix("!") else (), p.endswith("!")) for p in written]
    return frozenset(p for p, whole in paths if not whole), frozenset(p for p, whole in paths if whole)
