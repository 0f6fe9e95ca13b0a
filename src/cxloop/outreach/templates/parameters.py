"""What a message is told when it is put up: plain data, read again when it is written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = ["Asked", "AskedValue", "ReportLine", "ReportMessage", "SurveyMessage"]


class Told(BaseModel):
    """A part of a message's parameters; what a later version adds is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _with_text(given: Any) -> Any:
    return given if isinstance(given, dict | BaseModel) else {"value": given, "text": str(given)}


class AskedValue(Told):
    """One answer that can be tapped: `value` travels in the link, `text` is shown."""

    value: str | int | float | bool
    text: str = ""

    @property
    def id(self) -> str:
        """The value as links write it."""
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)


class Asked(Told):
    """The first question of a survey, as a message can ask it.

    Attributes:
        name: what the survey calls it.
        type: "nps" and "numbers" are rows of numbers, "stars" and "smileys" of signs, "choices" a list.
        text: the question, in the language of the message.
        values: the answers, lowest first.
        lowest: what the first answer means.
        highest: what the last one means.
    """

    name: str
    type: Literal["nps", "numbers", "stars", "smileys", "choices"]
    text: str
    values: tuple[Annotated[AskedValue, BeforeValidator(_with_text)], ...] = ()
    lowest: str = ""
    highest: str = ""


class SurveyMessage(Told):
    """The parameters of the templates survey_invitation and survey_reminder.

    Attributes:
        title: of the survey, in the language of the message.
        link: the personal address of the survey, whole.
        question: the first one; None where the message asks nothing itself.
        first_name: of the customer; "" where it is not known.
        variables: what texts may name in braces beside first_name and company.
        subject: a text of the company's own, by language; else ours.
        text: likewise, instead of our two lines.
        sender: the name that the message comes from; None for the company's.
        reply_to: where answers to the message go; None for the sender's address.
        closes: until when can be answered, as a date in ISO form; "" where it need not be said.
        accent: the colour of what can be tapped.
    """

    title: str
    link: str
    question: Asked | None = None
    first_name: str = ""
    variables: dict[str, str | int | float | bool | None] = Field(default={})
    subject: dict[str, str] = Field(default={})
    text: dict[str, str] = Field(default={})
    sender: str | None = None
    reply_to: str | None = None
    closes: str = ""
    accent: str = "#2f5d50"

    @property
    def on_accent(self) -> str:
        """Black or white, whichever is read better on the accent: the contrast of WCAG 2.2, section 1.4.3."""
        light = _luminance(self.accent)
        return "#ffffff" if 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 else "#000000"


class ReportLine(Told):
    """One tile of a mailed dashboard: what it is called, and its number in a sentence."""

    title: str
    text: str


class ReportMessage(Told):
    """The parameters of the template report.

    Attributes:
        title: of the dashboard.
        about: what it is for.
        period: over what, how and when its numbers were made.
        lede: what changed.
        lines: of its tiles.
        link: where the dashboard stands.
        file: name of the PDF among the files of reports, kept once for all who get it.
        file_name: what the PDF is called in the mail.
        by_hand: whether somebody sent it once, and no schedule.
    """

    title: str
    about: str = ""
    period: str = ""
    lede: str = ""
    lines: tuple[ReportLine, ...] = ()
    link: str = ""
    file: str = ""
    file_name: str = ""
    by_hand: bool = False


def _luminance(colour: str) -> float:
    """The relative luminance of #rrggbb, from 0 to 1, as WCAG 2.2 defines it."""
    try:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    except ValueError:
        return 0.0
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
