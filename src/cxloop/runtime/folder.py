"""The folder of a workspace: where its files are, how it is found and how it is made."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from cxloop.core.config import Experience, Settings, load_experience, load_settings
from cxloop.core.errors import Mistake, MistakesError, UnknownNameError, WorkspaceError

__all__ = ["SETTINGS_FILE", "Folder", "create", "find", "keep_private", "templates"]

SETTINGS_FILE = "cxloop.toml"
EXPERIENCE_FILE = "experience.toml"
VARIABLE = "CXLOOP_WORKSPACE"
INBOX = "inbox"
OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class Folder:
    """The paths inside a workspace."""

    path: Path

    @property
    def settings(self) -> Path:
        """cxloop.toml."""
        return self.path / SETTINGS_FILE

    @property
    def experience(self) -> Path:
        """experience.toml."""
        return self.path / EXPERIENCE_FILE

    @property
    def analytics(self) -> Path:
        """Folder of the engine's files."""
        return self.path / "analytics"

    @property
    def working(self) -> Path:
        """Folder of what an engine on other machines needs beside this process; may be lost at any time."""
        return self.path / "working"

    @property
    def store(self) -> Path:
        """File of the operational records."""
        return self.path / "app.sqlite"

    @property
    def socket(self) -> Path:
        """Socket of the server, while one runs."""
        return self.path / "server.sock"

    @property
    def log(self) -> Path:
        """Where unexpected failures are written down."""
        return self.path / "logs" / "cxloop.log"

    @property
    def spool(self) -> Path:
        """Folder of what the collector has taken and the loader has not admitted yet."""
        return self.path / "spool"

    @property
    def inbox(self) -> Path:
        """Where accounts other than the machine's own user may import files from."""
        return self.path / INBOX

    def definitions(self) -> tuple[Settings, Experience]:
        """Returns both TOML files; raises MistakesError with the mistakes of both together."""
        mistakes: list[Mistake] = []
        loaded: list[Settings | Experience] = []
        for read, file in ((load_settings, self.settings), (load_experience, self.experience)):
            try:
                loaded.append(read(file))
            except MistakesError as failure:
                mistakes += [Mistake(f"{file.name}: {mistake.where}", mistake.message) for mistake in failure.mistakes]
        if mistakes:
            raise MistakesError(str(self.path), mistakes)
        settings, experience = loaded
        assert isinstance(settings, Settings)
        assert isinstance(experience, Experience)
        return settings, experience


def find(path: str | Path | None = None) -> Folder:
    """Returns the workspace at `path`, at $CXLOOP_WORKSPACE, or in the nearest parent of the working directory.

    Raises:
        WorkspaceError: there is none.
    """
    named = path or os.environ.get(VARIABLE)
    if named:
        folder = Path(named).expanduser().resolve()
        if not (folder / SETTINGS_FILE).is_file():
            raise WorkspaceError(
                f"{folder} is not a workspace: it has no {SETTINGS_FILE}. Make one: cxloop init {named}"
            )
        return Folder(folder)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / SETTINGS_FILE).is_file():
            return Folder(folder)
    raise WorkspaceError(
        f"No workspace here: neither {here} nor a folder above it has a {SETTINGS_FILE}. "
        f"Make one with: cxloop init DIR, name one with: --workspace DIR, or set {VARIABLE}."
    )


def templates() -> list[str]:
    """Returns the names of the ready templates."""
    root = files("cxloop") / "templates"
    return sorted(entry.name for entry in root.iterdir() if entry.is_dir() and (entry / SETTINGS_FILE).is_file())


def create(path: str | Path, template: str = "empty") -> Folder:
    """Makes a workspace from a template.

    Args:
        path: a new or empty folder.
        template: name of a template.

    Raises:
        UnknownNameError: there is no such template.
        WorkspaceError: the folder holds something already.
    """
    if template not in templates():
        raise UnknownNameError("template", template, templates())
    folder = Path(path).expanduser().resolve()
    if folder.is_file():
        raise WorkspaceError(f"{folder} is a file. Name a folder.")
    if (folder / SETTINGS_FILE).exists():
        raise WorkspaceError(f"{folder} is a workspace already. Open it with: cxloop serve --workspace {path}")
    if folder.is_dir() and any(folder.iterdir()):
        raise WorkspaceError(f"{folder} is not empty. Name a new or an empty folder, so that nothing is mixed up.")
    with as_file(files("cxloop") / "templates" / template) as source:
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    # It will hold data of persons: nobody but its owner has business inside.
    folder.chmod(0o700)
    keep_private(folder)
    return Folder(folder)


def keep_private(folder: Path) -> None:
    """Takes every right of others away from the files of a workspace, also from those that an earlier version made.

    What people put into the inbox, and links, are left as they are.
    """
    for entry in folder.iterdir():
        if entry.name == INBOX or entry.is_symlink():
            continue
        with suppress(OSError):  # somebody else's file, or gone meanwhile
            if entry.is_dir():
                keep_private(entry)
            mode = stat.S_IMODE(entry.stat().st_mode)
            if mode & OTHERS:
                entry.chmod(mode & ~OTHERS)
