"""Purposes, redaction and exports of a workspace at one glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cxloop.collect.redaction.sealing import seal_of
from cxloop.core.config import Purpose
from cxloop.core.errors import InputError
from cxloop.unify.privacy import queries
from cxloop.unify.privacy.exports import Exports
from cxloop.unify.privacy.results import PrivacyOverview, PurposeOverview

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["look"]


def look(ws: Operations) -> PrivacyOverview:
    """Returns what Settings shows."""
    own = ws.settings.privacy
    now = ws.now()
    return PrivacyOverview(
        purposes=tuple(_purposes(ws)),
        redact=own.redact,
        country=own.country,
        redaction_key=_key(own.redaction_key),
        sealed=int(ws.engine.fetch(queries.SEALED_COUNT)["sealed"][0].as_py()),
        exports=tuple(each for each in Exports(ws.path, own.exports_keep) if each.expires_at > now)
        if ws.actor.sees_persons  # who asked for an answer is a person
        else (),
    )


def _purposes(ws: Operations) -> list[PurposeOverview]:
    rows = ws.engine.fetch(queries.CONSENT_COUNTS).to_pylist()
    counted = {row["purpose"]: (int(row["granted"]), int(row["refused"])) for row in rows}
    declared = [_overview(purpose, counted, declared=True) for purpose in ws.experience.purpose]
    return [*declared, *(_overview(Purpose(name=name), {name: said}, declared=False) for name, said in counted.items())]


def _overview(purpose: Purpose, counted: dict[str, tuple[int, int]], *, declared: bool) -> PurposeOverview:
    said = [counted.pop(name) for name in (purpose.name, *purpose.aliases) if name in counted]
    return PurposeOverview(
        purpose=purpose.name,
        label=purpose.label or purpose.name,
        basis=purpose.basis if declared else None,
        expires=purpose.expires,
        channels=purpose.channels,
        declared=declared,
        granted=sum(granted for granted, _ in said),
        refused=sum(refused for _, refused in said),
    )


def _key(setting: str) -> Literal["none", "set", "missing"]:
    try:
        return "none" if seal_of(setting) is None else "set"
    except InputError:
        return "missing"
