"""Timestamps in AWS answers: every spelling that its protocols use, read fast, as aware datetimes in UTC.

botocore's own parser spends most of a response's time here (dateutil); these two cover the same spellings in about a microsecond.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_timestamp(value: Any) -> datetime:
    """Read epoch seconds (a number, or one in text), ISO 8601, or an HTTP date; without an offset it is UTC.

    Raises: ValueError for anything else, and for times outside the years 1 to 9999.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, int | float):
        return _from_epoch(value)
    text = str(value).strip()
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        # An eight-digit number also reads as a compact ISO date; AWS means epoch seconds only with nine or more.
        if not (text.isdigit() and len(text) > 8):
            return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    try:
        return _from_epoch(float(text))
    except ValueError:
        pass
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return _by_dateutil(text)
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def _from_epoch(seconds: float) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError(f"not a time: {seconds} seconds since 1970") from error


def _by_dateutil(text: str) -> datetime:
    """The spellings nobody documents, as botocore reads them."""
    from botocore.utils import parse_timestamp as botocore_parse

    try:
        when: datetime = botocore_parse(text)
    except RuntimeError as error:  # what botocore makes of a number that is no time
        raise ValueError(f"not a time: {text[:80]}") from error
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
