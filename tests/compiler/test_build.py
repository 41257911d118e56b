"""Building the catalog file: whole, in one step, and small."""

from __future__ import annotations

from pathlib import Path

import pytest

from cirql.catalog import artefact
from cirql.catalog.lookup import Catalog
from cirql.compiler.build import build, is_fresh
from cirql.compiler.descriptions import clean


def test_a_build_gives_the_same_tables_again_and_tells_how_far_it_is(catalog: Catalog, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = build(tmp_path / "catalog.sqlite", lambda done, total, what: told.append((done, total)))
    assert is_fresh(path)
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1]
    assert path.stat().st_size < 15_000_000
    assert [p.name for p in tmp_path.iterdir()] == ["catalog.sqlite"]
    with Catalog.open(path) as built:
        assert list(built.spellings()) == list(catalog.spellings())
        assert all(a == b for a, b in zip(built.tables(), catalog.tables(), strict=True))


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    artefact.write(path, [], [], {"botocore": "1"})
    before = path.read_bytes()
    with pytest.raises(AttributeError):
        artefact.write(path, ["not a table"], [], {})  # type: ignore[list-item]
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["catalog.sqlite"]


def test_what_is_no_catalog_is_not_fresh(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    assert not is_fresh(path)
    path.write_text("nothing of the kind" * 100)
    assert not is_fresh(path)


def test_descriptions_lose_their_paragraphs_and_keep_their_lists() -> None:
    html = "<p>Its type.</p> <ul> <li> <p> <code>A</code>: first.</p> </li> </ul><p>One.</p><p>Two.</p>"
    assert clean(html) == "Its type. <ul> <li> <code>A</code>: first. </li> </ul>One. Two."
