"""What the pages of one customer share: their tabs, and the line that says under which numbers it was known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from cxloop.web.access import Door
from cxloop.web.pages.customers.frame import address_of, show
from cxloop.web.tabs import Tab, open_tabs
from cxloop.web.words import _

__all__ = ["show_person"]


def show_person(
    request: Request, door: Door, view: str, template: str, customer_id: int, label: str, context: Mapping[str, Any]
) -> HTMLResponse:
    """Returns one of the pages of a customer.

    Args:
        request: what was asked; an old number in `was` is told in a quiet line.
        door: the visitor.
        view: which page: overview, identity or data.
        template: file name within templates/customers.
        customer_id: whose.
        label: what to call the customer.
        context: what the template shows.
    """
    address = address_of(customer_id)
    was = request.query_params.get("was", "")
    frame = {
        "title": label,
        "label": label,
        "address": address,
        "customer_id": customer_id,
        "view": view,
        "views": open_tabs(door, _views(address)),
        "was": was if was.isascii() and was.isdigit() and len(was) < 20 else "",
    }
    return show(request, door, "", template, {**frame, **context})


def _views(address: str) -> tuple[Tab, ...]:
    return (
        Tab("overview", _("Overview"), address, None),
        Tab("identity", _("Identity and evidence"), f"{address}/identity", "unify.identity"),
        Tab("data", _("Consent and data"), f"{address}/data", "unify.consents"),
    )
