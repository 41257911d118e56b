"""`%cirql` and `%%cirql`, in an IPython as a notebook has one, and the notebook in docs/ run from its first cell to its last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient

from cirql.notebook.answer import Answer, Picture

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


@pytest.fixture(scope="module")
def shell() -> Iterator[Any]:
    made: Any = InteractiveShell.instance()
    made.run_line_magic("load_ext", "cirql")
    made.run_line_magic("cirql", "--local")
    yield made
    made.extension_manager.unload_extension("cirql")
    made.history_manager.end_session()
    InteractiveShell.clear_instance()


def cell(shell: Any, line: str, text: str) -> Any:
    return shell.run_cell_magic("cirql", line, text)


def test_a_cell_gives_its_rows_as_often_as_is_wished(shell: Any) -> None:
    answer = cell(shell, "", "SELECT count(*) AS n FROM aws.sagemaker_image;")
    assert isinstance(answer, Answer)
    assert answer.fetchall() == answer.fetchall() == [(15,)]
    assert answer.to_pandas()["n"].tolist() == [15]
    assert len(answer) == 1


def test_a_line_is_a_statement_too(shell: Any) -> None:
    assert shell.run_line_magic("cirql", "SELECT 41 + 1 AS n").fetchall() == [(42,)]


def test_variables_of_the_notebook_are_parameters(shell: Any) -> None:
    shell.user_ns.update(who="it's; DROP", least=2)
    assert cell(shell, "", "SELECT :who AS who, :least::int + 1 AS n, '12:30'::time IS NOT NULL AS t").fetchall() == [
        ("it's; DROP", 3, True)
    ]


def test_an_answer_goes_to_a_name(shell: Any) -> None:
    assert cell(shell, "found <<", "SELECT 7 AS n") is None
    assert shell.user_ns["found"].fetchall() == [(7,)]


def test_several_statements_give_the_last_one_s_answer(shell: Any) -> None:
    assert cell(shell, "", "CREATE VIEW v AS SELECT 3 AS n; SELECT n FROM v;").fetchall() == [(3,)]


def test_a_chart_is_drawn_of_an_answer(shell: Any) -> None:
    cell(shell, "by_region <<", "SELECT region, count(*) AS images FROM aws.sagemaker_image GROUP BY 1")
    picture = shell.user_ns["by_region"].plot()
    assert isinstance(picture, Picture)
    assert "<svg" in picture._repr_html_()
    assert isinstance(cell(shell, "--plot", "SELECT region, count(*) AS images FROM aws.sagemaker_image GROUP BY 1"), Picture)


def test_what_is_shown_has_the_cost_and_nothing_of_the_data_as_markup(shell: Any) -> None:
    html = cell(shell, "", "SELECT image_name, '<script>alert(1)</script>' AS x FROM aws.sagemaker_image")._repr_html_()
    assert "15 rows, 6 calls" in html
    assert "<script" not in html


def test_an_error_is_told_as_the_command_line_tells_it(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    done = shell.run_cell("%%cirql\nSELECT nope FROM aws.sagemaker_image")
    assert "SQLSTATE 42703" in str(done.error_in_exec)
    assert "LINE 1: SELECT nope" in str(done.error_in_exec)
    assert "Traceback" not in capsys.readouterr().err


def test_failures_are_shown_below_the_rows(shell: Any) -> None:
    html = cell(
        shell, "", "SELECT image_name FROM aws.sagemaker_image WHERE region IN ('us-east-1', 'eu-north-1') AND account_id = '1'"
    )._repr_html_()
    assert "notice: " in html


def test_the_notebook_in_docs_runs_from_its_first_cell_to_its_last() -> None:
    notebook: Any = nbformat.reads(NOTEBOOK.read_text("utf-8"), as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    texts = [str(output) for c in notebook.cells if c.cell_type == "code" for output in c.outputs]
    assert not [t for t in texts if "'output_type': 'error'" in t]
    assert any("<svg" in t for t in texts)
