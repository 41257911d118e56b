"""What a client may read beside calling tools: the services, the tables of each, and the page of a table. From the catalog alone."""

from __future__ import annotations

from cirql.catalog.lookup import Catalog
from cirql.docs.pages import page_of
from cirql.errors import UnknownTable
from cirql.introspection.directory import Directory
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

SERVICES = "cirql://services"
_SERVICE = regex(r"cirql://services/([a-z0-9_]{1,100})")
_TABLE = regex(r"cirql://tables/([A-Za-z0-9_.]{1,200})")


@dataclass(frozen=True, slots=True)
class PageKind:
    """One kind of pages, by a template of URIs."""

    template: str
    name: str
    description: str


KINDS = (
    PageKind(f"{SERVICES}/{{service}}", "tables of a service", "The tables of a service, one a line."),
    PageKind("cirql://tables/{table}", "table page", "A table: columns with types and descriptions, examples, permissions."),
)


def read(catalog: Catalog, uri: str) -> str:
    """The Markdown at a URI. Raises UnknownTable."""
    if uri == SERVICES:
        return "".join(f"- [{service}]({SERVICES}/{service}): {count} tables\n" for service, count in sorted(catalog.services().items()))
    if found := _SERVICE.fullmatch(uri):
        names = catalog.names(service=found[1])
        if names:
            return "".join(f"- [{name}](cirql://tables/{name})\n" for name in names)
    if found := _TABLE.fullmatch(uri):
        table = Directory(catalog).find(found[1])
        return page_of(catalog, table)
    raise UnknownTable("there is no such page", hint=f"{SERVICES} lists the services; {', '.join(k.template for k in KINDS)}")
