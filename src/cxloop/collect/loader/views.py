"""What the mapping reads of an event's free parts: `context`, `properties` and `traits`, each as a narrow view.

A view is decoded straight from the bytes and skips everything else, so that no dictionary is made per event. Senders
put anything anywhere: a part that does not fit its view is read field by field, and only what does not fit is left out.
"""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

import msgspec

__all__ = [
    "Campaign",
    "Contact",
    "Context",
    "Device",
    "Library",
    "Location",
    "Page",
    "Parts",
    "Properties",
    "System",
    "given",
    "view",
]

Scalar: TypeAlias = str | int | float | bool | None
"""A text, or what a sender wrote in place of one."""


class Page(msgspec.Struct, frozen=True, gc=False):
    """context.page."""

    path: Scalar = None
    url: Scalar = None


class Campaign(msgspec.Struct, frozen=True, gc=False):
    """context.campaign."""

    name: Scalar = None


class Device(msgspec.Struct, frozen=True, gc=False):
    """context.device."""

    type: Scalar = None


class System(msgspec.Struct, frozen=True, gc=False):
    """context.os."""

    name: Scalar = None
    version: Scalar = None


class Library(msgspec.Struct, frozen=True, gc=False):
    """context.library."""

    name: Scalar = None


class Location(msgspec.Struct, frozen=True, gc=False):
    """context.location."""

    country: Scalar = None


class Contact(msgspec.Struct, frozen=True, gc=False):
    """What traits say of how to reach somebody: it identifies them, too."""

    email: Scalar = None
    phone: Scalar = None


class Preferences(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """context.consent, as Segment's consent managers write it."""

    category_preferences: dict[str, bool] = {}


class Context(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """context."""

    user_agent: Scalar = None
    ip: Scalar = None
    locale: Scalar = None
    timezone: Scalar = None
    group_id: Scalar = None
    channel: Scalar = None
    touchpoint: Scalar = None
    test: Scalar = None
    webdriver: Scalar = None
    page: Page | None = None
    campaign: Campaign | None = None
    device: Device | None = None
    os: System | None = None
    library: Library | None = None
    location: Location | None = None
    traits: Contact | None = None
    consent: Preferences | None = None


class Parts(msgspec.Struct, frozen=True, gc=False):
    """The free parts of an event, as the JSON they came in."""

    context: msgspec.Raw = msgspec.Raw()
    properties: msgspec.Raw = msgspec.Raw()
    traits: msgspec.Raw = msgspec.Raw()


class Properties(msgspec.Struct, frozen=True, omit_defaults=True):
    """properties: the names that have a meaning of their own here.

    The last group is not read; it is here to notice that a sender uses a name that the loader writes itself.
    """

    path: Scalar = None
    url: Scalar = None
    channel: Scalar = None
    touchpoint: Scalar = None
    brand: Scalar = None
    product: Scalar = None
    region: Scalar = None
    location: Scalar = None
    campaign: Scalar = None
    employee: Scalar = None
    team: Scalar = None
    outcome: Scalar = None
    duration_seconds: Scalar = None
    order_id: Scalar = None
    ticket_id: Scalar = None
    revenue: Scalar = None
    total: Scalar = None
    value: Scalar = None
    currency: Scalar = None
    metric: Scalar = None
    score: Scalar = None
    scale_min: Scalar = None
    scale_max: Scalar = None
    text: Scalar = None
    comment: Scalar = None
    survey_id: Scalar = None
    survey_version: Scalar = None
    question_id: Scalar = None
    response_id: Scalar = None
    rating: Scalar = None
    review_body: Scalar = None
    test: Scalar = None
    is_test: Scalar = None
    context: Any = msgspec.UNSET
    ip: Any = msgspec.UNSET
    device_type: Any = msgspec.UNSET
    browser: Any = msgspec.UNSET
    browser_version: Any = msgspec.UNSET
    os: Any = msgspec.UNSET
    os_version: Any = msgspec.UNSET
    sent_timestamp: Any = msgspec.UNSET
    tracking_plan: Any = msgspec.UNSET


_View = TypeVar("_View", bound=msgspec.Struct)


def view(decoder: msgspec.json.Decoder[_View], raw: bytes | msgspec.Raw) -> _View:
    """Returns a part of an event as its view; what does not fit is left out. Raises msgspec.DecodeError for no JSON."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError:
        kind: type[_View] = decoder.type
        return _lenient(kind, msgspec.json.decode(raw))


def given(properties: Properties) -> dict[str, Any]:
    """Returns the names that a sender used, with their values."""
    return {} if properties == _NOTHING else msgspec.to_builtins(properties)


_NOTHING = Properties()


def _lenient(kind: type[_View], given: Any) -> _View:
    found: dict[str, Any] = {}
    for item in msgspec.structs.fields(kind) if isinstance(given, dict) else ():
        if item.encode_name in given:
            try:
                found[item.name] = _fitting(item.type, given[item.encode_name])
            except msgspec.ValidationError:
                continue
    return kind(**found)


def _fitting(kind: Any, value: Any) -> Any:
    inner = next((each for each in getattr(kind, "__args__", ()) if _is_struct(each)), None)
    if inner is not None and isinstance(value, dict):
        return _lenient(inner, value)
    return msgspec.convert(value, kind)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
