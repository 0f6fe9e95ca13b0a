"""An import from beginning to end: find files, stage them, check the mapping against them, load or preview."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from cxloop.collect.files.mapping import Mapping, read_mapping
from cxloop.collect.files.plan import file_format, load_plan, lookup_name
from cxloop.collect.files.sources import (
    Found,
    find_files,
    find_mapping,
    lookup_files,
    table_files,
    tables_in_use,
    unused,
)
from cxloop.collect.redaction.columns import file_redaction
from cxloop.collect.results import FileImport, Skipped
from cxloop.core.config import Settings
from cxloop.core.errors import InputError, MistakesError
from cxloop.engine.loading import Limits, Loader, Rejection, Staged
from cxloop.store.context import Operations

__all__ = ["import_files", "import_found", "limits", "reasons"]

_PREVIEWED = 20


def import_files(ws: Operations, path: Path, mapping: Path | None, *, dry_run: bool) -> FileImport:
    """Imports files through a mapping.

    Args:
        ws: the workspace.
        path: a file, a folder or a pattern.
        mapping: a file, the name of a ready mapping, or None for the workspace's own.
        dry_run: only say what would come of it.

    Raises:
        InputError: a file cannot be read at all.
        MistakesError: the mapping has mistakes, all told together.
        WorkspaceError: the disk is full; nothing was imported.
    """
    text, name = find_mapping(mapping, ws.path)
    return import_found(ws, lambda: find_files(path), text, name, dry_run=dry_run)


def import_found(
    ws: Operations, find: Callable[[], Found], text: str, name: str, *, dry_run: bool = False
) -> FileImport:
    """Imports files that are found by other means; raises as `import_files` does.

    Args:
        ws: the workspace.
        find: finds the files; only asked when the mapping can be read.
        text: the mapping.
        name: what to call the mapping in messages.
        dry_run: only say what would come of it.
    """
    started = perf_counter()
    received_at = ws.now()
    read = read_mapping(text, name)
    found = find()
    with ws.engine.loader(limits(ws.settings), ws.progress) as loader:
        staged, notes = _stage(loader, read, found)
        try:
            plan = load_plan(read, text, staged, received_at)
            plan = replace(plan, redaction=file_redaction(ws.settings))
        except MistakesError as failure:
            raise MistakesError(name, failure.mistakes) from None
        tables = [staged[table.name] for table in tables_in_use(read, list(staged))]
        rows = sum(table.rows + table.malformed for table in tables)
        if dry_run:
            preview = loader.preview(plan, _PREVIEWED)
            import_id, admitted, already, skipped = None, preview.interactions, 0, preview.skipped
            rejections, first = preview.rejections, tuple(taken.fields for taken in preview.first)
        else:
            report = loader.load(plan)
            import_id, skipped = report.import_id, report.skipped
            admitted, already = report.admission.admitted, report.admission.already_there
            rejections, first = report.rejections, ()
    return FileImport(
        import_id=import_id,
        source=read.source,
        files=tuple(file.name for table in tables for file in table.files),
        rows_read=rows,
        admitted=admitted,
        already_there=already,
        rejected=sum(rejection.rows for rejection in rejections),
        left_out=skipped,
        seconds=perf_counter() - started,
        reasons=reasons(rejections),
        notes=tuple(notes),
        first=first,
    )


def reasons(rejections: Sequence[Rejection]) -> tuple[Skipped, ...]:
    """Returns the rejections by reason, in the words of the results."""
    return tuple(Skipped(rejection.code, rejection.rows, rejection.example) for rejection in rejections)


def limits(settings: Settings) -> Limits:
    """Returns what a file may cost."""
    own = settings.imports
    return Limits(own.max_line_bytes, own.max_expansion, own.max_file_bytes)


def _stage(loader: Loader, mapping: Mapping, found: Found) -> tuple[dict[str, Staged], list[str]]:
    """Reads the files of every table and lookup; files that several of them want are read once."""
    shared = table_files(mapping, found)
    wanted: list[tuple[str, list[Path], object]] = []
    for table in tables_in_use(mapping, list(shared)):
        wanted.append((table.name, shared[table.name], table.format))
        for place, lookup in enumerate(table.lookup):
            name = lookup_name(table, place)
            wanted.append((name, lookup_files(lookup.files, f"{name}.files", found), lookup.format))
    staged: dict[str, Staged] = {}
    read: dict[tuple[object, ...], str] = {}
    for name, files, how in wanted:
        same = read.setdefault((*files, how), name)
        staged[name] = staged[same] if same in staged else loader.stage(name, files, file_format(how))  # type: ignore[arg-type]
    notes = list(dict.fromkeys(note for table in staged.values() for note in table.notes))
    notes += [
        f"{file.name} has a header and no rows."
        for table in staged.values()
        for file in table.files
        if file.rows + file.malformed == 0
    ]
    ignored = unused(found, [file for _, files, _ in wanted for file in files])
    if ignored:
        notes.append(f"Not read, since the mapping does not name them: {', '.join(ignored)}.")
    if not any(staged[name].columns for name in shared):
        raise InputError("The files hold no columns.")
    return staged, list(dict.fromkeys(notes))
