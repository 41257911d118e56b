"""The documents about the code name what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "cirql"
DOCUMENTS = ("ARCHITECTURE.md", "docs/where-to-change.md")
MOST_FILES = 3
_PATH = re.compile(r"`([a-z_]+(?:/[a-z_]+)*(?:\.py|\.toml|\.sql|/))`")


def named(text: str) -> set[str]:
    return set(_PATH.findall(text))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_named_is_there(document: str) -> None:
    """By its path from the root, or by the end of one in the package where the sentence has said which room."""
    known = [f"/{p.relative_to(SOURCES)}{'/' * p.is_dir()}" for p in SOURCES.rglob("*")]
    names = sorted(named((ROOT / document).read_text("utf-8")))
    assert [n for n in names if not (ROOT / n).exists() and not any(path.endswith(f"/{n}") for path in known)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    path = ROOT / document
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_no_answer_to_where_something_is_changed_has_more_than_three_steps() -> None:
    answers = (ROOT / "docs/where-to-change.md").read_text("utf-8").split("\n## ")[1:]
    assert len(answers) >= 6
    for answer in answers:
        steps = re.findall(r"^\d\. ", answer, flags=re.MULTILINE)
        assert 1 <= len(steps) <= MOST_FILES, answer.partition("\n")[0]
