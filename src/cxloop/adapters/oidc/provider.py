"""A provider of identities, after OpenID Connect Core 1.0: the code flow with PKCE, state and nonce.

Nothing that comes back is believed before it is proved: the state by what the browser was given, the code by the
provider itself, the token by the provider's signature, its issuer, audience, times and nonce.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from cxloop.adapters.oidc.discovery import Discovery, Unreachable
from cxloop.core.accounts import Identity
from cxloop.core.config import Oidc
from cxloop.core.errors import AccessDeniedError

if TYPE_CHECKING:
    from joserfc.jwt import Claims

__all__ = ["OidcProvider"]

SCOPE = "openid email profile"
LEEWAY_SECONDS = 60
"""How far the provider's clock may be from ours."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures that only the provider can make; what a shared secret signs, everybody who knows it could."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What a sign-in under way has to come back with."""

    state: str
    nonce: str
    verifier: str
    callback: str


class OidcProvider:
    """One provider. Threads may share it."""

    def __init__(self, settings: Oidc, client_secret: str, *, now: Callable[[], float] = time.time) -> None:
        """Asks nothing yet.

        Args:
            settings: [sign_in.oidc] of cxloop.toml.
            client_secret: in clear; empty for a public client.
            now: seconds since 1970.
        """
        self._settings = settings
        self._secret = client_secret
        self._now = now
        self._discovery = Discovery(settings.issuer, now)

    @property
    def name(self) -> str:
        """What people call it."""
        return self._settings.label

    def depart(self, callback: str) -> tuple[str, str]:
        """Returns where to send the browser, and what to remember until it comes back to `callback`."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        kept = _Remembered(state, nonce, verifier, callback)
        address: str = prepare_grant_uri(
            self._reached("authorization_endpoint"),
            client_id=self._settings.client_id,
            response_type="code",
            redirect_uri=callback,
            scope=SCOPE,
            state=kept.state,
            nonce=kept.nonce,
            code_challenge=create_s256_code_challenge(kept.verifier),
            code_challenge_method="S256",
        )
        return address, json.dumps([kept.state, kept.nonce, kept.verifier, kept.callback])

    def arrive(self, remembered: str, answer: str) -> Identity:
        """Returns who came back; raises AccessDeniedError where the answer proves nothing."""
        kept = _Remembered(*json.loads(remembered))
        code = self._code(kept, answer)
        tokens = self._tokens(kept, code)
        claims = self._claims(str(tokens.get("id_token", "")), kept.nonce)
        return self._identity({**self._told(tokens, claims), **claims})

    def _reached(self, endpoint: str) -> str:
        try:
            return self._discovery.endpoint(endpoint)
        except Unreachable as failure:
            raise self._down(failure) from None

    def _down(self, failure: Unreachable) -> AccessDeniedError:
        return AccessDeniedError(
            f"{self.name} cannot be reached at the moment ({failure}). Try again later, or sign in another way."
        )

    def _refused(self, why: str) -> AccessDeniedError:
        return AccessDeniedError(f"What {self.name} answered proves nothing: {why}. Sign in once more.")

    def _code(self, kept: _Remembered, answer: str) -> str:
        given = {name: values[0] for name, values in parse_qs(urlsplit(answer).query).items()}
        if not secrets.compare_digest(given.get("state", "").encode(), kept.state.encode()):
            raise self._refused("it belongs to another attempt to sign in")
        # RFC 9207: a provider that says who it is cannot be mistaken for another
        if given.get("iss", self._settings.issuer) != self._settings.issuer:
            raise self._refused("it comes from another provider")
        if "error" in given:
            raise AccessDeniedError(f"{self.name} did not let you in ({given['error'][:60]}).")
        if "code" not in given:
            raise self._refused("it has no code")
        return given["code"]

    def _tokens(self, kept: _Remembered, code: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": kept.callback,
            "code_verifier": kept.verifier,
        }
        try:
            return self._discovery.exchange(form, self._settings.client_id, self._secret)
        except Unreachable as failure:
            raise self._down(failure) from None
        except ValueError as failure:
            raise self._refused(str(failure)) from None

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """Returns what a token says, once everything about it is proved."""
        from joserfc.errors import JoseError
        from joserfc.jwt import JWTClaimsRegistry

        required = JWTClaimsRegistry(
            now=lambda: int(self._now()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = self._signed(token)
            required.validate(claims)
        except Unreachable as failure:
            raise self._down(failure) from None
        except (JoseError, ValueError, KeyError) as failure:
            raise self._refused(f"its token is not valid ({type(failure).__name__})") from None
        # with several audiences it has to be made out to us (Core 3.1.3.7, 4 and 5)
        shared = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", "" if shared else self._settings.client_id) != self._settings.client_id:
            raise self._refused("its token was made out to somebody else")
        return dict(claims)

    def _signed(self, token: str) -> Claims:
        """Returns the claims of a token that the provider has signed; asks once more for keys it does not know."""
        from joserfc import jwt
        from joserfc.errors import BadSignatureError, InvalidKeyIdError
        from joserfc.jwk import KeySet

        for fresh in (False, True):
            keys = KeySet.import_key_set(self._discovery.keys(fresh=fresh))  # type: ignore[arg-type]
            try:
                return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
            except (InvalidKeyIdError, BadSignatureError, ValueError):
                if fresh:
                    raise
        raise AssertionError("one of the two attempts has ended it")

    def _told(self, tokens: Mapping[str, Any], claims: Mapping[str, Any]) -> Mapping[str, Any]:
        """Returns what the provider says of the person beside the token: many put the address there only."""
        if "email" in claims or "access_token" not in tokens:
            return {}
        try:
            told = self._discovery.userinfo(str(tokens["access_token"]))
        except Unreachable as failure:
            raise self._down(failure) from None
        # of somebody else's, nothing is believed (Core 5.3.2)
        return told if told.get("sub") == claims["sub"] else {}

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        email = claims.get("email")
        checked = claims.get("email_verified") in (True, "true")
        return Identity(
            issuer=self._settings.issuer,
            subject=str(claims["sub"]),
            email=str(email) if email and checked else None,
            name=str(claims.get("name") or claims.get("preferred_username") or ""),
        )
