"""Entrance: where the page listens. On loopback it is open by a link; anywhere else it needs TLS, and users who sign in."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cirql.errors import SettingsError
from cirql.startup.records import dataclass, field
from cirql.web.gate import HOST

if TYPE_CHECKING:
    from cirql.server.users import User

USUAL_PORT = 4284
"""The port that is tried first: what a browser keeps (texts, favourites, colours) it keeps for an address and its port."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """An address and a port: 0 is any that is free, None the usual one where that is free. Certificate and key are files in PEM."""

    host: str = HOST
    port: int | None = 0
    certificate: str | None = None
    key: str | None = None
    users: Mapping[str, User] = field(default_factory=dict)

    @property
    def has_tls(self) -> bool:
        """Whether it speaks TLS, and nothing else."""
        return self.certificate is not None

    def check(self) -> None:
        """Raises SettingsError where anybody could come in, or the certificate is none."""
        if self.host != HOST and not (self.has_tls and self.users):
            raise SettingsError(
                f"to listen on {self.host}, TLS and users are needed",
                hint="give --tls-cert and --tls-key, and make users with: cirql serve user add NAME",
            )
        if self.has_tls and not self.users:
            raise SettingsError("with TLS, users sign in, and there are none", hint="make them with: cirql serve user add NAME")
        if self.certificate is not None:
            from cirql.server.listening import tls_context

            tls_context(self.certificate, self.key or self.certificate)

    def listen(self) -> socket.socket:
        """The socket. Raises OSError where the port cannot be had."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        if self.port is not None:
            return socket.create_server((self.host, self.port), family=family)
        try:
            return socket.create_server((self.host, USUAL_PORT), family=family)
        except OSError:
            return socket.create_server((self.host, 0), family=family)


LOOPBACK = Entrance()
"""This machine's own address, and any port that is free."""
