"""`tidy(text)`: a statement with its clauses on lines of their own and SQL's words in capitals.

It moves blanks and changes the case of words that mean nothing but themselves: tokens stay as they are, and so does the meaning, also of a
statement that nobody could parse yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from cirql.completion.tokens import Token, TokenKind, tokens

_WIDTH = 88
_STEP = 2
# Words that are no one's column: only these change their case.
_WORDS = frozenset(
    """
    ALL AND ANY AS ASC BETWEEN BY CASE CAST CROSS DESC DISTINCT ELSE END EXCEPT EXISTS EXPLAIN FALSE FETCH FROM FULL GROUP HAVING ILIKE IN
    INNER INSERT INTERSECT INTO IS JOIN LATERAL LEFT LIKE LIMIT NATURAL NOT NULL NULLS OFFSET ON OR ORDER OUTER OVER PARTITION RETURNING
    RIGHT SELECT SET THEN TRUE UNION UPDATE USING VALUES WHEN WHERE WINDOW WITH DELETE
    """.split()  # noqa: SIM905 - shorter than a column of quoted words
)
_CLAUSES = frozenset(
    """
    SELECT FROM WHERE GROUP HAVING WINDOW ORDER LIMIT OFFSET FETCH UNION EXCEPT INTERSECT WITH VALUES SET RETURNING JOIN LEFT RIGHT FULL
    INNER CROSS NATURAL INSERT UPDATE DELETE
    """.split()  # noqa: SIM905 - shorter than a column of quoted words
)
_BEFORE_JOIN = frozenset({"LEFT", "RIGHT", "FULL", "INNER", "CROSS", "NATURAL", "OUTER"})
_LISTS = frozenset({"SELECT", "GROUP", "ORDER", "SET", "VALUES", "RETURNING", "WITH"})


def tidy(text: str) -> str:
    """The text in order; as it was where it could not be put in order without changing what it says."""
    every = list(tokens(text))
    said = [t for t in every if t.kind is not TokenKind.BLANK]
    if not said or not all(t.is_closed for t in said):
        return text
    joined = {t.start for before, t in pairwise(every) if before.kind is not TokenKind.BLANK}
    made = "\n".join(line.rstrip() for line in _Tidying(joined).block(said, 0)).strip()
    return made if _same(said, [t for t in tokens(made) if t.kind is not TokenKind.BLANK]) else text


def _same(before: Sequence[Token], after: Sequence[Token]) -> bool:
    def said(token: Token) -> str:
        return token.text.upper() if token.kind is TokenKind.NAME else token.text.rstrip()

    return [said(t) for t in before] == [said(t) for t in after]


class _Tidying:
    """One text's tokens put on lines. `joined` are the starts of those that stood right behind the one before."""

    def __init__(self, joined: set[int]) -> None:
        self._joined = joined

    def block(self, given: Sequence[Token], indent: int) -> Iterator[str]:
        """A query, clause by clause."""
        for clause in _clauses(given):
            yield from self._clause(clause, indent)

    def _clause(self, clause: Sequence[Token], indent: int) -> Iterator[str]:
        if _is_plain(clause) and indent + len(line := self._line(clause)) <= _WIDTH:
            yield " " * indent + line
            return
        head = _head(clause)
        parts = _parts(clause[head:], "," if _word(clause[0]) in _LISTS else "AND")
        first = " " * indent + self._line(clause[:head])
        if _word(clause[0]) in _LISTS and len(parts) > 1:
            yield first
            rest = parts
        else:
            lines = list(self._part(parts[0], indent)) if parts else []
            yield (f"{first} {lines[0].lstrip()}" if lines else first).rstrip()
            yield from lines[1:]
            rest = parts[1:]
        for part in rest:
            yield from self._part(part, indent + _STEP)

    def _part(self, part: Sequence[Token], indent: int) -> Iterator[str]:
        """One item or condition; queries in parentheses stand between theirs."""
        line = " " * indent
        at = 0
        while at < len(part):
            token = part[at]
            end = _closing(part, at)
            if token.text == "(" and end is not None and not _is_plain(part[at : end + 1]) and _opens_query(part, at):
                yield line + self._between(part, at) + "("
                yield from self.block(part[at + 1 : end], indent + _STEP)
                line, at = " " * indent + ")", end + 1
                continue
            line += self._between(part, at) + _shown(token)
            at += 1
            if token.text.startswith("--"):
                yield line
                line = " " * (indent + _STEP)
        if line.strip():
            yield line

    def _line(self, given: Sequence[Token]) -> str:
        return "".join(self._between(given, n) + _shown(t) for n, t in enumerate(given))

    def _between(self, given: Sequence[Token], at: int) -> str:
        if at == 0:
            return ""
        return "" if given[at].start in self._joined and given[at - 1].text != "," else " "


def _shown(token: Token) -> str:
    return token.text.upper() if token.kind is TokenKind.NAME and token.text.upper() in _WORDS else token.text


def _word(token: Token) -> str:
    return token.text.upper() if token.kind is TokenKind.NAME else ""


def _clauses(given: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The clauses of a query: each begins with its word."""
    start = depth = 0
    for at, token in enumerate(given):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if at > start and depth == 0 and _begins(given, at):
            yield given[start:at]
            start = at
    if given[start:]:
        yield given[start:]


def _begins(given: Sequence[Token], at: int) -> bool:
    word, before = _word(given[at]), _word(given[at - 1])
    after = given[at + 1].text if at + 1 < len(given) else ""
    if word not in _CLAUSES or given[at - 1].text == "." or (after == "(" and word in ("LEFT", "RIGHT")) or after == ".":
        return False
    if word in ("FROM", "SET", "WITH"):
        return before not in ("DISTINCT", "UPDATE", "DELETE") or (before == "DISTINCT" and _word(given[at - 2]) not in ("IS", "NOT"))
    return not (word in ("JOIN", *_BEFORE_JOIN) and before in _BEFORE_JOIN)


def _head(clause: Sequence[Token]) -> int:
    """How many tokens are the clause's own words."""
    words = {"BY", "ALL", "DISTINCT", "RECURSIVE", "JOIN", "OUTER", "INTO", "FROM", *_BEFORE_JOIN}
    at = 1
    while at < len(clause) and _word(clause[at]) in words:
        at += 1
    return at


def _parts(given: Sequence[Token], separator: str) -> list[Sequence[Token]]:
    """What stands between commas, which end a part, or between AND and OR, which begin one."""
    parts: list[Sequence[Token]] = []
    start = depth = cases = ranges = 0
    for at, token in enumerate(given):
        word = _word(token)
        depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(token.text, 0)
        cases += {"CASE": 1, "END": -1}.get(word, 0)
        ranges += word == "BETWEEN" and depth == 0
        if depth or cases > 0:
            continue
        if separator == "," and token.text == ",":
            parts.append(given[start : at + 1])
            start = at + 1
        elif separator == "AND" and word in ("AND", "OR") and at > start:
            if word == "AND" and ranges:
                ranges -= 1
                continue
            parts.append(given[start:at])
            start = at
    if given[start:]:
        parts.append(given[start:])
    return parts


def _is_plain(given: Sequence[Token]) -> bool:
    """Whether it may stand on one line: without a query in parentheses, or a comment to the line's end."""
    return not any(t.text.startswith("--") or "\n" in t.text or (t.text == "(" and _opens_query(given, n)) for n, t in enumerate(given))


def _opens_query(given: Sequence[Token], at: int) -> bool:
    return at + 1 < len(given) and _word(given[at + 1]) in ("SELECT", "WITH")


def _closing(given: Sequence[Token], at: int) -> int | None:
    if given[at].text != "(":
        return None
    depth = 0
    for n in range(at, len(given)):
        depth += {"(": 1, ")": -1}.get(given[n].text, 0)
        if depth == 0:
            return n
    return None
