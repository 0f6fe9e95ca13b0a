"""Settings: you, people, keys, audit, workspace."""

from __future__ import annotations

from fastapi import APIRouter

from cxloop.web.pages.settings import audit, keys, people, privacy, workspace, you

__all__ = ["router"]

router = APIRouter()
for _pages in (you, people, keys, privacy, audit, workspace):
    router.include_router(_pages.router)
