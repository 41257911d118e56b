"""Rules as people write them: a SQL file whose first comments say what the query means, or a TOML file of one rule or many.

    -- id: bucket-named-by-team
    -- title: Buckets are named after the team that owns them
    -- severity: low
    -- rationale: Whoever finds a bucket should know whom to ask.
    -- references: HOUSE 4.1, CIS 1.2
    SELECT bucket_arn AS resource, account_id, … AS status, … AS reason FROM aws.s3_bucket

In TOML the same names are keys, the query is `query`, `references` is a table of lists, and `[[rule]]` begins each of several.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cirql.checks.model import CheckRule, Severity
from cirql.errors import FileUnreadable, SettingsError
from cirql.startup.regexes import regex

_TEXTS = ("id", "title", "severity", "rationale", "remediation", "service")
_SHORT = ("table", "where", "ok", "reason", "skip", "resource")
_HEADER = regex(r"\s*--\s*(?:(?P<name>[a-z]+)\s*:\s*)?(?P<text>.*)")
SUFFIXES = (".sql", ".toml")


def read_rules(path: Path) -> list[CheckRule]:
    """The rules of a file. Raises FileUnreadable, SettingsError."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise FileUnreadable(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise FileUnreadable(f"{path} is not UTF-8 text (byte {error.start})") from None
    return rules_in(text, str(path))


def rules_in(text: str, source: str) -> list[CheckRule]:
    """The rules of a text, which is TOML or SQL as the name of its source says. Raises SettingsError."""
    if not source.endswith(".toml"):
        return [_rule(_header(text, source), source)]
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{source} is not TOML: {error}") from None
    tables = data.pop("rule", None)
    if tables is None:
        return [_rule(data, source)]
    if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise SettingsError(f"{source}: `rule` is not a list of tables", hint="begin each rule with [[rule]]")
    return [_rule({**data, **table}, source) for table in tables]


def _header(text: str, source: str) -> dict[str, Any]:
    """What the comments before the statement say; a line without a name goes on with the one before."""
    values: dict[str, Any] = {"query": text}
    name = ""
    for line in text.splitlines():
        match = _HEADER.fullmatch(line)
        if match is None:
            if line.strip():
                break
            continue
        if match["name"] in (*_TEXTS, "references"):
            name = match["name"]
            values[name] = match["text"].strip()
        elif name:
            values[name] += f" {line.strip().removeprefix('--').strip()}"
    if "references" in values:
        values["references"] = dict(_cited(values["references"], source))
    return values


def _cited(text: str, source: str) -> Iterator[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for piece in filter(None, map(str.strip, text.split(","))):
        standard, _, number = piece.rpartition(" ")
        if not standard:
            raise SettingsError(f"{source}: the reference {piece!r} names no standard", hint="write `CIS 2.1.4, FSBP S3.1`")
        found.setdefault(standard, []).append(number)
    yield from found.items()


def _rule(values: Mapping[str, Any], source: str) -> CheckRule:
    name = values.get("id", "")
    if unknown := sorted(set(values) - {*_TEXTS, *_SHORT, "query", "references"}):
        raise SettingsError(
            f"{source}: rule {name!r} has no field {unknown[0]!r}", hint=f"there are {', '.join((*_TEXTS, 'references', 'query', *_SHORT))}"
        )
    for field in (*_TEXTS, *_SHORT, "query"):
        if not isinstance(values.get(field, ""), str):
            raise SettingsError(f"{source}: {field} of rule {name!r} is not a text")
    if "query" in values and (short := [field for field in _SHORT if field in values]):
        raise SettingsError(f"{source}: rule {name!r} has a query and {short[0]} too", hint="a rule is said in one way or the other")
    references = values.get("references", {})
    if not isinstance(references, Mapping) or not all(
        isinstance(r, list) and all(isinstance(n, str) for n in r) for r in references.values()
    ):
        raise SettingsError(f"{source}: references of rule {name!r} are not lists of texts by standard")
    return CheckRule(
        id=name,
        title=values.get("title", ""),
        severity=read_severity(values.get("severity", "medium"), f"{source}: rule {name!r}"),
        query=values.get("query") or _query(values, f"{source}: rule {name!r}"),
        rationale=" ".join(values.get("rationale", "").split()),
        references={standard: tuple(numbers) for standard, numbers in references.items()},
        remediation=values.get("remediation"),
        service=values.get("service", ""),
        source=source,
    )


def _query(values: Mapping[str, Any], place: str) -> str:
    """The statement of a rule in the short form. A condition that is NULL gives no status, which is an error and never ok."""
    if not any(name in values for name in _SHORT):
        return ""
    if lacking := [name for name in ("table", "ok") if not values.get(name)]:
        raise SettingsError(f"{place} has no {lacking[0]}", hint="give a `query`, or `table` and `ok`")
    skip = f"WHEN {values['skip']} THEN 'skip' " if values.get("skip") else ""
    where = f" WHERE {values['where']}" if values.get("where") else ""
    resource, ok = values.get("resource", "arn"), values["ok"]
    return (
        f"SELECT x.*, CASE WHEN x.status <> 'ok' THEN x.why END AS reason FROM (SELECT {resource} AS resource, account_id, region, "
        f"CASE {skip}WHEN {ok} THEN 'ok' WHEN NOT ({ok}) THEN 'alarm' END AS status, {values.get('reason', 'NULL')} AS why "
        f"FROM {values['table']}{where}) x"
    )


def read_severity(word: str, where: str) -> Severity:
    """A severity by its word. Raises SettingsError, which says where."""
    try:
        return Severity[word.upper()]
    except KeyError:
        raise SettingsError(f"{where}: no severity {word!r}", hint=f"there are {', '.join(s.word for s in Severity)}") from None
