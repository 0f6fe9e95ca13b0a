"""Redaction of whole columns: one look by Arrow finds the few rows that Python has to read.

The loader of live events hands over the columns of a batch, and the engine those of a file, a few thousand at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from cxloop.collect.redaction.queries import NAME_TRAITS
from cxloop.collect.redaction.redactor import redactor_of
from cxloop.collect.redaction.words import own_names

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.collect.redaction.redactor import Redactor
    from cxloop.core.config import Redactable, Settings

__all__ = ["IN_ADDRESSES", "FileRedaction", "file_redaction", "redacted_column"]

IN_ADDRESSES: frozenset[Redactable] = frozenset({"email", "card", "iban"})
"""What is looked for in the address of a page, whose parts are often long numbers."""
_ESCAPED = r"\\u"
"""A document may write any letter as its number."""
_HARMLESS = r'"(?:userAgent|ip)" ?: ?"[^"]*"|20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:.]+'
"""What stands in nearly every event and looks like a long number."""
_BETWEEN = "\x1f"
_NAME, _ADDRESS = "n", "e"


def redacted_column(
    redactor: Redactor, column: pa.Array[Any], own: Mapping[int, frozenset[str]], *, document: bool = False
) -> tuple[pa.Array[Any], dict[int, str]]:
    """Returns a column of texts redacted, and what stood there where it was changed.

    Args:
        redactor: what to take out.
        column: texts or nulls.
        own: the names of the person whose row it is, by place.
        document: whether the texts are JSON.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not redactor.kinds:
        return column, {}
    looked_at = pc.replace_substring_regex(column, _HARMLESS, "") if document else column
    found = pc.match_substring_regex(looked_at, f"{redactor.hint}|{_ESCAPED}" if document else redactor.hint)
    places = {*own, *(place for place in pc.indices_nonzero(found).to_pylist() if place is not None)}
    change = redactor.document if document else redactor.text
    taken: dict[int, str] = {}
    changed: list[str] = []
    for place in sorted(places):
        before = column[place].as_py()
        after = None if before is None else change(before, own.get(place, ()))
        if after is not None and after != before:
            taken[place] = before
            changed.append(after)
    if not taken:
        return column, {}
    mask = pa.array([place in taken for place in range(len(column))])
    return pc.replace_with_mask(column, mask, pa.array(changed, column.type)), taken


@dataclass(frozen=True)
class FileRedaction:
    """What the engine calls for the columns of a file (`engine.loading.Redaction`)."""

    redactor: Redactor

    @property
    def seals(self) -> bool:
        """Whether originals are sealed beside."""
        return self.redactor.seal is not None

    @property
    def name_traits(self) -> tuple[str, ...]:
        """Traits that hold a person's name, where names are looked for."""
        return NAME_TRAITS if "names" in self.redactor.kinds else ()

    @cached_property
    def _in_addresses(self) -> Redactor:
        return replace(self.redactor, kinds=self.redactor.kinds & IN_ADDRESSES)

    def texts(self, values: pa.Array[Any], whose: pa.Array[Any]) -> pa.Array[Any]:
        """Returns texts without what identifies persons."""
        return redacted_column(self.redactor, _one(values), _own(whose))[0]

    def documents(self, values: pa.Array[Any], whose: pa.Array[Any]) -> pa.Array[Any]:
        """Returns JSON documents without what identifies persons."""
        return redacted_column(self.redactor, _one(values), _own(whose), document=True)[0]

    def addresses(self, values: pa.Array[Any]) -> pa.Array[Any]:
        """Returns addresses of pages without what identifies persons."""
        return redacted_column(self._in_addresses, _one(values), {})[0]

    def sealed(
        self, rows: pa.Array[Any], whose: pa.Array[Any], originals: pa.Array[Any], document: pa.Array[Any]
    ) -> pa.Array[Any]:
        """Returns what is taken out of rows, sealed; null where nothing is.

        Args:
            rows: source and message id of each row, with U+001F between.
            whose: names of each person.
            originals: JSON of the fields that are texts.
            document: `properties`.
        """
        import pyarrow as pa

        own = _own(whose)
        texts, properties = originals.to_pylist(), document.to_pylist()
        told = [
            self._sealed(str(row), str(texts[place]), properties[place], own.get(place, frozenset()))
            for place, row in enumerate(rows.to_pylist())
        ]
        return pa.array(told, pa.string())

    def _sealed(self, row: str, fields: str, properties: str | None, own: frozenset[str]) -> str | None:
        redactor = self.redactor
        assert redactor.seal is not None
        texts: dict[str, str | None] = msgspec.json.decode(fields)
        taken = {name: text for name, text in texts.items() if text is not None and redactor.text(text, own) != text}
        if properties is not None and redactor.document(properties, own) != properties:
            taken["properties"] = properties
        source, _, message_id = row.partition(_BETWEEN)
        return redactor.seal.close(source, message_id, taken) if taken else None


def file_redaction(settings: Settings) -> FileRedaction | None:
    """Returns what a file's rows go through, None where nothing is taken out; raises InputError for a missing key."""
    redactor = redactor_of(settings)
    return None if redactor is None else FileRedaction(redactor)


def _own(whose: pa.Array[Any]) -> dict[int, frozenset[str]]:
    """The names to look for, from what the engine tells of each row: names (n) and e-mail addresses (e)."""
    found = {}
    for place, told in enumerate(whose.to_pylist()):
        if told:
            parts = told.split(_BETWEEN)
            found[place] = own_names(
                [part[1:] for part in parts if part.startswith(_NAME)],
                [part[1:] for part in parts if part.startswith(_ADDRESS)],
            )
    return {place: words for place, words in found.items() if words}


def _one(values: pa.Array[Any] | pa.ChunkedArray[Any]) -> pa.Array[Any]:
    import pyarrow as pa

    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
