"""Every operation of every service by the spellings that EXEC takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from botocore.loaders import Loader

from cirql.changes.spelling import read_operation, service_model
from cirql.errors import NotSupported
from cirql.names import plural, snake
from tests.sweeps.figures import tell

Spelling = tuple[str, str, str, str]


def _spellings(service: str, name: str) -> Iterator[Spelling]:
    verb, *noun = snake(name).split("_")
    thing = "_".join(noun)
    yield ("aws", service, plural(thing), f"{thing}_{verb.capitalize()}")
    yield ("aws", service, plural(thing), f"{plural(thing)}_{verb.capitalize()}")
    yield ("aws", service, thing, verb)


def test_every_operation_is_reached_by_the_words_of_its_name() -> None:
    counts: Counter[str] = Counter()
    for service in Loader().list_available_services("service-2"):
        for name in service_model(service).operation_names:
            assert read_operation(("aws", service, snake(name)))[1].name == name
            assert read_operation(("aws", service, "anything", name))[1].name == name
            for path in _spellings(service, name) if "_" in snake(name) else ():
                counts["spellings"] += 1
                try:
                    found = read_operation(path)[1].name
                except NotSupported:
                    counts["refused"] += 1
                    continue
                counts["of the other number"] += found != name
    tell("EXEC spellings", counts)
    assert counts["refused"] + counts["of the other number"] < counts["spellings"] / 250
