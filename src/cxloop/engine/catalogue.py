"""The event catalogue: which touchpoint, channel and stage each event code belongs to, by the rules.

Rules see only the dictionary of event codes, which is small; so an edited rule corrects the whole history at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cxloop.core.config import Experience, Rule
from cxloop.core.errors import CxloopError, InputError, Mistake, MistakesError, UnknownNameError
from cxloop.core.expr import Expr, ValueType, evaluate, infer, names, parse
from cxloop.engine.base import Analysis
from cxloop.engine.derivation import Derivation
from cxloop.engine.query import Query

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["EVENTS", "EVENT_CATALOGUE", "event_condition", "place"]

_SEEN: Mapping[str, ValueType] = dict.fromkeys(
    ("source", "kind", "name", "path", "claimed_touchpoint", "claimed_channel"), "text"
)
"""What a rule sees of an event code."""
_COLUMNS = ", ".join(_SEEN)

EVENTS = Query(
    name="engine.event_codes",
    sql=f"""
        select event_code, {_COLUMNS}
        from event_codes
        where event_code > $after
        order by event_code
    """,
    inputs=("event_codes",),
    output={"event_code": "int", **dict.fromkeys(_SEEN, "text")},
    parameters={"after": "int"},
)
"""What conditions see of the event codes after `$after`; -1 for all."""
_LATEST_CODE = Query(
    name="engine.latest_event_code",
    sql="select coalesce(max(event_code), -1) as position from event_codes",
    inputs=("event_codes",),
    output={"position": "bigint"},
)


def place(experience: Experience, codes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns touchpoint, channel and stage of each event code.

    The first rule that holds gives the touchpoint and the channel that it names. What no rule names is what the
    source claimed. The stage is the touchpoint's.

    Args:
        experience: rules and touchpoints.
        codes: rows of the table `event_codes`.

    Raises:
        MistakesError: conditions of rules, promises and contracts that cannot be read or evaluated, all together.
    """
    rules = _parsed(experience)
    stages = {touchpoint.name: touchpoint.stage for touchpoint in experience.touchpoint}
    return [_place(code, rules, stages) for code in codes]


def _parsed(experience: Experience) -> list[tuple[Expr, Rule]]:
    """Returns the rules with their conditions; those of promises and contracts are read for their mistakes."""
    written = {f"rule.{number}.when": rule.when for number, rule in enumerate(experience.rule)}
    written |= {f"promise.{number}.kept_by": promise.kept_by for number, promise in enumerate(experience.promise)}
    for number, contract in enumerate(experience.contract):
        written |= {f"contract.{number}.joined": contract.joined, f"contract.{number}.cancelled": contract.cancelled}
    parsed: dict[str, Expr] = {}
    mistakes = []
    for where, text in written.items():
        try:
            if text:
                parsed[where] = event_condition(text)
        except CxloopError as failure:
            mistakes.append(Mistake(where, failure.message))
    if mistakes:
        raise MistakesError("experience.toml", mistakes)
    return [(parsed[f"rule.{number}.when"], rule) for number, rule in enumerate(experience.rule)]


def event_condition(text: str) -> Expr:
    """Returns a condition on event codes: a rule's `when`, a promise's `kept_by`, when a contract ends.

    Raises:
        InputError: it cannot be read, looks at something else than an event code, or is no condition.
    """
    condition = parse(text)
    for name in names(condition):
        if name not in _SEEN:
            raise UnknownNameError("column of an event", name, _SEEN)
    kind = infer(condition, _SEEN)
    if kind not in ("boolean", "null"):
        raise InputError(f"{text!r} is a {kind} and not a condition. Compare it with something.")
    return condition


def _place(code: Mapping[str, Any], rules: Sequence[tuple[Expr, Rule]], stages: Mapping[str, str]) -> dict[str, Any]:
    rule = next((rule for when, rule in rules if evaluate(when, code) is True), None)
    touchpoint = (rule and rule.touchpoint) or code["claimed_touchpoint"]
    channel = (rule and rule.channel) or code["claimed_channel"]
    return {
        "event_code": code["event_code"],
        "touchpoint": touchpoint,
        "channel": channel,
        "stage": stages.get(touchpoint),
    }


def _version(analysis: Analysis) -> str:
    experience = analysis.experience
    parts = [
        *(rule.model_dump_json() for rule in experience.rule),
        *(t.model_dump_json() for t in experience.touchpoint),
        *(promise.kept_by for promise in experience.promise),
        *(text for contract in experience.contract for text in (contract.joined, contract.cancelled)),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _update(analysis: Analysis, since: int | None) -> pa.Table:
    import pyarrow as pa

    codes = analysis.engine.fetch(EVENTS, {"after": -1 if since is None else since}).to_pylist()
    texts = dict.fromkeys(("touchpoint", "channel", "stage"), pa.string())
    fields: list[tuple[str, Any]] = [("event_code", pa.int32()), *texts.items()]
    return pa.Table.from_pylist(place(analysis.experience, codes), schema=pa.schema(fields))


EVENT_CATALOGUE = Derivation(
    name="engine.event_catalogue",
    table="event_catalogue",
    inputs=("event_codes",),
    version=_version,
    update=_update,
    position=_LATEST_CODE,
)
"""Run after every admission: a few new codes at most."""
