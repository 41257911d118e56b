"""A process that carries out a saved plan, or resumes, in children that may be killed at any moment.

Reads one JSON request a line: `{"endpoint", "journal", "plan", "die_at"}`; writes one line with the child's id, then one with how it ended.
The children are forked after everything slow has been imported, so that hundreds of them start in no time. `die_at` n: the child kills
itself just before (even n) or just after (odd n) its n//2-th write to the journal.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import botocore.session

import cirql.cloud.services  # noqa: F401  imported before the fork, for every child
from cirql.catalog.lookup import Catalog
from cirql.changes.apply import Applier
from cirql.changes.journal import Journal
from cirql.changes.model import JournalEntry
from cirql.changes.saved import read_plan
from cirql.cloud.client import CloudClient
from cirql.localcloud import REGIONS
from cirql.settings import Credential, Settings


class MortalJournal(Journal):
    """A journal whose process dies at its n-th write."""

    die_at: int | None = None
    _writes = 0

    def record(self, entries: Sequence[JournalEntry]) -> None:
        self._maybe_die()
        super().record(entries)
        self._maybe_die()

    def save(self, entries: Sequence[JournalEntry]) -> None:
        for entry in entries:  # one by one: every state of every change is a moment to die at
            self._maybe_die()
            super().save([entry])
            self._maybe_die()

    def _maybe_die(self) -> None:
        if self._writes == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self._writes += 1


async def carry_out(request: dict[str, Any]) -> None:
    """Record the plan unless it is recorded, then see every open entry to its end."""
    journal = MortalJournal.at(Path(request["journal"]))
    journal.die_at = request["die_at"]
    with Catalog.open() as catalog:
        plan = read_plan(Path(request["plan"]), catalog)
    if journal.entry(plan.changes[0].id) is None:
        now = time.time()
        journal.record([JournalEntry(c, f"run-{plan.changes[0].id}", n, "test", "test", created=now) for n, c in enumerate(plan.changes)])
    accounts = sorted({c.target.account for c in plan.changes})
    credentials = tuple(Credential(a, a, "local", account=a) for a in accounts)
    client = CloudClient(Settings(credentials=credentials, regions=(REGIONS[0],), endpoint_url=request["endpoint"]))
    try:
        for run in dict.fromkeys(e.run for e in journal.entries(open_only=True)):
            await Applier(client, journal, time.time).apply(journal.entries(run=run))
    finally:
        await client.close()
    journal.close()


def main() -> None:
    """Serve until the input ends."""
    warm = botocore.session.Session()
    warm.create_client("cloudcontrol", region_name=REGIONS[0], aws_access_key_id="x", aws_secret_access_key="x")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(carry_out(json.loads(line)))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
