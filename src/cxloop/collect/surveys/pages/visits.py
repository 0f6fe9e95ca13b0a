"""Who answers: what a link opens, which response belongs to it, and what is stored of that."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Protocol

from cxloop.collect.surveys.definition import Definition
from cxloop.collect.surveys.flow import begin
from cxloop.collect.surveys.pages.request import Request
from cxloop.collect.surveys.responding.taking import Live
from cxloop.outreach.links import LinkError, open_link, sign_link
from cxloop.store.base import Store
from cxloop.store.keys import WriteKey
from cxloop.store.surveys import invitations, responses, short_links
from cxloop.store.surveys.invitations import InvitationRecord
from cxloop.store.surveys.responses import NewResponse, ResponseRecord
from cxloop.store.surveys.short_links import ShortLinkRecord

__all__ = ["Keys", "Visit", "Visits", "new_id", "seed_of"]

OF_INVITATION = re.compile(r"i(?P<invitation>[0-9]{1,18})(-[0-9]{1,6})?")
MODES = frozenset({"page", "widget"})
OURS = frozenset({"lang", "via", "mode", "key", "anonymous"})
"""Names in an address that are no variables of a survey."""
LONGEST_ID = 200


class Keys(Protocol):
    """Recognises write keys."""

    def find(self, secret: str) -> WriteKey | None:
        """Returns the key with this secret, or None."""


@dataclass(frozen=True)
class Visit:
    """Somebody at a survey, with what is stored of it.

    Attributes:
        token: the signed link of the response.
        response_id: its number.
        record: None where nothing is stored yet.
        invitation: who was asked, where a personal link stands behind it.
        link: the short address that it came by.
        variables: what the address says of the survey's hidden variables.
        source: whose anonymous id a site's widget comes with; empty where it comes without one.
        anonymous: that id.
    """

    live: Live
    token: str
    response_id: str
    language: str
    mode: str = "page"
    record: ResponseRecord | None = None
    invitation: InvitationRecord | None = None
    link: ShortLinkRecord | None = None
    variables: Mapping[str, Any] | None = None
    source: str = ""
    anonymous: str = field(default="", repr=False)

    @property
    def definition(self) -> Definition:
        """The version that this response is tied to."""
        return self.live.definition_of(self.record.version) if self.record else self.live.definition

    @property
    def seed(self) -> int:
        """What random orders are drawn from: the same for a response on every page, also before it is stored."""
        return self.record.seed if self.record else seed_of(self.response_id)

    def answers(self, now: datetime) -> Mapping[str, Any]:
        """Returns what is stored, or what the survey starts with."""
        if self.record is not None:
            return self.record.answers
        return begin(self.definition, self.hidden, now=now.replace(tzinfo=UTC)).answers

    @property
    def hidden(self) -> dict[str, Any]:
        """The variables that the invitation, the short address and the address itself give, the former first."""
        names = {variable.name for variable in self.live.definition.hidden}
        given = {**(self.variables or {}), **(self.link.hidden if self.link else {})}
        given |= self.invitation.hidden if self.invitation else {}
        return {name: value for name, value in given.items() if name in names}

    def new(self, request: Request, fingerprint: str) -> NewResponse:
        """Returns the response as it begins."""
        known, link = self.invitation, self.link
        return NewResponse(
            id=self.response_id,
            survey=self.live.record.name,
            version=self.live.record.version or 1,
            mode=self.mode,
            channel=known.channel if known else link.channel if link else "web",
            invitation_id=known.id if known else None,
            link=link.code if link else None,
            key_id=known.key_id if known else None,
            key_namespace=self.source or None,
            key_type="anonymous_id" if self.source else None,
            key_value=self.anonymous or None,
            language=self.language,
            seed=self.seed,
            hidden=self.hidden,
            agent=request.device,
            fingerprint=fingerprint,
        )


def new_id() -> str:
    """Returns the number of a response that nobody was invited to: nobody can guess it."""
    return f"r{secrets.token_urlsafe(12)}"


def seed_of(response_id: str) -> int:
    """Returns what random orders of a response are drawn from, as JavaScript and SQL can hold it."""
    return int.from_bytes(blake2b(response_id.encode(), digest_size=4).digest(), "big")


class Visits:
    """Finds out who answers. Blocking reads are done in threads.

    Args:
        store: of the workspace.
        keys: knows the write keys that a site's widget comes with.
    """

    def __init__(self, store: Store, keys: Keys | None = None) -> None:
        self._store = store
        self._keys = keys

    def fresh(self, live: Live, request: Request) -> Visit:
        """Returns somebody who comes by the open link, and has no response yet."""
        response_id = new_id()
        token = sign_link(self._store.vault, "response", response_id)
        return self._with_address(live, request, token, response_id)

    async def of_response(self, live: Live, token: str, request: Request) -> Visit:
        """Returns who comes back to a response.

        Raises:
            LinkError: the link was not made here, belongs to another survey, or is too old.
        """
        opened = open_link(self._store.vault, token, now=self._store.clock())
        if opened.kind != "response":
            raise LinkError("This link opens something else.", "forged")
        return await asyncio.to_thread(self._stored, live, token, opened.name, request)

    async def of_invitation(self, token: str) -> tuple[InvitationRecord, str]:
        """Returns who was asked by a personal link, and the link of the response that belongs to it.

        Raises:
            LinkError: the link was not made here, or is too old.
        """
        now = self._store.clock()
        opened = open_link(self._store.vault, token, now=now)
        invitation = None
        if opened.kind == "invitation" and opened.name.isdecimal():
            invitation = await asyncio.to_thread(invitations.find, self._store, int(opened.name))
        if invitation is None:
            raise LinkError("This link opens something else.", "forged")
        if invitation.expires_at is not None and invitation.expires_at <= now:
            raise LinkError("This link expired.", "expired")
        name = f"i{invitation.id}"
        if not invitation.single_use:
            newest, count = await asyncio.to_thread(responses.newest_of_invitation, self._store, invitation.id)
            ended = newest is not None and newest.ended
            name = newest.id if newest and not ended else f"{name}-{count + 1}"
        return invitation, sign_link(self._store.vault, "response", name, invitation.expires_at)

    async def link(self, code: str) -> ShortLinkRecord | None:
        """Returns a short address, or None."""
        return await asyncio.to_thread(short_links.find, self._store, code)

    def _stored(self, live: Live, token: str, response_id: str, request: Request) -> Visit:
        record = responses.find(self._store, response_id)
        known = OF_INVITATION.fullmatch(response_id)
        invitation = invitations.find(self._store, int(known["invitation"])) if known else None
        survey = record.survey if record else invitation.survey if invitation else live.record.name
        if survey != live.record.name or (known and invitation is None):
            raise LinkError("This link belongs to another survey.", "forged")
        via = request.query.get("via", "")
        link = short_links.find(self._store, via) if via and record is None else None
        visit = self._with_address(live, request, token, response_id)
        language = record.language if record and record.language else visit.language
        if invitation is not None and record is None and not request.query.get("lang"):
            language = _near(invitation.language, live.languages) or language
        return Visit(
            live,
            token,
            response_id,
            language,
            mode=record.mode if record else visit.mode,
            record=record,
            invitation=invitation,
            link=link if link and link.survey == live.record.name else None,
            variables=visit.variables,
            source=visit.source,
            anonymous=visit.anonymous,
        )

    def _with_address(self, live: Live, request: Request, token: str, response_id: str) -> Visit:
        names = {variable.name for variable in live.definition.hidden}
        mode = request.query.get("mode", "page")
        source, anonymous = self._of_site(request) if mode == "widget" else ("", "")
        return Visit(
            live,
            token,
            response_id,
            request.language(live.languages) or live.definition.own_language,
            mode=mode if mode in MODES else "page",
            variables={name: value for name, value in request.query.items() if name in names and name not in OURS},
            source=source,
            anonymous=anonymous,
        )

    def _of_site(self, request: Request) -> tuple[str, str]:
        """The source and the anonymous id that a site's events come with: the widget says the same of its visitor."""
        secret, anonymous = request.query.get("key", ""), request.query.get("anonymous", "")
        key = self._keys.find(secret) if self._keys and secret and 0 < len(anonymous) <= LONGEST_ID else None
        return (key.source, anonymous) if key else ("", "")


def _near(language: str, there: frozenset[str]) -> str:
    return next((each for each in (language, language.partition("-")[0]) if each in there), "")
