"""The key of a workspace: made once, private, and nothing is opened without it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.core.errors import InputError, WorkspaceError
from cxloop.store.secrets import KEY_FILE, VARIABLE, Vault


@given(st.text())
def test_what_was_sealed_is_opened_again(text: str) -> None:
    vault = Vault("k" * 32)

    sealed = vault.seal(text)

    assert vault.open(sealed) == text
    assert sealed != vault.seal(text)


def test_the_key_is_made_once_for_all_who_ask_at_the_same_moment(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        vaults = set(pool.map(Vault.of, [tmp_path] * 32))

    assert len(vaults) == 1
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


def test_a_key_may_come_from_the_environment_and_then_none_lies_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "e" * 32)

    assert Vault.of(tmp_path) == Vault("e" * 32)
    assert list(tmp_path.iterdir()) == []


def test_another_key_opens_nothing_and_says_what_to_do() -> None:
    sealed = Vault("a" * 32).seal("secret")

    for wrong in (sealed, sealed[:-2], "", "é"):
        with pytest.raises(InputError, match="Restore the key"):
            Vault("b" * 32).open(wrong)


def test_a_signature_is_of_one_text_by_one_key() -> None:
    vault, other = Vault("a" * 32), Vault("b" * 32)

    signature = vault.sign("text")

    assert vault.signed("text", signature)
    assert not vault.signed("other", signature)
    assert not other.signed("text", signature)
    assert not vault.signed("text", "é")


def test_a_key_that_could_be_guessed_is_refused(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("short")

    with pytest.raises(WorkspaceError, match="has 5 characters; a key needs 32"):
        Vault.of(tmp_path)


def test_a_vault_does_not_show_its_key() -> None:
    assert "k" * 32 not in repr(Vault("k" * 32))
