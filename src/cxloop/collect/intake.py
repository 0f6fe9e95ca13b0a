"""How live events get through: what waits in the spool, how far the loader is, what it counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cxloop.collect.loader.loading import Loader
from cxloop.collect.loader.place import totals
from cxloop.collect.loader.progress import progress_of
from cxloop.collect.results import Intake
from cxloop.collect.spool import Damage
from cxloop.collect.spool.opening import SPOOL, open_spool
from cxloop.collect.tracking.checker import Plans
from cxloop.core.wording import count
from cxloop.store.context import Operations

__all__ = ["SPOOL", "load_waiting", "look", "open_spool", "said"]

_EPOCH = datetime(1970, 1, 1)


def look(ws: Operations) -> Intake:
    """Returns how live events get through at this moment."""
    spool = open_spool(ws.path, ws.settings)
    try:
        state, damages = spool.state(), spool.damages()
    finally:
        spool.close()
    counted, progress = totals(ws.engine), progress_of(ws.path)
    oldest = None if state.oldest_received_at is None else _EPOCH + timedelta(microseconds=state.oldest_received_at)
    lag = 0.0 if oldest is None else max(0.0, (ws.now() - oldest).total_seconds())
    return Intake(
        requests=state.requests,
        events=state.events,
        bytes=state.bytes,
        limit_bytes=state.limit_bytes,
        oldest_received_at=oldest,
        lag_seconds=lag,
        loading=progress is not None,
        loaded=counted.admitted,
        already_there=counted.already_there,
        rejected=counted.rejected,
        bots=counted.bots,
        tests=counted.tests,
        loaded_at=counted.updated_at,
        loaded_since_start=0 if progress is None else progress.events,
        events_a_second=0.0 if progress is None else progress.events_a_second,
        failure=None if progress is None else progress.failure,
        damages=tuple(said(damage) for damage in damages),
    )


def said(damage: Damage) -> str:
    """Returns a damage of the spool as a sentence with its moment."""
    moment = datetime.fromtimestamp(damage.at / 1e6, UTC)
    return f"{moment:%Y-%m-%d %H:%M} UTC: {damage.what}"


def load_waiting(ws: Operations) -> Intake:
    """Loads what waits now and what surveys brought, where no loader runs; returns how things are afterwards."""
    if progress_of(ws.path) is None:
        from cxloop.collect.surveys.logged import log_all

        spool, plans = open_spool(ws.path, ws.settings), Plans(ws.store)
        loader = Loader(ws, spool, plans)
        try:
            while (loaded := loader.step()) is not None:
                ws.progress(f"{count(loader.totals.requests)} requests loaded", None)
                if not loaded.more:
                    break
        finally:
            loader.close()
            plans.close()
            spool.close()
        log_all(ws)
    return look(ws)
