"""`cirql search`, `cirql docs` and `cirql catalog lint | refresh`, as users run them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Cirql


def test_search_prints_a_line_for_each_table(cirql: Cirql) -> None:
    run = cirql("search", "sagemaker", "image", "version", "-n", "3")
    assert run.code == 0
    assert len(run.stdout.splitlines()) == 3
    assert "aws.sagemaker.image_version" in run.stdout
    assert run.stderr == ""
    found = json.loads(cirql("search", "kms", "key", "-o", "json", "-n", "2").stdout)
    assert [sorted(f) for f in found] == [["columns", "score", "table", "title"]] * 2


def test_search_that_finds_nothing_says_so(cirql: Cirql) -> None:
    run = cirql("search", "zzyzx")
    assert (run.code, run.stdout) == (1, "")
    assert "zzyzx" in run.stderr


def test_search_puts_misspelt_words_right_and_says_so(cirql: Cirql) -> None:
    run = cirql("search", "sagmaker", "imge", "-n", "1", "-o", "json")
    assert run.code == 0
    assert len(json.loads(run.stdout)) == 1
    assert run.stderr == "nothing is about sagmaker imge; this is about sagemaker image\n"
    assert cirql("search", " ").code == 2


def test_docs_show_prints_a_page(cirql: Cirql) -> None:
    run = cirql("docs", "show", "aws.sagemaker.image_version")
    assert run.code == 0
    assert run.stdout.startswith("---\ntitle: image_version\n")
    assert "WHERE region = 'us-east-1' AND data__Identifier = '<ImageVersionArn>';" in run.stdout
    assert "UPDATE aws.sagemaker.image_version\nSET horovod = TRUE" in run.stdout
    assert "| table_name |" in cirql("docs", "show", "cirql.columns").stdout
    wrong = cirql("docs", "show", "aws.sagemaker.image_versoin")
    assert wrong.code == 1
    assert "aws.sagemaker.image_version" in wrong.stderr


def test_docs_build_writes_a_page_for_every_table_of_a_service(cirql: Cirql, tmp_path: Path) -> None:
    run = cirql("docs", "build", "--out", "site", "--service", "kms")
    assert run.code == 0, run.stderr
    pages = {p.name for p in (tmp_path / "site" / "kms").iterdir()}
    assert {"README.md", "aws.kms_key.dataset.md", "key.md", "keys.md", "key_tags.md", "keys_list_only.md"} <= pages
    index = (tmp_path / "site" / "kms" / "README.md").read_text("utf-8")
    assert all(f"({name})" in index for name in pages - {"README.md"})
    assert "&lt;" not in index and "<" not in index
    assert "[kms](kms/README.md)" in (tmp_path / "site" / "README.md").read_text("utf-8")
    assert cirql("docs", "build", "--out", "site", "--service", "nope").code == 2


def test_docs_build_leaves_a_readme_that_is_not_its_own_alone(cirql: Cirql, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# My project\n", "utf-8")
    run = cirql("docs", "build", "--out", str(tmp_path), "--service", "kms")
    assert run.code == 1
    assert "README.md there is not a data directory's" in run.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["README.md"]


def test_catalog_lint_finds_no_errors_and_counts_warnings_by_kind(cirql: Cirql) -> None:
    run = cirql("catalog", "lint")
    assert run.code == 0, run.stdout
    assert "warning: dataset: keys that nothing supplies: " in run.stdout
    assert "0 errors" in run.stderr


def test_catalog_refresh_adds_the_types_of_the_account(cirql: Cirql, tmp_path: Path) -> None:
    home = {"XDG_DATA_HOME": str(tmp_path)}
    run = cirql("catalog", "refresh", "--from-account", "--local", "--region", "us-east-1", env=home)
    assert (run.code, run.stdout) == (0, "aws.example_monitoring.probe\n"), run.stderr
    assert cirql("docs", "show", "aws.example_monitoring.probes", env=home).code == 0
    assert cirql("catalog", "refresh").code == 2
