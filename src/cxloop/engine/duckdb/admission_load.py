"""The steps of an import inside its transaction: row-level values, interning, admission, rejects.

Everything that is the same for all interactions of a source row is computed once, into a narrow temporary table; the
interactions are then inserted by one statement that reads it once for each entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from cxloop.engine.duckdb.admission_entries import FIRST_CHECK, TAKEN, EntrySql
from cxloop.engine.duckdb.admission_intern import EVENT_COLUMNS, intern_event, intern_events, intern_keys
from cxloop.engine.duckdb.admission_redaction import RedactionSql, protected
from cxloop.engine.duckdb.admission_rows import RowSource, file_number, row_source
from cxloop.engine.duckdb.admission_settle import Candidates, Settled, settle
from cxloop.engine.duckdb.files import Stage
from cxloop.engine.loading import KeyPlan, LookupPlan, TablePlan
from cxloop.engine.quoting import literal

__all__ = ["Import", "TableLoad"]


@dataclass(frozen=True, slots=True)
class Import:
    """What all tables of one import share."""

    cursor: duckdb.DuckDBPyConnection
    import_id: str
    batch: int
    sender: str
    received_at: datetime
    redaction: RedactionSql | None = None

    @property
    def received(self) -> str:
        """SQL of the time of receipt."""
        return f"timestamp {literal(self.received_at.isoformat(sep=' '))}"

    def run(self, statement: str) -> list[tuple[object, ...]]:
        """Runs a statement to its end."""
        return self.cursor.execute(statement).fetchall()

    def number(self, statement: str) -> int:
        """Returns the one number that a statement gives."""
        return int(str(self.run(statement)[0][0]))


class TableLoad:
    """One staged table on its way into the log."""

    def __init__(self, job: Import, plan: TablePlan, stage: Stage, lookups: Sequence[tuple[LookupPlan, Stage]]) -> None:
        self.job = job
        self.stage = stage
        self.rows = f"{stage.table}_rows"
        self.source: RowSource = row_source(plan, stage, lookups)
        self._protected = protected(plan)
        self.entries = [
            EntrySql(self.source, entry, place, len(plan.entries), job.sender, self.rows, job.redaction)
            for place, entry in enumerate(plan.entries)
        ]
        statuses = ", ".join(entry.status_column() for entry in self.entries)
        self.judged = f"select *, {statuses} from ({self.source.sql})"

    def compute(self) -> int:
        """Computes the row-level values; returns how many rows the mapping leaves out."""
        self._intern()
        hashes = ", ".join(entry.hash_columns() for entry in self.entries)
        inner = f"select *, {hashes} from ({self.judged})"
        self.job.run(
            f"create or replace temp table {self.rows} as "
            f"select {', '.join(self._columns())} from ({inner}) r{self._joins()}"
        )
        touched = " or ".join(f"{entry.status} > 0" for entry in self.entries)
        return self.stage.rows - self.job.number(f"select count(*) from {self.rows} where {touched}")

    def admit(self) -> Settled:
        """Adds the interactions that are new."""
        return settle(self.job.cursor, self._candidates())

    def drop(self) -> None:
        """Removes the row-level values."""
        self.job.run(f"drop table if exists {self.rows}")

    def interactions(self) -> str:
        """Returns the select of all interactions, with row_no."""
        return " union all ".join(entry.interactions(self.job.batch, self.job.received) for entry in self.entries)

    def _candidates(self) -> Candidates:
        ids = [
            f"select {entry.row_no} as row_no, {entry.interaction_id} as interaction_id, "
            f"{entry.hashed} as content_hash {entry.taken}"
            for entry in self.entries
        ]
        messages = [
            f"select {entry.row_no} as row_no, {literal(entry.sender)} as source, {entry.message_id()} as message_id "
            f"{entry.taken}"
            for entry in self.entries
        ]
        beside: dict[str, list[str]] = {}
        for entry in self.entries:
            for name, select in entry.beside():
                beside.setdefault(name, []).append(select)
        return Candidates(
            ids=" union all ".join(ids),
            messages=" union all ".join(messages),
            rows=self.interactions(),
            beside={name: " union all ".join(selects) for name, selects in beside.items()},
        )

    # interning

    def _intern(self) -> None:
        for key, column in self._all_keys():
            intern_keys(
                self.job.cursor,
                f"select {literal(key.namespace)} as namespace, {literal(key.type)} as type, {column} as value, "
                f"sid as place from ({self.source.sql}) where {column} is not null",
            )
        for entry in self.entries:
            if entry.constant_event() is None:
                values = ", ".join(
                    f"{sql} as {name}" for name, sql in zip(EVENT_COLUMNS, entry.event_columns(), strict=True)
                )
                intern_events(
                    self.job.cursor, f"select distinct {values} from ({self.judged}) where {entry.status} = {TAKEN}"
                )

    def _all_keys(self) -> list[tuple[KeyPlan, str]]:
        return [*self.source.keys, *([self.source.account] if self.source.account else [])]

    def _joins(self) -> str:
        joins = ""
        for key, column in self._all_keys():
            whose = f"namespace = {literal(key.namespace)} and type = {literal(key.type)}"
            known = f"select key_id, value from keys where {whose}"
            joins += f" left join ({known}) j_{column} on j_{column}.value = r.{column}"
        for entry in self.entries:
            if entry.constant_event() is None:
                same = " and ".join(
                    f"d{entry.place}.{name} is not distinct from {sql}"
                    for name, sql in zip(EVENT_COLUMNS, entry.event_columns(), strict=True)
                )
                joins += f" left join event_codes d{entry.place} on {same}"
        return joins

    def _columns(self) -> Iterator[str]:
        yield "sid"
        yield from self._key_columns()
        for entry in self.entries:
            yield f"{self._event(entry)} as g{entry.place}"
            yield from (entry.status, entry.interaction_id, entry.hashed)
        yield from self._carried()

    def _key_columns(self) -> Iterator[str]:
        ids = [f"j_{column}.key_id" for _, column in self.source.keys]
        first = f"coalesce({', '.join(ids)})" if len(ids) > 1 else ids[0] if ids else "cast(null as bigint)"
        yield f"{first} as key_id"
        other = "cast(null as bigint[])"
        if len(ids) > 1:
            found = f"list_filter(list_distinct([{', '.join(ids)}]), lambda k: k <> {first})"
            other = f"case when len({found}) > 0 then list_sort({found}) end"
        yield f"{other} as other_keys"
        account = self.source.account
        yield f"{f'j_{account[1]}.key_id' if account else 'cast(null as bigint)'} as account_key"

    def _event(self, entry: EntrySql) -> str:
        constant = entry.constant_event()
        return f"d{entry.place}.event_code" if constant is None else str(intern_event(self.job.cursor, constant))

    def _carried(self) -> list[str]:
        """The row-level columns that the interactions are made from, and no others: the table stays narrow."""
        wanted = " ".join([self.interactions(), *(select for entry in self.entries for _, select in entry.beside())])
        times = {column for time in self.source.times.values() for column in (time.local, time.utc, time.precision)}
        known = {*self.source.names.columns.values(), *self.source.numbers.values(), *times, "row_hash", "row_number"}
        known |= {column for _, column in self.source.keys}
        return [f"r.{name}" for name in sorted(known & set(re.findall(r"\w+", wanted)))]

    # rejects

    def settle_replays(self, rejected_ids: Sequence[int], conflicts: Sequence[int]) -> int:
        """Notes which rejected rows need wait no longer, since nothing of them failed; returns how many."""
        failed = " or ".join(f"{entry.status} >= {FIRST_CHECK}" for entry in self.entries)
        still = {int(str(sid)) for (sid,) in self.job.run(f"select sid from {self.rows} where {failed}")}
        still |= {row_no // len(self.entries) for row_no in conflicts}
        done = [rejected_id for sid, rejected_id in enumerate(rejected_ids) if sid not in still]
        found = self.job.cursor.execute(
            f"update rejected set replayed_at = {self.job.received} where rejected_id in (select unnest(?::bigint[]))",
            [done],
        ).fetchall()
        return int(found[0][0])

    def failures(self) -> list[tuple[str, int, str]]:
        """Returns code, number and an example of what failed, without keeping it."""
        failed = " or ".join(f"{entry.status} >= {FIRST_CHECK}" for entry in self.entries)
        selects = " union all ".join(self._failures(entry, failed) for entry in self.entries)
        found = self.job.run(
            f"select code, count(*), arg_min(reason, sid) from ({selects}) group by 1 order by 2 desc, 1"
        )
        return [(str(code), int(str(rows)), str(example)) for code, rows, example in found]

    def keep_rejects(self) -> int:
        """Writes the rows that failed a check into `rejected`; returns how many."""
        failed = " or ".join(f"{entry.status} >= {FIRST_CHECK}" for entry in self.entries)
        if not self.job.number(f"select count(*) from {self.rows} where {failed}"):
            return 0
        return self._reject(" union all ".join(self._failures(entry, failed) for entry in self.entries))

    def _failures(self, entry: EntrySql, failed: str) -> str:
        checks = list(entry.checks())
        codes = " ".join(f"when {FIRST_CHECK + place} then {literal(check.code)}" for place, check in enumerate(checks))
        reasons = " ".join(f"when {FIRST_CHECK + place} then {check.reason}" for place, check in enumerate(checks))
        return (
            f"select sid, {entry.place} as place, {literal(entry.plan.name)} as interaction, "
            f"case {entry.status} {codes} end as code, case {entry.status} {reasons} end as reason{self._looked_up()} "
            f"from ({self.judged}) where sid in (select sid from {self.rows} where {failed}) "
            f"and {entry.status} >= {FIRST_CHECK}"
        )

    def _looked_up(self) -> str:
        return "".join(f", {column}" for column in self.source.looked_up.values())

    def keep_conflicts(self, row_numbers: Sequence[int]) -> int:
        """Writes the rows whose message id came before with another content into `rejected`."""
        if not row_numbers:
            return 0
        table = f"{self.stage.table}_conflicts"
        self.job.cursor.execute(
            f"create or replace temp table {table} as select unnest(?::bigint[]) as row_no", [list(row_numbers)]
        ).fetchall()
        selects = [
            f"select sid, {entry.place} as place, {literal(entry.plan.name)} as interaction, 'conflict' as code, "
            f"'The message id ' || {entry.message_id()} || ' has come before with another content. The first is kept.' "
            f"as reason{self._looked_up()} from ({self.judged}) where {entry.status} = {TAKEN} "
            f"and {entry.row_no} in (select row_no from {table})"
            for entry in self.entries
        ]
        count = self._reject(" union all ".join(selects))
        self.job.run(f"drop table {table}")
        return count

    def _reject(self, failures: str) -> int:
        cells = [self._cell(name, f"s.{self.stage.column(name)}") for name in self.stage.columns]
        cells += [self._cell(name, f"f.{column}") for name, column in self.source.looked_up.items()]
        # a looked-up number travels as a text, like every cell of a raw row
        return self.job.number(
            f"""insert into rejected
            select {_NEXT_ID} + row_number() over (order by sid, place), {literal(self.job.import_id)},
                {literal(self.job.sender)}, {_file_name(self.stage)}, {_line(self.stage)}, interaction, code,
                {self._told("reason")},
                json_object({", ".join(cells)})::varchar, {self.job.received}, null
            from ({failures}) f join {self.stage.table} s on s.rowid = f.sid"""
        )

    def _cell(self, name: str, value: str) -> str:
        """A cell of a raw row: as it came where a replay needs it, else redacted."""
        kept = self.job.redaction is None or name in self._protected
        return f"{literal(name)}, {value if kept else self._told(f'{value}::varchar')}"

    def _told(self, text: str) -> str:
        return text if self.job.redaction is None else self.job.redaction.text(text)

    def keep_malformed(self) -> int:
        """Writes the lines that could not become rows into `rejected`."""
        names = " ".join(f"when {place} then {literal(file.name)}" for place, file in enumerate(self.stage.files))
        header = 1
        if not self.stage.malformed:
            return 0
        return self.job.number(
            f"""insert into rejected
            select {_NEXT_ID} + row_number() over (order by file_no, line), {literal(self.job.import_id)},
                {literal(self.job.sender)}, case file_no {names} end, greatest(line - {header}, 1), null, code,
                {self._told("reason")}, {self._told("raw")}, {self.job.received}, null
            from {self.stage.bad}"""
        )


_NEXT_ID = "(select coalesce(max(rejected_id), 0) from rejected)"


def _file_name(stage: Stage) -> str:
    if len(stage.files) < 2:
        return literal(stage.files[0].name if stage.files else "")
    names = " ".join(f"when {place} then {literal(file.name)}" for place, file in enumerate(stage.files))
    return f"case {file_number(stage, 's.rowid')} {names} end"


def _line(stage: Stage) -> str:
    """SQL of the row's number in its file: counted among the good rows, plus the broken lines before it."""
    starts, total = [], 0
    for file in stage.files:
        starts.append(total)
        total += file.rows
    cases = " ".join(f"when {place} then {start}" for place, start in enumerate(starts))
    start = f"case {file_number(stage, 's.rowid')} {cases} end" if starts else "0"
    among_good = f"s.rowid - {start} + 1"
    if not stage.malformed:
        return among_good
    good = "line - 1 - row_number() over (partition by file_no order by line)"
    before = f"select file_no, {good} as good from {stage.bad}"
    here = f"b.file_no = {file_number(stage, 's.rowid')} and b.good < {among_good}"
    return f"{among_good} + (select count(*) from ({before}) b where {here})"
