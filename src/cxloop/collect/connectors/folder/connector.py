"""What can be said about a folder or bucket, and what its failures mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr

from cxloop.collect.connectors.base import Connector, FailureKind, Scope, SourceError
from cxloop.collect.connectors.base import Settings as Base
from cxloop.core.errors import InputError

__all__ = ["CONNECTOR", "Settings", "local_folder", "suits"]

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def _no_way_up(pattern: str) -> str:
    if pattern.startswith("/") or ".." in pattern.split("/"):
        raise InputError(f"{pattern!r} leads out of the folder. A pattern is relative to it, such as 2026/*.csv.")
    return pattern


Pattern = Annotated[str, AfterValidator(_no_way_up)]


class Settings(Base):
    """Settings of a folder or bucket."""

    where: Literal["folder", "bucket"] = Field(
        "folder", title="Where", description="A folder of this machine, or a bucket that speaks the S3 protocol."
    )
    path: str | None = Field(
        None,
        title="Folder",
        description="The folder. A relative one lies in the inbox of the workspace; accounts can name no other.",
        max_length=1000,
    )
    bucket: str | None = Field(None, title="Bucket", description="Name of the bucket.", max_length=63)
    prefix: str = Field(
        "", title="Prefix", description="Only what lies under it, such as exports/orders/.", max_length=1000
    )
    endpoint: str | None = Field(
        None,
        title="Endpoint",
        description="Address of the service, such as https://s3.acme.example. Left out for Amazon S3.",
        pattern=r"^https?://",
        max_length=500,
    )
    region: str | None = Field(None, title="Region", description="Region of the bucket.", max_length=60)
    key_id: str | None = Field(None, title="Key", description="Access key id.", max_length=200)
    secret: SecretStr | None = Field(None, title="Secret", description="Secret of the access key.")
    pattern: Pattern = Field(
        "**/*",
        title="Pattern",
        description="Which files: *.csv is in the folder itself, **/*.csv also in folders below.",
        min_length=1,
        max_length=500,
    )
    settle_seconds: int = Field(
        30,
        ge=0,
        le=86_400,
        title="Settling time",
        description="A file that changed within so many seconds may still be written; it is left for the next pull.",
    )
    largest_bytes: int = Field(
        5_000_000_000, ge=1, title="Largest file", description="A larger file is left out and told."
    )


def _suits(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.where == "folder":
        if settings.path is None:
            yield "path", "Say which folder."
        for name in ("bucket", "endpoint", "region", "key_id", "secret"):
            if getattr(settings, name) is not None:
                yield name, 'It belongs to a bucket. Leave it out, or say where = "bucket".'
        return
    if settings.bucket is None or not _BUCKET.fullmatch(settings.bucket):
        yield "bucket", f"{settings.bucket!r} is no name of a bucket: 3 to 63 of a-z, 0-9, . and -."
    if settings.path is not None:
        yield "path", "It belongs to a folder. Leave it out; below what in the bucket is said by prefix."
    if (settings.key_id is None) != (settings.secret is None):
        yield "secret", "Key and secret go together. Leave out both for a bucket that is open to everybody."


def suits(settings: Settings) -> Sequence[tuple[str, str]]:
    """Returns what does not go together."""
    return list(_suits(settings))


def local_folder(settings: Settings) -> Path | None:
    """Returns the folder of this machine, where it is one."""
    return Path(settings.path or "") if settings.where == "folder" else None


_BY_CODE: dict[str, tuple[FailureKind, str]] = {
    "InvalidAccessKeyId": ("credentials", "The service does not know this access key. Correct key and secret."),
    "SignatureDoesNotMatch": ("credentials", "The secret does not belong to this access key. Correct it."),
    "ExpiredToken": ("credentials", "The access key has expired. Make a new one."),
    "AccessDenied": ("credentials", "The access key may not read this bucket. Let it list and get objects."),
    "403": ("credentials", "The access key is refused. Correct it, or let it list and get objects."),
    "NoSuchBucket": ("missing", "There is no such bucket. Check its name, the endpoint and the region."),
    "SlowDown": ("throttled", "The service allows no more requests for the moment."),
    "ServiceUnavailable": ("unreachable", "The service is out of order for the moment."),
    "InternalError": ("unreachable", "The service is out of order for the moment."),
    "500": ("unreachable", "The service is out of order for the moment."),
    "503": ("throttled", "The service allows no more requests for the moment."),
}
_BY_CLASS: dict[str, tuple[FailureKind, str]] = {
    "EndpointConnectionError": ("unreachable", "Nothing answers at the endpoint. Check its address."),
    "ConnectTimeoutError": ("timeout", "The endpoint does not answer in time."),
    "ReadTimeoutError": ("timeout", "The service took too long to answer."),
    "ConnectionClosedError": ("unreachable", "The connection to the service broke off."),
    "NoCredentialsError": ("credentials", "The bucket is not open to everybody. Give a key and its secret."),
    "ClientConnectorError": ("unreachable", "Nothing answers at the endpoint. Check its address."),
    "ServerDisconnectedError": ("unreachable", "The connection to the service broke off."),
}


def explain(failure: BaseException, settings: Settings) -> SourceError | None:
    """Returns what a failure of the file system or of the bucket's service means; None for any other."""
    answer = getattr(failure, "response", None)
    code = str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""
    found = _BY_CODE.get(code) or _BY_CLASS.get(type(failure).__name__)
    if found is not None:
        return SourceError(found[1], found[0])
    if isinstance(failure, PermissionError):
        what = "the bucket" if settings.where == "bucket" else f"the folder {settings.path}"
        return SourceError(f"cxloop may not read {what}. Change its permissions.", "credentials")
    if isinstance(failure, FileNotFoundError):
        if settings.where == "bucket":
            return SourceError(_BY_CODE["NoSuchBucket"][1], "missing")
        return SourceError(f"There is no folder {settings.path}.", "missing")
    return None


def source(settings: Settings, scope: Scope) -> Sequence[Any]:
    """Returns the resource."""
    from cxloop.collect.connectors.folder.source import files

    return [files(settings, scope)]


CONNECTOR = Connector(
    title="Folder or bucket",
    about="New and changed files of a folder on this machine, or of a bucket that speaks the S3 protocol.",
    settings=Settings,
    source=source,
    explain=explain,
    suits=suits,
    file=local_folder,
    sent_to=lambda settings: (settings.endpoint, settings.region),
)
