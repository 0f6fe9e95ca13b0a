"""The contact-pressure budget, as experience.toml says it: [contact] and [[contact.rule]]."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import time
from typing import Annotated

from pydantic import Field, model_validator

from cxloop.core.errors import Mistake, MistakesError, did_you_mean
from cxloop.core.strict import Name, Strict, Term

__all__ = ["Contact", "ContactRule", "unmet_purposes"]

Day = Annotated[int, Field(ge=1, le=7)]
Many = Annotated[int, Field(ge=1, le=1000)]


class ContactRule(Strict):
    """One [[contact.rule]]: at most `most` contacts in any time as long as `within`, of those that it is about.

    Without `purpose`, `survey` and `channel` it is about everything; with several of them, all have to fit.
    """

    name: Name
    most: Many = 1
    within: Term
    purpose: Name | None = None
    survey: Name | None = None
    channel: Name | None = None


class Contact(Strict):
    """[contact]: how often one customer may be written to, by anybody, and when.

    `most` contacts in any time as long as `within`, over everything, and at least `apart` between any two. Nobody hears
    from us from `quiet_from` to `quiet_until` by the customer's own clock, nor on `quiet_days` (Monday is 1). Who may
    not be asked now waits for as long as `wait`. Messages for a purpose in `free` need no place and take none.
    """

    most: Many = 4
    within: Term = "30d"
    apart: Term | None = "1d"
    quiet_from: time = time(20)
    quiet_until: time = time(9)
    quiet_days: Annotated[tuple[Day, ...], Field(max_length=6)] = ()
    wait: Term = "14d"
    free: tuple[Name, ...] = ()
    rule: tuple[ContactRule, ...] = ()

    @model_validator(mode="after")
    def _rules_have_names_of_their_own(self) -> Contact:
        names = [each.name for each in self.rule]
        twice = sorted({name for name in names if names.count(name) > 1})
        mistakes = [Mistake("contact.rule", f"{name!r} is declared twice. Keep one.") for name in twice]
        if self.quiet_from.utcoffset() is not None or self.quiet_until.utcoffset() is not None:
            told = "quiet hours are by the customer's own clock. Write them without an offset, such as 20:00."
            mistakes.append(Mistake("contact.quiet_from", told))
        if mistakes:
            raise MistakesError("experience.toml", mistakes)
        return self


def unmet_purposes(contact: Contact, purposes: Sequence[str]) -> Iterator[Mistake]:
    """Yields a mistake for each purpose that the budget names and nobody has declared."""
    named = [(f"contact.rule.{place}.purpose", rule.purpose) for place, rule in enumerate(contact.rule)]
    for where, name in [*named, *(("contact.free", name) for name in contact.free)]:
        if name is not None and name not in purposes:
            told = did_you_mean(name, list(purposes)) if purposes else "No [[purpose]] is declared."
            yield Mistake(where, f"Unknown purpose {name!r}. {told}")
