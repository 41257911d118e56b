"""DDSQL: what it means differently from PostgreSQL, and the functions only it has."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from cirql.errors import InvalidText, NotSupported
from cirql.sql.translate import sqltypes as st
from cirql.sql.translate.moment_calls import rewrite_to_timestamp
from cirql.sql.translate.nodes import as_type, call, constant, text, type_of
from cirql.sql.translate.site import Site

Arguments = list[exp.Expr]
Special = Callable[[Arguments, exp.Expr, Site], exp.Expr]


def current_setting(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """CURRENT_SETTING('dd.time_frame_start' | 'dd.time_frame_end'): RFC 3339 text from the session's time frame."""
    name = constant(arguments[0]) or ""
    values = {"dd.time_frame_start": site.time_frame.start, "dd.time_frame_end": site.time_frame.end}
    if name not in values:
        raise InvalidText(f'unrecognized configuration parameter "{name}"', hint="known are dd.time_frame_start and dd.time_frame_end")
    value = values[name]
    if value is None:
        raise InvalidText(f"{name} is not set", hint="give the session a time frame, for example SET time_frame = '1 hour'")
    return text(value)


def approx_percentile(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """APPROX_PERCENTILE(p) WITHIN GROUP (ORDER BY e) is handled with the ordered sets; alone it is incomplete."""
    raise NotSupported(
        "APPROX_PERCENTILE without WITHIN GROUP is not supported", hint="write APPROX_PERCENTILE(0.95) WITHIN GROUP (ORDER BY x)"
    )


def round_ddsql(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """ROUND(n), half away from zero for decimals and floats alike."""
    value = arguments[0]
    return call("round", value, *arguments[1:], type=type_of(value))


def to_timestamp_ddsql(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """TO_TIMESTAMP gives a TIMESTAMP in UTC: DDSQL has no timestamptz."""
    return as_type(rewrite_to_timestamp(arguments, node, site), st.TIMESTAMP)


def now_ddsql(arguments: Arguments, node: exp.Expr, site: Site) -> exp.Expr:
    """NOW() gives a TIMESTAMP in UTC."""
    return as_type(call("now"), st.TIMESTAMP)


def refuse_telemetry(name: str) -> NotSupported:
    """The error for `dd.logs(…)` and its kin."""
    return NotSupported(
        f"{name} is not supported: the dd.* table functions read Datadog's telemetry",
        hint="cloud tables need no table function: SELECT … FROM aws.ec2_instance",
    )


CALLS: dict[str, Special] = {"current_setting": current_setting, "approx_percentile": approx_percentile}
OVERRIDES: dict[str, Special] = {"round": round_ddsql, "to_timestamp": to_timestamp_ddsql, "now": now_ddsql}
