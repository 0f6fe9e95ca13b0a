"""How a customer wants to be written to: what the log says, and what was said a moment ago."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cxloop.store.messages import preferences, suppressions
from cxloop.store.messages.preferences import Said
from cxloop.unify.privacy.preferences import preferences_of

if TYPE_CHECKING:
    from tests.unify.privacy.conftest import Desk

MAY_1 = datetime(2026, 3, 1)


def allowed(ws: Desk) -> dict[str, bool]:
    return {each.purpose: each.allowed for each in preferences_of(ws, "anna").purposes}


def test_a_no_on_the_public_page_counts_before_the_log_has_it(ws: Desk) -> None:
    ws.happens("anna", MAY_1, consents=[["news", None, True]])
    before = allowed(ws)["news"]
    key = preferences_of(ws, "anna").customer_id

    preferences.say(ws.store, [Said(key, "news", None, False, "unsubscribe link", ws.now())])

    assert (before, allowed(ws)["news"]) == (True, False)


def test_the_way_that_was_chosen_last_is_shown_and_the_longest_pause(ws: Desk) -> None:
    ws.happens("anna", MAY_1)
    key = preferences_of(ws, "anna").customer_id
    until = ws.now() + timedelta(days=30)
    preferences.save(ws.store, key, channel="sms", language="de", paused_until=until)

    found = preferences_of(ws, "anna")

    assert (found.channel, found.language, found.paused_until) == ("sms", "de", until)
    assert str(found).endswith(f"by sms. Paused until {until:%d.%m.%Y}.")


def test_addresses_are_masked_and_say_whether_anything_is_sent_there(ws: Desk) -> None:
    from cxloop.unify.privacy.preferences import masked

    ws.happens("anna", MAY_1)
    suppressions.add(ws.store, "email", "anna@example.org", "bounced")

    shown = {(each.address, each.suppressed) for each in preferences_of(ws, "anna").reached if each.channel == "email"}
    assert shown <= {(masked("anna@example.org"), "bounced")}
    assert "anna@" not in str(preferences_of(ws, "anna").to_dict())
