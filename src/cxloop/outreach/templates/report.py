"""Writes the mail that brings a dashboard: its numbers in sentences, as plain text and as a page of HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxloop.core.errors import InputError
from cxloop.outreach.templates.parameters import ReportMessage
from cxloop.outreach.templates.writing import House, Written, clean, page_template

if TYPE_CHECKING:
    from cxloop.store.messages.messages import MessageRecord

__all__ = ["write_report"]

_LANGUAGE = "en"
"""What the numbers on a dashboard are said in."""


def write_report(record: MessageRecord, house: House) -> Written:
    """Returns a mailed dashboard, without its PDF; raises InputError for parameters that are not those of one."""
    from pydantic import ValidationError

    try:
        told = ReportMessage.model_validate(dict(record.parameters))
    except ValidationError as failure:
        fields = ", ".join(".".join(map(str, each["loc"])) for each in failure.errors())
        raise InputError(f"The message {record.id} cannot be written: {fields} of its parameters is wrong.") from None
    why = _why(told, house)
    html = page_template("report.html").render(told=told, house=house, why=why, language=_LANGUAGE)
    text = _plain(told, house, why)
    return Written(_LANGUAGE, clean(f"{told.title}: {house.company}"), text, html, house.unsubscribe)


def _why(told: ReportMessage, house: House) -> str:
    how = "somebody sent it to you" if told.by_hand else "you were put on its list"
    return f"You receive this dashboard of {house.company} because {how}."


def _plain(told: ReportMessage, house: House, why: str) -> str:
    parts = [told.title, "=" * min(60, len(told.title)), "", *_some(told.about), *_some(told.lede)]
    for line in told.lines:
        parts += [f"{line.title}: {line.text}", ""]
    parts += [told.period, "Each number with its interval, n and method is in the PDF.", ""]
    parts += [f"Open the dashboard: {told.link}", "", "-- ", why, f"Do not send it to me again: {house.unsubscribe}"]
    return "\n".join(parts) + "\n"


def _some(text: str) -> list[str]:
    return [text, ""] if text else []
