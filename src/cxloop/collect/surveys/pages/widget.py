"""What the widget on a site's pages asks: which surveys may be shown there, and whether a visitor is in a segment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cxloop.collect.surveys.pages.theme import tokens
from cxloop.collect.surveys.settings import SurveySettings, Theme, Widget
from cxloop.core.time import moved
from cxloop.store.surveys import surveys

if TYPE_CHECKING:
    from cxloop.collect.surveys.audience import Audience
    from cxloop.store.base import Store
    from cxloop.store.keys import WriteKey
    from cxloop.store.surveys.surveys import SurveyRecord

__all__ = ["KEPT_SECONDS", "WORDS", "fitting_origin", "is_member", "offers"]

KEPT_SECONDS = 60
"""How long a browser may use what it was told."""
WORDS = {
    "en": {"close": "Close the survey", "opened": "A short survey is open at the end of this page: {title}"},
    "de": {"close": "Umfrage schließen", "opened": "Am Ende dieser Seite ist eine kurze Umfrage offen: {title}"},
    "fr": {"close": "Fermer l’enquête", "opened": "Une courte enquête est ouverte à la fin de cette page : {title}"},
    "es": {"close": "Cerrar la encuesta", "opened": "Hay una breve encuesta abierta al final de esta página: {title}"},
    "ar": {"close": "إغلاق الاستبيان", "opened": "يوجد استبيان قصير مفتوح في نهاية هذه الصفحة: {title}"},
}
LONGEST_ID = 200


def offers(store: Store, *, key: WriteKey | None, survey: str = "", language: str = "") -> dict[str, Any]:
    """Returns the surveys that a site may show, the most important first.

    Args:
        store: of the workspace.
        key: the site's write key; None where a survey is named.
        survey: the name of the only one that is asked for.
        language: of the site's page, such as "de-AT".
    """
    named = [surveys.find(store, survey)] if survey else surveys.every_one(store) if key is not None else []
    found = [(each, SurveySettings.model_validate(dict(each.settings))) for each in named if each is not None]
    shown = [
        (record, settings)
        for record, settings in found
        if settings.widget is not None and settings.access == "open" and record.takes_answers(store.clock())
    ]
    shown.sort(key=lambda pair: (-pair[1].priority, pair[0].name))
    return {"surveys": [_offer(record, settings, language) for record, settings in shown]}


def _offer(record: SurveyRecord, settings: SurveySettings, language: str) -> dict[str, Any]:
    widget = settings.widget or Widget()
    told = {
        "name": record.name,
        "title": settings.theme.name or record.title,
        "event": widget.event,
        "pages": list(widget.pages),
        "segment": widget.segment is not None,
        "percentage": widget.percentage,
        "delay": widget.delay_seconds,
        "exit": widget.exit_intent,
        "again": seconds(widget.again_after) if widget.again_after else None,
        "untilAnswered": widget.until_answered,
        "place": widget.place,
        "colours": [_colours(settings.theme, dark=dark) for dark in (False, True)],
        "words": WORDS.get(language.partition("-")[0].lower(), WORDS["en"]),
    }
    # which segment it is, is nobody's business; what is not set is left out
    return {name: value for name, value in told.items() if value not in (None, [], False) or name == "untilAnswered"}


def _colours(theme: Theme, *, dark: bool) -> list[str]:
    found = tokens(theme, dark=dark)
    return [found.background, found.text, found.accent]


def seconds(term: str) -> float:
    """Returns how long a term is from an ordinary day on.

    Example:
        >>> seconds("36h")
        129600.0
    """
    start = datetime(2001, 1, 1)
    return (moved(start, term) - start) / timedelta(seconds=1)


def is_member(store: Store, audience: Audience, asked: Mapping[str, str], key: WriteKey | None) -> bool:
    """Whether a visitor is in the segment that a survey is for; False as well for whoever nobody knows.

    Args:
        store: of the workspace.
        audience: knows the members.
        asked: the `survey`, and the `anonymous` id that the site's events come with.
        key: the site's write key, whose source the id belongs to.
    """
    record = surveys.find(store, asked.get("survey", ""))
    anonymous = asked.get("anonymous", "")
    if record is None or key is None or not 0 < len(anonymous) <= LONGEST_ID:
        return False
    widget = SurveySettings.model_validate(dict(record.settings)).widget
    if widget is None or widget.segment is None or not record.takes_answers(store.clock()):
        return False
    return audience.holds(widget.segment, key.source, anonymous)


def fitting_origin(key: WriteKey, origin: str) -> bool:
    """Whether pages of an origin may use a key; those of any where the key names none."""
    return not key.origins or origin.lower() in key.origins
