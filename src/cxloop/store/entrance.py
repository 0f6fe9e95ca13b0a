"""The way in, as the pages know it (`core.accounts.Accounts`): by link, password or provider, and one's own affairs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cxloop.core.accounts import (
    Browser,
    Departure,
    Enrolment,
    Entrance,
    OpenSession,
    Profile,
    Provider,
    ThrottledError,
)
from cxloop.core.addresses import neighbourhood, truncate_ip
from cxloop.core.config import SignIn
from cxloop.core.errors import AccessDeniedError, CxloopError, InputError, SignInNeededError
from cxloop.core.host import Actor
from cxloop.store import accounts, identities, passwords, second_factor, sessions
from cxloop.store.base import Store
from cxloop.store.limits import limits_from
from cxloop.store.models import Account, Session
from cxloop.store.throttles import ADDRESS, attempt
from cxloop.store.tokens import digest

__all__ = ["Accounts"]

CHALLENGE_LASTS = timedelta(minutes=10)
NOBODY = Browser()
_TOO_LATE = "This took too long, or was begun in another browser. Sign in once more."
APP = "cxloop"


@dataclass(frozen=True)
class Accounts:
    """Signing in and out, and one's own account, with the store's own clock.

    Attributes:
        store: the records.
        settings: [sign_in] of cxloop.toml.
        identities: the provider to sign in with, where one is configured.
        app: what an authenticator calls this workspace.
    """

    store: Store
    settings: SignIn = field(default_factory=lambda: SignIn(idle_days=30, longest_days=30))
    identities: Provider | None = None
    app: str = APP

    @property
    def provider(self) -> str | None:
        """What the OIDC provider is called; None where none is configured."""
        return None if self.identities is None else self.identities.name

    @property
    def _lasting(self) -> sessions.Lasting:
        return sessions.Lasting(timedelta(days=self.settings.idle_days), timedelta(days=self.settings.longest_days))

    def first_owner_link(self) -> str:
        """Returns the token of a new link for the first owner."""
        return accounts.create_first_owner_link(self.store, now=self.store.clock())

    def anybody_signed_in(self) -> bool:
        """Whether anybody has ever signed in; until then a first-run link may be shown anywhere."""
        return sessions.any_session(self.store)

    def sign_in(self, token: str, browser: Browser = NOBODY) -> Entrance:
        """Redeems a sign-in link; raises AccessDeniedError for a stale one."""
        with self._refusals("link", browser), attempt(self.store, f"link {digest(token)}", browser.address):
            secret = accounts.redeem(
                self.store, token, now=self.store.clock(), browser=browser, longest=self._lasting.longest
            )
        found = sessions.standing(self.store, secret, now=self.store.clock(), lasting=self._lasting)
        self._record("account.sign_in", browser, None if found is None else found[1].id, by="link")
        return Entrance(session=secret)

    def sign_in_with_password(self, email: str, password: str, browser: Browser = NOBODY) -> Entrance:
        """Checks address and password; raises AccessDeniedError where one is wrong."""
        with self._refusals("password", browser):
            account = passwords.check_password(self.store, email, password, address=browser.address)
        return self._enter(account, "password", browser)

    def confirm(self, challenge: str, code: str, browser: Browser = NOBODY) -> str:
        """Checks the second factor, or a recovery code, and returns a new session's secret."""
        account, by = self._challenged(challenge)
        with self._refusals("code", browser, account.id):
            second_factor.check(self.store, account.id, code, address=browser.address)
        return self._start(account, f"{by} and code", browser)

    def depart(self, callback: str) -> Departure:
        """Begins a sign-in with the provider, which will send the browser back to `callback`."""
        address, remembered = self._provider().depart(callback)
        return Departure(address, self._sealed("departure", {"remembered": remembered}))

    def arrive(self, state: str, answer: str, browser: Browser = NOBODY) -> Entrance:
        """Ends a sign-in with the provider; raises AccessDeniedError where the answer proves nothing."""
        place = f"provider from {neighbourhood(browser.address)}"
        # strangers could fill the log with it, and have the provider asked without end
        with self._refusals("provider", browser), attempt(self.store, place, browser.address, account=ADDRESS):
            kept = self._opened(state, "departure")
            identity = self._provider().arrive(str(kept["remembered"]), answer)
            account = identities.account_of(self.store, identity, self.settings.oidc)
        return self._enter(account, "provider", browser)

    def actor_of_session(self, session: str) -> Actor | None:
        """Returns whose session it is, or None."""
        return sessions.session_of(self.store, session, now=self.store.clock(), lasting=self._lasting)

    def renew(self, session: str) -> str | None:
        """Returns a new secret for the session's cookie where the time has come."""
        return sessions.renew(self.store, session, now=self.store.clock())

    def form_key(self, session: str) -> str:
        """Returns what the tokens of this session's forms are made with; it outlives a renewed secret."""
        return self._me(session)[0].form_key

    def sign_out(self, session: str) -> None:
        """Ends a session."""
        account_id = sessions.sign_out(self.store, session, now=self.store.clock())
        if account_id is not None:
            self._record("account.sign_out", NOBODY, account_id)

    def profile(self, session: str) -> Profile:
        """Returns the account of whoever asks."""
        _, account = self._me(session)
        return Profile(
            account_id=account.id,
            name=account.name,
            email=account.email,
            role=sessions.actor_of(account).role,
            limits=limits_from(account.limits),
            has_password=passwords.has_password(account),
            has_second_factor=account.totp_confirmed_at is not None,
            recovery_codes_left=second_factor.recovery_codes_left(self.store, account.id),
        )

    def rename(self, session: str, *, name: str, email: str | None) -> None:
        """Changes one's own name and e-mail address."""
        _, account = self._me(session)
        self._require_own_address(account, email)
        accounts.rename(self.store, account.id, name=name, email=email)
        self._record("account.rename", NOBODY, account.id)

    def _require_own_address(self, account: Account, email: str | None) -> None:
        """Where a provider says who people are, nobody takes an address and waits for whom it belongs to."""
        changed = (email or "").strip().casefold() != (account.email or "")
        if changed and self.identities is not None and account.role != "owner":
            raise InputError(
                f"{self.identities.name} knows people by their e-mail address, so only an owner may have another one "
                "here. Ask an owner for a new invitation."
            )

    def set_password(self, session: str, password: str, *, former: str | None = None) -> None:
        """Gives oneself a password; where there is one already, `former` has to be it. Ends the other sessions."""
        own, account = self._me(session)
        if account.password_hash is not None:
            with attempt(self.store, f"former {account.id}", ""):
                if not passwords.verified(account.password_hash, former or ""):
                    raise AccessDeniedError("This is not your present password.")
        passwords.set_password(self.store, account.id, password)
        self._end_others(own, account)
        self._record("account.set_password", NOBODY, account.id)

    def begin_second_factor(self, session: str) -> Enrolment:
        """Makes a secret for an authenticator; asked again before it is confirmed, it is the same one."""
        return second_factor.begin(self.store, self._me(session)[1].id, self.app)

    def confirm_second_factor(self, session: str, code: str) -> tuple[str, ...]:
        """Turns the second factor on with a first code of it; returns the recovery codes, this once."""
        own, account = self._me(session)
        codes = second_factor.confirm(self.store, account.id, code)
        # whoever signed in without it has to do so again
        self._end_others(own, account)
        self._record("account.add_second_factor", NOBODY, account.id)
        return codes

    def remove_second_factor(self, session: str, code: str) -> None:
        """Turns it off again; asks for a code once more."""
        _, account = self._me(session)
        second_factor.remove(self.store, account.id, code)
        self._record("account.remove_second_factor", NOBODY, account.id)

    def sessions(self, session: str) -> tuple[OpenSession, ...]:
        """Returns one's own sessions, the present one first, then the latest first."""
        own, account = self._me(session)
        now = self.store.clock()
        return sessions.open_sessions(self.store, account.id, now=now, lasting=self._lasting, current=own.id)

    def end_session(self, session: str, session_id: int) -> None:
        """Ends one of one's own sessions."""
        _, account = self._me(session)
        with self.store.work() as work:
            sessions.end_sessions(work, account.id, now=self.store.clock(), only=session_id)
        self._record("account.end_session", NOBODY, account.id)

    def end_other_sessions(self, session: str) -> int:
        """Ends all of one's own sessions but the present one; returns how many."""
        ended = self._end_others(*self._me(session))
        self._record("account.end_other_sessions", NOBODY, self._me(session)[1].id)
        return ended

    def _end_others(self, own: Session, account: Account) -> int:
        with self.store.work() as work:
            # a link that waits in a mailbox would get around the new password or second factor
            accounts.end_links(work, account.id, now=self.store.clock())
            sessions.renew_soon(work, account.id)
            return sessions.end_sessions(work, account.id, now=self.store.clock(), but=own.id)

    def _me(self, session: str) -> tuple[Session, Account]:
        found = sessions.standing(self.store, session, now=self.store.clock(), lasting=self._lasting)
        if found is None:
            raise SignInNeededError("Sign in first.")
        return found

    def _provider(self) -> Provider:
        if self.identities is None:
            raise InputError("No provider is configured. Set [sign_in.oidc] in cxloop.toml, or sign in by password.")
        return self.identities

    def _enter(self, account: Account, by: str, browser: Browser) -> Entrance:
        """Starts a session, or asks for the second factor where there is one."""
        if account.totp_confirmed_at is None:
            return Entrance(session=self._start(account, by, browser))
        proof = {"account": account.id, "by": by, "state": _state_of(account)}
        return Entrance(challenge=self._sealed("challenge", proof))

    def _challenged(self, challenge: str) -> tuple[Account, str]:
        proof = self._opened(challenge, "challenge")
        with self.store.read() as work:
            account = work.get(Account, proof["account"])
        if account is None or account.disabled_at is not None or _state_of(account) != proof.get("state"):
            raise AccessDeniedError(_TOO_LATE)
        return account, str(proof["by"])

    def _sealed(self, step: str, kept: dict[str, object]) -> str:
        """Returns what a browser carries to the next step, good for that step only and not for long."""
        until = self._timestamp() + CHALLENGE_LASTS.total_seconds()
        return self.store.vault.seal(json.dumps({**kept, "step": step, "until": until}))

    def _opened(self, sealed: str, step: str) -> dict[str, object]:
        try:
            kept: dict[str, object] = json.loads(self.store.vault.open(sealed))
        except (InputError, ValueError):
            raise AccessDeniedError(_TOO_LATE) from None
        if kept.get("step") != step or float(str(kept["until"])) < self._timestamp():
            raise AccessDeniedError(_TOO_LATE)
        return kept

    def _timestamp(self) -> float:
        now: datetime = self.store.clock()
        return now.replace(tzinfo=UTC).timestamp()

    def _start(self, account: Account, by: str, browser: Browser) -> str:
        now, longest = self.store.clock(), self._lasting.longest
        with self.store.work() as work:
            secret = sessions.start_session(work, account.id, now=now, browser=browser, longest=longest)
        self._record("account.sign_in", browser, account.id, by=by)
        return secret

    @contextmanager
    def _refusals(self, by: str, browser: Browser, account_id: int | None = None) -> Iterator[None]:
        """Writes refused attempts down, known account or not; those that are not looked at would fill the log."""
        try:
            yield
        except ThrottledError:
            raise
        except CxloopError:
            self._record("account.sign_in", browser, account_id, outcome="refused", by=by)
            raise

    def _record(
        self, verb: str, browser: Browser, account_id: int | None, *, outcome: str = "done", **told: str
    ) -> None:
        self.store.audit(
            account_id=account_id, verb=verb, outcome=outcome, arguments=told, address=truncate_ip(browser.address)
        )


def _state_of(account: Account) -> str:
    """Returns what a proof of the first step is tied to: with another password it is worth nothing."""
    return digest(f"{account.password_hash} {account.totp_secret}")
