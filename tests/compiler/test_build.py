"""Building the catalog file: whole, in one step, and small."""

from __future__ import annotations

from pathlib import Path

import pytest

from cirql.catalog import artefact
from cirql.compiler.build import is_fresh
from cirql.compiler.descriptions import clean


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
