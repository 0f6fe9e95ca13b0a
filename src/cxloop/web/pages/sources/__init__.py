"""Sources: what flows in, what is connected, what was planned, what was rejected."""

from __future__ import annotations

from fastapi import APIRouter

from cxloop.web.pages.sources import connections, imports, latest, one, overview, sending

__all__ = ["router"]

router = APIRouter()
# imports last: /sources/{import_id} takes every name that no other page has
for _pages in (overview, connections, one, sending, latest, imports):
    router.include_router(_pages.router)
