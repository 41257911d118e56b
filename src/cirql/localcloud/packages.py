"""The packages that more services of the local AWS need than it answers itself."""

from __future__ import annotations

import importlib.util

# What `cirql[demo]` brings: moto, and what its server is called through.
_PACKAGES = ("moto", "werkzeug", "flask")
INSTALL = "pip install 'cirql[demo]'"


def missing_package() -> str | None:
    """The first package that the services of moto lack here, None where they are all installed."""
    return next((name for name in _PACKAGES if importlib.util.find_spec(name) is None), None)
