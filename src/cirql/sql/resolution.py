"""Which column a name means: the columns of one statement resolved scope by scope, stars written out.

Each cloud table learns which of its columns are wanted. What stays unknown (the columns of a CSV file) is left to DuckDB.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from cirql.catalog.model import Table
from cirql.errors import AmbiguousColumn, NotSupported, UnknownColumn, UnknownTable
from cirql.names import Scheme
from cirql.sql.bound import Source
from cirql.sql.parse import Statement
from cirql.sql.quoting import text
from cirql.sql.translate.sets import columns_of_call
from cirql.sql.trees import all_of, first_of
from cirql.types import ColumnType

_OF_THE_USER = frozenset({"user", "current_role"})
"""Words that PostgreSQL keeps for who asks; here they are columns where a table has such, as some of AWS's do."""
_NEVER_NULL = "_fetched_at"
"""A column that the engine fills for every row, without a call."""


def position_of(statement: Statement, node: exp.Expr | None) -> int | None:
    """Where in the text that was written the first name of a node stands."""
    identifier = node if isinstance(node, exp.Identifier) else first_of(node, exp.Identifier) if node is not None else None
    start = identifier.meta.get("start") if identifier is not None else None
    return None if start is None else statement.offset + int(start)


class Resolver:
    """Resolves the columns of one statement, scope by scope, inner scopes first."""

    def __init__(
        self,
        statement: Statement,
        by_node: Mapping[int, Source],
        counterpart: Callable[[Table], Table | None] = lambda table: None,
        own: Callable[[str], Iterable[str] | None] = lambda name: None,
    ) -> None:
        """`counterpart` finds the other scheme's table of the same thing, `own` the columns of a table that the session's user made."""
        self._statement = statement
        self._by_node = by_node
        self._counterpart = counterpart
        self._own = own

    def bind_scope(self, scope: Scope) -> None:
        """Write out the stars of a query and resolve its columns; the queries inside it have been before."""
        columns = list(scope.find_all(exp.Column))
        if isinstance(scope.expression, exp.Select):
            self._bind_merged_keys(scope)
            self._expand_stars(scope)
        for column in columns:
            if not isinstance(column.this, exp.Star):
                self._bind_column(scope, column)
            elif isinstance(source := self._sources(scope).get(column.table), Source):
                _counts_rows(scope.expression, column, source)

    def refuse_unnamed_joins(self, tree: exp.Expr) -> None:
        """Raise NotSupported where a NATURAL JOIN stands in parentheses, which no scope of its own has."""
        for join in all_of(tree, exp.Join):
            if join.method == "NATURAL":
                raise NotSupported(
                    "NATURAL JOIN in parentheses is not supported",
                    hint="leave the parentheses out, or name the columns: JOIN … USING (…)",
                    position=position_of(self._statement, join),
                )

    # -- sources

    def _sources(self, scope: Scope) -> dict[str, Source | Scope | exp.Expr]:
        """What each alias in reach of this scope's own FROM is."""
        given = scope.sources if scope.is_udtf else {k: v for k, (_, v) in scope.selected_sources.items()}
        return {alias: self._by_node.get(id(s), s) if isinstance(s, exp.Table) else s for alias, s in given.items()}

    def _output_names(self, source: Scope | exp.Expr) -> list[str] | None:
        """The column names a subquery gives; None where they cannot be known before DuckDB looks."""
        if isinstance(source, exp.Table):
            return columns_of_call(source)
        if isinstance(source, Scope) and isinstance(source.expression, exp.Values):
            values = source.expression
            return values.alias_column_names if len(values.alias_column_names) == len(values.expressions[0].expressions) else None
        if not isinstance(source, Scope) or not isinstance(source.expression, exp.Query):
            return None
        parent = source.expression.parent
        if source.is_cte and isinstance(parent, exp.SetOperation):
            parent = parent.parent  # a recursive query as it sees itself: by its first branch
        given = parent.alias_column_names if isinstance(parent, exp.CTE | exp.Subquery) else []
        names = self._selected_names(source)
        return None if names is None else [*given, *names[len(given) :]]

    def _selected_names(self, scope: Scope) -> list[str] | None:
        """The names in a query's select list, with those that its stars stand for."""
        query = scope.expression
        if not isinstance(query, exp.Query):
            return None
        names: list[str] = query.named_selects
        if "*" not in names:
            return names
        if not isinstance(query, exp.Select) or any(j.args.get("using") for j in query.args.get("joins") or []):
            return None
        sources = self._sources(scope)
        found: list[str] = []
        for item, name in zip(query.expressions, names, strict=True):
            star = item.this if isinstance(item, exp.Column) else item
            if not isinstance(star, exp.Star):
                found.append(name)
                continue
            if isinstance(item, exp.Column) and item.table not in sources:
                return None
            chosen = [sources[item.table]] if isinstance(item, exp.Column) else list(sources.values())
            for source in chosen:
                given = list(source.star) if isinstance(source, Source) else self._output_names(source)
                if given is None or any(star.args.values()):
                    return None
                found += given
        return found

    # -- stars

    def _bind_merged_keys(self, scope: Scope) -> None:
        """The columns of JOIN … USING, which name no source of their own."""
        for join in scope.expression.args.get("joins") or []:
            if join.method == "NATURAL":
                self._name_common(scope, join)
            for name in [i.name for i in join.args.get("using") or []]:
                for source in self._sources(scope).values():
                    if isinstance(source, Source) and (column := source.table.column(name)):
                        source.wanted.add(column.name)

    def _name_common(self, scope: Scope, join: exp.Join) -> None:
        """Write a NATURAL JOIN out: USING the columns that both sides publish, in the left's order; without any, no condition.

        FROM a NATURAL JOIN b  ->  FROM a JOIN b USING (region, name)
        """
        sources = self._sources(scope)
        left: list[str] = []
        for alias in [*sources][: [*sources].index(join.alias_or_name)]:
            left += self._published(alias, sources[alias])
        right = self._published(join.alias_or_name, sources[join.alias_or_name])
        common = list(dict.fromkeys(name for name in left if name in right))
        for name in common:
            merged = [j for j in scope.expression.args["joins"] if name in [i.name for i in j.args.get("using") or []]]
            if left.count(name) - len(merged) > 1 or right.count(name) > 1:
                raise AmbiguousColumn(f'common column name "{name}" appears more than once in one side of NATURAL JOIN')
        join.set("method", None)
        if common:
            join.set("using", [exp.to_identifier(name, quoted=True) for name in common])
        elif join.side:
            join.set("on", exp.true())
        else:
            join.set("kind", "CROSS")

    def _published(self, alias: str, source: Source | Scope | exp.Expr) -> list[str]:
        """The columns that `alias.*` stands for. Raises NotSupported where they are not known."""
        names = list(source.star) if isinstance(source, Source) else self._output_names(source)
        if names is None and isinstance(source, exp.Table):
            own = self._own(source.name)
            names = None if own is None else list(own)
        if names is None:
            raise NotSupported(f"NATURAL JOIN with {alias}, whose columns are not known", hint="name them: JOIN … USING (region, name)")
        return names

    def _expand_stars(self, scope: Scope) -> None:
        select = scope.expression
        sources = self._sources(scope)
        clouds = [s for s in sources.values() if isinstance(s, Source)]
        using = {i.name for join in select.args.get("joins") or [] for i in join.args.get("using") or []}
        for item in list(select.expressions):
            star = item.this if isinstance(item, exp.Column) else item
            if not isinstance(star, exp.Star):
                continue
            named = item.table if isinstance(item, exp.Column) else ""
            chosen = {named: sources[named]} if named and named in sources else {} if named else sources
            columns = {} if using else {alias: names for alias, s in chosen.items() if (names := self._own_columns(alias, s))}
            merged = self._merged_star(select, sources) if using and not named and not any(star.args.values()) else None
            if merged is None and not any(isinstance(s, Source) for s in chosen.values()) and (not columns or any(star.args.values())):
                continue
            for source in clouds:
                if source in chosen.values():
                    source.wanted.update(source.star)
            except_ = {e.name for e in star.args.get("except_") or []}
            items = merged or list(self._star_items(chosen, columns, using, except_))
            item.replace(items[0])
            position = select.expressions.index(items[0])
            select.set("expressions", [*select.expressions[: position + 1], *items[1:], *select.expressions[position + 1 :]])

    def _merged_star(self, select: exp.Expr, sources: Mapping[str, Source | Scope | exp.Expr]) -> list[exp.Expr] | None:
        """What `*` stands for over joins with USING: at each, the columns that it merges come first. None where a side is not known."""
        joins = {j.alias_or_name: [i.name for i in j.args.get("using") or []] for j in select.args.get("joins") or []}
        shown: list[tuple[str, str]] = []
        for alias, source in sources.items():
            names = list(source.star) if isinstance(source, Source) else self._own_columns(alias, source)
            if names is None:
                return None
            merges = joins.get(alias, [])
            shown = [("", n) for n in merges] + [s for s in shown if s[1] not in merges] + [(alias, n) for n in names if n not in merges]
        return [exp.column(n, table=alias or None, quoted=True) for alias, n in shown]

    def _own_columns(self, alias: str, source: Source | Scope | exp.Expr) -> list[str] | None:
        """The columns that the star of a subquery stands for, where each can be said by its name."""
        if not alias or not isinstance(source, Scope) or not isinstance(source.expression, exp.Query | exp.Values):
            return None
        names = self._output_names(source)
        return names if names is not None and len(set(names)) == len(names) else None

    @staticmethod
    def _star_items(chosen: Mapping[str, Any], columns: Mapping[str, list[str]], using: set[str], except_: set[str]) -> Iterator[exp.Expr]:
        merged: set[str] = set()
        for name in sorted(using):
            if any(not isinstance(s, Source) or name in s.star for s in chosen.values()):
                merged.add(name)
        firsts = [n for s in chosen.values() if isinstance(s, Source) for n in s.star if n in merged]
        for name in dict.fromkeys(firsts):
            if name not in except_:
                yield exp.column(name, quoted=True)
        for alias, source in chosen.items():
            if isinstance(source, Source):
                yield from (exp.column(n, table=alias, quoted=True) for n in source.star if n not in merged and n not in except_)
            elif alias in columns:
                yield from (exp.column(n, table=alias, quoted=True) for n in columns[alias] if n not in except_)
            else:
                yield exp.Column(this=exp.Star(), table=exp.to_identifier(alias, quoted=True))

    # -- columns

    def _bind_column(self, scope: Scope, column: exp.Column) -> None:
        if column.table:
            self._bind_qualified(scope, column)
            return
        if self._is_output_alias(scope, column):
            return
        reach: Scope | None = scope
        while reach is not None:
            match = self._match(reach, column)
            if match == "unknown":
                if column.name in _OF_THE_USER and not self._is_own_column(reach, column.name):
                    break
                return
            if isinstance(match, tuple):
                self._use(column, *match)
                return
            if match == "derived":
                return
            reach = _outside(reach)
        if column.name not in _OF_THE_USER or column.this.args.get("quoted"):
            raise self._unknown(scope, column)
        said: exp.Expr = exp.CurrentUser()
        is_shown = isinstance(column.parent, exp.Select) and column.arg_key == "expressions"
        column.replace(exp.alias_(said, column.name, quoted=True) if is_shown else said)

    def _is_own_column(self, scope: Scope, name: str) -> bool:
        """Whether a table of the session's own may have a column of that name: all have that are not known, as of a file."""
        tables = [s for s in self._sources(scope).values() if isinstance(s, exp.Table)]
        return any((columns := self._own(table.name)) is None or name in columns for table in tables)

    def _bind_qualified(self, scope: Scope, column: exp.Column) -> None:
        reach: Scope | None = scope
        while reach is not None:
            sources = self._sources(reach)
            if column.table in sources:
                source = sources[column.table]
                if isinstance(source, Source):
                    found = source.table.column(column.name)
                    if found is None:
                        raise self._unknown_in(source, column)
                    self._use(column, source, found.name)
                else:
                    names = self._output_names(source)
                    if names is not None and column.name not in names:
                        raise UnknownColumn(
                            f"{column.table} has no column {column.name}",
                            hint=_nearest(column.name, names),
                            position=position_of(self._statement, column.this),
                        )
                return
            reach = _outside(reach)
        self._refuse_member(scope, column)
        if column.args.get("db"):
            return  # a field of a struct column, or DuckDB's own error
        known = [a for s in _ancestors(scope) for a in self._sources(s)]
        if self._is_column_field(scope, column):
            return
        raise UnknownTable(
            f"there is no table or alias {column.table} in the FROM clause here",
            hint=f"{column.table} stands beside this query, which does not see it: write LATERAL before the query"
            if column.table in known
            else _nearest(column.table, known),
            position=position_of(self._statement, column.args["table"]),
        )

    def _refuse_member(self, scope: Scope, column: exp.Column) -> None:
        """Raises UnknownColumn for `tags.env` and `i.tags.env` where tags is a column of maps or documents, which an operator reads."""
        outer, name = column.args.get("db"), column.table
        reached = ((alias, s) for at in _ancestors(scope) for alias, s in self._sources(at).items())
        for source in (s for alias, s in reached if outer is None or alias == outer.name):
            found = source.table.column(name) if isinstance(source, Source) else None
            if found is None or not (found.type.is_hstore or found.type is ColumnType.JSON):
                continue
            operator, kind = ("->", "a map") if found.type.is_hstore else ("->>", "JSON")
            written = f"{outer.name}.{name}" if outer is not None else name
            raise UnknownColumn(
                f"{name} is {kind} and has no columns",
                hint=f"write {written}{operator}{text(self._as_written(column.this))}, and the name as AWS spells it",
                position=position_of(self._statement, column.args["table"]),
            )

    def _as_written(self, name: exp.Identifier) -> str:
        """A name with its capitals, which SQL lays no weight on where it is not quoted."""
        start = position_of(self._statement, name)
        said = self._statement.text[start : start + len(name.name)] if start is not None else name.name
        return said if said.lower() == name.name.lower() else name.name

    def _is_column_field(self, scope: Scope, column: exp.Column) -> bool:
        """Whether `a.b` reads field b of a column a of something whose columns are not known."""
        return any(
            not isinstance(s, Source) and self._output_names(s) is None for at in _ancestors(scope) for s in self._sources(at).values()
        )

    def _is_output_alias(self, scope: Scope, column: exp.Column) -> bool:
        """Whether a bare name in ORDER BY is a name of the select list, or one in GROUP BY that no column of FROM has."""
        query = scope.expression
        if not isinstance(query, exp.Query):
            return False
        if isinstance(query, exp.SetOperation):
            return column.name in query.named_selects
        outputs = {e.alias for e in query.selects if isinstance(e, exp.Alias)}
        if column.name not in outputs:
            return False
        clause = column.find_ancestor(exp.Order, exp.Group, exp.Having, exp.Qualify, exp.Select)
        if isinstance(clause, exp.Order):
            return isinstance(column.parent, exp.Ordered) and clause.parent is query
        return isinstance(clause, exp.Group) and self._match(scope, column) is None

    def _match(self, scope: Scope, column: exp.Column) -> tuple[Source, str] | str | None:
        """Where an unqualified name leads in one scope: a source and its column, `derived`, `unknown`, or None."""
        sources = self._sources(scope)
        if isinstance(sources.get(column.name), Source):
            source = sources[column.name]
            assert isinstance(source, Source)
            if source.table.column(column.name) is None and _counts_rows(scope.expression, column, source):
                return "derived"
            source.wanted.update(source.star)  # the whole row, as in row_to_json(v)
            return "derived"
        using = {i.name for j in scope.expression.args.get("joins") or [] for i in j.args.get("using") or []}
        if column.name in using:
            return "derived"
        published: list[tuple[Source, str]] = []
        hidden: list[tuple[Source, str]] = []
        derived: list[str] = []
        unknown = False
        for alias, source in sources.items():
            if isinstance(source, Source):
                found = source.table.column(column.name)
                if found is not None:
                    (published if found.name in source.star else hidden).append((source, found.name))
                continue
            if source is column.find_ancestor(exp.Table):
                continue  # an argument of a function in FROM, which does not see what the function gives
            names = self._output_names(source)
            unknown = unknown or names is None
            if names and column.name in names:
                derived.append(alias)
            elif names and column.name == alias:
                _counts_rows(scope.expression, column, None)
                return "derived"  # the whole row
        candidates = published or ([] if derived else hidden)
        if len(candidates) + len(derived) > 1:
            raise AmbiguousColumn(
                f"column {column.name} is in several tables",
                hint="write which one: " + " or ".join(f"{s.alias}.{n}" for s, n in candidates),
                position=position_of(self._statement, column.this),
            )
        if candidates:
            return candidates[0]
        if derived and not unknown and derived[0]:
            column.set("table", exp.to_identifier(derived[0], quoted=True))
        return "derived" if derived else "unknown" if unknown else None

    def _use(self, column: exp.Column, source: Source, name: str) -> None:
        if _is_region_tag(column, source, name):
            assert column.parent is not None
            source.wanted.add("region")
            column.parent.replace(exp.column("region", table=source.alias, quoted=True))
            return
        source.wanted.add(name)
        original = column.this
        column.set("this", exp.to_identifier(name, quoted=True).update_positions(original))
        column.set("table", exp.to_identifier(source.alias, quoted=True))
        column.set("db", None)
        column.set("catalog", None)
        if original.name != name and isinstance(column.parent, exp.Select) and column.arg_key == "expressions":
            # The result, and whatever reads this query, know the column by the spelling that was written.
            written = exp.Alias(alias=exp.to_identifier(original.name, quoted=True))
            column.replace(written)
            written.set("this", column)

    def _unknown_in(self, source: Source, column: exp.Column) -> UnknownColumn:
        return UnknownColumn(
            f"{source.table.name} has no column {column.name}",
            hint=self._elsewhere(source, column) or _meant(column, [c.name for c in source.table.columns]),
            position=position_of(self._statement, column.this),
        )

    def _elsewhere(self, source: Source, column: exp.Column) -> str | None:
        """That the other scheme's table of the same thing has the column."""
        other = self._counterpart(source.table)
        found = other.column(column.name) if other is not None else None
        return None if other is None or found is None or found.hidden else f"{other.name} has it"

    def _unknown(self, scope: Scope, column: exp.Column) -> UnknownColumn:
        sources = [s for s in self._sources(scope).values() if isinstance(s, Source)]
        if len(sources) == 1:
            return self._unknown_in(sources[0], column)
        names = [c.name for s in sources for c in s.table.columns]
        names += [n for s in self._sources(scope).values() if not isinstance(s, Source) for n in self._output_names(s) or ()]
        return UnknownColumn(
            f"there is no column {column.name} in the tables of this query",
            hint=_meant(column, names),
            position=position_of(self._statement, column.this),
        )


def _ancestors(scope: Scope) -> Iterator[Scope]:
    reach: Scope | None = scope
    while reach is not None:
        yield reach
        reach = reach.parent


def _outside(scope: Scope) -> Scope | None:
    """The scope whose names a query sees beside its own: of a CTE or a derived table not its neighbours, but what encloses them all."""
    if scope.is_cte or (scope.is_derived_table and not isinstance(scope.expression.parent, exp.Lateral)):
        return scope.parent.parent if scope.parent is not None else None
    return scope.parent


def _counts_rows(query: exp.Expr, row: exp.Column, source: Source | None) -> bool:
    """Make `count(t)`, `count(t.*)` what it is without the row's columns. Says whether none of these is wanted for it.

    That is `count(*)` where no outer join can leave the row out; else it counts a column that is never NULL, since the engine fills it.
    Of a query in FROM, which has none, it is `count(t.*)`: DuckDB takes a bare `t` for a value that is never NULL, row or no row.
    """
    count = row.parent
    if not isinstance(count, exp.Count) or count.expressions or row.parent_select is not query:
        return False
    if not any(join.side for join in all_of(query, exp.Join)):
        count.set("this", exp.Star())
        return True
    if source is not None and source.table.column(_NEVER_NULL) is not None:
        source.wanted.add(_NEVER_NULL)
        count.set("this", exp.column(_NEVER_NULL, table=source.alias, quoted=True))
        return True
    count.set("this", exp.Column(this=exp.Star(), table=exp.to_identifier(row.table or row.name, quoted=True)))
    return False


def _is_region_tag(column: exp.Column, source: Source, name: str) -> bool:
    """DDSQL users write `tags->'region'`: region is a tag there and a column here."""
    parent = column.parent
    if name != "tags" or source.table.name.scheme is not Scheme.DATASET or not isinstance(parent, exp.JSONExtract | exp.JSONExtractScalar):
        return False
    path = parent.expression
    keys = [p.this for p in path.expressions if isinstance(p, exp.JSONPathKey)] if isinstance(path, exp.JSONPath) else [path.name]
    return keys == ["region"]


def _meant(column: exp.Column, names: Iterable[str]) -> str | None:
    """The columns that look like the name; where it was written in double quotes, that a text is not."""
    near = _nearest(column.name, names)
    if not column.this.quoted:
        return near
    quoting = f"a text is written in single quotes: {text(column.name)}"
    return quoting if near is None else f"{quoting}; {near}"


def _nearest(name: str, names: Iterable[str]) -> str | None:
    near = difflib.get_close_matches(name, list(dict.fromkeys(names)), n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else None
