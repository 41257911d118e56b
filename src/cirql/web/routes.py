"""Which address means what. GET gives what is there and runs nothing; what runs something is a POST."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from cirql.errors import Error, InvalidText, LoginRefused
from cirql.web.deeds import DEEDS
from cirql.web.gate import Admission
from cirql.web.given import text
from cirql.web.looks import LOOKS
from cirql.web.pagefiles import PageFiles
from cirql.web.run import described

if TYPE_CHECKING:
    from starlette.requests import Request

    from cirql.web.visits import Visit, Visits

_Answer = Callable[["Visit", dict[str, Any]], Any]
_SPENT = "This link has been used. The page that it opened still works; for another browser, start cirql web again.\n"


class PageRoutes:
    """The page's addresses over the visits."""

    def __init__(self, visits: Visits, admission: Admission, files: PageFiles) -> None:
        self._visits = visits
        self._admission = admission
        self._files = files

    def app(self) -> Starlette:
        """The application."""
        asked = [Route(f"/api/{name}", self._endpoint(answer), methods=["GET"]) for name, answer in LOOKS.items()]
        done = [Route(f"/api/{name}", self._endpoint(answer), methods=["POST"]) for name, answer in DEEDS.items()]
        own = [Route("/", self._page), Route("/enter", self._enter), Route("/assets/{name}", self._asset)]
        doors = [Route("/login", self._login, methods=["POST"]), Route("/logout", self._logout, methods=["POST"])]
        return Starlette(routes=[*own, *doors, Route("/api/news", self._news), *asked, *done])

    async def _page(self, request: Request) -> Response:
        text, policy = self._files.page()
        return Response(text, media_type="text/html", headers={"content-security-policy": policy, "cache-control": "no-store"})

    async def _enter(self, request: Request) -> Response:
        cookie = self._admission.enter(request.query_params.get("token", ""))
        if cookie is None:
            if self._admission.visitor(request.headers.get("cookie", "")):
                return RedirectResponse("/", 303)
            return Response(_SPENT, 403, media_type="text/plain")
        return RedirectResponse("/", 303, headers={"set-cookie": cookie, "cache-control": "no-store"})

    async def _login(self, request: Request) -> Response:
        try:
            given = await _body(request)
            cookie = await run_in_threadpool(self._admission.sign_in, text(given, "name"), text(given, "password"))
        except Error as error:
            return JSONResponse({"error": described(error)}, 403)
        return JSONResponse({}, headers={"set-cookie": cookie, "cache-control": "no-store"})

    async def _logout(self, request: Request) -> Response:
        self._admission.sign_out(request.headers.get("cookie", ""))
        return JSONResponse({}, headers={"cache-control": "no-store"})

    def _visit(self, request: Request) -> Visit:
        visitor = self._admission.visitor(request.headers.get("cookie", ""))
        if visitor is None:  # signed out since the gate let it pass
            raise LoginRefused("this page is not signed in")
        return self._visits.of(visitor)

    async def _asset(self, request: Request) -> Response:
        found = self._files.asset(request.path_params["name"])
        if found is None:
            return Response("there is no such file\n", 404, media_type="text/plain")
        data, kind = found
        return Response(data, media_type=kind, headers={"cache-control": "no-cache"})

    async def _news(self, request: Request) -> Response:
        try:
            run = self._visit(request).desk.find(request.query_params.get("run", ""))
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
                told = await run_in_threadpool(answer, self._visit(request), given)
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
