"""What happens at the simulated company: each event with its source, kind, path, touchpoint, channel and lag."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EVENTS", "Event", "code"]


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of event; `lag_seconds` is the longest time until it could be known."""

    source: str
    kind: str
    name: str
    touchpoint: str
    channel: str
    path: str | None = None
    lag_seconds: int = 5

    @property
    def key(self) -> str:
        """What the modules call it: unlike source and name alone, unique."""
        return f"{self.source}.{self.name}.{self.channel}"


def _pages(source: str, root: str) -> tuple[Event, ...]:
    pages = (
        ("home_viewed", "home_page", ""),
        ("search_made", "search", "search"),
        ("product_viewed", "product_page", "product"),
        ("cart_viewed", "cart", "cart"),
        ("checkout_started", "checkout", "checkout"),
        ("payment_viewed", "payment", "payment"),
        ("order_status_viewed", "order_status", "orders"),
        ("help_viewed", "help_page", "help"),
    )
    return tuple(Event(source, "touch", name, point, source, f"{root}{path}") for name, point, path in pages)


def _asked(name: str, metric: str, touchpoint: str, channels: tuple[str, ...]) -> tuple[Event, ...]:
    return tuple(
        event
        for channel in channels
        for event in (
            Event("survey", "treatment", f"{name}_invited", touchpoint, channel),
            Event("survey", "answer", f"{name}_{metric}", touchpoint, channel),
        )
    )


_HOUR, _NIGHT = 3_600, 43_200

EVENTS: tuple[Event, ...] = (
    *_pages("web", "/"),
    *_pages("app", "/screen/"),
    Event("web", "touch", "logged_in", "account", "web", "/login"),
    Event("app", "touch", "opened", "app", "app", "/screen/start"),
    Event("web", "touch", "friend_invited", "referral", "web", "/invite"),
    Event("ads", "touch", "ad_clicked", "ad", "social"),
    Event("newsletter", "treatment", "newsletter_sent", "newsletter", "email"),
    Event("newsletter", "touch", "newsletter_opened", "newsletter", "email"),
    Event("newsletter", "touch", "newsletter_clicked", "newsletter", "email"),
    Event("newsletter", "consent", "newsletter_left", "newsletter", "email"),
    Event("shop", "touch", "account_created", "account", "web"),
    Event("shop", "order", "order_placed", "checkout", "web"),
    Event("shop", "order", "order_placed", "checkout", "app"),
    Event("shop", "promise", "delivery_promised", "order_confirmation", "email"),
    Event("shop", "touch", "payment_approved", "payment", "web"),
    Event("shop", "touch", "payment_approved", "payment", "app"),
    Event("shop", "touch", "club_joined", "club", "app"),
    Event("shop", "touch", "club_cancelled", "club", "app"),
    Event("shop", "return", "parcel_returned", "returns", "parcel"),
    Event("carrier", "delivery", "handed_over", "dispatch", "parcel", None, _HOUR),
    Event("carrier", "delivery", "delivered", "parcel", "parcel", None, _HOUR),
    Event("store", "touch", "kiosk_used", "store_visit", "store", None, _NIGHT),
    Event("store", "order", "store_purchase", "till", "store", None, _NIGHT),
    Event("store", "return", "store_returned", "returns", "store", None, _NIGHT),
    Event("callcentre", "call", "call_taken", "call_centre", "phone", None, 600),
    Event("chat", "message", "chat_advice", "chat_advice", "chat"),
    Event("chat", "message", "chat_support", "chat_support", "chat"),
    *_asked("relationship", "nps", "relationship", ("email", "app", "store")),
    *_asked("support", "csat", "call_centre", ("phone",)),
    *_asked("support", "csat", "chat_support", ("chat",)),
    *_asked("returns", "ces", "returns", ("email", "store")),
    Event("reviews", "review", "review_written", "product", "web", "/product", 900),
)
"""Every event, in the order in which events of one second happen."""

_CODES = {event.key: code for code, event in enumerate(EVENTS)}


def code(key: str) -> int:
    """Returns the number of the event `source.name.channel`; raises KeyError for an unknown one."""
    return _CODES[key]
