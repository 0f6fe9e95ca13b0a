"""Network addresses: shortened before they are kept, and whom a proxy spoke for."""

from __future__ import annotations

from collections.abc import Container, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

__all__ = ["asked_here", "client_of", "neighbourhood", "truncate_ip", "url"]

LOOPBACK = frozenset({"127.0.0.1", "::1", "testclient"})
PASSED_ON = frozenset({"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "forwarded", "via"})
"""Headers that a proxy adds: then somebody else asks than the machine at the other end of the connection."""
HERE = frozenset({"localhost", "127.0.0.1", "::1", "testserver"})
MOST_PROXIES = 10
"""In a row; a header with more of them was made up."""


def url(host: str, port: int) -> str:
    """Returns the address of the app for a browser, without a slash at the end.

    Example:
        >>> url("::1", 8440)
        'http://[::1]:8440'
    """
    # A server that listens everywhere is reached here by the machine's own name.
    shown = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, host)  # noqa: S104
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def truncate_ip(address: str) -> str:
    """Returns an address without its end, so that it names a neighbourhood and nobody in it.

    The first 24 bits of an IPv4 address and the first 48 of an IPv6 address stay; what is no address becomes nothing.

    Example:
        >>> truncate_ip("203.0.113.77"), truncate_ip("2001:db8:1:2::3"), truncate_ip("::ffff:203.0.113.77")
        ('203.0.113.0', '2001:db8:1::', '203.0.113.0')
        >>> truncate_ip("unknown")
        ''
    """
    return _first_bits(address, 24, 48)


def neighbourhood(address: str) -> str:
    """Returns what attempts from one place share: an IPv4 address itself, or the network that one customer gets.

    Example:
        >>> neighbourhood("203.0.113.77"), neighbourhood("2001:db8:1:2::3")
        ('203.0.113.77', '2001:db8:1:2::')
    """
    return _first_bits(address, 32, 64)


def _first_bits(address: str, of_4: int, of_6: int) -> str:
    parsed = _parsed(address)
    if parsed is None:
        return ""
    bits = of_4 if isinstance(parsed, IPv4Address) else of_6
    return str(ip_network(f"{parsed}/{bits}", strict=False).network_address)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address.strip().split("%", 1)[0])
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed


def client_of(peer: str, forwarded: str, proxies: Container[str] = LOOPBACK) -> str:
    """Returns the address that a request comes from.

    Only what a known proxy says of it is believed, read from the end: each proxy adds whom it heard, and anybody can
    send the header with anything in it.

    Args:
        peer: the address at the other end of the connection.
        forwarded: the header X-Forwarded-For, several of them joined by commas, empty where there is none.
        proxies: whose header is believed; this machine's own addresses unless said otherwise.

    Example:
        >>> client_of("127.0.0.1", "6.6.6.6, 203.0.113.7"), client_of("198.51.100.1", "6.6.6.6")
        ('203.0.113.7', '198.51.100.1')
        >>> client_of("127.0.0.1", "6.6.6.6, 203.0.113.7, 10.0.0.2", {"127.0.0.1", "10.0.0.2"})
        '203.0.113.7'
    """
    for said in reversed(forwarded.split(",")[-MOST_PROXIES:]):
        if peer not in proxies or _parsed(said) is None:
            break
        peer = said.strip()
    return peer


def asked_here(peer: str, host: str, headers: Iterable[str]) -> bool:
    """Whether a request was made on this machine, by its own name, and was not passed on by a proxy that runs on it.

    Args:
        peer: the address at the other end of the connection.
        host: the header Host; a page of another site that has its name lead here cannot change it.
        headers: the names of all headers, in lower case.

    Example:
        >>> asked_here("127.0.0.1", "localhost:8440", ["host"]), asked_here("127.0.0.1", "evil.example", ["host"])
        (True, False)
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:  # such as [
        return False
    return peer in LOOPBACK and name in HERE and PASSED_ON.isdisjoint(headers)
