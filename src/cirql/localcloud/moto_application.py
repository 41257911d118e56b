"""moto's server application, made quiet: no CORS, no prints, no tracebacks. Importing this imports moto."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def build_application() -> WSGIApplication:
    """A new dispatching application over moto's backends."""
    return DomainDispatcherApplication(create_backend_app)
