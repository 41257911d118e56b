"""The collector of cycles: it rests while a large answer is read, and works again afterwards, whatever came of it."""

from __future__ import annotations

import gc

import pytest

from cirql.cloud.garbage import LARGE, uncollected


def test_it_rests_for_a_large_answer_and_works_again_after_a_failure() -> None:
    with pytest.raises(ValueError, match="odd"), uncollected(LARGE):
        assert not gc.isenabled()
        raise ValueError("odd")
    assert gc.isenabled()


def test_it_works_on_for_a_small_answer() -> None:
    with uncollected(LARGE - 1):
        assert gc.isenabled()


def test_who_has_switched_it_off_finds_it_off() -> None:
    gc.disable()
    try:
        with uncollected(LARGE):
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
