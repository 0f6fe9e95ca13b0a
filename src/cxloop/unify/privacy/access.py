"""The answer to an access request (Article 15 GDPR): collected once, told as a page or as JSON, kept until it expires.

Whatever a table holds about the person is in it, found by walking the schema and the records. Other persons' data is
not: names of staff are masked, and so is every key that is not the person's.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxloop.collect.intake import open_spool
from cxloop.collect.redaction import open_seal
from cxloop.core.errors import AccessDeniedError, InputError
from cxloop.core.host import ROLES
from cxloop.core.schema import Personal
from cxloop.core.schema import table as schema_table
from cxloop.store.about import rows_about
from cxloop.unify.lookup import find_customer
from cxloop.unify.privacy.access_queries import ABOUT, ACCESS, MASKED, OTHER_KEYS, WITHOUT
from cxloop.unify.privacy.consents import keys_of
from cxloop.unify.privacy.exports import Exports
from cxloop.unify.privacy.results import Access, AccessFormat, AccessPart

if TYPE_CHECKING:
    from cxloop.store.context import Operations

__all__ = ["FORMAT", "Collected", "Field", "Part", "answer_access", "collect_everything"]

FORMAT = "cxloop-access"
VERSION = 1
STAFF, ANOTHER, SEALED = "[somebody of the staff]", "[another person]", "[sealed]"


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its name, what it is, and its class of personal data."""

    name: str
    about: str
    personal: Personal


@dataclass(frozen=True, slots=True)
class Part:
    """One table, as far as it is about the person."""

    name: str
    about: str
    fields: tuple[Field, ...]
    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Collected:
    """Everything that is held on one customer.

    Attributes:
        left_out: what is not in it, and why.
    """

    company: str
    customer_id: int
    label: str
    made_at: datetime
    parts: tuple[Part, ...]
    left_out: tuple[str, ...]


def answer_access(ws: Operations, customer: str, form: AccessFormat, to: Path | None) -> Access:
    """Collects, writes the file and returns it; raises as the verb says."""
    from cxloop.unify.privacy.access_page import page

    _require_free(ws, to)

    found = collect_everything(ws, customer)
    document = page(found) if form == "html" else json.dumps(plain(found), ensure_ascii=False, indent=1)
    exports = Exports(ws.path, ws.settings.privacy.exports_keep)
    exports.remove_expired(found.made_at)
    kept = exports.write(found.customer_id, form, document, found.made_at)
    if to is not None:
        _copy(to, document)
    return Access(
        customer_id=found.customer_id,
        format=form,
        file=kept.file,
        made_at=kept.made_at,
        expires_at=kept.expires_at,
        parts=tuple(AccessPart(part.name, part.about, len(part.rows)) for part in found.parts),
        document=document,
    )


def _require_free(ws: Operations, to: Path | None) -> None:
    """Raises before anything is collected: for accounts, since the file would be the server's, and where one is."""
    if to is None:
        return
    if not ws.actor.at_machine:
        raise AccessDeniedError(
            "to: only who sits at the machine names a file to write to. Leave it out: the answer itself is returned, "
            "and lies in the folder exports until it expires."
        )
    if to.exists() or to.is_symlink():
        raise InputError(f"{to} is there already, and is not written over. Name another file.")


def _copy(to: Path, document: str) -> None:
    """Writes a file that was not there, and that only this user can read."""
    try:
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(document)
    except OSError as failure:
        raise InputError(f"{to} cannot be written ({failure.strerror}). Name a file in a folder that exists.") from None


def collect_everything(ws: Operations, customer: str) -> Collected:
    """Returns everything that is held on a customer, whatever it is told as."""
    found = find_customer(ws, customer)
    keys = keys_of(ws, found.customer_id) or [found.customer_id]
    parts = [*_tables(ws, keys), *_records(ws, keys)]
    return Collected(
        company=ws.settings.company.name,
        customer_id=found.customer_id,
        label=found.label,
        made_at=ws.now(),
        parts=tuple(parts),
        left_out=tuple(_left_out(ws)),
    )


def _tables(ws: Operations, keys: Sequence[int]) -> Iterator[Part]:
    mine = frozenset(keys)
    told = _tells(ws, keys)
    for name, query in ACCESS.items():
        table = schema_table(name)
        rows = ws.engine.fetch(query, {"keys": list(keys)}).to_pylist()
        if name == "rejected":
            rows = [row for row in rows if told(str(row["raw"]))]
        fields = tuple(Field(column.name, column.about, column.personal) for column in table.columns)
        shown = tuple(_shown(ws, row, mine) for row in rows)
        yield Part(name, ABOUT.get(name, table.about), fields, shown)


def _tells(ws: Operations, keys: Sequence[int]) -> Callable[[str], bool]:
    """Returns what says whether a text names one of some keys: as a whole word, since joanna@ is not anna@."""
    rows = ws.engine.fetch(ACCESS["keys"], {"keys": list(keys)}).to_pylist()
    each = "|".join(sorted(re.escape(str(row["value"])) for row in rows)) or r"(?!)"
    return lambda text: re.search(rf"(?<![\w.+%-])(?:{each})(?![\w-]|\.\w)", text, re.IGNORECASE) is not None


def _shown(ws: Operations, row: Mapping[str, Any], mine: Collection[int]) -> dict[str, Any]:
    """A row without what is other persons': a value that is null stays null."""
    shown = dict(row)
    for name, value in row.items():
        if value is None:
            continue
        if name in MASKED:
            shown[name] = STAFF
        elif name in OTHER_KEYS:
            shown[name] = [key if key in mine else ANOTHER for key in value] if isinstance(value, list) else value
            if not isinstance(value, list) and value not in mine:
                shown[name] = ANOTHER
        elif name == "sealed":
            shown[name] = _opened(ws, row)
    return shown


def _opened(ws: Operations, row: Mapping[str, Any]) -> Any:
    """What redaction took out of the person's own words is theirs, where it can still be opened by who asks."""
    if not _may_open(ws):
        return SEALED
    try:
        return open_seal(ws.settings.privacy.redaction_key, row["source"], row["message_id"], row["sealed"])
    except InputError:
        return SEALED


def _may_open(ws: Operations) -> bool:
    """Whether who asks could open seals one by one as well; an access request is no way around that right."""
    rights, _ = ROLES[ws.actor.role]
    return "admin" in rights


def _records(ws: Operations, keys: Sequence[int]) -> Iterator[Part]:
    for name, (classes, rows) in rows_about(ws.store, keys).items():
        about = f"Records of the company about you: {name.replace('_', ' ')}."
        fields = tuple(Field(column, column.replace("_", " "), personal) for column, personal in classes.items())
        yield Part(name, about, fields, tuple(rows))


def _left_out(ws: Operations) -> Iterator[str]:
    yield from WITHOUT.values()
    yield "Names of staff, and identifiers of other customers: they are other persons' data."
    if not _may_open(ws) and ws.settings.privacy.redaction_key:
        yield "What was taken out of texts and sealed: it is in the answer where an owner of the workspace makes it."
    spool = open_spool(ws.path, ws.settings)
    try:
        waiting = spool.state().requests
    finally:
        spool.close()
    if waiting:
        yield f"{waiting} requests that arrived in the last moments are not read yet. Ask again in a minute."


def plain(found: Collected) -> dict[str, Any]:
    """Returns the JSON of the machine-readable file, as docs/how-to/privacy.md describes it."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "company": found.company,
        "made_at": found.made_at.isoformat() + "Z",
        "customer": {"id": found.customer_id, "label": found.label},
        "parts": [_plain_part(part) for part in found.parts],
        "left_out": list(found.left_out),
    }


def _plain_part(part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "about": part.about,
        "fields": [asdict(field) for field in part.fields],
        "rows": [{name: _plain_value(name, value) for name, value in row.items()} for row in part.rows],
    }


def _plain_value(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if name in ("properties", "comparison") and isinstance(value, str):
        return json.loads(value)
    return value
