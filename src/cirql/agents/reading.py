"""The tools that read: statements, what they would cost, which tables there are, who is asked, and what the inventory remembers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cirql.agents.answers import answer, visible
from cirql.agents.description import describe
from cirql.agents.tools import ALWAYS_ROWS, NUMBER, ROWS, STRING, TEXTS, THING, YES, Asked, Tool, listed, text, whole
from cirql.errors import AccessDenied, Error, InvalidStatement, NotInInventory
from cirql.sql.quoting import constant
from cirql.statements.answering import answering

if TYPE_CHECKING:
    from cirql.session import Session

_SHOWN_ROWS = whole("How many rows to show; no more than the server's own limit.", 1, 10_000)
_SHOWN_CELL = whole("How many characters of one value to show.", 20, 20_000)


def _query(call: Asked) -> dict[str, Any]:
    kind = answering(call.arguments["sql"])
    if kind.is_change and kind.word != "EXEC":
        raise AccessDenied(
            "query only reads", hint="plan_change shows what a statement would change; the server has it with --mode plan or ask"
        )
    told = _rows(call, call.arguments["sql"])
    return told if kind.has_rows else {**told, "note": "What this made or set was gone when the call ended."}


def _rows(call: Asked, sql: str) -> dict[str, Any]:
    with call.session().execute(sql) as result:
        return answer(result, call.limits, rows=call.arguments.get("rows"), cell=call.arguments.get("cell"))


def _explain(call: Asked) -> dict[str, Any]:
    session, sql = call.session(), call.arguments["sql"]
    plan = _explained(session, "JSON", sql)
    if not isinstance(plan, dict) or "scans" not in plan:
        raise InvalidStatement("this is no SELECT", hint="plan_change shows what a statement would change")
    asked = [c for scan in plan["scans"] for c in scan["calls"]]
    return {
        "calls": plan["calls"]["certain"],
        "depending": visible(list(plan["calls"]["depending"])),
        "least_seconds": round(sum((c["count"] or c["least"] or 0) / c["per_second"] for c in asked if c["per_second"]), 1),
        "scans": visible(plan["scans"]),
        "policy": _explained(session, "POLICY", sql),
        "note": "Nothing was asked of AWS. `depending` are calls whose number only AWS's answers decide.",
    }


def _explained(session: Session, style: str, sql: str) -> Any:
    with session.execute(f"EXPLAIN (FORMAT {style}) {sql}") as result:
        document = "\n".join(str(row[0]) for row in result)
    try:
        return json.loads(document, parse_constant=lambda word: None)
    except ValueError:
        raise InvalidStatement("this is no statement whose reads can be foretold", hint="give one SELECT, without EXPLAIN") from None


def _search_tables(call: Asked) -> dict[str, Any]:
    words, most = call.arguments["words"], call.arguments.get("limit", 10)
    meant = call.catalog.spelled(words)
    hits = call.catalog.search(meant or words, most)
    found = [
        {
            "table": str(hit.table.name),
            "title": hit.table.title,
            "columns": [c.name for c in hit.columns][:8],
            **({"problem": hit.table.problem} if hit.table.problem else {}),
        }
        for hit in hits
    ]
    notes = [f"read as {meant}"] if meant and hits else [] if hits else ["nothing is about these words: try others, or a service's name"]
    if hits and (unknown := call.catalog.unknown(meant or words)):
        notes.append(f"left out, for no table has it: {', '.join(unknown)}")
    note = "; ".join(notes)
    return {"tables": found, **({"note": note} if note else {})}


def _describe_table(call: Asked) -> dict[str, Any]:
    return describe(call.catalog, call.session().directory.find(call.arguments["table"]), call.arguments.get("columns", ""))


def _list_scopes(call: Asked) -> dict[str, Any]:
    """The accounts one by one, so that one which cannot be entered hides no other."""
    from cirql.fetch.targets import find_targets
    from cirql.plan.places import Wanted

    session = call.session()
    places: dict[str, set[str]] = {}
    failed: list[str] = []
    try:
        for target in session.start(find_targets(session.cloud, session.reach, Wanted(identified=True))).result():
            places.setdefault(target.account or target.credentials, set()).add(target.known_region or "every enabled region")
    except Error as error:
        failed.append(visible(str(error.failure or error.message)))
    return {
        "accounts": [{"account": account, "regions": sorted(regions)} for account, regions in sorted(places.items())],
        "failures": failed + [visible(line) for line in call.failures],
        "note": "Statements ask these places and no others; conditions on account_id and region narrow them.",
    }


def _history(call: Asked) -> dict[str, Any]:
    found = call.session().directory.find(call.arguments["table"])
    key = call.arguments.get("key")
    where = f" WHERE _key = {constant(key)}" if key else ""
    try:
        told = _rows(call, f"SELECT * FROM cirql.history({constant(str(found.name))}){where} ORDER BY valid_from DESC")
    except NotInInventory:
        told = {"columns": [], "rows": [], "shown": 0, "total": 0, "note": "", "calls": 0, "milliseconds": 0}
    with call.session().execute(f"SELECT count(*) FROM cirql.scans WHERE complete AND table_name = {constant(str(found.name))}") as scans:
        if next(iter(scans))[0]:
            return told
    never = (
        f"{found.name} was never read completely into the inventory: what is not here proves nothing (cirql sync {found.name} reads it)."
    )
    return {**told, "complete": False, "note": f"{told['note']} {never}".strip()}


def _diff(call: Asked) -> dict[str, Any]:
    found = call.session().directory.find(call.arguments["table"])
    moments = (call.arguments["since"], call.arguments.get("until", "now"))
    given = ", ".join(constant(word) for word in (str(found.name), *moments))
    return _rows(call, f"SELECT * FROM cirql.diff({given})")


_SQL = text("One statement in PostgreSQL's SQL. Tables are aws.<service>_<resource> or aws.<service>.<resource>.")
_TABLE = text("A table's name, as search_tables gives it.", 200)

READING = (
    Tool(
        "query",
        "Query AWS",
        "Run one SELECT (or SHOW, DESCRIBE, EXPLAIN) over the AWS accounts and regions in scope; rows come live from AWS. "
        "Nothing is ever changed. Name the columns you need, not *: each may cost a call per row. Filter, join and aggregate in SQL.",
        {"sql": _SQL, "rows": _SHOWN_ROWS, "cell": _SHOWN_CELL},
        ROWS,
        _query,
        required=("sql",),
        always=ALWAYS_ROWS,
    ),
    Tool(
        "explain",
        "What a query would cost",
        "What a SELECT would ask of AWS: calls by operation, the least time they take, and the IAM policy that allows them. Asks nobody.",
        {"sql": _SQL},
        {
            "calls": NUMBER,
            "depending": TEXTS,
            "least_seconds": {"type": "number"},
            "scans": listed(THING),
            "policy": THING,
            "note": STRING,
        },
        _explain,
        required=("sql",),
        always=("calls", "depending", "least_seconds", "scans", "policy", "note"),
    ),
    Tool(
        "search_tables",
        "Find tables",
        "Find tables by words: names of services and resources, columns, what AWS says about them. The best come first.",
        {"words": text("What the table is about: 'public s3 buckets', 'lambda timeout'.", 500), "limit": whole("How many.", 1, 50)},
        {"tables": listed(THING), "note": STRING},
        _search_tables,
        required=("words",),
        always=("tables",),
    ),
    Tool(
        "describe_table",
        "Describe a table",
        "A table's columns with their types, the members of its JSON columns as they are spelled there, the keys it cannot do without, "
        "and an example. `columns` narrows a long list to names that contain it.",
        {"table": _TABLE, "columns": text("Only columns whose name or description contains this.", 100)},
        {
            "table": STRING,
            "title": STRING,
            "description": STRING,
            "columns": listed(THING),
            "hidden": TEXTS,
            "key": TEXTS,
            "required": TEXTS,
            "related": listed(THING),
            "permissions": TEXTS,
            "example": STRING,
            "problem": STRING,
            "once_per_account": YES,
            "note": STRING,
        },
        _describe_table,
        required=("table",),
        always=("table", "title", "columns", "example"),
    ),
    Tool(
        "list_scopes",
        "Who is asked",
        "The AWS accounts and regions that statements ask, and the calls that failed so far.",
        {},
        {
            "accounts": listed({"type": "object", "properties": {"account": STRING, "regions": TEXTS}, "required": ["account", "regions"]}),
            "failures": TEXTS,
            "note": STRING,
        },
        _list_scopes,
        always=("accounts", "failures", "note"),
    ),
    Tool(
        "history",
        "What a resource was",
        "Every version of a table's rows that the inventory remembers, newest first, with what changed. Asks AWS nothing.",
        {"table": _TABLE, "key": text("The _key of one resource.", 2_000), "rows": _SHOWN_ROWS, "cell": _SHOWN_CELL},
        ROWS,
        _history,
        required=("table",),
        always=ALWAYS_ROWS,
    ),
    Tool(
        "diff",
        "What changed",
        "What was created, changed and deleted in a table between two moments, as the inventory remembers it. Asks AWS nothing.",
        {
            "table": _TABLE,
            "since": text("A moment: '1 day ago', '2026-03-01 12:00'.", 100),
            "until": text("A moment; now where it is left out.", 100),
            "rows": _SHOWN_ROWS,
            "cell": _SHOWN_CELL,
        },
        ROWS,
        _diff,
        required=("table", "since"),
        always=ALWAYS_ROWS,
    ),
)
