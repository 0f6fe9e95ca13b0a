"""Mailed dashboards on their way: the PDF that a mail brings along, and the no of whoever does not want it any more.

They go to colleagues, not to customers: no key, no purpose and no budget belongs to them. A no is about one mailing and
one address, which is kept as a digest.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxloop.core.errors import InputError
from cxloop.outreach.links import sign_link
from cxloop.outreach.templates.writing import Attached
from cxloop.store import documents
from cxloop.store.messages import messages
from cxloop.store.messages.messages import Change

if TYPE_CHECKING:
    from cxloop.core.config import Settings
    from cxloop.store.base import Store
    from cxloop.store.messages.messages import MessageRecord
    from cxloop.store.secrets import Vault

__all__ = [
    "BY_HAND",
    "MAILING",
    "REPORT",
    "NoReport",
    "digest_of",
    "files_of",
    "forget_files",
    "keep_file",
    "no_report_link",
    "read_no_report",
    "refuse_report",
    "refused",
]

REPORT = "report"
"""The template, and what these messages are about."""
MAILING = "mailing"
"""The kind of document that says which dashboard goes to whom, and when."""
BY_HAND = 0
"""In place of the number of a mailing: what somebody sends by hand."""
_NO = "mailing_no"
_FOLDER = "reports"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,120}\.pdf")
_SAID_NO = re.compile(r"(?P<digest>[0-9a-f]{16})_(?P<number>[0-9]{1,12})")


@dataclass(frozen=True, slots=True)
class NoReport:
    """What the unsubscribe link of a mailed dashboard says no to."""

    number: int
    digest: str
    title: str


def digest_of(vault: Vault, address: str) -> str:
    """Returns what stands for an address in links and records, so that neither holds it."""
    return vault.sign(f"report:{address.strip().casefold()}")[:16]


def no_report_link(settings: Settings, vault: Vault, message: MessageRecord) -> str:
    """Returns the address that says no to a mailed dashboard; it works long after the message is gone."""
    name = f"{digest_of(vault, message.address)}_{message.reference or BY_HAND}"
    return f"{settings.server.address}/u/{sign_link(vault, 'report', name)}"


def read_no_report(store: Store, name: str) -> NoReport | None:
    """Returns what the name in such a link says no to; None where it says nothing."""
    found = _SAID_NO.fullmatch(name)
    if found is None:
        return None
    number = int(found["number"])
    kept = next((each for each in documents.newest(store, MAILING) if each.name == str(number)), None)
    title = "dashboards" if kept is None else str(kept.content.get("title", ""))
    return NoReport(number, found["digest"], title)


def refuse_report(store: Store, no: NoReport) -> None:
    """Writes a no down: on the disk when this returns, and what waits for that address is taken back."""
    documents.save(store, _NO, f"{no.number}-{no.digest}", {"no": True}, author_id=None)
    waiting = [each for each in messages.about(store, REPORT, [no.number]) if each.state == "waiting"]
    own = [each.id for each in waiting if digest_of(store.vault, each.address) == no.digest]
    messages.change(store, [Change(number, ("waiting",), "cancelled", "its reader has said no") for number in own])


def refused(store: Store, number: int) -> frozenset[str]:
    """Returns the digests of those who said no to a mailing, or to what is sent by hand."""
    names = (name.partition("-") for name in documents.names(store, _NO))
    return frozenset(digest for said, _dash, digest in names if said == str(number))


def keep_file(folder: Path, name: str, content: bytes) -> None:
    """Writes a PDF for mails, whole or not at all, readable for nobody else.

    Args:
        folder: of the workspace.
        name: small letters, digits, - and _, with .pdf.
        content: the file.
    """
    path = _path(folder, name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(path)


def files_of(folder: Path, message: MessageRecord) -> tuple[Attached, ...]:
    """Returns what a message brings along; raises InputError where it is gone."""
    told: Any = message.parameters
    if message.template != REPORT or not told.get("file"):
        return ()
    try:
        content = _path(folder, str(told["file"])).read_bytes()
    except OSError:
        raise InputError("The PDF of this mail is gone; it is kept for some days only. Send it anew.") from None
    return (Attached(str(told.get("file_name") or told["file"]), "application/pdf", content),)


def forget_files(folder: Path, before: datetime) -> int:
    """Removes PDFs that were written before a moment (UTC without zone), and returns how many."""
    gone = 0
    for path in (folder / _FOLDER).glob("*.p*"):
        if path.stat().st_mtime < before.replace(tzinfo=UTC).timestamp():
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _path(folder: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise InputError("The PDF of this mail has a name that none has. Send it anew.")
    return folder / _FOLDER / name
