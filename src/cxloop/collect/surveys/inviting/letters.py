"""What an invitation's message is told: the title, the personal link, and the first question where it can be tapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cxloop.collect.surveys import definition
from cxloop.collect.surveys.checking import spoken
from cxloop.collect.surveys.definition import Definition, in_language
from cxloop.collect.surveys.definition.questions import Asking, RadioGroup, Rating, YesNo
from cxloop.collect.surveys.inviting.people import purpose_of
from cxloop.collect.surveys.settings import SurveySettings
from cxloop.outreach.links import sign_link
from cxloop.store import documents
from cxloop.store.surveys import surveys

if TYPE_CHECKING:
    from cxloop.store.context import Operations
    from cxloop.store.surveys.invitations import InvitationRecord, Planned
    from cxloop.store.surveys.surveys import SurveyRecord

__all__ = ["Letters"]

_MOST_CHOICES = 8
"""In a mail, a longer list is a page of its own."""


@dataclass
class Letters:
    """Writes what the messages of one survey are told; what is the same for all is put together once a language."""

    ws: Operations
    survey: SurveyRecord
    settings: SurveySettings
    _of: dict[str, dict[str, Any]] = field(default_factory=dict)

    def parameters(self, invitation: InvitationRecord | Planned, language: str, first_name: str) -> dict[str, Any]:
        """Returns what the template fills in, for one invitation."""
        if language not in self._of:
            self._of[language] = self._shared(language)
        until = invitation.expires_at
        token = sign_link(self.ws.store.vault, "invitation", invitation.id, until)
        return {
            **self._of[language],
            "link": f"{self._address}{token}",
            "first_name": first_name,
            "variables": {name: value for name, value in invitation.hidden.items() if _is_plain(value)},
            "closes": "" if until is None else until.date().isoformat(),
        }

    def language(self, wanted: str) -> str:
        """Returns the language in which a customer is asked: the wanted one if the survey speaks it, else its own."""
        for each in (wanted, wanted.partition("-")[0], wanted.partition("_")[0]):
            if each in self._spoken:
                return each
        return self._document.own_language

    @cached_property
    def purpose(self) -> str:
        """The purpose that the messages are for."""
        return purpose_of(self.ws, self.settings)

    @cached_property
    def _document(self) -> Definition:
        kept = documents.get(self.ws.store, surveys.PUBLISHED, self.survey.name, self.survey.version)
        return definition.read(kept.content)

    @cached_property
    def _spoken(self) -> frozenset[str]:
        return spoken(self._document)

    @cached_property
    def _address(self) -> str:
        return f"{self.ws.settings.server.address.rstrip('/')}/s/i/"

    def _shared(self, language: str) -> dict[str, Any]:
        document, mail = self._document, self.settings.mail
        title = in_language(document.title, language, document.own_language) or self.survey.title
        return {
            "title": title,
            "question": _first(document, language) if mail.inside else None,
            "subject": dict(mail.subject),
            "text": dict(mail.text),
            "sender": mail.sender,
            "reply_to": mail.reply_to,
            "accent": self.settings.theme.accent,
        }


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _first(document: Definition, language: str) -> Mapping[str, Any] | None:
    """The first question as plain data; None where one tap cannot answer it, or it is not always the first."""
    first = next((each for each in document.questions if isinstance(each, Asking)), None)
    if first is None or first.visible_if is not None or not first.visible:
        return None
    own = document.own_language

    def words(text: Any) -> str:
        return in_language(text, language, own)

    asked = {"name": first.name, "text": words(first.title) or first.name}
    if isinstance(first, Rating):
        kind = {"stars": "stars", "smileys": "smileys"}.get(first.rate_type, "numbers")
        kind = "nps" if first.metric is not None and str(first.metric) == "nps" else kind
        ends = {"lowest": words(first.min_rate_description), "highest": words(first.max_rate_description)}
        return {**asked, **ends, "type": kind, "values": list(first.scale)}
    if isinstance(first, YesNo):
        return None
    if isinstance(first, RadioGroup) and len(first.choices) <= _MOST_CHOICES:
        return {**asked, "type": "choices", "values": [_choice(each, words) for each in first.choices]}
    return None


def _choice(choice: Any, words: Any) -> dict[str, Any]:
    if isinstance(choice, str | int | float | bool):
        return {"value": choice, "text": str(choice)}
    return {"value": choice.value, "text": words(choice.text) or str(choice.value)}
