"""The functions that a statement may call, each with its signature as far as there is one."""

from __future__ import annotations

from functools import cache

_ARGUMENTS = {
    "t": "text",
    "n": "number",
    "i": "integer",
    "f": "float",
    "j": "jsonb",
    "h": "hstore",
    "a": "array",
    "m": "timestamp",
    "v": "interval",
    "x": "any",
    "s": "any",
    "w": "inet",
}
_RESULTS = {"same": "the same", "same2": "the same", "element": "an element", "bool": "boolean"}
# What SQL has as a form of its own, and aggregates that the table of plain functions does not have.
_FORMS = {
    "count": "count(* | any) → int8",
    "sum": "sum(number) → number",
    "avg": "avg(number) → number",
    "min": "min(any) → the same",
    "max": "max(any) → the same",
    "array_agg": "array_agg(any) → array",
    "string_agg": "string_agg(text, separator text) → text",
    "jsonb_agg": "jsonb_agg(any) → jsonb",
    "jsonb_object_agg": "jsonb_object_agg(key text, value any) → jsonb",
    "bool_and": "bool_and(boolean) → boolean",
    "bool_or": "bool_or(boolean) → boolean",
    "coalesce": "coalesce(any, …) → the same",
    "nullif": "nullif(any, any) → the same",
    "greatest": "greatest(any, …) → the same",
    "least": "least(any, …) → the same",
    "round": "round(number [, digits integer]) → number",
    "substring": "substring(text FROM start [FOR length]) → text",
    "position": "position(text IN text) → int4",
    "extract": "extract(field FROM timestamp) → number",
    "date_trunc": "date_trunc(field text, timestamp) → timestamp",
    "row_number": "row_number() OVER (…) → int8",
    "rank": "rank() OVER (…) → int8",
    "lag": "lag(any [, offset integer]) OVER (…) → the same",
    "lead": "lead(any [, offset integer]) OVER (…) → the same",
    "unnest": "unnest(array) → rows",
    "generate_series": "generate_series(start, stop [, step]) → rows",
    "jsonb_array_elements": "jsonb_array_elements(jsonb) → rows of jsonb",
    "jsonb_array_elements_text": "jsonb_array_elements_text(jsonb) → rows of text",
    "jsonb_each": "jsonb_each(jsonb) → rows of key, value",
    "jsonb_each_text": "jsonb_each_text(jsonb) → rows of key, value",
    "jsonb_object_keys": "jsonb_object_keys(jsonb) → rows of text",
    "jsonb_path_query": "jsonb_path_query(jsonb, path jsonpath) → rows of jsonb",
    "to_char": "to_char(timestamp | number, format text) → text",
}


@cache
def signatures() -> dict[str, str]:
    """Every function by its name: `split_part(text, text, integer) → text`; those without a known signature are `name(…)`."""
    from cirql.sql.admission import allowed_functions
    from cirql.sql.translate.calls import special_names
    from cirql.sql.translate.signatures import plain_functions

    plain = {
        p.name: f"{p.name}({_arguments(p.required, p.optional, p.repeats)}) → {_RESULTS.get(p.result, p.result)}"
        for p in plain_functions().values()
    }
    others = {name: f"{name}(…)" for name in sorted({*special_names(), *allowed_functions()})}
    return {**_FORMS, **plain, **{name: text for name, text in others.items() if name not in plain and name not in _FORMS}}


def _arguments(required: str, optional: str, repeats: bool) -> str:
    needed = [_ARGUMENTS.get(letter, "any") for letter in required]
    more = "".join(f" [, {_ARGUMENTS.get(letter, 'any')}]" for letter in optional)
    text = ", ".join(needed) + more + (", …" if repeats else "")
    return text.removeprefix(" ")
