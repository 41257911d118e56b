"""The demo world's native objects, as data: `demo_world/<service>.toml` holds the calls that make a service's part of it.

A file says what it `needs` (services made before it), its `scope` (`region`; `account`: once, in the home region; `regions`: all regions
of an account together, for what is listed together) and its steps. A step is a `call` `with` members, for each row of `for`, on a `day`
counted from the world's epoch; `accounts` and `regions` say where alone it is made, and `keep` under which names parts of the answer are
known to later steps. `{name}` stands for a value of the row, a kept one, `account`, `region` or `number` (of the place).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from cirql.localcloud.demo import EPOCH, IMAGES, REGIONS
from cirql.localcloud.expressions import evaluate
from cirql.localcloud.images import AccountRegion
from cirql.localcloud.members import as_input, package
from cirql.localcloud.moto_client import MotoClient, SteadyClock, operation_model
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

HOME = REGIONS[0]
_DAY = 86400.0
_NAME = regex(r"\{([\w-]+)\}")
Kept = dict[AccountRegion, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class DemoPart:
    """One service's part of the demo world."""

    service: str
    needs: tuple[str, ...]
    scope: str
    steps: tuple[Mapping[str, Any], ...]

    def home_of(self, place: AccountRegion) -> AccountRegion:
        """The place whose part a call in `place` sees."""
        return place if self.scope == "region" else AccountRegion(place.account, HOME)

    def places(self, place: AccountRegion) -> list[AccountRegion]:
        """Where its steps are made for a home: in each of the demo's regions, or there alone."""
        return [AccountRegion(place.account, region) for region in (REGIONS if self.scope == "regions" else [place.region])]

    def make(self, moto: MotoClient, clock: SteadyClock, place: AccountRegion, kept: Kept) -> None:
        """Make this part in one place. Raises RuntimeError where moto refuses a step."""
        for here in self.places(place):
            known = kept.setdefault(here, {})
            for step in self.steps:
                for row in _rows(step, here):
                    values = {**_builtins(here), **kept.get(AccountRegion(place.account, HOME), {}), **known, **row}
                    values = {**values, **{name: _filled(value, values) for name, value in row.items()}}
                    clock.move(EPOCH + row.get("day", step.get("day", 0)) * _DAY)
                    answer = moto.call(here, self.service, step["call"], **self._members(step, values))
                    known |= {str(_filled(name, values)): evaluate(path, answer) for name, path in step.get("keep", {}).items()}

    def _members(self, step: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
        shape = operation_model(self.service, step["call"]).input_shape
        filled = {name: _filled(value, values) for name, value in step["with"].items()}
        return {name: as_input(shape.members[name], value) for name, value in filled.items() if value is not None}


@cache
def demo_parts() -> Mapping[str, DemoPart]:
    """The parts by service."""
    found = {}
    for file in resources.files("cirql.localcloud").joinpath("demo_world").iterdir():
        service = file.name.removesuffix(".toml")
        if service != file.name:
            data = tomllib.loads(file.read_text("utf-8"))
            found[service] = DemoPart(service, tuple(data.get("needs", ())), data.get("scope", "region"), tuple(data["step"]))
    return found


def _rows(step: Mapping[str, Any], place: AccountRegion) -> Iterator[Mapping[str, Any]]:
    """The rows that a step is made for in a place."""
    for row in step.get("for", [{}]):
        if place.account in step.get("accounts", [place.account]) and place.region in row.get(
            "regions", step.get("regions", [place.region])
        ):
            yield row


def _builtins(place: AccountRegion) -> dict[str, Any]:
    return {
        "account": place.account,
        "region": place.region,
        "number": list(IMAGES).index(place) + 1,
        "location": None if place.region == HOME else {"LocationConstraint": place.region},
        "package": package({"app.py": "def handler(event, context):\n    return event\n"}),
        "kilobyte": b"\0" * 1024,
        "key": None,
    }


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    """A value with its names replaced; a text that is one name alone becomes what that stands for."""
    if isinstance(value, str):
        whole = _NAME.fullmatch(value)
        return values[whole.group(1)] if whole else _NAME.sub(lambda match: str(values[match.group(1)]), value)
    if isinstance(value, Mapping):
        return {_filled(name, values): _filled(item, values) for name, item in value.items()}
    return [_filled(item, values) for item in value] if isinstance(value, list) else value
