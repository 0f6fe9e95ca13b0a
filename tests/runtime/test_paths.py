"""Which file a call means, wherever it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.errors import AccessDeniedError, InputError
from cxloop.runtime.paths import absolute, from_inbox

NAMES = st.sampled_from(["a.csv", "..", ".", "in", "*.csv", "~", "etc", "passwd", "/", "..%2f"])


def test_relative_files_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exports").mkdir()

    found = absolute({"path": Path("a.csv"), "glob": Path("x/*.csv"), "folder": Path("exports"), "text": "a.csv"})

    assert found == {
        "path": tmp_path / "a.csv",
        "glob": tmp_path / "x/*.csv",
        "folder": tmp_path / "exports",
        "text": "a.csv",
    }


def test_the_name_of_something_ready_stays_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert absolute({"mapping": Path("olist")}) == {"mapping": Path("olist")}
    assert from_inbox(tmp_path, {"mapping": Path("olist")}) == {"mapping": Path("olist")}


@given(st.lists(NAMES, min_size=1, max_size=5))
def test_no_path_leads_out_of_the_inbox(steps: list[str]) -> None:
    inbox = Path("/srv/acme/inbox")
    path = Path(*steps)

    try:
        found = from_inbox(inbox, {"path": path})["path"]
    except AccessDeniedError:
        return

    # Relative to the process's folder, which is the inbox.
    assert (inbox / found).resolve().is_relative_to(inbox)


def test_a_link_in_the_inbox_does_not_lead_out(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "link.csv").symlink_to(tmp_path / "secret.csv")

    with pytest.raises(AccessDeniedError, match="inbox"):
        from_inbox(inbox, {"path": Path("link.csv")})


@pytest.mark.parametrize("name", ["x" * 300, "x/" * 3000, "a\0b", "\0"])
def test_a_name_that_no_file_can_have_is_a_mistake(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be the name of a file"):
        from_inbox(tmp_path, {"path": Path(name)})


@pytest.mark.parametrize("path", ["links", "*.csv", "links/*", ".", "out.csv", "beside.csv"])
def test_no_link_in_the_inbox_leads_out_of_it(tmp_path: Path, path: str) -> None:
    inbox, outside = tmp_path / "inbox", tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text("a\n1\n")
    inbox.mkdir()
    (inbox / "beside.csv").write_text("a\n1\n")
    (inbox / "links").symlink_to(outside)
    (inbox / "out.csv").symlink_to(outside / "secret.csv")

    with pytest.raises(AccessDeniedError, match="outside of the workspace's inbox"):
        from_inbox(inbox, {"path": Path(path)})


def test_a_link_within_the_inbox_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    (tmp_path / "newest.csv").symlink_to(tmp_path / "a.csv")

    assert from_inbox(tmp_path, {"path": Path("*.csv")}) == {"path": tmp_path / "*.csv"}
    assert from_inbox(tmp_path, {"path": Path("newest.csv")}) == {"path": tmp_path / "a.csv"}


def test_a_plain_name_is_never_a_file_of_the_folder_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (tmp_path / "secrets").write_text("a\n1\n")
    monkeypatch.chdir(tmp_path)

    assert from_inbox(inbox, {"path": Path("secrets")}) == {"path": inbox / "secrets"}
