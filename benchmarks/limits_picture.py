"""The limiter's figures as a picture: what of each bucket was used and throttled, and what throttles at random cost."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

Row = dict[str, Any]
Cell = tuple[str, float]
"""What stands in a cell, and how bad that is: 0 is what is wanted, 1 as bad as it is drawn."""
_WIDTH, _HEIGHT, _LEFT, _TOP = 92, 30, 108, 66


def picture(found: dict[str, Any]) -> str:
    """An SVG of the grid that `limits.py` measured."""
    limits, noise = found["limits"], found["noise"]
    rates = sorted({row["rate"] for row in limits})
    seconds = sorted({round(row["burst"] / row["rate"], 2) for row in limits})
    by_bucket = {(row["rate"], round(row["burst"] / row["rate"], 2)): row for row in limits}
    buckets = [[by_bucket.get((rate, burst)) for burst in seconds] for rate in rates]
    names = [f"{rate}/s" for rate in rates]
    heads = [f"{burst:g} s" for burst in seconds]
    shares = [key for key in noise[0] if key.endswith("%")]
    walls = [[(f"{row[share]:.2f} ×", (row[share] - 1.0) / 1.5) for share in shares] for row in noise]
    tables = [
        _table(
            "used of a bucket (wanted: 95 %)",
            names,
            heads,
            [[_percent(r, "used", bad=lambda v: (1 - v) / 0.1) for r in b] for b in buckets],
        ),
        _table("throttled, in all (2 %)", names, heads, [[_percent(r, "throttled", bad=lambda v: v / 0.12) for r in b] for b in buckets]),
        _table(
            "throttled, once settled (2 %)", names, heads, [[_percent(r, "settled", bad=lambda v: v / 0.12) for r in b] for b in buckets]
        ),
        _table(
            "wall, where so many are throttled at random (1.5 ×)",
            [f"{1000 * row['latency']:.0f} ms, {row['calls']:,}" for row in noise],
            shares,
            walls,
        ),
    ]
    width = 2 * (_LEFT + 3 * _WIDTH + 40)
    height = 2 * (_TOP + max(len(rates), len(noise)) * _HEIGHT + 10)
    placed = [
        f'<g transform="translate({(at % 2) * width // 2}, {(at // 2) * (_TOP + len(rates) * _HEIGHT + 20)})">{table}</g>'
        for at, table in enumerate(tables)
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="#ffffff"/>', *placed, "</svg>"]) + "\n"


def _percent(row: Row | None, name: str, *, bad: Any) -> Cell:
    return ("", 0.0) if row is None else (f"{row[name]:.1%}", bad(row[name]))


def _table(title: str, names: list[str], heads: list[str], cells: list[list[Cell]]) -> str:
    parts = [f'<text x="16" y="28" font-weight="bold">{escape(title)}</text>']
    parts += [
        f'<text x="{_LEFT + (at + 0.5) * _WIDTH}" y="{_TOP - 8}" text-anchor="middle">{escape(h)}</text>' for at, h in enumerate(heads)
    ]
    for line, (name, row) in enumerate(zip(names, cells, strict=True)):
        y = _TOP + line * _HEIGHT
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 20}" text-anchor="end">{escape(name)}</text>')
        for at, (text, badness) in enumerate(row):
            x = _LEFT + at * _WIDTH
            parts.append(f'<rect x="{x}" y="{y}" width="{_WIDTH - 2}" height="{_HEIGHT - 2}" fill="{_colour(badness)}"/>')
            parts.append(f'<text x="{x + _WIDTH / 2}" y="{y + 20}" text-anchor="middle">{escape(text)}</text>')
    return "".join(parts)


def _colour(badness: float) -> str:
    """From green to red, light enough to read on."""
    share = min(1.0, max(0.0, badness))
    return f"hsl({120 * (1.0 - share):.0f}, 55%, 82%)"
