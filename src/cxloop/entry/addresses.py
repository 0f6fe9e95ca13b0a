"""Where the app is, and the link that lets somebody in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["sign_in_link", "url"]


def url(host: str, port: int) -> str:
    """Returns the address of the app for a browser, without a slash at the end.

    Example:
        >>> url("::1", 8440)
        'http://[::1]:8440'
    """
    # A server that listens everywhere is reached here by the machine's own name.
    shown = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, host)  # noqa: S104
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def sign_in_link(store: Store, address: str) -> str:
    """Returns a link that signs the owner in, once, for a day.

    Whoever can read the workspace's files may have one: the files hold everything that the app shows.
    """
    return f"{address}/signin?token={store.accounts.first_owner_link()}"
