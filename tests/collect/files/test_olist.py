"""The shipped mapping on the real data of Olist: 20,000 orders as Parquet, and as the CSV files of the original."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from cxloop.collect.files.importer import import_files
from cxloop.collect.results import FileImport
from cxloop.core.config import load_experience, load_settings
from cxloop.core.expr import names, parse
from cxloop.core.results import Estimate
from cxloop.measure.estimate import Request, estimate

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

pytestmark = pytest.mark.shared_data

_ORIGINAL = {
    "orders": "olist_orders_dataset.csv",
    "customers": "olist_customers_dataset.csv",
    "order_payments": "olist_order_payments_dataset.csv",
    "order_reviews": "olist_order_reviews_dataset.csv",
}


@pytest.fixture(scope="module")
def olist(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory, desk_of: Callable[[Path], Desk]
) -> Iterator[tuple[Desk, FileImport]]:
    """A workspace with the data, and what the import said."""
    desk = desk_of(tmp_path_factory.mktemp("olist"))
    report = import_files(desk, shared_data / "olist", Path("olist"), dry_run=False)
    yield desk, report
    desk.engine.close()


def test_every_order_becomes_its_steps_and_every_review_a_review(olist: tuple[Desk, FileImport]) -> None:
    desk, report = olist

    found = dict(desk.rows("select name, count(*) from interactions join event_codes using (event_code) group by 1"))

    # counted with plain SQL over the Parquet files: orders, filled dates, rows of order_reviews
    assert found == {
        "purchase": 20_000,
        "delivery promise": 20_000,
        "approval": 19_964,
        "hand-over": 19_661,
        "delivered": 19_431,
        "review": 19_986,
    }
    assert (report.rows_read, report.rejected, report.left_out) == (39_986, 0, 0)
    assert report.admitted == sum(found.values())


def test_a_review_is_known_by_review_and_order_since_review_ids_repeat(olist: tuple[Desk, FileImport]) -> None:
    desk, _ = olist

    [(reviews, review_ids)] = desk.rows(
        "select count(*), count(distinct response_id) from interactions where kind = 'review'"
    )

    # 34 review ids stand with two orders (README of the data)
    assert (reviews, reviews - review_ids) == (19_986, 34)


def test_the_customer_is_the_person_and_not_the_order(olist: tuple[Desk, FileImport], shared_data: Path) -> None:
    desk, _ = olist
    with duckdb.connect() as database:
        [(people,)] = database.execute(
            f"select count(distinct customer_unique_id) from '{shared_data}/olist/customers.parquet'"
        ).fetchall()

    assert desk.number("select count(*) from keys where type = 'customer'") == people
    assert desk.number("select count(*) from interactions where key_id is null") == 0


def test_late_is_by_day_and_ratings_differ_as_known(olist: tuple[Desk, FileImport]) -> None:
    desk, _ = olist

    found = desk.rows(
        """select properties->>'late' as late, round(avg(score), 2), count(*) from interactions
        where metric = 'rating' group by 1 order by 1 nulls last"""
    )

    # by day: 4.30 on time and 2.26 late; null where nothing was delivered
    assert found == [("false", 4.3, 18_115), ("true", 2.26, 1_316), (None, 1.72, 555)]


def test_reviews_of_delivered_orders_that_were_written_before_the_delivery(olist: tuple[Desk, FileImport]) -> None:
    desk, _ = olist

    early = desk.number(
        """with happened as (
            select o.id, e.name, i.occurred_at, i.properties->>'status' as status from interactions i
            join event_codes e using (event_code) join interaction_objects o using (interaction_id)
        )
        select count(*) from happened r join happened d using (id)
        where r.name = 'review' and d.name = 'delivered' and r.occurred_at < d.occurred_at and r.status = 'delivered'"""
    )

    # a review counts from the day of its questionnaire; two canceled orders that arrived all the same are left out
    assert early == 1_701


def test_a_timeline_stands_in_true_order(olist: tuple[Desk, FileImport]) -> None:
    desk, _ = olist

    found = desk.rows(
        """select e.name from interactions i join event_codes e using (event_code)
        join interaction_objects o using (interaction_id)
        where o.id = 'e481f51cbdc54678b7cc49136f2d6af7' order by occurred_at, ordinal"""
    )

    # that order was bought 2 October 2017, handed over on the 4th, delivered on the 10th, reviewed on the 11th
    names = [name for (name,) in found]
    assert names == ["purchase", "delivery promise", "approval", "hand-over", "delivered", "review"]


def test_local_times_become_utc_by_the_rules_of_sao_paulo(olist: tuple[Desk, FileImport]) -> None:
    desk, _ = olist

    [(at, offset)] = desk.rows(
        "select occurred_at::varchar, local_offset from interactions "
        "where message_id = 'purchase:e481f51cbdc54678b7cc49136f2d6af7'"
    )

    # 2017-10-02 10:56:33 in Sao Paulo, two weeks before summer time began
    assert (at, offset) == ("2017-10-02 13:56:33", -180)


def test_the_promise_has_the_day_it_named(olist: tuple[Desk, FileImport]) -> None:
    desk, _ = olist

    [(promises, days)] = desk.rows("select count(*), count(*) filter (due_precision = 'day') from promises")

    assert (promises, days) == (20_000, 20_000)


def test_promises_kept_are_those_of_the_dates_in_the_files(
    olist: tuple[Desk, FileImport], shared_data: Path, checkout: Path
) -> None:
    desk, _ = olist
    template = checkout / "src" / "cxloop" / "templates" / "olist"
    settings, experience = load_settings(template / "cxloop.toml"), load_experience(template / "experience.toml")
    with duckdb.connect() as database:
        [(kept, due)] = database.execute(
            f"""
            with days as (
                select order_delivered_customer_date::date as came, order_estimated_delivery_date::date as due
                from '{shared_data}/olist/orders.parquet'
            )
            select count(*) filter (where came <= due), count(*) filter (where due < $today) from days
            """,
            {"today": desk.rows("select (max(occurred_at) - interval 3 hour)::date from interactions")[0][0]},
        ).fetchall()

    found = estimate(replace(desk, settings=settings, experience=experience), Request("promises_kept"))

    [row] = found.rows
    assert isinstance(row.result, Estimate)
    assert (row.result.n, round(row.result.value * row.result.n)) == (due, kept)


def test_who_buys_again_and_what_customers_pay_is_what_counting_in_the_files_gives(
    olist: tuple[Desk, FileImport], shared_data: Path
) -> None:
    desk, _ = olist
    [(now,)] = desk.rows("select max(occurred_at) - interval 3 hour from interactions")
    with duckdb.connect() as database:
        [(orders, again, repeats, pause, customers, revenue)] = database.execute(
            f"""
            with orders as (
                select o.order_id, c.customer_unique_id as who, o.order_purchase_timestamp::timestamp as moment
                from '{shared_data}/olist/orders.parquet' as o
                inner join '{shared_data}/olist/customers.parquet' as c using (customer_id)
            ),
            bought as (
                select
                    o.*,
                    (select max(e.moment) from orders as e where e.who = o.who and e.moment < o.moment) as earlier,
                    (select min(e.moment) from orders as e where e.who = o.who and e.moment > o.moment) as later
                from orders as o
            ),
            paid as (
                select b.who, sum(p.payment_value) as amount
                from bought as b inner join '{shared_data}/olist/order_payments.parquet' as p using (order_id)
                group by b.who
            )
            select
                count(*) filter (where moment + interval 90 day <= $now),
                count(*) filter (where moment + interval 90 day <= $now and later <= moment + interval 90 day),
                count(earlier), median(epoch(moment - earlier)),
                (select count(*) from paid), (select avg(amount) from paid)
            from bought
            """,
            {"now": now},
        ).fetchall()

    found = {
        name: estimate(replace(desk), Request(name)).rows[0].result
        for name in ("repeat_purchase_90", "time_between_purchases", "revenue_per_customer")
    }

    assert {name: result.n for name, result in found.items()} == {
        "repeat_purchase_90": orders,
        "time_between_purchases": repeats,
        "revenue_per_customer": customers,
    }
    values = [result.value for result in found.values() if isinstance(result, Estimate)]
    assert values == pytest.approx([again / orders, pause, revenue])


def test_importing_again_adds_nothing(olist: tuple[Desk, FileImport], shared_data: Path) -> None:
    desk, first = olist

    again = import_files(desk, shared_data / "olist", Path("olist"), dry_run=False)

    assert (again.admitted, again.already_there, again.rejected) == (0, first.admitted, 0)


def test_the_original_csv_files_give_the_same_log(
    olist: tuple[Desk, FileImport], shared_data: Path, tmp_path: Path, desk_of: Callable[[Path], Desk]
) -> None:
    desk, _ = olist
    with duckdb.connect() as database:
        for name, file in _ORIGINAL.items():
            database.execute(
                f"copy (select * from '{shared_data}/olist/{name}.parquet') to '{tmp_path}/{file}' (header)"
            ).fetchall()
    other = desk_of(tmp_path / "workspace")

    import_files(other, tmp_path, Path("olist"), dry_run=False)

    same = (
        "select count(*), bit_xor(hash(interaction_id, content_hash, occurred_at, text, properties)) from interactions"
    )
    assert other.rows(same) == desk.rows(same)
    other.engine.close()


@pytest.mark.parametrize("template", ["olist", "shop", "empty"])
def test_the_files_of_every_template_are_valid(checkout: Path, template: str) -> None:
    folder = checkout / "src" / "cxloop" / "templates" / template

    settings = load_settings(folder / "cxloop.toml")
    experience = load_experience(folder / "experience.toml")

    assert settings.company.name
    assert all(names(parse(rule.when)) for rule in experience.rule)
