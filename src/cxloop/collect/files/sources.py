"""Which files an import reads: a file, a folder or a pattern, shared out among the tables of the mapping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.resources import files as package_files
from itertools import takewhile
from pathlib import Path

from cxloop.collect.files.mapping import Mapping, Table, mapping_text
from cxloop.collect.results import Mappings
from cxloop.core.errors import InputError, Mistake, MistakesError, did_you_mean
from cxloop.core.wording import count

__all__ = ["Found", "find_files", "find_mapping", "list_mappings", "lookup_files", "table_files"]

INBOX = "inbox"
"""Folder of the workspace with the files that the app may read."""
_SUFFIXES = (
    ".csv",
    ".tsv",
    ".tab",
    ".txt",
    ".json",
    ".jsonl",
    ".ndjson",
    ".parquet",
    ".pq",
    ".xlsx",
    ".xlsm",
    ".xlsb",
    ".xls",
    ".ods",
)
_PACKED = ("", ".gz", ".zip")


@dataclass(frozen=True, slots=True)
class Found:
    """The files that a path means. `folder` is where lookups are searched; `named` whether one file was named."""

    files: tuple[Path, ...]
    folder: Path
    named: bool


def find_files(path: Path) -> Found:
    """Returns the files that `path` means: itself, those of the folder, or those of the pattern.

    Raises:
        InputError: there is none, or the system does not let it be read.
    """
    try:
        return _find(path.expanduser())
    except (OSError, RuntimeError) as failure:  # too long a name, no right, nobody's home
        raise InputError(f"{path} cannot be read: {getattr(failure, 'strerror', None) or failure}.") from None


def _find(path: Path) -> Found:
    if path.is_file():
        return Found((path,), path.parent, named=True)
    if path.is_dir():
        files = tuple(sorted(file for file in path.iterdir() if file.is_file() and _is_readable(file)))
        if not files:
            raise InputError(f"{path} holds no file that can be read: {', '.join(_SUFFIXES)}, also .gz or .zip.")
        return Found(files, path, named=False)
    found = tuple(sorted(file for file in _pattern(path) if file.is_file()))
    if not found:
        raise InputError(f"{path} does not exist, and as a pattern it matches no file.")
    return Found(found, found[0].parent, named=False)


def _pattern(path: Path) -> Iterator[Path]:
    """Yields what a pattern such as exports/*/2026-*.csv matches, from its first folder without a sign of one."""
    fixed = list(takewhile(lambda part: not any(sign in part for sign in "*?["), path.parts))
    rest = path.parts[len(fixed) :]
    return Path(*fixed).glob(str(Path(*rest))) if rest else iter(())


def _is_readable(file: Path) -> bool:
    name = file.name.lower()
    return any(name.endswith(suffix + packed) for suffix in _SUFFIXES for packed in _PACKED)


def table_files(mapping: Mapping, found: Found) -> dict[str, list[Path]]:
    """Returns the files of each table that has any.

    Raises:
        MistakesError: a table that is not optional has none.
    """
    if found.named and len(mapping.table) == 1:
        return {mapping.table[0].name: list(found.files)}
    shared = {table.name: _matching(table.files, found.files) for table in mapping.table}
    if found.named and any(shared.values()):
        return {name: files for name, files in shared.items() if files}
    mistakes = [
        Mistake(f"{table.name}.files", _none_matches(table.files, found))
        for table in mapping.table
        if not shared[table.name] and not table.optional
    ]
    if mistakes:
        raise MistakesError("The mapping", mistakes)
    return {name: files for name, files in shared.items() if files}


def lookup_files(patterns: Sequence[str], where: str, found: Found) -> list[Path]:
    """Returns the files of a lookup, from the folder of the imported files.

    Raises:
        MistakesError: there is none.
    """
    around = Found(tuple(sorted(file for file in found.folder.iterdir() if file.is_file())), found.folder, named=False)
    files = _matching(patterns, around.files)
    if not files:
        raise MistakesError("The mapping", [Mistake(where, _none_matches(patterns, around))])
    return files


def _matching(patterns: Sequence[str], files: Sequence[Path]) -> list[Path]:
    """The files of the first pattern that matches any: patterns are alternatives, most original first."""
    if not patterns:
        return list(files)
    for pattern in patterns:
        matched = [file for file in files if fnmatch(file.name, pattern)]
        if matched:
            return matched
    return []


def _none_matches(patterns: Sequence[str], found: Found) -> str:
    names = ", ".join(file.name for file in found.files[:8]) or "nothing"
    more = f" and {len(found.files) - 8} more" if len(found.files) > 8 else ""
    return f"No file matches {' or '.join(patterns)}. There is {names}{more}."


def find_mapping(given: Path | None, workspace: Path) -> tuple[str, str]:
    """Returns the text of a mapping and what to call it.

    Args:
        given: a file, the name of a ready mapping, or None for the workspace's own `mapping.toml`.
        workspace: the folder of the workspace.

    Raises:
        InputError: there is no such mapping.
    """
    if given is None:
        own = workspace / "mapping.toml"
        if not own.is_file():
            raise InputError(
                "Say how the file is to be read: --mapping FILE or the name of a ready mapping "
                f"({', '.join(ready_mappings())}). To get a first one written: --suggest."
            )
        return mapping_text(own), own.name
    if given.is_file():
        return mapping_text(given), given.name
    ready = ready_mappings()
    if given.name in ready:
        return (package_files("cxloop") / "templates" / given.name / "mapping.toml").read_text("utf-8"), given.name
    raise InputError(
        f"There is no mapping {str(given)!r}: no such file, and no ready mapping of that name. "
        f"{did_you_mean(given.name, ready)}"
    )


def ready_mappings() -> list[str]:
    """Returns the names of the mappings that come with cxloop."""
    root = package_files("cxloop") / "templates"
    return sorted(entry.name for entry in root.iterdir() if (entry / "mapping.toml").is_file())


def unused(found: Found, used: Sequence[Path]) -> list[str]:
    """Returns the names of files that nothing in the mapping reads."""
    return [file.name for file in found.files if file not in used]


def tables_in_use(mapping: Mapping, names: Sequence[str]) -> list[Table]:
    """Returns the tables that have files."""
    return [table for table in mapping.table if table.name in names]


def list_mappings(workspace: Path) -> Mappings:
    """Returns what `mapping` may name where only the inbox can be read.

    Args:
        workspace: the folder of the workspace.
    """
    inbox = workspace / INBOX
    files = sorted(path.name for path in inbox.glob("*.toml") if path.is_file() and not path.is_symlink())
    rows = [*((name, "inbox") for name in files), *((name, "ready") for name in ready_mappings())]
    summary = f"{count(len(files))} {'mapping' if len(files) == 1 else 'mappings'} in the inbox, {inbox}."
    return Mappings(summary, ("mapping", "where"), tuple(rows))
