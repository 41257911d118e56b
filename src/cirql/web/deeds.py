"""What a page may have done: POST, from the page itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cirql.completion.candidates import completion
from cirql.completion.tidying import tidy
from cirql.errors import Error, InvalidText
from cirql.web.around import around, places
from cirql.web.changing import changes_something
from cirql.web.estimate import estimate, piece_at
from cirql.web.given import number, text, texts, wanted
from cirql.web.moments import moments
from cirql.web.pointing import meaning
from cirql.web.versions import differences, timeline

if TYPE_CHECKING:
    from cirql.session import Session
    from cirql.web.visits import Visit


def _run(visit: Visit, given: dict[str, Any]) -> Any:
    piece = piece_at(text(given, "text"), number(given, "position"))
    if piece is None:
        raise InvalidText("there is no statement to run")
    if changes_something(piece.text):
        return {"kind": "change"}  # It is planned and shown, never run at once.
    run = visit.desk.run(text(given, "editor"), piece.text, text(given, "moment"))
    return {"run": run.id, "from": piece.start, "to": piece.end}


def _cancel(visit: Visit, given: dict[str, Any]) -> Any:
    visit.desk.find(text(given, "run")).cancel()
    return {}


def _estimate(visit: Visit, given: dict[str, Any]) -> Any:
    return estimate(visit.desk.session(text(given, "editor")), text(given, "text"), number(given, "position"))


def _moments(visit: Visit, given: dict[str, Any]) -> Any:
    session = visit.desk.session(text(given, "editor"))
    tables = estimate(session, text(given, "text"), number(given, "position")).get("tables", [])
    return {"tables": sorted(set(tables)), "moments": moments(session, tables)}


def _complete(visit: Visit, given: dict[str, Any]) -> Any:
    session = visit.desk.session(text(given, "editor"))
    try:
        found = completion(text(given, "text"), number(given, "position"), session)
    except Error:
        found = []
    return {"candidates": [{"text": c.text, "from": c.start, "kind": c.kind, "detail": c.detail, "about": c.meaning} for c in found]}


def _plan(visit: Visit, given: dict[str, Any]) -> Any:
    piece = piece_at(text(given, "text"), number(given, "position"))
    if piece is None:
        raise InvalidText("there is no statement to plan")
    return visit.plans.plan(visit.desk.session(text(given, "editor")), piece.text)


def _apply(visit: Visit, given: dict[str, Any]) -> Any:
    return visit.plans.apply(text(given, "plan"))


def _close(visit: Visit, given: dict[str, Any]) -> Any:
    visit.desk.close_editor(text(given, "editor"))
    return {}


def _meaning(visit: Visit, given: dict[str, Any]) -> Any:
    return meaning(text(given, "text"), number(given, "position"), _session(visit, given))


def _tidy(visit: Visit, given: dict[str, Any]) -> Any:
    return {"text": tidy(text(given, "text"))}


def _around(visit: Visit, given: dict[str, Any]) -> Any:
    return around(visit.desk, _session(visit, given))


def _places(visit: Visit, given: dict[str, Any]) -> Any:
    return {"places": places(_session(visit, given))}


def _timeline(visit: Visit, given: dict[str, Any]) -> Any:
    session = _session(visit, given)
    run = visit.desk.find(text(given, "run"))
    tables = sorted(set(estimate(session, run.sql, 0).get("tables", [])))
    if len(tables) != 1:
        raise InvalidText("only rows of one table have a history of their own", hint="ask cirql.history('aws.…') for one of its tables")
    return timeline(session, tables[0], run.row(wanted({**given, "count": 1})))


def _differences(visit: Visit, given: dict[str, Any]) -> Any:
    found = differences(_session(visit, given), texts(given, "tables"), text(given, "earlier"), text(given, "later"))
    return {"tables": found}


def _keep(visit: Visit, given: dict[str, Any]) -> Any:
    return visit.library.keep(text(given, "name"), text(given, "text"), text(given, "seen"))


def _remove(visit: Visit, given: dict[str, Any]) -> Any:
    visit.library.remove(text(given, "name"))
    return {}


def _forget(visit: Visit, given: dict[str, Any]) -> Any:
    visit.past.forget()
    return {}


def _session(visit: Visit, given: dict[str, Any]) -> Session:
    return visit.desk.session(text(given, "editor"))


DEEDS: Mapping[str, Callable[[Visit, dict[str, Any]], Any]] = {
    "run": _run,
    "cancel": _cancel,
    "estimate": _estimate,
    "complete": _complete,
    "meaning": _meaning,
    "tidy": _tidy,
    "moments": _moments,
    "timeline": _timeline,
    "differences": _differences,
    "around": _around,
    "places": _places,
    "plan": _plan,
    "apply": _apply,
    "keep": _keep,
    "remove": _remove,
    "forget": _forget,
    "close": _close,
}
