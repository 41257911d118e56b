"""A request as a WSGI application sees it, and its answer: the way into moto's server without a socket."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from urllib.parse import unquote

from cirql.localcloud.identity import Caller
from cirql.localcloud.listener import HOST, HttpAnswer, HttpRequest

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


def call_application(application: WSGIApplication, request: HttpRequest, caller: Caller) -> HttpAnswer:
    """Run a WSGI application on a request."""
    from werkzeug.test import run_wsgi_app

    body, status, headers = run_wsgi_app(application, _environ(request, caller), buffered=True)
    return HttpAnswer(int(status.split()[0]), tuple(headers.items()), b"".join(body))


def _environ(request: HttpRequest, caller: Caller) -> WSGIEnvironment:
    host, _, port = request.headers.get("host", HOST).partition(":")
    environ: WSGIEnvironment = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(request.path).encode().decode("latin-1"),
        "QUERY_STRING": request.query,
        "REQUEST_URI": f"{request.path}?{request.query}" if request.query else request.path,
        "RAW_URI": f"{request.path}?{request.query}" if request.query else request.path,
        "REMOTE_ADDR": HOST,
        "SERVER_NAME": host,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_X_MOTO_ACCOUNT_ID": caller.account,
        "CONTENT_LENGTH": str(len(request.body)),
    }
    for name, value in request.headers.items():
        if name == "content-type":
            environ["CONTENT_TYPE"] = value
        elif name not in ("content-length", "transfer-encoding"):
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environ
