"""Tests of SQLAlchemy's suite that are known to fail, each with its reason; one that passes after all fails the run."""

from __future__ import annotations

from zlib import crc32

import pytest

PARTS = 3
_BY_DRIVER = "the suite knows by their names the drivers that stream; that rows stream here is in test_dialect.py"
_LOCKS = "there are no row locks in AWS: FOR UPDATE is refused and not ignored"
_ORDER = "the test asks for no order and expects one"

EXPECTED = {
    "ServerSideCursorsTest::test_conn_option": _BY_DRIVER,
    "ServerSideCursorsTest::test_ss_cursor_status[for_update_expr]": _LOCKS,
    "ServerSideCursorsTest::test_ss_cursor_status[for_update_string]": _LOCKS,
    "ServerSideCursorsTest::test_ss_cursor_status[global_expr]": _BY_DRIVER,
    "ServerSideCursorsTest::test_ss_cursor_status[global_string]": _BY_DRIVER,
    "ServerSideCursorsTest::test_ss_cursor_status[global_text]": _BY_DRIVER,
    "ServerSideCursorsTest::test_ss_cursor_status[stmt_option]": _BY_DRIVER,
    "ServerSideCursorsTest::test_ss_cursor_status[text_ss_option]": _BY_DRIVER,
    "WindowFunctionTest::test_window_range": _ORDER,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--part 0` runs a part of the suite: some of its classes."""
    parser.addoption("--part", type=int, default=None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark them, and leave the other parts out."""
    part = config.getoption("--part")
    if part is not None:
        items[:] = [i for i in items if i.parent is not None and crc32(i.parent.name.partition("_cirql")[0].encode()) % PARTS == part]
    for item in items:
        owner = item.parent.name.partition("_cirql")[0] if item.parent is not None else ""
        reason = EXPECTED.get(f"{owner}::{item.name}")
        if reason is not None:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
