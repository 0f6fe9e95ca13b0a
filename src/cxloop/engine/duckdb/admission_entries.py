"""Source rows to interactions, as SQL: what one entry of a mapping adds to the row-level query.

For entry 3: e3 says what becomes of it (0 left out, 1 taken, from 2 on the number of the check that failed), i3 and h3
are its id and its content hash. The interactions themselves are then a plain select from those columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from cxloop.core.expr import Call, Constant, Expr
from cxloop.core.schema import INCOMING, INTERACTIONS
from cxloop.engine.duckdb.admission_hash import content_hash, id_hash
from cxloop.engine.duckdb.admission_intern import normalised_path
from cxloop.engine.duckdb.admission_redaction import RedactionSql
from cxloop.engine.duckdb.admission_rows import RowSource, Time, key_content
from cxloop.engine.loading import ConsentPlan, EntryPlan, Number
from cxloop.engine.quoting import literal

__all__ = ["LEFT_OUT", "TAKEN", "Check", "EntrySql"]

LEFT_OUT, TAKEN, FIRST_CHECK = 0, 1, 2
_EVENT_FIELDS = ("path", "touchpoint", "channel")


@dataclass(frozen=True, slots=True)
class Check:
    """A reason to reject: its code, the SQL of when it holds and of the sentence."""

    code: str
    fails: str
    reason: str


@dataclass(frozen=True, slots=True)
class EntrySql:
    """One entry over a row-level query.

    Attributes:
        source: the row-level query.
        plan: what the mapping says.
        place: number of the entry within its table.
        of: how many entries the table has.
        sender: the source that the mapping names.
        rows: the table that holds the row-level values.
        redaction: what texts go through; None for nothing.
    """

    source: RowSource
    plan: EntryPlan
    place: int
    of: int
    sender: str
    rows: str
    redaction: RedactionSql | None = None

    @property
    def status(self) -> str:
        """Column that says what becomes of the entry."""
        return f"e{self.place}"

    @property
    def interaction_id(self) -> str:
        """Column of the interaction's id."""
        return f"i{self.place}"

    @property
    def hashed(self) -> str:
        """Column of the content hash."""
        return f"h{self.place}"

    @property
    def row_no(self) -> str:
        """SQL of the number of this interaction among all of the table."""
        return f"(sid * {self.of} + {self.place})"

    @property
    def time(self) -> Time:
        """When it happened."""
        return self.source.times[self.plan.occurred_at]

    @property
    def due(self) -> Time | None:
        """When its promise is due."""
        return None if self.plan.promise is None else self.source.times[self.plan.promise.due_at]

    def constant_event(self) -> tuple[str | None, ...] | None:
        """Returns (source, kind, name, path, touchpoint, channel) where no row can change them, else None."""
        fields = [self.plan.event, *(self.plan.texts.get(name, Constant(None)) for name in _EVENT_FIELDS)]
        values: list[str | None] = []
        for field in fields:
            if not isinstance(field, Constant):
                return None
            values.append(None if field.value is None else str(field.value))
        return (self.sender, self.plan.kind, *values)

    def event_columns(self) -> list[str]:
        """Returns the SQL of the columns of an event, in the order of the dictionary."""
        path, touchpoint, channel = (self._text(name) for name in _EVENT_FIELDS)
        path = path if self.redaction is None else self.redaction.address(path)
        name = self.source.names.text(self.plan.event)
        return [literal(self.sender), literal(self.plan.kind), name, normalised_path(path), touchpoint, channel]

    def status_column(self) -> str:
        """Returns the column that says what becomes of the entry, to be added to the row-level query."""
        branches = [f"when {skip} then {LEFT_OUT}" for skip in self._skips()]
        branches += [f"when {check.fails} then {FIRST_CHECK + place}" for place, check in enumerate(self.checks())]
        return f"cast(case {' '.join(branches)} else {TAKEN} end as utinyint) as {self.status}"

    def hash_columns(self) -> str:
        """Returns the columns of id and content hash, to be added after the status."""
        identity = id_hash(literal(self.sender), self.message_id())
        return ", ".join(
            f"case when {self.status} = {TAKEN} then {value} end as {column}"
            for value, column in ((identity, self.interaction_id), (content_hash(self._content()), self.hashed))
        )

    def message_id(self) -> str:
        """Returns the SQL of the message id: the entry's name, then the source's id or the content."""
        parts = [self.source.names.text(part) for part in self.plan.id] or ["row_hash", "row_number::varchar"]
        return " || ':' || ".join([literal(self.plan.name), *parts])

    def checks(self) -> Iterator[Check]:
        """Yields the reasons to reject, in the order in which they are tried."""
        for part in self.plan.id:
            yield Check("no_id", f"{self.source.names.text(part)} is null", "'A part of the message id is empty.'")
        yield from _time_checks("occurred_at", self.time)
        for name, number in self.plan.numbers.items():
            yield from self._number_checks(name, number)
        if self.due is not None:
            yield from _time_checks("promise.due_at", self.due)

    def _number_checks(self, name: str, number: Number) -> Iterator[Check]:
        column = self.source.numbers[number]
        shown = f"'{name} is \"' || {column}_text || '\", which is not a number.'"
        yield Check("not_a_number", f"{column} is null and {column}_text is not null", shown)
        if name == "score" and self.plan.scale is not None:
            low, high = self.plan.scale
            said = (
                f"'score is ' || {column}_text || ', outside the scale from {low:g} to {high:g}. ' || {_SCALE_ADVICE}"
            )
            yield Check("out_of_scale", f"{column} < {low} or {column} > {high}", said)

    def _skips(self) -> Iterator[str]:
        if self.plan.when is not None:
            yield f"not coalesce({self.source.names.sql(self.plan.when)}, false)"
        score = self.plan.numbers.get("score")
        if self.plan.metric is not None and score is not None:
            # a question that was not answered is no answer, and no mistake
            silent = "" if "text" not in self.plan.texts else f" and {self._text('text')} is null"
            yield f"{self.source.numbers[score]}_text is null{silent}"

    def _content(self) -> Iterator[tuple[str, str]]:
        yield "kind", literal(self.plan.kind)
        yield "name", self.source.names.text(self.plan.event)
        yield from key_content(self.source)
        yield "occurred_at", f"epoch_us({self.time.utc})"
        given = self._given()
        for column in INCOMING.columns:
            if column.name in given and column.name not in ("kind", "name"):
                yield column.name, f"cast({given[column.name]} as varchar)"
        for kind, group in (("object", self.plan.objects), ("trait", self.plan.traits)):
            for name, expr in group.items():
                yield f"{kind}.{name}", self.source.names.text(expr)
        if self.due is not None:
            yield "due_at", f"epoch_us({self.due.utc})"
        for said in self.plan.consents:
            told = f"cast({self.source.names.sql(said.granted)} as varchar)"
            yield f"consent.{said.purpose}.{said.channel or ''}", told

    def _given(self) -> dict[str, str]:
        """SQL of the fields that the entry sets beyond who and when."""
        given = {name: self.source.names.text(expr) for name, expr in self.plan.texts.items()}
        given |= {name: self.source.numbers[number] for name, number in self.plan.numbers.items()}
        if self.plan.metric is not None:
            given["metric"] = literal(self.plan.metric)
        if self.plan.scale is not None:
            given["scale_min"], given["scale_max"] = (f"cast({end!r} as double)" for end in self.plan.scale)
        if self.plan.properties:
            given["properties"] = self._json(self.plan.properties)
        return given

    def _json(self, values: Mapping[str, Expr]) -> str:
        parts = []
        for name, expr in values.items():
            kind = self.source.names.kind(expr)
            shown = Call("text", (expr,)) if kind in ("date", "moment") else expr
            parts.append(f"{literal(name)}, {self.source.names.sql(shown)}")
        return f"json_object({', '.join(parts)})::varchar"

    def _text(self, name: str) -> str:
        return self.source.names.text(self.plan.texts.get(name, Constant(None)))

    def interactions(self, batch: int, received_at: str) -> str:
        """Returns the select of the interactions, over the table of row-level values."""
        given = self._given()
        values = {
            **{name: sql for name, sql in given.items() if name not in _EVENT_FIELDS},
            "interaction_id": self.interaction_id,
            "message_id": self.message_id(),
            "content_hash": self.hashed,
            "batch": str(batch),
            "occurred_at": self.time.utc,
            "occurred_precision": self.time.precision,
            "local_offset": f"cast((epoch_us({self.time.local}) - epoch_us({self.time.utc})) // 60000000 as integer)",
            "received_at": received_at,
            "known_at": self._known_at(),
            "ordinal": self.row_no,
            "source": literal(self.sender),
            "kind": literal(self.plan.kind),
            "event_code": f"g{self.place}",
            "key_id": "key_id",
            "other_keys": "other_keys",
            "account_key": "account_key",
        }
        if self.redaction is not None:
            values |= self.redaction.values(given, self.sender, self.message_id(), self._whose(self.redaction))
        selected = [f"{values.get(column.name, 'null')} as {column.name}" for column in INTERACTIONS.columns]
        return f"select {self.row_no} as row_no, {', '.join(selected)} {self.taken}"

    def _whose(self, redaction: RedactionSql) -> str:
        told = [
            self.source.names.text(expr) for name, expr in self.plan.traits.items() if name in redaction.name_traits
        ]
        addresses = [column for key, column in self.source.keys if key.type == "email"]
        return redaction.whose(told, addresses, f"{self.rows}.key_id")

    @property
    def taken(self) -> str:
        """The part of a select after its columns: rows of which this entry is taken."""
        return f"from {self.rows} where {self.status} = {TAKEN}"

    def _known_at(self) -> str:
        lag = self.plan.known_after // timedelta(microseconds=1)
        return f"{self.time.utc} + to_microseconds({lag})" if lag else self.time.utc

    def beside(self) -> Iterator[tuple[str, str]]:
        """Yields table and select of what goes beside the log."""
        yield from (("consents", self._consent(said)) for said in self.plan.consents)
        row = f"{self.row_no} as row_no, {self.interaction_id} as interaction_id"
        for kind, expr in self.plan.objects.items():
            value = self.source.names.text(expr)
            select = f"select {row}, {literal(kind)} as type, {value} as id {self.taken} and {value} is not null"
            yield "interaction_objects", select
        for name, expr in self.plan.traits.items():
            value = self.source.names.text(expr)
            told = f"{literal(name)} as name, {value} as value, {literal(self.sender)} as source"
            when = f"{self.time.utc} as occurred_at, {self._known_at()} as known_at"
            yield (
                "traits",
                f"select {row}, key_id, {told}, {when} {self.taken} and {value} is not null and key_id is not null",
            )
        if self.due is not None and self.plan.promise is not None:
            told = f"{literal(self.plan.promise.what)} as what, {self.time.utc} as made_at, {self.due.utc} as due_at"
            yield "promises", f"select {row}, key_id, {told}, {self.due.precision} as due_precision {self.taken}"

    def _consent(self, said: ConsentPlan) -> str:
        granted = self.source.names.sql(said.granted)
        wording, evidence = (self.source.names.text(tree or Constant(None)) for tree in (said.wording, said.evidence))
        channel = "cast(null as varchar)" if said.channel is None else literal(said.channel)
        return (
            f"select {self.row_no} as row_no, {self.interaction_id} as interaction_id, key_id, "
            f"{literal(said.purpose)} as purpose, {channel} as channel, {granted} as granted, "
            f"{literal(self.sender)} as source, {self.time.utc} as occurred_at, {self._known_at()} as known_at, "
            f"cast(null as varchar) as basis, cast(null as timestamp) as expires_at, {wording} as wording, "
            f"{evidence} as evidence, cast(null as varchar) as author "
            f"{self.taken} and {granted} is not null and key_id is not null"
        )


_SCALE_ADVICE = "'If it means that nothing was answered, add it to `missing` of the score.'"


def _time_checks(field: str, time: Time) -> Iterator[Check]:
    text = f"w{time.place}"
    formats = ", ".join(time.moment.formats)
    yield Check("no_time", f"{text} is null", f"'{field} is empty. Say `when` if this has not happened for every row.'")
    said = f"'{field} is \"' || {text} || '\", which is no date in the accepted formats: ' || {literal(formats + '.')}"
    yield Check("not_a_date", f"{time.local} is null and u{time.place} is null", said)
    hour = f"'{field} is ' || {text} || ', an hour that clocks in {time.moment.zone}"
    forward = f'{hour} skipped. Say gap = "shift" to move it forward.\''
    back = f'{hour} showed twice. Say ambiguous = "earlier" or "later".\''
    lost = f"{time.utc} is null"
    yield Check("clock_gap", f"{lost} and case when {lost} then {time.sql.in_gap} end", forward)
    yield Check("clock_twice", lost, back)
