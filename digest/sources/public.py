"""Which network addresses are public: the only ones that may be fetched from.

A feed's address, or a redirect it answers with, could point at this machine, at
the router, or at a cloud's metadata service. `ipaddress.is_global` alone is not
enough: IPv6 has several ways to carry an IPv4 address inside (RFC 6052, 3056,
4380), and each would reach what the inner address names.
"""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

_UNICAST = IPv6Network("2000::/3")  #: all that IANA has given out
_NAT64 = IPv6Network("64:ff9b::/96")
_NOT_PUBLIC = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments; global before Python 3.13
    IPv4Network("192.88.99.0/24"),  # 6to4 relays
    IPv4Network("168.63.129.16/32"),  # Azure's own services, seen from its machines
)


def is_public(address: str) -> bool:
    """Say whether a numeric address leads to the public internet, however written."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return _is_public_v4(ip)
    inner = _carried(ip)
    if inner:
        return all(map(_is_public_v4, inner))
    return ip in _UNICAST and ip.is_global and not ip.is_multicast


def _carried(ip: IPv6Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses inside an IPv6 address."""
    if ip in _NAT64:
        return (IPv4Address(int(ip) & 0xFFFFFFFF),)
    return (
        *filter(None, (ip.ipv4_mapped, ip.sixtofour)),
        *(ip.teredo or ()),  # the server's and the client's
    )


def _is_public_v4(ip: IPv4Address) -> bool:
    return (
        ip.is_global
        and not ip.is_multicast
        and not any(ip in network for network in _NOT_PUBLIC)
    )
