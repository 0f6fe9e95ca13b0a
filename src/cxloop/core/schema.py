"""The tables of a workspace: columns, types and the class of personal data of each column.

Erasure, export, redaction and logs walk this schema; a column without a class cannot be declared.
"""

from __future__ import annotations

from cxloop.core.columns import Column, Personal, Table, Type

__all__ = ["INCOMING", "INTERACTION_KINDS", "TABLES", "Column", "Personal", "Table", "Type", "table"]

_N, _P, _I, _F, _S = (
    Personal.NONE,
    Personal.PSEUDONYM,
    Personal.IDENTIFIER,
    Personal.FREE_TEXT,
    Personal.SENSITIVE,
)

INTERACTION_KINDS = (
    "touch",
    "answer",
    "review",
    "message",
    "reply",
    "call",
    "order",
    "return",
    "delivery",
    "case",
    "promise",
    "treatment",
    "consent",
    "profile",
)
"""What an interaction can be; a source may add its own kinds, these are the ones the product reads."""

_WHAT = (
    Column("text", "text", _F, "What the customer or the company said, in their own words."),
    Column("language", "text", _N, "Language of the text, as a BCP 47 tag."),
    Column("metric", "text", _N, "Which metric the score belongs to: nps, csat, ces, rating."),
    Column("score", "double", _N, "The score on its own scale."),
    Column("scale_min", "double", _N, "Lowest value of the scale."),
    Column("scale_max", "double", _N, "Highest value of the scale."),
    Column("answer_value", "text", _F, "The answer as given, where it is not a score."),
    Column("response_id", "text", _P, "The response that this answer is part of."),
    Column("survey_id", "text", _N, "The survey that was asked."),
    Column("survey_version", "text", _N, "The version of the survey that was seen."),
    Column("question_id", "text", _N, "The question that was answered."),
    Column("value", "double", _N, "Amount of money; refunds are negative."),
    Column("currency", "text", _N, "ISO 4217 code of the amount."),
    Column("duration_seconds", "double", _N, "How long it took, in seconds."),
    Column("outcome", "text", _N, "How it ended, in the source's words."),
    Column("employee", "text", _P, "Who served the customer."),
    Column("team", "text", _N, "Which team served the customer."),
    Column("location", "text", _N, "Store, branch or site."),
    Column("brand", "text", _N, "Brand."),
    Column("product", "text", _N, "Product or product group."),
    Column("region", "text", _N, "Country, state or market."),
    Column("campaign", "text", _N, "Campaign."),
    Column("refers_to", "text", _P, "Message id of the same source that this replies to or returns."),
    Column("revises", "text", _P, "Message id of the same source whose newer state this is."),
    Column("properties", "json", _F, "Everything else the source sent, as a JSON object."),
    Column("sealed", "text", _S, "What redaction took out, sealed with the redaction key; `unify.reveal` opens it."),
)

_WHEN = (
    Column("occurred_at", "timestamp", _N, "When it happened, UTC.", required=True),
    Column("occurred_precision", "text", _N, "How exact that is: day, minute, second; null for exact."),
    Column("local_offset", "int", _N, "Offset of the customer's clock from UTC, in minutes."),
    Column("received_at", "timestamp", _N, "When cxloop received it, UTC.", required=True),
    Column("known_at", "timestamp", _N, "When it could have been known: back-tests see nothing later.", required=True),
    Column("ordinal", "bigint", _N, "Breaks ties in time within a source.", required=True),
)

_TRAFFIC = Column("traffic", "text", _N, "Who sent it where that is no customer: bot or test; null for ordinary.")

INTERACTIONS = Table(
    "interactions",
    "The log: one row is something a customer or the company did. Append-only.",
    (
        Column(
            "interaction_id", "bigint", _P, "64-bit hash of (source, message id): identity and dedup.", required=True
        ),
        Column("message_id", "text", _P, "The source's own id of the row.", required=True),
        Column("content_hash", "bigint", _N, "Hash of the content: tells a repeat from a conflict.", required=True),
        Column(
            "batch", "bigint", _N, "Number of the admission that added it; derivations catch up by it.", required=True
        ),
        *_WHEN,
        Column("source", "text", _N, "Where the row came from.", required=True),
        Column("kind", "text", _N, "What it is: touch, answer, review, message, order, ...", required=True),
        Column("event_code", "int", _N, "Interned (source, kind, name, path, touchpoint, channel).", required=True),
        Column("key_id", "bigint", _P, "Interned key of the customer, as the source named it."),
        Column("other_keys", "bigints", _P, "Further interned keys seen on the same row."),
        Column("account_key", "bigint", _P, "Interned key of the account or household."),
        _TRAFFIC,
        *_WHAT,
    ),
    key=("interaction_id",),
)

KEYS = Table(
    "keys",
    "Identifiers as sources gave them, interned: 42 of two sources never meets by accident.",
    (
        Column("key_id", "bigint", _P, "The interned number.", required=True),
        Column("namespace", "text", _N, "Whose identifier it is.", required=True),
        Column("type", "text", _N, "What it is: user_id, email, phone, device.", required=True),
        Column("value", "text", _I, "The identifier itself.", required=True),
    ),
    key=("key_id",),
)

EVENT_CODES = Table(
    "event_codes",
    "Dictionary of what sources call things; the catalogue's rules see only this.",
    (
        Column("event_code", "int", _N, "The interned number.", required=True),
        Column("source", "text", _N, "Where it came from.", required=True),
        Column("kind", "text", _N, "What it is.", required=True),
        Column("name", "text", _N, "The event's name."),
        Column("path", "text", _N, "Normalised path of a page or screen."),
        Column("claimed_touchpoint", "text", _N, "Touchpoint that the source claimed."),
        Column("claimed_channel", "text", _N, "Channel that the source claimed."),
    ),
    key=("event_code",),
)

EVENT_CATALOGUE = Table(
    "event_catalogue",
    "Derived: what the catalogue says of each event code; editing the catalogue corrects history at once.",
    (
        Column("event_code", "int", _N, "The interned number.", required=True),
        Column("touchpoint", "text", _N, "Touchpoint by the catalogue."),
        Column("channel", "text", _N, "Channel by the catalogue."),
        Column("stage", "text", _N, "Stage that the touchpoint belongs to."),
    ),
    key=("event_code",),
)

INTERACTION_OBJECTS = Table(
    "interaction_objects",
    "Orders, tickets and parcels that an interaction is about: a journey may follow any object.",
    (
        Column("interaction_id", "bigint", _P, "The interaction.", required=True),
        Column("type", "text", _N, "order, ticket, parcel, ...", required=True),
        Column("id", "text", _P, "The object's id in its source.", required=True),
    ),
    key=("interaction_id", "type", "id"),
)

TRAITS = Table(
    "traits",
    "Profile values as sources told them, with source and time.",
    (
        Column("key_id", "bigint", _P, "Whose trait it is.", required=True),
        Column("name", "text", _N, "Name of the trait.", required=True),
        Column("value", "text", _S, "Value of the trait."),
        Column("source", "text", _N, "Who said so.", required=True),
        Column("occurred_at", "timestamp", _N, "Since when it is so, UTC.", required=True),
        Column("known_at", "timestamp", _N, "When it could have been known, UTC.", required=True),
    ),
    key=("key_id", "name", "source", "occurred_at"),
)

CONSENTS = Table(
    "consents",
    "What customers allowed or forbade, per purpose and channel.",
    (
        Column("key_id", "bigint", _P, "Whose consent it is.", required=True),
        Column("purpose", "text", _N, "What for.", required=True),
        Column("channel", "text", _N, "In which channel; null for all."),
        Column("granted", "bool", _N, "Allowed or forbidden.", required=True),
        Column("source", "text", _N, "Who said so.", required=True),
        Column("occurred_at", "timestamp", _N, "Since when, UTC.", required=True),
        Column("known_at", "timestamp", _N, "When it could have been known, UTC.", required=True),
        Column("basis", "text", _N, "The lawful basis that was named; null where the source names none."),
        Column("expires_at", "timestamp", _N, "Until when it was given, UTC; null where that was not said."),
        Column("wording", "text", _N, "Which version of the text was shown."),
        Column("evidence", "text", _F, "How it was said: form, call, letter."),
        Column("author", "text", _P, "Who wrote it down, where a person did."),
    ),
    key=("key_id", "purpose", "channel", "source", "occurred_at"),
)

PROMISES = Table(
    "promises",
    "What customers were told, with a date.",
    (
        Column("interaction_id", "bigint", _P, "The interaction that made the promise.", required=True),
        Column("key_id", "bigint", _P, "Who was promised."),
        Column("what", "text", _N, "What was promised: delivery, call back, refund.", required=True),
        Column("made_at", "timestamp", _N, "When it was promised, UTC.", required=True),
        Column("due_at", "timestamp", _N, "By when, UTC.", required=True),
        Column("due_precision", "text", _N, "How exact the date is: day, hour; null for exact."),
    ),
    key=("interaction_id",),
)

CUSTOMERS = Table(
    "customers",
    "Derived: one row per customer, for lists and search.",
    (
        Column("customer_id", "bigint", _P, "The customer.", required=True),
        Column("label", "text", _I, "What to call the customer on a page: name, e-mail or identifier.", required=True),
        Column("search_text", "text", _I, "Identifiers and names in lower case, for search.", required=True),
        Column("first_seen_at", "timestamp", _N, "First interaction, UTC.", required=True),
        Column("last_seen_at", "timestamp", _N, "Latest interaction, UTC.", required=True),
        Column("interactions", "bigint", _N, "Number of interactions.", required=True),
        Column("channels", "int", _N, "Number of different channels.", required=True),
        Column("latest_metric", "text", _N, "Metric of the latest score."),
        Column("latest_score", "double", _N, "The latest score given."),
    ),
    key=("customer_id",),
)

IDENTITY_LINKS = Table(
    "identity_links",
    "The identity ledger: each entry says that two keys are one customer's or are not, and why. Append-only, primary.",
    (
        Column("entry_id", "bigint", _N, "Running number.", required=True),
        Column(
            "decision_id",
            "bigint",
            _N,
            "Entry id of the first entry of the same decision; what `undo` names.",
            required=True,
        ),
        Column("action", "text", _N, "link, cut, never, undo, quarantine or release.", required=True),
        Column("key_a", "bigint", _P, "A key; of two keys the smaller number. Null for an undo."),
        Column("key_b", "bigint", _P, "The other key; null where the entry is about one key."),
        Column(
            "evidence", "text", _N, "identify, alias, exact, profile, probabilistic, person or rule.", required=True
        ),
        Column("state", "text", _N, "accepted, proposed (waits for a person) or rejected.", required=True),
        Column("known_at", "timestamp", _N, "Since when the entry counts, UTC.", required=True),
        Column("decided_at", "timestamp", _N, "When it was written, UTC.", required=True),
        Column("author", "text", _P, "Who wrote it: a rule, a run of matching, an account.", required=True),
        Column("source", "text", _N, "Source of the interaction that told so."),
        Column("interaction_id", "bigint", _P, "The first interaction that told so."),
        Column("probability", "double", _N, "That the two are one person, where that was estimated."),
        Column("weight", "double", _N, "Match weight: log2 of the Bayes factor, prior included."),
        Column("comparison", "json", _N, "What was compared, with level and weight of each; never a value."),
        Column("refers_to", "bigint", _N, "Of an undo: the decision that no longer counts."),
        Column("reason", "text", _F, "Why, in a person's words."),
    ),
    key=("entry_id",),
)

CUSTOMER_KEYS = Table(
    "customer_keys",
    "Derived from the ledger: whose each key is, and was; a key without a current row is a customer of its own.",
    (
        Column("key_id", "bigint", _P, "The key.", required=True),
        Column("customer_id", "bigint", _P, "The customer: the smallest key of the component.", required=True),
        Column("since", "timestamp", _N, "From when on that was known, UTC.", required=True),
        Column("until", "timestamp", _N, "Until when; null where it is so now."),
        Column("changed", "bigint", _N, "Last ledger entry when the key's rows were written.", required=True),
    ),
    key=("key_id", "since"),
)

CUSTOMER_STRENGTH = Table(
    "customer_strength",
    "Derived: whose a key is when only links above a probability count; of customers that rest on estimated links.",
    (
        Column("key_id", "bigint", _P, "The key.", required=True),
        Column("customer_id", "bigint", _P, "The customer.", required=True),
        Column("above", "double", _N, "Holds for a least probability greater than this.", required=True),
        Column("up_to", "double", _N, "And up to this one.", required=True),
    ),
    key=("key_id", "above"),
)

_WHO = {"given": "First name", "family": "Last name", "email": "E-mail", "phone": "Phone", "identifier": "Number"}
_WHERE = {"birth": "Birth date", "street": "Street", "number": "House number", "extra": "Second line of the address"}
_WHERE |= {"city": "City", "postcode": "Postcode", "state": "State or county", "country": "Country"}
MATCHED_RECORDS = Table(
    "matched_records",
    "What probabilistic matching has looked at: each record as it is compared, so that only what is new is read again.",
    (
        Column("key_id", "bigint", _P, "The key whose record it is.", required=True),
        Column("content_hash", "bigint", _P, "Fingerprint of the traits that it was read from.", required=True),
        Column("run", "text", _N, "The run that read it last.", required=True),
        *(Column(name, "text", _I, f"{what}, written alike.") for name, what in _WHO.items()),
        *(Column(name, "text", _S, f"{what}, written alike.") for name, what in _WHERE.items()),
    ),
    key=("key_id",),
)

IDENTITY_DOUBTS = Table(
    "identity_doubts",
    "Derived: keys that tie nobody together, and links that would contradict others; shown, never used.",
    (
        Column("key_id", "bigint", _P, "The key.", required=True),
        Column("other_key", "bigint", _P, "Of a link that is held back, the other key."),
        Column("doubt", "text", _N, "shared, placeholder, degree, conflict, never or quarantined.", required=True),
        Column("links", "bigint", _N, "Number of links that do not count because of it.", required=True),
        Column("since", "timestamp", _N, "Since when, UTC.", required=True),
    ),
    key=("key_id", "other_key", "doubt"),
)

SEGMENTS = Table(
    "segments",
    "The segments that are computed: which definition their members are those of, and until when nothing changes.",
    (
        Column("segment", "text", _N, "Name of the segment.", required=True),
        Column("version", "bigint", _N, "Version of its definition."),
        Column("definition", "text", _F, "The definition; it may name a value of a person's profile."),
        Column("digest", "text", _N, "Of definition and catalogue: another one means that all is computed anew."),
        Column("clock", "timestamp", _N, "The moment that the members are those of, UTC."),
        Column("due_at", "timestamp", _N, "When the passing of time may change a member next, UTC; null for never."),
        Column("problem", "text", _F, "Why the newest definition cannot be computed; null where it can."),
    ),
    key=("segment",),
)

SEGMENT_FACTS = Table(
    "segment_facts",
    "Derived: what a segment's conditions look at, so that one event is answered without the log.",
    (
        Column("segment", "text", _N, "Name of the segment.", required=True),
        Column(
            "leaf", "int", _N, "Which condition of its definition; -1 says only that there is the key.", required=True
        ),
        Column("key_id", "bigint", _P, "Whose interaction, or whose trait.", required=True),
        Column("fact_id", "bigint", _P, "The interaction; of a trait or consent, the key.", required=True),
        Column("at_us", "bigint", _N, "When, in microseconds since 1970 UTC: windows are sums.", required=True),
        Column("value", "double", _N, "The number that the condition takes of it."),
        Column("said", "text", _F, "The text that the condition takes of it."),
    ),
    key=("segment", "leaf", "fact_id"),
)

SEGMENT_MEMBERS = Table(
    "segment_members",
    "Derived, and kept as history: who is, and was, in which segment.",
    (
        Column("segment", "text", _N, "Name of the segment.", required=True),
        Column("customer_id", "bigint", _P, "The customer.", required=True),
        Column("since", "timestamp", _N, "From when on, UTC.", required=True),
        Column("until", "timestamp", _N, "Until when; null for a member."),
    ),
    key=("segment", "customer_id", "since"),
)

REJECTED = Table(
    "rejected",
    "Rows that could not be taken, with the reason and the raw row: replayable, never lost.",
    (
        Column("rejected_id", "bigint", _N, "Running number.", required=True),
        Column("import_id", "text", _N, "The import that met it.", required=True),
        Column("source", "text", _N, "Where it came from.", required=True),
        Column("file", "text", _N, "File name.", required=True),
        Column("line", "bigint", _N, "Row number in the file, the first row of data being 1."),
        Column("interaction", "text", _N, "Which interaction of the mapping it would have become."),
        Column("code", "text", _N, "Machine-readable reason.", required=True),
        Column("reason", "text", _F, "The reason in a sentence.", required=True),
        Column("raw", "text", _S, "The raw row, as a JSON object or as the line itself.", required=True),
        Column("rejected_at", "timestamp", _N, "When, UTC.", required=True),
        Column("replayed_at", "timestamp", _N, "When it was replayed successfully; null while it waits."),
    ),
    key=("rejected_id",),
)

IMPORTS = Table(
    "imports",
    "Each run of `collect file`: what went in, what did not.",
    (
        Column("import_id", "text", _N, "Running id.", required=True),
        Column("source", "text", _N, "The source that the mapping names.", required=True),
        Column("mapping", "text", _N, "The mapping as a TOML text, so that rejects can be replayed.", required=True),
        Column("files", "json", _N, "File names with size and digest, as a JSON list.", required=True),
        Column("started_at", "timestamp", _N, "UTC.", required=True),
        Column("finished_at", "timestamp", _N, "UTC."),
        Column("rows_read", "bigint", _N, "Source rows read.", required=True),
        Column("admitted", "bigint", _N, "Interactions added to the log.", required=True),
        Column("already_there", "bigint", _N, "Interactions that had come before, unchanged.", required=True),
        Column("rejected", "bigint", _N, "Rows kept in `rejected`.", required=True),
        Column("seconds", "double", _N, "How long it took.", required=True),
    ),
    key=("import_id",),
)

INTAKE = Table(
    "intake",
    "How far each loader of live events has come: its place in the spool, written with the events themselves.",
    (
        Column("loader", "text", _N, "Which spool it reads.", required=True),
        Column("position", "bigint", _N, "Number of the last request that it loaded.", required=True),
        Column("requests", "bigint", _N, "Requests loaded since the beginning.", required=True),
        Column("admitted", "bigint", _N, "Events added to the log.", required=True),
        Column("already_there", "bigint", _N, "Events that had come before, unchanged.", required=True),
        Column("rejected", "bigint", _N, "Events kept in `rejected`.", required=True),
        Column("bots", "bigint", _N, "Added events that were flagged as a bot's.", required=True),
        Column("tests", "bigint", _N, "Added events that were flagged as a test.", required=True),
        Column("updated_at", "timestamp", _N, "UTC.", required=True),
    ),
    key=("loader",),
)

WATERMARKS = Table(
    "watermarks",
    "How far each derivation has come, and with which version of code and settings.",
    (
        Column("derivation", "text", _N, "Name of the derivation.", required=True),
        Column("version", "text", _N, "Version of code and settings.", required=True),
        Column("position", "bigint", _N, "Count or position of inputs seen.", required=True),
        Column("updated_at", "timestamp", _N, "UTC.", required=True),
    ),
    key=("derivation",),
)

SNAPSHOTS = Table(
    "snapshots",
    "Results kept for pages, reports and history.",
    (
        Column("verb", "text", _N, "Which verb answered, as part.name.", required=True),
        Column("arguments", "json", _N, "With which arguments, canonical JSON.", required=True),
        Column("result", "json", _N, "The result as JSON.", required=True),
        Column("position", "bigint", _N, "Number of interactions in the log when it was computed.", required=True),
        Column("computed_at", "timestamp", _N, "UTC.", required=True),
    ),
    key=("verb", "arguments"),
)

TABLES: tuple[Table, ...] = (
    INTERACTIONS,
    KEYS,
    EVENT_CODES,
    EVENT_CATALOGUE,
    INTERACTION_OBJECTS,
    TRAITS,
    CONSENTS,
    PROMISES,
    IDENTITY_LINKS,
    CUSTOMER_KEYS,
    CUSTOMER_STRENGTH,
    IDENTITY_DOUBTS,
    MATCHED_RECORDS,
    CUSTOMERS,
    SEGMENTS,
    SEGMENT_FACTS,
    SEGMENT_MEMBERS,
    REJECTED,
    IMPORTS,
    INTAKE,
    WATERMARKS,
    SNAPSHOTS,
)

INCOMING = Table(
    "incoming",
    "What a source hands to `admit`, before keys and events are interned.",
    (
        Column("message_id", "text", _P, "The source's own id; unique within the source.", required=True),
        Column("source", "text", _N, "Where it comes from.", required=True),
        Column("kind", "text", _N, "What it is.", required=True),
        Column("name", "text", _N, "The event's name."),
        Column("path", "text", _N, "Path of a page or screen."),
        Column("touchpoint", "text", _N, "Touchpoint that the source claims."),
        Column("channel", "text", _N, "Channel that the source claims."),
        Column("key_namespace", "text", _N, "Whose identifier the customer's key is."),
        Column("key_type", "text", _N, "What it is."),
        Column("key_value", "text", _I, "The identifier."),
        Column("other_keys", "json", _I, "Further keys: JSON list of [namespace, type, value]."),
        Column("account_namespace", "text", _N, "Whose identifier the account's key is."),
        Column("account_type", "text", _N, "What it is."),
        Column("account_value", "text", _I, "The account's identifier."),
        _TRAFFIC,
        *_WHEN,
        *_WHAT,
        Column("objects", "json", _P, "JSON list of [type, id]."),
        Column("traits", "json", _S, "JSON object of profile values told with this row."),
        Column("account_traits", "json", _S, "JSON object of values told of the account with this row."),
        Column(
            "consents",
            "json",
            _F,
            "JSON list of [purpose, channel or null, granted, basis, expires_at, wording, evidence, author]; the last "
            "five may be missing.",
        ),
        Column("promise_what", "text", _N, "What was promised, where this is a promise."),
        Column("promise_due_at", "timestamp", _N, "By when, UTC."),
        Column("promise_due_precision", "text", _N, "day, hour; null for exact."),
        Column("content_hash", "bigint", _N, "Hash of what a repeat has to say again; without it, of the whole row."),
    ),
    key=("source", "message_id"),
)


def table(name: str) -> Table:
    """Returns the table called `name`; raises KeyError where there is none."""
    for candidate in TABLES:
        if candidate.name == name:
            return candidate
    raise KeyError(name)
