"""Mappings as people write them: what they mean, and what is said of mistakes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cxloop.collect.files.mapping import read_mapping
from cxloop.core.errors import InputError, MistakesError

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

TOUCH = """
[[interaction]]
name = "visit"
kind = "touch"
id = "id"
occurred_at = "at"
"""


def _mistakes(text: str) -> dict[str, str]:
    with pytest.raises(MistakesError) as failure:
        read_mapping(text, "m.toml")
    return {mistake.where: mistake.message for mistake in failure.value.mistakes}


def test_what_is_no_toml_is_told_with_its_line() -> None:
    with pytest.raises(InputError, match=r"m.toml is not valid TOML: .*line 2"):
        read_mapping('source = "x"\n= 3\n', "m.toml")


def test_unknown_names_unreadable_expressions_and_unknown_zones_are_shown_together() -> None:
    found = _mistakes('source = "x"\ntime_zone = "Europe/Berlim"\nformat_s = 1\n' + TOUCH + 'text = "a ="\n')

    assert set(found) == {"time_zone", "format_s", "interaction.0.text"}
    assert "Unknown time zone 'Europe/Berlim'" in found["time_zone"]
    assert found["interaction.0.text"].startswith("At character 3:")


@pytest.mark.parametrize(
    ("line", "where", "said"),
    [
        ('known_after = "2"', "interaction.0.known_after", "not a duration"),
        ('formats = ["%Q"]', "formats", "%Q is no part of one"),
        ('metric = "csat"\nscore = "s"', "interaction.0", "needs scale"),
        ('metric = "nps"', "interaction.0", "needs a score"),
        ('metric = "csat"\nscore = "s"\nscale = [5, 1]', "interaction.0", "[lowest, highest]"),
        ("chanel = '\"web\"'", "interaction.0.chanel", 'Did you mean "channel"?'),
    ],
)
def test_a_mistake_is_told_where_it_stands(line: str, where: str, said: str) -> None:
    head = f'source = "x"\n{line}\n{TOUCH}' if line.startswith("formats") else f'source = "x"\n{TOUCH}{line}\n'

    [(place, message)] = [item for item in _mistakes(head).items() if item[0].startswith(where)]

    assert place.startswith(where)
    assert said in message


def test_two_interactions_of_one_name_are_refused_since_names_are_part_of_ids() -> None:
    assert "used twice" in _mistakes('source = "x"\n' + TOUCH + TOUCH)["interaction.name"]


def test_a_time_or_a_let_cannot_take_the_name_of_a_column(desk: Desk) -> None:
    mapping = 'source = "x"\n[times]\nid = "at"\n[let]\nat = "id"\n' + TOUCH

    with pytest.raises(MistakesError, match=r"let.at: 'at' is a column already") as failure:
        desk.take("a.csv", "id,at\n1,2026-01-05\n", mapping)

    assert {mistake.where for mistake in failure.value.mistakes} == {"times.id", "let.at"}


def test_types_that_do_not_go_together_are_told_before_anything_is_read(desk: Desk) -> None:
    with pytest.raises(MistakesError, match=r"visit.when: A condition must be true or false, but 'id' is a text"):
        desk.take("a.csv", "id,at\n1,2026-01-05\n", 'source = "x"\n' + TOUCH + 'when = "id"\n')


def test_one_row_becomes_several_interactions_and_values_are_computed_once(desk: Desk) -> None:
    mapping = """
        source = "shop"
        namespace = "shop"
        time_zone = "Europe/Berlin"
        known_after = "2d"

        where = 'status != "test"'

        [let]
        slow = "days_between(bought_at, sent_at) > 2"

        [times]
        bought_at = { from = "bought", formats = ["%d.%m.%Y %H:%M"] }
        sent_at = { from = "sent", formats = ["%d.%m.%Y %H:%M"] }

        [[key]]
        type = "email"
        value = "lower(mail)"
        [[key]]
        type = "phone"
        value = "phone"

        [account]
        type = "household"
        value = "household"

        [[interaction]]
        name = "purchase"
        kind = "order"
        id = "no"
        occurred_at = "bought_at"
        channel = "medium"
        value = "amount"
        currency = '"EUR"'
        objects = { order = "no" }
        traits = { phone = "phone" }
        properties = { slow = "slow", rush = 'medium == "app"' }
        promise = { what = "delivery", due_at = { from = "due", formats = ["%d.%m.%Y"], precision = "day" } }

        [[interaction]]
        name = "sent"
        kind = "delivery"
        id = "no"
        when = "not is_null(sent)"
        occurred_at = { from = "sent", formats = ["%d.%m.%Y %H:%M"] }
        refers_to = 'concat("purchase:", no)'
        objects = { order = "no" }
        """
    rows = (
        "no,mail,phone,household,medium,amount,bought,sent,due,status\n"
        "7,Ann@Example.org,0170,H1,app,19.90,01.07.2026 12:00,04.07.2026 13:00,10.07.2026,ok\n"
        "8,,0171,,web,5,02.07.2026 09:00,,12.07.2026,ok\n"
        "9,x@example.org,,,web,5,02.07.2026 09:00,,12.07.2026,test\n"
    )

    report = desk.take("a.csv", rows, mapping)

    assert (report.admitted, report.left_out, report.rejected) == (3, 1, 0)
    purchase = desk.rows(
        """select occurred_at::varchar, known_at::varchar, local_offset, i.value, currency, properties,
            k.type, k.value,
            (select list(o.type || ' ' || o.value) from keys o where o.key_id in (select unnest(other_keys))),
            a.type || ' ' || a.value, e.claimed_channel
        from interactions i join keys k using (key_id) left join keys a on a.key_id = account_key
            join event_codes e using (event_code)
        where message_id = 'purchase:7'"""
    )
    assert purchase == [
        (
            "2026-07-01 10:00:00",
            "2026-07-03 10:00:00",
            120,
            19.9,
            "EUR",
            '{"slow":true,"rush":true}',
            "email",
            "ann@example.org",
            ["phone 0170"],
            "household H1",
            "app",
        )
    ]
    assert desk.rows("select k.type from interactions join keys k using (key_id) where message_id = 'purchase:8'") == [
        ("phone",)
    ]
    assert desk.rows("select refers_to from interactions where kind = 'delivery'") == [("purchase:7",)]
    assert desk.number("select count(*) from interaction_objects where type = 'order'") == 3
    assert desk.rows("select what, due_at::varchar, due_precision from promises order by due_at") == [
        ("delivery", "2026-07-09 22:00:00", "day"),
        ("delivery", "2026-07-11 22:00:00", "day"),
    ]
    assert desk.rows("select name, value from traits order by value") == [("phone", "0170"), ("phone", "0171")]


def test_rows_without_an_id_are_known_by_their_content_and_counted_where_they_repeat(desk: Desk) -> None:
    mapping = 'source = "x"\n' + TOUCH.replace('id = "id"\n', "")
    rows = "id,at\n1,2026-01-05\n1,2026-01-05\n2,2026-01-05\n"

    first = desk.take("a.csv", rows, mapping)
    again = desk.take("a.csv", rows, mapping)
    longer = desk.take("b.csv", rows + "1,2026-01-05\n", mapping)

    assert (first.admitted, again.admitted, longer.admitted) == (3, 0, 1)


def test_an_empty_part_of_an_id_is_a_reject_and_not_a_made_up_id(desk: Desk) -> None:
    desk.take("a.csv", "id,at\n,2026-01-05\n", 'source = "x"\n' + TOUCH)

    assert desk.rows("select code from rejected") == [("no_id",)]


def test_names_that_stand_in_a_column_become_event_names(desk: Desk) -> None:
    desk.take(
        "a.csv",
        "id,at,what,page\n1,2026-01-05,view,/p/123?x=1\n2,2026-01-05,buy,/p/77\n",
        'source = "web"\n' + TOUCH + 'event = "what"\npath = "page"\n',
    )

    found = desk.rows("select name, path from event_codes order by name")
    assert found == [("buy", "/p/:id"), ("view", "/p/:id")]


def test_a_lookup_takes_one_value_or_adds_up_where_several_rows_match(desk: Desk) -> None:
    desk.write("in/pay.csv", "order,sum,how\n1,10.5,card\n1,2,voucher\n")
    desk.write("in/orders.csv", "id,at\n1,2026-01-05\n2,2026-01-05\n")
    mapping = (
        'source = "x"\nfiles = "orders.csv"\n'
        """
        [[lookup]]
        files = "pay.csv"
        on = { id = "order" }
        columns = { paid = { from = "sum", take = "sum" }, how = "how", times = { from = "how", take = "count" } }
        """ + TOUCH + 'value = "paid"\noutcome = "how"\nproperties = { times = "times" }\n'
    )

    desk.again(desk.path / "in", mapping)

    found = desk.rows("select value, outcome, properties from interactions order by message_id")
    assert found == [(12.5, "card", '{"times":2.0}'), (None, None, '{"times":null}')]


def test_a_dry_run_shows_interactions_and_rejects_and_changes_nothing(desk: Desk, answers: str) -> None:
    rows = "id,who,at,score\n1,ann,2026-01-05,9\n2,bob,2026-01-05,11\n"

    report = desk.take("a.csv", rows, answers, dry_run=True)

    assert (report.import_id, report.admitted, report.rejected) == (None, 1, 1)
    first = dict(report.first[0])
    assert (first["message_id"], first["customer"], first["score"]) == ("nps:1", "customer ann", "9.0")
    assert report.reasons[0].code == "out_of_scale"
    tables = ("interactions", "rejected", "keys", "event_codes", "imports")
    assert [desk.engine.count(name) for name in tables] == [0] * len(tables)


def test_a_result_reads_as_a_sentence_and_survives_json(desk: Desk, answers: str) -> None:
    report = desk.take("a.csv", "id,who,at,score\n1,ann,2026-01-05,9\n2,bob,2026-01-05,11\n", answers)

    assert str(report).startswith("1 interaction added from 2 rows; 1 rejected, in ")
    assert type(report).from_dict(json.loads(json.dumps(report.to_dict()))) == report
