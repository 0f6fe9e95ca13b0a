"""Explore: how does any metric move, for whom, is it a change at all, and what is it worth?"""

from __future__ import annotations

from fastapi import APIRouter

from cxloop.web.pages.explore import metric

__all__ = ["router"]

router = APIRouter()
for _pages in (metric,):
    router.include_router(_pages.router)
