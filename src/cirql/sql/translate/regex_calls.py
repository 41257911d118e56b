"""The functions named `regexp_…`: from the beginning by RE2, from a later start or for the Nth match by `look_around`."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from cirql.errors import InvalidText
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.nodes import as_type, number, text, type_of
from cirql.sql.translate.regexes import flags_of, regexp_groups, regexp_pieces, replacement, search, seek
from cirql.sql.translate.site import Site

Arguments = list[exp.Expr]
Special = Callable[[Arguments, exp.Expr, Site], exp.Expr]


def rewrite_regexp_replace(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    r"""regexp_replace(text, pattern, replacement [, flags]) and the form with start and N.

    regexp_replace(x, '(a)', '<\1>', 'g') becomes regexp_replace(x, '(?s)(a)', '<\1>', 'g')
    """
    new = replacement(arguments[2], site)
    if len(arguments) > 3 and type_of(arguments[3]).is_integer:
        flags = flags_of(arguments[5]) if len(arguments) > 5 else ""
        which = arguments[4] if len(arguments) > 4 else number(0 if "g" in flags else 1)
        others, flags = [new, as_type(arguments[3], st.INT8), as_type(which, st.INT8)], flags.replace("g", "")
        return seek("cirql_seek_replaced_nth", arguments[0], arguments[1], *others, type=st.TEXT, flags=flags, site=site)
    flags = flags_of(arguments[3]) if len(arguments) > 3 else ""
    others = [new, *([text("g")] if "g" in flags else [])]
    return search("regexp_replace", arguments[0], arguments[1], *others, type=st.TEXT, flags=flags.replace("g", ""), site=site)


def regexp_match(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """regexp_match: the groups of the first match as an array, NULL where nothing matches."""
    flags = flags_of(arguments[2]) if len(arguments) > 2 else ""
    if "g" in flags and site.dialect != "ddsql":
        raise InvalidText('regexp_match() does not support the "global" option', hint="use the regexp_matches function instead")
    return regexp_groups(arguments[0], arguments[1], flags, site, every=False)


def rewrite_regexp_like(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """regexp_like(text, pattern [, flags])."""
    flags = flags_of(arguments[2]) if len(arguments) > 2 else ""
    return search("regexp_matches", arguments[0], arguments[1], type=st.BOOL, flags=flags, site=site)


def rewrite_regexp_count(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """regexp_count(text, pattern [, start [, flags]])."""
    if len(arguments) == 2:
        return as_type(search("cirql_regexp_count", arguments[0], arguments[1], type=st.INT4, site=site), st.INT4)
    flags, start = _flags_at(3, arguments), as_type(arguments[2], st.INT8)
    return seek("cirql_seek_count_from", arguments[0], arguments[1], start, type=st.INT4, flags=flags, site=site)


def rewrite_regexp_substr(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """regexp_substr(text, pattern [, start [, N [, flags [, group]]]]): NULL where there is no such match."""
    if len(arguments) == 2:
        return search("cirql_regexp_first", arguments[0], arguments[1], number(0), type=st.TEXT, site=site)
    places = [_whole_at(2, arguments, 1, st.INT8), _whole_at(3, arguments, 1, st.INT8), _whole_at(5, arguments, 0, st.INT4)]
    flags = _flags_at(4, arguments)
    return seek("cirql_seek_nth", arguments[0], arguments[1], *places, type=st.TEXT, flags=flags, site=site)


def rewrite_regexp_instr(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """regexp_instr(text, pattern [, start [, N [, end [, flags [, group]]]]]): where that match begins, 0 where there is none."""
    places = [_whole_at(2, arguments, 1, st.INT8), _whole_at(3, arguments, 1, st.INT8)]
    places += [_whole_at(4, arguments, 0, st.INT4), _whole_at(6, arguments, 0, st.INT4)]
    flags = _flags_at(5, arguments)
    return seek("cirql_seek_place", arguments[0], arguments[1], *places, type=st.INT4, flags=flags, site=site)


def _whole_at(place: int, arguments: Arguments, otherwise: int, kind: st.SqlType) -> exp.Expr:
    return as_type(arguments[place] if len(arguments) > place else number(otherwise), kind)


def _flags_at(place: int, arguments: Arguments) -> str:
    return flags_of(arguments[place]) if len(arguments) > place else ""


def regexp_split(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """regexp_split_to_array."""
    return regexp_pieces(arguments, site)


CALLS: dict[str, Special] = {
    "regexp_replace": rewrite_regexp_replace,
    "regexp_match": regexp_match,
    "regexp_like": rewrite_regexp_like,
    "regexp_count": rewrite_regexp_count,
    "regexp_substr": rewrite_regexp_substr,
    "regexp_instr": rewrite_regexp_instr,
    "regexp_split_to_array": regexp_split,
}
