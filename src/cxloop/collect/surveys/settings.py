"""How a survey is run, beside what it asks: who may answer, how it looks, when it asks and how often."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import Field

from cxloop.core.config import Name, Strict, Term

__all__ = ["Channel", "Kiosk", "Mail", "Sampling", "SurveySettings", "Theme", "Widget", "Window"]

Channel = Literal["email", "sms", "whatsapp"]
"""In which an invitation goes out."""
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Image = Annotated[
    str, Field(pattern=r"^data:image/(png|svg\+xml|webp|jpeg);base64,[A-Za-z0-9+/=]{1,8000}$", max_length=8100)
]
Spoken = dict[str, Annotated[str, Field(max_length=2000)]]
"""A text by its language."""


class Theme(Strict):
    """How the pages look: colours as #rrggbb, whose contrast is checked, and the company's name and logo."""

    accent: Colour = "#2f5d50"
    text: Colour = "#1c1b19"
    background: Colour = "#faf9f7"
    name: Name | None = None
    logo: Image | None = None
    rounded: bool = True


class Window(Strict):
    """When invitations go out, in the customer's own time zone: hours of the day, and days with Monday as 1."""

    start: time = time(9)
    end: time = time(20)
    days: Annotated[tuple[Annotated[int, Field(ge=1, le=7)], ...], Field(min_length=1)] = (1, 2, 3, 4, 5, 6, 7)


class Mail(Strict):
    """What an invitation says, by language; {first_name} and variables of the link are filled in.

    `inside` puts the first question into the mail itself, so that one tap answers it.
    """

    sender: Name | None = None
    reply_to: Annotated[str, Field(max_length=254)] | None = None
    subject: Spoken = Field(default={})
    text: Spoken = Field(default={})
    inside: bool = True


class Sampling(Strict):
    """Whom of those who could be asked: `rate` of them, or those whose answer would change something.

    With `precision`, segments (the values of `by`) whose interval is still wider than that many points are preferred,
    and those that are known well enough are asked at `least` of the rate.
    """

    rate: Annotated[float, Field(gt=0, le=1)] = 1.0
    precision: Annotated[float, Field(gt=0, le=200)] | None = None
    by: Name | None = None
    least: Annotated[float, Field(ge=0, le=1)] = 0.05


class Widget(Strict):
    """When the embedded widget asks: all that is set has to hold."""

    event: Name | None = None
    pages: Annotated[tuple[Annotated[str, Field(max_length=500)], ...], Field(max_length=50)] = ()
    segment: Name | None = None
    percentage: Annotated[float, Field(gt=0, le=100)] = 100.0
    delay_seconds: Annotated[float, Field(ge=0, le=3600)] = 0.0
    exit_intent: bool = False
    again_after: Term | None = None
    until_answered: bool = True
    place: Literal["corner", "middle", "inline"] = "corner"


class Kiosk(Strict):
    """A tablet in a store: it begins anew after nobody touched it, and staff leave it with a code."""

    idle_seconds: Annotated[int, Field(ge=5, le=600)] = 30
    exit_code: Annotated[str, Field(pattern=r"^[0-9]{4,8}$")] | None = None


class SurveySettings(Strict):
    """The settings of one survey.

    Attributes:
        access: whether whoever has its address may answer, or only who was invited.
        once: whether one customer, or one browser of an open survey, answers once.
        purpose: the purpose (of experience.toml) that asking is for; None for the first that is declared, or none.
        touchpoint: where what is asked about happened.
        every: how long a customer has rest from this survey after being asked.
        after_answer: how long after an answer.
        priority: who goes first where several want the same customer; higher wins.
        channels: in which invitations may go out, the preferred one first.
        expiry: for how long a personal link works.
        reminders: how long after the invitation whoever has not answered is reminded.
    """

    access: Literal["open", "invited"] = "open"
    once: bool = True
    purpose: Name | None = None
    touchpoint: Name | None = None
    every: Term | None = "90d"
    after_answer: Term | None = "90d"
    priority: Annotated[int, Field(ge=0, le=100)] = 50
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] = ("email",)
    expiry: Term = "30d"
    reminders: Annotated[tuple[Term, ...], Field(max_length=5)] = ()
    window: Window = Window()
    mail: Mail = Mail()
    sampling: Sampling = Sampling()
    theme: Theme = Theme()
    widget: Widget | None = None
    kiosk: Kiosk | None = None
