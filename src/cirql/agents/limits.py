"""AnswerLimits: how much one call of a tool may ask of AWS, and how much of what came of it the model is shown."""

from __future__ import annotations

from typing import Any

from cirql.errors import SettingsError
from cirql.startup.records import dataclass


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """`rows`, `size` (bytes of JSON) and `cell` (characters of a value) bound what is shown; `counted`, `calls` and `seconds` what is read.

    More rows than are shown are read for one reason: so that the answer can say how many there are.
    """

    rows: int = 200
    size: int = 48_000
    cell: int = 400
    counted: int = 50_000
    calls: int = 2_000
    seconds: float = 120.0

    def __post_init__(self) -> None:
        for name in ("rows", "cell", "counted", "calls", "seconds"):
            if not getattr(self, name) > 0:
                raise SettingsError(f"the limit on {name} of an answer must be positive, not {getattr(self, name)}")
        if self.size < 1_000:
            raise SettingsError(f"an answer must have room for 1000 bytes, not {self.size}")

    @property
    def of_statement(self) -> dict[str, Any]:
        """The settings that hold a statement to them."""
        return {"statement_timeout": self.seconds, "max_calls": self.calls}
