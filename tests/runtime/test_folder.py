"""The folder of a workspace: found, made, and its definitions read."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxloop.core.errors import MistakesError, UnknownNameError, WorkspaceError
from cxloop.runtime.folder import VARIABLE, Folder, create, find, templates


@pytest.fixture(autouse=True)
def no_workspace_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def test_the_nearest_parent_is_the_workspace(bare_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = bare_workspace / "exports" / "2026"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)

    assert find().path == bare_workspace.resolve()


def test_the_variable_names_a_workspace(bare_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(bare_workspace))

    assert find().path == bare_workspace.resolve()


def test_a_folder_that_is_no_workspace_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="cxloop init"):
        find(tmp_path)


def test_no_workspace_anywhere_names_all_three_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(WorkspaceError, match=r"cxloop init DIR.*--workspace DIR.*CXLOOP_WORKSPACE"):
        find()


def test_mistakes_of_both_files_are_shown_together(bare_workspace: Path) -> None:
    (bare_workspace / "cxloop.toml").write_text('[company]\ncurrency = "euro"\n')
    (bare_workspace / "experience.toml").write_text('[[touchpoint]]\nname = "checkout"\nstage = "purchase"\n')

    with pytest.raises(MistakesError) as caught:
        Folder(bare_workspace).definitions()

    assert [mistake.where for mistake in caught.value.mistakes] == [
        "cxloop.toml: company.currency",
        "experience.toml: touchpoint.0.stage",
    ]


@pytest.mark.parametrize("template", templates())
def test_every_template_makes_a_workspace_whose_files_have_no_mistake(template: str, tmp_path: Path) -> None:
    folder = create(tmp_path / "made", template)

    folder.definitions()
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert not list(folder.path.rglob("*.py"))


def test_an_unknown_template_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Unknown template 'shopp'"):
        create(tmp_path / "made", "shopp")
    assert not (tmp_path / "made").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("important")

    with pytest.raises(WorkspaceError, match="is not empty"):
        create(tmp_path, "empty")

    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_workspace_is_not_made_twice(bare_workspace: Path) -> None:
    with pytest.raises(WorkspaceError, match="is a workspace already"):
        create(bare_workspace, "empty")


def test_a_file_is_not_made_into_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(WorkspaceError, match="is a file"):
        create(tmp_path / "file", "empty")
