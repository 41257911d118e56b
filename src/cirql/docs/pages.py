"""The page of one table, with all that there is to say: its examples, and what is in its JSON columns."""

from __future__ import annotations

from cirql.catalog.lookup import Catalog, Found
from cirql.catalog.pages import page
from cirql.docs.examples import examples
from cirql.statements.documents import Documents

_MEMBERS = 40
"""How many members of one column are listed; what is deeper is in AWS's own pages."""


def page_of(catalog: Catalog, found: Found) -> str:
    """The Markdown of a table's page."""
    documents = Documents(catalog)
    return page(
        found,
        examples(catalog, found),
        catalog.references(str(found.table.name)),
        lambda column: documents.outline(found.table, column, _MEMBERS),
    )
