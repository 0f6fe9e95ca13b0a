"""The settings of a survey as forms: what each input is called, and how it is read back into the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cxloop.web.words import _

__all__ = ["SECTIONS", "Section", "Setting", "patch", "value_of"]

Kind = Literal["text", "number", "flag", "choice", "list", "time", "days", "spoken", "colour", "several", "image"]


@dataclass(frozen=True)
class Setting:
    """One setting: its path in the settings, and how it is asked for."""

    path: str
    label: str
    kind: Kind
    about: str = ""
    options: tuple[tuple[str, str], ...] = ()
    long: bool = False


@dataclass(frozen=True)
class Section:
    """Settings that are saved together; with `switch`, they are there or not as a whole."""

    name: str
    title: str
    about: str
    settings: tuple[Setting, ...]
    switch: str = ""


DAYS = tuple((str(at), word) for at, word in enumerate(
    (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")), 1))  # fmt: skip
CHANNELS = (("email", _("e-mail")), ("sms", _("text message")), ("whatsapp", _("WhatsApp")))
SECTIONS: tuple[Section, ...] = (
    Section("who", _("Who may answer"), _("A link that anybody opens, or personal links of invitations only."), (
        Setting("access", _("Open to"), "choice", "",
                (("open", _("whoever has the address")), ("invited", _("only who was invited")))),
        Setting("once", _("Each customer, or browser, answers once"), "flag"),
        Setting("purpose", _("Asked for the purpose"), "choice", _("Only who has not refused it is asked.")),
        Setting("touchpoint", _("About the touchpoint"), "choice", _("Answers are told apart by it everywhere.")),
    )),
    Section("often", _("How often"), _("The clocks of this survey. Those of the whole company hold beside them."), (
        Setting("every", _("Rest after being asked"), "text", _("Such as 90d for days or 12h for hours.")),
        Setting("after_answer", _("Rest after an answer"), "text"),
        Setting("priority", _("Priority"), "number",
                _("0 to 100. Who goes first where several want the same customer.")),
        Setting("sampling.rate", _("Share of those who could be asked"), "number",
                _("Between 0 and 1; 1 asks everybody.")),
        Setting("sampling.precision", _("Prefer segments wider than"), "number",
                _("Points of the interval. Who is known well enough already is asked less.")),
        Setting("sampling.by", _("Segments by"), "text", _("A field such as channel or country.")),
    )),
    Section("mail", _("Invitations and reminders"), _("What they say, in which hours they go, and who is reminded."), (
        Setting("channels", _("Goes out by"), "several", _("The first that a customer can be reached by."), CHANNELS),
        Setting("mail.sender", _("Sender"), "text"),
        Setting("mail.reply_to", _("Replies go to"), "text"),
        Setting("mail.subject", _("Subject"), "spoken"),
        Setting("mail.text", _("Text"), "spoken", _("{first_name} and variables of the link are filled in."),
                long=True),
        Setting("mail.inside", _("The first question stands in the mail"), "flag"),
        Setting("expiry", _("A personal link works for"), "text", _("Such as 30d.")),
        Setting("reminders", _("Reminders after"), "list",
                _("Such as 3d, 7d: to those who have not answered. Empty for none.")),
        Setting("window.start", _("Not before"), "time"),
        Setting("window.end", _("Not after"), "time", _("On the customer's own clock.")),
        Setting("window.days", _("On"), "days", "", DAYS),
    )),
    Section("look", _("Look"), _("The colours of your brand. Their contrast is checked before they are kept."), (
        Setting("theme.accent", _("Buttons and marks"), "colour"),
        Setting("theme.text", _("Text"), "colour"),
        Setting("theme.background", _("Background"), "colour"),
        Setting("theme.name", _("Name above the survey"), "text"),
        Setting("theme.logo", _("Logo"), "image", _("A PNG, SVG, WebP or JPEG of at most 6,000 bytes.")),
        Setting("theme.rounded", _("Rounded corners"), "flag"),
    )),
    Section("widget", _("Widget on your pages"), _("Shown where all that is set here holds."), (
        Setting("widget.pages", _("On pages"), "list", _("Addresses, * for anything: /checkout/*")),
        Setting("widget.event", _("After the event"), "text", _("As the page reports it, such as order_placed.")),
        Setting("widget.segment", _("For the segment"), "text"),
        Setting("widget.percentage", _("To so many of a hundred visitors"), "number"),
        Setting("widget.delay_seconds", _("After so many seconds"), "number"),
        Setting("widget.exit_intent", _("When somebody is about to leave"), "flag"),
        Setting("widget.until_answered", _("Until answered"), "flag"),
        Setting("widget.again_after", _("Not again for"), "text", _("Such as 30d.")),
        Setting("widget.place", _("Where"), "choice", "",
                (("corner", _("in the corner")), ("middle", _("in the middle")), ("inline", _("where the page says")))),
    ), switch=_("Show it on our pages")),
    Section("kiosk", _("Kiosk"), _("A tablet in a store: it begins anew by itself, and works without a network."), (
        Setting("kiosk.idle_seconds", _("Begins anew after so many idle seconds"), "number"),
        Setting("kiosk.exit_code", _("Code by which staff leave it"), "text", _("4 to 8 digits.")),
    ), switch=_("Let it run on a tablet")),
)  # fmt: skip
"""Everything of SurveySettings that people set, in the order of the page."""


def value_of(settings: Mapping[str, Any], path: str) -> Any:
    """Returns a setting by its path; None where a section above it is not there."""
    here: Any = settings
    for step in path.split("."):
        here = here.get(step) if isinstance(here, Mapping) else None
    return here


def patch(section: Section, form: Mapping[str, str], many: Mapping[str, list[str]]) -> dict[str, Any]:
    """Returns what a section's form changes, as a merge patch: null goes back to the default.

    Args:
        section: what was sent.
        form: its inputs, by the paths of the settings.
        many: inputs that may stand several times, such as boxes.
    """
    if section.switch and not form.get("on"):
        return {section.name: None}
    found: dict[str, Any] = {}
    for setting in section.settings:
        if setting.kind == "image" and not form.get(setting.path):
            if form.get(f"{setting.path}-drop"):
                _put(found, setting.path, None)
            continue
        _put(found, setting.path, _read(setting, form, many))
    return found


def _put(found: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    here = found
    for step in way:
        here = here.setdefault(step, {})
    here[last] = value


def _read(setting: Setting, form: Mapping[str, str], many: Mapping[str, list[str]]) -> Any:
    text = form.get(setting.path, "").strip()
    if setting.kind == "flag":
        return bool(text)
    if setting.kind == "number":
        return _number(text)
    if setting.kind == "list":
        return [part for part in re.split(r"[,\s]+", text) if part]
    if setting.kind == "days":
        return [int(day) for day in many.get(setting.path, []) if day.isdecimal()] or None
    if setting.kind == "several":
        return many.get(setting.path) or None
    if setting.kind == "spoken":
        head = f"{setting.path}:"
        return {name.removeprefix(head): words.strip() or None for name, words in form.items() if name.startswith(head)}
    return text or None


def _number(text: str) -> Any:
    """A text that is no number is handed on as it is: whoever checks the settings says what is wrong with it."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None
