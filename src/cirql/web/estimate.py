"""What the statement at the cursor would ask of AWS: calls, time, places, permissions, or where it is wrong. Asks nobody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cirql.errors import Error, InvalidStatement
from cirql.result import visible_text
from cirql.sql.parse import is_definition, is_write, parse, split
from cirql.startup.records import dataclass
from cirql.web.run import described

if TYPE_CHECKING:
    from cirql.session import Session


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement of a text: where it begins, and its own text."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)


def pieces(text: str) -> list[Piece]:
    """The statements of a text, without the blanks around them. Raises ParseError."""
    found, at = [], 0
    for piece in split(text):
        start = text.index(piece, at)
        at = start + len(piece)
        plain = piece.strip()
        found.append(Piece(start + piece.index(plain), plain))
    return found


def piece_at(text: str, position: int) -> Piece | None:
    """The statement that a position is in, or behind; None where there is none."""
    every = pieces(text)
    behind = [p for p in every if p.start <= position]
    return behind[-1] if behind else every[0] if every else None


def estimate(session: Session, text: str, position: int) -> dict[str, Any]:
    """What there is to say of the statement at a position, as plain data; errors with their place in the whole text."""
    start = 0
    try:
        piece = piece_at(text, position)
        if piece is None:
            return {"kind": "nothing"}
        start = piece.start
        return {"from": piece.start, "to": piece.end, **_told(session, piece.text)}
    except Error as error:
        told = described(error)
        if "position" in told:
            told["position"] += start
        return {"kind": "error", "from": start, "error": told}


def _told(session: Session, sql: str) -> dict[str, Any]:
    described_as = session.describe(sql)
    columns = [{"name": c.name, "type": c.type} for c in described_as.columns or ()]
    if described_as.tag != "SELECT":
        statement = None if described_as.tag in ("SHOW", "EXEC") else parse(sql)
        changes = statement is not None and is_write(statement) and not is_definition(statement)
        return {"kind": "change" if changes and described_as.tag != "EXPLAIN" else "other", "tag": described_as.tag, "columns": columns}
    plan = _explained(session, "JSON", sql)
    policy = _explained(session, "POLICY", sql)
    scans = plan.get("scans", [])
    asked = [call for scan in scans for call in _calls(scan)]
    targets = [scan["targets"] for scan in scans if scan["targets"] is not None]
    return {
        "kind": "select",
        "tag": "SELECT",
        "columns": columns,
        "calls": plan["calls"]["certain"],
        "depending": [visible_text(text) for text in plan["calls"]["depending"]],
        "seconds": round(sum((c["count"] or c["least"] or 0) / c["per_second"] for c in asked if c["per_second"]), 1),
        "places": max(targets) if targets else None,
        "tables": [visible_text(scan["table"]) for scan in scans],
        "scans": scans,
        "permissions": sorted({action for s in policy.get("Statement", ()) for action in s["Action"]}),
        "policy": json.dumps(policy, indent=2) if policy.get("Statement") else "",
    }


def _calls(scan: dict[str, Any]) -> list[dict[str, Any]]:
    above = _calls(scan["parent"]) if scan["parent"] is not None else []
    return [*above, *scan["calls"]]


def _explained(session: Session, style: str, sql: str) -> dict[str, Any]:
    with session.execute(f"EXPLAIN (FORMAT {style}) {sql}") as result:
        document = "\n".join(str(row[0]) for row in result)
    try:
        found = json.loads(document, parse_constant=lambda word: None)
    except ValueError:
        raise InvalidStatement("nobody can foretell what this statement reads") from None
    return found if isinstance(found, dict) else {}
