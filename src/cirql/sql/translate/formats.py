"""to_char's templates: PostgreSQL's patterns for moments and numbers, written out as DuckDB expressions.

See https://www.postgresql.org/docs/current/functions-formatting.html
"""

from __future__ import annotations

import re

from sqlglot import exp

from cirql.errors import NotSupported
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.nodes import as_type, call, number, text, type_of, typed
from cirql.startup.regexes import regex

_PATTERNS = [
    "HH24",
    "HH12",
    "HH",
    "MI",
    "SSSSS",
    "SSSS",
    "SS",
    "MS",
    "US",
    "AM",
    "PM",
    "am",
    "pm",
    "A.M.",
    "P.M.",
    "a.m.",
    "p.m.",
    "Y,YYY",
    "YYYY",
    "YYY",
    "YY",
    "Y",
    "IYYY",
    "IYY",
    "IY",
    "I",
    "MONTH",
    "Month",
    "month",
    "MON",
    "Mon",
    "mon",
    "MM",
    "DAY",
    "Day",
    "day",
    "DY",
    "Dy",
    "dy",
    "DDD",
    "DD",
    "D",
    "IDDD",
    "ID",
    "IW",
    "WW",
    "W",
    "CC",
    "J",
    "Q",
    "TZ",
    "tz",
    "TZH",
    "TZM",
    "OF",
    "FF1",
    "FF2",
    "FF3",
    "FF4",
    "FF5",
    "FF6",
]
_TOKEN = regex(
    r'"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)|(FM|fm)?('
    + "|".join(re.escape(p) for p in sorted(_PATTERNS, key=len, reverse=True))
    + r")(TH|th)?|(.)",
    re.DOTALL,
)
_DIRECT = {
    "YYYY": "%Y",
    "YY": "%y",
    "MM": "%m",
    "DD": "%d",
    "HH24": "%H",
    "HH12": "%I",
    "HH": "%I",
    "MI": "%M",
    "SS": "%S",
    "MS": "%g",
    "US": "%f",
    "Mon": "%b",
    "Dy": "%a",
    "DDD": "%j",
    "IYYY": "%G",
    "IW": "%V",
    "AM": "%p",
    "PM": "%p",
}
_UNPADDED = {
    "MM": "%-m",
    "DD": "%-d",
    "HH24": "%-H",
    "HH12": "%-I",
    "HH": "%-I",
    "MI": "%-M",
    "SS": "%-S",
    "DDD": "%-j",
    "Month": "%B",
    "Day": "%A",
}
_CASED = {
    "MONTH": ("%B", "upper"),
    "Month": ("%B", ""),
    "month": ("%B", "lower"),
    "DAY": ("%A", "upper"),
    "Day": ("%A", ""),
    "day": ("%A", "lower"),
    "MON": ("%b", "upper"),
    "mon": ("%b", "lower"),
    "DY": ("%a", "upper"),
    "dy": ("%a", "lower"),
    "am": ("%p", "lower"),
    "pm": ("%p", "lower"),
}
_COMPUTED = {"Q": "quarter", "CC": "century", "ID": "isodow"}
_FOLDED = {p.lower(): p for p in _PATTERNS if p.isupper() and p not in ("MONTH", "MON", "DAY", "DY", "AM", "PM", "TZ", "A.M.", "P.M.")}


def moment_text(value: exp.Expr, template: str) -> exp.Expr:
    """to_char(moment, template). Raises NotSupported for patterns without a translation."""
    pieces: list[str | exp.Expr] = []
    for match in _TOKEN.finditer(_upper_patterns(template)):
        quoted, fill, pattern, suffix, other = match.groups()
        if quoted is not None:
            pieces.append(_escaped(re.sub(r"\\(.)", r"\1", quoted)))
        elif pattern is not None:
            if suffix:
                raise NotSupported(f"to_char with {pattern}{suffix} is not supported")
            pieces.append(_piece(value, pattern, bool(fill)))
        else:
            pieces.append(_escaped(other))
    merged: list[exp.Expr] = []
    pending = ""
    for piece in pieces:
        if isinstance(piece, str):
            pending += piece
            continue
        if pending:
            merged.append(call("strftime", value.copy(), text(pending), type=st.TEXT))
            pending = ""
        merged.append(piece)
    if pending or not merged:
        merged.append(call("strftime", value.copy(), text(pending), type=st.TEXT))
    result = merged[0]
    for piece_node in merged[1:]:
        result = exp.DPipe(this=result, expression=piece_node, safe=True)
    return typed(exp.Paren(this=result), st.TEXT) if len(merged) > 1 else result


def _upper_patterns(template: str) -> str:
    """Numeric patterns are case-insensitive: `yyyy-mm-dd` is `YYYY-MM-DD`."""
    folded = sorted(_FOLDED, key=len, reverse=True)
    names = re.compile(
        r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))|((?i:month|mon|day|dy)|am|pm|tz|a\.m\.|p\.m\.)|(' + "|".join(map(re.escape, folded)) + ")"
    )
    return names.sub(lambda m: m[1] or m[2] or _FOLDED[m[3]], template)


def _escaped(written: str) -> str:
    return written.replace("%", "%%")


def _piece(value: exp.Expr, pattern: str, fill: bool) -> str | exp.Expr:
    if pattern in _CASED:
        strf, case = _CASED[pattern]
        piece: exp.Expr = call("strftime", value.copy(), text(strf), type=st.TEXT)
        piece = call(case, piece, type=st.TEXT) if case else piece
        padded = pattern.lower() in ("month", "day") and not fill
        return call("cirql_rpad_free", piece, number(9), type=st.TEXT) if padded else piece
    if fill and pattern in _UNPADDED:
        return _UNPADDED[pattern]
    if pattern in _DIRECT:
        return _DIRECT[pattern]
    if pattern in _COMPUTED:
        return as_type(call("date_part", text(_COMPUTED[pattern]), value.copy()), st.TEXT)
    macro = _MACROS.get(pattern)
    if macro is None:
        raise NotSupported(f"to_char with the pattern {pattern} is not supported")
    return call(macro, value.copy(), type=st.TEXT)


_MACROS = {
    "J": "cirql_char_j",
    "D": "cirql_char_d",
    "W": "cirql_char_w",
    "WW": "cirql_char_ww",
    "SSSS": "cirql_char_ssss",
    "SSSSS": "cirql_char_ssss",
    "Y": "cirql_char_y",
    "YYY": "cirql_char_yyy",
    "Y,YYY": "cirql_char_y_yyy",
    "TZ": "cirql_char_tz",
    "tz": "cirql_char_tz_lower",
    "OF": "cirql_char_of",
    "TZH": "cirql_char_of",
    "TZM": "cirql_char_tzm",
    "A.M.": "cirql_char_meridiem",
    "P.M.": "cirql_char_meridiem",
    "a.m.": "cirql_char_meridiem_lower",
    "p.m.": "cirql_char_meridiem_lower",
    "IDDD": "cirql_char_iddd",
    "FF3": "cirql_char_ff3",
    "FF1": "cirql_char_ff1",
    "FF2": "cirql_char_ff2",
    "FF4": "cirql_char_ff4",
    "FF5": "cirql_char_ff5",
    "FF6": "cirql_char_ff6",
    "IYY": "cirql_char_iyy",
    "IY": "cirql_char_iy",
    "I": "cirql_char_i",
}

_STRPTIME = {
    "YYYY": "%Y",
    "YY": "%y",
    "MM": "%m",
    "DD": "%d",
    "HH24": "%H",
    "HH12": "%I",
    "HH": "%I",
    "MI": "%M",
    "SS": "%S",
    "MS": "%g",
    "US": "%f",
    "Mon": "%b",
    "MON": "%b",
    "mon": "%b",
    "Month": "%B",
    "MONTH": "%B",
    "month": "%B",
    "AM": "%p",
    "PM": "%p",
    "am": "%p",
    "pm": "%p",
    "DDD": "%j",
    "Dy": "%a",
    "DY": "%a",
    "dy": "%a",
    "Day": "%A",
    "DAY": "%A",
    "day": "%A",
    "FF3": "%g",
    "FF6": "%f",
    "OF": "%z",
    "TZH": "%z",
}


def strptime_format(template: str) -> str:
    """The strptime format for to_date and to_timestamp. Raises NotSupported for patterns without one."""
    result = []
    for match in _TOKEN.finditer(_upper_patterns(template)):
        quoted, _, pattern, _, other = match.groups()
        if pattern is not None:
            if pattern not in _STRPTIME:
                raise NotSupported(f"reading a date with the pattern {pattern} is not supported")
            result.append(_STRPTIME[pattern])
        else:
            result.append(_escaped(quoted if quoted is not None else other))
    return "".join(result)


def number_text(value: exp.Expr, template: exp.Expr) -> exp.Expr:
    """to_char(number, '999,990.00'), which `number_texts` writes."""
    if type_of(value) in (st.FLOAT8, st.FLOAT4):
        return call("cirql_float_char", as_type(value, st.FLOAT8), template, type=st.TEXT)
    return call("cirql_number_char", as_type(value, st.TEXT), template, type=st.TEXT)


_INTERVAL_PARTS = {
    "HH24": ("hour", 2),
    "HH": ("hour", 2),
    "MI": ("minute", 2),
    "SS": ("cirql_whole_second", 2),
    "DD": ("day", 2),
    "MM": ("month", 2),
    "YYYY": ("year", 4),
}


def interval_text(value: exp.Expr, template: str) -> exp.Expr:
    """to_char(interval, 'DD HH24:MI:SS')."""
    pieces: list[exp.Expr] = []
    for match in _TOKEN.finditer(_upper_patterns(template)):
        quoted, fill, pattern, _, other = match.groups()
        if pattern is None:
            pieces.append(text(quoted if quoted is not None else other))
            continue
        if pattern not in _INTERVAL_PARTS:
            raise NotSupported(f"to_char of an interval with the pattern {pattern} is not supported")
        name, width = _INTERVAL_PARTS[pattern]
        part = as_type(call("date_part", text("second" if name.startswith("cirql") else name), value.copy()), st.TEXT)
        pieces.append(part if fill else call("cirql_lpad_zero", part, number(width), type=st.TEXT))
    return call("concat", *pieces, text(""), type=st.TEXT)
