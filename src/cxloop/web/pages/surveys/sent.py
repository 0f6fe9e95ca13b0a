"""Forms of the editor: as many inputs as a survey has texts, and as long as its document."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from cxloop.web.access import Door, checked_form, door_of

__all__ = ["Sent", "sent_form"]

MOST_INPUTS = 20_000
"""500 questions with their choices in several languages."""
LONGEST_INPUT = 8_000_000
"""Bytes of one input: a whole document."""


async def sent_form(request: Request) -> tuple[Door, dict[str, str]]:
    """Returns the visitor's door and what the form says; raises AccessDeniedError for another site's form."""
    form = await request.form(max_fields=MOST_INPUTS, max_part_size=LONGEST_INPUT)
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    return checked_form(door_of(request), given.get("csrf", "")), given


Sent = Annotated[tuple[Door, dict[str, str]], Depends(sent_form)]
