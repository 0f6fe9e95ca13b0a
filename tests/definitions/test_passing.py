"""Dashboards that are passed on: a link that ends and opens one thing, a mail that goes once and never twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.accounts import ThrottledError
from cxloop.core.errors import AccessDeniedError, CxloopError, InputError, NotFoundError
from cxloop.core.host import LOCAL, Actor
from cxloop.definitions.measure import mailing_out
from cxloop.definitions.measure.occasions import Every, last_occasion, next_occasion
from cxloop.outreach.reports import NoReport, digest_of, refuse_report
from cxloop.runtime.folder import Folder
from cxloop.runtime.host import LocalHost
from cxloop.runtime.jobs.reporting import Reporting
from cxloop.runtime.workspace import open_workspace
from cxloop.store import documents
from cxloop.store.messages import messages

BERLIN = ZoneInfo("Europe/Berlin")
SMTP = """
[company]
time_zone = "Europe/Berlin"
[server]
public_url = "https://cx.example"
[outreach.smtp]
host = "127.0.0.1"
port = 9
tls = "none"
sender = "cx@acme.example"
"""
STRANGER = Actor(None, "a shared link", "viewer", address="203.0.113.0")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHost]:
    """Forty answers and a dashboard, in a workspace that can send mail."""
    folder = tmp_path_factory.mktemp("passing") / "acme"
    folder.mkdir(mode=0o700)
    (folder / "cxloop.toml").write_text(SMTP)
    (folder / "experience.toml").touch()
    host = LocalHost(open_workspace(Folder(folder)))
    rows = [
        {
            "message_id": f"n{number}", "source": "shop", "kind": "answer", "metric": "nps",
            "score": float(number % 11), "scale_min": 0.0, "scale_max": 10.0, "channel": "web" if number % 2 else "app",
            "occurred_at": datetime(2026, 5, 1) + timedelta(hours=number),
        }
        for number in range(200)
    ]  # fmt: skip
    host.workspace.engine.admit(pa.Table.from_pylist(rows), now=datetime(2026, 6, 1))
    yield host
    host.close()


@pytest.fixture(autouse=True)
def board(host: LocalHost) -> None:
    """The dashboard, also where a test has deleted it."""
    tiles = [{"verb": "measure.nps"}, {"verb": "measure.nps", "title": "By channel", "arguments": {"by": ["channel"]}}]
    run(host, "save_dashboard", name="mornings", document=json.dumps({"title": "Mornings", "tiles": tiles}))


@pytest.fixture
def at(host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the clock of the workspace."""

    def turned(moment: datetime) -> None:
        monkeypatch.setattr(host, "workspace", replace(host.workspace, now=lambda: moment))
        monkeypatch.setattr(host.workspace.store, "clock", lambda: moment)

    return turned


def run(host: LocalHost, verb: str, actor: Actor = LOCAL, /, **arguments: Any) -> Any:
    """The answer of a verb of measure."""
    return host.run(f"measure.{verb}", arguments, actor=actor)


def token(host: LocalHost, **more: Any) -> str:
    """The last part of the address of a new link."""
    link: str = run(host, "share_dashboard", name="mornings", **more).share.link
    assert link.startswith("https://cx.example/shared/b")
    return link.rpartition("/")[2]


def code(host: LocalHost, link: str) -> str:
    """What opening a link says: open, forged, expired, stopped."""
    try:
        assert run(host, "shared_dashboard", STRANGER, token=link).board.title == "Mornings"
    except CxloopError as failure:
        return failure.code
    return "open"


def mails(host: LocalHost, prefix: str) -> list[str]:
    """To whom messages wait whose `once` begins so."""
    return [each.address for each in messages.some(host.workspace.store, [], 1000) if each.once.startswith(prefix)]


def test_a_link_opens_until_it_ends(host: LocalHost, at: Callable[[datetime], None]) -> None:
    at(datetime(2026, 6, 1, 12))
    link = token(host, days=7)

    at(datetime(2026, 6, 8, 11, 59))
    assert code(host, link) == "open"
    at(datetime(2026, 6, 8, 12))
    assert code(host, link) == "expired"
    assert link not in str(run(host, "shared_dashboards").records())


def test_a_link_that_was_stopped_opens_nothing_and_no_other_is_stopped_with_it(host: LocalHost) -> None:
    first, second = token(host), token(host)
    number = next(row.number for row in run(host, "shared_dashboards").rows if row.link.endswith(first))

    run(host, "stop_sharing", number=number)

    assert (code(host, first), code(host, second)) == ("stopped", "open")
    with pytest.raises(NotFoundError, match=f"There is no link {number}"):
        run(host, "stop_sharing", number=number)


def test_the_link_of_a_dashboard_that_is_gone_says_so(host: LocalHost) -> None:
    link = token(host)

    run(host, "delete_dashboard", name="mornings")

    assert code(host, link) == "stopped"


def test_another_kind_of_link_opens_no_dashboard_and_guessing_is_slowed_down(host: LocalHost) -> None:
    link = token(host)

    assert code(host, "p" + link[1:]) == "forged"
    assert code(host, link[:-1] + ("0" if link[-1] != "0" else "1")) == "forged"
    guesses = [code(host, f"b{guess}.0.{'0' * 24}") for guess in range(30)]
    assert (guesses[0], guesses[-1]) == ("forged", ThrottledError.code)
    assert code(host, link) == "open", "who has a link reads on"


def test_only_who_may_write_sees_links_and_recipients(host: LocalHost) -> None:
    for verb in ("shared_dashboards", "scheduled_dashboards"):
        with pytest.raises(AccessDeniedError):
            run(host, verb, Actor(1, "Agnes", "agent"))


def test_a_mailing_goes_once_on_its_occasion_and_not_before(host: LocalHost, at: Callable[[datetime], None]) -> None:
    at(datetime(2026, 6, 3, 12))  # a Wednesday
    found = run(host, "schedule_dashboard", name="mornings", to="ada@acme.example, bo@acme.example", hour=7).mailing
    job = Reporting(host)
    assert found.next_at == datetime(2026, 6, 8, 5)
    assert str(found.number) not in job.due()

    at(datetime(2026, 6, 8, 5, 1))
    assert str(found.number) in job.due()
    assert job.run(str(found.number)) == "done"
    assert job.run(str(found.number)) == "not due"

    prefix = f"report:mornings:{found.number}-"
    assert sorted(mails(host, prefix)) == ["ada@acme.example", "bo@acme.example"]
    told = next(each for each in messages.some(host.workspace.store, [], 9) if each.once.startswith(prefix)).parameters
    assert [line["title"] for line in told["lines"]] == ["NPS", "By channel"]
    assert "200 answers" in told["lines"][0]["text"]
    assert (host.workspace.path / "reports" / told["file"]).read_bytes().startswith(b"%PDF-")


def test_a_process_that_is_killed_before_it_wrote_down_that_it_is_done_sends_nothing_twice(
    host: LocalHost, at: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    at(datetime(2026, 6, 3, 12))
    number = run(host, "schedule_dashboard", name="mornings", to="cy@acme.example", every="day", hour=9).mailing.number
    at(datetime(2026, 6, 4, 9))
    with monkeypatch.context() as patched:
        patched.setattr(documents, "save", _killed)
        with pytest.raises(KeyboardInterrupt):
            Reporting(host).run(str(number))
    assert mails(host, f"report:mornings:{number}-") == ["cy@acme.example"]

    assert Reporting(host).run(str(number)) == "done"

    assert mails(host, f"report:mornings:{number}-") == ["cy@acme.example"]


def _killed(*_given: object, **_named: object) -> None:
    raise KeyboardInterrupt


def test_of_occasions_that_were_missed_only_the_latest_is_made_up_for(
    host: LocalHost, at: Callable[[datetime], None]
) -> None:
    at(datetime(2026, 6, 3, 12))
    number = run(host, "schedule_dashboard", name="mornings", to="dee@acme.example", every="day").mailing.number
    at(datetime(2026, 6, 20, 12))

    assert Reporting(host).run(str(number)) == "done"

    assert mails(host, f"report:mornings:{number}-") == ["dee@acme.example"]
    assert str(number) not in Reporting(host).due()


def test_what_fails_is_tried_again_and_then_given_up_until_the_next_time(
    host: LocalHost, at: Callable[[datetime], None]
) -> None:
    at(datetime(2026, 6, 3, 12))
    number = run(host, "schedule_dashboard", name="mornings", to="eve@acme.example", every="day").mailing.number
    run(host, "delete_dashboard", name="mornings")
    moment, tries = datetime(2026, 6, 4, 12), 0
    for _ in range(30):
        at(moment)
        if str(number) in Reporting(host).due():
            tries += 1
            assert Reporting(host).run(str(number)) == "unknown_name"
        moment += timedelta(minutes=10)

    kept = next(row for row in run(host, "scheduled_dashboards").rows if row.number == number)
    assert tries == mailing_out.MOST_TRIES
    assert "mornings" in kept.failure
    run(host, "unschedule_dashboard", number=number)
    assert str(number) not in Reporting(host).due()


def test_who_has_said_no_gets_none(host: LocalHost, at: Callable[[datetime], None]) -> None:
    at(datetime(2026, 6, 3, 12))
    to = ["fay@acme.example", "gil@acme.example"]
    number = run(host, "schedule_dashboard", name="mornings", to=to, every="day").mailing.number
    store = host.workspace.store
    refuse_report(store, NoReport(number, digest_of(store.vault, to[0]), "Mornings"))
    at(datetime(2026, 6, 4, 12))

    Reporting(host).run(str(number))

    assert mails(host, f"report:mornings:{number}-") == ["gil@acme.example"]
    kept = next(row for row in run(host, "scheduled_dashboards", name="mornings").rows if row.number == number)
    assert kept.stopped == ("fay@acme.example",)


def test_a_button_that_is_pressed_twice_mails_once(host: LocalHost) -> None:
    for _ in range(2):
        sent = run(host, "mail_dashboard", name="mornings", to="hal@acme.example,hal@acme.example", once="pressed1")
        assert (sent.to, sent.stopped) == (1, 0)

    assert mails(host, "report:mornings:hand-pressed1") == ["hal@acme.example"]


@pytest.mark.parametrize("to", ["", "nobody", "a@b@c", ",".join(f"c{n}@acme.example" for n in range(51))])
def test_addresses_that_are_none_are_refused_without_being_repeated(host: LocalHost, to: str) -> None:
    with pytest.raises(InputError) as refused:
        run(host, "mail_dashboard", name="mornings", to=to)

    assert not to or to not in str(refused.value)


@pytest.mark.parametrize(("every", "day"), [("day", 2), ("week", 8)])
def test_a_day_that_there_is_not_is_refused(host: LocalHost, every: str, day: int) -> None:
    with pytest.raises(InputError, match=f"Every {every} goes with"):
        run(host, "schedule_dashboard", name="mornings", to="a@acme.example", every=every, day=day)


def test_without_a_way_out_nothing_is_promised(bare_workspace: Path) -> None:
    host = LocalHost(open_workspace(Folder(bare_workspace)))
    run(host, "save_dashboard", name="mornings", template="overview")
    try:
        with pytest.raises(InputError, match="Mail is not set up"):
            run(host, "schedule_dashboard", name="mornings", to="a@acme.example")
    finally:
        host.close()


@given(
    st.sampled_from(("day", "week", "month")),
    st.integers(1, 7),
    st.integers(0, 23),
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),
)
def test_occasions_follow_each_other_without_a_gap(every: Every, day: int, hour: int, now: datetime) -> None:
    before = last_occasion(every, day, hour, BERLIN, now)
    after = next_occasion(every, day, hour, BERLIN, now)

    assert before <= now < after
    longest = {"day": 1, "week": 7, "month": 31}[every]
    assert timedelta(hours=22) <= after - before <= timedelta(days=longest, hours=2)
    assert next_occasion(every, day, hour, BERLIN, before) == after
    assert last_occasion(every, day, hour, BERLIN, after) == after
