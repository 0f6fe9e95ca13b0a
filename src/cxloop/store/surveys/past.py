"""Invitations and responses that lie in the past, as they are: for a company that is simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from cxloop.store import models

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["add"]


def add(
    store: Store,
    survey: str,
    begun: datetime,
    invitations: Sequence[Mapping[str, Any]],
    responses: Sequence[Mapping[str, Any]],
) -> None:
    """Adds a wave that is over with its invitations, and responses, in one transaction.

    Args:
        store: the records.
        survey: its name.
        begun: when the wave began; without invitations there is none.
        invitations: columns of each without survey and wave; `id` counts from 1, and `responses` name it so.
        responses: columns of each.
    """
    with store.work() as work:
        first = 0
        if invitations:
            wave = models.SurveyWave(
                survey=survey, kind="people", state="done", settings={"listed": len(invitations)}, created_at=begun,
                created_by=None, starts_at=begun, next_at=None, position="",
            )  # fmt: skip
            work.add(wave)
            work.flush()
            first = work.scalar(select(func.max(models.Invitation.id))) or 0
            rows = [{**each, "id": first + each["id"], "survey": survey, "wave_id": wave.id} for each in invitations]
            work.execute(insert(models.Invitation), rows)
        answered = [{**each, "survey": survey} for each in responses]
        for each in answered:
            if each.get("invitation_id") is not None:
                each["invitation_id"] += first
        if answered:
            work.execute(insert(models.SurveyResponse), answered)
