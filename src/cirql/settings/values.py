"""Values: what text, TOML or code says of one setting, read as what it is. Raises ValueError or TypeError that says what is needed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

_UNITS = {"ms": 0.001, "s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0}
_UNITS |= {"h": 3600.0, "hour": 3600.0, "d": 86400.0, "day": 86400.0}


def text(value: Any) -> str:
    """Text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"text is needed, not {value!r}")
    return value.strip()


def texts(value: Any) -> tuple[str, ...]:
    """A list, or text with commas; each text once."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple | set | frozenset):
        raise TypeError(f"a list of texts is needed, not {value!r}")
    return tuple(dict.fromkeys(text(item) for item in items))


def boolean(value: Any) -> bool:
    """`true`, `yes`, `on` and `1`, or their opposites."""
    if isinstance(value, bool):
        return value
    match str(value).strip().lower():
        case "true" | "yes" | "on" | "1":
            return True
        case "false" | "no" | "off" | "0":
            return False
    raise ValueError(f"true or false is needed, not {value!r}")


def number(value: Any) -> float:
    """A number, or text that is one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(f"a number is needed, not {value!r}")
    try:
        return float(value)
    except ValueError:
        raise ValueError(f"a number is needed, not {value!r}") from None


def whole(value: Any) -> int:
    """A whole number."""
    found = number(value)
    if not found.is_integer():
        raise ValueError(f"a whole number is needed, not {value!r}")
    return int(found)


def rates(value: Any) -> dict[str, float]:
    """`{"cloudcontrol": 25}` or `cloudcontrol=25,ec2:DescribeInstances=10`."""
    if isinstance(value, str):
        pairs = [item.partition("=") for item in value.split(",")]
        value = {key.strip(): rate.strip() for key, _, rate in pairs}
    if not isinstance(value, Mapping):
        raise TypeError(f"a table of service = rate is needed, not {value!r}")
    return {text(key): number(rate) for key, rate in value.items()}


def durations(value: Any) -> dict[str, float]:
    """`{"aws.ec2_*": "1 hour"}` or `aws.ec2_*=1 hour,aws.iam_role=0`."""
    if isinstance(value, str):
        pairs = [item.partition("=") for item in value.split(",")]
        value = {key.strip(): age.strip() for key, _, age in pairs}
    if not isinstance(value, Mapping):
        raise TypeError(f"a table of table = duration is needed, not {value!r}")
    return {text(key).lower(): parse_duration(age) for key, age in value.items()}


def text_table(value: Any) -> dict[str, str]:
    """A table of texts."""
    if not isinstance(value, Mapping):
        raise TypeError(f"a table of texts is needed, not {value!r}")
    return {text(key): text(item) for key, item in value.items()}


def parse_duration(value: Any) -> float:
    """Seconds in a duration: a number, or text such as `90`, `15 minutes`, `1h`, `live`, `unlimited`.

    Raises: ValueError for anything else, including negative durations.
    """
    if isinstance(value, str):
        text = value.strip().lower()
        if text in ("unlimited", "infinity", "inf", "offline"):
            return math.inf
        if text == "live":
            return 0.0
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text)
        unit = found[2] if found else "?"
        factor = 1.0 if unit == "" else _UNITS.get(unit, _UNITS.get(unit.removesuffix("s")))
        if found is None or factor is None:
            raise ValueError(f"a duration is needed, such as '15 minutes', '1 hour', 0 or 'unlimited', not {value!r}")
        return float(found[1]) * factor
    seconds = number(value)
    if not seconds >= 0:
        raise ValueError(f"a duration cannot be negative: {value!r}")
    return seconds


def parse_size(value: Any) -> int:
    """Bytes in a size: a number, or text such as `512MB` or `2 GiB` (MB and MiB are both 1024 * 1024, as PostgreSQL has it).

    Raises: ValueError for anything else.
    """
    if not isinstance(value, str):
        return whole(value)
    found = re.fullmatch(r"(\d{1,15})\s*([kmgt]?)i?b?", value.strip().lower())
    if found is None:
        raise ValueError(f"a size is needed, such as '512MB' or '2 GiB', not {value!r}")
    return int(found[1]) << 10 * " kmgt".index(found[2] or " ")
