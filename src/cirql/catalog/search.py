"""Full-text search over tables: their names, their columns' names, and what is written about both.

The index is part of the compiled catalog (SQLite FTS5): a row per table and no copy of the text, which is 1.5 MB.
"""

from __future__ import annotations

import difflib
import math
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from cirql.catalog.model import Column, Table
from cirql.names import Scheme, singular
from cirql.startup.regexes import regex

# Only which column a word is in is kept (`detail=column`), so there is no search for phrases; porter lets "policies" find "policy".
LAYOUT = """
CREATE VIRTUAL TABLE words USING fts5(name, columns, description, content='', detail=column, tokenize='porter unicode61');
CREATE TABLE centrality (number INTEGER PRIMARY KEY, value REAL NOT NULL, called TEXT NOT NULL);
"""
# What a hit in a name is worth against one in a column's name, and in a description.
_WEIGHTS = {"name": 6.0, "columns": 2.0, "description": 0.5}
# What it is worth that the words are all there is to a name, as in `bucket` and aws.s3.bucket.
_WHOLE_NAME = 45.0
# What a word that only begins a word of a name is worth beside one that is it.
_BEGINNING = 0.5
# What it is worth that the words stand together in a name, as `public ip` in public_ip_address, and are all of it.
_TOGETHER = 40.0
# What it is worth to be one of the tables that most accounts have rows in.
_CENTRAL = 25.0
# How many tables are looked at closely.
CANDIDATES = 300
_WORD = regex(r"\w+")
# Words that are in every description, and say nothing of what is looked for.
_EMPTY = regex(r"a|all|an|and|any|are|as|at|be|by|for|from|how|i|in|is|it|its|my|of|on|or|that|the|this|to|what|which|with")


def write(connection: sqlite3.Connection, tables: Iterable[tuple[int, Table]], central: Mapping[str, Sequence[str]]) -> None:
    """Index the tables under their row numbers. `central` names those that most accounts have rows in, with what else people call them."""
    every = list(tables)
    children = Counter(parent for _, t in every for parent in {p.table for p in t.parents})
    called = {t.name: "\n".join(central.get(str(t.name), ())) for _, t in every}
    worth = ((n, _centrality(t, children[t.name]) + _CENTRAL * (str(t.name) in central), called[t.name]) for n, t in every)
    connection.executemany("INSERT INTO centrality VALUES (?, ?, ?)", worth)
    rows = ((n, f"{_names(t)} {called[t.name]}", " ".join(c.name for c in t.columns if not c.hidden), _descriptions(t)) for n, t in every)
    connection.executemany("INSERT INTO words(rowid, name, columns, description) VALUES (?, ?, ?, ?)", rows)
    connection.execute("INSERT INTO words(words) VALUES ('optimize')")


def _centrality(table: Table, children: int) -> float:
    """What a table counts for where words fit several alike: by what is listed by it, by how much it says, and a dataset for more."""
    return round(2 * math.log2(1 + children) + math.log2(1 + len(table.columns)) + (2.0 if table.name.scheme is Scheme.DATASET else 0.0), 2)


def _names(table: Table) -> str:
    return " ".join((str(table.name), table.plural, table.title, table.cfn_type or ""))


def _descriptions(table: Table) -> str:
    return " ".join((table.description, *(c.description for c in table.columns if not c.hidden)))


def words_of(text: str) -> list[str]:
    """The words of a search, as the index splits them; those that say nothing only where there are no others."""
    words = [w.lower() for part in _WORD.findall(text) for w in part.split("_") if w]
    return [w for w in words if not _EMPTY.fullmatch(w)] or words


def spelled(connection: sqlite3.Connection, text: str) -> list[str]:
    """The words of a search, each that is nowhere replaced by the word of a table's name that looks most like it, where one does."""
    known: list[str] = []
    found = []
    for word in words_of(text):
        is_there = _is_somewhere(connection, word)
        if not is_there and not known:
            names = (name for (name,) in connection.execute("SELECT name FROM spellings WHERE published"))
            known = sorted({part for name in names for part in re.split(r"[._]", name)})
        near = [] if is_there else difflib.get_close_matches(word, known, n=1, cutoff=0.75)
        found.append(near[0] if near else word)
    return found


def find(connection: sqlite3.Connection, text: str, limit: int) -> list[tuple[str, float]]:
    """The names of the tables that hold all the words, or whose names hold as many as any name does; best first, each with its score.

    A word counts by where it is and by how rare it is there. (FTS5's own bm25 needs word positions, which would double the index.)
    """
    words = list(dict.fromkeys(words_of(text)))
    scores: dict[int, float] = {}
    holders: dict[int, set[str]] = {}
    named: Counter[int] = Counter()
    things: set[str] = set()
    total = connection.execute("SELECT count(*) FROM tables").fetchone()[0]
    for word in words:
        for column, weight in _WEIGHTS.items():
            rows = _holding(connection, f'{column} : "{word}"*')
            whole = _holding(connection, f'{column} : "{word}"')
            rarity = math.log(1 + total / max(1, len(rows)))
            if column == "name" and rows:
                things.add(_stem(word))
                named.update(whole)
            for number in rows:
                # `ip` is in `ipam` too, and means it less.
                scores[number] = scores.get(number, 0.0) + weight * rarity * (1.0 if number in whole else _BEGINNING)
                holders.setdefault(number, set()).add(word)
    meant = {_stem(word) for word in words}
    for number, value, called in connection.execute("SELECT number, value, called FROM centrality"):
        if number in scores:
            scores[number] += value
            phrases = [{_stem(w) for w in phrase.split()} for phrase in called.splitlines()]
            scores[number] += _WHOLE_NAME * max((len(p) / len(things or meant) for p in phrases if p <= meant), default=0.0)
    fitting = _fitting(holders, named) | _named_in_full(connection, holders, meant)
    best = sorted(fitting, key=lambda n: (-scores[n], n))[: max(limit * 5, CANDIDATES)]
    names = connection.execute(f"SELECT rowid, name FROM tables WHERE rowid IN ({','.join('?' * len(best))})", best)
    ranked = [(name, scores[number] + _WHOLE_NAME * _coverage(name, words)) for number, name in names]
    return sorted(ranked, key=lambda r: (-r[1], len(r[0]), r[0]))[:limit]


def _fitting(holders: Mapping[int, set[str]], named: Mapping[int, int]) -> set[int]:
    """Those that hold every word that is anywhere, and those whose names hold the most.

    In `unencrypted volumes` one word is a thing and the other is of a condition: what happens to have it in a description
    must not hide the table of that thing.
    """
    somewhere = set().union(*holders.values())
    most = max(named.values(), default=0)
    return {n for n, held in holders.items() if held == somewhere or (most and named.get(n) == most)} or set(holders)


def _named_in_full(connection: sqlite3.Connection, holders: Iterable[int], stems: set[str]) -> set[int]:
    """Those whose name, without the service, is two words or more that are all among these."""
    nouns = {n: _nouns(name) for n, name in connection.execute("SELECT rowid, name FROM tables")}
    return {n for n in holders if len(nouns[n]) > 1 and all(_stem(part) in stems for part in nouns[n])}


def _nouns(name: str) -> list[str]:
    return [part for part in re.split(r"[._]", name)[2:] if part]


def unknown(connection: sqlite3.Connection, text: str) -> list[str]:
    """The words of a search that no table has anywhere."""
    return [w for w in dict.fromkeys(words_of(text)) if not _is_somewhere(connection, w)]


def _is_somewhere(connection: sqlite3.Connection, word: str) -> bool:
    return connection.execute("SELECT 1 FROM words WHERE words MATCH ? LIMIT 1", (f'"{word}"*',)).fetchone() is not None


def _holding(connection: sqlite3.Connection, query: str) -> set[int]:
    return {number for (number,) in connection.execute("SELECT rowid FROM words WHERE words MATCH ?", (query,))}


def _coverage(name: str, words: Iterable[str]) -> float:
    """How much of a name the words are, with its service and without: 1 for `ec2 instance` and aws.ec2.instance."""
    parts = [p for p in re.split(r"[._]", name)[1:] if p]
    stems = {_stem(w) for w in words}
    held = 0.0
    for part in map(_stem, parts):
        if any(part.startswith(s) or s.startswith(part) for s in stems):
            held += 1.0 if part in stems else _BEGINNING
    return (min(1.0, held / max(1, len(parts) - 1)) + held / max(1, len(parts))) / 2


def _stem(word: str) -> str:
    return singular(word) if len(word) > 3 else word


def togetherness(table: Table, words: Sequence[str]) -> float:
    """What it adds that several words stand together in the table's name or a column's: the more, the more of that name they are."""
    if len(words) < 2:
        return 0.0
    together = _singular("_".join(words))
    names = [_singular(n) for n in ("_".join(table.name.parts[1:]), *(c.name for c in table.published))]
    return max((_TOGETHER * (1 + len(together) / len(n)) for n in names if f"_{together}_" in f"_{n}_"), default=0.0)


def _singular(name: str) -> str:
    return re.sub(r"s(?=_|$)", "", name)


def matching_columns(table: Table, words: Iterable[str]) -> tuple[Column, ...]:
    """The columns that the words are about: those whose name has one, else those whose description has one."""
    stems = [w[:-1] if len(w) > 3 and w.endswith("s") else w for w in words]
    published = table.published
    named = tuple(c for c in published if any(f"_{s}" in f"_{c.name}" for s in stems))
    return named or tuple(c for c in published if any(re.search(rf"\b{s}", c.description, re.IGNORECASE) for s in stems))
