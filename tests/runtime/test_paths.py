"""Which file a call means, wherever it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.errors import AccessDeniedError
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
