"""Signatures of webhooks against worked examples of the senders' own documentation, and against every single change."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.collect.connectors.webhook.signatures import SCHEMES, Scheme, Signed, check

NOW = 1_614_265_330.0
BODY = b'{"test": 2432232314}'


def hexed(secret: bytes, content: bytes) -> str:
    return hmac.new(secret, content, hashlib.sha256).hexdigest()


def based(secret: bytes, content: bytes) -> str:
    return base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()


def test_standard_webhooks_own_example_is_genuine() -> None:
    # the worked example of the Standard Webhooks specification and its libraries' tests
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert check("standard", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Signed(headers, BODY, NOW)) is None


def test_githubs_own_example_is_genuine() -> None:
    # "Validating webhook deliveries" of GitHub's documentation
    headers = {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
    assert check("hmac", "It's a Secret to Everybody", Signed(headers, b"Hello, World!", NOW)) is None


def test_another_header_and_base64_are_read_as_shopify_sends_them() -> None:
    headers = {"x-shopify-hmac-sha256": based(b"hush hush hush hush", BODY)}

    assert check("hmac", "hush hush hush hush", Signed(headers, BODY, NOW, "X-Shopify-Hmac-SHA256")) is None


def test_stripes_header_may_carry_several_signatures() -> None:
    good = hexed(b"whsec_test", b"1614265330." + BODY)
    headers = {"stripe-signature": f"t=1614265330,v1={'0' * 64},v1={good},v0=abc"}

    assert check("stripe", "whsec_test", Signed(headers, BODY, NOW)) is None


def test_zendesk_signs_its_timestamp_and_the_body_without_a_sign_between() -> None:
    stamp = "2021-02-25T15:02:10Z"
    headers = {
        "x-zendesk-webhook-signature": based(b"dGhpcyBpcw==", stamp.encode() + BODY),
        "x-zendesk-webhook-signature-timestamp": stamp,
    }

    assert check("zendesk", "dGhpcyBpcw==", Signed(headers, BODY, NOW)) is None


@pytest.mark.parametrize(("header", "value"), [(None, "Bearer tok-en-tok-en"), ("X-Token", "tok-en-tok-en")])
def test_a_shared_secret_comes_as_bearer_token_or_in_a_header(header: str | None, value: str) -> None:
    headers = {(header or "authorization").lower(): value}

    assert check("secret", "tok-en-tok-en", Signed(headers, BODY, NOW, header)) is None


GENUINE: dict[Scheme, dict[str, str]] = {
    "standard": {
        "webhook-id": "m1",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1," + based(b"0123456789abcdef", b"m1.1614265330." + BODY),
    },
    "hmac": {"x-hub-signature-256": "sha256=" + hexed(b"0123456789abcdef", BODY)},
    "stripe": {"stripe-signature": "t=1614265330,v1=" + hexed(b"0123456789abcdef", b"1614265330." + BODY)},
    "zendesk": {
        "x-zendesk-webhook-signature": based(b"0123456789abcdef", b"2021-02-25T15:02:10Z" + BODY),
        "x-zendesk-webhook-signature-timestamp": "2021-02-25T15:02:10Z",
    },
    "secret": {"authorization": "Bearer 0123456789abcdef"},
}
SECRETS: dict[Scheme, str] = dict.fromkeys(GENUINE, "0123456789abcdef") | {
    "standard": base64.b64encode(b"0123456789abcdef").decode()
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_scheme_takes_the_genuine_and_refuses_another_secret_or_none(scheme: Scheme) -> None:
    request = Signed(GENUINE[scheme], BODY, NOW)

    assert check(scheme, SECRETS[scheme], request) is None
    assert check(scheme, "another secret, as long", request) is not None
    assert check(scheme, SECRETS[scheme], Signed({}, BODY, NOW)) is not None


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if scheme != "secret"])
def test_a_changed_body_is_refused(scheme: Scheme) -> None:
    assert check(scheme, SECRETS[scheme], Signed(GENUINE[scheme], BODY + b" ", NOW)) is not None


@pytest.mark.parametrize("scheme", ["standard", "stripe", "zendesk"])
@pytest.mark.parametrize("seconds", [-301, 301, 10_000_000])
def test_an_old_or_future_delivery_is_refused_as_a_replay(scheme: Scheme, seconds: float) -> None:
    request = Signed(GENUINE[scheme], BODY, NOW + seconds)

    assert "time" in str(check(scheme, SECRETS[scheme], request))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_reason_tells_the_secret_or_the_right_signature(scheme: Scheme) -> None:
    wrong = {name: value[:-4] + "AAAA" for name, value in GENUINE[scheme].items()}

    reason = str(check(scheme, SECRETS[scheme], Signed(wrong, BODY, NOW)))

    assert not any(value in reason for value in [*GENUINE[scheme].values(), SECRETS[scheme]])


@given(
    scheme=st.sampled_from(sorted(SCHEMES)),
    value=st.text(max_size=200),
    body=st.binary(max_size=50),
)
def test_headers_that_strangers_make_up_are_refused_and_break_nothing(scheme: Scheme, value: str, body: bytes) -> None:
    headers = dict.fromkeys(GENUINE[scheme], value)

    assert check(scheme, SECRETS[scheme], Signed(headers, body, time.time())) is not None
