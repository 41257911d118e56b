"""Places: which accounts and regions a statement asks, decided from what it says, the session's reach, and what is known of both.

    wanted(scan) -> Wanted -> inquiry(reach) -> Inquiry -> (the cloud, the settings, the inventory) -> Survey -> targets

Nothing here asks anybody. Reads, EXPLAIN, the inventory, writes and sync all come through here, so that they mean the same places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cirql.catalog.model import Role, Scope, Table
from cirql.cloud.partitions import partition_of
from cirql.cloud.reach import EVERY_REGION, Reach
from cirql.cloud.regions import has_region_shape
from cirql.cloud.survey import Account, Inquiry, Survey
from cirql.cloud.target import EVERYWHERE, Target
from cirql.plan.model import RowFilter, Scan
from cirql.startup.records import dataclass

_SHOWN = 3
RowTest = Callable[[RowFilter, Table, Sequence[Mapping[str, Any]]], list[bool]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a statement asks, as far as its own constants say; None where it does not.

    `once`: the service lives once in an account, and any region of it would answer for all, or any of `homes`. `identified`: account ids
    matter.
    `told` and `told_regions` are the accounts and regions that the statement itself names, of which its reader hears where they are out of
    reach: not those that rows name. `no_regions` are told and have not the form of a region's name.
    """

    regions: frozenset[str] | None = None
    accounts: frozenset[str] | None = None
    once: bool = False
    identified: bool = False
    told: frozenset[str] = frozenset()
    told_regions: frozenset[str] = frozenset()
    homes: frozenset[str] = frozenset()
    no_regions: frozenset[str] = frozenset()

    @property
    def is_nowhere(self) -> bool:
        """Whether nobody needs to be asked: the conditions leave no region, or no account."""
        return (self.regions is not None and not self.regions) or (self.accounts is not None and not self.accounts)

    def inquiry(self, reach: Reach) -> Inquiry:
        """What must be known of a reach first."""
        regions = reach.regions if self.regions is None or reach.confined else tuple(sorted(self.regions))
        enabled = EVERY_REGION in regions and (not self.once or self.regions is not None)
        return Inquiry(reach, regions, self.accounts, self.identified, enabled)


def wanted(scan: Scan, planned: Scan, *, identified: bool = False) -> Wanted:
    """Where a scan asks, which was `planned` before it knew the keys that other scans give.

    `identified`: the account ids matter to whoever asks; else the scan's own columns say.
    """
    named = _texts(planned.constants("region")) or frozenset()
    told = _of_form(named)
    return Wanted(
        _regions_named(scan, named),
        _texts(scan.constants(scan.table.account_column)),
        once=scan.table.scope is Scope.GLOBAL,
        identified=identified or _needs_ids(scan),
        told=_texts(planned.constants(scan.table.account_column)) or frozenset(),
        told_regions=told,
        homes=homes(scan.table),
        no_regions=named - told,
    )


def _regions_named(scan: Scan, told: frozenset[str]) -> frozenset[str] | None:
    """The regions that a scan's keys name. What is none matches nothing; where a statement names no other, that is a mistake."""
    regions = _texts(scan.constants("region"))
    if regions is None or (regions <= told and not _of_form(told)):
        return regions
    return _of_form(regions)


def _of_form(names: frozenset[str]) -> frozenset[str]:
    return frozenset(n for n in names if has_region_shape(n) or n == EVERY_REGION)


def homes(table: Table) -> frozenset[str]:
    """The regions that answer for a whole account, where not all do."""
    return (table.regions if table.scope is Scope.GLOBAL else None) or frozenset()


def _texts(values: frozenset[Any] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(map(str, values))


def targets(want: Wanted, reach: Reach, survey: Survey) -> tuple[Target, ...]:
    """Everyone to ask: each account in each of its regions, or in one that stands for all.

    An account whose id is not known may be any: AWS says whether it is the one.
    """
    if want.is_nowhere:
        return ()
    found = [
        Target(account.id, region, account.credentials, partition_of(region).name)
        for account in survey.accounts
        if want.accounts is None or not account.id or account.id in want.accounts
        for region in _regions(account, want, reach)
    ]
    return tuple(dict.fromkeys(found))


def _regions(account: Account, want: Wanted, reach: Reach) -> Sequence[str]:
    regions: Sequence[str] = reach.regions or (account.home,)
    centre = partition_of(next((r for r in (account.home, *regions) if r and r != EVERY_REGION), "")).centre
    if want.regions is not None and not reach.confined:
        regions = sorted(r for r in want.regions if r != EVERY_REGION)  # a condition names regions, and no row is in this one
    elif EVERY_REGION in regions:
        regions = account.enabled if account.enabled is not None else (centre,) if want.once else ()
    if want.regions is not None and reach.confined:
        regions = [r for r in regions if r in want.regions or r == EVERYWHERE]
    if not want.once:
        return regions
    if want.homes:
        regions = _homes(want, reach, regions, centre)
    # Its region is one that the statement names, so that `WHERE region = …` finds the rows.
    return (centre,) if want.regions is None and centre in regions else regions[:1]


def _homes(want: Wanted, reach: Reach, regions: Sequence[str], centre: str) -> Sequence[str]:
    """The regions that can answer for an account: those in scope, else one that is not, since what it has is no region's."""
    here = [r for r in regions if r in want.homes or r == EVERYWHERE]
    if here or reach.confined or want.regions is not None:
        return here
    partition = partition_of(centre).name
    return sorted((r for r in want.homes if partition_of(r).name == partition), key=lambda r: (r != centre, r))[:1]


@dataclass(frozen=True, slots=True)
class Places:
    """The targets of a scan, and what its reader should know of places that were named and are not among them."""

    targets: tuple[Target, ...]
    notices: tuple[str, ...] = ()


def places(scan: Scan, want: Wanted, reach: Reach, survey: Survey, passes: RowTest) -> Places:
    """Everyone a scan asks: the targets that its conditions leave, where its table exists."""
    found = targets(want, reach, survey)
    kept = possible(scan, [(t.account, t.known_region) for t in found], passes)
    found = tuple(t for t, keep in zip(found, kept, strict=True) if keep)
    notices = _out_of_reach(want, reach, survey)
    table = scan.table
    if want.homes and not found and not want.is_nowhere:
        notices.append(f"{table.name} is asked in {_any_of(sorted(want.homes))} alone; it was not asked")
    if table.regions is not None and not want.once:
        absent = {t.region: f"{table.name} does not exist in {t.region}; it was not asked there" for t in found if _lacks(table, t)}
        notices += list(absent.values())
        found = tuple(t for t in found if t.region not in absent)
    return Places(found, tuple(notices))


def _any_of(names: Sequence[str]) -> str:
    return " or ".join(names[:_SHOWN]) + (f" (or {len(names) - _SHOWN} more)" if len(names) > _SHOWN else "")


def _lacks(table: Table, target: Target) -> bool:
    return table.regions is not None and bool(target.known_region) and target.region not in table.regions


def _out_of_reach(want: Wanted, reach: Reach, survey: Survey) -> list[str]:
    """What to say of accounts and regions that a statement names and the session does not: no rows of theirs prove little."""
    if want.is_nowhere:
        return []
    notices = [f"{name!r} is not an AWS region: no row is there" for name in sorted(want.no_regions)]
    if all(a.id for a in survey.accounts) and (missing := sorted(want.told - {a.id for a in survey.accounts})):
        notices.append(_told("account", missing, "{} not asked"))
    regions = frozenset(reach.regions or [a.home for a in survey.accounts])
    if reach.confined and EVERY_REGION not in regions and (missing := sorted((want.regions or frozenset()) - regions)):
        notices.append(_told("region", missing, "{} not asked there"))
    elif reach.regions and EVERY_REGION not in regions and not want.once and (missing := sorted(want.told_regions - regions)):
        notices.append(_told("region", missing, "{} looked in because the statement names {}"))
    return notices


def _told(noun: str, names: Sequence[str], done: str) -> str:
    if len(names) == 1:
        return f"{noun} {names[0]} is not in this session's scope; it {done.format('was', 'it')}"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{noun}s {', '.join(names[:_SHOWN])}{more} are not in this session's scope; they {done.format('were', 'them')}"


def possible(scan: Scan, places: Sequence[tuple[str, str]], passes: RowTest) -> list[bool]:
    """For each (account, region), whether a row of the scan may be there. One that is not known, an empty text, may be any."""
    columns = {"region", scan.table.account_column}
    rows = [{"region": region, scan.table.account_column: account} for account, region in places]
    kept = [True] * len(rows)
    for test in scan.filters:
        if test.columns <= columns:
            knows = [all(row[c] for c in test.columns) for row in rows]
            passing = test.decide([row[next(iter(test.columns))] for row in rows]) if len(test.columns) == 1 else None
            if passing is None:
                passing = passes(test, scan.table, rows)
            kept = [k and (p or not n) for k, p, n in zip(kept, passing, knows, strict=True)]
    return kept


def _needs_ids(scan: Scan) -> bool:
    """Whether a scan's rows or calls have the account's id in them."""
    needed = {*scan.columns, *(c for f in scan.fetches for c in f.required), *(scan.table.key if "_key" in scan.columns else ())}
    return (
        scan.table.account_column in needed
        or ("_key" in scan.columns and not _key_is_arn(scan))
        or _makes_arns(scan, needed)
        or any(f.fallback and f.role is Role.ENRICH for f in scan.fetches)  # a sweep is asked for ARNs of the own account alone
    )


def _makes_arns(scan: Scan, needed: set[str]) -> bool:
    """Whether ARNs must be made from their parts, account included, because neither a key nor the first answer has them."""
    arn = scan.table.arn
    if arn is None:
        return False
    names = {arn.column, "data__identifier"}
    given = {*scan.root.gives - scan.root.required, *(c for g in scan.keys for c in g.columns)}
    return bool(names & needed) and not names & given


def _key_is_arn(scan: Scan) -> bool:
    return len(scan.table.key) == 1 and scan.table.key[0].endswith("arn")
