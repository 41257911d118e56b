"""Building the whole catalog twice."""

from __future__ import annotations

from pathlib import Path

from cirql.catalog.lookup import Catalog
from cirql.compiler.build import build, is_fresh
from tests.sweeps.figures import tell


def test_a_build_gives_the_same_tables_again_and_tells_how_far_it_is(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = build(tmp_path / "catalog.sqlite", lambda done, total, what: told.append((done, total)))
    assert is_fresh(path)
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1]
    assert path.stat().st_size < 14_000_000
    assert [p.name for p in tmp_path.iterdir()] == ["catalog.sqlite"]
    tell("catalog", {"bytes": path.stat().st_size})
    with Catalog.open(path) as built, Catalog.open() as catalog:
        assert list(built.spellings()) == list(catalog.spellings())
        assert all(a == b for a, b in zip(built.tables(), catalog.tables(), strict=True))
