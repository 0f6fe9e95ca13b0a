"""What is old of the records about customers: answers that the log has, invitations that are over, what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

from sqlalchemy import ColumnElement, Table, and_, delete, func, select

from cxloop.store import models

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["KINDS", "Kind", "old", "remove_old"]

Kind = Literal["responses", "invitations", "messages"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def old(store: Store, kind: Kind, before: datetime) -> tuple[int, datetime | None]:
    """Returns how many records of a kind are from before a moment and not needed any more, and the oldest of them."""
    table, moment, chosen = _old(kind, before)
    with store.read() as work:
        n, oldest = work.execute(select(func.count(), func.min(moment)).select_from(table).where(chosen)).one()
    return int(n), oldest


def remove_old(store: Store, kind: Kind, before: datetime) -> None:
    """Deletes the records of a kind that are from before a moment; what hangs on them goes with them."""
    table, _, chosen = _old(kind, before)
    with store.work() as work:
        work.execute(delete(table).where(chosen))


def _old(kind: Kind, before: datetime) -> tuple[Table, Any, ColumnElement[bool]]:
    """The table, the column by which its rows are old, and the condition under which they are."""
    if kind == "responses":
        answers = models.SurveyResponse
        told = answers.logged >= answers.revision
        return answers.__table__, answers.changed_at, and_(answers.changed_at < before, told)  # type: ignore[return-value]
    if kind == "invitations":
        asked = models.Invitation
        # its link may still be used, or its message may still go out
        over = and_(asked.state.not_in(("planned", "queued")), asked.logged >= asked.revision)
        return asked.__table__, asked.created_at, and_(asked.created_at < before, over)  # type: ignore[return-value]
    sent = models.Message
    left = sent.state.not_in(("waiting", "sending", "in_doubt"))
    return sent.__table__, sent.changed_at, and_(sent.changed_at < before, left)  # type: ignore[return-value]
