"""Reading folders of an IMAP server: read-only, in pages, by UID. Nothing is marked as seen, moved or deleted."""

from __future__ import annotations

import imaplib
import re
import ssl
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from ipaddress import ip_address
from typing import Any, Literal, TypeAlias

__all__ = ["Account", "Fetched", "Folder", "FolderMissingError", "Mailbox", "SignInError", "connected", "is_loopback"]

Security: TypeAlias = Literal["tls", "starttls", "none"]

_WINDOW = 10_000
"""UIDs asked for at once: an answer of imaplib has to fit into one line of a million bytes."""
_PAGE = 200
_BATCH_BYTES = 4_000_000
"""Mails are fetched together up to so many bytes, so that memory stays flat."""
_HEADER_BYTES = 20_000
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_LISTED = re.compile(rb'\) (?:"(?:[^"\\]|\\.)*"|NIL) (.+)$', re.DOTALL)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,18})\b")


class SignInError(Exception):
    """The server refused the user name or password."""


class FolderMissingError(Exception):
    """The server has no such folder, or does not let it be opened."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where the server is and who signs in."""

    host: str
    port: int
    security: Security
    user: str
    password: str
    timeout_seconds: float = 60


@dataclass(frozen=True, slots=True)
class Fetched:
    """One mail: its UID, when it arrived (UTC), its bytes, and its whole size where those are its headers only."""

    uid: int
    arrived: datetime | None
    content: bytes
    headers_only: int = 0


@dataclass(frozen=True, slots=True)
class Folder:
    """An opened folder: UIDs hold as long as `validity` stays; the next mail will get a UID of `next_uid` or more."""

    name: str
    validity: int
    next_uid: int
    mails: int


def is_loopback(host: str) -> bool:
    """Says whether a host is this machine itself: there alone may a password travel without encryption."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


@contextmanager
def connected(account: Account) -> Iterator[Mailbox]:
    """Signs in, and signs out however it ends.

    Raises:
        SignInError: the user name or password is refused.
        OSError: the server cannot be reached, or its certificate cannot be trusted.
    """
    client = _open(account)
    try:
        _sign_in(client, account)
        yield Mailbox(client)
    finally:
        try:
            client.logout()
        except (imaplib.IMAP4.error, OSError):
            client.shutdown()


def _open(account: Account) -> imaplib.IMAP4:
    where: dict[str, Any] = {"host": account.host, "port": account.port, "timeout": account.timeout_seconds}
    try:
        if account.security == "tls":
            return imaplib.IMAP4_SSL(ssl_context=ssl.create_default_context(), **where)
        client = imaplib.IMAP4(**where)
        if account.security == "starttls":
            client.starttls(ssl_context=ssl.create_default_context())
    except imaplib.IMAP4.error as failure:
        raise ConnectionError(f"{account.host} does not answer as an IMAP server: {failure}") from None
    return client


def _sign_in(client: imaplib.IMAP4, account: Account) -> None:
    plain = f"\0{account.user}\0{account.password}".encode()
    try:
        if "AUTH=PLAIN" in client.capabilities:
            client.authenticate("PLAIN", lambda _challenge: plain)  # unlike LOGIN, takes letters beyond ASCII
        else:
            client.login(account.user, account.password)
    except imaplib.IMAP4.abort as failure:
        raise ConnectionError("The server closed the connection while signing in.") from failure
    except (imaplib.IMAP4.error, UnicodeEncodeError):
        # what the server says may repeat the user name; our sentence does not
        raise SignInError from None


class Mailbox:
    """What is needed of a signed-in connection."""

    def __init__(self, client: imaplib.IMAP4) -> None:
        self._client = client

    def open(self, name: str) -> Folder:
        """Opens a folder for reading.

        Raises:
            FolderMissingError: there is none.
        """
        said, data = self._asked(self._client.select, _quoted(name), readonly=True)
        if said != "OK":
            raise FolderMissingError(name)
        mails = int(data[0] or b"0")
        return Folder(name, self._number("UIDVALIDITY"), self._number("UIDNEXT"), mails)

    def folders(self) -> list[str]:
        """Returns the names of the folders that there are, for messages."""
        _, data = self._asked(self._client.list)
        lines = [line for line in data if isinstance(line, bytes)]
        return [_decoded(found[1].strip(b'"')) for line in lines if (found := _LISTED.search(line))][:50]

    def pages(self, folder: Folder, first_uid: int, since: date | None, most_bytes: int) -> Iterator[list[Fetched]]:
        """Yields the mails from a UID on, in the order of UIDs; a page holds no more than fits into memory.

        Args:
            folder: the folder that is open.
            first_uid: where to begin.
            since: only mails that arrived on this day or later.
            most_bytes: of a larger mail only the headers are fetched.
        """
        for uids in self._uids(folder, first_uid, since):
            for start in range(0, len(uids), _PAGE):
                yield from self._fetched(uids[start : start + _PAGE], most_bytes)

    def _uids(self, folder: Folder, first_uid: int, since: date | None) -> Iterator[list[int]]:
        if folder.mails == 0:
            return
        when = f" SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}" if since else ""
        for low in range(first_uid, folder.next_uid, _WINDOW):
            high = min(low + _WINDOW, folder.next_uid) - 1
            _, data = self._asked(self._client.uid, "SEARCH", f"UID {low}:{high}{when}")
            found = sorted(int(uid) for uid in b" ".join(each for each in data if each).split())
            if found:
                yield found

    def _fetched(self, uids: Sequence[int], most_bytes: int) -> Iterator[list[Fetched]]:
        sizes = {uid: int(size[1]) for uid, head, _ in self._fetch(uids, "RFC822.SIZE") if (size := _SIZE.search(head))}
        weights = {uid: size if size <= most_bytes else _HEADER_BYTES for uid, size in sizes.items()}
        for batch in _batches(sorted(sizes), weights):
            small = [uid for uid in batch if sizes[uid] <= most_bytes]
            large = [uid for uid in batch if sizes[uid] > most_bytes]
            page = [
                Fetched(uid, _arrived(head), content, sizes[uid] if part == "HEADER" else 0)
                for part, wanted in (("", small), ("HEADER", large))
                for uid, head, content in (self._fetch(wanted, f"INTERNALDATE BODY.PEEK[{part}]") if wanted else ())
            ]
            yield sorted(page, key=lambda mail: mail.uid)

    def _fetch(self, uids: Sequence[int], what: str) -> list[tuple[int, bytes, bytes]]:
        """Returns UID, the answer's own line, and the literal of each mail; one that is gone by now is missing."""
        said, data = self._asked(self._client.uid, "FETCH", ",".join(map(str, uids)), f"(UID {what})")
        if said != "OK":
            raise ConnectionError(f"The server refused to hand out mails ({said}).")
        found: list[tuple[int, bytes, bytes]] = []
        for place, each in enumerate(data):
            head, content = each if isinstance(each, tuple) else (each, b"")
            after = data[place + 1] if place + 1 < len(data) and isinstance(data[place + 1], bytes) else b""
            uid = _UID.search(head or b"") or (_UID.search(after) if isinstance(each, tuple) else None)
            if uid is not None and (isinstance(each, tuple) or what == "RFC822.SIZE"):
                found.append((int(uid[1]), (head or b"") + (after if isinstance(each, tuple) else b""), content))
        return found

    def _number(self, name: str) -> int:
        _, data = self._client.response(name)
        return int(data[0]) if data and data[0] else 1

    def _asked(self, call: Any, *given: Any, **named: Any) -> tuple[str, list[Any]]:
        """Calls the client; a connection that breaks is one kind of failure, whatever way it shows."""
        try:
            said, data = call(*given, **named)
        except (TimeoutError, imaplib.IMAP4.abort, EOFError) as failure:
            raise ConnectionError("The connection to the mail server broke.") from failure
        except imaplib.IMAP4.error as failure:
            raise ConnectionError(
                f"The mail server answered what cannot be understood ({type(failure).__name__})."
            ) from None
        return said, [each for each in data if each is not None]


def _batches(uids: Sequence[int], weights: dict[int, int]) -> Iterator[list[int]]:
    batch: list[int] = []
    weight = 0
    for uid in uids:
        if batch and weight + weights[uid] > _BATCH_BYTES:
            yield batch
            batch, weight = [], 0
        batch.append(uid)
        weight += weights[uid]
    if batch:
        yield batch


def _arrived(head: bytes) -> datetime | None:
    found = re.search(rb'INTERNALDATE "([^"]{10,40})"', head)
    if found is None:
        return None
    try:
        said = datetime.strptime(found[1].decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z")
    except ValueError:
        return None
    return said.astimezone(UTC).replace(tzinfo=None)


def _quoted(name: str) -> str:
    """A folder's name as IMAP writes it: quoted, letters beyond ASCII in its own kind of UTF-7.

    Example:
        >>> _quoted("Entwürfe")
        '"Entw&APw-rfe"'
    """
    shown = []
    for part in re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", name):
        if part[0].isascii() and part[0].isprintable():
            shown.append(part.replace("&", "&-"))
        else:
            code = b64encode(part.encode("utf-16-be")).decode("ascii").rstrip("=").replace("/", ",")
            shown.append(f"&{code}-")
    return '"' + "".join(shown).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _decoded(name: bytes) -> str:
    text = name.decode("ascii", errors="replace")

    def plain(found: re.Match[str]) -> str:
        code = found[1].replace(",", "/")
        if not code:
            return "&"
        try:
            return ("+" + code + "-").encode("ascii").decode("utf-7")
        except ValueError:
            return found[0]

    return re.sub(r"&([A-Za-z0-9+,]{0,200})-", plain, text)
