"""Saved views, and the one guarded door to them: one's own, and what the team shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, or_, select

from cxloop.core.errors import InputError, NotFoundError
from cxloop.store.models import Account, SavedView

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["View", "access_view", "delete_view", "save_view", "views_of"]


@dataclass(frozen=True, slots=True)
class View:
    """A page with its choices, under a name."""

    view_id: int
    account_id: int
    name: str
    page: str
    arguments: Mapping[str, Any]
    shared: bool


def save_view(
    store: Store, account_id: int, name: str, *, page: str, arguments: Mapping[str, Any], shared: bool
) -> View:
    """Saves a view under a name that this account has not used yet; raises InputError where it has."""
    with store.work() as work:
        taken = select(SavedView.id).where(SavedView.account_id == account_id, SavedView.name == name)
        if work.scalar(taken) is not None:
            raise InputError(f"You have a view called {name!r} already. Give this one another name.")
        saved = SavedView(
            account_id=account_id,
            name=name,
            page=page,
            arguments=dict(arguments),
            shared=shared,
            created_at=store.clock(),
        )
        work.add(saved)
        work.flush()
        return _view(saved)


def views_of(store: Store, account_id: int) -> list[View]:
    """Returns the views that an account may see, by name."""
    with store.read() as work:
        return [_view(saved) for saved in work.scalars(_visible(account_id).order_by(SavedView.name, SavedView.id))]


def access_view(store: Store, account_id: int, view_id: int) -> View:
    """Returns one view; raises NotFoundError where it does not exist or may not be seen by this account."""
    with store.read() as work:
        saved = work.scalar(_visible(account_id).where(SavedView.id == view_id))
        if saved is None:
            raise NotFoundError(f"There is no view {view_id}.")
        return _view(saved)


def delete_view(store: Store, account_id: int, view_id: int) -> None:
    """Deletes one of the account's own views; raises NotFoundError for any other."""
    own = select(SavedView).where(SavedView.id == view_id, SavedView.account_id == account_id)
    with store.work() as work:
        saved = work.scalar(own)
        if saved is None:
            raise NotFoundError(f"You have no view {view_id}.")
        work.delete(saved)


def _visible(account_id: int) -> Select[SavedView]:
    """Views an account may see; none for an account that does not exist or is locked out."""
    member = select(Account.id).where(Account.id == account_id, Account.disabled_at.is_(None)).exists()
    return select(SavedView).where(member, or_(SavedView.account_id == account_id, SavedView.shared))


def _view(saved: SavedView) -> View:
    return View(saved.id, saved.account_id, saved.name, saved.page, saved.arguments, saved.shared)
