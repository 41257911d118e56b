"""Where a request goes: origins, and which of them are reached through a proxy."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from cirql.startup.records import dataclass, field

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """A scheme, host and port; for a proxy also the user it is to be asked for."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: str) -> tuple[Origin, str]:
        """The origin of an http(s) URL, and the request target that follows it (path and query)."""
        parts = urlsplit(url)
        target = parts.path or "/"
        if parts.query:
            target += f"?{parts.query}"
        return cls(parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]), target

    @property
    def authority(self) -> str:
        """`host` or `host:port` as the Host header writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS.get(self.scheme) else f"{host}:{self.port}"


class ProxyRules:
    """Which proxy serves which origin: by scheme (`https`, `http`, `all`), but for the hosts under `no`.

    `no` lists hosts as NO_PROXY does: `*`, or names that stand for themselves and all below them, each with an optional port.
    """

    def __init__(self, proxies: Mapping[str, str]) -> None:
        self._proxies = dict(proxies)

    def proxy_for(self, origin: Origin) -> Origin | None:
        """The proxy to ask for that origin, or None to go straight there."""
        url = self._proxies.get(origin.scheme) or self._proxies.get("all")
        if not url or self._bypasses(origin):
            return None
        parts = urlsplit(url if "://" in url else f"http://{url}")
        scheme = parts.scheme if parts.scheme in _PORTS else "http"
        return Origin(
            scheme, parts.hostname or "", parts.port or _PORTS[scheme], unquote(parts.username or ""), unquote(parts.password or "")
        )

    def _bypasses(self, origin: Origin) -> bool:
        rules = self._proxies.get("no", "")
        if not rules:
            return False
        host = origin.host.lower()
        for rule in rules.lower().replace(",", " ").split():
            if rule == "*":
                return True
            name, _, port = rule.rpartition(":") if rule.count(":") == 1 else (rule, "", "")
            name = name.lstrip(".").removeprefix("*.")
            if (host == name or host.endswith(f".{name}")) and (not port or port == str(origin.port)):
                return True
        return False


def proxy_headers(proxy: Origin) -> list[str]:
    """The header lines that a proxy with a user needs (RFC 7617)."""
    if not proxy.user:
        return []
    token = b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
    return [f"Proxy-Authorization: Basic {token}"]


def connect_request(origin: Origin, proxy: Origin) -> bytes:
    """The request for a tunnel (RFC 9110 §9.3.6)."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    lines = [f"CONNECT {host}:{origin.port} HTTP/1.1", f"Host: {host}:{origin.port}", *proxy_headers(proxy)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
