"""A tape: every answer of AWS as a line of JSON, so that the same questions can be answered again without AWS.

A line has `time`, `account`, `region`, `service`, `operation` (botocore's names), `parameters`, and `response` or `error` (`code`,
`message`). Timestamps are ISO 8601, blobs base64. What STS answers is left out: keys would be among it.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cirql.cloud.target import Target
from cirql.errors import CloudError, FileUnreadable


class Tape:
    """A file that answers are written to as they come, from any thread. It is the user's alone to read."""

    def __init__(self, path: Path) -> None:
        """Raises FileUnreadable for a file that is there already, or cannot be made."""
        try:
            self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")
        except FileExistsError:
            raise FileUnreadable(f"{path} is there already", hint="record into a new file") from None
        except OSError as error:
            raise FileUnreadable(f"cannot write {path}: {error.strerror or error}") from None
        self._lock = threading.Lock()

    def answer(self, target: Target, service: str, operation: str, params: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Write down an answer."""
        self._write(target, service, operation, params, {"response": answer})

    def refusal(self, target: Target, service: str, operation: str, params: Mapping[str, Any], error: CloudError) -> None:
        """Write down an error that AWS answered with."""
        if error.failure is not None:
            said = {"code": error.failure.code, "message": error.failure.message}
            self._write(target, service, operation, params, {"error": said})

    def _write(self, target: Target, service: str, operation: str, params: Mapping[str, Any], outcome: Mapping[str, Any]) -> None:
        if service == "sts":
            return
        line = {
            "time": datetime.now(UTC).isoformat(),
            "account": target.account,
            "region": target.region,
            "service": service,
            "operation": operation,
            "parameters": params,
            **outcome,
        }
        text = json.dumps(line, default=_plain, ensure_ascii=False)
        with self._lock:
            self._file.write(text + "\n")
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)
