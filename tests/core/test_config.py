"""The two files of a workspace: all mistakes together, and unknown settings are mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxloop.core.config import Experience, Settings, load_experience, load_settings
from cxloop.core.errors import InputError, MistakesError


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, "cxloop.toml", "")) == Settings()
    assert load_experience(written(tmp_path, "experience.toml", "")) == Experience()


def test_all_mistakes_of_a_file_are_shown_together(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "cxloop.toml",
        """
        [company]
        time_zone = "Europe/Belrin"
        currency = "euro"
        [measure]
        minimum_m = 3
        [server]
        port = 70000
        """,
    )

    with pytest.raises(MistakesError) as caught:
        load_settings(file)

    assert [mistake.where for mistake in caught.value.mistakes] == [
        "company.time_zone",
        "company.currency",
        "measure.minimum_m",
        "server.port",
    ]
    assert 'Did you mean "minimum_n"?' in str(caught.value)
    assert "'euro' cannot be used. Give a currency in three capitals, such as EUR." in str(caught.value)
    assert str(caught.value).startswith("cxloop.toml has 4 mistakes:")


def test_names_of_the_experience_must_meet(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "experience.toml",
        """
        channel = ["web", "web"]
        [[stage]]
        name = "purchase"
        [[touchpoint]]
        name = "checkout"
        stage = "purchases"
        [[rule]]
        when = "kind == 'order'"
        touchpoint = "chekout"
        channel = "webb"
        """,
    )

    with pytest.raises(MistakesError) as caught:
        load_experience(file)

    assert [str(mistake) for mistake in caught.value.mistakes] == [
        "channel: 'web' is declared twice. Keep one.",
        "touchpoint.0.stage: Unknown stage 'purchases'. Did you mean \"purchase\"?",
        "rule.0.touchpoint: Unknown touchpoint 'chekout'. Did you mean \"checkout\"?",
        "rule.0.channel: Unknown channel 'webb'. Did you mean \"web\"?",
    ]


def test_a_byte_order_mark_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "cxloop.toml"
    file.write_bytes(b'\xef\xbb\xbf[company]\nname = "Acme"\n')

    assert load_settings(file).company.name == "Acme"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe[", "is not UTF-8 text"),
        (b"[company\nname = 3", "is not valid TOML"),
        (b'[company]\nname = "a"\nname = "b"', "is not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "cxloop.toml"
    file.write_bytes(content)

    with pytest.raises(InputError, match=message):
        load_settings(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cxloop\.toml does not exist"):
        load_settings(tmp_path / "cxloop.toml")
