"""What does not count: baselines and waivers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cirql.checks.exceptions import know, read_baseline, read_waivers, waive, write_baseline
from cirql.checks.model import Audit, Severity
from cirql.errors import Error

TODAY = date(2030, 1, 2)


def test_a_baseline_takes_what_it_knows_out_of_the_count(report: Audit, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    assert write_baseline(report, file) == 2
    assert not know(report, read_baseline(file)).alarms_from(Severity.INFO)
    assert len(know(report, [next(iter(sorted(read_baseline(file))))]).alarms_from(Severity.INFO)) == 1
    assert report.undecided == know(report, read_baseline(file)).undecided


def test_a_waiver_holds_until_its_last_day_and_for_what_it_names(report: Audit, tmp_path: Path) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text('[[waiver]]\nrule = "open-*"\nresource = "gate"\nreason = "the garden is public"\nuntil = 2030-01-02\n')
    waived = waive(report, read_waivers(file), TODAY)
    (left,) = waived.alarms_from(Severity.INFO)
    assert left.resource != "gate"
    assert any("the garden is public" in f.waived for f in waived.findings)
    late = waive(report, read_waivers(file), date(2030, 1, 3))
    assert len(late.alarms_from(Severity.INFO)) == 2
    assert late.notes == ("the waiver of open-* resource gate ended on 2030-01-02: the garden is public",)


def test_a_waiver_that_waives_nothing_is_told(report: Audit, tmp_path: Path) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text('[[waiver]]\nrule = "lit-lamp"\nreason = "x"\nuntil = 2031-01-01\n')
    assert waive(report, read_waivers(file), TODAY).notes == ("the waiver of lit-lamp waives nothing",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('rule = "a"\nuntil = 2031-01-01', "has no reason"),
        ('rule = "a"\nreason = "x"', "has no end"),
        ('rule = "a"\nreason = "x"\nuntil = "soon"', "has no end"),
        ('reason = "x"\nuntil = 2031-01-01', "has no rule"),
        ('rule = "a"\nreason = "x"\nuntil = 2031-01-01\nbucket = "b"', "no field 'bucket'"),
        ('rule = "a"\nreason = "x"\nuntil = 2031-01-01\naccount = 7', "are texts"),
        ("rule =", "not TOML"),
    ],
)
def test_a_waiver_says_what_why_and_until_when(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(f"[[waiver]]\n{text}\n")
    with pytest.raises(Error, match=said):
        read_waivers(file)


@pytest.mark.parametrize("text", ["", "[]", '{"alarms": 1}', "{"])
def test_a_file_that_is_no_baseline_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "known.json"
    file.write_text(text)
    with pytest.raises(Error, match="is no baseline"):
        read_baseline(file)
