"""Dashboards to begin with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["TEMPLATES"]


def _tile(verb: str, title: str = "", size: str = "small", **arguments: Any) -> dict[str, Any]:
    return {"verb": f"measure.{verb}", "title": title, "arguments": arguments, "size": size}


TEMPLATES: Mapping[str, Mapping[str, Any]] = {
    "overview": {
        "title": "How customers are",
        "about": "The usual numbers, over time and by channel.",
        "since": "90d",
        "tiles": [
            _tile("nps"),
            _tile("csat"),
            _tile("ces"),
            _tile("rating"),
            _tile("nps", "NPS by week", "wide", every="week"),
            _tile("nps", "NPS by channel", "medium", by=["channel"]),
            _tile("csat", "CSAT by channel", "medium", by=["channel"]),
            _tile("csat", "CSAT by week", "medium", every="week"),
            _tile("ces", "CES by touchpoint", "medium", by=["touchpoint"]),
        ],
    },
    "touchpoints": {
        "title": "Touchpoint by touchpoint",
        "about": "Where it goes well and where it does not.",
        "since": "180d",
        "tiles": [
            _tile("csat", "CSAT by touchpoint", "medium", by=["touchpoint"]),
            _tile("nps", "NPS by touchpoint", "medium", by=["touchpoint"]),
            _tile("ces", "CES by touchpoint", "medium", by=["touchpoint"]),
            _tile("nps", "NPS by month and channel", "wide", by=["channel"], every="month"),
        ],
    },
}
"""Documents of dashboards, by the name of the template."""
