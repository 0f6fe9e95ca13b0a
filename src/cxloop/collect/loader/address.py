"""Addresses of the internet, cut so that they name a network and no person."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

__all__ = ["truncated"]

_KEPT_BITS = {4: 24, 6: 48}


@lru_cache(maxsize=20_000)
def truncated(address: str) -> str | None:
    """Returns an address without its last part (the last 8 bits of IPv4, 80 of IPv6), None for what is none.

    Example:
        >>> truncated("203.0.113.77"), truncated("2001:db8:1:2::3"), truncated("localhost")
        ('203.0.113.0', '2001:db8:1::', None)
    """
    try:
        found = ipaddress.ip_address(address.strip())
    except ValueError:
        return None
    inside = getattr(found, "ipv4_mapped", None)  # ::ffff:203.0.113.77
    found = inside or found
    network = ipaddress.ip_network(f"{found}/{_KEPT_BITS[found.version]}", strict=False)
    return str(network.network_address)
