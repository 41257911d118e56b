"""Functions over rows that DuckDB has no expression for: JSON changes and containment, networks, IAM policies.

Each takes and gives plain values (JSON as text); `functions` makes an Arrow function of it, for which NULL in is NULL out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cirql.sql import (
    capitals,
    degrees,
    digests,
    documents,
    look_around,
    networks,
    number_texts,
    numerics,
    open_policies,
    policies,
    standard_policies,
)
from cirql.sql.translate import constants


def hstore_items(value: str) -> list[str | None]:
    """Hstore text as keys and values in turn."""
    pairs = dict(reversed(list(constants.hstore_pairs(value))))
    return [part for key in sorted(pairs) for part in (key, pairs[key])]


_T, _L, _B, _I, _D = "VARCHAR", "VARCHAR[]", "BOOLEAN", "INTEGER", "DOUBLE"
FUNCTIONS: dict[str, tuple[list[str], str, Callable[..., Any]]] = {
    "cirql_jsonb_print": ([_T], _T, documents.printed),
    "cirql_jsonb_compact": ([_T], _T, documents.compact),
    "cirql_jsonb_comparable": ([_T], _T, documents.comparable),
    "cirql_jsonb_key": ([_T], _T, documents.sort_key),
    "cirql_jsonb_pretty": ([_T], _T, documents.pretty),
    "cirql_jsonb_contains": ([_T, _T], _B, documents.contains),
    "cirql_jsonb_concat": ([_T, _T], _T, documents.concatenated),
    "cirql_jsonb_without": ([_T, _L], _T, documents.without),
    "cirql_jsonb_without_index": ([_T, "BIGINT"], _T, documents.without_index),
    "cirql_jsonb_delete_path": ([_T, _L], _T, documents.without_path),
    "cirql_jsonb_set": ([_T, _L, _T, _B], _T, documents.with_value),
    "cirql_jsonb_insert": ([_T, _L, _T, _B], _T, documents.with_insert),
    "cirql_jsonb_strip": ([_T], _T, documents.stripped),
    "cirql_jsonb_path": ([_T, _T], _L, documents.at_jsonpath),
    "cirql_hstore_items": ([_T], _L, hstore_items),
    "cirql_array_items": ([_T], _L, constants.array_items),
    "cirql_aws_policy_equal": ([_T, _T], _B, policies.equal),
    "cirql_policy_standard": ([_T], _T, standard_policies.standard),
    "cirql_policy_open": ([_T], _B, open_policies.open_to_everybody),
    "cirql_capital_members": ([_T, _T], _T, capitals.with_capitals),
    "cirql_seek_matches": ([_T, _T], _B, look_around.matches),
    "cirql_seek_first": ([_T, _T, _I], _T, look_around.first),
    "cirql_seek_once": ([_T, _T, "INTEGER[]"], _L, look_around.once),
    "cirql_seek_count": ([_T, _T], _I, look_around.count),
    "cirql_seek_nth": ([_T, _T, "BIGINT", "BIGINT", _I], _T, look_around.nth),
    "cirql_seek_place": ([_T, _T, "BIGINT", "BIGINT", _I, _I], _I, look_around.place),
    "cirql_seek_count_from": ([_T, _T, "BIGINT"], _I, look_around.count_from),
    "cirql_seek_replaced_nth": ([_T, _T, _T, "BIGINT", "BIGINT"], _T, look_around.replaced_nth),
    "cirql_numeric_product": ([_T, _T], _T, numerics.product),
    "cirql_numeric_quotient": ([_T, _T], _T, numerics.quotient),
    "cirql_numeric_whole_quotient": ([_T, _T], _T, numerics.whole_quotient),
    "cirql_numeric_sqrt": ([_T], _T, numerics.square_root),
    "cirql_numeric_exp": ([_T], _T, numerics.exponential),
    "cirql_numeric_ln": ([_T], _T, numerics.natural_logarithm),
    "cirql_numeric_log": ([_T, _T], _T, numerics.logarithm),
    "cirql_numeric_power": ([_T, _T], _T, numerics.power),
    "cirql_numeric_bucket": ([_T, _T, _T, "BIGINT"], _I, numerics.bucket),
    "cirql_numeric_gcd": ([_T, _T], _T, numerics.common_divisor),
    "cirql_numeric_lcm": ([_T, _T], _T, numerics.common_multiple),
    "cirql_variation": ([_T, _L], _T, numerics.variation),
    "cirql_variation_of_sums": ([_T, "BIGINT", _T, _T, _T], _T, numerics.variation_of_sums),
    "cirql_number_char": ([_T, _T], _T, number_texts.of_decimal),
    "cirql_float_char": ([_D, _T], _T, number_texts.of_float),
    "cirql_digest": ([_T, _T], _T, digests.digest),
    "cirql_unistr": ([_T], _T, constants.unistr),
    "cirql_sind": ([_D], _D, degrees.sind),
    "cirql_cosd": ([_D], _D, degrees.cosd),
    "cirql_tand": ([_D], _D, degrees.tand),
    "cirql_cotd": ([_D], _D, degrees.cotd),
    "cirql_asind": ([_D], _D, degrees.asind),
    "cirql_acosd": ([_D], _D, degrees.acosd),
    "cirql_atand": ([_D], _D, degrees.atand),
    "cirql_atan2d": ([_D, _D], _D, degrees.atan2d),
    "cirql_seek_pieces": ([_T, _T], _L, look_around.pieces),
    "cirql_seek_replaced": ([_T, _T, _T, _T], _T, look_around.replaced),
    "cirql_inet": ([_T], _T, networks.inet),
    "cirql_cidr": ([_T], _T, networks.cidr),
    "cirql_inet_text": ([_T], _T, networks.with_length),
    "cirql_inet_key": ([_T], _T, networks.sort_key),
    "cirql_inet_inside": ([_T, _T], _B, networks.inside),
    "cirql_inet_inside_or_equal": ([_T, _T], _B, networks.inside_or_equal),
    "cirql_inet_overlaps": ([_T, _T], _B, networks.overlaps),
    "cirql_inet_host": ([_T], _T, networks.host),
    "cirql_inet_network": ([_T], _T, networks.network),
    "cirql_inet_masklen": ([_T], _I, networks.length),
    "cirql_inet_family": ([_T], _I, networks.family),
    "cirql_inet_netmask": ([_T], _T, networks.netmask),
    "cirql_inet_hostmask": ([_T], _T, networks.hostmask),
    "cirql_inet_broadcast": ([_T], _T, networks.broadcast),
    "cirql_inet_abbrev": ([_T], _T, networks.abbreviated),
    "cirql_inet_set_masklen": ([_T, _I], _T, networks.with_masklen),
    "cirql_inet_same_family": ([_T, _T], _B, networks.same_family),
    "cirql_inet_merge": ([_T, _T], _T, networks.merged),
    "cirql_inet_add": ([_T, "BIGINT"], _T, networks.moved),
    "cirql_inet_not": ([_T], _T, networks.inverted),
    "cirql_inet_and": ([_T, _T], _T, networks.both),
    "cirql_inet_or": ([_T, _T], _T, networks.either),
    "cirql_inet_distance": ([_T, _T], _T, networks.distance),
}
