"""Defining a metric: what it means is shown before it is written down, with every mistake at its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from cxloop import charts
from cxloop.core import wording
from cxloop.core.errors import CxloopError, InputError, MistakesError, NotFoundError
from cxloop.core.results import Estimate
from cxloop.measure.results import DefinedMetric, MetricList, MetricVersions
from cxloop.web.access import Checked, Door, Inputs, SignedIn
from cxloop.web.pages.explore.choices import METRICS
from cxloop.web.pages.explore.frame import show
from cxloop.web.tabs import done
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
DEFINE = "/explore/define"
BLANK: Mapping[str, str] = {
    "name": "",
    "label": "",
    "definition": "",
    "units": "interactions",
    "counts": "",
    "value": "",
    "statistic": "share",
    "unit": "",
    "better": "more",
    "scale_min": "",
    "scale_max": "",
    "days": "",
    "minimum_n": "",
    "question": "",
}
STATISTICS = (
    ("share", _("the share of those that meet a condition")),
    ("mean", _("the mean")),
    ("median", _("the median")),
    ("per_customer", _("the mean of what each customer's come to")),
    ("score", _("promoters minus detractors, of answers from 0 to 10")),
)
READS = (
    ("", _("as is usual for it")),
    ("score", _("a score")),
    ("money", _("money")),
    ("duration", _("a length of time, from seconds")),
    ("count", _("a number of something")),
)
WIDTHS = (570, 190)
_ENDS = {"scale": "scale_min", "direction": "better"}
"""Fields of a definition that the form calls otherwise."""


@router.get(DEFINE)
def new(request: Request, door: SignedIn, name: Annotated[str, Query(max_length=64)] = "") -> HTMLResponse:
    """Asks for a definition; with a name, for a new version of that metric."""
    door.require("measure.define_metric")
    form = dict(BLANK)
    if name:
        found: MetricVersions = door.run("measure.metric_versions", {"name": name})
        form |= {"name": name, **_as_typed(dict(found.versions[0].fields))}
    return _form(request, door, form, changes=bool(name))


@router.post(DEFINE)
def define(request: Request, door: Checked, form: Inputs) -> Response:
    """Shows what a definition means, or writes it down."""
    given = {name: form.get(name, "").strip() for name in BLANK}
    changes, save = bool(form.get("changes")), form.get("do") == "save"
    arguments = {name: value for name, value in given.items() if value}
    try:
        meant: DefinedMetric = door.run("measure.define_metric", {**arguments, "dry_run": not save})
    except (InputError, NotFoundError) as failure:
        return _form(request, door, given, changes=changes, failure=failure)
    if save:
        return done(f"{METRICS}/{quote(given['name'], safe='')}", "defined")
    return _form(request, door, given, changes=changes, meant=meant)


def _form(
    request: Request,
    door: Door,
    form: Mapping[str, str],
    *,
    changes: bool,
    meant: DefinedMetric | None = None,
    failure: CxloopError | None = None,
) -> HTMLResponse:
    found = door.snapshot("measure.metrics", {}).result
    assert isinstance(found, MetricList)
    wrong = _mistakes(failure)
    context = {
        "title": form["name"] if changes else _("A metric of your own"),
        "form": form,
        "changes": changes,
        "units": found.units,
        "statistics": STATISTICS,
        "reads": READS,
        "wrong": wrong,
        "meant": meant,
        "meant_lede": _meant_lede(meant) if meant else "",
        "charts": _charts(meant),
        "failure": failure,
        "told": failure.message.splitlines()[0] if failure and wrong else failure.message if failure else "",
    }
    return show(request, door, "metrics", "define.html", context)


def _mistakes(failure: CxloopError | None) -> dict[str, str]:
    """Each mistake by the field of the form that it stands at."""
    if not isinstance(failure, MistakesError):
        return {}
    places = [(each.where.partition(".")[0], each.message) for each in failure.mistakes]
    return {_ENDS.get(where, where): message for where, message in reversed(places)}


def _as_typed(fields: Mapping[str, str]) -> dict[str, str]:
    """A written definition as the form holds it."""
    low, _to, high = fields.get("scale", "").partition(" to ")
    more = {"better": "less" if fields.get("direction") == "-1" else "more", "scale_min": low, "scale_max": high}
    return {**{name: fields[name] for name in BLANK if name in fields}, **more}


def _meant_lede(meant: DefinedMetric) -> str:
    if meant.number is None:
        return meant.trouble
    return f"{wording.figures(meant.number)} {_('Over the last {} days.').format(meant.days)}"


def _charts(meant: DefinedMetric | None) -> list[Any]:
    months = None if meant is None else meant.months
    if months is None or not any(isinstance(row.result, Estimate) for row in months.rows):
        return []
    return [charts.picture(months, width=width) for width in WIDTHS]
