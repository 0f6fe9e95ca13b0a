"""Where the app is, and the link that lets somebody in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxloop.core.addresses import url

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["sign_in_link", "url"]


def sign_in_link(store: Store, address: str) -> str:
    """Returns a link that signs the owner in, once, for a day.

    Whoever can read the workspace's files may have one: the files hold everything that the app shows.
    """
    return f"{address}/signin?token={store.accounts.first_owner_link()}"
