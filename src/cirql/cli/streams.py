"""The three standard streams, whatever the caller made of them: closed, full, or a terminal that data must not steer."""

from __future__ import annotations

import errno
import io
import os
import re
import sys
from typing import Any, BinaryIO

import click

from cirql.startup.regexes import regex

_STDERR = 2
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
_DELETE = 0x7F
# Also what turns the direction of text around, and what some terminals take for the end of a line.
_STEERING = regex("\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def hold_streams() -> None:
    """Occupy the descriptors of streams that are closed, or the next file that is opened would get what is written to them."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        pass
    os.close(descriptor)
    if sys.stderr is None:
        sys.stderr = open(_STDERR, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  it lasts as long as the process


def visible(text: str) -> str:
    """The text with control characters written as escapes: what AWS sends must not steer a terminal."""
    return _STEERING.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < _DELETE else f"\\u{code:04x}"  # JSON, which has no others left, takes the second


def tell(text: object = "", *, newline: bool = True) -> None:
    """Write a line to stdout, as every command does that prints no rows. Raises OSError."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, "it is closed")
    click.echo(visible(str(text)), nl=newline)


def read_input() -> bytes:
    """All of standard input. Raises OSError."""
    if sys.stdin is None:
        raise OSError(errno.EBADF, "it is closed")
    return sys.stdin.buffer.read()


def is_of_a_stream(error: OSError) -> bool:
    """Whether a stream could not be written, and no file that has a name."""
    return error.filename is None and error.errno in _UNWRITABLE


class OnTerminal(io.RawIOBase):
    """A stream of bytes that are text, on a terminal: whole characters at each write, control characters as escapes."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__()
        self._out = out

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any, /) -> int:
        """Write all of the text."""
        self._out.write(visible(bytes(data).decode("utf-8")).encode("utf-8"))
        return len(data)

    def flush(self) -> None:
        """Hand everything on."""
        if not self.closed:
            self._out.flush()
