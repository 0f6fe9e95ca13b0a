"""All metrics, and one of them: what it is, how it is made, and the versions of those that people define."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from cxloop.core.errors import NotFoundError
from cxloop.core.results import How
from cxloop.measure.results import MetricEntry, MetricVersions
from cxloop.web import words
from cxloop.web.access import Checked, Door, SignedIn
from cxloop.web.pages.explore.choices import METRICS, asked_of, is_question, known
from cxloop.web.pages.explore.frame import show
from cxloop.web.questions import Question
from cxloop.web.tabs import done
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
UNITS = {
    "points": _("points"),
    "share": _("a share"),
    "score": _("a score"),
    "money": _("an amount of money"),
    "duration": _("a length of time"),
    "count": _("a number of something"),
}
"""How a number reads, in words."""
FIELDS = {
    "label": _("Called"),
    "definition": _("In a sentence"),
    "units": _("Counts"),
    "counts": _("Which count"),
    "value": _("Each scores"),
    "statistic": _("The number is the"),
    "unit": _("Reads as"),
    "direction": _("Better is (1 more, -1 less)"),
    "scale": _("Scale"),
    "minimum_n": _("Fewest for a number"),
    "days": _("Within days"),
    "question": _("Question"),
}
"""The fields of a definition, in words."""


@router.get(METRICS)
def metrics(request: Request, door: SignedIn) -> HTMLResponse:
    """Lists every metric, the workspace's own first."""
    found = known(door)
    own = [item for item in found if item.own]
    groups = (
        (_("Your own"), own),
        (_("What customers say"), [item for item in found if not item.own and item.noun == "answer"]),
        (_("What happens"), [item for item in found if not item.own and item.noun != "answer"]),
    )
    context = {
        "title": _("All metrics"),
        "groups": [(title, [_row(item) for item in entries]) for title, entries in groups if entries],
        "amount": words.plural(len(found), _("metric"), _("metrics")),
        "own": len(own),
    }
    return show(request, door, "metrics", "metrics.html", context)


@router.get(METRICS + "/{name}")
def one(request: Request, door: SignedIn, name: str) -> HTMLResponse:
    """Shows one metric: what it is, what it does not say, how it is computed, and its versions."""
    item = next((each for each in known(door) if each.name == name), None)
    versions = _versions(door, name)
    if item is None and versions is None:
        raise NotFoundError(f"There is no metric {name!r}. All there are: {METRICS}.")
    context = {
        "title": item.label if item else name,
        "name": name,
        "item": item,
        "row": _row(item) if item else None,
        "how": _how(item) if item else None,
        "versions": versions,
        "fields": FIELDS,
        "old": {each.version: _address(name, each.version) for each in versions.versions} if versions else {},
    }
    return show(request, door, "metrics", "one_metric.html", context)


@router.post(METRICS + "/{name}/retire")
def retire(door: Checked, name: str) -> Response:
    """Retires an own metric."""
    door.run("measure.retire_metric", {"name": name})
    return done(f"{METRICS}/{quote(name, safe='')}", "retired")


def _row(item: MetricEntry) -> dict[str, object]:
    return {
        "item": item,
        "unit": UNITS[item.unit],
        "better": _("more is better") if item.direction > 0 else _("less is better"),
        "about": f"{METRICS}/{quote(item.name, safe='')}",
        "address": Question(metric=item.name, every="month", since="365d").address(),
    }


def _address(name: str, version: int) -> str:
    return Question(metric=name, every="month", since="365d", version=str(version)).address()


def _how(item: MetricEntry) -> How:
    """How it is asked for in each face; the SQL stands beside each number."""
    path, _arguments = asked_of(Question(metric=item.name))
    by_name = "" if is_question(item.name) else f'"{item.name}"'
    words_of = "" if is_question(item.name) else f" {item.name}"
    python = f"ws.{path}({by_name})"
    cli = f"cxloop {path.replace('.', ' ')}{words_of}"
    return How(item.definition, item.method, python, cli, exclusions=item.counted)


def _versions(door: Door, name: str) -> MetricVersions | None:
    """The versions of an own metric, for those who see definitions."""
    if not door.may("measure.metric_versions"):
        return None
    try:
        found: MetricVersions = door.run("measure.metric_versions", {"name": name})
    except LookupError:
        return None
    except ValueError:  # nobody defined it
        return None
    return found
