"""What the forms of comparisons and control charts share: metrics, dimensions and the widths of pictures."""

from __future__ import annotations

from typing import Any

from fastapi.responses import Response

from cxloop.core.spreadsheet import as_csv
from cxloop.web.access import Door
from cxloop.web.pages.explore.choices import known

__all__ = ["DIMENSIONS", "csv_of", "dimensions", "metrics", "with_choice"]

DIMENSIONS = (
    "channel",
    "touchpoint",
    "stage",
    "product",
    "brand",
    "region",
    "location",
    "team",
    "employee",
    "language",
)
"""What the form offers beside the workspace's own dimensions; the address takes any other."""


def metrics(door: Door) -> list[tuple[str, str]]:
    """Returns names and labels of all metrics."""
    return [(item.name, item.label) for item in known(door)]


def dimensions(door: Door, chosen: str) -> list[tuple[str, str]]:
    """Returns names and titles of the dimensions that a form offers, with the one that was asked."""
    own = {dimension.name: dimension.label or dimension.name for dimension in door.experience.dimension}
    titles = {**{name: name for name in DIMENSIONS}, **own}
    return [*titles.items(), *(((chosen, chosen),) if chosen and chosen not in titles else ())]


def with_choice(choices: tuple[str, ...], chosen: str) -> tuple[str, ...]:
    """Returns the choices of a form, with what was asked in an address."""
    return choices if chosen in choices else (chosen, *choices)


def csv_of(result: Any, name: str) -> Response:
    """Returns a result's table as a file that spreadsheets open."""
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response(as_csv(result).encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)
