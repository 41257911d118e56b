"""What a row is kept under: its key; where it has none, or shares it with another row, that and a digest of what the row says.

A row that is told by what it says has no versions: it comes and goes. Of rows without a key that say the same each is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cirql.inventory.model import KEY
from cirql.startup.records import dataclass

if TYPE_CHECKING:
    import pyarrow as pa

SEPARATOR = "\x1f"
"""Between a key and the digest; no name in AWS has it."""


def key_of(identity: str) -> str | None:
    """The key of a row that is kept under `identity`; None where it has none."""
    return identity.partition(SEPARATOR)[0] or None


@dataclass(frozen=True, slots=True)
class Identified:
    """Rows with what each is kept under, as the column `_key`. `shared` are the keys that several different rows had."""

    rows: pa.Table
    shared: tuple[str, ...] = ()


def identify(rows: pa.Table, key: str | None, told_by: Sequence[str]) -> Identified:
    """Give each row what it is kept under; `told_by` are the columns that say what a row is. Of rows that are wholly alike one is left."""
    import pyarrow as pa

    keys: list[str | None] = rows.column(key).to_pylist() if key in rows.column_names else [None] * rows.num_rows
    counts = Counter(keys)
    if key is not None and None not in counts and len(counts) == len(keys):
        return Identified(rows if key == KEY else rows.rename_columns([KEY if c == key else c for c in rows.column_names]))
    doubtful = [at for at, k in enumerate(keys) if k is None or counts[k] > 1]
    digests = dict(zip(doubtful, _digests(rows, doubtful, told_by), strict=True))
    told: dict[str, set[str]] = {}
    for at in doubtful:
        if (own := keys[at]) is not None:
            told.setdefault(own, set()).add(digests[at])
    shared = tuple(sorted(k for k, found in told.items() if len(found) > 1))
    identities: list[str] = []
    chosen: list[int] = []
    seen: Counter[str] = Counter()
    for at, own in enumerate(keys):
        identity = own if own is not None and len(told.get(own, ())) < 2 else f"{own or ''}{SEPARATOR}{digests[at]}"
        seen[identity] += 1
        if own is None and seen[identity] > 1:
            identity = f"{identity}.{seen[identity]}"
        elif seen[identity] > 1:
            continue
        identities.append(identity)
        chosen.append(at)
    kept = rows if len(chosen) == rows.num_rows else rows.take(pa.array(chosen, pa.int64()))
    others = kept.drop_columns([c for c in kept.column_names if c in (key, KEY)])
    return Identified(others.append_column(KEY, pa.array(identities, pa.string())), shared)


def _digests(rows: pa.Table, which: Sequence[int], told_by: Sequence[str]) -> list[str]:
    """A short digest of what each of some rows says."""
    columns = sorted(c for c in told_by if c in rows.column_names)
    values = [rows.column(c).to_pylist() for c in columns]
    return [_digest({c: v[at] for c, v in zip(columns, values, strict=True)}) for at in which]


def _digest(says: dict[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(says, sort_keys=True, default=str).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
