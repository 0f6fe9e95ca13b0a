"""What pages and the store say to each other about signing in: shapes, and the contract of the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cxloop.core.errors import AccessDeniedError
from cxloop.core.host import Actor, Limits, Role

__all__ = [
    "Accounts",
    "Browser",
    "Departure",
    "Enrolment",
    "Entrance",
    "Identity",
    "OpenSession",
    "Profile",
    "Provider",
    "ThrottledError",
]


class ThrottledError(AccessDeniedError):
    """Too many attempts; says when the next one is looked at."""

    code = "throttled"
    seconds = 60

    def __init__(self, message: str, seconds: int = 60) -> None:
        super().__init__(message)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a request comes from, as far as throttling and a list of sessions need to know.

    Attributes:
        address: the network address of the client.
        agent: what the browser calls itself.
    """

    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Entrance:
    """The first step of signing in: a session where that was all, else what the second step has to bring along.

    Attributes:
        session: the secret of the new session.
        challenge: short-lived proof that the first step succeeded; a second factor is still to come.
    """

    session: str | None = None
    challenge: str | None = None


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a browser is sent to sign in elsewhere, and what it has to bring back (kept in a cookie)."""

    address: str
    state: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One's own account, as its page shows it."""

    account_id: int
    name: str
    email: str | None
    role: Role
    limits: Limits = ()
    has_password: bool = False
    has_second_factor: bool = False
    recovery_codes_left: int = 0


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser that is signed in.

    Attributes:
        session_id: its number.
        started_at: UTC without zone, like the others.
        seen_at: when it last asked for something.
        address: from where, truncated.
        agent: what the browser calls itself.
        current: whether it is the one that asks.
    """

    session_id: int
    started_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str = ""
    agent: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A second factor that is being set up: the secret to type, and the address that a QR code holds."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a provider says somebody is.

    Attributes:
        issuer: the provider.
        subject: its own name for the account, which never changes.
        email: the e-mail address; only where the provider says that it has checked it.
        name: what to call the person.
    """

    issuer: str
    subject: str
    email: str | None
    name: str


class Provider(Protocol):
    """Somebody else who knows people: an OpenID Connect provider."""

    @property
    def name(self) -> str:
        """What people call it."""

    def depart(self, callback: str) -> tuple[str, str]:
        """Returns where to send the browser, and what to remember until it comes back to `callback`."""

    def arrive(self, remembered: str, answer: str) -> Identity:
        """Returns who came back; raises AccessDeniedError where the answer proves nothing.

        Args:
            remembered: what `depart` gave.
            answer: the whole address with which the browser came back.
        """


class Accounts(Protocol):
    """What the pages need of the store. Sessions are secrets that only the browser keeps.

    Every method raises AccessDeniedError where the proof is wrong (ThrottledError after too many attempts) and
    InputError where a value cannot be used; its message is shown as it is.
    """

    @property
    def provider(self) -> str | None:
        """What the OIDC provider is called, such as "Google"; None where none is configured."""

    def sign_in(self, token: str, browser: Browser = ...) -> Entrance:
        """Redeems a sign-in link."""

    def sign_in_with_password(self, email: str, password: str, browser: Browser = ...) -> Entrance:
        """Checks address and password."""

    def confirm(self, challenge: str, code: str, browser: Browser = ...) -> str:
        """Checks the second factor, or a recovery code, and returns a new session's secret."""

    def depart(self, callback: str) -> Departure:
        """Begins a sign-in with the provider, which will send the browser back to `callback`."""

    def arrive(self, state: str, answer: str, browser: Browser = ...) -> Entrance:
        """Ends a sign-in with the provider.

        Args:
            state: what `depart` gave, from the cookie.
            answer: the whole address with which the provider sent the browser back.
            browser: where it comes from.
        """

    def actor_of_session(self, session: str) -> Actor | None:
        """Returns whose session it is, or None."""

    def renew(self, session: str) -> str | None:
        """Returns a new secret for the session's cookie where the time has come: after a day, or a new password.

        The former secret works on until the browser first shows the new one, and a minute longer.
        """

    def form_key(self, session: str) -> str:
        """Returns what the tokens of this session's forms are made with; it outlives a renewed secret."""

    def sign_out(self, session: str) -> None:
        """Ends a session."""

    def profile(self, session: str) -> Profile:
        """Returns the account of whoever asks."""

    def rename(self, session: str, *, name: str, email: str | None) -> None:
        """Changes one's own name and e-mail address."""

    def set_password(self, session: str, password: str, *, former: str | None = None) -> None:
        """Gives oneself a password; where there is one already, `former` has to be it. Ends the other sessions."""

    def begin_second_factor(self, session: str) -> Enrolment:
        """Makes a secret for an authenticator; asked again before it is confirmed, it is the same one."""

    def confirm_second_factor(self, session: str, code: str) -> tuple[str, ...]:
        """Turns the second factor on with a first code of it; returns the recovery codes, this once."""

    def remove_second_factor(self, session: str, code: str) -> None:
        """Turns it off again; asks for a code once more."""

    def sessions(self, session: str) -> tuple[OpenSession, ...]:
        """Returns one's own sessions, the present one first, then the latest first."""

    def end_session(self, session: str, session_id: int) -> None:
        """Ends one of one's own sessions."""

    def end_other_sessions(self, session: str) -> int:
        """Ends all of one's own sessions but the present one; returns how many."""
