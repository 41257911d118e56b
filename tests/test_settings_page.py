"""docs/settings.md names every setting, as it can be written."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from cirql.settings import Settings
from cirql.settings.page import ENTRIES, page
from cirql.startup.records import fields

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"


def test_the_page_is_what_the_program_says() -> None:
    assert PAGE.read_text("utf-8") == page()


def test_every_setting_is_on_it_and_no_other() -> None:
    assert list(ENTRIES) == [f.name for f in fields(Settings)]


PLAIN = [name for name, entry in ENTRIES.items() if "`" not in entry.example and entry.example != "in code alone"]


@pytest.mark.parametrize("name", PLAIN)
def test_every_example_can_be_written_in_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = ENTRIES[name].example
    (tmp_path / "ca.pem").write_text("")
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "named.toml"
    with_it = {
        "accounts": 'role = "cirql-reader"\n',
        "role": 'accounts = ["111111111111"]\n',
        "organizational_units": 'accounts = "organization"\nrole = "cirql-reader"\n',
    }
    file.write_text(with_it.get(name, "") + f"{name} = {example}\n")
    monkeypatch.setenv("CIRQL_CONFIG", str(file))
    assert {o.name for o in Settings.origins() if o.source == str(file)} >= {name}
    assert getattr(Settings.load(), name) is not None


def test_the_example_of_a_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.search(r"```toml\n(.*?)```", page(), re.DOTALL)
    assert found is not None
    file = tmp_path / "named.toml"
    file.write_text(found[1])
    monkeypatch.setenv("CIRQL_CONFIG", str(file))
    settings = Settings.load()
    assert (settings.max_calls, settings.max_rps, len(settings.account_roles)) == (5000, {"ec2:DescribeInstances": 5.0}, 1)
    assert len(tomllib.loads(found[1])) == 7
