"""Review: two records side by side, one decision, and the next pair at once."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cxloop.core import wording
from cxloop.core.errors import CxloopError, InputError, NotFoundError
from cxloop.unify.results import Compared, Matching, Review, Reviewed
from cxloop.web import words
from cxloop.web.access import Checked, Door, SignedIn
from cxloop.web.pages.customers.evidence import certainty, pair_of, speaking
from cxloop.web.pages.customers.frame import show
from cxloop.web.site import Site
from cxloop.web.words import _

__all__ = ["router"]

router = APIRouter()
PATH = "/customers/review"
LISTED = 12
"""Pairs of the list below the one that is being decided."""
PATIENCE_SECONDS = 20.0
"""How long a browser waits for matching; a longer run goes on, and its pairs appear when it ends."""
ANSWERED: dict[str, str] = {
    "accept": _("One person: the two are linked."),
    "reject": _("Two persons: they are kept apart for good."),
    "skip": _("Left for later."),
}


@router.get(PATH)
def review(
    request: Request,
    door: SignedIn,
    entry: Annotated[int | None, Query(ge=0)] = None,
    decided: Annotated[int, Query(ge=0, le=100_000)] = 0,
    last: Annotated[int | None, Query(ge=0)] = None,
    of: Annotated[int | None, Query(ge=0)] = None,
    did: Annotated[str, Query(max_length=10)] = "",
    matched: Annotated[str, Query(max_length=10)] = "",
) -> HTMLResponse:
    """Shows the pair that is most in doubt, or the one that the address names."""
    said = _MATCHED.get(matched, "")
    return _show(
        request,
        door,
        entry,
        decided=decided,
        undo=(last, of) if last and of else None,
        answered=ANSWERED.get(did, ""),
        said=said,
    )


@router.post(PATH + "/match")
def find_pairs(request: Request, door: Checked) -> Response:
    """Looks for pairs among what is new or changed."""
    try:
        run = door.run_aside("unify.match", {}, PATIENCE_SECONDS)
    except (InputError, NotFoundError) as failure:
        return _show(request, door, None, failure=failure)
    return RedirectResponse(f"{PATH}?matched={'running' if run is None else 'done'}", 303)


@router.post(PATH + "/undo")
def undo(request: Request, door: Checked, decision: Annotated[int, Form()], entry: Annotated[int, Form()]) -> Response:
    """Takes the last answer back, and shows its pair once more."""
    try:
        door.run("unify.undo", {"decision": decision})
    except (InputError, NotFoundError) as failure:
        return _show(request, door, None, failure=failure)
    return RedirectResponse(f"{PATH}?entry={entry}", 303)


@router.post(PATH + "/{entry}")
def decide(
    request: Request,
    door: Checked,
    entry: int,
    answer: Annotated[str, Form(max_length=10)],
    decided: Annotated[int, Form(ge=0, le=100_000)] = 0,
) -> Response:
    """Takes the answer, and leads on to the next pair."""
    try:
        reviewed: Reviewed = door.run("unify.decide", {"entry": entry, "answer": answer})
    except (InputError, NotFoundError) as failure:
        return _show(request, door, None, decided=decided, failure=failure)
    asked = {
        "entry": reviewed.next_entry,
        "decided": decided + (reviewed.decision is not None),
        "did": reviewed.answer,
        "last": reviewed.decision,
        "of": entry,
    }
    return RedirectResponse(f"{PATH}?{urlencode({name: value for name, value in asked.items() if value})}", 303)


_MATCHED: dict[str, str] = {
    "done": _("Looked through everything that is new or changed."),
    "running": _("Matching goes on in the background; new pairs appear here when it is done."),
}


def _show(
    request: Request,
    door: Door,
    entry: int | None,
    *,
    decided: int = 0,
    undo: tuple[int, int] | None = None,
    answered: str = "",
    said: str = "",
    failure: CxloopError | None = None,
) -> HTMLResponse:
    waiting: Review = door.run("unify.review", {"limit": LISTED})
    first = waiting.rows[0].entry if waiting.rows else None
    compared: Compared | None = None
    if (wanted := first if entry is None else entry) is not None:
        compared = door.run("unify.compare", {"entry": wanted})
    site: Site = request.app.state.site
    context: dict[str, Any] = {
        "title": _("Review"),
        "pairs": waiting,
        "waiting": waiting.total,
        "others": [row for row in waiting.rows if compared is None or row.entry != compared.entry],
        "certainty": certainty,
        "decided": decided,
        "undo": undo,
        "answered": answered,
        "said": said,
        "failure": failure,
        "model": _model(door, site),
        "pair": compared,
        "shown": pair_of(compared) if compared else None,
        "lede": _lede(compared) if compared else _empty_lede(decided),
        "sub": speaking(compared) if compared else "",
    }
    return show(request, door, "review", "review.html", context)


def _lede(pair: Compared) -> str:
    sure = certainty(pair.probability)
    if pair.state == "proposed":
        return _("Are {} and {} one person? With {}, say their records.").format(pair.label_a, pair.label_b, sure)
    said = {"accepted": _("are one customer"), "rejected": _("are kept apart")}.get(pair.state, _("are not linked"))
    return _("{} and {} {}; their records say one person with {}.").format(pair.label_a, pair.label_b, said, sure)


def _empty_lede(decided: int) -> str:
    if decided:
        return _("That was the last pair: {} decided.").format(words.plural(decided, _("pair"), _("pairs")))
    return _("No pair waits for a decision.")


def _model(door: Door, site: Site) -> dict[str, Any]:
    """The model in words: which threshold, how right it expects to be, what persons decided."""
    model: Matching = door.run("unify.matching", {})
    facts = [
        (_("Linked without asking from"), certainty(model.threshold) if model.threshold is not None else ""),
        (_("Shown here from"), certainty(model.review_from) if model.review_from is not None else ""),
        (_("Links expected to be right"), certainty(model.expected_precision) if model.expected_precision else ""),
        (_("Links made by matching"), wording.count(model.accepted)),
        (_("Accepted by persons"), wording.count(model.people_accepted)),
        (_("Rejected by persons"), wording.count(model.people_rejected)),
        (_("Trained"), words.moment(model.trained_at, site.zone) if model.trained_at else ""),
    ]
    return {"known": model.version > 0, "facts": [fact for fact in facts if fact[1]], "method": model.method,
            "rules": model.rules}  # fmt: skip
