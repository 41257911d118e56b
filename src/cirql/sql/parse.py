"""Text to statement: the one place where SQL is read.

sqlglot's stock Postgres dialect does the grammar. What it does not know (EXPLAIN with options) is peeled off by a look at
the tokens first: subclassing its parser breaks where its compiled build is installed.
Nothing here knows tables: names are resolved in `bind`.
"""

from __future__ import annotations

import re
import sys
import threading
from typing import TYPE_CHECKING, Any

from cirql.errors import InvalidStatement, InvalidText, NotSupported, ParseError
from cirql.sql.blanks import after_blanks, first_word
from cirql.startup.records import dataclass, replace
from cirql.startup.regexes import regex

if TYPE_CHECKING:
    from sqlglot import exp

MAX_SQL_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Statement:
    """One parsed statement: its tree, its text, and what was asked about it.

    `offset` is where the tree's text begins in `text`, so that positions can point into what the user typed. `max_age` is how old
    remembered rows may be, in seconds, where a hint says so.
    """

    tree: exp.Expr
    text: str
    explain: Explain | None = None
    offset: int = 0
    max_age: float | None = None


@dataclass(frozen=True, slots=True)
class Explain:
    """EXPLAIN and its options: `format` is TEXT, JSON, MARKDOWN (writes), MERMAID or POLICY."""

    analyze: bool = False
    format: str = "TEXT"


def parse(text: str) -> Statement:
    """Read exactly one statement.

    Raises ParseError (empty, too long, not SQL), InvalidText (no Unicode), InvalidStatement (several statements), NotSupported (not a
    query).
    """
    if len(text) > MAX_SQL_BYTES or len(text.encode(errors="replace")) > MAX_SQL_BYTES:
        raise ParseError(
            f"the statement is longer than {MAX_SQL_BYTES // 1024} KiB",
            hint="put long lists of values into a file and join it: … IN (SELECT id FROM read_csv('ids.csv'))",
        )
    from cirql.sql.time_travel import restore_positions, written_out

    refuse_half_characters(text, "the statement")
    explain, offset = peel_explain(text)
    _refuse_by_name(text[offset:])
    body, grown = written_out(_with_path(_with_replace(text[offset:])))
    if (control := _savepoint(body)) is not None:
        return Statement(control, text, explain, offset, None)
    trees = [t for t in _parse_all(body, offset) if t is not None]
    if not trees:
        raise ParseError("there is no statement", hint="write a SELECT, for example: SELECT * FROM aws.sagemaker_image_version")
    if len(trees) > 1:
        raise InvalidStatement(f"{len(trees)} statements where one is meant", hint="run them one at a time")
    if grown:
        restore_positions(trees[0], grown)
    if first_word(text, offset) == "EXEC":
        from cirql.sql.calls import parameters

        trees[0].set("expressions", parameters(text[offset:], offset))
    statement = Statement(trees[0], text, explain, offset, _max_age(text))
    _refuse_others(statement)
    return statement


def _max_age(text: str) -> float | None:
    """The age that a statement's hint allows, where it has any. Raises ParseError for one that is no duration."""
    if "/*+" not in text:
        return None
    from cirql.sql.hints import max_age_hint

    return max_age_hint(text)


def refuse_half_characters(text: str, what: str) -> None:
    """Raise InvalidText for a lone surrogate: what Python makes of an argument's byte that is no UTF-8. Neither engine nor AWS takes it."""
    try:
        text.encode()
    except UnicodeEncodeError as fault:
        raise InvalidText(
            f"{what} is no Unicode text: character {fault.start + 1} is half of one",
            hint="write it as UTF-8, in a UTF-8 locale",
            sqlstate="22021",
        ) from None


_SAVEPOINT = regex(
    r"""\s*(?:(?P<word>SAVEPOINT|RELEASE(?:\s+SAVEPOINT)?)|(?:ROLLBACK|ABORT)(?:\s+(?:WORK|TRANSACTION))?\s+TO(?:\s+SAVEPOINT)?)
    (?:\s+(?P<plain>\w+)|\s*"(?P<quoted>(?:[^"]|"")+)")\s*;?\s*""",
    re.IGNORECASE | re.VERBOSE,
)


OF_SAVEPOINTS = frozenset({"SAVEPOINT", "RELEASE", "ROLLBACK"})


def _savepoint(text: str) -> exp.Command | None:
    """What is said of a savepoint, as a command with its name; None where it is something else. sqlglot reads one of the three."""
    found = _SAVEPOINT.fullmatch(text)
    if found is None:
        return None
    from sqlglot import exp

    word = (found["word"] or "ROLLBACK").upper().split()[0]
    name = found["quoted"].replace('""', '"') if found["quoted"] else found["plain"].lower()
    return exp.Command(this=word, expression=exp.Literal.string(name))


_SEARCH_PATH = regex(r"SET\s++(?:(?:SESSION|LOCAL)\s++)?+search_path(?:\s*+=|\s++TO\s)\s*+", re.IGNORECASE)


def _with_path(text: str) -> str:
    """A list after `SET search_path` as one text, which the dialect's grammar takes."""
    found = _SEARCH_PATH.match(text, after_blanks(text))
    if found is None:
        return text
    names = text[found.end() :].rstrip().removesuffix(";").split(",")
    if len(names) == 1 or any(";" in name for name in names):
        return text
    listed = ",".join(name.strip().strip("'\"") for name in names).replace("'", "''")
    return f"{text[: found.end()]}'{listed}'"


def _parse_all(text: str, offset: int) -> list[Any]:
    import logging

    from sqlglot.errors import ParseError as SyntaxFault
    from sqlglot.errors import TokenError

    from cirql.sql.translate import parse_postgres

    # sqlglot warns on its logger when it falls back to an opaque Command; that case is refused by name below.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        with _deep_recursion:
            return parse_postgres(text)
    except SyntaxFault as fault:
        raise _syntax_error(text, offset, fault) from None
    except TokenError:
        raise ParseError("a quoted string or comment is not closed", position=_unclosed(text, offset)) from None
    except RecursionError:
        raise ParseError("the statement is nested too deeply", hint="flatten long chains of OR into IN (…)") from None


class _DeepRecursion:
    """Leaves sqlglot's recursive descent enough frames for a long generated statement, and gives them back.

    The limit is the interpreter's: of several threads the first raises it, and the last gives it back.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.before = 0

    def __enter__(self) -> None:
        with self.lock:
            if not self.users:
                self.before = sys.getrecursionlimit()
                sys.setrecursionlimit(max(self.before, 5000))
            self.users += 1

    def __exit__(self, *fault: object) -> None:
        with self.lock:
            self.users -= 1
            if not self.users:
                sys.setrecursionlimit(self.before)


_deep_recursion = _DeepRecursion()


def _syntax_error(text: str, offset: int, fault: Any) -> ParseError:
    first = fault.errors[0] if fault.errors else {}
    description = re.sub(r"<Token [^>]*text: ([^,>]*),[^>]*>", r"'\1'", str(first.get("description", "not a statement")))
    description = description.replace("Invalid expression / Unexpected token", "unexpected text")
    description = re.sub(r"Required keyword: '\w+' missing for <class '[\w.]+'>", "something is missing", description)
    near = first.get("highlight") or ""
    position = None
    if first.get("line") is not None and first.get("col") is not None:
        position = offset + _offset_of(text, int(first["line"]), int(first["col"])) - len(near)
    message = description[:1].lower() + description[1:]
    if near and near not in message:
        message += f" near {near!r}"
    return ParseError(f"syntax error: {message}", position=None if position is None else max(position, 0))


def _offset_of(text: str, line: int, col: int) -> int:
    lines = text.split("\n")
    return sum(len(before) + 1 for before in lines[: line - 1]) + col


def _unclosed(text: str, offset: int) -> int | None:
    """The place of the quote or comment that is never closed, as far as a simple scan can tell."""
    opened: tuple[str, int] | None = None
    i = 0
    while i < len(text):
        if opened is None:
            if text[i] in "'\"":
                opened = (text[i], i)
            elif text.startswith("/*", i):
                opened = ("*/", i)
            elif text.startswith("--", i):
                end = text.find("\n", i)
                i = len(text) if end < 0 else end
        elif text.startswith(opened[0], i):
            opened = None
        i += 1
    return None if opened is None else offset + opened[1]


_EXPLAIN = regex(
    r"\s*EXPLAIN\b\s*(?P<analyze>ANALYZE\b\s*)?(?:\((?!\s*(?:SELECT|WITH|VALUES|TABLE)\b)(?P<options>[^()]*)\)\s*)?", re.IGNORECASE
)
_FORMATS = ("TEXT", "JSON", "MARKDOWN", "MERMAID", "POLICY")


def peel_explain(text: str) -> tuple[Explain | None, int]:
    """What EXPLAIN in front of a statement asks, and where the statement itself begins. Raises ParseError for an unknown option."""
    match = _EXPLAIN.match(text)
    if match is None:
        return None, 0
    explain = Explain(analyze=match["analyze"] is not None)
    for option in filter(None, (o.strip() for o in (match["options"] or "").split(","))):
        words = option.upper().split()
        if words == ["ANALYZE"]:
            explain = replace(explain, analyze=True)
        elif words == ["POLICY"]:
            explain = replace(explain, format="POLICY")
        elif len(words) == 2 and words[0] == "FORMAT" and words[1] in _FORMATS:
            explain = replace(explain, format=words[1])
        else:
            raise ParseError(
                f"unknown EXPLAIN option: {option}",
                hint="the options are ANALYZE, POLICY and FORMAT TEXT | JSON | MARKDOWN | MERMAID",
                position=match.start("options"),
            )
    return explain, match.end()


_REFUSED = regex(
    r"ALTER|ANALYZE|ATTACH|CALL|CHECKPOINT|CLUSTER|COMMENT|COPY|DETACH|DO|EXPORT|FORCE|GRANT|IMPORT|INSTALL|LISTEN|LOAD|"
    r"LOCK|MERGE|PRAGMA|REASSIGN|REINDEX|RESET|REVOKE|SECURITY|SUMMARIZE|TRUNCATE|VACUUM",
    re.IGNORECASE,
)


_ARE_RUN = "SELECT, WITH, VALUES, EXPLAIN, INSERT, UPDATE, DELETE, EXEC, SET, SHOW and CREATE VIEW are"
_INSTEAD = {
    "AUTH": "who asks is said by --profile, CIRQL_PROFILE or AWS's own files and variables; cirql doctor shows what was found",
    "CALL": "an operation of a service is called with EXEC aws.<service>.<operation> @Param = value",
    "MERGE": "INSERT … SELECT … LEFT JOIN … WHERE … IS NULL creates what is missing, UPDATE … FROM changes what is there",
    "NATIVEQUERY": "write the query itself: SELECT … runs on the engine, in PostgreSQL's SQL",
    "PURGE": "nothing is left over between statements; cirql store has what keeps an inventory small",
    "REGISTRY": "the catalog is part of cirql and is pulled from nowhere: SHOW PROVIDERS, SHOW SERVICES IN aws, cirql catalog",
    "SLEEP": "SLEEP 500 waits 500 milliseconds",
    "TRUNCATE": "DELETE FROM <table> WHERE … deletes what it names",
}


def _refuse_by_name(text: str) -> None:
    """Statements that other systems know: those that write files or change the engine, and those that have no meaning here. None is run."""
    word = first_word(text)
    if _REFUSED.fullmatch(word) or word in _INSTEAD:
        hint = _INSTEAD.get(word, _ARE_RUN)
        raise NotSupported(f"{word} is not a statement that cirql runs", hint=hint)


def _with_replace(text: str) -> str:
    """`REPLACE t SET …` with the word that the dialect's grammar knows; `writes` tells it from an UPDATE.

    Raises NotSupported for others.
    """
    if first_word(text) != "REPLACE":
        return text
    place = after_blanks(text)
    if first_word(text, place + len("REPLACE")) == "INTO":
        hint = "REPLACE <table> SET … WHERE … makes properties that are not named as they are without being given; INSERT INTO creates"
        raise NotSupported("REPLACE INTO is not a statement that cirql runs", hint=hint)
    return f"{text[:place]}UPDATE {text[place + len('REPLACE') :]}"


# Words that sqlglot has no node for; `writes` reads these statements.
_WRITE_WORDS = frozenset({"EXEC", "EXECUTE", "START", "ABORT", "END"})


def is_write(statement: Statement) -> bool:
    """Whether this is a statement for `writes`: INSERT, UPDATE, DELETE, EXEC or transaction control."""
    from sqlglot import exp

    writes = exp.Insert | exp.Update | exp.Delete | exp.Transaction | exp.Commit | exp.Rollback
    if isinstance(statement.tree, exp.Command) and statement.tree.name in OF_SAVEPOINTS:
        return True
    return isinstance(statement.tree, writes) or _first_word(statement) in _WRITE_WORDS


def is_definition(statement: Statement) -> bool:
    """Whether this is a statement for the session's workspace: SET, CREATE, DROP, REFRESH, or a change to a table of the user's own."""
    from sqlglot import exp

    tree = statement.tree
    if isinstance(tree, exp.Insert | exp.Update | exp.Delete):
        target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        return isinstance(target, exp.Table) and len(target.parts) == 1
    return isinstance(tree, exp.Create | exp.Drop | exp.Set | exp.Use) or _first_word(statement) == "REFRESH"


def split(text: str) -> list[str]:
    """A script's statements, each with the comments before it; semicolons inside strings, comments and dollar quotes do not count.

    Raises ParseError for a string or comment that is never closed.
    """
    from sqlglot.errors import TokenError

    from cirql.sql.translate.tokens import tokenize

    try:
        tokens = tokenize(text)
    except TokenError:
        raise ParseError("a quoted string or comment is not closed", position=_unclosed(text, 0)) from None
    pieces, start, filled = [], 0, False
    for token in tokens:
        if token.text == ";" and text[token.start] == ";":
            if filled:
                pieces.append(text[start : token.start])
            start, filled = token.end + 1, False
        else:
            filled = True
    if filled:
        pieces.append(text[start:])
    return pieces


def _first_word(statement: Statement) -> str:
    return first_word(statement.text, statement.offset)


def _refuse_others(statement: Statement) -> None:
    from sqlglot import exp

    from cirql.sql.trees import all_of

    tree = statement.tree
    if isinstance(tree, exp.Query | exp.Values):
        for node in all_of(tree, exp.DML, exp.DDL, exp.Into):
            if not isinstance(node, exp.Query):
                raise NotSupported(f"{node.key.upper()} inside a query is not supported")
        return
    word = _first_word(statement)
    if word == "REPLACE" and is_definition(statement):
        raise NotSupported("REPLACE is for resources of AWS", hint="UPDATE changes a table of your own")
    if isinstance(tree, exp.Insert | exp.Update | exp.Delete | exp.Transaction | exp.Commit | exp.Rollback) or word in _WRITE_WORDS:
        for node in tree.walk():
            if node is not tree and isinstance(node, exp.DML | exp.DDL | exp.Into) and not isinstance(node, exp.Query):
                raise NotSupported(f"{node.key.upper()} inside another statement is not supported")
        return
    if is_definition(statement):
        return
    raise NotSupported(f"{word} is not a statement that cirql runs", hint=_ARE_RUN)
