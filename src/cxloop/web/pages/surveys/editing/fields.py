"""What of each kind of question can be changed in a form, and reading such a form back into the question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cxloop.web.pages.surveys.editing.places import Document
from cxloop.web.pages.surveys.editing.words import said, shown, with_words
from cxloop.web.words import _

__all__ = [
    "Field",
    "Input",
    "Row",
    "fields_of",
    "inputs",
    "label_of",
    "matched",
    "number",
    "read_into",
    "rows_of",
    "slug",
]

FieldKind = Literal["text", "long", "flag", "number", "choice", "condition", "plain", "rows"]
MOST_ROWS = 1000


@dataclass(frozen=True)
class Field:
    """One property that a form changes.

    Attributes:
        name: the property in the document.
        kind: text and long say something in one language; plain says the same in all of them.
        options: of a choice: value and what it is called; an empty value takes the property out.
        group: main, or the section that it is folded into.
        default: what holds where the property is not there.
    """

    name: str
    label: str
    kind: FieldKind
    about: str = ""
    options: tuple[tuple[str, str], ...] = ()
    group: str = "main"
    default: Any = None


@dataclass(frozen=True)
class Row:
    """One line of a list of choices: its stored value, what it says, and when it is there."""

    value: str
    text: str
    base: str
    visible_if: str = ""


@dataclass(frozen=True)
class Input:
    """A field as a form shows it."""

    field: Field
    value: str
    base: str = ""
    rows: tuple[Row, ...] = ()
    mistake: str = ""


LOGIC, CHECKS = "logic", "checks"
TITLE = Field("title", _("Question"), "long")
DESCRIPTION = Field("description", _("Explanation below it"), "text", group="more")
NAME = Field("name", _("Name in data and logic"), "plain", _("Answers are kept under it, and {name} reads it."),
             group="more")  # fmt: skip
REQUIRED = Field("isRequired", _("Has to be answered"), "flag", default=False)
VISIBLE_IF = Field("visibleIf", _("Shown only if"), "condition", _("For example {nps} <= 6"), group=LOGIC)
REQUIRED_IF = Field("requiredIf", _("Has to be answered if"), "condition", group=LOGIC)
SET_IF = Field("setValueIf", _("Filled in if"), "condition", group=LOGIC)
SET_TO = Field("setValueExpression", _("Filled in with"), "condition", group=LOGIC)
SCORES = (("", _("no score")), ("nps", "NPS"), ("csat", "CSAT"), ("ces", "CES"), ("rating", _("rating")))
METRIC = Field("metric", _("Counts as"), "choice", _("As which score its answers are measured."), SCORES)
COMMENT = Field("showCommentArea", _("With room for a comment"), "flag", group="more", default=False)
ASKED = (DESCRIPTION, NAME, VISIBLE_IF, REQUIRED_IF, SET_IF, SET_TO)
CHOICES = Field("choices", _("Choices"), "rows")
OTHER = Field("showOtherItem", _("With “other” and room for words"), "flag", default=False)
OTHER_TEXT = Field("otherText", _("What “other” is called"), "text", group="more")
NONE = Field("showNoneItem", _("With “none of these”"), "flag", default=False)
NONE_TEXT = Field("noneText", _("What “none of these” is called"), "text", group="more")
ORDER = Field("choicesOrder", _("Order"), "choice", "", (("", _("as listed")), ("random", _("random for each person")),
              ("asc", _("A to Z")), ("desc", _("Z to A"))))  # fmt: skip
CHOOSING = (CHOICES, OTHER, NONE, ORDER, OTHER_TEXT, NONE_TEXT, COMMENT)
LEAST = Field("minSelectedChoices", _("At least so many"), "number", group=CHECKS)
MOST = Field("maxSelectedChoices", _("At most so many"), "number", group=CHECKS)
LOW = Field("minRateDescription", _("What the low end says"), "text")
HIGH = Field("maxRateDescription", _("What the high end says"), "text")
LENGTH = Field("maxLength", _("At most so many characters"), "number", group=CHECKS)
PAGE_ORDER = Field("questionsOrder", _("Order of the questions"), "choice", "",
                   (("", _("as listed")), ("random", _("random for each person"))))  # fmt: skip
TYPED = (("", _("text")), ("number", _("number")), ("date", _("date")), ("datetime-local", _("date and time")),
         ("time", _("time")), ("email", _("e-mail address")), ("tel", _("telephone")),
         ("url", _("web address")))  # fmt: skip
BY_TYPE: Mapping[str, tuple[Field, ...]] = {
    "rating": (
        Field("rateType", _("Drawn as"), "choice", "",
              (("", _("numbers")), ("stars", _("stars")), ("smileys", _("faces")))),
        Field("rateMin", _("From"), "number", default=1), Field("rateMax", _("To"), "number", default=5),
        LOW, HIGH, METRIC, COMMENT,
        Field("rateValues", _("Own values instead of numbers"), "rows", group="more"),
    ),
    "radiogroup": CHOOSING,
    "dropdown": CHOOSING,
    "checkbox": (*CHOOSING, LEAST, MOST),
    "tagbox": (*CHOOSING, LEAST, MOST),
    "ranking": (CHOICES, ORDER, Field("selectToRankEnabled", _("People pick what they rank"), "flag", default=False),
                LEAST, MOST),
    "imagepicker": (CHOICES, Field("multiSelect", _("Several can be chosen"), "flag", default=False)),
    "matrix": (
        Field("rows", _("Rows"), "rows"), Field("columns", _("Columns"), "rows"),
        Field("isAllRowRequired", _("Every row has to be answered"), "flag", default=False),
        Field("rowsOrder", _("Order of the rows"), "choice", "",
              (("", _("as listed")), ("random", _("random for each person")))),
    ),
    "text": (
        Field("inputType", _("What is typed"), "choice", "", TYPED),
        Field("min", _("Not below"), "plain", group=CHECKS), Field("max", _("Not above"), "plain", group=CHECKS),
        LENGTH,
    ),
    "comment": (LENGTH,),
    "boolean": (
        Field("labelTrue", _("What yes is called"), "text"), Field("labelFalse", _("What no is called"), "text"),
    ),
    "file": (Field("acceptedTypes", _("Which files"), "plain", _("For example image/*,application/pdf")),
             Field("allowMultiple", _("Several files"), "flag", default=False),
             Field("maxSize", _("Bytes of each at most"), "number", group=CHECKS)),
    "slider": (
        Field("sliderType", _("Picks"), "choice", "", (("single", _("one number")), ("range", _("a range"))),
              default="range"),
        Field("min", _("From"), "number", default=0), Field("max", _("To"), "number", default=100),
        Field("step", _("In steps of"), "number", default=1),
        Field("minLabel", _("What the low end says"), "text"), Field("maxLabel", _("What the high end says"), "text"),
    ),
}  # fmt: skip
"""The fields of each type, beside those that every question has."""
SURVEY = (
    Field("title", _("Title"), "text"),
    Field("description", _("What stands below it"), "long"),
    Field("completedHtml", _("What is said at the end"), "long"),
    Field("locale", _("Language of texts without one"), "plain", _("A code, such as en or pt-BR."), default="en"),
    PAGE_ORDER,
)
PAGE = (Field("title", _("Heading of the page"), "text"), Field("description", _("What stands below it"), "text"),
        Field("name", _("Name"), "plain"), PAGE_ORDER, VISIBLE_IF)  # fmt: skip


LABELS: Mapping[str, str] = {
    **{field.name: field.label for group in (*BY_TYPE.values(), ASKED, SURVEY, (TITLE,)) for field in group},
    "html": _("Words"), "completedHtml": _("What is said at the end"), "title": _("Title"),
    "commentText": _("Above the comment"), "selectAllText": _("What “all” is called"),
}  # fmt: skip
ONE_OF = {"choices": _("Choice"), "rateValues": _("Value"), "rows": _("Row"), "columns": _("Column"),
          "validators": _("Check"), "quotas": _("Quota"), "participants": _("Participant")}  # fmt: skip


def label_of(part: str) -> str:
    """Returns what a property below an item is called in the forms.

    Example:
        >>> label_of("minRateDescription"), label_of("choices[2].text")
        ('What the low end says', 'Choice 3')
    """
    found = re.search(r"(\w+)\[(\d+)\]\.\w+$", part)
    if found and found[1] in ONE_OF:
        return f"{ONE_OF[found[1]]} {int(found[2]) + 1}"
    return LABELS.get(part, part)


def fields_of(item: Mapping[str, Any], path: str, purposes: list[str]) -> tuple[Field, ...]:
    """Returns what can be changed of the survey, a page, a group or a question."""
    kind = item.get("type")
    if not path:
        return SURVEY
    if "elements" in item or kind is None:
        return PAGE
    if kind == "html":
        return (Field("html", _("Words"), "long"), NAME, VISIBLE_IF)
    own = BY_TYPE.get(str(kind), ())
    if kind == "boolean":
        options = (("", _("nothing: it is a plain question")), *((each, each) for each in purposes))
        own = (*own, Field("purpose", _("What yes allows"), "choice", _("A purpose makes it a consent."), options))
    main = [field for field in own if field.group == "main"]
    return (TITLE, *main, REQUIRED, *(field for field in own if field.group != "main"), *ASKED)


def inputs(
    item: Mapping[str, Any], fields: tuple[Field, ...], language: str, own: str, mistakes: Mapping[str, str]
) -> Iterator[Input]:
    """Yields the inputs of a form.

    Args:
        item: what is changed.
        fields: what of it.
        language: in which language its texts are shown.
        own: the survey's own language, whose words stand in where a translation is missing.
        mistakes: what is wrong, by property.
    """
    for field in fields:
        value = item.get(field.name)
        wrong = mistakes.get(field.name, "")
        if field.kind in ("text", "long"):
            yield Input(field, said(value, language, own), shown(value, own, own), mistake=wrong)
        elif field.kind == "rows":
            yield Input(field, "", rows=tuple(rows_of(value, language, own)), mistake=wrong)
        elif field.kind == "flag":
            old = {"showOtherItem": "hasOther", "showNoneItem": "hasNone"}.get(field.name, "")
            yield Input(field, "yes" if value or item.get(old) else "", mistake=wrong)
        else:
            yield Input(field, "" if value is None and field.default is None else str(_given(value, field)),
                        mistake=wrong)  # fmt: skip


def _given(value: Any, field: Field) -> Any:
    return field.default if value is None else value


def rows_of(values: Any, language: str, own: str) -> Iterator[Row]:
    """Yields the lines of a list of choices, rows or columns."""
    for each in values if isinstance(values, list) else ():
        part = each if isinstance(each, dict) else {"value": each}
        value = str(part.get("value", ""))
        base = shown(part.get("text"), own, own)
        visible = str(part.get("visibleIf", ""))
        yield Row(value, said(part.get("text"), language, own), base or value, visible)


def read_into(item: Document, fields: tuple[Field, ...], form: Mapping[str, str], language: str, own: str) -> None:
    """Changes an item as a form says; a field that the form does not have stays as it is.

    Args:
        item: what is changed, in place.
        fields: what the form may change.
        form: what was sent, by input name: `set-NAME`, and for lists `row-NAME-NUMBER-text`, `-value`, `-if`.
        language: in which language the texts of the form are.
        own: the survey's own language.
    """
    for field in fields:
        sent = form.get(f"set-{field.name}")
        if field.kind == "rows":
            if f"rows-{field.name}" in form:
                _keep(item, field.name, _rows(item.get(field.name), field.name, form, language, own) or None)
        elif field.kind == "flag":
            if f"has-{field.name}" in form:
                _keep(item, field.name, True if sent else None)
                if not sent:
                    item.pop({"showOtherItem": "hasOther", "showNoneItem": "hasNone"}.get(field.name, ""), None)
        elif sent is not None:
            words = sent.replace("\r\n", "\n").strip()
            if field.kind in ("text", "long"):
                _keep(item, field.name, with_words(item.get(field.name), language, own, words))
            elif item.get(field.name) is not None or words != str(field.default or ""):
                _keep(item, field.name, number(words) if field.kind == "number" else words or None)


def _keep(item: Document, name: str, value: Any) -> None:
    if value is None or value == "":
        item.pop(name, None)
    else:
        item[name] = value


def number(text: str) -> int | float | str | None:
    """Returns a typed number; a text that is none is kept, so that whoever checks the survey says what is wrong."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None


def matched(sent: Sequence[str], known: Sequence[str]) -> list[int | None]:
    """Returns for each line of a form which line of the document it was: by its value, else by its place.

    A line whose value is new was renamed where the line at its place is not in the form any more, else it is new.

    Example:
        >>> matched(["", "b", "cc"], ["a", "b", "c"]), matched(["b", "new"], ["b"])
        ([0, 1, 2], [0, None])
    """
    gone = [at for at, value in enumerate(known) if value not in sent]
    free = [at for at, value in enumerate(sent) if value not in known]
    places: list[int | None] = []
    for at, value in enumerate(sent):
        if value in known:
            places.append(known.index(value))
        elif at in gone:
            places.append(at)
        elif len(free) == len(gone):
            places.append(gone[free.index(at)])
        else:
            places.append(None)
    return places


def _rows(before: Any, name: str, form: Mapping[str, str], language: str, own: str) -> list[Any]:
    """The lines of a list: one that was there keeps what the form does not show, such as other languages."""
    known = [each if isinstance(each, dict) else {"value": each} for each in before or ()]
    sent = [at for at in range(MOST_ROWS) if f"row-{name}-{at}-text" in form]
    values = [form.get(f"row-{name}-{at}-value", "").strip() for at in sent]
    found: list[Any] = []
    taken: set[str] = set()
    for at, value, was in zip(sent, values, matched(values, [str(each.get("value")) for each in known]), strict=True):
        text = form[f"row-{name}-{at}-text"].strip()
        part = dict(known[was]) if was is not None else {}
        if not text and not value:
            continue  # a line that was emptied is gone
        old = part.get("value")
        part["value"] = old if old is not None and str(old) == value else _stored(value, old) or slug(text, taken)
        taken.add(str(part["value"]))
        _keep(part, "text", with_words(part.get("text"), language, own, text))
        if (condition := form.get(f"row-{name}-{at}-if")) is not None:
            _keep(part, "visibleIf", condition.strip())
        found.append(part if set(part) != {"value"} else part["value"])
    for line in form.get(f"more-{name}", "").splitlines()[:MOST_ROWS]:
        if words := line.strip():
            found.append({"value": (fresh := slug(words, taken)), "text": words})
            taken.add(fresh)
    return found


def _stored(value: str, old: Any) -> Any:
    """A value as it is stored: a number only in the place of a number, so that "01" stays what it is."""
    return number(value) if isinstance(old, int | float) and not isinstance(old, bool) else value


def slug(text: str, taken: set[str]) -> str:
    """Returns a stored value made of words, unlike those that are taken.

    Example:
        >>> slug("Too late, again!", {"too_late_again"})
        'too_late_again_2'
    """
    base = re.sub(r"[^\w]+", "_", text.lower()).strip("_")[:60] or "choice"
    fresh, at = base, 2
    while fresh in taken:
        fresh, at = f"{base}_{at}", at + 1
    return fresh
