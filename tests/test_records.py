"""Records behave as the standard library's dataclasses, though their methods are made when they are first called."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cirql.startup import records

SOURCES = Path(__file__).parents[1] / "src"


def both(make: Callable[[Any], type]) -> list[Any]:
    """A class as each of the two decorators makes it."""
    return [make(dataclasses.dataclass), make(records.dataclass)]


def plain(decorate: Any) -> type:
    @decorate(frozen=True, slots=True, order=True)
    class Volume:
        """A volume."""

        name: str
        size: int = 8
        tags: dict[str, str] = dataclasses.field(default_factory=dict, compare=False)
        secret: str = dataclasses.field(default="", repr=False)

    return Volume


def checked(decorate: Any) -> type:
    @decorate(slots=True)
    class Counter:
        """A counter."""

        start: int
        steps: list[int] = dataclasses.field(default_factory=list)
        total: int = dataclasses.field(init=False, default=0)

        def __post_init__(self) -> None:
            self.total = self.start

        def __repr__(self) -> str:
            return f"at {self.total}"

    return Counter


def heir(decorate: Any) -> type:
    base = plain(decorate)

    @decorate(frozen=True, slots=True)
    class Boot(base):  # type: ignore[misc, valid-type]  # made by either decorator
        device: str = "sda"
        size: int = 16

    return Boot


def observed(cls: Any) -> list[Any]:
    """What one sees of a class of volumes."""
    a, b = cls("a", tags={"k": "v"}), cls("a", secret="s")
    seen: list[Any] = [repr(a), a == b, a == cls("a", tags={}), a < cls("b"), a == "a", hash(a) == hash(cls("a"))]
    seen += [cls.__match_args__, [f.name for f in dataclasses.fields(cls)]]
    seen += [
        dataclasses.asdict(a),
        repr(dataclasses.replace(a, size=9)),
        repr(copy.copy(a)),
        repr(copy.deepcopy(a)),
        hasattr(a, "__dict__"),
    ]
    for attempt in (lambda: setattr(a, "name", "x"), lambda: delattr(a, "name"), lambda: cls(), lambda: cls("a", nope=1)):
        try:
            attempt()
        except (dataclasses.FrozenInstanceError, TypeError) as error:
            seen.append((type(error).__name__, str(error).replace(cls.__qualname__, "C")))
    return seen


@pytest.mark.parametrize("make", [plain, heir])
def test_a_record_is_seen_as_the_standard_dataclass_is(make: Callable[[Any], type]) -> None:
    standard, ours = (observed(cls) for cls in both(make))
    assert ours == standard


def test_a_changeable_record_runs_its_own_checks_and_keeps_its_own_methods() -> None:
    for cls in both(checked):
        counter = cls(3)
        counter.total += 1
        assert (repr(counter), counter.steps, cls(1).steps is cls(1).steps) == ("at 4", [], False)
        assert cls.__hash__ is None


def test_parameters_keep_their_names_and_order() -> None:
    standard, ours = (list(inspect.signature(cls).parameters) for cls in both(heir))
    assert ours == standard


@records.dataclass(frozen=True, slots=True)
class Pickled:
    """At the module's level, where pickle finds it."""

    name: str
    size: int = 8


def test_a_frozen_record_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Pickled("a", 9))) == Pickled("a", 9)


def test_a_method_is_an_ordinary_function_once_it_was_called() -> None:
    cls: Any = plain(records.dataclass)
    assert not inspect.isfunction(vars(cls)["__init__"])
    cls("a")
    assert inspect.isfunction(vars(cls)["__init__"])
    assert not inspect.isfunction(vars(cls)["__eq__"])


def test_a_library_that_is_imported_meanwhile_gets_records_and_others_do_not() -> None:
    standard = dataclasses.dataclass
    with records.for_all():
        during = dataclasses.dataclass
    assert during is not standard
    assert dataclasses.dataclass is standard


def test_every_dataclass_of_the_program_is_a_record() -> None:
    others = [
        path.name
        for path in SOURCES.rglob("*.py")
        if path.name != "records.py" and ("from dataclasses import" in path.read_text() or "import dataclasses" in path.read_text())
    ]
    assert others == []
