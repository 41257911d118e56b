"""moto's server application with honest answers for what moto does not have. Importing this imports moto (1 s).

moto prints for a service it does not know and lets exceptions out; here both become errors of this module, for the
caller to put into the protocol of the request.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from moto import backends
from moto.core import responses
from moto.core.utils import method_names_from_class
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# Hosts that moto's dispatcher names itself, before it looks at the signature.
_OWN_HOSTS = ("moto_api", "instance_metadata")


class NotServedError(Exception):
    """moto has no such service or operation."""


class MotoBrokeError(Exception):
    """moto has the operation, but raised something that is no AWS error."""


@cache
def _modules() -> frozenset[str]:
    """Moto's modules; it looks through its own folder each time it is asked, which was a third of a call."""
    return frozenset(backends.list_of_moto_modules())


class _Dispatcher(DomainDispatcherApplication):
    """moto's dispatcher, which raises for a service that no backend serves instead of printing."""

    def get_backend_for_host(self, host: str | None) -> Any:
        if host is None or host in _OWN_HOSTS:
            return host
        if host in _modules():
            return host
        for backend, pattern in self.backend_url_patterns:
            if pattern.match(f"http://{host}"):
                return backend
        raise NotServedError(f"no service at {host}")


def build_application() -> WSGIApplication:
    """A new dispatching application over moto's backends. Calling it may raise NotServedError and MotoBrokeError."""
    # moto's 1,300 public machine images cost 250 ms in every account and region. moto looks at this when it makes a region.
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    # moto lists the methods of a service's class for every request, a fifth of its time; a class has the same ones each time.
    setattr(responses, "method_names_from_class", cache(method_names_from_class))  # noqa: B010 - moto publishes no such setting
    application: WSGIApplication = _Dispatcher(_build_backend)
    return application


def _build_backend(service: Any) -> Any:
    application = create_backend_app(service)
    # Flask asks its registered handlers before it lets an exception out. Only exceptions moto does not render itself arrive here.
    application.register_error_handler(Exception, _refuse)
    return application


def _refuse(error: Exception) -> Any:
    from werkzeug.exceptions import HTTPException

    if isinstance(error, HTTPException) and error.code == 404:
        raise NotServedError("moto has no such path") from error
    if isinstance(error, HTTPException):
        return error
    if isinstance(error, NotImplementedError):
        raise NotServedError(str(error)) from error
    raise MotoBrokeError(f"{type(error).__name__}: {error}") from error
