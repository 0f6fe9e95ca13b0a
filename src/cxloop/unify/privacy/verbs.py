"""The verbs of privacy: consents, access requests, retention, and what redaction took out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from cxloop.core.config import Basis
from cxloop.core.verbs import verb
from cxloop.store.context import Operations
from cxloop.unify.privacy.results import (
    Access,
    AccessFormat,
    ConsentRecorded,
    Consents,
    Preferences,
    PrivacyOverview,
    Retained,
    Retention,
    Revealed,
)

__all__ = ["access", "consent", "consents", "preferences", "privacy", "retain", "retention", "reveal"]


def _none_if_empty(given: object) -> object:
    """A form that leaves a field out sends an empty text."""
    return None if given == "" else given


Who = Annotated[str, Field(min_length=1, max_length=500)]
PurposeName = Annotated[str, Field(min_length=1, max_length=200)]
InteractionId = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Told = Annotated[str, Field(max_length=500)]
ChannelName = Annotated[Annotated[str, Field(max_length=80)] | None, BeforeValidator(_none_if_empty)]
BasisName = Annotated[Basis | None, BeforeValidator(_none_if_empty)]
MomentText = Annotated[Annotated[str, Field(max_length=40)] | None, BeforeValidator(_none_if_empty)]
Target = Annotated[Path | None, BeforeValidator(_none_if_empty)]


@verb(part="unify", right="read", personal=True, limited="refuse")
def consents(ws: Operations, customer: Who) -> Consents:
    """What a customer allows: each purpose and channel with yes or no and why, and all that was said about it.

    The latest statement over all keys of the customer counts, and of two at the same moment the refusal.

    Args:
        customer: the customer's number, or an identifier such as an e-mail address.

    Raises:
        NotFoundError: there is no such customer.
        InputError: the identifier belongs to several customers.
    """
    from cxloop.unify.privacy.consents import consents_of

    return consents_of(ws, customer)


@verb(part="unify", right="read", personal=True, limited="refuse")
def preferences(ws: Operations, customer: Who) -> Preferences:
    """How a customer wants to be written to: for what, how, in which language, and whether not for now.

    What was said on the public page counts here at once. Addresses are masked.

    Args:
        customer: the customer's number, or an identifier such as an e-mail address.

    Raises:
        NotFoundError: there is no such customer.
        InputError: the identifier belongs to several customers.
    """
    from cxloop.unify.privacy.preferences import preferences_of

    return preferences_of(ws, customer)


@verb(part="unify", right="serve", personal=True, changes="log")
def consent(
    ws: Operations,
    customer: Who,
    purpose: PurposeName,
    granted: bool,
    *,
    channel: ChannelName = None,
    basis: BasisName = None,
    source: Told = "",
    wording: Told = "",
    expires: MomentText = None,
) -> ConsentRecorded:
    """Write down what a customer allows or forbids, for example on the phone. Nothing that was said before is lost.

    Args:
        customer: the customer's number, or an identifier such as an e-mail address.
        purpose: what for, as experience.toml declares it.
        granted: yes or no.
        channel: only for this channel, such as email; without it for all.
        basis: the lawful basis, where it is another than the purpose declares.
        source: how the customer said it, in a few words: on the phone, letter of 3 May.
        wording: which version of the text the customer was shown or read.
        expires: until when it is given: a date, where the customer limits it.

    Raises:
        NotFoundError: there is no such customer.
        InputError: the purpose is not declared, or the date cannot be read.
    """
    from cxloop.unify.privacy.consents import record_consent

    return record_consent(
        ws,
        customer,
        purpose,
        granted=granted,
        channel=channel,
        basis=basis,
        evidence=source,
        wording=wording,
        expires=expires,
    )


@verb(part="unify", right="write", personal=True, changes="records")
def access(ws: Operations, customer: Who, *, format: AccessFormat = "html", to: Target = None) -> Access:  # noqa: A002
    """Everything that is held on one customer, as a page to read and print or as JSON for programs.

    The file lies in the workspace's folder `exports` until it expires, and is erased with the person. What is other
    persons' is left out: names of staff, keys of other customers.

    Args:
        customer: the customer's number, or an identifier such as an e-mail address.
        format: html or json.
        to: also write it to this file, which must not be there yet; only for who sits at the machine.

    Raises:
        NotFoundError: there is no such customer.
        InputError: the identifier belongs to several customers, or the file is there already or cannot be written.
        AccessDeniedError: an account named a file.
    """
    from cxloop.unify.privacy.access import answer_access

    return answer_access(ws, customer, format, to)


@verb(part="unify", right="read", limited="refuse")
def retention(ws: Operations) -> Retention:
    """How long each kind of data is kept, and what is past its term now: how many rows, and the oldest."""
    from cxloop.unify.privacy.retention import look

    return look(ws)


@verb(part="unify", right="admin")
def retain(ws: Operations, *, dry_run: bool = False) -> Retained:
    """Remove what is past its term by the rules of [[retention]]. The server does so once a day by itself.

    Gone from every answer at once; the next generation of the file has no byte of it.

    Args:
        dry_run: show what would be removed, and change nothing.
    """
    from cxloop.unify.privacy.retention import apply

    return apply(ws, dry_run=dry_run)


@verb(part="unify", right="read", limited="refuse")
def privacy(ws: Operations) -> PrivacyOverview:
    """The purposes with how many said yes or no, what redaction takes out of texts, and the exports that lie here."""
    from cxloop.unify.privacy.overview import look

    return look(ws)


@verb(part="unify", right="admin", personal=True, changes="records")
def reveal(ws: Operations, interaction: InteractionId) -> Revealed:
    """Open what redaction took out of an interaction and sealed. Who asked stands in the audit log.

    Args:
        interaction: its number, the interaction_id.

    Raises:
        NotFoundError: there is no such interaction, or nothing of it was sealed.
        InputError: the redaction key is not set, or another one than it was sealed with.
    """
    from cxloop.unify.privacy.revealing import reveal_interaction

    return reveal_interaction(ws, interaction)
