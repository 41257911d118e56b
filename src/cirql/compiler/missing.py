"""Missing: the error codes by which each operation says that the thing it was asked for is not there.

From a service's model by rule: the code's own words, the HTTP status 404 that the model gives it, or documentation that says just that.
From the services' habits by overlay (`overlay/answers/missing.toml`): codes that mean this only with certain words in the message
(`ValidationError` of CloudFormation), and codes that name something else than what was asked for (a key that decrypts it).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from botocore.model import OperationModel, Shape

from cirql.catalog.model import Fetch, Role, Table
from cirql.compiler import services
from cirql.startup.records import replace
from cirql.startup.regexes import regex

_NAMED = regex(r"NotFound|NotFond|NoSuch|DoesNotExist|NotExist|Non[Ee]xist|^Unknown(Resource|Monitor|Subscription)")
_NOT_ABSENT = regex(r"Unauthori[sz]ed|Denied|Limit|InProgress|Disabled|NotSupported|Unavailable$|Broadcasting|Internal")
"""Codes that a model gives the status 404, or that speak of absence, and that say something else first."""
_IS_ABSENT = regex(r"(does(n.t| not)|no longer) exist|(can.t|cannot|could not|couldn.t) be found|(was|is)? ?not found", re.IGNORECASE)
_MAYBE = regex(r"\b(or|permission|access|authori[sz]ed|valid|version)\b", re.IGNORECASE)
_TAG = regex(r"<[^<>]{0,200}>")
_HABITS = Path(__file__).parent / "overlay" / "answers" / "missing.toml"


def with_missing(tables: Iterable[Table]) -> list[Table]:
    """The tables, each call for a named thing with its codes, calls that are corrections included."""
    models = cache(lambda service: services.load(service, {}))

    def told(fetch: Fetch) -> Fetch:
        if fetch.service == "cloudcontrol" or fetch.fallback or fetch.not_found:
            return fetch
        if fetch.role is Role.LIST:
            return replace(fetch, not_found=_spelled(_habits()["not_in_use"].get(fetch.service, {})))
        return replace(fetch, not_found=codes(models(fetch.service).operation(fetch.operation)))

    return [replace(t, fetches=tuple(map(told, t.fetches))) for t in tables]


def codes(operation: OperationModel) -> tuple[str, ...]:
    """The codes of an operation that say so, as `Fetch.not_found` has them."""
    service = operation.service_model.service_name
    habits = _habits()
    others = set(habits["of_something_else"])
    found = [_code(shape) for shape in operation.error_shapes if _says_missing(shape) and _code(shape) not in others]
    words = habits["services"].get(service, {}), habits["not_in_use"].get(service, {})
    return tuple(dict.fromkeys((*found, *(entry for some in words for entry in _spelled(some)))))


def _spelled(words: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(f"{code}: {text}" if text else code for code, texts in words.items() for text in texts)


def _code(shape: Shape) -> str:
    code: str = shape.metadata.get("error", {}).get("code", shape.name)
    return code


def _says_missing(shape: Shape) -> bool:
    code = _code(shape)
    if _NAMED.search(code):
        return True
    if _NOT_ABSENT.search(code):
        return False
    if shape.metadata.get("error", {}).get("httpStatusCode") == 404:
        return True
    sentence = _TAG.sub("", shape.documentation or "").strip().partition(". ")[0]
    return bool(_IS_ABSENT.search(sentence)) and not _MAYBE.search(sentence) and len(sentence) < 100


@cache
def _habits() -> dict[str, dict[str, dict[str, list[str]]]]:
    read: dict[str, dict[str, dict[str, list[str]]]] = tomllib.loads(_HABITS.read_text("utf-8"))
    return read
