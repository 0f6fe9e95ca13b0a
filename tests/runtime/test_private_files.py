"""Nobody but the owner of a workspace can look into its files, whoever made them."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from cxloop.runtime.folder import Folder, create, keep_private
from cxloop.runtime.workspace import open_workspace


def _open_to_others(folder: Path) -> list[str]:
    found: Iterator[Path] = folder.rglob("*")
    return sorted(str(path.relative_to(folder)) for path in found if stat.S_IMODE(path.lstat().st_mode) & 0o077)


def test_a_new_workspace_is_private_file_by_file(tmp_path: Path) -> None:
    made = create(tmp_path / "acme", "shop")

    assert _open_to_others(made.path) == []


def test_opening_takes_away_what_an_earlier_version_left_open(bare_workspace: Path) -> None:
    opened = open_workspace(Folder(bare_workspace))
    opened.store.audit(account_id=None, verb="x.y", outcome="done")
    opened.close()
    for path in bare_workspace.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)

    open_workspace(Folder(bare_workspace)).close()

    assert _open_to_others(bare_workspace) == []


def test_the_command_line_makes_private_files_only(bare_workspace: Path) -> None:
    command = ["admin", "create-key", "write", "shop", "--workspace", str(bare_workspace)]
    subprocess.run([sys.executable, "-m", "cxloop", *command], check=True, capture_output=True)

    assert (bare_workspace / "app.sqlite").is_file()
    assert _open_to_others(bare_workspace) == []


def test_what_is_not_the_workspace_s_own_stays_as_it_is(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.touch(0o644)
    folder = tmp_path / "acme"
    (folder / "inbox").mkdir(parents=True)
    (folder / "inbox" / "orders.csv").touch(0o644)
    (folder / "link").symlink_to(outside)

    keep_private(folder)

    assert stat.S_IMODE(outside.stat().st_mode) == 0o644
    assert stat.S_IMODE((folder / "inbox" / "orders.csv").stat().st_mode) == 0o644
