"""The two files of a workspace: `cxloop.toml` (settings) and `experience.toml` (the catalogue of the experience).

Both are read whole, and all their mistakes are shown together. Unknown settings are mistakes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from cxloop.core import patterns
from cxloop.core.addresses import url
from cxloop.core.contact import Contact, unmet_purposes
from cxloop.core.contracts import Contract
from cxloop.core.engine import Engine
from cxloop.core.errors import InputError, Mistake, MistakesError, did_you_mean, what_is_wrong
from cxloop.core.sending import Outreach
from cxloop.core.strict import Name, Strict, Term
from cxloop.core.time import parse_zone

__all__ = [
    "Basis",
    "Dimension",
    "Experience",
    "Hierarchy",
    "Identifier",
    "Name",
    "Profile",
    "Purpose",
    "Redactable",
    "Retention",
    "Rule",
    "Settings",
    "Stage",
    "Strict",
    "Term",
    "Touchpoint",
    "load_experience",
    "load_settings",
    "read_toml",
]

Redactable = Literal["email", "phone", "card", "iban", "names"]
"""What can be taken out of free text."""
Basis = Literal["consent", "contract", "legitimate interest", "legal obligation", "vital interest", "public task"]
"""Why personal data may be used: the six of Article 6 (1) GDPR."""


class Company(Strict):
    """[company]: who the workspace belongs to."""

    name: Name = "My company"
    time_zone: str = "UTC"
    currency: Annotated[str, Field(pattern=patterns.CURRENCY)] = "EUR"

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, value: str) -> str:
        parse_zone(value)
        return value


class Measure(Strict):
    """[measure]: how numbers are made."""

    minimum_n: Annotated[int, Field(ge=2, le=10_000)] = 10
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95


class Store(Strict):
    """[store]: where accounts, surveys, messages and the audit log are, and what waits to be loaded.

    By default in files of the workspace. `database` is a PostgreSQL that several hosts share; `password` names the
    variable with its password, unless libpq finds that itself (in $PGPASSWORD or ~/.pgpass).
    """

    database: Annotated[str, Field(pattern=patterns.DATABASE)] = ""
    password: Annotated[str, Field(pattern=patterns.VARIABLE)] = ""


class Server(Strict):
    """[server]: where `cxloop serve` listens."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8440
    secure_cookies: bool = False
    public_url: Annotated[str, Field(pattern=patterns.ADDRESS)] = ""
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")

    @property
    def address(self) -> str:
        """Where people reach the app: what a proxy shows to the world, or where the app itself listens."""
        return self.public_url or url(self.host, self.port)

    @property
    def secure(self) -> bool:
        """Whether people reach the app through TLS, so that cookies need never travel without."""
        return self.secure_cookies or self.public_url.startswith("https://")


class Oidc(Strict):
    """[sign_in.oidc]: a provider of identities that people may sign in with.

    Without `role` only those can who were invited; the provider has to have checked their e-mail address.
    """

    issuer: Annotated[str, Field(pattern=patterns.ISSUER)] = ""
    client_id: str = ""
    client_secret: Annotated[str, Field(pattern=patterns.SEALED)] = ""
    label: Name = "Single sign-on"
    allowed_domains: tuple[str, ...] = ()
    role: Literal["", "analyst", "agent", "viewer"] = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Oidc:
        if bool(self.issuer) != bool(self.client_id):
            raise MistakesError("oidc", [Mistake("sign_in.oidc", "issuer and client_id go together. Set both.")])
        if self.role and not self.allowed_domains:
            told = "role lets new people in, so allowed_domains has to say whom. Set both."
            raise MistakesError("oidc", [Mistake("sign_in.oidc", told)])
        return self


class SignIn(Strict):
    """[sign_in]: for how long browsers stay signed in, and with whom people may sign in."""

    idle_days: Annotated[float, Field(gt=0, le=365)] = 7
    longest_days: Annotated[float, Field(gt=0, le=365)] = 30
    oidc: Oidc = Oidc()


class Collect(Strict):
    """[collect]: the collector, which takes events from websites, apps and servers.

    Its own processes listen at `host` and `port` (0: none of their own); the app answers the same addresses as well.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8441
    processes: Annotated[int, Field(ge=1, le=64)] = 1
    spool_limit: Annotated[str, Field(pattern=patterns.SIZE)] = "2GB"
    keep_ip: Literal["truncated", "none"] = "truncated"

    @property
    def spool_bytes(self) -> int:
        """`spool_limit` in bytes."""
        return int(float(self.spool_limit[:-2]) * {"MB": 1e6, "GB": 1e9}[self.spool_limit[-2:]])


class Import(Strict):
    """[import]: limits of `collect file`."""

    max_line_bytes: Annotated[int, Field(ge=1_000, le=100_000_000)] = 2_000_000
    max_expansion: Annotated[int, Field(ge=2, le=10_000)] = 200
    max_file_bytes: Annotated[int, Field(ge=1_000)] = 200_000_000_000


class Privacy(Strict):
    """[privacy]: what is taken out of free text before it is kept, and how long exports for customers lie here.

    `redact` names what to take out of the customers' words. Without `redaction_key` it is gone; with one, what was
    there is kept beside, sealed, and `unify.reveal` opens it. `backups_keep` is for how long the operator keeps
    backups: cxloop knows nothing of them, and receipts of erasures say it.
    """

    redact: tuple[Redactable, ...] = ()
    country: Annotated[str, Field(pattern=patterns.COUNTRY)] = ""
    redaction_key: Annotated[str, Field(pattern=patterns.VARIABLE)] = ""
    exports_keep: Term = "30d"
    backups_keep: Term = "30d"


class Retention(Strict):
    """One [[retention]]: how long a kind of data is kept.

    `kind` is a kind of interactions (touch, answer, message, ...), "interactions" for all kinds without a rule of their
    own, or one of "rejected", "traits", "consents" (what a later word has replaced), "snapshots", "spool" (what was
    set aside when the spool was damaged), "responses" (to surveys, with their files), "invitations" and "messages".
    """

    kind: Name
    keep: Term

    @field_validator("kind")
    @classmethod
    def _can_be_removed(cls, value: str) -> str:
        if value in ("audit", "imports"):
            told = f"{value!r} cannot be limited: the audit log is a chain, and imports are what replays rest on."
            raise MistakesError("retention", [Mistake("retention.kind", f"{told} Take the rule out.")])
        return value


class Settings(Strict):
    """`cxloop.toml`: every setting with its default."""

    company: Company = Company()
    measure: Measure = Measure()
    engine: Engine = Engine()
    store: Store = Store()
    server: Server = Server()
    sign_in: SignIn = SignIn()
    collect: Collect = Collect()
    imports: Import = Field(default=Import(), alias="import")
    privacy: Privacy = Privacy()
    outreach: Outreach = Outreach()
    retention: tuple[Retention, ...] = ()

    @model_validator(mode="after")
    def _one_rule_a_kind(self) -> Settings:
        kinds = [rule.kind for rule in self.retention]
        twice = sorted({kind for kind in kinds if kinds.count(kind) > 1})
        if twice:
            told = [Mistake("retention", f"{kind!r} has two rules. Keep one.") for kind in twice]
            raise MistakesError("cxloop.toml", told)
        return self


class Stage(Strict):
    """One [[stage]]: where in the customer's life, in order."""

    name: Name
    label: str = ""


class Touchpoint(Strict):
    """One [[touchpoint]]: where it happened; belongs to one stage."""

    name: Name
    stage: Name
    label: str = ""
    owner: str = ""
    moment_of_truth: bool = False


class Rule(Strict):
    """One [[rule]]: which events belong to a touchpoint and channel. The first rule that holds wins.

    `when` is a condition over source, kind, name, path, claimed_touchpoint and claimed_channel.
    """

    when: Annotated[str, Field(min_length=1, max_length=4000)]
    touchpoint: Name | None = None
    channel: Name | None = None


class Promise(Strict):
    """One [[promise]]: something told to customers with a date, and how it is kept.

    `kept_by` is a condition over the same names as a rule's `when`, on a later interaction about the same object (the
    order, the ticket). Without it, that interaction's kind or name has to be `what`.
    """

    what: Name
    label: str = ""
    owner: str = ""
    kept_by: Annotated[str, Field(max_length=4000)] = ""


class Dimension(Strict):
    """One [[dimension]]: a property of the log by which numbers may be split, with readable labels."""

    name: Annotated[str, Field(pattern=patterns.NAME)]
    property: Name
    label: str = ""
    labels: dict[str, str] = Field(default={})


class Identifier(Strict):
    """One [[identifier]]: whom keys of a type belong to, and whether the same value elsewhere is the same person.

    `unique` belongs to one person, who has one of them in a namespace (a customer number). `personal` belongs to one
    person, who may have several (an e-mail address, a browser). `shared` ties nobody together (a tablet in a store).
    """

    type: Name
    namespace: str = "*"
    rule: Literal["unique", "personal", "shared"]
    verified: bool = False


class Purpose(Strict):
    """One [[purpose]]: what customers' data is used for, and what allows it.

    Without a statement of the customer, the basis decides: "consent" forbids, any other allows. `expires` is how long a
    consent holds. `channels` are those that the purpose is for; none means all. `aliases` are what consent managers and
    files call it.
    """

    name: Name
    label: str = ""
    basis: Basis = "consent"
    expires: Term | None = None
    channels: tuple[Name, ...] = ()
    aliases: tuple[Name, ...] = ()


class Profile(Strict):
    """One [[profile]]: a field of customers' and accounts' profiles, and which value survives where sources differ.

    `reads` are the traits that tell it, besides its own name; capitals and what stands between words do not matter.
    The rule is "recent" (told last), "trusted" (by the first of the sources in `trusted`), "verified" (with a verified
    identifier) or "longest"; among equals the most recent one survives.
    """

    name: Annotated[str, Field(pattern=patterns.NAME)]
    label: str = ""
    reads: tuple[Name, ...] = ()
    rule: Literal["recent", "trusted", "verified", "longest"] = "recent"
    trusted: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _names_whom_it_trusts(self) -> Profile:
        if (self.rule == "trusted") != bool(self.trusted):
            told = f'{self.name!r}: rule = "trusted" and trusted = [sources] go together. Set both.'
            raise MistakesError("experience.toml", [Mistake("profile", told)])
        return self


class Hierarchy(Strict):
    """One [[hierarchy]]: how business accounts stand above each other.

    Either `parent` names the trait of an account that holds the identifier of the account above it, or `levels` names
    traits from the widest to the narrowest, such as country, region and city.
    """

    name: Annotated[str, Field(pattern=patterns.NAME)]
    label: str = ""
    parent: str = ""
    levels: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _has_one_way_up(self) -> Hierarchy:
        if bool(self.parent) == bool(self.levels):
            told = f"{self.name!r} needs parent = a trait or levels = [traits], and not both."
            raise MistakesError("experience.toml", [Mistake("hierarchy", told)])
        return self


class Experience(Strict):
    """`experience.toml`: what happens where, what is promised, who is who, and what people are asked about."""

    stage: tuple[Stage, ...] = ()
    channel: tuple[Name, ...] = ()
    touchpoint: tuple[Touchpoint, ...] = ()
    rule: tuple[Rule, ...] = ()
    promise: tuple[Promise, ...] = ()
    dimension: tuple[Dimension, ...] = ()
    identifier: tuple[Identifier, ...] = ()
    purpose: tuple[Purpose, ...] = ()
    profile: tuple[Profile, ...] = ()
    hierarchy: tuple[Hierarchy, ...] = ()
    contract: tuple[Contract, ...] = ()
    contact: Contact = Contact()

    @model_validator(mode="after")
    def _names_meet(self) -> Experience:
        mistakes = list(_unmet_names(self))
        if mistakes:
            raise MistakesError("experience.toml", mistakes)
        return self


def _unmet_names(experience: Experience) -> Iterator[Mistake]:
    stages = [stage.name for stage in experience.stage]
    touchpoints = [touchpoint.name for touchpoint in experience.touchpoint]
    for kind, names in (
        ("stage", stages),
        ("touchpoint", touchpoints),
        ("channel", list(experience.channel)),
        ("dimension", [dimension.name for dimension in experience.dimension]),
        ("profile", [field.name for field in experience.profile]),
        ("hierarchy", [hierarchy.name for hierarchy in experience.hierarchy]),
        ("contract", [contract.name for contract in experience.contract]),
        ("purpose", [name for purpose in experience.purpose for name in (purpose.name, *purpose.aliases)]),
    ):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Mistake(kind, f"{name!r} is declared twice. Keep one.")
    yield from _identifiers_twice(experience)
    for place, touchpoint in enumerate(experience.touchpoint):
        if touchpoint.stage not in stages:
            yield Mistake(
                f"touchpoint.{place}.stage",
                f"Unknown stage {touchpoint.stage!r}. " + did_you_mean(touchpoint.stage, stages),
            )
    yield from _unmet_channels(experience)
    yield from unmet_purposes(experience.contact, [purpose.name for purpose in experience.purpose])
    for place, rule in enumerate(experience.rule):
        if rule.touchpoint is not None and rule.touchpoint not in touchpoints:
            yield Mistake(
                f"rule.{place}.touchpoint",
                f"Unknown touchpoint {rule.touchpoint!r}. " + did_you_mean(rule.touchpoint, touchpoints),
            )
        if rule.channel is not None and rule.channel not in experience.channel:
            yield Mistake(
                f"rule.{place}.channel",
                f"Unknown channel {rule.channel!r}. " + did_you_mean(rule.channel, list(experience.channel)),
            )


def _unmet_channels(experience: Experience) -> Iterator[Mistake]:
    """Channels of purposes that are not declared, where any is."""
    known = list(experience.channel)
    for place, purpose in enumerate(experience.purpose):
        for channel in purpose.channels if known else ():
            if channel not in known:
                told = f"Unknown channel {channel!r}. {did_you_mean(channel, known)}"
                yield Mistake(f"purpose.{place}.channels", told)


def _identifiers_twice(experience: Experience) -> Iterator[Mistake]:
    seen: set[tuple[str, str]] = set()
    for place, identifier in enumerate(experience.identifier):
        kind = (identifier.namespace, identifier.type)
        if kind in seen:
            whose = "every namespace" if identifier.namespace == "*" else f"namespace {identifier.namespace!r}"
            yield Mistake(f"identifier.{place}", f"{identifier.type!r} in {whose} is declared twice. Keep one.")
        if identifier.rule == "shared" and identifier.verified:
            told = f"{identifier.type!r} is shared and so ties nobody; verified means the opposite. Keep one of them."
            yield Mistake(f"identifier.{place}", told)
        seen.add(kind)


def read_toml(path: Path) -> dict[str, Any]:
    """Returns the content of a TOML file; raises InputError that names file and line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"{path} does not exist.") from None
    except UnicodeDecodeError as failure:
        raise InputError(f"{path} is not UTF-8 text (byte {failure.start}). Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as failure:
        raise InputError(f"{path} is not valid TOML: {failure}.") from None


_Model = TypeVar("_Model", bound=BaseModel)


def validate(model: type[_Model], content: dict[str, Any], source: str) -> _Model:
    """Returns `content` as `model`; raises MistakesError with every mistake of the file together."""
    try:
        return model.model_validate(content)
    except MistakesError as failure:
        raise MistakesError(source, failure.mistakes) from None
    except ValidationError as failure:
        raise MistakesError(source, list(_readable(model, failure))) from None


def _readable(model: type[BaseModel], failure: ValidationError) -> Iterator[Mistake]:
    for error in failure.errors():
        where = ".".join(str(step) for step in error["loc"]) or "(file)"
        inner = error.get("ctx", {}).get("error")
        if isinstance(inner, MistakesError):
            yield from inner.mistakes
        elif error["type"] == "extra_forbidden":
            known = _names_at(model, error["loc"][:-1])
            yield Mistake(where, f"Unknown setting. {did_you_mean(str(error['loc'][-1]), known)}")
        else:
            yield Mistake(where, what_is_wrong(error))


def _names_at(model: type[BaseModel], steps: tuple[int | str, ...]) -> list[str]:
    """Names allowed at a place of the file, found by walking the models' fields."""
    here: Any = model
    for step in steps:
        if isinstance(step, int):
            continue
        named = next((f for n, f in here.model_fields.items() if step in (n, f.alias)), None)
        if named is None:
            return []
        here = named.annotation
        inner = [
            kind for kind in getattr(here, "__args__", ()) if isinstance(kind, type) and issubclass(kind, BaseModel)
        ]
        here = inner[0] if inner else here
        if not (isinstance(here, type) and issubclass(here, BaseModel)):
            return []
    return [field.alias or name for name, field in here.model_fields.items()]


def load_settings(path: Path) -> Settings:
    """Returns the settings in `cxloop.toml`; raises MistakesError with all mistakes together."""
    return validate(Settings, read_toml(path), path.name)


def load_experience(path: Path) -> Experience:
    """Returns the catalogue in `experience.toml`; raises MistakesError with all mistakes together."""
    return validate(Experience, read_toml(path), path.name)
