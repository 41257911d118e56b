"""The page of every table: as many cells as headings, and none of the markup that AWS's descriptions have."""

from __future__ import annotations

import re

from cirql.catalog.lookup import Catalog
from cirql.catalog.pages import page, prose
from cirql.introspection.names import published

# What looks like markup and is AWS's own way to write something that the reader puts in: `<partition>`, `<name>`.
_MARKUP = re.compile(
    r"</?(?:p|i|b|a|em|strong|code|note|important|ul|ol|li|dl|dt|dd|br|div|span|title|table|para|caution)\b[^<>]*>", re.IGNORECASE
)


def test_every_page_has_as_many_cells_as_headings_and_no_markup(catalog: Catalog) -> None:
    odd, marked, count = [], [], 0
    for found in published(catalog):
        count += 1
        width = None
        for line in page(found).splitlines():
            cells = len(re.split(r"(?<!\\)\|", line)) if line.startswith("| ") else None
            if width is not None and cells is not None and cells != width:
                odd.append(str(found.name))
            width = cells
            if _MARKUP.search(re.sub(r"`[^`]*`", "", line)):
                marked.append(f"{found.name}: {line[:200]}")
    assert count > 5000
    assert odd == []
    assert marked == []


def test_markup_becomes_markdown() -> None:
    text = (
        '<p>See <a href="https://docs.aws.amazon.com/x">the <i>guide</i></a>.</p> <note> <p>Only <code>a &lt; b</code>.</p> </note>'
        " <ul> <li> one </li></ul>"
    )
    assert prose(text) == "See [the guide](https://docs.aws.amazon.com/x). Note: Only `a < b`. • one"
