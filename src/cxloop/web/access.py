"""Who asks, and the one door through which a page reaches anything."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from queue import Empty, Queue
from threading import Thread
from typing import Annotated, Any

from fastapi import Depends, Form, Request

from cxloop.core.accounts import Accounts, Browser
from cxloop.core.addresses import client_of, truncate_ip
from cxloop.core.errors import AccessDeniedError, CxloopError, SignInNeededError, UnknownNameError
from cxloop.core.host import Actor, Host, Snapshot, require
from cxloop.core.verbs import registry

__all__ = [
    "SESSION_COOKIE",
    "Accounts",
    "Checked",
    "Door",
    "Inputs",
    "NotYetError",
    "SignedIn",
    "Visit",
    "accounts_of",
    "browser_of",
    "checked_form",
    "cookie_name",
    "csrf_token",
    "door_of",
    "inputs_of",
    "own_path",
    "session_cookie",
    "visit_of",
]

SESSION_COOKIE = "cxloop_session"
MOST_AGENT = 300
PATIENCE_SECONDS = 2.0
"""So long a page waits for a result that nobody has asked for before; then it says that it is being worked out."""
LOADING_SECONDS = 10.0
"""So long a browser waits for a page that cannot do without a first result; then it asks again by itself."""
_FILE = re.compile(r"/download(/|$)|/pdf$|\.csv$")
"""Addresses of files: whoever asks for one wants that and nothing else."""
_NO_GOAL = ("/signin", "/signout", "/welcome", "/api/", "/static/")
"""What nobody wants to see after signing in."""


@dataclass(frozen=True)
class Visit:
    """A request of somebody who is signed in."""

    actor: Actor
    session: str


class NotYetError(Exception):
    """A page needs a result that is still being worked out; it is kept once it is there."""


class Door:
    """What one visitor can reach: verbs, checked for the right each time. Pages hold a door, never the host."""

    def __init__(self, host: Host, accounts: Accounts, visit: Visit, *, waits: bool = True) -> None:
        """Opens the door.

        Args:
            host: of the workspace.
            accounts: who may sign in.
            visit: who asks.
            waits: whether a first result is waited for until it is there, however long that takes.
        """
        self._host = host
        self._waits = waits
        self._accounts = accounts
        self._visit = visit
        self.settings = host.settings
        self.experience = host.experience

    @property
    def actor(self) -> Actor:
        """Who stands at the door."""
        return self._visit.actor

    @property
    def session(self) -> str:
        """The secret of the visitor's session: by it the accounts know who asks for their own affairs."""
        return self._visit.session

    @cached_property
    def csrf(self) -> str:
        """The token that this visitor's forms carry; it outlives a renewed secret of the session."""
        return csrf_token(self._accounts.form_key(self._visit.session))

    def may(self, path: str) -> bool:
        """Whether the verb exists and this visitor may run it: what they may not see is not offered."""
        try:
            return self.actor.may(registry.get(path))
        except UnknownNameError:
            return False

    def require(self, path: str) -> None:
        """Raises AccessDeniedError where this visitor may not run the verb: for a page that only leads up to it."""
        require(self.actor, registry.get(path))

    def run(self, path: str, arguments: Mapping[str, object]) -> Any:
        """Runs a verb now; raises AccessDeniedError where the right is missing."""
        return self._host.run(path, _given(arguments), actor=self.actor)

    def run_aside(self, path: str, arguments: Mapping[str, object], patience_seconds: float = PATIENCE_SECONDS) -> Any:
        """Runs a verb that may take minutes, and whose outcome is kept elsewhere.

        Returns:
            The result where the verb ends in time, else None: it goes on, and no browser has to wait for it.

        Raises:
            CxloopError: it failed in time.
        """
        self.require(path)
        ended: Queue[Any] = Queue(1)

        def work() -> None:
            try:
                ended.put(self.run(path, arguments))
            except CxloopError as failure:  # kept with what failed, too, for when nobody waits here any longer
                ended.put(failure)

        Thread(target=work, name=path, daemon=True).start()
        try:
            found = ended.get(timeout=patience_seconds)
        except Empty:
            return None
        if isinstance(found, CxloopError):
            raise found
        return found

    def snapshot(self, path: str, arguments: Mapping[str, object]) -> Snapshot:
        """Returns the kept result of a verb.

        Raises:
            AccessDeniedError: the right is missing.
            NotYetError: there is none, and a first one takes longer than a browser should wait for a page.
        """
        if self._waits:
            return self._host.snapshot(path, _given(arguments), actor=self.actor)
        kept = self._host.snapshot_soon(path, _given(arguments), actor=self.actor, patience_seconds=LOADING_SECONDS)
        if kept is None:
            raise NotYetError(path)
        return kept

    def snapshot_soon(self, path: str, arguments: Mapping[str, object]) -> Snapshot | None:
        """Returns the kept result, or a first one that is there within `PATIENCE_SECONDS`; None where it takes longer.

        A page that gets None says that it is being worked out, and asks again.
        """
        given = _given(arguments)
        return self._host.snapshot_soon(path, given, actor=self.actor, patience_seconds=PATIENCE_SECONDS)


def _given(arguments: Mapping[str, object]) -> dict[str, object]:
    """Leaves out what the form left empty, so that the verb's own defaults hold."""
    return {name: value for name, value in arguments.items() if value not in (None, "", (), [])}


def session_cookie(request: Request) -> str:
    """Returns the name of the session's cookie."""
    return cookie_name(request, SESSION_COOKIE)


def cookie_name(request: Request, name: str) -> str:
    """Returns what a cookie that proves something is called.

    Where the app is reached through TLS its name begins with __Host-: browsers then take it from this very host only,
    so that no other site under the same domain can put one of its own in its place.
    """
    host: Host = request.app.state.site.host
    return f"__Host-{name}" if host.settings.server.secure else name


def visit_of(request: Request) -> Visit | None:
    """Returns the visit that the session cookie proves, or None."""
    session = request.cookies.get(session_cookie(request))
    actor = request.app.state.site.accounts.actor_of_session(session) if session else None
    if not session or not actor:
        return None
    return Visit(replace(actor, address=truncate_ip(browser_of(request).address)), session)


def door_of(request: Request) -> Door:
    """Returns the visitor's door; raises SignInNeededError for a stranger."""
    visit = visit_of(request)
    if visit is None:
        raise SignInNeededError("Sign in first.")
    return Door(request.app.state.site.host, accounts_of(request), visit, waits=not _opens_a_page(request))


def _opens_a_page(request: Request) -> bool:
    """Whether a browser goes to an address: it can show a page that asks again, and a program or a download cannot."""
    wants_page = "text/html" in request.headers.get("accept", "")
    return request.method == "GET" and wants_page and not _FILE.search(request.url.path)


SignedIn = Annotated[Door, Depends(door_of)]


def accounts_of(request: Request) -> Accounts:
    """Returns who may sign in and who is: for the pages of one's own account."""
    accounts: Accounts = request.app.state.site.accounts
    return accounts


def browser_of(request: Request) -> Browser:
    """Returns where a request comes from."""
    host: Host = request.app.state.site.host
    peer = request.client.host if request.client else ""
    # a proxy may add a header of its own behind one that the client sent
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    address = client_of(peer, forwarded, host.settings.server.proxies)
    return Browser(address=address, agent=request.headers.get("user-agent", "")[:MOST_AGENT])


def own_path(asked: str) -> str:
    """Returns a path of this app to go on to; whatever could lead elsewhere, or in a circle, becomes the start page.

    Example:
        >>> own_path("/explore?by=channel"), own_path("//evil.example"), own_path("/signin")
        ('/explore?by=channel', '/', '/')
    """
    odd = not asked.startswith("/") or asked.startswith("//") or "\\" in asked or not asked.isprintable()
    return "/" if odd or asked.startswith(_NO_GOAL) else asked


def csrf_token(form_key: str) -> str:
    """Returns the token of a session's forms: another site can neither read it nor compute it."""
    return hmac.new(form_key.encode(), b"form", hashlib.sha256).hexdigest()


def checked_form(door: SignedIn, csrf: Annotated[str, Form()] = "") -> Door:
    """Returns the door for a form that this session's own page sent; raises AccessDeniedError for any other."""
    if not hmac.compare_digest(csrf.encode(), door.csrf.encode()):
        raise AccessDeniedError(
            "This form is out of date or was sent from another page. Go back, reload, and try again."
        )
    return door


async def inputs_of(request: Request) -> dict[str, str]:
    """Returns every input of a form whose names are not known before: files are left out."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Checked = Annotated[Door, Depends(checked_form)]
Inputs = Annotated[dict[str, str], Depends(inputs_of)]
