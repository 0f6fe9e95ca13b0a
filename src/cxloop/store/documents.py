"""Versioned definitions: what the user defines is never changed, only followed by a newer version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, func, select

from cxloop.core.errors import NotFoundError, UnknownNameError
from cxloop.store.models import Document

if TYPE_CHECKING:
    from cxloop.store.base import Store

__all__ = ["Definition", "get", "history", "names", "newest", "save"]


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a definition."""

    kind: str
    name: str
    version: int
    content: Mapping[str, Any]
    author_id: int | None
    created_at: datetime


def save(store: Store, kind: str, name: str, content: Mapping[str, Any], *, author_id: int | None) -> Definition:
    """Adds a version and returns it; returns the newest one where the content is the same."""
    with store.work() as work:
        newest = work.scalar(_versions(kind, name).limit(1))
        if newest is not None and newest.content == content:
            return _definition(newest)
        document = Document(
            kind=kind,
            name=name,
            version=1 if newest is None else newest.version + 1,
            content=dict(content),
            author_id=author_id,
            created_at=store.clock(),
        )
        work.add(document)
        return _definition(document)


def get(store: Store, kind: str, name: str, version: int | None = None) -> Definition:
    """Returns one version of a definition, the newest by default.

    Raises:
        UnknownNameError: there is no such definition; suggests the nearest name.
        NotFoundError: there is, but not that version.
    """
    chosen = _versions(kind, name)
    if version is not None:
        chosen = chosen.where(Document.version == version)
    with store.read() as work:
        document = work.scalar(chosen.limit(1))
        if document is not None:
            return _definition(document)
    known = names(store, kind)
    if name not in known:
        raise UnknownNameError(kind, name, known)
    raise NotFoundError(f"The {kind} {name!r} has no version {version}.")


def history(store: Store, kind: str, name: str) -> list[Definition]:
    """Returns every version of a definition, newest first."""
    with store.read() as work:
        return [_definition(document) for document in work.scalars(_versions(kind, name))]


def newest(store: Store, kind: str) -> list[Definition]:
    """Returns the newest version of every definition of a kind, by name."""
    latest = (
        select(Document.name, func.max(Document.version).label("version"))
        .where(Document.kind == kind)
        .group_by(Document.name)
        .subquery()
    )
    chosen = (
        select(Document)
        .join(latest, and_(Document.name == latest.c.name, Document.version == latest.c.version))
        .where(Document.kind == kind)
        .order_by(Document.name)
    )
    with store.read() as work:
        return [_definition(document) for document in work.scalars(chosen)]


def names(store: Store, kind: str) -> list[str]:
    """Returns the names of all definitions of a kind."""
    with store.read() as work:
        return list(
            work.scalars(
                select(Document.name)
                .where(Document.kind == kind)
                .group_by(Document.name)
                .order_by(func.min(Document.name))
            )
        )


def _versions(kind: str, name: str) -> Select[Document]:
    return select(Document).where(Document.kind == kind, Document.name == name).order_by(Document.version.desc())


def _definition(document: Document) -> Definition:
    return Definition(
        document.kind, document.name, document.version, document.content, document.author_id, document.created_at
    )
