"""Customers: all of them, one in full, who is who, segments and groups."""

from __future__ import annotations

from fastapi import APIRouter

from cxloop.web.pages.customers import data, deciding, groups, identity, listing, one, review, segments

__all__ = ["router"]

router = APIRouter()
# pages with names of their own first: /customers/{customer_id} takes every other address
for _pages in (listing, review, deciding, segments, groups, identity, data, one):
    router.include_router(_pages.router)
