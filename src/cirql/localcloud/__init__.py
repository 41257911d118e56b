"""A local AWS on the loopback interface, for the demo and for tests. Never imported by the engine."""

from __future__ import annotations

from cirql.localcloud.calls import ServedCall
from cirql.localcloud.cloud import LocalCloud
from cirql.localcloud.demo import ACCOUNTS, REGIONS
from cirql.localcloud.faults import Rule
from cirql.localcloud.foreground import run

__all__ = ["ACCOUNTS", "REGIONS", "ServedCall", "LocalCloud", "Rule", "run"]
