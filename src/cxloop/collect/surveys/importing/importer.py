"""An import of responses from beginning to end: read, suggest, correct, take, and keep what cannot be taken."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from cxloop.collect.files.replays import EXPORT_MARK
from cxloop.collect.loader.redacting import redacted
from cxloop.collect.redaction import redactor_of
from cxloop.collect.surveys.importing.dates import Clock, clock_of
from cxloop.collect.surveys.importing.export import Export, Product, cells_of, read_text
from cxloop.collect.surveys.importing.google import is_google_forms, read_google_forms
from cxloop.collect.surveys.importing.qualtrics import is_qualtrics, read_qualtrics
from cxloop.collect.surveys.importing.results import ImportedQuestion, ResponsesImport
from cxloop.collect.surveys.importing.rows import Refused, Taken, columns_of, taken
from cxloop.collect.surveys.importing.shapes import UNANSWERED, Shape, corrected, shapes_of
from cxloop.collect.surveys.importing.surveymonkey import is_surveymonkey, read_surveymonkey
from cxloop.collect.surveys.importing.typeform import is_typeform, read_typeform
from cxloop.core.errors import InputError
from cxloop.core.schema import INCOMING
from cxloop.core.time import parse_zone
from cxloop.engine.query import Query

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.store.context import Operations

__all__ = ["COUNTS", "import_survey_responses", "read_export"]

_READERS = (
    ("qualtrics", is_qualtrics, read_qualtrics),
    ("surveymonkey", is_surveymonkey, read_surveymonkey),
    ("typeform", is_typeform, read_typeform),
    ("google_forms", is_google_forms, read_google_forms),
)

COUNTS = Query(
    name="collect.import_numbers",
    sql="""
        select
            (select count(*) from imports) as imports,
            (select coalesce(max(rejected_id), 0) from rejected) as rejected
    """,
    inputs=("imports", "rejected"),
    output={"imports": "bigint", "rejected": "bigint"},
)
"""How many imports there were, and the last number of a rejected row."""


BEFORE = Query(
    name="collect.imported_before",
    sql="""
        select import_id, mapping from imports
        where source = $source and mapping like $pattern
        order by started_at desc, import_id desc
        limit 1
    """,
    inputs=("imports",),
    parameters={"source": "text", "pattern": "text"},
    output={"import_id": "text", "mapping": "text"},
)
"""How an export of the same survey was read before."""


def read_export(path: Path, product: Product | None) -> tuple[Export, tuple[str, ...]]:
    """Returns what an export says, with notes.

    Args:
        path: the file.
        product: who wrote it; None to find out by looking.

    Raises:
        InputError: it cannot be read, or is none of the products' exports.
    """
    text, note = read_text(path)
    rows = cells_of(text)
    for name, fits, read in _READERS:
        if fits(rows) and product in (None, name):
            return read(rows), (note,) if note else ()
    known = ", ".join(name for name, _, _ in _READERS)
    wanted = f"no export of {product}" if product else f"none of the exports that are known ({known})"
    raise InputError(
        f"{path.name} is {wanted}: its first rows are not theirs. Export the responses as CSV, with all header rows; "
        "other files are imported with `cxloop collect file`."
    )


def import_survey_responses(
    ws: Operations,
    path: Path,
    *,
    survey: str,
    product: Product | None,
    mapping: Sequence[str],
    dates: str | None,
    time_zone: str | None,
    dry_run: bool,
) -> ResponsesImport:
    """Imports the responses of an export; raises InputError where it cannot be read at all.

    Args:
        ws: the workspace.
        path: the file.
        survey: the survey whose responses they are.
        product: who wrote it; None to find out.
        mapping: what a person corrected: question=what.
        dates: how its moments are written; None to find out.
        time_zone: of its moments; None for the one that the file names, or the company's.
        dry_run: only say what would come of it.
    """
    started = perf_counter()
    export, notes = read_export(path, product)
    if not export.rows:
        raise InputError(f"{path.name} has headers and no responses.")
    shapes, _ = corrected(shapes_of(export), export, *_as_before(ws, export, survey))
    shapes, facts = corrected(shapes, export, mapping)
    zone = time_zone or export.zone or ws.settings.company.time_zone
    began, ended = (_clock(export, facts.get(fact), zone, dates) for fact in ("started_at", "finished_at"))
    if began is None and ended is None:
        raise InputError(f"{path.name} has no column that says when it was answered.")
    found = taken(export, survey, shapes, facts, began=began, ended=ended)
    counts = (
        (len(found.rows), 0, 0, None)
        if dry_run
        else _admit(ws, path, export, found, _mapping_of(survey, shapes), started)
    )
    rejected = len(found.refused) + counts[2]
    return ResponsesImport(
        import_id=counts[3],
        survey=survey,
        product=export.product,
        file=path.name,
        responses=len(export.rows),
        previews=found.previews,
        admitted=counts[0],
        already_there=counts[1],
        rejected=rejected,
        questions=_questions(shapes, facts, export, found),
        dates=(ended or began).form,  # type: ignore[union-attr]
        zone=zone,
        reasons=_reasons(found.refused, counts[2]),
        notes=(*notes, *_notes(export, found, shapes, facts, time_zone)),
    )


def _mapping_of(survey: str, shapes: Sequence[Shape]) -> str:
    """How a file was read, as it is kept with its import."""
    kept = [[shape.group.name, shape.group.title, shape.becomes] for shape in shapes if shape.reason != UNANSWERED]
    return f"{EXPORT_MARK}\n# {survey}\n{json.dumps(kept, ensure_ascii=False)}"


def _as_before(ws: Operations, export: Export, survey: str) -> tuple[list[str], str]:
    """How the last export of the same survey was read: with more answers, a question may look like another kind."""
    like = f"{EXPORT_MARK}\n# {survey}\n%"
    found = ws.engine.fetch(BEFORE, {"source": export.product, "pattern": like}).to_pylist()
    if not found:
        return [], ""
    before = {(name, title): becomes for name, title, becomes in json.loads(found[0]["mapping"].split("\n", 2)[2])}
    now = [(group.name, group.title) for group in export.groups]
    return [f"{each[0]}={before[each]}" for each in now if each in before], f"as in {found[0]['import_id']}"


def _clock(export: Export, place: int | None, zone: str, dates: str | None) -> Clock | None:
    if place is None:
        return None
    texts = [row[place] for row in export.rows if place < len(row)]
    if not any(text.strip() for text in texts):
        return None
    return clock_of(texts, parse_zone(zone), column=f"Column {place + 1}", form=dates)


def _admit(
    ws: Operations, path: Path, export: Export, found: Taken, mapping: str, started: float
) -> tuple[int, int, int, str | None]:
    """Adds the rows, the rejects and the import in one transaction; returns added, known, in conflict, and its id."""
    content = path.read_bytes()
    now = ws.now()
    with ws.engine.transaction():
        numbers = ws.engine.fetch(COUNTS).to_pylist()[0]
        import_id = f"import-{numbers['imports'] + 1}"
        admitted = known = conflicts = 0
        if found.rows:
            admission = ws.engine.admit(redacted(ws.engine, redactor_of(ws.settings), _table(found.rows)), now=now)
            admitted, known, conflicts = admission.admitted, admission.already_there, admission.conflicts
        # what is in conflict has got numbers of its own by now
        after = ws.engine.fetch(COUNTS).to_pylist()[0]["rejected"]
        _keep(ws, found.refused, import_id, export.product, path.name, after)
        file = {"name": path.name, "rows": len(export.rows), "bytes": len(content), "sha256": _digest(content)}
        row = {
            "import_id": import_id,
            "source": export.product,
            "mapping": mapping,
            "files": json.dumps([file]),
            "started_at": now,
            "finished_at": ws.now(),
            "rows_read": len(export.rows),
            "admitted": admitted,
            "already_there": known,
            "rejected": len(found.refused) + conflicts,
            "seconds": perf_counter() - started,
        }
        ws.engine.append("imports", _arrow([row], {"started_at", "finished_at"}))
    return admitted, known, conflicts, import_id


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _keep(ws: Operations, refused: Sequence[Refused], import_id: str, source: str, file: str, last: int) -> None:
    if not refused:
        return
    redactor = redactor_of(ws.settings)
    clean = (lambda text: text) if redactor is None else redactor.text
    rows = [
        {
            "rejected_id": number,
            "import_id": import_id,
            "source": source,
            "file": file,
            "line": each.line,
            "interaction": each.question,
            "code": each.code,
            "reason": clean(each.reason),
            "raw": each.raw if redactor is None else redactor.document(each.raw),
            "rejected_at": ws.now(),
        }
        for number, each in enumerate(refused, last + 1)
    ]
    ws.engine.append("rejected", _arrow(rows, {"rejected_at"}))


def _arrow(rows: Sequence[dict[str, Any]], moments: set[str]) -> pa.Table:
    import pyarrow as pa

    types = {"line": pa.int64(), "interaction": pa.string(), **dict.fromkeys(moments, pa.timestamp("us"))}
    return pa.table({name: pa.array([row[name] for row in rows], types.get(name)) for name in rows[0]})


def _table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    types = {"text": pa.string(), "json": pa.string(), "double": pa.float64(), "timestamp": pa.timestamp("us")}
    kinds = {column.name: types.get(column.type, pa.int64()) for column in INCOMING.columns}
    return pa.table({name: pa.array([row.get(name) for row in rows], kinds[name]) for name in columns_of(rows)})


def _questions(
    shapes: Sequence[Shape], facts: dict[Any, int], export: Export, found: Taken
) -> tuple[ImportedQuestion, ...]:
    about = [
        ImportedQuestion(
            fact, "", fact, sum(bool(r[place].strip()) for r in export.rows if place < len(r)), "the export says so"
        )
        for fact, place in facts.items()
        if fact in export.facts
    ]
    asked = [
        ImportedQuestion(
            shape.group.name, shape.group.title, shape.becomes, found.answered[shape.group.name], shape.reason,
            _example(shape, export),
        )
        for shape in shapes
    ]  # fmt: skip
    return (*about, *asked)


def _example(shape: Shape, export: Export) -> str:
    """One answer, where it is a choice: words and addresses are persons' own."""
    if shape.kind in ("text", "skip") or shape.fact is not None:
        return ""
    part = shape.group.parts[0]
    cells = (row[part.place].strip() for row in export.rows if part.place < len(row))
    return next((cell[:80] for cell in cells if cell not in export.missing), "")


def _reasons(refused: Sequence[Refused], conflicts: int) -> tuple[tuple[str, int, str], ...]:
    counted = Counter(each.code for each in refused)
    first = {each.code: each for each in reversed(refused)}
    told = [(code, n, f"row {first[code].line}: {first[code].reason}") for code, n in counted.most_common()]
    if conflicts:
        told.append(("conflict", conflicts, "It has come before with another answer. The first is kept."))
    return tuple(told)


def _notes(
    export: Export, found: Taken, shapes: Sequence[Shape], facts: dict[Any, int], time_zone: str | None
) -> list[str]:
    notes = list(export.notes)
    if found.previews:
        notes.append(f"{found.previews} responses are previews or tests: they are marked so, and in no number.")
    if not {"email", "customer", "phone"} & set(facts):
        notes.append("No column says who answered: each response is somebody of its own.")
    if not any(shape.metric for shape in shapes):
        notes.append('No question looks like NPS, CSAT, CES or a rating. Say which is one: mapping="q3=nps".')
    if export.zone is None and time_zone is None:
        notes.append("The file does not name its time zone; the company's is taken. Say another with time_zone.")
    return notes
