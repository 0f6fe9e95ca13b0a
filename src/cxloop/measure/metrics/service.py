"""Metrics of service: how much customers have to do for an answer, and whether what was promised comes in time."""

from __future__ import annotations

from cxloop.measure.metrics.model import Metric

__all__ = ["METRICS"]

METRICS = (
    Metric(
        name="promises_kept",
        label="Promises kept",
        statistic="share",
        unit="share",
        question="",
        definition="Share of promises with a date that were kept by that date, of those whose date is over.",
        reading="It says nothing of how late the others came, nor of what customers expected without being told a "
        "date; whoever promises later dates keeps more of them.",
        source="Delivery to commit date as in the SCOR model (RL.2.2, Supply Chain Council, 2012), per promise.",
        units="promises_due",
    ),
    Metric(
        name="first_contact_resolution",
        label="First-contact resolution",
        statistic="share",
        unit="share",
        question="",
        definition="Share of first contacts about a matter after which the customer did not have to come back within 7 "
        "days, and which did not stay open.",
        reading="Who gave up does not come back either, and who comes back by a number or address that is not linked "
        "to them counts as somebody else. A customer who writes again to say thanks counts as coming back, so that "
        "channels of messages look a little worse than calls. Advice before an order is a contact like any other, and "
        "is mostly settled at once: a condition on the touchpoint leaves it out.",
        source="First call resolution by repeat contacts, as call centres measure it; 7 days is the window most used.",
        units="first_contacts",
        days=7,
    ),
    Metric(
        name="contacts_per_matter",
        label="Effort: contacts per resolved matter",
        statistic="mean",
        unit="count",
        question="",
        definition="Mean number of contacts that a customer needed for a matter that was resolved, within 30 days of "
        "the first.",
        reading="It counts contacts and not how tiring they were; CES asks customers for that. Matters that stay open "
        "are not in it, though they took the most.",
        source="Effort as repeat contacts: Dixon, Freeman and Toman (2010), Stop Trying to Delight Your Customers, "
        "Harvard Business Review.",
        direction=-1,
        units="matters",
        days=30,
    ),
    Metric(
        name="first_answer_time",
        label="Time to first answer",
        statistic="median",
        unit="duration",
        question="",
        definition="Median time from a customer's first message about something to the company's first reply.",
        reading="Half of the conversations waited longer. Where more than half had no reply within 3 days, it says 3 "
        "days and means at least that. Nights and weekends count like any other time.",
        source="First reply time as help desks report it; the median, since a few long waits would move a mean.",
        direction=-1,
        units="conversations",
        days=3,
    ),
    Metric(
        name="resolution_time",
        label="Time to resolution",
        statistic="median",
        unit="duration",
        question="",
        definition="Median time that closed cases were open.",
        reading="Cases that are open still are not in it: a desk that closes only the easy ones looks quick. Nights "
        "and weekends count like any other time.",
        source="Full resolution time as help desks report it; the median, since a few long cases would move a mean.",
        direction=-1,
        units="cases_closed",
    ),
    Metric(
        name="complaint_rate",
        label="Complaint rate",
        statistic="share",
        unit="share",
        question="",
        definition="Share of orders about which somebody calls or writes within 30 days.",
        reading="Not each contact about an order is a complaint, and most who are annoyed say nothing. Define a metric "
        "of your own, such as of one reason, to count complaints alone.",
        source="Contacts per order as in retail service desks; Goodman (2009), Strategic Customer Service, for how few "
        "complain.",
        direction=-1,
        units="orders_complained",
        days=30,
    ),
)
