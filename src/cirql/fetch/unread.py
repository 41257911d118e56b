"""Unread rows: what one scan could not read of single rows while the others came, and which rows were gone when they were asked for.

AWS may refuse one key's description and give all others. The row stays, the columns that the refused call would have given are NULL, and
the refusal is a failure that names the row. A place where nothing at all is answered is another matter: after a few refusals without one
answer it is not asked again for every row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cirql.catalog.model import Fetch, Table
from cirql.cloud.target import Target
from cirql.errors import AccessDenied, CloudError, CloudFailure, DatabaseError, InvalidText, Throttled, Unreachable
from cirql.fetch.rows import Row
from cirql.startup.records import dataclass, field, replace
from cirql.startup.regexes import regex

OF_ONE_ROW = (CloudError, AccessDenied, Throttled, Unreachable, InvalidText)
"""What AWS may say of one row and not of the next. Credentials that are not taken are nobody's in particular."""
PATIENCE = 20
"""Refusals without one answer after which an operation is not asked again in a target."""
PATIENCE_WITH_THE_WAY = 3
"""The same where nothing answers at all: each try has taken its retries and timeouts already."""
NAMED = 20
"""Rows that are named one by one for each operation and target; the others are counted."""

ODD_NAMED = 3
"""Odd values that are told one by one for each column; the others are counted."""

Place = tuple[Target, str]


@dataclass(slots=True)
class _Refused:
    """The rows that one operation refused in one target: the first few by name."""

    first: list[tuple[CloudFailure, DatabaseError]] = field(default_factory=list)
    more: int = 0


class Unread:
    """What one scan could not read, target by target."""

    def __init__(self) -> None:
        self._refused: dict[Place, _Refused] = {}
        self._refusals: Counter[Place] = Counter()
        self._answered: set[Place] = set()
        self._given_up: dict[Place, DatabaseError] = {}
        self._gone: dict[tuple[str, Target, str], list[str]] = {}
        self._odd: dict[tuple[str, str], list[str]] = {}
        self._ill_formed: dict[Target, list[tuple[CloudFailure, DatabaseError]]] = {}
        self.is_one_answered = False
        """Whether one of several values that were asked for was answered somewhere."""

    def answered(self, target: Target, fetch: Fetch) -> None:
        """An operation has answered for a row of a target."""
        self._answered.add((target, fetch.operation))

    def refusal(self, target: Target, fetch: Fetch) -> DatabaseError | None:
        """Why an operation need not be asked again; None where it may answer."""
        return self._given_up.get((target, fetch.operation))

    def count(self, target: Target, fetch: Fetch, error: DatabaseError) -> None:
        """Count a refusal. Raises the error where it is about the place and not about a row: nothing answers there."""
        place = (target, fetch.operation)
        if place in self._answered:
            return
        self._refusals[place] += 1
        if isinstance(error, Throttled | Unreachable):
            if self._refusals[place] >= PATIENCE_WITH_THE_WAY:
                raise error
        elif self._refusals[place] >= PATIENCE:
            self._given_up[place] = error

    def note(self, table: Table, target: Target, fetch: Fetch, row: str, columns: Iterable[str], error: DatabaseError) -> None:
        """Remember a row of which these columns could not be read."""
        refused = self._refused.setdefault((target, fetch.operation), _Refused())
        if len(refused.first) >= NAMED:
            refused.more += 1
            return
        refused.first.append((_failure(table, target, fetch, row, columns, error), error))

    def note_ill_formed(self, table: Table, target: Target, fetch: Fetch, row: str, error: DatabaseError) -> None:
        """Remember one of several values that AWS does not take for what it stands for: beside one that it takes, it is nothing's."""
        told = self._ill_formed.setdefault(target, [])
        if len(told) < NAMED:
            told.append((_failure(table, target, fetch, row, (), error), error))

    def note_gone(self, table: Table, target: Target, fetch: Fetch, row: str) -> None:
        """Remember a row that was listed and, when it was asked for, not there."""
        self._gone.setdefault((str(table.name), target, f"{fetch.service}:{fetch.operation}"), []).append(row)

    def note_odd(self, table: Table, row: Row, column: str, value: Any, wanted: str) -> None:
        """Remember a value that its column cannot hold."""
        where = "/".join(str(row[c]) for c in (table.account_column, "region") if row.get(c))
        keys = [row[c] for c in ("_key", *table.key, *table.identifier) if row.get(c) is not None]
        name = f"{_short(keys[0])} in {where}" if keys else where
        told = self._odd.setdefault((str(table.name), column), [])
        told.append(f"{name}: AWS gave {_excerpt(value)}, which is no {wanted}" if len(told) < ODD_NAMED else "")

    @property
    def failures(self) -> tuple[CloudFailure, ...]:
        """The rows that could not be read, the first of each operation by name and the others counted."""
        found = []
        for refused in self._refused.values():
            found += [failure for failure, _ in refused.first]
            if refused.more:
                found.append(replace(refused.first[0][0], row=f"{refused.more} more rows"))
        if not self.is_one_answered:
            found += [failure for told in self._ill_formed.values() for failure, _ in told]
        return tuple(found)

    @property
    def errors(self) -> Mapping[Target, DatabaseError]:
        """The first error of each target that has rows which could not be read."""
        found: dict[Target, DatabaseError] = {}
        for (target, _), refused in self._refused.items():
            found.setdefault(target, refused.first[0][1])
        if not self.is_one_answered:
            for target, told in self._ill_formed.items():
                found.setdefault(target, told[0][1])
        return found

    def failure(self, target: Target) -> CloudFailure | None:
        """The first failure of a target's rows."""
        refused = next((refused.first[0][0] for (at, _), refused in self._refused.items() if at == target), None)
        if refused is None and not self.is_one_answered and target in self._ill_formed:
            return self._ill_formed[target][0][0]
        return refused

    def tell(self, notice: Callable[[str], None]) -> None:
        """Say which rows were gone, which values are NULL because their columns cannot hold them, and which are no key of any row."""
        ill_formed = {f.row: f for told in self._ill_formed.values() for f, _ in told} if self.is_one_answered else {}
        for row, failure in sorted(ill_formed.items()):
            notice(f"{failure.table} has no row of {row!r}: {failure.service}:{failure.operation} does not take it ({failure.message})")
        for (table, column), told in self._odd.items():
            more = f" and {len(told) - ODD_NAMED} more" if len(told) > ODD_NAMED else ""
            notice(f"{table}.{column} is NULL for {'; '.join(told[:ODD_NAMED])}{more}")
        for (table, target, operation), rows in self._gone.items():
            names = ", ".join(rows[:3]) + (f" and {len(rows) - 3} more" if len(rows) > 3 else "")
            them = "a row" if len(rows) == 1 else f"{len(rows)} rows"
            notice(f"{them} of {table} in {target} left out: {operation} no longer finds what was listed ({names})")


def _failure(table: Table, target: Target, fetch: Fetch, row: str, columns: Iterable[str], error: DatabaseError) -> CloudFailure:
    account = target.account or target.credentials
    failure = error.failure or CloudFailure(account, target.region, fetch.service, fetch.operation, error.sqlstate, error.message)
    return replace(failure, table=str(table.name), row=row, columns=tuple(sorted(columns)))


_OF_A_FORM = regex(
    r"^ParamValidation$|Validation(?:Exception|Error)?$|Malformed|^BadRequest|^Invalid(?!State|Operation|Action|Next|Pagin|Request)"
)


def is_of_form(error: DatabaseError) -> bool:
    """Whether a refusal is of the form of a value that was asked for, by the habits of AWS's codes."""
    failure = error.failure
    if failure is None or isinstance(error, AccessDenied | Throttled | Unreachable):
        return False
    if failure.code == "ParamValidation" and failure.message.startswith("Missing"):
        return False
    # What a resource's handler says of a value that it cannot read.
    return bool(_OF_A_FORM.search(failure.code)) or (failure.service == "cloudcontrol" and failure.code == "InvalidRequestException")


def named(values: Mapping[str, Any]) -> str:
    """A row as messages name it: by the key that it was asked for with."""
    if len(values) == 1:
        return _short(next(iter(values.values())))
    return ", ".join(f"{column} {_short(value)}" for column, value in values.items())


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 200 else text[:200] + "…"


def _excerpt(value: Any) -> str:
    """A value as a message shows it: short, and of characters that can be written."""
    text = repr(value).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 80 else text[:80] + "…"
