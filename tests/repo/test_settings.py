"""A setting that nothing reads promises something that does not happen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cxloop.core.config import Settings

NAMES = [name for part in Settings.model_fields.values() for name in type(part.default).model_fields]


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_read_somewhere(name: str, sources: dict[str, Path]) -> None:
    reads = re.compile(rf"\.{name}\b")

    assert [where for where, path in sources.items() if where != "core/config.py" and reads.search(path.read_text())]
