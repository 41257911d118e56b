"""Pages: the token that asks for the next page of a list, and the mistakes a paging API can make."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from cirql.catalog.model import Paging
from cirql.startup.regexes import regex

_PLAIN_PATH = regex(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*\Z")


class PagingError(Exception):
    """The API would page for ever, or says there is more without saying where."""


MOST_EMPTY = 10_000
"""Pages in a row that bring nothing but a token: filters leave some, no list leaves so many."""
MOST_ALIKE = 100
"""Pages in a row that bring the same."""


class Cursor:
    """Where a paged listing stands. `params` are those of the page to ask for; None after the last page."""

    def __init__(self, params: Mapping[str, Any], paging: Paging | None, *, size: Any = None) -> None:
        self._paging = paging
        self._seen: set[int] = set()
        self._last: Any = None
        self._alike = 0
        self.params: dict[str, Any] | None = dict(params)
        if paging is not None and paging.limit is not None and size is not None and paging.limit not in params:
            self.params = with_value(self.params, paging.limit, size)

    def advance(self, answer: Mapping[str, Any]) -> None:
        """Move to the page after `answer`.

        Raises: PagingError where the token came before, or `more` is promised without a token.
        """
        if self._paging is None or self.params is None:
            self.params = None
            return
        more = None if self._paging.more is None else value_at(answer, self._paging.more)
        tokens = [value_at(answer, path) for path in self._paging.output_tokens]
        if more is False or (more is None and self._paging.more is not None and not any(tokens)):
            self.params = None
            return
        if not any(tokens):
            if more:
                raise PagingError("the answer says that there is more, without a token for it")
            self.params = None
            return
        if self._paging.ends_with_same and tokens == [value_at(self.params, name) for name in self._paging.input_tokens]:
            self.params = None
            return
        self._check_progress(answer)
        mark = hash(repr(tokens))
        if mark in self._seen:
            raise PagingError("the same page token came twice")
        self._seen.add(mark)
        for name, token in zip(self._paging.input_tokens, tokens, strict=True):
            if token is None:
                self.params = without_value(self.params, name)
            else:
                self.params = with_value(self.params, name, token)

    def _check_progress(self, answer: Mapping[str, Any]) -> None:
        """Refuse a list that goes on for ever under fresh tokens. Raises: PagingError."""
        assert self._paging is not None
        brought: Mapping[str, Any] = answer
        for path in self._paging.output_tokens:
            brought = without_value(brought, path)
        self._alike = self._alike + 1 if brought == self._last else 0
        self._last = brought
        most = MOST_ALIKE if _has_items(brought) else MOST_EMPTY
        if self._alike >= most:
            raise PagingError(f"{most} pages in a row were the same, each with a new token for the next")


def _has_items(value: Any) -> bool:
    """Whether there is a list with something in it; what a page says of itself (an owner, a count) is not what it brings."""
    if isinstance(value, Mapping):
        return any(map(_has_items, value.values()))
    return isinstance(value, list) and bool(value)


def value_at(answer: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, or at a JMESPath expression as a few of botocore's paginators have it; None where there is none."""
    if not _PLAIN_PATH.match(path):
        import jmespath  # type: ignore[import-untyped]

        return jmespath.search(path, answer)
    value: Any = answer
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def with_value(params: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of request parameters with the member at a dotted path set."""
    head, _, rest = path.partition(".")
    inner = params.get(head)
    if rest:
        value = with_value(inner if isinstance(inner, Mapping) else {}, rest, value)
    return {**params, head: value}


def without_value(params: Mapping[str, Any], path: str) -> dict[str, Any]:
    """A copy of request parameters without the member at a dotted path."""
    head, _, rest = path.partition(".")
    if rest and isinstance(params.get(head), Mapping):
        return {**params, head: without_value(params[head], rest)}
    return {name: copy.copy(value) for name, value in params.items() if name != head}
