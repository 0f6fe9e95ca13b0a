"""The respondents' pages as an ASGI app. A GET records nothing; a POST is answered when it is on the disk."""

from __future__ import annotations

import gzip
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from cxloop.collect.groups import Groups
from cxloop.collect.http.answers import Answer, RefusalError, send_answer
from cxloop.collect.surveys.definition import write
from cxloop.collect.surveys.definition.questions import File
from cxloop.collect.surveys.flow import run
from cxloop.collect.surveys.pages import telling
from cxloop.collect.surveys.pages.answering import (
    COMMON,
    SHORTLY,
    milliseconds,
    moved,
    plain,
    policy,
    proposed,
    without_body,
)
from cxloop.collect.surveys.pages.common import AT, TOKEN, Commons, filled
from cxloop.collect.surveys.pages.files import Files
from cxloop.collect.surveys.pages.forms import (
    MOST_FORM_BYTES,
    MOST_UPLOAD_BYTES,
    UnreadableFormError,
    read_form,
    sent_page,
)
from cxloop.collect.surveys.pages.rendering import Screen, Told, draw, tell
from cxloop.collect.surveys.pages.request import Receive, Request, Scope, Send
from cxloop.collect.surveys.pages.shelf import Shelf, Shelved
from cxloop.collect.surveys.pages.visits import OURS, Keys, Visit, Visits
from cxloop.collect.surveys.pages.words import SPOKEN, message, words
from cxloop.collect.surveys.qr import svg
from cxloop.collect.surveys.quality import Flag
from cxloop.collect.surveys.responding.taking import Live, Outcome, current_page, opened, refusal, take
from cxloop.collect.surveys.responding.values import digest
from cxloop.core.errors import CxloopError
from cxloop.core.time import parse_duration
from cxloop.outreach.links import LinkError
from cxloop.store.base import Store
from cxloop.store.surveys.responses import Writing, together

__all__ = ["PATHS", "Respondents"]

PATHS = ("/s/", "/q/")
"""Where the pages are."""
SURVEY = re.compile(r"/s/(?P<survey>[a-z0-9][a-z0-9-]{0,79})")
RESPONSE = re.compile(
    rf"{SURVEY.pattern}/r/(?P<token>[A-Za-z0-9_.-]{{1,200}})(/(?P<place>[0-9]{{1,3}}|end|later|opened))?"
)
INVITATION = re.compile(r"/s/i/(?P<token>[A-Za-z0-9_.-]{1,200})")
SHORT = re.compile(r"/q/(?P<code>[A-Za-z0-9]{1,40})(?P<svg>\.svg)?")
LARGE = 14_000
"""Bytes of a page from which on it is packed: with its files, a smaller one is far below what a visit may transfer."""
A_YEAR = 31_536_000
Other = Callable[[Request], Awaitable[Answer | None]]


@dataclass
class Respondents:
    """The app.

    Attributes:
        store: of the workspace.
        files: style sheet and scripts.
        proxies: whose word is taken for the address of somebody.
        secure: whether cookies travel through TLS only.
        public_url: heads addresses that people keep; empty for the one that they are at.
        others: further pages under the same paths, asked first.
        keys: knows the write keys that a site's widget comes with.
    """

    store: Store
    files: Files = field(default_factory=Files)
    proxies: frozenset[str] = frozenset({"127.0.0.1", "::1"})
    secure: bool = False
    public_url: str = ""
    others: tuple[Other, ...] = ()
    keys: Keys | None = None

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.store)
        self.visits = Visits(self.store, self.keys)
        self.commons = Commons(self.store.vault)
        self.groups: Groups[Callable[[Writing], Any], Any] = Groups(
            lambda jobs: together(self.store, jobs), name="responses"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if (common := self.commons.answer(scope)) is not None:
            await send_answer(send, common)
            return
        request = Request(scope, receive, self.proxies)
        try:
            given = await self.answer(request)
        except Exception:
            await send_answer(send, self._told("broken", request))
            raise
        await send_answer(send, given if request.method != "HEAD" else without_body(given))

    async def answer(self, request: Request) -> Answer:
        """Returns the answer to one request."""
        for other in self.others:
            found = await other(request)
            if found is not None:
                return found
        try:
            return await self._routed(request)
        except LinkError as failure:
            return self._told(failure.code, request)
        except RefusalError as failure:
            status = failure.answer.status
            told = self._told("too_large" if status == 413 else "broken", request, most=MOST_FORM_BYTES)
            return Answer(status, told.headers, told.body)
        except UnreadableFormError:
            # it is what was sent that is broken: whoever watches the server is not to be woken by it
            told = self._told("broken", request)
            return Answer(400, told.headers, told.body)
        except CxloopError:
            logging.getLogger(__name__).exception("a page was not answered")
            return self._told("broken", request)

    async def _routed(self, request: Request) -> Answer:
        path = request.path
        reading = request.method in ("GET", "HEAD")
        if path.startswith("/s/-/") and reading:
            return self.files.answer(path.removeprefix("/s/-/"), packed=request.packed) or self._told(
                "unknown", request
            )
        if (found := SHORT.fullmatch(path)) and reading:
            return await self._short(found["code"], found["svg"] is not None, request)
        if (found := INVITATION.fullmatch(path)) and reading:
            return await self._invited(found["token"], request)
        if (found := RESPONSE.fullmatch(path)) and (reading or request.method == "POST"):
            return await self._response(found["survey"], found["token"], found["place"] or "", request)
        if (found := SURVEY.fullmatch(path.rstrip("/"))) and reading:
            return await self._open(found["survey"], request)
        return self._told("unknown", request)

    async def _short(self, code: str, drawn: bool, request: Request) -> Answer:
        link = await self.visits.link(code)
        if link is None:
            return self._told("unknown", request)
        if drawn:
            return plain(200, svg(f"{self._origin(request)}/q/{link.code}").encode(), b"image/svg+xml", SHORTLY)
        if link.expires_at is not None and link.expires_at <= self.store.clock():
            return self._told("expired", request)
        return moved(f"/s/{link.survey}?via={link.code}", 302)

    async def _invited(self, token: str, request: Request) -> Answer:
        invitation, response = await self.visits.of_invitation(token)
        carried = f"?{urlencode(request.query)}" if request.query else ""
        return moved(f"/s/{invitation.survey}/r/{response}{carried}", 302)

    async def _open(self, name: str, request: Request) -> Answer:
        shelved = await self.shelf.find(name)
        if shelved is None:
            return self._told("unknown", request)
        live = shelved.live
        if token := request.cookie(f"cx-{name}") if live.settings.once and "via" not in request.query else "":
            try:
                visit = await self.visits.of_response(live, token, request)
            except LinkError:
                visit = None
            if visit is not None and visit.record is not None:
                return await self._seen(visit, "", request)
        if live.settings.access == "invited":
            return self._told("invited", request, live)
        closed = refusal(live.record, self.store.clock())
        return self._told(closed, request, live) if closed else self._first(shelved, request)

    def _first(self, shelved: Shelved, request: Request) -> Answer:
        """The first page for somebody new: drawn once a second for everybody, where chance has no part in it."""
        visit = self.visits.fresh(shelved.live, request)
        common = not visit.variables and not request.query.keys() - {"lang", "mode"}
        key = (visit.language, visit.mode, tuple(request.query.items()))
        page = shelved.drawn.get(key) if common else None
        if page is None:
            page = self._screen(visit, "", request, token=TOKEN, at=AT).encode()
            if common and "'random'" not in str(write(shelved.live.definition)):
                shelved.drawn[key] = page
        given = self._page(filled(page, visit.token), visit.live, request, b"private, no-cache")
        if key in shelved.drawn and not request.query and len(page) <= LARGE:
            asked = request.headers.get(b"accept-language", b"")
            self.commons.keep(request.path, asked, page, given, self.shelf.fresh_until(visit.live.record.name))
        return given

    async def _response(self, name: str, token: str, place: str, request: Request) -> Answer:
        shelved = await self.shelf.find(name)
        if shelved is None:
            return self._told("unknown", request)
        visit = await self.visits.of_response(shelved.live, token, request)
        if request.method == "POST":
            return await (self._opened(visit, request) if place == "opened" else self._sent(visit, place, request))
        return await self._seen(visit, place, request)

    async def _seen(self, visit: Visit, place: str, request: Request) -> Answer:
        """A page as somebody comes to it: nothing is recorded."""
        record, live = visit.record, visit.live
        if record is not None and record.state in ("finished", "screened"):
            told = telling.the_end(live, record, language=visit.language, now=self._now())
            already = telling.plain("already", visit.language)
            return self._say(told if place == "end" or record.state == "screened" else already, visit, request)
        closed = refusal(live.record, self.store.clock())
        if closed:
            return self._say(telling.plain(closed, visit.language, kept=record is not None), visit, request)
        if record is None and visit.invitation is None and live.settings.access == "invited":
            return self._told("invited", request, live)
        if place == "later" and record is not None:
            return self._later(visit, request)
        page = self._screen(visit, place, request)
        return self._page(page.encode(), live, request)

    def _later(self, visit: Visit, request: Request) -> Answer:
        spoken_words, address = words(visit.language), f"/s/{visit.live.record.name}/r/{visit.token}"
        told = (spoken_words["resume_told"],)
        kept = Told("later", spoken_words["saved"], told, resume=f"{self._origin(request)}{address}", home=address)
        return self._say(kept, visit, request)

    def _screen(
        self,
        visit: Visit,
        place: str,
        request: Request,
        *,
        token: str = "",
        at: str = "",
        outcome: Outcome | None = None,
    ) -> str:
        definition, now = visit.definition, self._now()
        answers = visit.answers(self.store.clock())
        page = self._page_at(visit, place, answers)
        if page is None:
            return tell(
                telling.plain("thanks", visit.language), visit.language, visit.live.settings.theme, self.files.assets
            )
        screen = Screen(
            survey=visit.live.record.name,
            definition=definition,
            settings=visit.live.settings,
            page=page,
            answers=answers,
            language=visit.language,
            seed=visit.seed,
            now=now,
            action=self._address(visit, page, token or visit.token, request),
            at=at or str(milliseconds()),
            revision=visit.record.revision if visit.record else 0,
            mode=visit.mode,
            notice=words(visit.language)["more"] if outcome and outcome.more else "",
            preset=proposed(visit, page, request.query),
            given=outcome.given if outcome else {},
            problems=outcome.problems if outcome else (),
            assets=self.files.assets,
        )
        return draw(screen)

    def _page_at(self, visit: Visit, place: str, answers: Mapping[str, Any]) -> str | None:
        """The page at a place of the document, where somebody has been that far; else the one that comes next."""
        definition, record = visit.definition, visit.record
        shown = [page.name for page in run(definition, answers, now=self._now()).pages]
        here = record.page if record and record.page in shown else None
        if here is None:
            here = current_page(definition, record, now=self._now()) if record else next(iter(shown), None)
        names = [page.name for page in definition.sheets]
        wanted = names[int(place) - 1] if place.isdecimal() and 0 < int(place) <= len(names) else None
        if wanted is None or here is None or wanted == here:
            return here
        been = record is not None and (wanted in record.seconds or names.index(wanted) < names.index(here))
        return wanted if been and wanted in shown else here

    def _address(self, visit: Visit, page: str, token: str, request: Request) -> str:
        """Where a page is sent: its place is in the address, so that a page that went stale is taken for what it is."""
        place = [each.name for each in visit.definition.sheets].index(page) + 1
        carried: dict[str, str] = {}
        if visit.record is None:
            names = OURS | {variable.name for variable in visit.definition.hidden}
            carried = {name: value for name, value in request.query.items() if name in names}
        return f"/s/{visit.live.record.name}/r/{token}/{place}{'?' + urlencode(carried) if carried else ''}"

    async def _opened(self, visit: Visit, request: Request) -> Answer:
        """Notes that a person opened an invitation: only the script of a page that is looked at says so."""
        if visit.invitation is not None and not (request.is_program or request.is_ahead):
            number = visit.invitation.id
            await self.groups.put(lambda desk: opened(desk, number))
        return plain(204, b"", b"text/plain")

    async def _sent(self, visit: Visit, place: str, request: Request) -> Answer:
        definition, live = visit.definition, visit.live
        if visit.record is None and visit.invitation is None and live.settings.access == "invited":
            return self._told("invited", request, live)
        names = [page.name for page in definition.sheets]
        if not place.isdecimal() or not 0 < int(place) <= len(names):
            return self._told("unknown", request, live)
        uploads = any(isinstance(question, File) for question in definition.questions)
        body = await request.body(MOST_UPLOAD_BYTES if uploads else MOST_FORM_BYTES)
        form = read_form(request.headers.get(b"content-type", b"").decode("latin-1"), body)
        sent = sent_page(form, definition, names[int(place) - 1], language="", now_ms=milliseconds())
        if sent.language and sent.language not in live.languages:
            return self._told("unknown", request, live)
        if request.is_program and not request.wants_json:
            marks = (*sent.marks, Flag("bot", "It was sent by a program that says so."))
            sent = replace(sent, marks=marks)
        new = visit.new(request, self._fingerprint(live, request))
        outcome: Outcome = await self.groups.put(lambda desk: take(desk, live, new, sent))
        given = self._became(visit, outcome, sent.move, request)
        return self._remembered(given, visit, outcome)

    def _became(self, visit: Visit, outcome: Outcome, move: str, request: Request) -> Answer:
        """The answer to a page that was sent: a redirect to the next, so that going back sends nothing twice."""
        base = f"/s/{visit.live.record.name}/r/{visit.token}"
        if request.wants_json:
            return self._as_json(visit, outcome, base)
        if outcome.kind in ("finished", "screened", "ended"):
            quota = outcome.quota
            return moved(quota.url if quota and quota.url else f"{base}/end", 303)
        if outcome.kind != "page":
            told = telling.plain(outcome.kind, visit.language, kept=outcome.record is not None)
            return self._say(told, visit, request)
        place = self._place(visit, outcome)
        if outcome.problems or outcome.more:
            again = replace(visit, record=outcome.record)
            page = self._screen(again, place, request, outcome=outcome)
            return self._page(page.encode(), visit.live, request, status=422 if outcome.problems else 200)
        return moved(f"{base}/later" if move == "later" else f"{base}/{place}", 303)

    def _place(self, visit: Visit, outcome: Outcome) -> str:
        record = outcome.record
        definition = visit.live.definition_of(record.version) if record else visit.definition
        names = [page.name for page in definition.sheets]
        return str(names.index(outcome.page) + 1) if outcome.page in names else ""

    def _as_json(self, visit: Visit, outcome: Outcome, base: str) -> Answer:
        """The same for a script: what is wrong, in words, and where to go."""
        record, quota = outcome.record, outcome.quota
        ended = outcome.kind in ("finished", "screened", "ended")
        by_name = visit.definition.by_name
        told = [
            {
                "question": each.question,
                "code": each.code,
                "message": message(
                    each,
                    by_name[each.question],
                    outcome.given.get(each.question),
                    visit.language,
                    visit.definition.own_language,
                ),
            }
            for each in outcome.problems
        ]
        content = {
            "kind": outcome.kind,
            "revision": record.revision if record else 0,
            "problems": told,
            "more": outcome.more,
            "asked": _digests(visit, outcome),
            "next": (quota.url if quota and quota.url else f"{base}/end")
            if ended
            else f"{base}/{self._place(visit, outcome)}",
        }
        return plain(422 if told else 200, msgspec.json.encode(content), b"application/json")

    def _remembered(self, given: Answer, visit: Visit, outcome: Outcome) -> Answer:
        """With a cookie where a survey is answered once by each browser; there is no other."""
        settings, name = visit.live.settings, visit.live.record.name
        apart = visit.invitation is not None or visit.link is not None or visit.mode != "page"
        if not settings.once or apart or outcome.record is None or outcome.record.link is not None:
            return given
        lasting = int(parse_duration(settings.after_answer).total_seconds()) if settings.after_answer else A_YEAR
        secure = "; Secure" if self.secure else ""
        cookie = f"cx-{name}={visit.token}; Path=/s/{name}; Max-Age={lasting}; HttpOnly; SameSite=Lax{secure}"
        return Answer(given.status, (*given.headers, (b"set-cookie", cookie.encode())), given.body)

    def _fingerprint(self, live: Live, request: Request) -> str:
        """What tells two responses of one browser: a digest that nobody can turn back, and that no other survey has."""
        return self.store.vault.digest(f"{live.record.name}\n{request.address}\n{request.agent}")[:32]

    def _page(
        self, page: bytes, live: Live | None, request: Request, kept: bytes = b"no-store", status: int = 200
    ) -> Answer:
        headers = [(b"content-security-policy", policy(live)), *COMMON]
        if len(page) > LARGE and request.packed:
            page = gzip.compress(page, 5)
            headers.append((b"content-encoding", b"gzip"))
        return plain(status, page, b"text/html; charset=utf-8", kept, headers)

    def _say(self, told: Told, visit: Visit, request: Request) -> Answer:
        page = tell(told, visit.language, visit.live.settings.theme, self.files.assets, visit.mode)
        return self._page(page.encode(), visit.live, request, status=telling.STATUS.get(told.code, 200))

    def _told(self, code: str, request: Request, live: Live | None = None, most: float = 0) -> Answer:
        language = request.language(SPOKEN) or "en"
        told = telling.plain(code, language, most=most if code == "too_large" else 0)
        look = live.settings.theme if live else None
        page = tell(told, language, look, self.files.assets)
        return self._page(page.encode(), live, request, status=telling.STATUS.get(code, 200))

    def _origin(self, request: Request) -> str:
        if self.public_url:
            return self.public_url.rstrip("/")
        host = request.headers.get(b"host", b"localhost")[:300].decode("latin-1")
        return f"{request.scope.get('scheme', 'http')}://{quote(host, safe=':[]')}"

    def _now(self) -> Any:
        return self.store.clock().replace(tzinfo=UTC)

    def close(self) -> None:
        """Writes what waits, and ends."""
        self.groups.close()


def _digests(visit: Visit, outcome: Outcome) -> dict[str, str]:
    """What a page that stays where it is has to say of each of its questions when it is sent again."""
    record, structure = outcome.record, visit.definition.structure
    on_page = [node for node in structure.nodes if structure.nodes[node.page].element.name == outcome.page]
    names = [node.element.name for node in on_page if node.element.name in visit.definition.by_name]
    return {name: digest(record.answers, name) for name in names} if record else {}
