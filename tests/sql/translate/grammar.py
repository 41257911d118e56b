"""A grammar of queries over the fixed tables: typed enough that most are valid, loose enough that some are not.

Floats and numerics are kept to values that both sides print alike; what is accepted to differ is not generated.
"""

from __future__ import annotations

from hypothesis import strategies as st

_TEXT_COLUMNS = ["i.name", "i.owner", "(i.doc->>'os')", "v.status", "(v.config->>'cpu')", "i.labels[1]"]
_INT_COLUMNS = ["i.id", "v.number", "v.image_id", "length(i.name)", "cardinality(i.labels)"]
_TEXTS = ["''", "'a'", "'linux'", "'ana'", "'CREATED'", "'2'", "'A b'", "NULL::text"]
_INTS = ["0", "1", "2", "-3", "7", "NULL::int"]
_MOMENTS = ["i.created", "v.created", "timestamp '2024-02-29 12:30:15.5'", "timestamp '2023-12-31'", "NULL::timestamp"]
_DOCUMENTS = ["i.doc", "v.config", "i.doc->'layers'", "i.doc->'meta'", "i.doc->'none'", "'{\"a\": [1, null]}'::jsonb"]


def _joined(form: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda values: form.format(*values))


def integers() -> st.SearchStrategy[str]:
    """Integer expressions."""
    leaves = st.sampled_from(_INT_COLUMNS + _INTS)

    def extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        operators = st.sampled_from(["+", "-", "*", "/", "%"])
        return st.one_of(
            _joined("({} {} {})", inner, operators, inner),
            _joined("abs({})", inner),
            _joined("coalesce({}, {})", inner, inner),
            _joined("greatest({}, {})", inner, inner),
            _joined("CASE WHEN {} > {} THEN {} ELSE {} END", inner, inner, inner, inner),
            _joined("nullif({}, {})", inner, inner),
            _joined("(-{})", inner),
        )

    return st.recursive(leaves, extend, max_leaves=5)


def texts() -> st.SearchStrategy[str]:
    """Text expressions."""
    leaves = st.sampled_from(_TEXT_COLUMNS + _TEXTS)

    def extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        small = st.sampled_from(["0", "1", "2", "3", "-1", "-2"])
        return st.one_of(
            _joined("({} || {})", inner, inner),
            _joined("upper({})", inner),
            _joined("lower({})", inner),
            _joined("left({}, {})", inner, small),
            _joined("right({}, {})", inner, small),
            _joined("substring({}, {}, 3)", inner, small),
            _joined("replace({}, {}, {})", inner, inner, inner),
            _joined("lpad({}, 5, 'x')", inner),
            _joined("btrim({})", inner),
            _joined("reverse({})", inner),
            _joined("coalesce({}, {})", inner, inner),
            _joined("concat({}, {})", inner, integers()),
            _joined("regexp_replace({}, '[aeiou]', '-', 'g')", inner),
            _joined("split_part({}, ' ', 1)", inner),
            _joined("({})::text", integers()),
        )

    return st.recursive(leaves, extend, max_leaves=4)


def moments() -> st.SearchStrategy[str]:
    """Timestamp expressions."""
    spans = st.sampled_from(
        ["interval '1 month'", "interval '1 day 02:00'", "interval '-3 days'", "interval '1 year'", "interval '90 seconds'"]
    )
    leaves = st.sampled_from(_MOMENTS)
    return st.one_of(
        leaves,
        _joined("({} + {})", leaves, spans),
        _joined("({} - {})", leaves, spans),
        _joined("date_trunc('month', {})", leaves),
        _joined("date_trunc('week', {})", leaves),
        _joined("date_bin('6 hours', {}, timestamp '2024-01-01')", leaves),
    )


def documents() -> st.SearchStrategy[str]:
    """JSON expressions."""
    leaves = st.sampled_from(_DOCUMENTS)
    steps = st.sampled_from(["'os'", "'a'", "0", "-1", "'layers'", "'n'"])
    return st.one_of(leaves, _joined("({} -> {})", leaves, steps), _joined("({} #> '{{a,0}}')", leaves))


def conditions() -> st.SearchStrategy[str]:
    """Boolean expressions."""
    operators = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
    leaves = st.one_of(
        _joined("{} {} {}", integers(), operators, integers()),
        _joined("{} {} {}", texts(), operators, texts()),
        _joined("{} {} {}", moments(), operators, moments()),
        _joined("{} LIKE '%a%'", texts()),
        _joined("{} ~ '^[a-z]'", texts()),
        _joined("{} IS NULL", st.one_of(integers(), texts(), moments(), documents())),
        _joined("{} IN ({}, {})", integers(), integers(), integers()),
        _joined("{} IS DISTINCT FROM {}", texts(), texts()),
        _joined("{} BETWEEN {} AND {}", integers(), integers(), integers()),
        _joined("{} = ANY (i.labels)", texts()),
        _joined("{} ? 'os'", documents()),
        _joined('{} @> \'{{"os": "linux"}}\'', documents()),
        st.sampled_from(["i.public", "NOT i.public", "i.public IS TRUE", "i.labels && ARRAY['base', 'x']"]),
    )

    def extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(_joined("({} AND {})", inner, inner), _joined("({} OR {})", inner, inner), _joined("(NOT {})", inner))

    return st.recursive(leaves, extend, max_leaves=3)


def _values() -> st.SearchStrategy[str]:
    extracted = _joined("extract({} FROM {})", st.sampled_from(["year", "dow", "epoch", "second", "week", "isodow"]), moments())
    formatted = _joined("to_char({}, 'YYYY-MM-DD HH24:MI:SS')", moments())
    return st.one_of(integers(), texts(), moments(), documents(), conditions(), extracted, formatted)


_FROM = st.sampled_from(
    [
        "image i JOIN version v ON v.image_id = i.id",
        "image i LEFT JOIN version v ON v.image_id = i.id",
        "image i FULL JOIN version v ON v.image_id = i.id",
        "image i CROSS JOIN version v",
    ]
)


def _plain_query() -> st.SearchStrategy[str]:
    return _joined("SELECT {} AS a, {} AS b FROM {} WHERE {}", _values(), _values(), _FROM, conditions())


def _grouped_query() -> st.SearchStrategy[str]:
    keys = st.one_of(st.sampled_from(["i.owner", "v.status", "i.public"]), _joined("lower({})", st.sampled_from(_TEXT_COLUMNS)))
    aggregates = st.one_of(
        _joined("count({})", integers()),
        _joined("sum({})", integers()),
        _joined("min({})", st.one_of(integers(), texts(), moments())),
        _joined("max({})", st.one_of(integers(), texts(), moments())),
        _joined("count(*) FILTER (WHERE {})", conditions()),
        _joined("array_agg({} ORDER BY i.id, v.number, v.image_id)", integers()),
        _joined("string_agg({}, ',' ORDER BY i.id, v.number, v.image_id)", texts()),
        _joined("bool_or({})", conditions()),
    )
    return st.tuples(keys, aggregates, aggregates, _FROM).map(
        lambda p: f"SELECT {p[0]} AS k, {p[1]} AS a, {p[2]} AS b FROM {p[3]} GROUP BY {p[0]}"
    )


def queries() -> st.SearchStrategy[str]:
    """Whole queries."""
    return st.one_of(_plain_query(), _plain_query(), _grouped_query())
