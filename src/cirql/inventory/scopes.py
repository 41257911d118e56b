"""Which accounts and regions a session's settings came to, when AWS was last asked: so that a fresh inventory answers without asking again.

Kept beside the store, a small file for each way of signing in (`Settings.scope_digest`), with no secret in it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cirql.cloud.target import EVERYWHERE, Target
from cirql.inventory.stored import StoredTable
from cirql.plan.model import Scan

GOOD_FOR = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Scopes:
    """The targets of one session's settings, as they were found last. `file` is None where nothing can be kept."""

    file: Path | None

    def known(self, now: datetime) -> tuple[Target, ...] | None:
        """Every target of the settings; None where that is not known, or not any more."""
        if self.file is None:
            return None
        try:
            noted = json.loads(self.file.read_text("utf-8"))
            if now - datetime.fromisoformat(noted["at"]) > GOOD_FOR:
                return None
            return tuple(Target(*fields) for fields in noted["targets"])
        except (OSError, ValueError, KeyError, TypeError):
            return None  # a note that cannot be read is no note: AWS is asked

    def note(self, targets: Sequence[Target], now: datetime) -> None:
        """Keep what AWS said."""
        if self.file is None or not targets or not all(t.account and t.region != EVERYWHERE for t in targets):
            return
        text = json.dumps({"at": now.isoformat(), "targets": [[t.account, t.region, t.credentials, t.partition] for t in targets]})
        draft = self.file.with_suffix(".new")
        with suppress(OSError):  # a full disk costs a question more the next time, and no answer now
            self.file.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(text, "utf-8")
            draft.replace(self.file)


def is_whole(scan: Scan, stored: StoredTable) -> bool:
    """Whether the targets of a scan are all those of the settings."""
    place = {"region", stored.table.account_column}
    if any(f.columns <= place for f in scan.filters):
        return False
    constants = (scan.constants("region"), scan.constants(stored.table.account_column))
    return constants == (None, None) and not stored.is_global and stored.table.regions is None


def narrowed(known: Sequence[Target], scan: Scan, stored: StoredTable) -> tuple[Target, ...] | None:
    """The targets that a scan asks, of all those known; None where AWS or its data must be asked for them."""
    regions, accounts = scan.constants("region"), scan.constants(stored.table.account_column)
    if stored.table.regions is not None or (regions is not None and not regions <= {t.region for t in known}):
        return None
    found = [t for t in known if (regions is None or t.region in regions) and (accounts is None or t.account in accounts)]
    if not stored.is_global:
        return tuple(found)
    firsts: dict[tuple[str, str], Target] = {}
    for target in found:
        if (target.account, target.credentials) not in firsts or (target.region == "us-east-1" and regions is None):
            firsts[target.account, target.credentials] = target
    return tuple(firsts.values())
