"""Settings: you, people, keys, audit, workspace."""

from __future__ import annotations

from fastapi import APIRouter

from cxloop.web.pages.settings import audit, keys, people, workspace, you

__all__ = ["router"]

router = APIRouter()
for _pages in (you, people, keys, audit, workspace):
    router.include_router(_pages.router)
