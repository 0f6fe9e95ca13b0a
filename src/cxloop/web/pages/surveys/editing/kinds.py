"""The kinds of questions that can be added, as people call them, and what each begins with."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from cxloop.web.words import _

__all__ = ["KINDS", "Kind", "blank", "kind_of", "nearest"]


@dataclass(frozen=True)
class Kind:
    """One kind of question: what it is called, the group it is offered in, and the content that it begins with."""

    name: str
    title: str
    group: str
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """Its type in the document."""
        return str(self.content["type"])


SCORES, CHOICES, WORDS, OTHERS = _("Scores"), _("Choices"), _("Words and numbers"), _("Other")
TWO = [{"value": "first", "text": _("First choice")}, {"value": "second", "text": _("Second choice")}]


def _scale(low: int, high: int, **more: Any) -> dict[str, Any]:
    return {"type": "rating", "rateMin": low, "rateMax": high, **more}


KINDS: tuple[Kind, ...] = (
    Kind("nps", _("NPS, 0 to 10"), SCORES, _scale(0, 10, metric="nps", isRequired=True,
         title=_("How likely are you to recommend us to a friend or colleague?"),
         minRateDescription=_("Not at all likely"), maxRateDescription=_("Extremely likely"))),
    Kind("csat", _("Satisfaction, stars"), SCORES, _scale(1, 5, metric="csat", rateType="stars",
         title=_("How satisfied are you?"), minRateDescription=_("Very dissatisfied"),
         maxRateDescription=_("Very satisfied"))),
    Kind("faces", _("Satisfaction, faces"), SCORES, _scale(1, 5, metric="csat", rateType="smileys",
         title=_("How satisfied are you?"), minRateDescription=_("Very dissatisfied"),
         maxRateDescription=_("Very satisfied"))),
    Kind("ces", _("Effort (CES 2.0)"), SCORES, _scale(1, 7, metric="ces",
         title=_("We made it easy for you to handle your issue."), minRateDescription=_("Strongly disagree"),
         maxRateDescription=_("Strongly agree"))),
    Kind("rating", _("Rating, own scale"), SCORES, _scale(1, 5, title=_("How would you rate it?"))),
    Kind("slider", _("Slider"), SCORES, {"type": "slider", "sliderType": "single", "min": 0, "max": 100,
         "title": _("Where would you put it?")}),
    Kind("matrix", _("Matrix"), SCORES, {"type": "matrix", "title": _("How do you see the following?"),
         "rows": [{"value": "first", "text": _("First statement")}, {"value": "second", "text": _("Second statement")}],
         "columns": [{"value": "no", "text": _("Disagree")}, {"value": "partly", "text": _("Partly")},
                     {"value": "yes", "text": _("Agree")}]}),
    Kind("single", _("One of several"), CHOICES, {"type": "radiogroup", "title": _("Which one?"), "choices": TWO}),
    Kind("list", _("One of a long list"), CHOICES, {"type": "dropdown", "title": _("Which one?"), "choices": TWO}),
    Kind("multiple", _("Some of several"), CHOICES, {"type": "checkbox", "title": _("Which of these?"),
         "choices": TWO}),
    Kind("ranking", _("Ranking"), CHOICES, {"type": "ranking", "title": _("What matters most to you?"),
         "choices": TWO}),
    Kind("images", _("Pictures to choose from"), CHOICES, {"type": "imagepicker", "title": _("Which picture?"),
         "choices": TWO}),
    Kind("yesno", _("Yes or no"), CHOICES, {"type": "boolean", "title": _("Did it work?")}),
    Kind("long", _("Long text"), WORDS, {"type": "comment", "title": _("What should we know?")}),
    Kind("short", _("Short text"), WORDS, {"type": "text", "title": _("In a few words?")}),
    Kind("number", _("Number"), WORDS, {"type": "text", "inputType": "number", "title": _("How many?")}),
    Kind("date", _("Date"), WORDS, {"type": "text", "inputType": "date", "title": _("When was it?")}),
    Kind("email", _("E-mail address"), WORDS, {"type": "text", "inputType": "email",
         "title": _("At which address can we reach you?")}),
    Kind("consent", _("Consent"), OTHERS, {"type": "boolean", "title": _("May we contact you about your answer?"),
         "purpose": ""}),
    Kind("file", _("File"), OTHERS, {"type": "file", "title": _("Do you have a picture of it?"), "maxSize": 5_000_000}),
    Kind("statement", _("Words without a question"), OTHERS, {"type": "html", "html": _("Thank you for your time.")}),
    Kind("panel", _("Group of questions"), OTHERS, {"type": "panel", "elements": []}),
)  # fmt: skip
TITLES = {
    "rating": _("Rating"), "slider": _("Slider"), "matrix": _("Matrix"), "radiogroup": _("One of several"),
    "dropdown": _("One of a long list"), "checkbox": _("Some of several"), "tagbox": _("Some of several"),
    "ranking": _("Ranking"), "imagepicker": _("Pictures"), "boolean": _("Yes or no"), "comment": _("Long text"),
    "text": _("Short text"), "file": _("File"), "html": _("Statement"), "panel": _("Group"),
}  # fmt: skip
INPUTS = {"number": _("Number"), "date": _("Date"), "email": _("E-mail address"), "datetime-local": _("Date and time"),
          "time": _("Time"), "tel": _("Telephone"), "url": _("Web address")}  # fmt: skip
METRICS = {"nps": "NPS", "csat": "CSAT", "ces": "CES"}


def blank(name: str, purposes: list[str]) -> dict[str, Any]:
    """Returns the content of a new question of a kind, without a name; a consent asks for the first purpose."""
    kind = next((kind for kind in KINDS if kind.name == name), KINDS[0])
    content = deepcopy(dict(kind.content))
    if "purpose" in content:
        content.pop("purpose")
        if purposes:
            content["purpose"] = purposes[0]
    return content


def nearest(item: Mapping[str, Any]) -> str:
    """Returns the name of the kind that an element is most like; empty where it is like none.

    Example:
        >>> nearest({"type": "rating", "metric": "csat", "rateType": "smileys"})
        'faces'
    """
    told = ("metric", "rateType", "inputType")
    alike = [kind for kind in KINDS if kind.type == item.get("type")]
    alike.sort(key=lambda kind: -sum(kind.content.get(name) == item.get(name) for name in told))
    if alike and item.get("type") == "boolean":
        return "consent" if item.get("purpose") else "yesno"
    return alike[0].name if alike else ""


def kind_of(item: Mapping[str, Any]) -> str:
    """Returns what an element is called in a list of questions."""
    kind = str(item.get("type", ""))
    if kind == "rating" and item.get("metric") in METRICS:
        return METRICS[str(item["metric"])]
    if kind == "text" and item.get("inputType") in INPUTS:
        return INPUTS[str(item["inputType"])]
    if kind == "boolean" and item.get("purpose"):
        return _("Consent")
    return TITLES.get(kind, kind)
