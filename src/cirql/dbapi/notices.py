"""PEP 249's Warning: what a statement has to say beside its rows."""

from __future__ import annotations


class Warning(Exception):
    """Something that the reader of the rows should know: a place that could not be read, a limit met. Never raised, but listed."""
