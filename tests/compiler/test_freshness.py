"""A compiled catalog is stale when anything that decides what it says has changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import grimp
import pytest

from cirql.catalog import freshness

PACKAGE = Path(freshness.__file__).parents[1]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sources, whose digest `sources_digest` takes."""
    shutil.copytree(PACKAGE, tmp_path / "cirql", ignore=shutil.ignore_patterns("*.sqlite", "__pycache__"))
    monkeypatch.setattr(freshness, "_PACKAGE", tmp_path / "cirql")
    monkeypatch.setattr(freshness, "_COMPILER", tmp_path / "cirql" / "compiler")
    return tmp_path / "cirql"


@pytest.mark.parametrize(
    "changed",
    ["compiler/modified.py", "compiler/sweeps.py", "compiler/overlay/s3.toml", "compiler/overlay/writes/sagemaker.toml", "names.py"],
)
def test_a_changed_rule_or_correction_makes_the_catalog_stale(copy: Path, changed: str) -> None:
    before = freshness.sources_digest()
    with (copy / changed).open("a") as file:
        file.write("\n# changed\n")
    assert freshness.sources_digest() != before


def test_a_new_module_or_a_new_overlay_makes_the_catalog_stale(copy: Path) -> None:
    digests = [freshness.sources_digest()]
    for name in ("compiler/new_rule.py", "compiler/overlay/new.toml"):
        (copy / name).write_text("")
        digests.append(freshness.sources_digest())
    assert len(set(digests)) == len(digests)


def test_what_only_reads_the_catalog_may_change_under_it(copy: Path) -> None:
    before = freshness.sources_digest()
    (copy / "catalog" / "pages.py").write_text("")
    assert freshness.sources_digest() == before


def test_the_digest_covers_everything_that_a_build_imports() -> None:
    graph = grimp.build_graph("cirql", cache_dir=None)
    reached: set[str] = set()
    open_ = ["cirql.compiler.build"]
    while open_:
        for module in graph.find_modules_directly_imported_by(open_.pop()):
            if module.startswith("cirql.") and module not in reached:
                reached.add(module)
                open_.append(module)
    outside = {m.removeprefix("cirql.").replace(".", "/") + ".py" for m in reached if not m.startswith("cirql.compiler")}
    assert outside == set(freshness.BESIDE)
