"""From key values to request parameters, in the form the operation's inputs say."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from typing import Any

from cirql.catalog.model import Fetch, Input
from cirql.errors import TypeMismatch
from cirql.plan.documents import filter_of, sent_texts
from cirql.plan.model import TextAt


def request(fetch: Fetch, values: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of one call. `values` maps column to value (a list of values for a batched input)."""
    params: dict[str, Any] = copy.deepcopy(dict(fetch.constants)) if fetch.constants else {}
    for given in fetch.inputs:
        if given.operator == "=" and given.column in values and values[given.column] is not None:
            value = values[given.column]
            if given.is_text:
                value = [_text(v) for v in value] if isinstance(value, list) else _text(value)
            _put(params, given, _parsed(given, value) if given.is_structured and isinstance(value, str) else value)
    for name in fetch.json_params:
        if name in params:
            params[name] = json.dumps(params[name], separators=(",", ":"))
    return params


def narrowed(fetch: Fetch, params: dict[str, Any], texts: Iterable[TextAt]) -> dict[str, Any]:
    """The parameters with the filters that say, of members of the rows, what the statement's conditions say of them."""
    found = list(sent_texts(fetch, texts))
    if not found:
        return params
    given = dict(params)
    for text, filtered in found:
        name, values = filtered.filter_form
        item = {name: filter_of(filtered, text), values: list(text.values)}
        given[filtered.param] = [*given.get(filtered.param, ()), item]
    return given


def unfiltered(fetch: Fetch, params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a call without its named filters, which only spare work."""
    named = {i.param for i in fetch.inputs if i.filter_name is not None and not i.required}
    return {name: value for name, value in params.items() if name not in named or name in fetch.constants}


def _parsed(given: Input, text: str) -> Any:
    """A structured request member from the JSON that the query gives.

    Raises:
        TypeMismatch: it is no JSON object or array.
    """
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict | list):
        raise TypeMismatch(f"{given.column} must be a JSON object or array, not {text!r}", hint=f"{given.param} is structured")
    return value


def _put(params: dict[str, Any], given: Input, value: Any) -> None:
    if given.filter_name is not None:
        values = value if isinstance(value, list) else [value]
        params.setdefault(given.param, []).append(
            dict(zip(given.filter_form, (given.filter_name, [_text(v) for v in values]), strict=True))
        )
        return
    at = params
    *outer, last = given.param.split(".")
    for name in outer:
        at = at.setdefault(name, {})
    at[last] = value if given.batch == 1 or isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
