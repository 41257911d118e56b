"""Regular expressions: PostgreSQL's syntax, flags and replacements on DuckDB's RE2.

Constant patterns are converted now; those that RE2 cannot express (look-around, back-references) are searched by `sql/look_around.py`.
In PostgreSQL `.` matches a newline and `^`, `$` only the ends of the text: hence `(?s)`.
"""

from __future__ import annotations

import re

from sqlglot import exp

from cirql.errors import InvalidText, NotSupported
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.arithmetic import no_operator
from cirql.sql.translate.casts import text_of
from cirql.sql.translate.nodes import call, constant, number, position_of, text, type_of, typed
from cirql.sql.translate.site import Rule, Site

_KNOWN_FLAGS = "gicnpwsmqxet"


def pattern_of(source: str, flags: str = "", *, icu: bool = False, position: int | None = None, beyond: bool = False) -> str:
    """The RE2 pattern that matches what PostgreSQL's does, options included; with `beyond`, that of an engine that can look around.

    Raises InvalidText for unknown flags, NotSupported for what RE2 has no equivalent of.
    """
    unknown = [f for f in flags if f not in _KNOWN_FLAGS]
    if unknown:
        raise InvalidText(f'invalid regular expression option: "{unknown[0]}"', position=position)
    options = _options(flags, icu)
    body = source
    if body.startswith("***="):
        return f"(?{options})" + re.escape(body[4:])
    body = body.removeprefix("***:")
    embedded = re.match(r"\(\?([a-z]+)\)", body)
    if embedded:
        options = _options(flags + embedded[1], icu)
        body = body[embedded.end() :]
        flags += embedded[1]
    if "q" in flags:
        return f"(?{options})" + re.escape(body)
    if "x" in flags:
        body = _without_layout(body)
    return f"(?{options})" + _convert(body, position, beyond=beyond)


def _options(flags: str, icu: bool) -> str:
    insensitive = "i" in flags and flags.rfind("i") > flags.rfind("c")
    newline = any(f in flags for f in ("n", "m"))
    dot_stops = icu or newline or "p" in flags
    anchors = newline or "w" in flags
    return ("i" if insensitive else "") + ("" if dot_stops else "s") + ("m" if anchors else "") or "s-s"


def _without_layout(body: str) -> str:
    return re.sub(r"(\\.)|\s+|#[^\n]*", lambda m: m[1] or "", body)


def _convert(body: str, position: int | None, *, beyond: bool = False) -> str:
    result: list[str] = []
    place = 0
    while place < len(body):
        character = body[place]
        if character == "\\" and place + 1 < len(body):
            piece, used = (body[place : place + 2], 2) if beyond and _is_beyond(body[place + 1]) else _escape(body, place, position)
        elif character == "[":
            piece, used = _bracket(body, place, position)
        elif body.startswith(_LOOKING, place) and not beyond:
            raise NotSupported("a regular expression with look-around is not supported", position=position)
        else:
            piece, used = character, 1
        result.append(piece)
        place += used
    return "".join(result)


def _escape(body: str, place: int, position: int | None) -> tuple[str, int]:
    letter = body[place + 1]
    if letter.isdigit() and letter != "0":
        raise NotSupported("a back-reference inside a regular expression is not supported", position=position)
    if letter in "mM":
        beside = body[place + 2 : place + 4] if letter == "m" else body[max(place - 2, 0) : place]
        exact = bool(re.match(r"\w|\\w|\\d", beside)) if letter == "m" else bool(re.search(r"(\w|[\]\)*+])$", beside))
        if not exact:
            raise NotSupported(f"\\{letter} in a regular expression is only supported beside a word character", position=position)
        return r"\b", 2
    if letter == "u" and re.match(r"[0-9A-Fa-f]{4}", body[place + 2 :]):
        return rf"\x{{{body[place + 2 : place + 6]}}}", 6
    mapped = {"y": r"\b", "Y": r"\B", "A": r"\A", "Z": r"\z", "e": r"\x1b", "a": r"\a", "0": r"\x00", "b": r"\x08", "B": r"\\"}
    if letter in mapped:
        return mapped[letter], 2
    return body[place : place + 2], 2


def _bracket(body: str, place: int, position: int | None) -> tuple[str, int]:
    """A bracket expression; `[[:<:]]` and `[[:>:]]` are word boundaries."""
    for word in ("[[:<:]]", "[[:>:]]"):
        if body.startswith(word, place):
            return r"\b", len(word)
    end = place + 1
    if body[end : end + 1] == "^":
        end += 1
    if body[end : end + 1] == "]":
        end += 1
    while end < len(body) and body[end] != "]":
        if body.startswith("[:", end):
            end = body.find(":]", end) + 2
            if end == 1:
                raise InvalidText("invalid regular expression: brackets [] not balanced", position=position)
            continue
        if body.startswith(("[.", "[="), end):
            raise NotSupported("collating elements in a regular expression are not supported", position=position)
        end += 2 if body[end] == "\\" else 1
    if end >= len(body):
        raise InvalidText("invalid regular expression: brackets [] not balanced", position=position)
    inside = body[place + 1 : end]
    negated = inside.startswith("^")
    inside = inside[1:] if negated else inside
    inside = re.sub(r"\[(?!:)", r"\\[", inside)
    if inside.startswith("]"):
        inside = r"\]" + inside[1:]
    return f"[{'^' if negated else ''}{inside}]", end + 1 - place


_GROUPS = 6
"""As many groups of every match are found in one go over a text each; of more, in one for each match."""
_LOOKING = ("(?=", "(?!", "(?<=", "(?<!")
_BEYOND = {
    "regexp_matches": "cirql_seek_matches",
    "regexp_replace": "cirql_seek_replaced",
    "cirql_regexp_first": "cirql_seek_first",
    "cirql_regexp_once": "cirql_seek_once",
    "cirql_regexp_count": "cirql_seek_count",
    "cirql_regexp_split": "cirql_seek_pieces",
}
"""What answers in place of a function of RE2's where a pattern looks around."""


def _is_beyond(letter: str) -> bool:
    """Whether a backslash before it is a back-reference, or a border of a word that RE2 has not."""
    return (letter.isdigit() and letter != "0") or letter in "mM"


def looks_around(source: str) -> bool:
    """Whether a pattern has look-around or back-references, outside of brackets."""
    place = 0
    while place < len(source):
        if source[place] == "\\":
            following = source[place + 1 : place + 2]
            if following.isdigit() and following != "0":
                return True
            place += 2
        elif source[place] == "[":
            try:
                place += _bracket(source, place, None)[1]
            except (InvalidText, NotSupported):
                return False
        elif source.startswith(_LOOKING, place):
            return True
        else:
            place += 1
    return False


def search(
    name: str, subject: exp.Expr, source: exp.Expr, *others: exp.Expr, type: st.SqlType, flags: str = "", site: Site | None = None
) -> exp.Expr:
    """A call of a function over a text and a pattern, and of what answers for it where the pattern looks around."""
    written = constant(source)
    if written is None or not looks_around(written):
        return call(name, text_of(subject), pattern(source, flags, site), *others, type=type)
    if name not in _BEYOND:
        raise NotSupported("every match of a regular expression with look-around is not supported", position=position_of(source))
    icu = site is not None and site.dialect != "postgres"
    seen = pattern_of(written, flags, icu=icu, position=position_of(source), beyond=True).removeprefix("(?s-s)")
    if name == "regexp_replace" and len(others) == 1:
        others = (*others, text(""))
    return call(_BEYOND[name], text_of(subject), text(seen), *others, type=type)


def seek(name: str, subject: exp.Expr, source: exp.Expr, *others: exp.Expr, type: st.SqlType, flags: str, site: Site) -> exp.Expr:
    """A search from a later start or for the Nth match, which RE2's functions have not: `name` is one of `look_around`."""
    written = constant(source)
    if written is None:
        raise NotSupported("a regular expression that is not a constant is not supported here", position=position_of(source))
    seen = pattern_of(written, flags, icu=site.dialect != "postgres", position=position_of(source), beyond=True)
    return call(name, text_of(subject), text(seen.removeprefix("(?s-s)")), *others, type=type)


def pattern(node: exp.Expr, flags: str = "", site: Site | None = None) -> exp.Expr:
    """A pattern argument for RE2: converted now where constant, else given the options that make it mean the same."""
    source = constant(node)
    icu = site is not None and site.dialect != "postgres"
    if source is not None:
        return text(pattern_of(source, flags, icu=icu, position=position_of(node)))
    options = _options(flags, icu)
    return typed(exp.Paren(this=exp.DPipe(this=text(f"(?{options})"), expression=text_of(node), safe=True)), st.TEXT)


def flags_of(node: exp.Expr | None) -> str:
    """A flags argument, which must be a constant."""
    if node is None:
        return ""
    value = constant(node)
    if value is None:
        raise NotSupported("regular expression flags that are not a constant are not supported", position=position_of(node))
    for letter in value:
        if letter not in "gbceimnpqstwx":
            raise InvalidText(f'invalid regular expression option: "{letter}"', position=position_of(node), sqlstate="22023")
    return value


def matches(node: exp.Expr, site: Site) -> exp.Expr:
    """`~` and `~*`."""
    subject = node.this
    if type_of(subject).name not in ("text", "unknown", "any") and not site.is_lenient:
        raise no_operator("~", type_of(subject), type_of(node.expression), node, (subject, node.expression))
    flags = "i" if isinstance(node, exp.RegexpILike) else flags_of(node.args.get("flag"))
    return search("regexp_matches", subject, node.expression, type=st.BOOL, flags=flags, site=site)


def replacement(node: exp.Expr, site: Site) -> exp.Expr:
    r"""A replacement: PostgreSQL's `\1` and `\&`, DDSQL's `$1`."""
    value = constant(node)
    if value is None:
        return call("cirql_regexp_replacement", text_of(node), type=st.TEXT)
    if site.dialect == "ddsql":
        value = value.replace("\\", "\\\\")
        value = re.sub(r"\$(\d)", r"\\\1", value)
        return text(value)
    return text(re.sub(r"\\(.)|\\$", _replacement_escape, value, flags=re.DOTALL))


def _replacement_escape(match: re.Match[str]) -> str:
    character = match[1]
    if character == "&":
        return "\\0"
    if character is not None and (character.isdigit() or character == "\\"):
        return "\\" + character
    return "\\\\" + (character or "")


def group_count(source: str) -> int:
    """The number of capturing groups of a pattern."""
    bare = re.sub(r"\\.|\[\^?\]?[^\]]*\]", "", source)
    return len(re.findall(r"\((?!\?)", bare))


def first_match(subject: exp.Expr, source: exp.Expr) -> exp.Expr:
    """substring(s from regex): the first group where there is one, else the whole match; NULL where nothing matches."""
    value = constant(source)
    groups = group_count(value) if value is not None else 0
    return search("cirql_regexp_first", subject, source, number(1 if groups else 0), type=st.TEXT)


def similar(node: exp.Expr, site: Site) -> exp.Expr:
    """`x SIMILAR TO p`."""
    if isinstance(node.parent, exp.Escape):
        return typed(node, st.BOOL)
    return similar_with(node, None)


def similar_with(node: exp.Expr, escape: exp.Expr | None) -> exp.Expr:
    """SIMILAR TO with an escape character, which must be a constant like the pattern."""
    source, mark = constant(node.expression), "\\" if escape is None else constant(escape)
    if source is None or mark is None:
        raise NotSupported("SIMILAR TO with a pattern that is not a constant is not supported", position=position_of(node))
    result: exp.Expr = call("regexp_full_match", text_of(node.this), text("(?s)" + similar_pattern(source, mark)), type=st.BOOL)
    return typed(exp.Not(this=result), st.BOOL) if node.args.get("negate") else result


def similar_pattern(source: str, escape: str) -> str:
    """SQL's SIMILAR TO pattern as a regular expression: `%` is `.*`, `_` is `.`, and `| * + ? () [] {}` keep their meaning."""
    result, place, in_class = [], 0, False
    while place < len(source):
        character = source[place]
        if escape and character == escape and place + 1 < len(source):
            result.append(re.escape(source[place + 1]))
            place += 2
            continue
        if in_class:
            in_class = character != "]"
            result.append(character)
        elif character == "[":
            in_class = True
            result.append(character)
        else:
            result.append({"%": ".*", "_": ".", "(": "(?:"}.get(character, "\\" + character if character in ".^$\\" else character))
        place += 1
    return "".join(result)


def similar_part(subject: exp.Expr, source: exp.Expr, escape: exp.Expr) -> exp.Expr:
    """substring(s from 'a#"b#"c' for '#'): the part between the marks."""
    written, mark = constant(source), constant(escape)
    if written is None or mark is None:
        raise NotSupported("substring with a SQL pattern that is not a constant is not supported", position=position_of(source))
    parts = written.split(mark + '"')
    if len(parts) != 3:
        raise NotSupported(f'substring with a SQL pattern without two {mark}" marks is not supported', position=position_of(source))
    before, inside, after = (similar_pattern(part, mark) for part in parts)
    return call("cirql_regexp_first", text_of(subject), text(f"(?s)^(?:{before})({inside})(?:{after})$"), number(1), type=st.TEXT)


def regexp_groups(subject: exp.Expr, source: exp.Expr, flags: str, site: Site, *, every: bool) -> exp.Expr:
    """The groups of the first match, or a list of those of every match; the whole match where there are no groups."""
    value = constant(source)
    if value is None:
        raise NotSupported("a regular expression that is not a constant is not supported here", position=position_of(source))
    groups = group_count(value)
    numbers = [number(i) for i in (range(1, groups + 1) if groups else (0,))]
    listed, kind = exp.Array(expressions=numbers), st.array_of(st.TEXT)
    if not every:
        return search("cirql_regexp_once", subject, source, listed, type=kind, flags=flags, site=site)
    macro, others = ("cirql_regexp_every", numbers) if groups <= _GROUPS else ("cirql_regexp_all", [listed])
    return search(macro, subject, source, *others, type=st.array_of(kind), flags=flags, site=site)


def regexp_pieces(arguments: list[exp.Expr], site: Site) -> exp.Expr:
    """The pieces between matches."""
    flags = flags_of(arguments[2]) if len(arguments) > 2 else ""
    return search("cirql_regexp_split", arguments[0], arguments[1], type=st.array_of(st.TEXT), flags=flags, site=site)


RULES: dict[type[exp.Expr], Rule] = {
    exp.RegexpLike: matches,
    exp.RegexpILike: matches,
    exp.SimilarTo: similar,
}
