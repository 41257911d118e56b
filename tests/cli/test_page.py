"""`-o html`: one page of a result, which loads nothing and in which nothing runs."""

from __future__ import annotations

import html.parser
import re
from pathlib import Path

import pytest

from cirql.localcloud import ACCOUNTS, LocalCloud
from cirql.localcloud.faults import Rule
from tests.cli.conftest import Cirql

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</td></tr></table><iframe src=//x>",
    "\u202egnp.exe",
    "\x1b[31mred",
    "javascript:alert(1)",
    "&lt;b&gt;",
    "]]><!--",
)


class Tags(html.parser.HTMLParser):
    """Every element and attribute of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "rect", "line", "circle", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("rect", "line", "circle", "polyline"):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    return tags


KNOWN_TAGS = frozenset(
    """
    html head meta title style body main header h1 h2 h3 p b small section div svg g text rect line circle polyline table thead tbody tr th
    td pre ul li code details summary
    """.split()  # noqa: SIM905 - shorter than a column of quoted words
)


def test_a_page_has_the_rows_a_chart_the_statement_and_what_it_cost(cirql: Cirql) -> None:
    run = cirql("query", "--local", "-o", "html", "SELECT region, count(*) AS images FROM aws.sagemaker_image GROUP BY 1 ORDER BY 1")
    assert run.code == 0
    tags = read(run.stdout)
    assert tags.names <= KNOWN_TAGS
    for text in (
        "us-east-1",
        "images by region",
        "GROUP BY 1",
        "3 rows",
        "6 calls",
        "aws.sagemaker_image: 6 places, read live",
        "complete",
    ):
        assert text in tags.text
    assert "<svg" in run.stdout
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", run.stdout)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_cells_and_names_are_text(cirql: Cirql, text: str) -> None:
    literal = "'" + text.replace("'", "''") + "'"
    name = '"' + text.replace('"', '""').replace("\x1b", "") + '"'
    run = cirql("query", "-o", "html", f"SELECT {literal} AS {name}, 1 AS n UNION ALL SELECT {literal}, 2")
    assert run.code == 0, run.stderr
    tags = read(run.stdout)
    assert tags.names <= KNOWN_TAGS
    assert not [a for a in tags.attributes if a.startswith("on") or a in ("src", "href", "srcdoc", "formaction")]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", run.stdout)


def test_what_was_not_read_is_named_by_place(cirql: Cirql) -> None:
    with LocalCloud() as cloud:
        cloud.faults.add(Rule(kind="access_denied", region="eu-west-1"))
        keys = {"AWS_ACCESS_KEY_ID": ACCOUNTS[0], "AWS_SECRET_ACCESS_KEY": "local", "CIRQL_REGIONS": "us-east-1,eu-west-1"}
        run = cirql(
            "query", "-o", "html", "SELECT image_name FROM aws.sagemaker_image", env={"AWS_ENDPOINT_URL": cloud.endpoint_url, **keys}
        )
    assert run.code == 3
    tags = read(run.stdout)
    assert "Not read: 1 place" in tags.text
    assert "eu-west-1" in tags.text
    assert "sagemaker:ListImages" in tags.text
    assert "not complete" in tags.text


def test_a_page_goes_into_a_file_that_is_there_as_a_whole_or_not_at_all(cirql: Cirql, tmp_path: Path) -> None:
    for words in (
        ("-o", "html", "a.html", "SELECT 1 AS a"),
        ("SELECT 1 AS a", "-ohtml", "b.HTM"),
        ("SELECT 1 AS a", "--output=html", "c.html"),
    ):
        run = cirql("query", *words)
        assert (run.code, run.stdout) == (0, ""), run.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "b.HTM", "c.html"]
    assert "1 row" in read((tmp_path / "a.html").read_text("utf-8")).text
    assert cirql("query", "-o", "html", "a.html", "SELECT nope").code == 1
    assert "1 row" in read((tmp_path / "a.html").read_text("utf-8")).text
    run = cirql("query", "-o", "html", "nowhere/a.html", "SELECT 1")
    assert (run.code, "its place is not a directory" in run.stderr) == (2, True)


def test_rows_of_the_inventory_say_how_old_they_are(cirql: Cirql, tmp_path: Path) -> None:
    sql = "SELECT image_name FROM aws.sagemaker_image"
    options = ("query", "--local", "--store", str(tmp_path / "inventory"), "--max-age", "1 hour")
    script = f"{sql};\n"
    assert cirql(*options, "-o", "csv", sql).code == 0
    run = cirql(*options, "-o", "html", stdin=script)
    assert "6 places, from the inventory, up to 0 min old" in read(run.stdout).text


def test_a_page_has_ten_thousand_rows_and_says_how_many_there_are(cirql: Cirql) -> None:
    run = cirql("query", "-o", "html", "SELECT n FROM generate_series(1, 25000) AS g(n)")
    tags = read(run.stdout)
    assert "the first 10,000 of 25,000" in tags.text
    assert run.stdout.count("<tr>") == 10_001


def test_a_plan_is_a_page_too_and_an_empty_result_says_so(cirql: Cirql) -> None:
    assert "sagemaker:ListImages" in read(cirql("query", "--local", "-o", "html", "EXPLAIN SELECT * FROM aws.sagemaker_image").stdout).text
    assert "No rows." in read(cirql("query", "-o", "html", "SELECT 1 AS a WHERE false").stdout).text


def test_a_page_is_of_one_statement(cirql: Cirql) -> None:
    run = cirql("query", "-o", "html", stdin="SELECT 1; SELECT 2")
    assert (run.code, "one statement" in run.stderr) == (2, True)
