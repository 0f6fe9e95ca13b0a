"""The world of the simulated company: dates, places, products and every planted coefficient.

Feelings are on one latent scale: 0 is an average customer on an average day, 1 a standard deviation between customers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from cxloop.core.errors import UnknownNameError

__all__ = [
    "AGE_BANDS",
    "CARRIERS",
    "CRISIS",
    "END",
    "INITIATIVE_START",
    "LAUNCH",
    "LAUNCHED",
    "MARKETS",
    "NEW_MARKET",
    "NEW_MARKET_START",
    "PRICE_CHANGE",
    "PRICE_CHANGE_RATIO",
    "PRODUCTS",
    "STORES",
    "TIERS",
    "Assumptions",
    "Carrier",
    "Churn",
    "Effects",
    "Market",
    "Product",
    "Response",
    "Scale",
    "Store",
    "Style",
    "World",
    "world",
]

Assumptions = Literal["kept", "broken"]
"""Whether the world keeps the assumptions that the methods make, or breaks them."""

END = date(2026, 11, 1)
"""The first day that is not simulated: the log ends with 2026-10-31, whatever the number of months."""

CRISIS = (date(2026, 10, 5), date(2026, 10, 12))
"""The parcel hub stands still: from, and up to but not including."""
PRICE_CHANGE = date(2026, 4, 1)
PRICE_CHANGE_RATIO = 1.08
LAUNCH = date(2026, 5, 4)
INITIATIVE_START = date(2026, 6, 1)
NEW_MARKET_START = date(2025, 12, 1)


@dataclass(frozen=True, slots=True)
class Market:
    """A country: its share of customers, language, clock and whether the crisis reaches it."""

    code: str
    share: float
    language: str
    offset_minutes: int
    phone: str
    hub: bool


MARKETS = (
    Market("DE", 0.38, "de", 60, "+49155", hub=True),
    Market("AT", 0.09, "de", 60, "+43655", hub=True),
    Market("IE", 0.19, "en", 0, "+35389", hub=False),
    Market("ES", 0.22, "es", 60, "+34655", hub=False),
    Market("PT", 0.12, "pt", 0, "+35192", hub=False),
)
NEW_MARKET = 4


@dataclass(frozen=True, slots=True)
class Store:
    """A store; `treated` ones take part in the initiative."""

    name: str
    market: int
    treated: bool


STORES = tuple(
    Store(name, market, treated)
    for market, names in enumerate(
        (
            ("Leipzig", "Berlin", "Hamburg", "Köln", "München", "Stuttgart", "Bremen", "Dresden"),
            ("Wien", "Graz", "Linz", "Salzburg"),
            ("Dublin", "Cork", "Galway", "Limerick"),
            ("Madrid", "Sevilla", "Valencia", "Bilbao", "Zaragoza", "Málaga"),
            ("Lisboa", "Aveiro", "Braga", "Coimbra"),
        )
    )
    for name, treated in zip(names, (True, False) * 4, strict=False)
)


@dataclass(frozen=True, slots=True)
class Product:
    """A product: price in euros, how well it is liked (latent), and how often it is bought."""

    name: str
    category: str
    price: float
    quality: float
    popularity: float


PRODUCTS = (
    Product("Jacket", "fashion", 119.0, 0.15, 1.3),
    Product("Sweater", "fashion", 59.0, 0.05, 1.5),
    Product("Dress", "fashion", 79.0, -0.05, 1.3),
    Product("Shirt", "fashion", 39.0, 0.10, 1.6),
    Product("Backpack", "fashion", 69.0, 0.25, 1.0),
    Product("Suitcase", "fashion", 139.0, 0.00, 0.6),
    Product("Watch", "fashion", 149.0, -0.10, 0.5),
    Product("Lamp", "home", 49.0, 0.10, 1.1),
    Product("Kettle", "home", 44.0, -0.20, 1.0),
    Product("Coffee machine", "home", 189.0, 0.20, 0.8),
    Product("Chair", "home", 99.0, 0.00, 0.7),
    Product("Blanket", "home", 35.0, 0.30, 1.2),
    Product("Frying pan", "home", 42.0, 0.15, 1.0),
    Product("Toaster", "home", 39.0, -0.15, 0.9),
    Product("Vacuum cleaner", "home", 159.0, -0.25, 0.6),
    Product("Speaker", "electronics", 89.0, 0.10, 0.9),
    Product("Keyboard", "electronics", 69.0, 0.05, 0.7),
    Product("Monitor", "electronics", 219.0, 0.00, 0.5),
    Product("Camera", "electronics", 299.0, -0.05, 0.3),
    Product("Air purifier Lumo", "home", 129.0, -0.10, 1.4),
)
LAUNCHED = len(PRODUCTS) - 1
"""The last product is the one launched on LAUNCH; nobody can buy it before."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """A parcel service: share of parcels and odds of being late on a quiet day."""

    name: str
    share: float
    late_share: float


CARRIERS = (Carrier("Nordpost", 0.5, 0.05), Carrier("Kurix", 0.3, 0.08), Carrier("Speedbox", 0.2, 0.12))
AGE_BANDS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
TIERS = ("none", "silver", "gold")


@dataclass(frozen=True, slots=True)
class Effects:
    """What events do to how a customer feels, on the latent scale."""

    on_time: float = 0.12
    late: float = -0.95
    late_per_day: float = -0.07
    crisis: float = -0.30
    damaged: float = -1.10
    price_rise: float = -0.35
    contact_skill: float = 0.35
    contact_resolved: float = 0.35
    contact_needed: float = -0.30
    return_ease: float = 0.15
    noise: float = 0.35
    carry_over: float = 0.55


@dataclass(frozen=True, slots=True)
class Scale:
    """How a latent value becomes an answer: round(centre + slope * latent + noise), kept within the scale."""

    lowest: int
    highest: int
    centre: float
    slope: float
    noise: float


@dataclass(frozen=True, slots=True)
class Style:
    """How a market uses scales: the latent value is stretched, and answers are shifted by a share of the scale."""

    stretch: float = 1.35
    shift_ratio: float = 0.06


@dataclass(frozen=True, slots=True)
class Response:
    """Who answers: logit = intercept + mood * latent + age * (band - 2.5) + member + extreme * |answer|.

    `extreme` weighs the distance of the answer from the middle of its scale (-1 to 1): a dependence that no observed
    covariate explains. It is 0 unless assumptions are broken.
    """

    intercept: float
    mood: float
    age: float = 0.14
    member: float = 0.35
    extreme: float = 0.0


@dataclass(frozen=True, slots=True)
class Churn:
    """Hazards. Buyers leave for good after an order; members of the club cancel in a month."""

    after_order: float = -2.9
    after_order_mood: float = -0.75
    monthly: float = -4.2
    monthly_mood: float = -0.70
    monthly_price_rise: float = 0.35


@dataclass(frozen=True, slots=True)
class World:
    """Everything planted. The last block is what breaks the methods' assumptions; zero means it does not."""

    assumptions: Assumptions = "kept"
    effects: Effects = Effects()
    nps: Scale = Scale(0, 10, 7.95, 1.60, 1.0)
    csat: Scale = Scale(1, 5, 3.75, 0.85, 0.6)
    ces: Scale = Scale(1, 7, 5.05, 1.10, 0.8)
    rating: Scale = Scale(1, 5, 4.05, 0.85, 0.55)
    style: Style = Style()
    nps_response: Response = Response(-1.05, 0.22)
    csat_response: Response = Response(-0.80, 0.30)
    ces_response: Response = Response(-0.70, 0.30)
    review_intercept: float = -2.3
    review_extreme: float = 0.55
    churn: Churn = Churn()
    csat_skill: float = 0.60
    csat_hard: float = -1.30
    csat_wait_per_10_minutes: float = -0.25
    csat_resolved: float = 0.50
    csat_mood: float = 0.35
    hard_to_skilled: float = 1.1
    initiative_on_ease: float = 0.55
    launch_defect_share: float = 0.14
    defect_share: float = 0.03
    quarantine_days: int = 90
    heavy_tails: bool = field(default=False)
    cluster_sd: float = field(default=0.0)
    drift_per_year: float = field(default=0.0)


def world(assumptions: str) -> World:
    """Returns the world with its assumptions "kept" or "broken".

    In the broken world answers cluster by store and week, the use of the scale drifts, noise has heavy tails, the same
    people are asked again and again, and who answers depends on the answer itself.

    Raises:
        UnknownNameError: `assumptions` is neither.
    """
    if assumptions == "kept":
        return World()
    if assumptions != "broken":
        raise UnknownNameError("world", assumptions, ("kept", "broken"))
    return replace(
        World(),
        assumptions="broken",
        nps_response=Response(-1.9, 0.22, extreme=1.6),
        csat_response=Response(-1.6, 0.30, extreme=1.4),
        ces_response=Response(-1.5, 0.30, extreme=1.2),
        quarantine_days=10,
        heavy_tails=True,
        cluster_sd=0.8,
        drift_per_year=-0.6,
    )
