"""`cirql local up`: a local AWS in the foreground until a signal ends it."""

from __future__ import annotations

import signal
import sys
from typing import TextIO

from cirql.localcloud.cloud import LocalCloud
from cirql.localcloud.demo import ACCOUNTS, REGIONS

DEFAULT_PORT = 4565


def run(port: int = DEFAULT_PORT, *, demo: bool = True, out: TextIO | None = None) -> None:
    """Serve until SIGINT or SIGTERM, having written the endpoint and the environment to export to `out` (default: stdout).

    Must be called in the main thread, where signals arrive. Raises OSError when the port is taken.
    """
    out = out or sys.stdout
    ending = {signal.SIGINT, signal.SIGTERM}
    # Blocked in every thread and taken by sigwait alone: a handler that sets an Event can meet its lock, held by the wait it interrupts.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    try:
        with LocalCloud(port, demo=demo) as cloud:
            out.write(describe(cloud))
            out.flush()
            signal.sigwait(ending)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def describe(cloud: LocalCloud) -> str:
    """What a user needs to know to use a running local AWS: the endpoint, and lines for a shell."""
    exports = {
        "AWS_ENDPOINT_URL": cloud.endpoint_url,
        "AWS_ACCESS_KEY_ID": ACCOUNTS[0],
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGIONS[0],
    }
    lines = [f"The local AWS answers on {cloud.endpoint_url} (accounts {', '.join(ACCOUNTS)}; regions {', '.join(REGIONS)})."]
    lines += ["The access key is the account. To use it from another shell:", ""]
    lines += [f"export {name}={value}" for name, value in exports.items()]
    return "\n".join([*lines, "", "Ctrl-C ends it.", ""])
