"""Surveys: what is asked, whom, how often, and what came back."""

from __future__ import annotations

from fastapi import APIRouter

from cxloop.web.pages.surveys import (
    editor,
    inviting,
    listing,
    preview,
    publishing,
    results,
    settings,
    sharing,
)

__all__ = ["router"]

router = APIRouter()
# pages with names of their own first: /surveys/{name} takes every other address
for _pages in (listing, publishing, preview, settings, sharing, inviting, results, editor):
    router.include_router(_pages.router)
