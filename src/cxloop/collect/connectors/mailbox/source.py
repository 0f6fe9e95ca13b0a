"""The mails of a mailbox as a dlt resource: new ones by UID, folder by folder, resumed where the last pull stopped.

State of a folder: `validity` (UIDs mean something else once the server changes it) and `next_uid`. Where the validity
changed, the folder is read from its beginning; mails that were read before have the same message id and content, and
so are not taken twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import sleep
from typing import Any

import dlt

from cxloop.collect.connectors.base import Scope
from cxloop.collect.connectors.mailbox.connector import MailboxSettings, port_of
from cxloop.collect.connectors.mailbox.imap import Account, FolderMissingError, Mailbox, connected
from cxloop.collect.connectors.mailbox.parse import Row, row_of

__all__ = ["mails", "read_folders"]

State = dict[str, dict[str, int]]
_TRIES = 3
_PAUSE_SECONDS = 1.0


def mails(settings: MailboxSettings, scope: Scope) -> Any:
    """Returns the resource of a mailbox's mails."""

    def pages() -> Iterator[list[Row]]:
        yield from read_folders(settings, scope, dlt.current.resource_state())

    return dlt.resource(pages, name="mails", write_disposition="append")


def read_folders(
    settings: MailboxSettings, scope: Scope, state: dict[str, Any], pause: Callable[[float], None] = sleep
) -> Iterator[list[Row]]:
    """Yields pages of rows, and notes in `state` how far each folder was read.

    A connection that breaks is opened again, and reading goes on behind the last page. If it keeps breaking, what was
    read so far is kept.

    Raises:
        SignInError: the user name or password is refused.
        FolderMissingError: a folder is not there.
        OSError: the server cannot be reached, and nothing was read.
    """
    progress = False
    tries = 0
    while True:
        try:
            for page in _once(settings, scope, state):
                progress, tries = True, 0
                yield page
            return
        except ConnectionError:
            tries += 1
            if tries < _TRIES:
                pause(_PAUSE_SECONDS * 4 ** (tries - 1))
            elif progress:
                scope.note("The connection to the mail server broke several times; the next pull goes on from there.")
                scope.stopped = True
                return
            else:
                raise


def _once(settings: MailboxSettings, scope: Scope, state: dict[str, Any]) -> Iterator[list[Row]]:
    account = Account(
        settings.host,
        port_of(settings),
        settings.security,
        settings.user,
        settings.password.get_secret_value(),
        settings.timeout_seconds,
    )
    with connected(account) as mailbox:
        for name in settings.folders:
            yield from _folder(mailbox, name, settings, scope, state.setdefault("folders", {}))
            if scope.enough():
                return


def _folder(
    mailbox: Mailbox, name: str, settings: MailboxSettings, scope: Scope, folders: State
) -> Iterator[list[Row]]:
    folder = _opened(mailbox, name)
    kept = folders.get(name)
    if kept is None or kept["validity"] != folder.validity:
        if kept is not None:
            scope.note(f"The mail server has numbered the folder {name!r} anew: it was read from its beginning.")
        kept = folders[name] = {"validity": folder.validity, "next_uid": 1}
    for page in mailbox.pages(folder, kept["next_uid"], settings.since, settings.largest_bytes):
        rows = [
            row_of(mail.content, folder=name, arrived=mail.arrived, own=settings.own, headers_only=mail.headers_only)
            for mail in page
        ]
        if page:
            kept["next_uid"] = page[-1].uid + 1
            scope.reached(f"{name}: mail {page[-1].uid}")
        if rows:
            yield rows
        if scope.enough():
            return
    kept["next_uid"] = max(kept["next_uid"], folder.next_uid)


def _opened(mailbox: Mailbox, name: str) -> Any:
    try:
        return mailbox.open(name)
    except FolderMissingError:
        there = ", ".join(repr(each) for each in mailbox.folders()) or "none"
        raise FolderMissingError(name, f"There are: {there}.") from None
