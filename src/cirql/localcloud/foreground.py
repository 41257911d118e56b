"""`cirql local up`: a local AWS in the foreground until a signal ends it."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import TextIO

from cirql.localcloud.cloud import LocalCloud
from cirql.localcloud.demo import ACCOUNTS, REGIONS

DEFAULT_PORT = 4565


def run(port: int = DEFAULT_PORT, *, demo: bool = True, out: TextIO | None = None) -> None:
    """Serve until SIGINT or SIGTERM, having written the endpoint and the environment to export to `out` (default: stdout).

    Must be called in the main thread, where signals arrive. Raises OSError when the port is taken.
    """
    out = out or sys.stdout
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    with LocalCloud(port, demo=demo) as cloud:
        before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            out.write(describe(cloud))
            out.flush()
            ended.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


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
