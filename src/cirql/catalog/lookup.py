"""The Catalog: the only registry of tables. It finds one by any of its names, in milliseconds, and imports no compiler."""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Self

from cirql.catalog import search, tag_views
from cirql.catalog.artefact import DEFAULT_PATH, FORMAT, Artefact
from cirql.catalog.freshness import sources_digest
from cirql.catalog.model import Column, Face, Method, Table
from cirql.catalog.references import Reference
from cirql.catalog.rules import Rules, decode_rules
from cirql.catalog.spellings import Spelling
from cirql.catalog.views import SchemaView
from cirql.errors import SettingsError, UnknownTable
from cirql.names import Scheme, TableName
from cirql.startup.records import dataclass

_REBUILD = "run `cirql catalog build`"


@dataclass(frozen=True, slots=True)
class CatalogVersion:
    """What a catalog was compiled from: package versions, and a digest of cirql's own rules and corrections."""

    botocore: str
    cfn_lint: str
    sources: str

    def __str__(self) -> str:
        return f"botocore {self.botocore}, cfn-lint {self.cfn_lint}, rules {self.sources}"


@dataclass(frozen=True, slots=True)
class Found:
    """A table and the spelling it was found by, which decides what `SELECT *` and `SHOW METHODS` give."""

    table: Table
    face: Face
    name: TableName

    @property
    def shape(self) -> Table:
        """The table with the columns that this spelling has: a `_tags` table has a row per tag, and two columns for it."""
        return tag_views.tag_view(self.table) if self.face is Face.TAGS else self.table

    @property
    def star(self) -> tuple[Column, ...]:
        """The columns of `SELECT *`, in order.

        A dataset: what its page has. A resource puts `region` first; then the singular has every property, the plural
        and `_list_only` have the identifier, and `_tags` has every property but the tags, which it has one by one.
        """
        if self.face is Face.DATASET:
            return self.table.published
        region = tuple(c for c in self.table.columns if c.name == "region")
        if self.face in (Face.SINGULAR, Face.TAGS) or (self.face is Face.PLURAL and self.table.cfn_type is None):
            return region + tuple(c for c in self.shape.published if c.name != "region")
        return region + tuple(c for name in self.table.identifier for c in self.table.columns if c.name == name)

    @property
    def fields(self) -> tuple[Column, ...]:
        """The columns in the order of the page's Fields table, which has `region` last.

        The plural's page has every property, though `SELECT *` gives what its list call does: what is named is got one by one.
        """
        if self.face is Face.DATASET:
            return self.star
        shown = self.table.published if self.face is Face.PLURAL else self.star
        return (*(c for c in shown if c.name != "region"), *(c for c in shown if c.name == "region"))

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods that the page of this spelling prints: of a type's plural, and of its only spelling, all."""
        if self.face in (Face.LIST_ONLY, Face.TAGS):
            return tuple(m for m in self.table.methods if m.name.startswith("list_"))
        if self.face is Face.SINGULAR and self.table.plural != self.table.name.resource:
            return tuple(m for m in self.table.methods if m.face is Face.SINGULAR)
        return self.table.methods if self.face is Face.SINGULAR else tuple(sorted(self.table.methods, key=_plurals_order))


# What the page of a plural begins with; reading one by its identifier comes last.
_PLURALS_ORDER = ("INSERT", "DELETE", "UPDATE")


def _plurals_order(method: Method) -> tuple[int, bool]:
    is_write = method.verb in _PLURALS_ORDER
    return _PLURALS_ORDER.index(method.verb) if is_write else len(_PLURALS_ORDER), not method.name.startswith("list_")


@dataclass(frozen=True, slots=True)
class Hit:
    """One table that a search found: how well it fits, and the columns that the words are about."""

    table: Table
    score: float
    columns: tuple[Column, ...]


class Catalog:
    """Finds tables, lazily, in a compiled catalog file."""

    def __init__(self, artefact: Artefact, version: CatalogVersion) -> None:
        self._artefact = artefact
        self.version = version
        self._load = lru_cache(maxsize=256)(artefact.table)
        self._spelling = lru_cache(maxsize=4096)(artefact.spelling)
        self._load_rules = lru_cache(maxsize=256)(self._read_rules)

    @classmethod
    def open(cls, path: Path | None = None) -> Self:
        """Open the catalog that was built with the package, or the one at `path`.

        Raises:
            SettingsError: there is none, it is not a catalog, or it is older than the rules that compile it.
        """
        path = path or DEFAULT_PATH
        if not path.exists():
            raise SettingsError(f"there is no compiled catalog at {path}", hint=_REBUILD)
        try:
            artefact = Artefact(path)
        except sqlite3.DatabaseError as error:
            raise SettingsError(f"the catalog at {path} cannot be read: {error}", hint=_REBUILD) from error
        try:
            meta = artefact.meta()
        except (sqlite3.DatabaseError, UnicodeError) as error:
            artefact.close()
            raise SettingsError(f"{path} is not a compiled catalog: {error}", hint=_REBUILD) from error
        if meta.get("format") != str(FORMAT):
            artefact.close()
            raise SettingsError(f"the catalog at {path} was written by another release of cirql", hint=_REBUILD)
        if meta.get("sources") != sources_digest():
            artefact.close()
            raise SettingsError(f"the catalog at {path} is older than the rules that compile it", hint=_REBUILD)
        return cls(artefact, CatalogVersion(meta["botocore"], meta["cfn_lint"], meta["sources"]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file behind the catalog."""
        self._artefact.close()

    def verify(self) -> None:
        """Look through the whole file, a tenth of a second, for whoever is to answer from it for long.

        Raises:
            SettingsError: a part of it is damaged.
        """
        if (fault := self._artefact.fault()) is not None:
            raise SettingsError(f"the catalog at {self._artefact.path} is damaged: {fault}", hint=_REBUILD)

    def rules(self, type_name: str) -> Rules:
        """What the schema of a CloudFormation type demands of writes.

        Raises:
            UnknownTable: there is no such type.
        """
        return self._load_rules(type_name)

    def _read_rules(self, type_name: str) -> Rules:
        stored = self._artefact.rules(type_name)
        if stored is None:
            raise UnknownTable(f"there is no resource type {type_name}")
        return decode_rules(type_name, stored)

    def find(self, name: TableName | str) -> Found:
        """The table of that name in any accepted spelling.

        Raises:
            UnknownTable: there is none; the hint has the nearest names.
        """
        text = str(name).lower()
        if not _is_unicode(text):
            raise UnknownTable(f"there is no table {text!r}", hint="half of a character is in it, which no name has")
        if isinstance(name, str):
            try:
                name = TableName.parse(name)
            except ValueError:
                raise UnknownTable(f"there is no table {text}", hint=self._hint(text)) from None
        spelling = self._spelling(str(name))
        table = self._load(spelling.table) if spelling else None
        if spelling is None or table is None:
            raise UnknownTable(f"there is no table {name}", hint=self._hint(str(name)))
        return Found(table, spelling.face, name)

    def view(self, name: str) -> SchemaView | None:
        """The view of another system's name (`steampipe.aws_vpc`), or None."""
        return self._artefact.view(name)

    def views(self) -> Iterator[SchemaView]:
        """Every view, in the order of their names."""
        return self._artefact.views()

    def view_names(self) -> list[str]:
        """The names of all views, with their schemas."""
        return self._artefact.view_names()

    def names(self, prefix: str = "", *, service: str | None = None, scheme: Scheme | None = None) -> list[str]:
        """The published names that begin with a prefix; `service` narrows to one service as the names spell it."""
        found = [s.name for s in self._artefact.spellings(prefix, service) if s.published]
        return found if scheme is None else [n for n in found if (n.count(".") == 1) == (scheme is Scheme.DATASET)]

    def is_published(self, name: str) -> bool:
        """Whether that is a name that cirql prints, rather than one that it merely takes."""
        spelling = self._artefact.spelling(name)
        return spelling is not None and spelling.published

    def knows(self, name: str) -> bool:
        """Whether there is a table of that name, printed or merely taken."""
        return _is_unicode(name) and self._artefact.spelling(name) is not None

    def services(self, scheme: Scheme | None = None) -> dict[str, int]:
        """Every service and how many tables it has, in one scheme or in both."""
        counts: dict[str, int] = {}
        for found, service, count in self._artefact.services():
            if scheme is None or found == scheme:
                counts[service] = counts.get(service, 0) + count
        return counts

    def tables(self, service: str | None = None, *, names: Iterable[str] | None = None) -> Iterator[Table]:
        """Every table there is, those of one service or those of these published names: for documentation and checks, not for queries."""
        return self._artefact.tables(names) if service is None else self._artefact.tables_of(service)

    def found(self, table: Table, spelling: Spelling) -> Found:
        """A table that was read already, by one of its names."""
        return Found(table, spelling.face, TableName(tuple(spelling.name.split("."))))

    def references(self, table: str | None = None) -> Iterator[Reference]:
        """Which columns of a table name rows of which others, the surest first; of all tables, where none is given."""
        return self._artefact.references(table)

    def referrers(self, table: str) -> Iterator[Reference]:
        """Which columns of others name rows of a table, the surest first."""
        return self._artefact.referrers(table)

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        """The tables that have something to do with these words, the best first."""
        words = search.words_of(text)
        hits = []
        # Whether words stand together is known of the tables alone; of one word it need not be asked.
        for name, score in self._artefact.search(text, limit if len(words) < 2 else max(limit, search.CANDIDATES)):
            table = self._load(name)
            assert table is not None
            hits.append(Hit(table, score + search.togetherness(table, words), ()))
        best = sorted(hits, key=lambda h: (-h.score, len(str(h.table.name)), str(h.table.name)))[:limit]
        return [Hit(h.table, h.score, search.matching_columns(h.table, words)) for h in best]

    def spelled(self, text: str) -> str | None:
        """What was likely meant by words of which some are nowhere; None where nothing looks like them."""
        words = self._artefact.spelled(text)
        return None if words == search.words_of(text) else " ".join(words)

    def unknown(self, text: str) -> list[str]:
        """The words of a search that no table has anywhere, and that a search therefore leaves out."""
        return self._artefact.unknown(text)

    def spellings(self, service: str | None = None) -> Iterator[Spelling]:
        """Every name there is (of one service), published or only taken: for documentation and checks."""
        return self._artefact.spellings(service=service)

    def _hint(self, text: str) -> str:
        """What the user may have meant: the same thing in the other scheme first, then names that look alike."""
        if not text.startswith(("aws.", "awscc.")):
            text = f"aws.{text.removeprefix('aws_')}"  # aws_ec2_instance, as others write it
        if (known := self._artefact.spelling(text)) is not None:
            return f"did you mean {known.name if known.published else known.table}?"
        every = [s.name for s in self._artefact.spellings() if s.published and s.face not in (Face.LIST_ONLY, Face.TAGS)]
        squeezed = {n.replace(".", "").replace("_", ""): n for n in reversed(every)}
        wanted = text.replace("awscc.", "aws.").replace(".", "").replace("_", "")
        near = [n for n in (squeezed.get(wanted), squeezed.get(f"{wanted}s"), squeezed.get(wanted.removesuffix("s"))) if n]
        noun = text.rpartition(".")[2]
        near += sorted((n for n in every if n.endswith((f".{noun}", f"_{noun}"))), key=lambda n: (len(n), n))[:3]
        near += difflib.get_close_matches(text, [n for n in every if n[4:6] == text[4:6]] or every, n=3, cutoff=0.6)
        if not near:
            return "names are aws.<service>_<resource> (inventory) or aws.<service>.<resource> (live)"
        return f"did you mean {', '.join(list(dict.fromkeys(near))[:3])}?"


def _is_unicode(text: str) -> bool:
    """Whether a text can be written down at all: an argument's byte that is no UTF-8 comes as half of a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
