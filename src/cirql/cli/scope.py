"""The options that say whom and where to ask; each is the setting of the same name, for one command."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import click

from cirql.cli.report import misuse

_OPTIONS = (
    click.option("--profile", metavar="PROFILE", multiple=True, help="AWS profile to use; may be repeated."),
    click.option(
        "--account", metavar="ACCOUNT", multiple=True, help="Account id, profile, or 'organization' for all of it; may be repeated."
    ),
    click.option("--role", metavar="ROLE", help="Role to assume in the accounts: its name in each, or a whole ARN."),
    click.option("--external-id", metavar="TEXT", help="What the role's trust policy asks for."),
    click.option("--organizational-unit", metavar="UNIT", multiple=True, help="Only accounts in this unit or below; may be repeated."),
    click.option("--exclude-account", metavar="ACCOUNT", multiple=True, help="Account id to leave out; may be repeated."),
    click.option("--region", metavar="REGION", multiple=True, help="Region in scope; may be repeated; '*' is every enabled one."),
)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options; it gets them as `scope`, settings by name, without those that were not given.

    A command that has `--local` too is never run with both that and the user's own keys.
    """

    @functools.wraps(command)
    def with_scope(
        profile: tuple[str, ...],
        account: tuple[str, ...],
        role: str | None,
        external_id: str | None,
        organizational_unit: tuple[str, ...],
        exclude_account: tuple[str, ...],
        region: tuple[str, ...],
        **others: Any,
    ) -> Any:
        ids, named = _accounts(account)
        settings = {
            "profiles": (*profile, *named),
            "accounts": ids,
            "role": role,
            "external_id": external_id,
            "organizational_units": tuple(_names(organizational_unit)),
            "exclude_accounts": tuple(_names(exclude_account)),
            "regions": tuple(_names(region)),
        }
        scope = {name: value for name, value in settings.items() if value}
        if others.get("local"):
            _refuse_with_local(scope)
        return command(scope=scope, **others)

    decorated: Callable[..., Any] = with_scope
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def _refuse_with_local(scope: dict[str, Any]) -> None:
    """End the command where `--local` meets an option that is about the user's own AWS."""
    for name, option in (("profiles", "--profile"), ("role", "--role")):
        if name in scope:
            misuse(f"--local is the embedded AWS and {option} is yours; give one of the two")


def _names(texts: Iterable[str]) -> list[str]:
    """`--region a --region b,c` as names."""
    return [name.strip() for text in texts for name in text.split(",") if name.strip()]


def _accounts(texts: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The account ids, or `organization`, and the profiles among what `--account` was given."""
    names = _names(texts)
    ids = tuple(n for n in names if n.isdigit() or n == "organization")
    return ids, tuple(n for n in names if n not in ids)
