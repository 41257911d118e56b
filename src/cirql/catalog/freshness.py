"""Whether a compiled catalog still says what the installed rules would make it say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_COMPILER = _PACKAGE / "compiler"
# What the compiler imports from outside its own folder; a test holds the list against its imports.
BESIDE = (
    "catalog/artefact.py",
    "catalog/codec.py",
    "catalog/freshness.py",
    "catalog/model.py",
    "catalog/rules.py",
    "catalog/references.py",
    "catalog/search.py",
    "catalog/spellings.py",
    "catalog/tag_views.py",
    "catalog/views.py",
    "names.py",
    "startup/records.py",
    "startup/regexes.py",
    "types.py",
)


def sources_digest() -> str:
    """A short digest of the compiler's code and data and of what it builds on, in about a millisecond."""
    digest = hashlib.blake2b(digest_size=8)
    for path in _sources():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(_PACKAGE).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield from sorted(_COMPILER.rglob("*.py"))
    yield from sorted(_COMPILER.rglob("*.toml"))
    yield from (_PACKAGE / name for name in BESIDE)
