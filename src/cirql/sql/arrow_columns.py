"""Arrow columns from Python values, built from buffers.

`pyarrow.array` would do, but its first call imports pandas wherever that is installed, which costs half a second of start-up.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def column_of(kind: str, values: Sequence[Any]) -> pa.Array[Any]:
    """An Arrow array of the DuckDB type `kind`: VARCHAR, VARCHAR[], BOOLEAN, INTEGER or DOUBLE; None is NULL."""
    makers: dict[str, Callable[[Sequence[Any]], pa.Array[Any]]] = {
        "VARCHAR": _texts,
        "VARCHAR[]": _lists,
        "BOOLEAN": _booleans,
        "INTEGER": _integers,
        "DOUBLE": _doubles,
    }
    return makers[kind](values)


def _validity(values: Sequence[Any]) -> Any:
    return _bits([value is not None for value in values])


def _bits(flags: Sequence[bool]) -> Any:
    import pyarrow as pa

    packed = int("".join("1" if flag else "0" for flag in reversed(flags)) or "0", 2)
    return pa.py_buffer(packed.to_bytes((len(flags) + 7) // 8 or 1, "little"))


def _offsets(sizes: Sequence[int]) -> Any:
    import pyarrow as pa

    return pa.py_buffer(array("i", [0, *accumulate(sizes)]).tobytes())


def _texts(values: Sequence[str | None]) -> pa.Array[Any]:
    import pyarrow as pa

    raw = [(value or "").encode("utf-8", "surrogatepass") for value in values]
    buffers = [_validity(values), _offsets([len(r) for r in raw]), pa.py_buffer(b"".join(raw))]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


def _lists(values: Sequence[Sequence[str | None] | None]) -> pa.Array[Any]:
    import pyarrow as pa

    items = _texts([item for value in values for item in value or ()])
    buffers = [_validity(values), _offsets([len(value or ()) for value in values])]
    return pa.Array.from_buffers(pa.list_(pa.string()), len(values), buffers, children=[items])


def _booleans(values: Sequence[bool | None]) -> pa.Array[Any]:
    import pyarrow as pa

    return pa.Array.from_buffers(pa.bool_(), len(values), [_validity(values), _bits([bool(value) for value in values])])


def _integers(values: Sequence[int | None]) -> pa.Array[Any]:
    import pyarrow as pa

    data = pa.py_buffer(array("i", [value or 0 for value in values]).tobytes())
    return pa.Array.from_buffers(pa.int32(), len(values), [_validity(values), data])


def _doubles(values: Sequence[float | None]) -> pa.Array[Any]:
    import pyarrow as pa

    data = pa.py_buffer(array("d", [value or 0.0 for value in values]).tobytes())
    return pa.Array.from_buffers(pa.float64(), len(values), [_validity(values), data])
