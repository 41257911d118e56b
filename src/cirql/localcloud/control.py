"""The control interface under `/_cirql/`, for other processes: the call log, the fault rules, reset.

`GET /_cirql/health`, `GET /_cirql/calls`, `DELETE /_cirql/calls`, `GET /_cirql/faults`, `POST /_cirql/faults` (a rule or a list of rules),
`DELETE /_cirql/faults`, `POST /_cirql/reset`. Answers are JSON; a bad request is a 400 with `{"error": ...}`.
Control requests are not in the call log and no rule hits them.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

from cirql.localcloud.calls import CallLog
from cirql.localcloud.faults import Faults, Rule
from cirql.localcloud.listener import HttpAnswer, HttpRequest
from cirql.startup.records import asdict

PREFIX = "/_cirql/"


class Controlled(Protocol):
    """What the control interface controls."""

    calls: CallLog
    faults: Faults

    def reset(self) -> None:
        """Back to the first state."""


def is_control(request: HttpRequest) -> bool:
    """Whether a request is for the control interface rather than for AWS."""
    return request.path.startswith(PREFIX)


def answer_control(request: HttpRequest, cloud: Controlled) -> HttpAnswer:
    """The answer to one control request."""
    match request.method, request.path.removeprefix(PREFIX):
        case "GET", "health":
            return _json({"status": "ok"})
        case "GET", "calls":
            return _json([call.to_json() for call in cloud.calls])
        case "DELETE", "calls":
            cloud.calls.clear()
        case "GET", "faults":
            return _json([asdict(rule) for rule in cloud.faults.rules])
        case "POST", "faults":
            try:
                given = json.loads(request.body)
                rules = [Rule.from_json(item) for item in (given if isinstance(given, list) else [given])]
            except (ValueError, TypeError, AttributeError) as error:
                return _json({"error": str(error)}, 400)
            cloud.faults.add(*rules)
        case "DELETE", "faults":
            cloud.faults.clear()
        case "POST", "reset":
            cloud.reset()
        case _:
            return _json({"error": f"no control {request.method} {request.path}"}, 404)
    return _json({"status": "ok"})


def _json(value: Any, status: int = 200) -> HttpAnswer:
    return HttpAnswer(status, (("Content-Type", "application/json"),), json.dumps(value).encode())
