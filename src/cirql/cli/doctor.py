"""`cirql doctor`."""

from __future__ import annotations


def doctor() -> None:
    """Check the installation, the credentials and the way to AWS."""
