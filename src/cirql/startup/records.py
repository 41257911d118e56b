"""Records: the standard library's dataclasses, whose methods are written when they are first called.

A start of the program makes more than a hundred of these classes and instances of a third of them; the standard decorator compiles six
functions for each, which was a fifth of the start. Fields, slots and all that is said about a class are the standard library's own.
For the type checker this is `dataclasses` itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING as MISSING
from dataclasses import asdict as asdict
from dataclasses import dataclass as _standard
from dataclasses import field as field
from dataclasses import fields as fields
from dataclasses import replace as replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

_COMPARISONS = ("lt", "le", "gt", "ge")
_NOTHING: Any = object()


class _Later:
    """A method that is made the first time that it is asked for, and is an ordinary one from then on."""

    __slots__ = ("_make", "_name", "_owner")

    def __init__(self, owner: type, name: str, make: Callable[[type], Callable[..., Any]]) -> None:
        self._owner, self._name, self._make = owner, name, make

    def __get__(self, instance: Any, kind: type | None = None) -> Any:
        method: Any = self._make(self._owner)
        method.__name__, method.__qualname__ = self._name, f"{self._owner.__qualname__}.{self._name}"
        method.__module__ = self._owner.__module__
        setattr(self._owner, self._name, method)
        return method.__get__(instance, kind)


def _record(cls: Any = None, /, *, frozen: bool = False, slots: bool = False, order: bool = False, **more: Any) -> Any:
    """`dataclasses.dataclass`, whose methods are made later. What it is not made for, the standard one does."""
    if cls is None:
        return lambda decorated: _record(decorated, frozen=frozen, slots=slots, order=order, **more)
    if more:
        return _standard(cls, frozen=frozen, slots=slots, order=order, **more)
    own = set(vars(cls))
    if not cls.__doc__:
        cls.__doc__ = cls.__name__  # else the standard one would work out a signature to say here
    made: Any = _standard(init=False, repr=False, eq=False, slots=slots)(cls)
    _methods(made, own, frozen=frozen, slots=slots, order=order)
    return made


def _methods(made: Any, own: set[str], *, frozen: bool, slots: bool, order: bool) -> None:
    """Give a class the methods of a dataclass, but those that it has of its `own`."""
    methods: dict[str, Any] = {"__init__": lambda owner: _init(owner, frozen, slots), "__repr__": _repr, "__eq__": _eq}
    if order:
        methods |= {f"__{word}__": _ordering(word) for word in _COMPARISONS}
    for name, make in methods.items():
        if name not in own:
            setattr(made, name, _Later(made, name, make))
    if "__hash__" not in own or ("__eq__" in own and vars(made)["__hash__"] is None):
        made.__hash__ = _Later(made, "__hash__", _hash) if frozen else None
    if frozen:
        made.__setattr__, made.__delattr__ = _refuse_to_assign, _refuse_to_delete
        if slots:
            made.__getstate__, made.__setstate__ = _state, _set_state


def _parameter(field: dataclasses.Field[Any]) -> str:
    given = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    return f"{field.name}=_default_{field.name}" if given else field.name


def _init(owner: type, frozen: bool, slots: bool) -> Callable[..., Any]:
    """`__init__`, as text like the standard library's: parameters and assignments in the order of the fields."""
    names: dict[str, Any] = {"_nothing": _NOTHING, "_set": object.__setattr__}
    positional: list[str] = []
    by_name: list[str] = []
    body: list[str] = []
    for each in dataclasses.fields(owner):
        name, has_factory = each.name, each.default_factory is not dataclasses.MISSING
        names[f"_factory_{name}"] = each.default_factory
        names[f"_default_{name}"] = _NOTHING if has_factory else each.default
        if each.init:
            (by_name if each.kw_only else positional).append(_parameter(each))
            value = f"_factory_{name}() if {name} is _nothing else {name}" if has_factory else name
        elif has_factory:
            value = f"_factory_{name}()"
        elif slots and each.default is not dataclasses.MISSING:
            value = f"_default_{name}"
        else:
            continue
        body.append(f"_set(_self, {name!r}, {value})" if frozen else f"_self.{name} = {value}")
    if hasattr(owner, "__post_init__"):
        body.append("_self.__post_init__()")
    parameters = ", ".join(["_self", *positional, *(["*", *by_name] if by_name else [])])
    exec(f"def __init__({parameters}):\n " + "\n ".join(body or ["pass"]), names)
    return names["__init__"]  # type: ignore[no-any-return]


def _compared(owner: type) -> Callable[[Any], Any]:
    names = [f.name for f in dataclasses.fields(owner) if f.compare]
    return attrgetter(*names) if names else lambda self: ()


def _eq(owner: type) -> Callable[..., Any]:
    values = _compared(owner)
    return lambda self, other: values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented


def _ordering(word: str) -> Callable[[type], Callable[..., Any]]:
    import operator

    compare = getattr(operator, word)

    def make(owner: type) -> Callable[..., Any]:
        values = _compared(owner)
        return lambda self, other: compare(values(self), values(other)) if other.__class__ is self.__class__ else NotImplemented

    return make


def _hash(owner: type) -> Callable[..., Any]:
    all_of_them = dataclasses.fields(owner)
    names = [f.name for f in all_of_them if (f.compare if f.hash is None else f.hash)]
    values = attrgetter(*names) if names else lambda self: ()
    return lambda self: hash(values(self))


def _repr(owner: type) -> Callable[..., Any]:
    from reprlib import recursive_repr

    names = [f.name for f in dataclasses.fields(owner) if f.repr]
    return recursive_repr()(lambda self: f"{self.__class__.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})")


def _refuse_to_assign(self: Any, name: str, value: Any) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, f.name) for f in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for each, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


@contextmanager
def for_all() -> Iterator[None]:
    """Within the block, whoever imports the standard decorator gets this one: for a library that has many such classes."""
    standard = dataclasses.dataclass
    dataclasses.dataclass = _record
    try:
        yield
    finally:
        dataclasses.dataclass = standard


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = _record
