"""What a failure of a connected system means, in a sentence that says what to do and quotes no secret."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

from cxloop.collect.connectors.base import Connector, FailureKind, Settings, SourceError
from cxloop.core.errors import CxloopError

__all__ = ["causes", "explained", "redacted"]

HIDDEN = "***"
_SHORTEST = 4
"""A shorter secret would take letters out of ordinary words; it is no secret worth the name."""

_BY_STATUS: Mapping[int, tuple[FailureKind, str]] = {
    401: ("credentials", "The system refused the credentials. Check the user and the token, or make a new one."),
    403: ("credentials", "The system refused access: the credentials lack a permission that this needs."),
    404: ("missing", "The system does not know the address. Check the settings."),
    408: ("timeout", "The system took too long to answer."),
    429: ("throttled", "The system allows no more requests for the moment."),
}


def causes(failure: BaseException) -> Iterator[BaseException]:
    """Yields a failure and what caused it, the outermost first."""
    seen: set[int] = set()
    current: BaseException | None = failure
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def explained(failure: BaseException, connector: Connector, settings: Settings) -> SourceError:
    """Returns what a failure means: the connector's own explanation, else a general one."""
    chain = list(causes(failure))
    for each in chain:
        if isinstance(each, SourceError):
            return each
    for each in reversed(chain):  # the innermost knows best
        found = connector.explain(each, settings) if connector.explain is not None else None
        if found is not None:
            return found
    for each in reversed(chain):
        found = _general(each)
        if found is not None:
            return found
    for each in chain:
        if isinstance(each, CxloopError):
            return SourceError(each.message, "settings")
    return SourceError(f"It failed in a way that nobody foresaw ({type(chain[-1]).__name__}).", "unforeseen")


def _general(failure: BaseException) -> SourceError | None:
    answer = getattr(failure, "response", None)
    status = getattr(answer, "status_code", None)
    if isinstance(status, int):
        return _refused(status)
    if isinstance(failure, ModuleNotFoundError) and failure.name == "dlt":
        return SourceError("Reading sources needs what the extra `sources` installs: dlt.", "settings")
    if isinstance(failure, ssl.SSLError):
        return SourceError("The connection is not safe: the certificate of the host was not accepted.", "unreachable")
    if isinstance(failure, socket.gaierror):
        return SourceError("The host is not known. Check its name, and this machine's network.", "unreachable")
    if isinstance(failure, ConnectionRefusedError):
        return SourceError("Nothing answers at this host and port. Check them, and that it runs.", "unreachable")
    if isinstance(failure, TimeoutError):
        return SourceError("The system took too long to answer.", "timeout")
    if isinstance(failure, ConnectionError):
        return SourceError("The connection broke off.", "unreachable")
    return None


def _refused(status: int) -> SourceError:
    if status in _BY_STATUS:
        kind, message = _BY_STATUS[status]
        return SourceError(message, kind)
    if status >= 500:
        return SourceError(f"The system is out of order (HTTP status {status}).", "unreachable")
    return SourceError(f"The system refused the request (HTTP status {status}).", "settings")


def redacted(text: str, secrets: Mapping[str, str]) -> str:
    """Returns `text` without the secrets, as they are or as an address writes them."""
    for secret in sorted(secrets.values(), key=len, reverse=True):
        for form in (secret, quote(secret, safe=""), quote_plus(secret), quote(secret)):
            if len(form) >= _SHORTEST:
                text = text.replace(form, HIDDEN)
    return text
