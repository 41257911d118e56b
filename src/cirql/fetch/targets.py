"""Targets: ask the cloud what must be known of accounts and regions, and let `plan/places.py` say who is meant."""

from __future__ import annotations

from collections.abc import Callable

from cirql.cloud import Cloud
from cirql.cloud.reach import Reach
from cirql.cloud.survey import Survey
from cirql.cloud.target import Target
from cirql.plan.model import Scan
from cirql.plan.places import RowTest, Wanted, places, targets, wanted
from cirql.startup.records import dataclass


async def find_targets(cloud: Cloud, reach: Reach, want: Wanted) -> tuple[Target, ...]:
    """Everyone whom that means. Raises: InvalidText for a name that is no region, SettingsError, and the errors of calls."""
    if want.is_nowhere:
        return ()
    return targets(want, reach, await cloud.survey(want.inquiry(reach)))


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds the targets of one scan, that was `planned` before it knew the keys that others give.

    `reach` is the session's when the statement began. `notice` tells its reader something, once.
    """

    cloud: Cloud
    reach: Reach
    planned: Scan
    passes: RowTest
    notice: Callable[[str], None]

    async def find(self, scan: Scan) -> tuple[Target, ...]:
        """The targets that a scan asks. Raises as `find_targets`."""
        want = self.want(scan)
        return self.among(await self.survey(want), scan, want)

    def want(self, scan: Scan, *, identified: bool = False) -> Wanted:
        """Where the scan asks, now that it knows its keys. `identified`: account ids matter."""
        return wanted(scan, self.planned, identified=identified)

    async def survey(self, want: Wanted) -> Survey:
        """What the cloud says. Raises as `find_targets`."""
        return Survey() if want.is_nowhere else await self.cloud.survey(want.inquiry(self.reach))

    def among(self, survey: Survey, scan: Scan, want: Wanted) -> tuple[Target, ...]:
        """The targets that a scan asks of those that a survey names."""
        found = places(scan, want, self.reach, survey, self.passes)
        for text in found.notices:
            self.notice(text)
        return found.targets
