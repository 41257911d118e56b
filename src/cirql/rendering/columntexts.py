"""The texts of whole columns at once, as Arrow: what `encode.to_texts` gives value by value, for looking through a million of them.

Arrow writes almost every value as Python does. Those that it would write otherwise (exponents, escapes) are left to Python, one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cirql.rendering.encode import plain_moment, to_texts

if TYPE_CHECKING:
    import pyarrow as pa

_PUNCTUATION = re.compile(r"\s*([}\]])|([{\[,:])\s*")


def column_texts(column: pa.Array, type_name: str) -> pa.Array:
    """The text of each value, as it is shown; NULL where there is none."""
    made = _written(column, type_name)
    if made is None:
        return _texts(column, type_name)
    texts, otherwise = made
    return texts if otherwise is None else _corrected(texts, otherwise, column, type_name)


def holding(column: pa.Array, type_name: str, words: str) -> pa.Array:
    """Of each value whether its text has these words in it, in capitals or not; false for NULL.

    JSON is looked through as it is kept: blanks beside its punctuation make no difference.
    """
    import pyarrow.compute as pc

    if type_name != "JSON":
        found = pc.match_substring(column_texts(column, type_name), words, ignore_case=True)
        return pc.fill_null(found, False)
    kept = _storage(column)
    found = pc.match_substring_regex(kept, _blanks_aside(words), ignore_case=True)
    escaped = pc.match_substring(kept, "\\u")
    if pc.any(escaped).as_py():
        rest = pc.match_substring(_texts(column.filter(escaped), type_name), words, ignore_case=True)
        found = pc.replace_with_mask(found, pc.fill_null(escaped, False), rest)
    return pc.fill_null(found, False)


def sortable(column: pa.Array, type_name: str) -> pa.Array:
    """Values that can be put in order: themselves where Arrow can, else their texts."""
    import pyarrow.types as kinds

    if type_name == "JSON":
        return _storage(column)
    plain = (kinds.is_integer, kinds.is_floating, kinds.is_decimal, kinds.is_temporal, kinds.is_boolean, kinds.is_string)
    if any(holds(column.type) for holds in plain) and not kinds.is_interval(column.type):
        return column
    return column_texts(column, type_name)


def _storage(column: pa.Array) -> pa.Array:
    return getattr(column, "storage", column)


def _texts(column: pa.Array, type_name: str) -> pa.Array:
    import pyarrow as pa

    return pa.array(to_texts(column, type_name, plain_moment), pa.string())


def _corrected(texts: pa.Array, otherwise: pa.Array, column: pa.Array, type_name: str) -> pa.Array:
    """The texts, but those that Arrow writes otherwise than Python."""
    import pyarrow.compute as pc

    otherwise = pc.fill_null(otherwise, False)
    if not pc.any(otherwise).as_py():
        return texts
    return pc.replace_with_mask(texts, otherwise, _texts(column.filter(otherwise), type_name))


def _written(column: pa.Array, type_name: str) -> tuple[pa.Array, pa.Array | None] | None:
    """What Arrow writes for a column, and which of it Python would write otherwise; None where only Python can."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    kind = column.type
    if kinds.is_string(kind):
        return column, None
    if type_name in ("HUGEINT", "UHUGEINT", "JSON"):
        return None
    if kinds.is_boolean(kind) or kinds.is_integer(kind) or kinds.is_date32(kind):
        return column.cast(pa.string()), None
    if kinds.is_decimal(kind):
        texts = column.cast(pa.string())
        return texts, pc.match_substring(texts, "E")
    if kinds.is_float32(kind) or kinds.is_float64(kind):
        wide = column.cast(pa.float64())
        texts = pc.replace_substring_regex(wide.cast(pa.string()), r"^(-?[0-9]+)$", r"\1.0")
        otherwise = pc.or_(pc.match_substring_regex(texts, "[en]"), pc.greater_equal(pc.abs(wide), 1e15))
        return texts, pc.or_(otherwise, pc.and_(pc.less(pc.abs(wide), 1e-3), pc.not_equal(wide, 0.0)))
    if kinds.is_timestamp(kind):
        return _moments(column), None
    if kinds.is_map(kind) and type_name == "hstore":
        return _objects(column)
    return None


def _moments(column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.timestamp("us")).cast(pa.string())
    texts = pc.replace_substring_regex(texts, r"\.000000$", "")
    return pc.binary_join_element_wise(texts, "+00", "") if column.type.tz else texts


def _objects(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Maps of texts as JSON; of those with characters that JSON escapes, that they have some."""
    import pyarrow as pa
    import pyarrow.compute as pc

    flat: Callable[..., Any] = pc.binary_join_element_wise
    keys, items = column.keys, column.items
    values = pc.fill_null(flat('"', items, '"', ""), "null")
    members = flat('"', keys, '": ', values, "")
    offsets, mask = column.offsets, column.is_null()
    texts = flat("{", pc.binary_join(pa.ListArray.from_arrays(offsets, members, mask=mask), ", "), "}", "")
    escaped = r'[\\"\x00-\x1f\x7f]'
    odd = pc.or_(pc.match_substring_regex(keys, escaped), pc.fill_null(pc.match_substring_regex(items, escaped), False))
    each = pa.ListArray.from_arrays(offsets, odd.cast(pa.int8()).cast(pa.string()), mask=mask)
    return texts, pc.match_substring(pc.binary_join(each, ""), "1")


def _blanks_aside(words: str) -> str:
    """Words as a pattern over JSON, that does not mind blanks beside what JSON punctuates with."""
    parts: list[str] = []
    at = 0
    for found in _PUNCTUATION.finditer(words):
        parts.append(_escaped(words[at : found.start()]))
        parts.append(rf"\s*\{found[1]}" if found[1] else rf"\{found[2]}\s*")
        at = found.end()
    return "".join((*parts, _escaped(words[at:])))


def _escaped(text: str) -> str:
    """As RE2 escapes: Python's `re.escape`, but characters beyond ASCII and line ends stand for themselves."""
    return "".join(rf"\{c}" if c.isascii() and not c.isalnum() and c.isprintable() and c != "_" else c for c in text)
