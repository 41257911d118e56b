"""inet and cidr values, as PostgreSQL computes with them, on the standard library's `ipaddress`.

An inet is text: `10.0.0.1` (a host) or `10.0.0.1/8` (a host in a network). Source of the semantics:
https://www.postgresql.org/docs/current/functions-net.html
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

Interface = ipaddress.IPv4Interface | ipaddress.IPv6Interface


@lru_cache(maxsize=4096)
def _read(value: str) -> Interface:
    return ipaddress.ip_interface(value.strip())


def _spelled(interface: Interface) -> str:
    return str(interface.ip) if interface.network.prefixlen == interface.max_prefixlen else str(interface)


def inet(value: str) -> str:
    """Text as inet. Raises ValueError for text that is none."""
    return _spelled(_read(value))


def cidr(value: str) -> str:
    """Text as cidr: always with a length, no bits to the right of it. Raises ValueError otherwise."""
    return str(ipaddress.ip_network(value.strip(), strict=True))


def with_length(value: str) -> str:
    """`inet::text`, which always shows the length."""
    return str(_read(value))


def sort_key(value: str) -> str:
    """Text whose byte order is the order of inet values: family, network bits, length, all bits."""
    found = _read(value)
    width = found.max_prefixlen // 4
    return f"{found.version}{int(found.network.network_address):0{width}x}/{found.network.prefixlen:03d}/{int(found.ip):0{width}x}"


def inside(inner: str, outer: str) -> bool:
    """`inner << outer`."""
    return inside_or_equal(inner, outer) and _read(inner).network.prefixlen > _read(outer).network.prefixlen


def inside_or_equal(inner: str, outer: str) -> bool:
    """`inner <<= outer`."""
    small, large = _read(inner), _read(outer)
    return small.version == large.version and small.network.prefixlen >= large.network.prefixlen and small.ip in large.network


def overlaps(left: str, right: str) -> bool:
    """`left && right`."""
    return inside_or_equal(left, right) or inside_or_equal(right, left)


def host(value: str) -> str:
    """The address without its length."""
    return str(_read(value).ip)


def network(value: str) -> str:
    """The network, host bits cleared."""
    return str(_read(value).network)


def length(value: str) -> int:
    """The length of the mask."""
    return int(_read(value).network.prefixlen)


def family(value: str) -> int:
    """4 or 6."""
    return int(_read(value).version)


def netmask(value: str) -> str:
    """The mask of the network."""
    return str(_read(value).network.netmask)


def hostmask(value: str) -> str:
    """The bits outside the mask."""
    return str(_read(value).network.hostmask)


def broadcast(value: str) -> str:
    """The last address of the network, with its length."""
    found = _read(value)
    return _spelled(ipaddress.ip_interface(f"{found.network.broadcast_address}/{found.network.prefixlen}"))


def abbreviated(value: str) -> str:
    """The shortest text of an inet."""
    return _spelled(_read(value))


def with_masklen(value: str, bits: int) -> str:
    """The same address with another length; -1 is all of it."""
    found = _read(value)
    return _spelled(ipaddress.ip_interface(f"{found.ip}/{found.max_prefixlen if bits == -1 else bits}"))


def same_family(left: str, right: str) -> bool:
    """Whether both are IPv4 or both IPv6."""
    return bool(_read(left).version == _read(right).version)


def merged(left: str, right: str) -> str:
    """The smallest network that holds both. Raises ValueError for different families."""
    one, other = _read(left).network, _read(right).network
    if one.version != other.version:
        raise ValueError("cannot merge addresses from different families")
    while not (one.version == other.version and other.subnet_of(one)):  # type: ignore[arg-type]
        one = one.supernet()
    return str(one)


def distance(left: str, right: str) -> str:
    """`inet - inet`: how many addresses lie between, in digits.

    Raises ValueError for different families and for what a bigint does not hold.
    """
    one, other = _read(left), _read(right)
    if one.version != other.version:
        raise ValueError("cannot subtract inet values of different sizes")
    count = int(one.ip) - int(other.ip)
    if not -(2**63) <= count < 2**63:
        raise ValueError("result is out of range")
    return str(count)


def moved(value: str, count: int) -> str:
    """`inet + n`."""
    found = _read(value)
    return _spelled(ipaddress.ip_interface(f"{found.ip + count}/{found.network.prefixlen}"))


def inverted(value: str) -> str:
    """`~ inet`."""
    found = _read(value)
    return _of_bits(int(found.ip) ^ (2**found.max_prefixlen - 1), found.version, found.network.prefixlen)


def both(left: str, right: str) -> str:
    """`inet & inet`. Raises ValueError for different families."""
    one, other = _alike(left, right, "AND")
    return _of_bits(int(one.ip) & int(other.ip), one.version, max(one.network.prefixlen, other.network.prefixlen))


def either(left: str, right: str) -> str:
    """`inet | inet`. Raises ValueError for different families."""
    one, other = _alike(left, right, "OR")
    return _of_bits(int(one.ip) | int(other.ip), one.version, max(one.network.prefixlen, other.network.prefixlen))


def _alike(left: str, right: str, word: str) -> tuple[Interface, Interface]:
    one, other = _read(left), _read(right)
    if one.version != other.version:
        raise ValueError(f"cannot {word} inet values of different sizes")
    return one, other


def _of_bits(bits: int, version: int, length: int) -> str:
    address = ipaddress.IPv4Address(bits) if version == 4 else ipaddress.IPv6Address(bits)
    return _spelled(ipaddress.ip_interface(f"{address}/{length}"))
