"""The pages of all tables as files.

OUT/README.md                                        the services
OUT/<service>/README.md                              the tables of one service
OUT/<service>/aws.<service>_<resource>.dataset.md    a dataset
OUT/<service>/<resource>.md                          a resource, under each of its published names
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from pathlib import Path

from cirql.catalog.lookup import Catalog, Found
from cirql.catalog.model import Face
from cirql.catalog.pages import plain
from cirql.docs.pages import page_of
from cirql.introspection.names import published

Progress = Callable[[int, int, str], None]
_INDEX = "README.md"
_TITLE = "# Data Directory\n"
_SHORT = 160


def build(catalog: Catalog, out: Path, services: Sequence[str] = (), progress: Progress | None = None) -> int:
    """Write the pages of these services, or of all; gives how many there are. What else is in the directory stays.

    Raises:
        OSError: a file cannot be written, or an index that is there is not a data directory's.
    """
    _check_index(out / _INDEX)
    every = catalog.services()
    wanted = [s for s in sorted(every) if not services or s in services]
    out.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    for done, service in enumerate(wanted):
        if progress is not None:
            progress(done, len(wanted), service)
        counts[service] = _build_service(catalog, out / service, service)
    (out / _INDEX).write_text(_index(counts), "utf-8")
    return sum(counts.values())


def _check_index(path: Path) -> None:
    """Refuse to write over what may be a project's own README."""
    if path.exists() and not path.read_text("utf-8").startswith(_TITLE):
        raise FileExistsError(errno.EEXIST, f"{_INDEX} there is not a data directory's; choose another directory", str(path))


def _build_service(catalog: Catalog, folder: Path, service: str) -> int:
    folder.mkdir(exist_ok=True)
    found = sorted(published(catalog, services=[service]), key=lambda f: str(f.name))
    for table in found:
        (folder / file_name(table)).write_text(page_of(catalog, table), "utf-8")
    (folder / _INDEX).write_text(_service_index(service, found), "utf-8")
    return len(found)


def file_name(found: Found) -> str:
    """The name of a table's page: as the two sites that people know name theirs."""
    return f"{found.name}.dataset.md" if found.face is Face.DATASET else f"{found.name.resource}.md"


def _index(counts: dict[str, int]) -> str:
    lines = [
        _TITLE.rstrip(),
        "",
        f"{sum(counts.values())} tables of {len(counts)} services.",
        "",
        "| Service | Tables |",
        "| --- | --- |",
    ]
    lines += [f"| [{service}]({service}/{_INDEX}) | {count} |" for service, count in counts.items()]
    return "\n".join(lines) + "\n"


def _service_index(service: str, tables: Sequence[Found]) -> str:
    datasets = [t for t in tables if t.face is Face.DATASET]
    resources = [t for t in tables if t.face is not Face.DATASET]
    lines = [f"# {service}", ""]
    for heading, group in (("Datasets", datasets), ("Resources", resources)):
        if group:
            lines += [f"## {heading}", "", "| Table | Description |", "| --- | --- |"]
            lines += [f"| [{t.name}]({file_name(t)}) | {_summary(t)} |" for t in group] + [""]
    return "\n".join(lines)


def _summary(found: Found) -> str:
    text = plain(found.table.description) or found.table.title
    short = text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
    return short.replace("|", "\\|").replace("<", "&lt;")
