"""Faults of people and programs at the pages that customers answer on, each held against what the records then say."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

from benchmarks._survey_people import BROWSER, Given, Person, Place

from cxloop.outreach.addresses import preferences_link, unsubscribe_link
from cxloop.outreach.links import open_link, sign_link
from cxloop.outreach.messages import NewMessage
from cxloop.outreach.templates.writing import House, write
from cxloop.store.messages import messages, preferences
from cxloop.store.surveys import invitations, surveys

__all__ = [
    "Verdict",
    "after_the_end",
    "devices_and_languages",
    "double_submit",
    "forged_answers",
    "forms_and_files",
    "killed_while_answering",
    "links",
    "long_and_odd_texts",
    "scanners",
    "the_last_places",
    "two_tabs",
]

Verdict = tuple[bool, str]
KILLS = 5
MULTIPART = "multipart/form-data"
ODD = (
    ("sql", "'; DROP TABLE survey_responses; --"),
    ("sql", '" OR 1=1 UNION SELECT secret FROM keys --'),
    ("html", '<script>alert("x")</script><img src=x onerror=alert(1)>'),
    ("html", '"><svg/onload=alert(1)></textarea><script>alert(2)</script>'),
    ("formula", '=HYPERLINK("http://evil.example","x")'),
    ("formula", "+cmd|' /C calc'!A0"),
    ("formula", "@SUM(1+1)*cmd"),
    ("formula", "-2+3+cmd|' /C calc'!A0"),
    ("template", "{{7*7}} {nps} ${7*7} %(x)s {0}"),
    ("emoji", "Toll 👩‍👩‍👧‍👦🏳️‍🌈 5️⃣ 🇩🇪"),
    ("bidi", "abc \u202eevil\u202c \u2066x\u2069 \u200f عربى"),
    ("marks", "Z\u0351\u0363\u0352a\u0337\u0335\u0322lgo" * 20),
)
NPS = {"type": "rating", "name": "nps", "rateMin": 0, "rateMax": 10, "isRequired": True, "title": "Recommend?"}
WHY = {"type": "comment", "name": "why", "title": "You gave {nps}: why?", "visibleIf": "{nps} <= 8"}
SURVEY: dict[str, Any] = {
    "title": {"default": "Your delivery", "de": "Ihre Lieferung"},
    "pages": [
        {"name": "score", "elements": [{**NPS, "title": {"default": "Recommend?", "de": "Empfehlen?"}}]},
        {"name": "reason", "elements": [WHY, {"type": "text", "name": "city", "title": "Where?"}]},
        {"name": "end", "elements": [{"type": "text", "name": "last", "title": "You said {why}. Anything else?"}]},
    ],
}
FORGED = [("_asked", f":{name}") for name in ("nps", "why", "c", "none")] + [
    ("q:why", "never shown"), ("q:c", "z"), ("q:__proto__", "x"), ("q:none", "x"),
]  # fmt: skip
AHEAD: tuple[dict[str, str], ...] = (
    {},
    {"purpose": "prefetch"},
    {"sec_purpose": "prefetch;prerender"},
    {"x_moz": "prefetch"},
)
SCANNERS = (BROWSER, "Mozilla/5.0 (compatible; Proofpoint URL Defense)", "python-requests/2.32", "")


def _at_once(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Does everything at the same moment."""
    gate = threading.Barrier(len(jobs))

    def wait_and_do(job: Callable[[], Any]) -> Any:
        gate.wait(30)
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(wait_and_do, jobs))


def _statuses(given: Sequence[Given]) -> dict[int, int]:
    return dict(sorted(Counter(each.status for each in given).items()))


def double_submit(on: Place) -> Iterator[Verdict]:
    """The last page of one response sent 200 times at the same moment, and its first page before."""
    on.publish("double", SURVEY, once=False)
    person = on.person()
    person.get("/s/double")
    action, body = person.form(nps="3")
    first = _at_once([lambda: person.post(action, body) for _ in range(200)])
    person.get(first[0].headers.get("location", ""))
    person.send(why="late", city="Bonn")
    action, body = person.form(last="bye")
    last = _at_once([lambda: person.post(action, body) for _ in range(200)])
    found = on.stored("double")
    good = len(found) == 1 and found[0].state == "finished"
    right = good and dict(found[0].answers) == {"nps": 3, "why": "late", "city": "Bonn", "last": "bye"}
    yield (
        right and set(_statuses([*first, *last])) == {303},
        (
            f"the first and the last page sent 200 times at once: {_statuses([*first, *last])}, {len(found)} response, "
            f"finished {sum(each.state == 'finished' for each in found)} time (1 and 1)"
        ),
    )


def two_tabs(on: Place) -> Iterator[Verdict]:
    """One page in two tabs, answered differently; and an old tab that touches one question overwrites no other."""
    on.publish("tabs", SURVEY, once=False)
    person = on.person()
    person.get("/s/tabs")
    person.send(nps="2")
    here, there = person.form(why="first tab"), person.form(city="Köln")
    told = [person.post(*here), person.post(*there)]
    (found,) = on.stored("tabs")
    kept = dict(found.answers)
    yield (
        kept == {"nps": 2, "why": "first tab", "city": "Köln"} and {each.status for each in told} == {303},
        f"two tabs of one page with different questions answered: {len(kept)} answers kept (3), none overwritten",
    )
    rivals = [person.form(why=f"tab {number}") for number in range(40)]
    told = _at_once([partial(person.post, *form) for form in rivals])
    (found,) = on.stored("tabs")
    yield (
        found.answers["why"] in {f"tab {number}" for number in range(40)} and found.answers["city"] == "Köln",
        f"40 tabs that contradict each other at once: {_statuses(told)}, one of the 40 words is kept whole",
    )


def after_the_end(on: Place) -> Iterator[Verdict]:
    """Answers to a survey that was paused, closed, or whose time ran out since the page was opened."""
    for name, state, told in (("paused", "paused", "paused"), ("shut", "closed", "closed")):
        on.publish(name, SURVEY, once=False)
        people = [on.person() for _ in range(30)]
        for at, person in enumerate(people):
            person.get(f"/s/{name}")
            if at % 2:
                person.send(nps="5")
        before = {each.id: (each.revision, dict(each.answers)) for each in on.stored(name)}
        surveys.set_state(on.store, name, state)  # type: ignore[arg-type]
        given = _at_once([partial(each.send, nps="9", why="late", city="late") for each in people])
        after = {each.id: dict(each.answers) for each in on.stored(name)}
        new = after.keys() - before.keys()
        changed = sum(after[each] != answers for each, (_, answers) in before.items())
        seen = Counter(each.told for each in given)
        yield (
            not new and not changed and seen == {told: 30},
            f"30 pages sent after a survey was {state}: {dict(seen)}, {len(new)} new responses, {changed} changed (0)",
        )


def links(on: Place) -> Iterator[Verdict]:
    """Links that are forged, cut off, expired, of another kind, of another survey, or used twice."""
    on.publish("invited", SURVEY, access="invited")
    on.publish("other", SURVEY, access="invited")
    now, vault = on.store.clock(), on.store.vault
    numbers = on.invite("invited", 10)
    good = on.link(numbers[0])
    token = good.removeprefix("/s/i/")
    forged = [f"/s/i/{token[:-1]}{'0' if token[-1] != '0' else '1'}", f"/s/i/{token.replace('i', 'r', 1)}"]
    forged += [f"/s/i/i{number}.0.{token.rpartition('.')[2]}" for number in range(1000, 1100)]
    forged += [f"/s/i/{token[:cut]}" for cut in range(1, len(token))]
    forged += [f"/s/i/{sign_link(vault, kind, numbers[0])}" for kind in ("person", "unsubscribe", "response")]
    forged += [f"/s/other/r/{sign_link(vault, 'response', f'i{numbers[0]}')}", "/s/i/..%2f..%2f", "/s/i/%00"]
    forged += [f"/s/invited/r/{sign_link(vault, 'response', 'i99999999')}", "/s/invited/r/i1-999999.0.0"]
    statuses, forms = Counter[int](), 0
    for path in forged:
        given = on.person().get(path)
        statuses[given.status] += 1
        forms += "<form" in given.text
    past = [on.link(number, now - timedelta(seconds=1)) for number in numbers]
    told = Counter(on.person().get(path).told for path in past)
    left = on.stored("invited") + on.stored("other")
    yield (
        not forms and not left and not {200, 0, 500} & set(statuses),
        f"{len(forged)} forged, cut off and foreign links: {dict(statuses)}, {forms} opened, {len(left)} stored (0, 0)",
    )
    yield told == {"expired": len(past)}, f"{len(past)} expired links: {dict(told)}, nothing stored"
    opened = [on.person() for _ in range(20)]
    for each in opened:
        each.get(good)
    _at_once([partial(each.send, nps="7") for each in opened])
    one = opened[0]
    one.get(good)
    one.send(why="once", city="Ulm")
    one.send(last="x")
    again = Counter(on.person().get(good).told for _ in range(5))
    stale = opened[1].send(nps="1")
    found = on.stored("invited")
    right = [each.answers for each in found] == [{"nps": 7, "why": "once", "city": "Ulm", "last": "x"}]
    yield (
        right and again == {"already": 5} and stale.status == 303,
        (
            f"one invitation answered by 20 browsers at once, and again after its end: {len(found)} response (1), "
            f"then {dict(again)}"
        ),
    )


def forged_answers(on: Place) -> Iterator[Verdict]:
    """Answers to questions that the logic never showed, to choices that there are not, and to pages not reached."""
    choices = {"type": "radiogroup", "name": "c", "choices": ["a", "b"], "visibleIf": "{nps} > 8"}
    document = {**SURVEY, "pages": [*SURVEY["pages"], {"name": "extra", "elements": [choices]}]}
    on.publish("forged", document, once=False)
    refused = Counter[int]()
    for score in ("9", "11", "-1", "nine", "1e400", "NaN", "٣"):
        person = on.person()
        person.get("/s/forged")
        for place in (1, 2, 4):
            action, body = person.form(nps=score)
            body += b"&" + urlencode(FORGED).encode()
            there = re.sub(r"/1(?=\?|$)", f"/{place}", action)
            refused[person.post(there, body).status] += 1
    found = on.stored("forged")
    hidden = sum("why" in each.answers or each.answers.get("c") == "z" for each in found)
    unknown = sum(bool(set(each.answers) - {"nps", "why", "city", "last", "c"}) for each in found)
    scores = {each.answers.get("nps") for each in found} - {None, 3, 9}
    yield (
        not hidden and not unknown and not scores and not {0, 500} & set(refused),
        (
            f"{refused.total()} pages with answers never shown or never offered: {dict(sorted(refused.items()))}; "
            f"{hidden} hidden, {unknown} unknown, {len(scores)} out of range stored (0, 0, 0)"
        ),
    )


def long_and_odd_texts(on: Place) -> Iterator[Verdict]:
    """SQL, HTML, formulas, emoji and marks of direction in every text; texts of a million characters."""
    on.publish("odd", SURVEY, once=False)
    raw = 0
    for _, text in ODD:
        person = on.person()
        person.get("/s/odd")
        person.send(nps="4")
        person.send(why=text, city="x")
        raw += any(bad in person.given.text for bad in ("<script>alert", "<img src=x", "<svg/onload", "49 "))
        person.send(last=text)
    found = on.stored("odd")
    words = Counter(each.answers.get("why") for each in found)
    whole = sum(words[text] == 1 for _, text in ODD)
    yield (
        whole == len(ODD) == len(found) and not raw,
        f"{len(ODD)} texts with SQL, HTML, formulas, emoji, marks: {whole} stored whole, {raw} shown as markup (0)",
    )
    statuses = Counter[str]()
    for text in ("x" * 1_000_000, "ß" * 1_000_000, "👍" * 500_000, "\x00" * 10 + "a", "x" * 20_000_000):
        person = on.person()
        person.get("/s/odd")
        person.send(nps="4")
        sent = person.send(why=text)
        statuses[f"{sent.status}"] += 1
    most = max(len(str(each.answers.get("why", ""))) for each in on.stored("odd"))
    yield (
        most <= 20_000 and not {"0", "500"} & set(statuses),
        f"texts of 1 MB to 20 MB: {dict(statuses)}, the longest stored has {most:,} characters (at most 20,000)",
    )


def scanners(on: Place) -> Iterator[Verdict]:
    """Programs that open every link of every mail, with and without saying that they load ahead."""
    from cxloop.core.config import Settings

    on.publish("mailed", SURVEY, access="invited")
    numbers = on.invite("mailed", 25, first_key=500)
    address = f"http://127.0.0.1:{on.port}"
    settings = Settings.model_validate({"server": {"public_url": address}})
    found: list[str] = []
    for at, number in enumerate(numbers):
        question = {"name": "nps", "type": "nps", "text": "Recommend?",
                    "values": [{"value": each, "text": str(each)} for each in range(11)]}  # fmt: skip
        parameters = {"title": "Your delivery", "link": address + on.link(number), "question": question}
        new = NewMessage(
            once=f"invitation:{number}", purpose="", about="invitation", reference=number, key_id=500 + at,
            channel="email", address=f"c{at}@example.org", language="en", template="survey_invitation",
            parameters=parameters,
        )  # fmt: skip
        vault = on.store.vault
        house = House("Acme", unsubscribe_link(settings, vault, 500 + at, "", "email"),
                      preferences_link(settings, vault, 500 + at))  # fmt: skip
        message = _record(on, new)
        mail = write(message, house)
        found += re.findall(r'href="([^"]+)"', mail.html or "") + re.findall(r"http\S+", mail.text) + [mail.unsubscribe]
    paths = sorted({each.replace("&amp;", "&").removeprefix(address) for each in found if each.startswith(address)})
    before = _traces(on, numbers)
    jobs = [
        (method, path, agent, ahead)
        for at, path in enumerate(paths)
        for method, agent, ahead in [
            ("HEAD", SCANNERS[at % 4], AHEAD[at // 4 % 4]),
            ("GET", SCANNERS[at // 2 % 4], AHEAD[at % 4]),
        ]
    ]
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda job: _scan(on, *job), jobs))
    after = _traces(on, numbers)
    yield (
        before == after == (0, 0, 0, 0) and not {0, 404, 500} & {each.status for each in given},
        (
            f"scanners open {len(paths)} links of {len(numbers)} mails by HEAD and GET, {len(given)} times: "
            f"{_statuses(given)}; responses, opened, noes, preferences recorded: {after} (0 each)"
        ),
    )


def _record(on: Place, new: Any) -> Any:
    (number,) = messages.put(on.store, [new])
    record = messages.get(on.store, number)
    messages.cancel(on.store, "a benchmark wrote it", keys=[new.key_id])
    return record


def _scan(on: Place, method: str, path: str, agent: str, ahead: dict[str, str]) -> Given:
    person = Person(on.port, agent=agent)
    given = person.ask(method, path, b"", **ahead)
    for _ in range(4):
        to = given.headers.get("location", "")
        if not to.startswith("/"):
            break
        given = person.ask(method, to, b"", **ahead)
    return given


def _traces(on: Place, numbers: Sequence[int]) -> tuple[int, int, int, int]:
    asked = invitations.several(on.store, numbers).values()
    keys = [each.key_id for each in asked]
    chosen = [preferences.get(on.store, key) for key in keys]
    return (
        len(on.stored("mailed")),
        sum(any((each.opened_at, each.started_at, each.finished_at)) for each in asked),
        len(preferences.said(on.store, keys)),
        sum(each is not None for each in chosen),
    )


def the_last_places(on: Place) -> Iterator[Verdict]:
    """A quota that 50 people fill at the same moment, once told and once closing the survey."""
    for action, limit in (("stop", 10), ("close", 7)):
        name = f"quota-{action}"
        quota = {"name": "few", "when": "{nps} >= 9", "limit": limit, "action": action}
        on.publish(name, {**SURVEY, "quotas": [quota]}, once=False)
        people = [on.person() for _ in range(50)]
        for each in people:
            each.get(f"/s/{name}")
            each.send(nps="9")
            each.send(city="x")
        given = _at_once([partial(each.send, last="y") for each in people])
        states = Counter(each.state for each in on.stored(name))
        state = surveys.get(on.store, name).state
        right = states["finished"] == limit and sum(states.values()) == 50
        yield (
            right and 500 not in _statuses(given) and (state == "closed") == (action == "close"),
            f"50 people finish at once for {limit} places ({action}): {dict(states)}, the survey is {state}",
        )


def devices_and_languages(on: Place) -> Iterator[Verdict]:
    """A survey begun on a phone in English, gone on with on a computer in German, finished on the phone."""
    on.publish("moving", SURVEY, access="invited")
    right = 0
    for number in on.invite("moving", 10, first_key=700):
        phone, computer = on.person(agent=f"{BROWSER} Mobile iPhone"), on.person(headers={"accept-language": "de"})
        phone.get(on.link(number))
        phone.send(nps="6")
        computer.get(on.link(number))
        here = "city" in computer.given.text and "You gave 6" in computer.given.text
        computer.send(_lang="de", why="so halb")
        german = 'lang="de"' in computer.given.text and "so halb" in computer.given.text
        computer.send(why="nur so", city="Trier")
        phone.get(on.link(number))
        phone.send(last="done")
        right += here and german
    found = on.stored("moving")
    whole = sum(dict(each.answers) == {"nps": 6, "why": "nur so", "city": "Trier", "last": "done"} for each in found)
    translated = sum(each.language == "de" for each in found)
    yield (
        right == whole == translated == len(found) == 10,
        f"10 people change device and language: {len(found)} responses, {whole} whole, {translated} in German (10)",
    )


def forms_and_files(on: Place) -> Iterator[Verdict]:
    """Files that are too large, of the wrong kind, with hostile names; forms of 10,000 fields; no forms at all."""
    file = {"type": "file", "name": "photo", "acceptedTypes": "image/png", "maxSize": 100_000}
    on.publish("files", {"title": "F", "pages": [{"name": "p", "elements": [file]}, SURVEY["pages"][2]]}, once=False)
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 1000
    statuses: dict[str, list[int]] = {}
    for name, kind, content in (
        ("good.png", "image/png", png),
        ("../../etc/passwd.png", "image/png", png),
        ("large.png", "image/png", png + b"0" * 200_000),
        ("huge.png", "image/png", png + b"0" * 40_000_000),
        ("evil.html", "text/html", b"<script>alert(1)</script>"),
        ("evil.exe", "application/x-msdownload", b"MZ"),
    ):
        person = on.person()
        person.get("/s/files")
        action, body = person.form()
        given = person.post(action, _multipart(body, name, kind, content), content_type=f"{MULTIPART}; boundary=b")
        statuses.setdefault("stored" if given.status == 303 else "refused", []).append(given.status)
    kept = [each for record in on.stored("files") for each in record.answers.get("photo") or []]
    names = sorted(each["name"] for each in kept)
    yield (
        names == ["good.png", "passwd.png"] and not {0, 500} & set(statuses["refused"]),
        f"6 files, of them 4 too large or of the wrong kind: refused {statuses['refused']}, stored {names}",
    )
    person, told = on.person(), Counter[int]()
    person.get("/s/files")
    action, body = person.form()
    many = urlencode([("q:x", "1")] * 10_000).encode()
    told[person.post(action, body + b"&" + many).status] += 1
    boundary = b"b"
    part = b'--b\r\nContent-Disposition: form-data; name="q"\r\n\r\n1\r\n'
    for times in (10_000, 500_000):
        whole = part * times + b"--" + boundary + b"--\r\n"
        began = time.monotonic()
        told[person.post(action, whole, content_type="multipart/form-data; boundary=b").status] += 1
        took = time.monotonic() - began
    for kind, content in (("application/json", b"{}"), ("text/xml", b"<x/>"), ("multipart/form-data", b"x"),
                          ("application/x-www-form-urlencoded", b"\xff\xfe%zz&&==")):  # fmt: skip
        told[person.post(action, content, content_type=kind).status] += 1
    yield (
        set(told) <= {303, 400, 422},
        (
            f"forms of 10,000 and 500,000 fields, and what is no form: {dict(sorted(told.items()))}, no other; "
            f"the largest took {took:.1f} s"
        ),
    )


def _multipart(fields: bytes, name: str, kind: str, content: bytes) -> bytes:
    said = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in parse_qsl(fields.decode(), keep_blank_values=True)
    )
    file = f'--b\r\nContent-Disposition: form-data; name="f:photo"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
    return (said + file).encode() + content + b"\r\n--b--\r\n"


def killed_while_answering(on: Place) -> Iterator[Verdict]:
    """Everything of the server killed five times while 24 people answer: what was acknowledged is there."""
    on.publish("killed", SURVEY, once=False)
    acknowledged: dict[str, dict[str, Any]] = {}
    stop, tried = threading.Event(), Counter[str]()

    def answer(number: int) -> None:
        dice = random.Random(number)
        while not stop.is_set():
            person = on.person()
            if person.get("/s/killed").status != 200 or 'action="' not in person.given.text:
                time.sleep(0.05)
                continue
            token = re.findall(r'action="/s/killed/r/([^/"]+)/', person.given.text)[0]
            for page in ({"nps": dice.randrange(9)}, {"why": f"w{dice.random()}", "city": "x"}, {"last": "y"}):
                sent = person.send(**{name: str(value) for name, value in page.items()})
                tried["acknowledged" if sent.status == 303 else "lost on the way"] += 1
                if sent.status != 303:
                    break
                acknowledged.setdefault(open_link(on.store.vault, token, now=on.store.clock()).name, {}).update(page)
                if person.given.status != 200:
                    break

    with ThreadPoolExecutor(24) as pool:
        done = [pool.submit(answer, number) for number in range(24)]
        for _ in range(KILLS):
            time.sleep(1.0)
            on.server.kill()
            on.server.wait_until_it_answers()
        time.sleep(1.0)
        stop.set()
    for each in done:
        each.result()
    found = {each.id: dict(each.answers) for each in on.stored("killed")}
    lost = sum(
        found.get(response, {}).get(name) != value
        for response, pages in acknowledged.items()
        for name, value in pages.items()
    )
    yield (
        not lost and tried["acknowledged"] > 100,
        (
            f"kill -9 of the server {KILLS} times while 24 people answer: {dict(tried)} pages, "
            f"{len(acknowledged)} responses, {lost} acknowledged answers lost (0)"
        ),
    )
