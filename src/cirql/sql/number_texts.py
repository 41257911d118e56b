"""to_char of a number by any template: signs, currency, ordinals, Roman numerals, words between the digits.

See https://www.postgresql.org/docs/current/functions-formatting.html (template patterns for numeric formatting); the locale is "C".
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache

from cirql.startup.records import dataclass, field

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)|(FM|SG|MI|PL|PR|RN|TH|EEEE|[09.,DGLSVB])|(\\?.)', re.IGNORECASE | re.DOTALL)
_ROMAN = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"),
          (4, "IV"), (1, "I"))  # fmt: skip
FLOAT_DIGITS = 15
"""How many digits of a double are shown."""


@dataclass(slots=True)
class _Template:
    """A template taken apart. Counts are of digits; `zeros` are the places of the first and last `0`, counted from one."""

    tokens: list[tuple[str, str]] = field(default_factory=list)
    before: int = 0
    after: int = 0
    shifted: int = 0
    zeros: tuple[int, int] = (0, 0)
    has_point: bool = False
    fills: bool = False
    sign: str = ""
    flags: frozenset[str] = frozenset()


@lru_cache(maxsize=256)
def _read(template: str) -> _Template:
    read, flags = _Template(), set[str]()
    for quoted, word, other in _TOKEN.findall(template):
        name = {"D": ".", "G": ","}.get(word.upper(), word.upper())
        if not word:
            read.tokens.append(("text", re.sub(r"\\(.)", r"\1", quoted) if quoted else other[-1:]))
            continue
        _count(read, name, flags)
        if name == "FM":
            read.fills = True
        elif name not in ("V", "B"):
            read.tokens.append((name, word))
    read.flags = frozenset(flags)
    if "EEEE" in flags:
        raise ValueError("to_char with EEEE is not supported")
    return read


def _count(read: _Template, name: str, flags: set[str]) -> None:
    """What a pattern says of the whole. Raises ValueError for those that do not go together."""
    signs = flags & {"S", "MI", "PL", "SG", "PR"}
    if name in ("9", "0"):
        if "PR" in flags:
            raise ValueError(f'"{name}" must be ahead of "PR"')
        if name == "9" and "V" in flags:
            read.shifted += 1
            return
        first = read.zeros[0] or (read.before + 1 if name == "0" and not read.has_point else 0)
        read.before, read.after = (read.before, read.after + 1) if read.has_point else (read.before + 1, read.after)
        read.zeros = (first, read.before + read.after if name == "0" else read.zeros[1])
    elif name == ".":
        if read.has_point or "V" in flags:
            raise ValueError("multiple decimal points" if read.has_point else 'cannot use "V" and decimal point together')
        read.has_point = True
    elif name == "V" and read.has_point:
        raise ValueError('cannot use "V" and decimal point together')
    elif name in ("S", "MI", "PL", "SG", "PR"):
        if "S" in signs or (name in ("S", "PR") and signs - {name}) or (name != "PR" and "PR" in signs):
            raise ValueError(f'cannot use "{name}" and other patterns of signs together')
        if name == "S":
            read.sign = "after" if read.has_point else f"before {read.before}"
    flags.add(name)


def of_decimal(value: str, template: str) -> str:
    """An integer or a numeric, given as text: halves are rounded away from zero."""
    return _Written(_read(template), Decimal(value), ROUND_HALF_UP).text()


def of_float(value: float, template: str) -> str:
    """A double, of which fifteen digits count. Raises ValueError for what is no number."""
    read = _read(template)
    exact = Decimal(value)
    if not exact.is_finite():
        raise ValueError("to_char of an infinite number, or of none, is not supported")
    with localcontext(prec=400):
        whole = len(str(int(abs(exact))))
        kept = max(0, min(read.after, FLOAT_DIGITS - whole))
        return _Written(read, round(exact, kept) if kept < read.after else exact, ROUND_HALF_EVEN).text()


class _Written:
    """One number being written by a template."""

    def __init__(self, template: _Template, value: Decimal, rounding: str) -> None:
        self._template = template
        with localcontext(prec=400):
            shifted = value.scaleb(template.shifted)
            rounded = shifted.quantize(Decimal(1).scaleb(-template.after), rounding=rounding)
        self._minus = rounded < 0 or (rounding == ROUND_HALF_EVEN and value < 0)  # a double is -0 where it rounds to nothing
        whole, _, part = format(abs(rounded), "f").partition(".")
        self._places = template.before + template.shifted
        self._is_too_long = len(whole) > self._places
        if self._is_too_long:
            whole, part = "#" * self._places + ".", "#" * len(part)
        self._value = rounded
        self._blank = self._places - len(whole)
        self._digits = whole + part if self._is_too_long else f"{whole}.{part}" if part else whole
        self._kept = self._last_kept()
        self._at = self._place = 0
        self._in_digits = False
        self._out: list[str] = []
        flags = template.flags
        self._brackets = "PR" in flags and (self._minus or not template.fills)
        self._sign_at_end = template.sign == "after" or template.sign == f"before {template.before}"
        if flags & {"MI", "SG"} or "PL" in flags:
            self._sign_is_written = not ("PL" in flags and not flags & {"MI", "SG"})
        else:
            self._sign_is_written = not self._minus and template.fills and "S" not in flags
        self._ends_at = (
            template.after + self._places - 1 + (not self._sign_is_written and self._blank == 0) + bool(self._blank) + template.has_point
        )

    def _last_kept(self) -> int | None:
        """With FM, the place of the last digit after the point that is shown, or of the point."""
        point = self._digits.find(".")
        if not (self._template.fills and self._template.has_point) or point < 0:
            return None
        stripped = self._digits.rstrip("0")
        last, firm = max(len(stripped) - 1, point), self._template.zeros[1]
        return max(last, min(len(self._digits) - 1, firm - self._blank)) if firm > self._blank else last

    def text(self) -> str:
        if "RN" in self._template.flags:
            return self._roman()
        for name, written in self._template.tokens:
            self._write(name, written)
        return "".join(self._out)

    def _write(self, name: str, written: str) -> None:
        fills = self._template.fills
        if name in ("9", "0", "."):
            self._digit(name)
        elif name == ",":
            self._out.append("," if self._in_digits else "" if fills else " ")
        elif name == "L":
            self._out.append(" ")
        elif name == "MI":
            self._out.append("-" if self._minus else "" if fills else " ")
        elif name == "PL":
            self._out.append("+" if not self._minus else "" if fills else " ")
        elif name == "SG":
            self._out.append("-" if self._minus else "+")
        elif name == "TH":
            if not (self._is_too_long or self._minus or self._template.has_point):
                self._out.append(_ordinal(int(self._value), written))
        elif name == "text":
            self._out.append(written)

    def _digit(self, name: str) -> None:
        template, blank, first_zero = self._template, self._blank, self._template.zeros[0] - 1
        self._in_digits = False
        is_zeroed = first_zero >= 0
        hides_zero = not is_zeroed and self._at == 0 and self._digits[:1] == "0" and template.after != 0
        only_point = self._kept is not None and self._digits[self._kept] == "."
        if (
            not self._sign_is_written
            and (self._place >= blank or (is_zeroed and first_zero == self._place))
            and (not hides_zero or only_point)
        ):
            self._write_sign()
        if self._place < blank:
            if is_zeroed and first_zero <= self._place:
                self._out.append("0")
                self._in_digits = True
            elif not template.fills:
                self._out.append(" ")
        else:
            self._written_digit(name, hides_zero, only_point)
        ends_at = self._place if self._kept is not None and self._kept == self._at else self._ends_at
        if self._place + 1 == ends_at:
            if self._sign_is_written and self._brackets:
                self._out.append(">" if self._minus else " ")
            elif "S" in template.flags and self._sign_at_end:
                self._out.append("-" if self._minus else "+")
        self._place += 1

    def _written_digit(self, name: str, hides_zero: bool, only_point: bool) -> None:
        here = self._digits[self._at : self._at + 1]
        if here == ".":
            self._out.append(".")
        elif self._kept is not None and self._at > self._kept and name != "0":
            pass
        elif hides_zero:
            self._out.append(" " if not self._template.fills else "0" if only_point else "")
        elif here:
            self._out.append(here)
            self._in_digits = True
        self._at = min(self._at + 1, len(self._digits))

    def _write_sign(self) -> None:
        if "S" in self._template.flags:
            if self._sign_at_end:
                return
            self._out.append("-" if self._minus else "+")
        elif self._brackets:
            self._out.append("<" if self._minus else " ")
        elif self._minus:
            self._out.append("-")
        elif not self._template.fills:
            self._out.append(" ")
        self._sign_is_written = True

    def _roman(self) -> str:
        whole = int(self._value)
        if not 0 < whole < 4000:
            return "#" * 15
        found = ""
        for size, letters in _ROMAN:
            found += letters * (whole // size)
            whole %= size
        is_small = next(written for name, written in self._template.tokens if name == "RN").islower()
        found = found.lower() if is_small else found
        return found if self._template.fills else found.rjust(15)


def _ordinal(value: int, written: str) -> str:
    ending = "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return ending.upper() if written[0].isupper() else ending
