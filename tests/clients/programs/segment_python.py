"""A shop's server that uses segment-analytics-python: host and write key are all that says where the calls go."""

import sys
from datetime import UTC, datetime

from segment.analytics import Client


def main(host: str, key: str) -> None:
    """Makes the five calls."""
    client = Client(key, host=host, gzip=True, on_error=lambda failure, batch: sys.exit(f"{failure}: {batch}"))
    context = {"ip": "198.51.100.77", "locale": "pt-BR", "campaign": {"name": "spring", "source": "mail"}}
    at = datetime(2026, 11, 2, 9, 30, 0, 250000, tzinfo=UTC)

    client.identify(
        "ada", {"email": "ada@example.org", "plan": "gold"}, context=context, timestamp=at, message_id="sp-1"
    )
    client.track(
        "ada",
        "Order Completed",
        {"order_id": "o-7", "revenue": 39.9, "currency": "EUR"},
        timestamp=at,
        context=context,
        anonymous_id="anon-1",
        message_id="sp-2",
    )
    client.page(
        "ada",
        "Docs",
        "Pricing",
        {"path": "/pricing", "url": "https://shop.test/pricing"},
        timestamp=at,
        message_id="sp-3",
    )
    client.group("ada", "acme", {"industry": "tools"}, timestamp=at, message_id="sp-4")
    client.alias("anon-1", "ada", timestamp=at, message_id="sp-5")
    client.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
