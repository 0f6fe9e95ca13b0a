"""Explore: how does any metric move, for whom, is it a change at all, and what is it worth?"""

from __future__ import annotations

from fastapi import APIRouter

from cxloop.web.pages.explore import (
    boards,
    building,
    compare,
    control,
    define,
    league,
    metric,
    metrics,
    money,
    noting,
    passing,
    retention,
    rollup,
    rows,
    shared,
    value,
    whole_base,
)

__all__ = ["router"]

router = APIRouter()
for _pages in (
    metric,
    compare,
    control,
    metrics,
    define,
    league,
    rollup,
    retention,
    money,
    value,
    whole_base,
    boards,
    building,
    rows,
    noting,
    passing,
    shared,
):
    router.include_router(_pages.router)
