"""May a customer's data be used? Examples from the regulation, and properties over random histories."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.config import Purpose
from cxloop.core.errors import InputError
from cxloop.outreach.consent import History, Statement, may

NEWS = Purpose(name="newsletter", expires="2y", aliases=("marketing",))
DAY = datetime(2026, 1, 1)


def said(
    granted: bool, day: int = 0, channel: str | None = None, *, known: int | None = None, **more: object
) -> Statement:
    at = DAY + timedelta(days=day)
    late = at if known is None else DAY + timedelta(days=known)
    return Statement("newsletter", granted, at, late, channel, **more)  # type: ignore[arg-type]


def allowed(*statements: Statement, channel: str | None = "email", day: int = 100, purpose: Purpose = NEWS) -> bool:
    return may(History([purpose], statements), purpose.name, channel, DAY + timedelta(days=day)).allowed


def test_without_a_statement_only_a_basis_other_than_consent_allows() -> None:
    assert not allowed()
    assert allowed(purpose=Purpose(name="newsletter", basis="legitimate interest"))


def test_a_yes_holds_until_it_is_withdrawn() -> None:
    assert allowed(said(True))
    assert not allowed(said(True), said(False, 1))
    assert allowed(said(True), said(False, 1), said(True, 2))


def test_the_refusal_counts_of_two_at_the_same_moment() -> None:
    assert not allowed(said(False), said(True))
    assert not allowed(said(True), said(False))
    assert not allowed(said(False), said(True, channel="email"))


def test_a_consent_ends_after_the_term_of_its_purpose_to_the_day() -> None:
    yes = Statement("newsletter", True, datetime(2024, 2, 29), datetime(2024, 2, 29))

    assert may(History([NEWS], [yes]), "newsletter", None, datetime(2026, 2, 27)).expires == datetime(2026, 2, 28)
    late = may(History([NEWS], [yes]), "newsletter", None, datetime(2026, 2, 28))
    assert (late.allowed, late.because) == (False, "The consent has expired on 28 Feb 2026.")


def test_the_earlier_of_two_ends_counts() -> None:
    short = said(True, expires_at=DAY + timedelta(days=10))

    assert allowed(short, day=9)
    assert not allowed(short, day=10)


def test_a_refusal_does_not_end_and_stands_when_a_later_yes_has_ended() -> None:
    objects = Purpose(name="newsletter", basis="legitimate interest", expires="30d")

    assert not allowed(said(False), day=3000, purpose=objects)
    assert not allowed(said(False), said(True, 1), day=3000, purpose=objects)


def test_a_word_about_one_channel_goes_before_one_about_all() -> None:
    assert not allowed(said(False, 0, "email"), said(True, 1))
    assert allowed(said(False, 0, "email"), said(True, 1), channel="phone")
    assert allowed(said(False, 0), said(True, 1, "email"))
    assert not allowed(said(False, 0), said(True, 1, "email"), channel="phone")


def test_a_later_no_to_everything_ends_the_yes_to_a_channel() -> None:
    assert not allowed(said(True, 0, "email"), said(False, 1))


def test_a_refusal_is_not_heard_where_a_contract_or_the_law_is_the_basis() -> None:
    for basis in ("contract", "legal obligation", "vital interest"):
        invoices = Purpose(name="newsletter", basis=basis)
        verdict = may(History([invoices], [said(False)]), "newsletter", "email", DAY + timedelta(days=1))
        assert (verdict.allowed, basis in verdict.because) == (True, True)


def test_a_channel_that_the_purpose_is_not_for_is_refused_whatever_was_said() -> None:
    mails = Purpose(name="newsletter", channels=("email",), basis="contract")

    assert not allowed(said(True), channel="phone", purpose=mails)


def test_what_was_not_known_yet_did_not_count_yet() -> None:
    late = said(False, 10, known=50)

    assert allowed(said(True), late, day=49)
    assert not allowed(said(True), late, day=50)


def test_a_statement_under_another_name_of_the_purpose_counts() -> None:
    yes = Statement("marketing", True, DAY, DAY)

    assert may(History([NEWS], [yes]), "newsletter", None, DAY).allowed
    assert may(History([NEWS], [yes]), "marketing", None, DAY).allowed


@pytest.mark.parametrize("purposes", [[], [NEWS]])
def test_a_purpose_that_nobody_declared_is_an_error_that_says_what_to_do(purposes: list[Purpose]) -> None:
    with pytest.raises(InputError, match="newsletters") as failure:
        may(History(purposes), "newsletters", None, DAY)
    assert "newsletter" in failure.value.message.replace("newsletters", "") or "[[purpose]]" in failure.value.message


def test_the_history_tells_a_no_after_a_yes_from_a_first_no() -> None:
    told = [said(False, 0, "email"), said(True, 1), said(False, 2, "email"), said(True, 3, expires_at=DAY)]

    assert [status for _, status in History([NEWS], told).statuses(NEWS, DAY + timedelta(days=9))] == [
        "denied",
        "granted",
        "withdrawn",
        "expired",
    ]


STATEMENTS = st.lists(
    st.builds(
        said,
        st.booleans(),
        st.integers(0, 30),
        st.sampled_from([None, "email", "phone"]),
        known=st.none() | st.integers(0, 60),
        expires_at=st.none() | st.integers(0, 60).map(lambda day: DAY + timedelta(days=day)),
        key_id=st.integers(1, 3),
    ),
    max_size=8,
)
CHANNELS = st.sampled_from([None, "email", "phone"])
PURPOSES = st.sampled_from([NEWS, Purpose(name="newsletter"), Purpose(name="newsletter", expires="5d")])


@given(STATEMENTS, CHANNELS, st.integers(0, 60), st.randoms(), PURPOSES)
def test_the_order_of_statements_and_the_key_that_made_them_do_not_matter(
    statements: list[Statement], channel: str | None, day: int, chance: object, purpose: Purpose
) -> None:
    mixed = list(statements)
    chance.shuffle(mixed)  # type: ignore[attr-defined]

    assert allowed(*mixed, channel=channel, day=day, purpose=purpose) == allowed(
        *statements, channel=channel, day=day, purpose=purpose
    )


@given(STATEMENTS, CHANNELS, st.integers(0, 60), PURPOSES)
def test_no_older_yes_outvotes_a_later_no_of_any_key(
    statements: list[Statement], channel: str | None, day: int, purpose: Purpose
) -> None:
    no = said(False, 31)

    assert not allowed(*statements, no, channel=channel, day=31 + day, purpose=purpose)


@given(STATEMENTS, CHANNELS, st.integers(0, 60), PURPOSES)
def test_another_no_never_opens_what_was_closed(
    statements: list[Statement], channel: str | None, day: int, purpose: Purpose
) -> None:
    before = allowed(*statements, channel=channel, day=day, purpose=purpose)
    for at in (0, 15, 30):
        after = allowed(*statements, said(False, at), channel=channel, day=day, purpose=purpose)
        assert before or not after


@given(STATEMENTS, CHANNELS, st.integers(0, 60), PURPOSES)
def test_whatever_is_allowed_by_consent_has_a_yes_that_has_not_ended(
    statements: list[Statement], channel: str | None, day: int, purpose: Purpose
) -> None:
    at = DAY + timedelta(days=day)
    verdict = may(History([purpose], statements), "newsletter", channel, at)

    if verdict.allowed:
        assert verdict.since is not None
        assert verdict.since <= at
        assert verdict.expires is None or verdict.expires > at
        assert any(each.granted and each.occurred_at == verdict.since for each in statements)


@given(STATEMENTS, STATEMENTS, CHANNELS, PURPOSES)
def test_a_merge_allows_nothing_that_neither_of_the_two_allowed(
    mine: list[Statement], theirs: list[Statement], channel: str | None, purpose: Purpose
) -> None:
    merged = allowed(*mine, *theirs, channel=channel, day=40, purpose=purpose)
    apart = [allowed(*each, channel=channel, day=40, purpose=purpose) for each in (mine, theirs)]

    assert any(apart) or not merged
