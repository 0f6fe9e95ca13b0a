"""Settings of a connection as people give them, as they are kept, and as a form shows them."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from cxloop.collect.connectors.base import Connector, Settings, SourceError
from cxloop.core.config import validate
from cxloop.core.errors import InputError, Mistake, MistakesError

__all__ = ["Field", "Parted", "checked", "fields", "is_secret", "opened", "parted", "secrets_gone_astray"]

REFERENCE = "env:"
"""What a reference to an environment variable begins with."""


@dataclass(frozen=True, slots=True)
class Field:
    """One setting for a form: `kind` is text, number, choice, flag, list or secret."""

    name: str
    label: str
    about: str
    kind: str
    required: bool
    default: Any
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parted:
    """Settings as they are kept: in clear, and the secrets apart."""

    plain: dict[str, Any]
    secrets: dict[str, str]


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting is a secret."""
    return field.annotation is SecretStr or SecretStr in get_args(field.annotation)


def fields(connector: Connector) -> tuple[Field, ...]:
    """Returns the settings of a connector as a form needs them, in their order."""
    return tuple(_field(name, field) for name, field in connector.settings.model_fields.items())


def _field(name: str, field: FieldInfo) -> Field:
    kind, choices = _kind(field)
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    return Field(
        name,
        field.title or name.replace("_", " ").capitalize(),
        field.description or "",
        kind,
        field.is_required(),
        None if kind == "secret" else list(default) if isinstance(default, tuple) else default,
        choices,
    )


def _kind(field: FieldInfo) -> tuple[str, tuple[str, ...]]:
    if is_secret(field):
        return "secret", ()
    inner = [kind for kind in (field.annotation, *get_args(field.annotation)) if kind is not type(None)]
    choices = next((get_args(kind) for kind in inner if getattr(kind, "__origin__", None) is not None), ())
    if choices and all(isinstance(choice, str) for choice in choices):
        return "choice", tuple(choices)
    if inner and all(isinstance(kind, str) for kind in inner[1:]) and len(inner) > 1:
        return "choice", tuple(str(kind) for kind in inner[1:])
    if bool in inner:
        return "flag", ()
    if int in inner or float in inner:
        return "number", ()
    return ("list" if getattr(field.annotation, "__origin__", None) is tuple else "text"), ()


def checked(connector: Connector, given: Mapping[str, Any], name: str) -> Settings:
    """Returns the settings that a person gave; raises MistakesError with all mistakes together, secrets left out."""
    empty = {key for key, value in given.items() if value is None or value == ""}
    try:
        settings = validate(
            connector.settings, {key: _listed(connector, key, given[key]) for key in given if key not in empty}, name
        )
    except MistakesError as failure:
        raise MistakesError(name, list(_without_secrets(connector, failure))) from None
    mistakes = connector.suits(settings) if connector.suits is not None else ()
    if mistakes:
        raise MistakesError(name, [Mistake(where, message) for where, message in mistakes])
    return settings


def _listed(connector: Connector, key: str, value: Any) -> Any:
    """Several values may come as one text, with commas or in lines: a form has nothing else."""
    field = connector.settings.model_fields.get(key)
    if field is None or not isinstance(value, str) or _kind(field)[0] != "list":
        return value
    return [part.strip() for part in re.split(r"[,\n]", value) if part.strip()]


def _without_secrets(connector: Connector, failure: MistakesError) -> Iterator[Mistake]:
    """What was given in place of a secret is not shown either."""
    for mistake in failure.mistakes:
        field = connector.settings.model_fields.get(mistake.where.split(".")[0])
        # what a missing setting was looked for in is all that was given
        hidden = (field is not None and is_secret(field)) or mistake.message.startswith("Field required")
        yield Mistake(mistake.where, mistake.message.partition(" (got ")[0] if hidden else mistake.message)


def parted(settings: Settings) -> Parted:
    """Returns settings as they are kept; a reference to the environment is no secret, and stays to be seen."""
    plain = settings.model_dump(mode="json")
    secrets: dict[str, str] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if not isinstance(value, SecretStr):
            continue
        text = value.get_secret_value()
        if text.startswith(REFERENCE):
            plain[name] = text
        else:
            secrets[name] = text
            del plain[name]
    return Parted(plain, secrets)


def secrets_gone_astray(
    connector: Connector, wanted: Settings, before: Parted | None, fresh: Container[str]
) -> Iterator[Mistake]:
    """Yields the secrets that an account would have sent where nobody meant them to go.

    Who may connect a system says where it is, and nobody is shown a secret that is kept. So one that was entered for
    another address is entered again, and a variable of the environment is named by who sits at the machine only.

    Args:
        connector: the system.
        wanted: the settings as they would be.
        before: the settings as they are kept; None for a new connection.
        fresh: the names of what was given anew.
    """
    kept = parted(wanted)
    goes = connector.sent_to or (lambda _settings: None)
    same = before is not None and goes(wanted) == goes(connector.settings.model_construct(**before.plain))
    for name, field in connector.settings.model_fields.items():
        if not is_secret(field):
            continue
        named = kept.plain.get(name)
        if named is not None and not (same and before is not None and before.plain.get(name) == named):
            yield Mistake(name, f"{named} can be named at the machine itself only. Enter the secret.")
        elif name in kept.secrets and name not in fresh and not same:
            yield Mistake(name, "It was entered for another address. Enter it again for this one.")


def opened(connector: Connector, kept: Parted) -> tuple[Settings, dict[str, str]]:
    """Returns the settings to pull with, references looked up, and every secret among them by name.

    Raises:
        SourceError: the environment lacks a variable, or the settings no longer suit this version.
    """
    given = {**kept.plain, **kept.secrets}
    secrets = dict(kept.secrets)
    for name, field in connector.settings.model_fields.items():
        value = given.get(name)
        if is_secret(field) and isinstance(value, str) and value.startswith(REFERENCE):
            given[name] = secrets[name] = _looked_up(name, value.removeprefix(REFERENCE))
    try:
        return checked(connector, given, "The connection"), secrets
    except InputError as failure:
        raise SourceError(failure.message, "settings") from None


def _looked_up(name: str, variable: str) -> str:
    # ours would open everything else; whoever connects a source may send it anywhere
    found = None if variable.startswith("CXLOOP_") else os.environ.get(variable)
    if not found:
        raise SourceError(
            f"{name} is read from the environment variable {variable}, which is not set for this process. "
            "Set it where cxloop is started, or give the secret itself.",
            "settings",
        )
    return found
