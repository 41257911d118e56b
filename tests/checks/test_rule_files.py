"""Rules as people write them, and what is said of those that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from cirql.checks.model import Severity
from cirql.checks.packs import Pack, builtin_names, find_pack
from cirql.checks.rule_files import rules_in
from cirql.errors import Error, FileUnreadable, SettingsError

SQL = """-- id: named
-- title: Buckets have names
-- severity: high
-- rationale: Whoever finds one
--   should know what it is: a bucket.
-- references: CIS 1.2, CIS 1.3, NIST 800-53 r5 AC-2
SELECT name AS resource, 'ok' AS status FROM aws.s3_bucket -- id: not this
"""


def test_the_comments_before_a_statement_say_what_it_means() -> None:
    (rule,) = rules_in(SQL, "named.sql")
    assert (rule.id, rule.title, rule.severity) == ("named", "Buckets have names", Severity.HIGH)
    assert rule.rationale == "Whoever finds one should know what it is: a bucket."
    assert rule.cited == ("CIS 1.2", "CIS 1.3", "NIST 800-53 r5 AC-2")
    assert rule.query == SQL


def test_a_toml_file_holds_one_rule_or_many_that_share_what_is_above_them() -> None:
    (one,) = rules_in('id = "a"\ntitle = "A"\nquery = "SELECT 1"', "a.toml")
    assert (one.id, one.severity) == ("a", Severity.MEDIUM)
    many = rules_in(
        'service = "s3"\n[[rule]]\nid="a"\ntitle="A"\nquery="SELECT 1"\n[[rule]]\nid="b"\ntitle="B"\nquery="SELECT 2"', "b.toml"
    )
    assert [(r.id, r.service) for r in many] == [("a", "s3"), ("b", "s3")]


def test_a_rule_may_say_its_query_in_parts() -> None:
    text = 'id="a"\ntitle="A"\ntable="t"\nwhere="w"\nskip="s"\nresource="r"\nok="o"\nreason="y"'
    (rule,) = rules_in(text, "a.toml")
    assert "CASE WHEN s THEN 'skip' WHEN o THEN 'ok' WHEN NOT (o) THEN 'alarm' END AS status" in rule.query
    assert "SELECT r AS resource" in rule.query and "FROM t WHERE w" in rule.query
    with pytest.raises(SettingsError, match="has no ok"):
        rules_in('id="a"\ntitle="A"\ntable="t"', "a.toml")


@pytest.mark.parametrize(
    ("text", "source", "said"),
    [
        ("SELECT 1", "x.sql", "no id"),
        ("-- id: a\n-- title: A\n-- severity: dire\nSELECT 1", "x.sql", "no severity 'dire'"),
        ("-- id: a\n-- title: A\n-- references: CIS\nSELECT 1", "x.sql", "names no standard"),
        ('id = "a"\ntitel = "A"', "x.toml", "no field 'titel'"),
        ("id = ", "x.toml", "not TOML"),
        ('id = "a"\ntitle = "A"\nquery = 7', "x.toml", "query of rule 'a' is not a text"),
        ('id = "a"\ntitle = "A"\nquery = "SELECT 1"\nreferences = ["CIS"]', "x.toml", "lists of texts by standard"),
        ('rule = "a"', "x.toml", "not a list of tables"),
        ('id = "a"\ntitle = "A"\nquery = "SELECT 1"\nok = "true"', "x.toml", "has a query and ok too"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_with_its_file(text: str, source: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as raised:
        rules_in(text, source)
    assert source in str(raised.value)


def test_a_directory_is_a_pack_of_all_rules_below_it(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/named.sql").write_text(SQL)
    (tmp_path / "a.toml").write_text('id = "a"\ntitle = "A"\nquery = "SELECT 1"')
    (tmp_path / "README.md").write_text("no rule")
    assert [r.id for r in find_pack(str(tmp_path)).rules] == ["a", "named"]
    (tmp_path / "again.sql").write_text(SQL)
    with pytest.raises(SettingsError, match="two rules are called 'named'"):
        find_pack(str(tmp_path))


@pytest.mark.parametrize("name", ["nowhere", "builtin:nothing"])
def test_a_pack_that_is_not_there_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises((FileUnreadable, SettingsError)) as raised:
        find_pack(name)
    assert "builtin:aws-security" in (raised.value.hint or "")


@pytest.mark.parametrize("name", builtin_names())
def test_every_rule_that_comes_with_the_program_says_why_it_is_one(name: str) -> None:
    pack = find_pack(name)
    for rule in pack.rules:
        assert rule.rationale and rule.service and rule.references, rule.id
        assert rule.id.startswith(rule.service), rule.id


def test_rules_are_chosen_by_id_or_by_service() -> None:
    pack = Pack(
        "p", tuple(rules_in('[[rule]]\nid="a-1"\ntitle="A"\nquery="q"\nservice="a"\n[[rule]]\nid="b-1"\ntitle="B"\nquery="q"', "p.toml"))
    )
    assert [r.id for r in pack.choose(["a"]).rules] == ["a-1"]
    assert [r.id for r in pack.choose(["b-*", "a-1"]).rules] == ["a-1", "b-1"]
    assert pack.choose([]) is pack
    with pytest.raises(Error, match="no rule of p is called 'c'"):
        pack.choose(["c"])
