"""The statements of the spool in PostgreSQL. Each is one message to the server, and commits by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cxloop.collect.spool.records import Row

__all__ = [
    "APPEND",
    "DAMAGES",
    "EXISTS",
    "FIRST",
    "FORGET",
    "LIFT",
    "LIFT_TO_CLOCK",
    "PATIENCE",
    "READ",
    "SCHEMA",
    "SCRUB",
    "SIZES",
    "STATE",
    "TELL_WHAT_VANISHED",
    "arguments",
    "texts",
]

PATIENCE = "set statement_timeout = '30s'"
EXISTS = "select to_regclass('cxloop_spool.damages')"
# Names and formats are bytes: a text of PostgreSQL cannot hold the character zero, and has the database's encoding.
# Several hosts may begin at once, and `if not exists` alone fails then: hence the lock, whose number is ours by chance.
SCHEMA = """
select pg_advisory_xact_lock(7305804402550);
create schema if not exists cxloop_spool;
create table if not exists cxloop_spool.requests (
    seq bigint primary key,
    source bytea not null,
    format bytea not null,
    received_at bigint not null,
    events bigint not null,
    about bytea not null,
    size bigint not null,
    body bytea not null,
    checksum bigint not null
);
alter table cxloop_spool.requests alter column body set storage external;
create table if not exists cxloop_spool.totals (
    one integer primary key check (one = 1),
    last bigint not null,
    requests bigint not null,
    events bigint not null,
    bytes bigint not null
) with (fillfactor = 10);
insert into cxloop_spool.totals values (1, 0, 0, 0, 0) on conflict do nothing;
create table if not exists cxloop_spool.damages (at bigint not null, what text not null, lost bigint not null);
"""
# `durable` has the commit wait for the disk also where the server's default is not to; a stricter default stays.
# `taken` waits for the row until whoever has it has committed, then reads its newest version.
APPEND = """
with durable as materialized (
    select set_config('synchronous_commit', case current_setting('synchronous_commit')
        when 'off' then 'on' else current_setting('synchronous_commit') end, true) as setting
), taken as (
    update cxloop_spool.totals set last = last + %(requests)s, requests = requests + %(requests)s,
        events = events + %(all_events)s, bytes = bytes + %(bytes)s
    from durable
    where one = 1 and bytes + %(bytes)s <= %(limit)s and durable.setting <> ''
    returning last - %(requests)s as before
), added as (
    insert into cxloop_spool.requests
    select taken.before + given.place, given.source, given.format, given.received_at, given.events, given.about,
        given.size, given.body, given.checksum
    from taken, unnest(%(source)b::bytea[], %(format)b::bytea[], %(received_at)b::bigint[], %(events)b::bigint[],
        %(about)b::bytea[], %(size)b::bigint[], %(body)b::bytea[], %(checksum)b::bigint[])
        with ordinality as given (source, format, received_at, events, about, size, body, checksum, place)
)
select before from taken
"""
SIZES = """
select seq, octet_length(body) from cxloop_spool.requests where seq > %(after)s order by seq limit %(most)s
"""
READ = """
select seq, source, format, received_at, events, about, size, body, checksum from cxloop_spool.requests
where seq > %(after)s and seq <= %(last)s order by seq
"""
# The first requests up to a number, about `most` bytes of them: where the deletion of one statement ends.
FIRST = """
select max(seq) from (
    select seq, sum(size) over (order by seq) - size as before
    from (select seq, size from cxloop_spool.requests where seq <= %(through)s order by seq limit 20000) as few
) as summed where before < %(most)s
"""
# Nobody waits for this commit to reach the disk: a deletion that a crash takes back is done once more.
FORGET = """
with quick as materialized (
    select set_config('synchronous_commit', 'off', true) as setting
), gone as (
    delete from cxloop_spool.requests where seq <= %(through)s returning events, size
), counted as (
    select count(*) as requests, coalesce(sum(events), 0) as events, coalesce(sum(size), 0) as bytes from gone
)
update cxloop_spool.totals set requests = totals.requests - counted.requests,
    events = totals.events - counted.events, bytes = totals.bytes - counted.bytes
from counted, quick where one = 1 and quick.setting <> ''
"""
# What was counted and is not there has been taken out by somebody else than the loader: that is told, once. Requests
# and their count come in one statement each, so a snapshot in which they disagree does not come from an append.
TELL_WHAT_VANISHED = """
with gone as (
    select requests from cxloop_spool.totals
    where requests > 0 and not exists (select 1 from cxloop_spool.requests)
), reset as (
    update cxloop_spool.totals set requests = 0, events = 0, bytes = 0 from gone
    where one = 1 and totals.requests = gone.requests
    returning gone.requests as lost
)
insert into cxloop_spool.damages
select (extract(epoch from clock_timestamp()) * 1000000)::bigint,
    lost || ' acknowledged requests were counted in the spool and are not in it: they are lost.', lost
from reset
"""
LIFT = "update cxloop_spool.totals set last = %(floor)s where one = 1 and last < %(floor)s"
LIFT_TO_CLOCK = """
update cxloop_spool.totals set last = (extract(epoch from clock_timestamp()) * 1000000)::bigint
where one = 1 and last < (extract(epoch from clock_timestamp()) * 1000000)::bigint
"""
STATE = """
select requests::bigint, events::bigint, bytes::bigint, last,
    (select received_at from cxloop_spool.requests order by seq limit 1)
from cxloop_spool.totals
"""
DAMAGES = "select at, what, lost from cxloop_spool.damages order by at"
# A new file with the rows that are there, rather than `vacuum full`: that one keeps deleted rows which somebody's old
# snapshot might still want to see.
SCRUB = """
set local statement_timeout = 0;
lock table cxloop_spool.requests in access exclusive mode;
create unlogged table cxloop_spool.kept (like cxloop_spool.requests including storage);
insert into cxloop_spool.kept select * from cxloop_spool.requests;
truncate cxloop_spool.requests;
insert into cxloop_spool.requests select * from cxloop_spool.kept order by seq;
drop table cxloop_spool.kept;
"""


def arguments(rows: Sequence[Row], limit_bytes: int) -> dict[str, Any]:
    """Returns what `APPEND` is given for rows."""
    source, form, moment, events, about, size, body, checksum = zip(*rows, strict=True)
    return {
        "requests": len(rows),
        "all_events": sum(events),
        "bytes": sum(size),
        "limit": limit_bytes,
        "source": [each.encode() for each in source],
        "format": [each.encode() for each in form],
        "received_at": list(moment),
        "events": list(events),
        "about": list(about),
        "size": list(size),
        "body": list(body),
        "checksum": list(checksum),
    }


def texts(row: Sequence[Any]) -> tuple[Any, ...]:
    """Returns a row as the file of the other spool gives it: source and format as texts."""
    source, form, *others = row
    return (source.decode(errors="replace"), form.decode(errors="replace"), *others)
