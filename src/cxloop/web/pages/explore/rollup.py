"""Explore, added up: a metric over hierarchies, in each of which an answer counts once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from cxloop import charts
from cxloop.core import wording
from cxloop.core.errors import InputError
from cxloop.core.expr import both
from cxloop.core.results import Estimate, InsufficientData
from cxloop.measure.results import RolledNode, RolledTree, Rollup
from cxloop.web import words
from cxloop.web.access import SignedIn
from cxloop.web.pages.explore.asking import csv_of, with_choice
from cxloop.web.pages.explore.building import keeping
from cxloop.web.pages.explore.choices import known
from cxloop.web.pages.explore.frame import show
from cxloop.web.questions import Question
from cxloop.web.site import age
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
PATH = "/explore/league/added-up"
SINCE = ("90d", "180d", "365d", "")
USUAL = "region>location"
SUGGESTED = (USUAL, "brand>product", "team>employee", "stage>touchpoint")
"""Hierarchies that the log names by itself; the form takes any other."""
NO_SUMS = "median"
WIDTHS = (720, 280)
MOST_ROWS = 400


@dataclass(frozen=True)
class Asked:
    """What the form asks; empty means: not asked."""

    metric: str = "csat"
    along: str = ""
    since: str = "365d"
    until: str = ""
    where: str = ""

    def address(self, path: str = PATH) -> str:
        """Returns where this is answered."""
        told = {**asdict(self), "since": self.since or "all"}
        return f"{path}?{urlencode({name: value for name, value in told.items() if value})}"

    def arguments(self) -> dict[str, Any]:
        """Returns the arguments of the verb."""
        along = tuple(part.strip() for part in self.along.split(",") if part.strip())
        return {"of": self.metric, "along": along, "since": self.since, "until": self.until, "where": self.where}


def asked(
    door: SignedIn,
    metric: Annotated[str, Query(max_length=80)] = "csat",
    along: Annotated[str, Query(max_length=400)] = "",
    since: Annotated[str, Query(max_length=40)] = "365d",
    until: Annotated[str, Query(max_length=40)] = "",
    where: Annotated[str, Query(max_length=4000)] = "",
) -> Asked:
    """Reads the question from the address; the workspace's own hierarchies come first."""
    usual = "" if door.experience.hierarchy else USUAL
    return Asked(metric or "csat", along or usual, "" if since == "all" else since, until, where)


Wanted = Annotated[Asked, Depends(asked)]


@router.get(PATH)
def added_up(request: Request, door: SignedIn, wanted: Wanted) -> HTMLResponse:
    """Shows a metric at every place of a hierarchy: the sentence, intervals as a tree, and the same as a table."""
    context: dict[str, Any] = {
        "title": _("Added up"),
        "asked": wanted,
        "metrics": [(item.name, item.label) for item in known(door) if item.statistic != NO_SUMS],
        "suggested": [*(item.name for item in door.experience.hierarchy), *SUGGESTED],
        "since_choices": with_choice(SINCE, wanted.since),
    }
    try:
        kept = door.snapshot("measure.rollup", wanted.arguments())
    except InputError as failure:
        return show(request, door, "league", "rollup.html", {**context, "failure": failure})
    result = kept.result
    assert isinstance(result, Rollup)
    shown = {
        "result": result,
        "lede": _lede(result),
        "trees": [_tree(result, tree, wanted) for tree in result.trees],
        "download": wanted.address(f"{PATH}/download"),
        "keep": keeping(door, "measure.rollup", wanted.arguments()),
        "age": age(kept),
    }
    return show(request, door, "league", "rollup.html", {**context, **shown})


@router.get(PATH + "/download")
def download(door: SignedIn, wanted: Wanted) -> Response:
    """Returns the table as a file."""
    return csv_of(door.snapshot("measure.rollup", wanted.arguments()).result, "added-up")


def _lede(result: Rollup) -> str:
    if isinstance(result.total, InsufficientData):
        return str(result)
    number = wording.number(result.total.value, result.unit)
    return _("%(label)s is %(number)s %(interval)s over all places, each %(noun)s counted once.") % {
        "label": result.title,
        "number": number,
        "interval": wording.interval(result.total, result.unit),
        "noun": result.noun,
    }


def _tree(result: Rollup, tree: RolledTree, wanted: Asked) -> dict[str, Any]:
    branches = [charts.Branch(node.path[-1], len(node.path) - 1, node.result) for node in tree.nodes]
    total = result.total.value if isinstance(result.total, Estimate) else None
    drawings = (charts.tree_picture(tree.title, branches, total, result.unit, width=width) for width in WIDTHS)
    return {
        "title": tree.title,
        "charts": [drawing for drawing in drawings if drawing],
        "lines": [_line(result, node, wanted) for node in tree.nodes[:MOST_ROWS]],
        "more": max(len(tree.nodes) - MOST_ROWS, 0),
        "accounts": any(node.accounts is not None for node in tree.nodes),
        "outside": wording.many(tree.outside, result.noun) if tree.outside else "",
        "warnings": tree.warnings,
    }


def _line(result: Rollup, node: RolledNode, wanted: Asked) -> dict[str, str]:
    number, interval = _figures(result, node)
    return {
        "name": node.path[-1],
        "above": " > ".join(node.path[:-1]),
        "address": _behind(node, wanted),
        "value": number,
        "interval": interval,
        "n": wording.count(node.result.n),
        "accounts": "" if node.accounts is None else wording.count(node.accounts),
    }


def _figures(result: Rollup, node: RolledNode) -> tuple[str, str]:
    found = node.result
    if isinstance(found, InsufficientData):
        return _("cannot say"), f"{_('needs')} {wording.count(found.needed)}"
    ends = (wording.number(end, result.unit) for end in (found.low, found.high))
    return wording.number(found.value, result.unit), words.span(*ends)


def _behind(node: RolledNode, wanted: Asked) -> str:
    """Where the answers of a place are; empty for accounts, which no condition names."""
    if not node.where:
        return ""
    condition = both(wanted.where, node.where)
    return Question(wanted.metric, (), "month", wanted.since, wanted.until, condition).address()
