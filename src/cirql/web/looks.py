"""What a page may look at: GET, which gives what is there and runs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.responses import StreamingResponse

from cirql.errors import InvalidText
from cirql.rendering.charts import Axes
from cirql.web.downloads import DownloadFormat
from cirql.web.given import number, text, wanted
from cirql.web.tables import describe, members, of_service, search, services

if TYPE_CHECKING:
    from cirql.web.visits import Visit


def _facts(visit: Visit, given: dict[str, Any]) -> Any:
    return visit.facts(visit.visitor)


def _tables(visit: Visit, given: dict[str, Any]) -> Any:
    catalog = visit.desk.runtime.catalog
    if service := text(given, "service"):
        return of_service(catalog, service)
    words = text(given, "words").strip()
    return search(catalog, words) if words else services(catalog)


def _table(visit: Visit, given: dict[str, Any]) -> Any:
    catalog = visit.desk.runtime.catalog
    return describe(catalog, catalog.find(text(given, "name")))


def _members(visit: Visit, given: dict[str, Any]) -> Any:
    catalog = visit.desk.runtime.catalog
    path = [step for step in text(given, "path").split("/") if step]
    return members(catalog, catalog.find(text(given, "name")), text(given, "column"), path)


def _rows(visit: Visit, given: dict[str, Any]) -> Any:
    return visit.desk.find(text(given, "run")).rows(wanted(given))


def _cell(visit: Visit, given: dict[str, Any]) -> Any:
    return {"value": visit.desk.find(text(given, "run")).cell(wanted({**given, "count": 1}), number(given, "column"))}


def _download(visit: Visit, given: dict[str, Any]) -> Any:
    try:
        kind = DownloadFormat(text(given, "format"))
    except ValueError:
        raise InvalidText("a result can be had as csv, json or parquet") from None
    data = visit.desk.find(text(given, "run")).download(wanted(given), kind)
    return StreamingResponse(
        data,
        media_type=kind.media_type,
        headers={"content-disposition": f'attachment; filename="result.{kind}"', "cache-control": "no-store"},
    )


def _chart(visit: Visit, given: dict[str, Any]) -> Any:
    axes = Axes(*(text(given, name) for name in ("across", "up", "by")))
    return visit.desk.find(text(given, "run")).chart(text(given, "kind"), axes)


def _totals(visit: Visit, given: dict[str, Any]) -> Any:
    return {"totals": visit.desk.find(text(given, "run")).totals(wanted(given))}


def _queries(visit: Visit, given: dict[str, Any]) -> Any:
    library = visit.library
    return {"folder": str(library.folder), "queries": library.entries()}


def _query(visit: Visit, given: dict[str, Any]) -> Any:
    return visit.library.read(text(given, "name"))


def _history(visit: Visit, given: dict[str, Any]) -> Any:
    return {"runs": visit.past.find(text(given, "words"))}


LOOKS: Mapping[str, Callable[[Visit, dict[str, Any]], Any]] = {
    "facts": _facts,
    "tables": _tables,
    "table": _table,
    "members": _members,
    "rows": _rows,
    "cell": _cell,
    "totals": _totals,
    "chart": _chart,
    "download": _download,
    "queries": _queries,
    "query": _query,
    "history": _history,
}
