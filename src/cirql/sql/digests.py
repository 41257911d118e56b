"""Digests that DuckDB does not have; bytes come and go in hexadecimal."""

from __future__ import annotations

import hashlib


def digest(name: str, data: str) -> str:
    """The digest of that name (sha224, sha384, sha512)."""
    return hashlib.new(name, bytes.fromhex(data)).hexdigest()
