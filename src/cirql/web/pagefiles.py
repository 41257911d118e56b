"""The files of the page, as they were built into the package, and what a browser may do with them."""

from __future__ import annotations

import secrets
from html import escape
from importlib import resources

from cirql.errors import SettingsError
from cirql.rendering.drawing import CHART_STYLE

_KINDS = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "txt": "text/plain"}
_FIRST = "index.html"
_SCRIPTS = "app.js"


class PageFiles:
    """The files, read once."""

    def __init__(self) -> None:
        """Raises SettingsError where the package was built without them."""
        folder = resources.files("cirql.web").joinpath("assets")
        try:
            self._files = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}
        except OSError:
            self._files = {}
        if not {_FIRST, _SCRIPTS} <= self._files.keys():
            raise SettingsError(
                "this installation has no page: it was built where there was no Node.js",
                hint="install node and npm, then: make page; everything else works without",
            )

    def page(self) -> tuple[str, str]:
        """The page's text, and the policy it is held to: its own files and nothing else, no script or style but those."""
        nonce = secrets.token_urlsafe(16)
        text = self._files[_FIRST].decode("utf-8").replace("{nonce}", escape(nonce))
        policy = (
            f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; connect-src 'self'; img-src 'self' data: blob:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return text, policy

    def asset(self, name: str) -> tuple[bytes, str] | None:
        """A file beside the page, and its kind."""
        if name == "chart.css":
            return CHART_STYLE.encode(), _KINDS["css"]
        kind = _KINDS.get(name.rpartition(".")[2])
        return (self._files[name], kind) if kind is not None and name in self._files else None
