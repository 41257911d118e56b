r"""The commands about where statements ask: `\c`, `\l`, `\conninfo`, `\accounts`, `\regions`, `\ages`, `\scans`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cirql.errors import SettingsError
from cirql.shell.command_table import Command, ShellCommand
from cirql.shell.opening import Opening

if TYPE_CHECKING:
    from cirql.cloud.survey import Survey

_SCANS = """
SELECT account, region, table_name, rows, complete, code || ': ' || message AS problem
FROM cirql.last_scans ORDER BY complete, table_name, account, region
"""
_AGES = """
SELECT table_name, count(DISTINCT (account_id, region)) AS places, sum(rows) AS rows, max(finished) AS seen,
  date_trunc('second', timezone('UTC', now()) - min(finished)) AS oldest
FROM cirql.scans WHERE complete AND id IN (SELECT max(id) FROM cirql.scans WHERE complete GROUP BY table_name, account_id, region)
GROUP BY table_name ORDER BY table_name
"""


def connect(call: Command) -> None:
    """Open another session: over a profile, a role, or the embedded AWS."""
    target = call.word
    if target and target != "-":
        kept = {k: v for k, v in call.bench.opened.opening.settings.items() if k in ("dialect", "max_age", "writable", "store", "regions")}
        if target == "local":
            opening = Opening(kept, local=True)
        elif target.isdigit():
            opening = Opening({**call.bench.opened.opening.settings, "accounts": (target,)}, call.bench.opened.opening.local)
        elif target.startswith("arn:"):
            opening = Opening({**kept, "role": target})
        else:
            if target not in _profiles():
                raise SettingsError(
                    f"there is no profile {target!r}", hint="\\l lists what there is; also an account id, a role's ARN, or local"
                )
            opening = Opening({**kept, "profiles": (target,)})
        call.bench.connect(opening)
    call.bench.print([f"connected to {called(call.bench.opened.opening)}"])


def called(opening: Opening) -> str:
    """What a connection is called."""
    if opening.local:
        return "the embedded AWS"
    settings = opening.settings
    words = [", ".join(settings[name]) for name in ("profiles", "accounts") if settings.get(name)]
    return " ".join([*words, *([f"by the role {settings['role']}"] if settings.get("role") else [])]) or "AWS, as its configuration says"


def _profiles() -> list[str]:
    from cirql.cloud.credentials import profile_names

    return profile_names()


def list_profiles(call: Command) -> None:
    r"""What `\c` takes."""
    rows = [[name, "profile of AWS's configuration"] for name in _profiles()]
    call.bench.show_rows(("name", "what it is"), [*rows, ["local", "the embedded AWS"]])


def tell_connection(call: Command) -> None:
    """Where statements ask now."""
    settings = call.bench.session.settings
    lines = [f"connected to {called(call.bench.opened.opening)}"]
    lines.append(f"regions: {', '.join(settings.regions) or 'the one of the configuration'}")
    if settings.accounts:
        lines.append(f"accounts: {', '.join(settings.accounts)}")
    lines.append("changes are allowed" if settings.writable else "nothing can be changed: \\c or a start with --write allows it")
    lines.append(f"dialect {settings.dialect}, inventory {settings.store_place or 'in memory'}")
    call.bench.print(lines)


def list_accounts(call: Command) -> None:
    """The accounts in reach, as AWS says."""
    survey = _survey(call)
    rows = [[a.id, a.credentials, a.home or None, _count(a.enabled)] for a in survey.accounts]
    call.bench.show_rows(("account", "credentials", "home", "regions"), rows)


def list_regions(call: Command) -> None:
    """The accounts and regions that a statement without conditions asks."""
    from cirql.fetch.targets import find_targets
    from cirql.plan.places import Wanted

    session = call.bench.session
    work = session.start(find_targets(session.cloud, session.reach, Wanted(identified=True)))
    targets = call.bench.work(work.result, work.cancel)
    accounts: dict[str, list[str]] = {}
    for target in targets:
        accounts.setdefault(target.region, []).append(target.account)
    call.bench.show_rows(("region", "accounts"), ([region, ", ".join(sorted(ids))] for region, ids in sorted(accounts.items())))


def _survey(call: Command) -> Survey:
    from cirql.cloud.survey import Inquiry

    session = call.bench.session
    reach = session.reach
    work = session.start(session.cloud.survey(Inquiry(reach, reach.regions, identified=True, enabled=True)))
    found: Survey = call.bench.work(work.result, work.cancel)
    return found


def _count(enabled: tuple[str, ...] | None) -> str | None:
    return None if enabled is None else "not said" if enabled == ("",) else str(len(enabled))


def list_ages(call: Command) -> None:
    """What the inventory has, and how old it is."""
    call.bench.show(call.bench.query(_AGES))


def list_scans(call: Command) -> None:
    """How the last statement's scans went, account by account and region by region."""
    call.bench.show(call.bench.query(_SCANS))


COMMANDS = (
    ShellCommand("c", "[PROFILE | ID | ROLE | local]", "ask other accounts, in a session of their own", connect),
    ShellCommand("l", "", "list profiles", list_profiles),
    ShellCommand("conninfo", "", "say where statements ask", tell_connection),
    ShellCommand("accounts", "", "list the accounts in reach", list_accounts),
    ShellCommand("regions", "", "list the regions that are asked, and in which accounts", list_regions),
    ShellCommand("ages", "", "say what the inventory has, and how old it is", list_ages),
    ShellCommand("scans", "", "say how the scans of the last statement went, place by place", list_scans),
)
