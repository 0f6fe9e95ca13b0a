"""Who of a site's visitors belongs to the segment of a widget: a file for each segment, which the collector asks.

The collector has no engine and no members of segments. The process of the app writes digests of the members' anonymous
ids, sorted, eight bytes each; asking is a binary search in a file that is not read whole. A digest is keyed by the
workspace, so that the file tells nobody who is in it.
"""

from __future__ import annotations

import hmac
import mmap
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from cxloop.engine.query import Query
from cxloop.store.surveys import surveys

if TYPE_CHECKING:
    from cxloop.engine.base import Engine
    from cxloop.store.base import Store
    from cxloop.store.secrets import Vault

__all__ = ["MEMBERS", "Audience", "is_stale", "refresh", "wanted", "write"]

MEMBERS = Query(
    name="collect.widget_members",
    sql="""
        select k.namespace, k.value
        from segment_members as m
        inner join customer_of as o on o.customer_id = m.customer_id
        inner join keys as k on k.key_id = o.key_id
        where m.segment = $segment and m.until is null and k.type = 'anonymous_id'
    """,
    inputs=("segment_members", "customer_of", "keys"),
    parameters={"segment": "text"},
    output={"namespace": "text", "value": "text"},
)
"""The anonymous ids of everybody who is in a segment now, of every source."""
FOLDER = "audiences"
BYTES = 8


class Audience:
    """The members of segments, as far as a collector has to know them."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        """Opens nothing yet.

        Args:
            folder: of the workspace.
            secret: of the workspace, for the digests.
        """
        self.folder = folder / FOLDER
        self._secret = secret

    @classmethod
    def of(cls, folder: Path, vault: Vault) -> Audience:
        """Returns what is known in a workspace.

        Args:
            folder: of the workspace.
            vault: of the same.
        """
        return cls(folder, vault.sign("audience").encode())

    def digest(self, namespace: str, value: str) -> int:
        """Returns what stands for an id in the files."""
        told = hmac.digest(self._secret, f"audience\0{namespace}\0{value}".encode(), "sha256")
        return int.from_bytes(told[:BYTES], "little")

    def holds(self, segment: str, namespace: str, value: str) -> bool:
        """Whether an anonymous id belongs to somebody in a segment; False as well where nothing is known of it."""
        path = self.path(segment)
        try:
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
                members = memoryview(whole).cast("Q")
                sought = self.digest(namespace, value)
                at = bisect_left(members, sought)
                found = at < len(members) and members[at] == sought
                members.release()
                return found
        except (OSError, ValueError):  # there is none, or an empty one
            return False

    def path(self, segment: str) -> Path:
        """Returns the file of a segment."""
        return self.folder / f"{hmac.digest(self._secret, segment.encode(), 'sha256').hex()[:32]}.bin"


def wanted(store: Store) -> frozenset[str]:
    """Returns the segments that widgets of live surveys are for."""
    found = (each.settings.get("widget") for each in surveys.every_one(store) if each.state == "live")
    return frozenset(str(widget["segment"]) for widget in found if widget and widget.get("segment"))


def is_stale(audience: Audience, segments: frozenset[str], before: float) -> bool:
    """Whether a segment's file is missing or was written before a moment (seconds since 1970), or one is too many."""
    paths = {audience.path(segment) for segment in segments}
    there = set(audience.folder.glob("*.bin")) if audience.folder.is_dir() else set()
    return there != paths or any(path.stat().st_mtime < before for path in paths)


def write(audience: Audience, segment: str, ids: Iterable[tuple[str, str]]) -> int:
    """Writes the members of a segment anew, and returns how many ids they have.

    Args:
        audience: where.
        segment: its name.
        ids: source and anonymous id of each.
    """
    digests = array("Q", sorted(audience.digest(namespace, value) for namespace, value in ids))
    audience.folder.mkdir(mode=0o700, exist_ok=True)
    path = audience.path(segment)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(digests.tobytes())
    # whoever asks meanwhile has the old one open
    fresh.replace(path)
    return len(digests)


def refresh(engine: Engine, audience: Audience, segments: Iterable[str]) -> None:
    """Writes the members of these segments, and removes the files of all others."""
    wanted = set(segments)
    for segment in sorted(wanted):
        table = engine.fetch(MEMBERS, {"segment": segment})
        write(audience, segment, [(str(row["namespace"]), str(row["value"])) for row in table.to_pylist()])
    kept = {audience.path(segment) for segment in wanted}
    for path in audience.folder.glob("*.bin") if audience.folder.is_dir() else ():
        if path not in kept:
            path.unlink(missing_ok=True)
