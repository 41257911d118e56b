"""Which findings rest on something that was not read.

A query over tables of which one was refused gives rows all the same: a network "without a flow log" where flow logs may not be listed, a
bucket "without a policy" where that bucket's policy may not be read. What it says of them is not known, so they become errors. Where it
cannot be told which rows a refusal concerns, all in its place are doubted; those of other places stand.
"""

from __future__ import annotations

from collections.abc import Sequence

from cirql.checks.model import Finding, Status
from cirql.errors import CloudFailure
from cirql.startup.records import replace

_SHORTEST = 3
"""Characters of a name that may be looked for within the names of resources."""


def doubted(findings: Sequence[Finding], failures: Sequence[CloudFailure]) -> tuple[Finding, ...]:
    """The findings, with those that a failure concerns as errors."""
    concerned: dict[int, CloudFailure] = {}
    for failure in failures:
        for place in _concerned(findings, failure):
            concerned.setdefault(place, failure)
    return tuple(_error(f, concerned[i]) if i in concerned else f for i, f in enumerate(findings))


def _concerned(findings: Sequence[Finding], failure: CloudFailure) -> list[int]:
    in_account = [i for i, f in enumerate(findings) if not f.account or f.account == failure.account]
    here = [i for i in in_account if findings[i].region in ("", failure.region)]
    if len(failure.row) >= _SHORTEST and (named := [i for i in in_account if failure.row in findings[i].resource]):
        return named
    return here or (in_account if failure.row else [])


def _error(finding: Finding, failure: CloudFailure) -> Finding:
    if finding.status is Status.ERROR:
        return finding
    return replace(finding, status=Status.ERROR, reason=f"not known: {failure.service}:{failure.operation} was refused ({failure.code})")
