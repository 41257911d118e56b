"""Which address means what. GET gives what is there and runs nothing; what runs something is a POST."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from cirql.completion.candidates import completion
from cirql.errors import Error, InvalidText
from cirql.web.changing import PlanDesk, changes_something
from cirql.web.desk import PageDesk
from cirql.web.downloads import DownloadFormat
from cirql.web.estimate import estimate, piece_at
from cirql.web.gate import Admission
from cirql.web.moments import moments
from cirql.web.pagefiles import PageFiles
from cirql.web.rows import RowsWanted
from cirql.web.run import described
from cirql.web.tables import describe, members, of_service, search, services

if TYPE_CHECKING:
    from starlette.requests import Request

Facts = Callable[[], dict[str, Any]]
"""What the page says of the place it is in: version, scope, whether changes are allowed."""
_Answer = Callable[["PageRoutes", "Request", dict[str, Any]], Any]
_SPENT = "This link has been used. The page that it opened still works; for another browser, start cirql web again.\n"


class PageRoutes:
    """The page's addresses over a desk."""

    def __init__(self, desk: PageDesk, plans: PlanDesk, admission: Admission, files: PageFiles, facts: Facts) -> None:
        self.desk = desk
        self.plans = plans
        self.facts = facts
        self._admission = admission
        self._files = files

    def app(self) -> Starlette:
        """The application."""
        asked = [Route(f"/api/{name}", self._endpoint(answer), methods=["GET"]) for name, answer in _LOOKS.items()]
        done = [Route(f"/api/{name}", self._endpoint(answer), methods=["POST"]) for name, answer in _DOES.items()]
        own = [Route("/", self._page), Route("/enter", self._enter), Route("/assets/{name}", self._asset)]
        return Starlette(routes=[*own, Route("/api/news", self._news), *asked, *done])

    async def _page(self, request: Request) -> Response:
        text, policy = self._files.page()
        return Response(text, media_type="text/html", headers={"content-security-policy": policy, "cache-control": "no-store"})

    async def _enter(self, request: Request) -> Response:
        cookie = self._admission.enter(request.query_params.get("token", ""))
        if cookie is None:
            if self._admission.knows(request.headers.get("cookie", "")):
                return RedirectResponse("/", 303)
            return Response(_SPENT, 403, media_type="text/plain")
        return RedirectResponse("/", 303, headers={"set-cookie": cookie, "cache-control": "no-store"})

    async def _asset(self, request: Request) -> Response:
        found = self._files.asset(request.path_params["name"])
        if found is None:
            return Response("there is no such file\n", 404, media_type="text/plain")
        data, kind = found
        return Response(data, media_type=kind, headers={"cache-control": "no-cache"})

    async def _news(self, request: Request) -> Response:
        try:
            run = self.desk.find(request.query_params.get("run", ""))
        except Error as error:
            return JSONResponse({"error": described(error)}, 404)

        def lines() -> Iterator[bytes]:
            for told in run.news():
                yield json.dumps(told).encode() + b"\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson", headers={"cache-control": "no-store"})

    def _endpoint(self, answer: _Answer) -> Callable[[Request], Any]:
        async def respond(request: Request) -> Response:
            try:
                given = dict(request.query_params) if request.method == "GET" else await _body(request)
                told = await run_in_threadpool(answer, self, request, given)
            except Error as error:
                return JSONResponse({"error": described(error)}, 400)
            except Exception as problem:  # noqa: BLE001 (the page says so; a trace in the terminal would help nobody)
                return JSONResponse({"error": {"message": f"internal: {type(problem).__name__}: {problem}", "sqlstate": "XX000"}}, 500)
            if isinstance(told, Response):
                return told
            return JSONResponse(told, headers={"cache-control": "no-store"})

        return respond


async def _body(request: Request) -> dict[str, Any]:
    """What was sent: a JSON object. Raises InvalidText."""
    try:
        found = json.loads(await request.body())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InvalidText("what was sent is no JSON object")
    return found


def _text(given: dict[str, Any], name: str) -> str:
    found = given.get(name, "")
    if not isinstance(found, str):
        raise InvalidText(f"{name} is no text")
    return found


def _number(given: dict[str, Any], name: str, otherwise: int = 0) -> int:
    try:
        return max(0, int(given.get(name, otherwise)))
    except (TypeError, ValueError):
        raise InvalidText(f"{name} is no number") from None


def _wanted(given: dict[str, Any]) -> RowsWanted:
    column = _text(given, "sort")
    return RowsWanted(
        _number(given, "from"),
        _number(given, "count", 200),
        int(column) if column.isdigit() else None,
        given.get("descending") == "1",
        _text(given, "words"),
    )


# What is looked at.


def _facts(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    return page.facts()


def _tables(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    catalog = page.desk.runtime.catalog
    if service := _text(given, "service"):
        return of_service(catalog, service)
    words = _text(given, "words").strip()
    return search(catalog, words) if words else services(catalog)


def _table(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    catalog = page.desk.runtime.catalog
    return describe(catalog, catalog.find(_text(given, "name")))


def _members(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    catalog = page.desk.runtime.catalog
    path = [step for step in _text(given, "path").split("/") if step]
    return members(catalog, catalog.find(_text(given, "name")), _text(given, "column"), path)


def _rows(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    return page.desk.find(_text(given, "run")).rows(_wanted(given))


def _cell(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    return {"value": page.desk.find(_text(given, "run")).cell(_wanted({**given, "count": 1}), _number(given, "column"))}


def _download(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    try:
        kind = DownloadFormat(_text(given, "format"))
    except ValueError:
        raise InvalidText("a result can be had as csv, json or parquet") from None
    data = page.desk.find(_text(given, "run")).download(_wanted(given), kind)
    return StreamingResponse(
        data,
        media_type=kind.media_type,
        headers={"content-disposition": f'attachment; filename="result.{kind}"', "cache-control": "no-store"},
    )


def _chart(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    return page.desk.find(_text(given, "run")).chart(_text(given, "kind"))


# What is done.


def _run(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    text = _text(given, "text")
    piece = piece_at(text, _number(given, "position"))
    if piece is None:
        raise InvalidText("there is no statement to run")
    if changes_something(piece.text):
        return {"kind": "change"}  # It is planned and shown, never run at once.
    run = page.desk.run(_text(given, "editor"), piece.text, _text(given, "moment"))
    return {"run": run.id, "from": piece.start, "to": piece.end}


def _cancel(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    page.desk.find(_text(given, "run")).cancel()
    return {}


def _estimate(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    return estimate(page.desk.session(_text(given, "editor")), _text(given, "text"), _number(given, "position"))


def _moments(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    session = page.desk.session(_text(given, "editor"))
    tables = estimate(session, _text(given, "text"), _number(given, "position")).get("tables", [])
    return {"tables": sorted(set(tables)), "moments": moments(session, tables)}


def _complete(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    session = page.desk.session(_text(given, "editor"))
    try:
        found = completion(_text(given, "text"), _number(given, "position"), session)
    except Error:
        found = []
    return {"candidates": [{"text": c.text, "from": c.start, "kind": c.kind, "detail": c.detail, "about": c.meaning} for c in found]}


def _plan(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    piece = piece_at(_text(given, "text"), _number(given, "position"))
    if piece is None:
        raise InvalidText("there is no statement to plan")
    return page.plans.plan(page.desk.session(_text(given, "editor")), piece.text)


def _apply(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    return page.plans.apply(_text(given, "plan"))


def _close(page: PageRoutes, request: Request, given: dict[str, Any]) -> Any:
    page.desk.close_editor(_text(given, "editor"))
    return {}


_LOOKS: dict[str, _Answer] = {
    "facts": _facts,
    "tables": _tables,
    "table": _table,
    "members": _members,
    "rows": _rows,
    "cell": _cell,
    "chart": _chart,
    "download": _download,
}
_DOES: dict[str, _Answer] = {
    "run": _run,
    "cancel": _cancel,
    "estimate": _estimate,
    "complete": _complete,
    "moments": _moments,
    "plan": _plan,
    "apply": _apply,
    "close": _close,
}
