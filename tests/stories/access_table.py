"""Who may use which route and which verb: what the walk of `test_access_walk.py` expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.stories.access_cast import (
    EVERYBODY,
    IMPORTERS,
    MARK,
    OWNERS,
    PERSONS,
    PROBE,
    SIGNED_IN,
    WHOLE,
    WHOLE_PERSONS,
)


@dataclass(frozen=True)
class Line:
    """What the walk expects of one route.

    Attributes:
        who: gets in.
        ask: the addresses to try; `{north}`, `{south}`, `{shared}` are the numbers of customers.
        about_persons: further addresses, open only to those among `who` who may see single persons.
        form: of a POST.
        csrf: whether the form has to carry the token of its session.
    """

    who: frozenset[str]
    ask: tuple[str, ...] = ()
    about_persons: tuple[str, ...] = ()
    form: Mapping[str, str] = field(default_factory=dict)
    csrf: bool = True

    @property
    def addresses(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Each address with who gets in."""
        yield from ((address, self.who) for address in self.ask)
        yield from ((address, self.who & PERSONS) for address in self.about_persons)


METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
"""An address of the API at which nothing is says so to everybody, whatever it is asked with."""
SPLITS = ("team", "channel", "source", "product", "note", "touchpoint", "campaign", "kind", "survey_id", "metric")
QUESTIONS = (
    "?every=none&since=all",
    "?metric=rating&since=all",
    f"?by={PROBE}ern&since=all",
    f"?metric={PROBE}&since=all",
    "?since=all&every=none&where=score <= 3",
    *(f"?by={name}&every=none&since=all" for name in SPLITS),
)
ABOUT_PERSONS = (
    f"?since=all&every=none&where=contains(text, '{PROBE}')",
    "?since=all&every=none&by=employee",
    f"?since=all&every=none&by=properties.{PROBE}",
)
ROUTES: Mapping[str, Line] = {
    **{f"{method} /api/{{path:path}}": Line(EVERYBODY, ("/api/unify/costumer",), csrf=False) for method in METHODS},
    "GET /": Line(SIGNED_IN, ("/", "/?period=365d", "/?period=90d&wall=1")),
    "GET /explore": Line(
        SIGNED_IN,
        tuple(f"/explore{question}" for question in QUESTIONS),
        tuple(f"/explore{question}" for question in ABOUT_PERSONS),
    ),
    "GET /explore/compare": Line(
        SIGNED_IN,
        ("/explore/compare?since=365d", f"/explore/compare?by={PROBE}ern", "/explore/compare?by=team&against=rest"),
    ),
    "GET /explore/compare/download": Line(SIGNED_IN, ("/explore/compare/download?by=team&since=365d",)),
    "GET /explore/control": Line(SIGNED_IN, ("/explore/control", "/explore/control?metric=csat&expect=season")),
    "GET /explore/control/download": Line(SIGNED_IN, ("/explore/control/download?every=day",)),
    "GET /explore/all-customers": Line(SIGNED_IN, ("/explore/all-customers",)),
    "GET /explore/league": Line(SIGNED_IN, ("/explore/league?since=365d", f"/explore/league?by={PROBE}ern")),
    "GET /explore/league/added-up": Line(SIGNED_IN, ("/explore/league/added-up?along=region>location",)),
    "GET /explore/league/added-up/download": Line(SIGNED_IN, ("/explore/league/added-up/download?along=channel",)),
    "GET /explore/league/download/{kind}": Line(
        SIGNED_IN, tuple(f"/explore/league/download/{kind}?since=all" for kind in ("csv", "xls"))
    ),
    "GET /explore/money": Line(SIGNED_IN, ("/explore/money", "/explore/money?horizon=90d&by=team")),
    "GET /explore/retention": Line(
        SIGNED_IN, ("/explore/retention", "/explore/retention?by=team&every=week&since=all")
    ),
    "GET /explore/value": Line(
        SIGNED_IN,
        ("/explore/value", "/explore/value?by=team", f"/explore/value?first_order=channel == '{PROBE}'"),
    ),
    "GET /explore/download/{kind}": Line(
        SIGNED_IN,
        tuple(f"/explore/download/{kind}?by=team&every=none&since=all" for kind in ("csv", "json", "svg", "xls")),
    ),
    "GET /explore/dashboards": Line(SIGNED_IN, ("/explore/dashboards",)),
    "POST /explore/dashboards": Line(IMPORTERS, ("/explore/dashboards",), form={"template": "made-up"}),
    "GET /explore/dashboards/{name}": Line(SIGNED_IN, ("/explore/dashboards/made-up",)),
    "GET /explore/dashboards/{name}/edit": Line(IMPORTERS, ("/explore/dashboards/made-up/edit",)),
    "POST /explore/dashboards/{name}/edit": Line(IMPORTERS, ("/explore/dashboards/made-up/edit",)),
    "POST /explore/dashboards/{name}/delete": Line(IMPORTERS, ("/explore/dashboards/made-up/delete",)),
    "GET /explore/dashboards/{name}/pdf": Line(SIGNED_IN, ("/explore/dashboards/made-up/pdf",)),
    "GET /explore/dashboards/{name}/share": Line(IMPORTERS, ("/explore/dashboards/made-up/share",)),
    "POST /explore/dashboards/{name}/share": Line(IMPORTERS, ("/explore/dashboards/made-up/share",)),
    "POST /explore/dashboards/{name}/share/stop": Line(
        IMPORTERS, ("/explore/dashboards/made-up/share/stop",), form={"number": "987654"}
    ),
    "GET /explore/dashboards/{name}/mail": Line(IMPORTERS, ("/explore/dashboards/made-up/mail",)),
    "POST /explore/dashboards/{name}/mail": Line(IMPORTERS, ("/explore/dashboards/made-up/mail",)),
    "POST /explore/dashboards/{name}/mail/schedule": Line(IMPORTERS, ("/explore/dashboards/made-up/mail/schedule",)),
    "POST /explore/dashboards/{name}/mail/stop": Line(
        IMPORTERS, ("/explore/dashboards/made-up/mail/stop",), form={"number": "987654"}
    ),
    "GET /shared/{token}": Line(EVERYBODY, ("/shared/made-up",)),
    "POST /explore/keep": Line(IMPORTERS, ("/explore/keep",), form={"tile": "made-up"}),
    "POST /explore/annotations": Line(IMPORTERS, ("/explore/annotations",), form={"at": "made-up", "text": "x"}),
    "POST /explore/annotations/{number}/remove": Line(IMPORTERS, ("/explore/annotations/4711/remove",)),
    "GET /explore/annotations": Line(SIGNED_IN, ("/explore/annotations",)),
    "GET /explore/metrics": Line(SIGNED_IN, ("/explore/metrics",)),
    "GET /explore/metrics/{name}": Line(SIGNED_IN, ("/explore/metrics/nps",)),
    "POST /explore/metrics/{name}/retire": Line(IMPORTERS, ("/explore/metrics/made-up/retire",)),
    "GET /explore/define": Line(IMPORTERS, ("/explore/define",)),
    "POST /explore/define": Line(IMPORTERS, ("/explore/define",), form={"name": "made-up"}),
    "GET /explore/rows": Line(PERSONS, ("/explore/rows?since=all", f"/explore/rows?metric={PROBE}&since=all")),
    "GET /explore/rows.csv": Line(PERSONS, ("/explore/rows.csv?since=all",)),
    "GET /customers": Line(PERSONS, ("/customers", f"/customers?q={PROBE}", "/customers?q=north", "/customers?page=2")),
    "GET /customers/{customer_id}": Line(
        PERSONS,
        ("/customers/{north}", "/customers/{south}", "/customers/{shared}", "/customers/{shared}?channel=web"),
    ),
    **{
        f"POST /customers/{{customer_id}}/{what}": Line(who, (f"/customers/{{north}}/{what}",), form=form)
        for what, who, form in (
            ("notes", PERSONS, {"text": "Called."}),
            ("consent", WHOLE_PERSONS, {"purpose": "made-up", "granted": "yes"}),
            ("access", IMPORTERS, {"format": "made-up"}),
            ("erase", OWNERS, {"mode": "erase"}),
            ("identity/merge", IMPORTERS, {"other": "4711"}),
            ("identity/split", IMPORTERS, {}),
            ("identity/undo", IMPORTERS, {"decision": "4711"}),
        )
    },
    "POST /customers/{customer_id}/notes/{note}/delete": Line(PERSONS, ("/customers/{north}/notes/4711/delete",)),
    "GET /customers/{customer_id}/data": Line(
        WHOLE_PERSONS, ("/customers/{north}/data", "/customers/{south}/data", "/customers/{shared}/data")
    ),
    "GET /customers/{customer_id}/identity": Line(
        WHOLE_PERSONS, ("/customers/{north}/identity", f"/customers/{{south}}/identity?q={PROBE}")
    ),
    "GET /customers/groups": Line(PERSONS, ("/customers/groups", f"/customers/groups?q={PROBE}&kind=account")),
    "GET /customers/groups/{group_id:path}": Line(PERSONS, ("/customers/groups/made-up",)),
    "GET /customers/review": Line(WHOLE_PERSONS, ("/customers/review",)),
    "POST /customers/review/match": Line(IMPORTERS, ("/customers/review/match",)),
    "POST /customers/review/undo": Line(
        IMPORTERS, ("/customers/review/undo",), form={"decision": "4711", "entry": "4711"}
    ),
    "POST /customers/review/{entry}": Line(IMPORTERS, ("/customers/review/4711",), form={"answer": "skip"}),
    "GET /customers/segments": Line(WHOLE, ("/customers/segments",)),
    "GET /customers/segments/new": Line(IMPORTERS, ("/customers/segments/new",)),
    "POST /customers/segments/new": Line(IMPORTERS, ("/customers/segments/new",), form={"name": "x", "where": "("}),
    "GET /customers/segments/{name}": Line(WHOLE, ("/customers/segments/made_up",)),
    "POST /customers/segments/{name}/drop": Line(IMPORTERS, ("/customers/segments/made_up/drop",)),
    "GET /customers/shared": Line(WHOLE_PERSONS, ("/customers/shared",)),
    "POST /customers/shared/{act}": Line(
        IMPORTERS, ("/customers/shared/quarantine", "/customers/shared/release"), form={"key": "made-up"}
    ),
    "GET /surveys": Line(WHOLE, ("/surveys",)),
    "GET /surveys/new": Line(IMPORTERS, ("/surveys/new", "/surveys/new?template=ces")),
    "POST /surveys/new": Line(IMPORTERS, ("/surveys/new",), form={"template": "made-up"}),
    **{
        f"GET /surveys/{{name}}{page}": Line(WHOLE, (f"/surveys/aftercare{page}", f"/surveys/{PROBE}{page}"))
        for page in ("", "/preview", "/publish", "/settings", "/share", "/plan")
    },
    **{
        f"POST /surveys/{{name}}{page}": Line(IMPORTERS, (f"/surveys/aftercare{page}",), form=form)
        for page, form in (
            ("", {"do": "jump"}),
            ("/publish", {"after": "4711"}),
            ("/settings", {"section": "made-up"}),
            ("/share", {"labels": ""}),
            ("/share/drop", {"code": "made-up"}),
            ("/state", {"do": "made-up"}),
        )
    },
    "GET /surveys/{name}/results": Line(
        SIGNED_IN,
        (f"/surveys/{PROBE}/results", f'/surveys/{PROBE}/results?where=region == "{PROBE}"'),
        about_persons=(f'/surveys/{PROBE}/results?where=text == "{PROBE}"',),
    ),
    "GET /surveys/{name}/results/download/{file}": Line(
        SIGNED_IN,
        tuple(f"/surveys/aftercare/results/download/{what}.csv" for what in ("scores", "funnel", "questions")),
        about_persons=tuple(f"/surveys/aftercare/results/download/{what}.json" for what in ("rows", "texts")),
    ),
    "GET /surveys/{name}/results/responses": Line(WHOLE_PERSONS, ("/surveys/aftercare/results/responses",)),
    "POST /surveys/{name}/results/responses": Line(
        IMPORTERS, ("/surveys/aftercare/results/responses",), form={"response": "made-up", "reason": "x"}
    ),
    "GET /surveys/{name}/invite": Line(WHOLE, ("/surveys/aftercare/invite", f"/surveys/{PROBE}/invite")),
    "POST /surveys/{name}/invite": Line(IMPORTERS, ("/surveys/aftercare/invite",), form={"kind": "people"}),
    "POST /surveys/{name}/invite/doubt": Line(
        IMPORTERS, ("/surveys/aftercare/invite/doubt",), form={"message": "4711", "outcome": "sent"}
    ),
    "GET /surveys/{name}/invite/{number}": Line(WHOLE, ("/surveys/aftercare/invite/4711",)),
    "POST /surveys/{name}/invite/{number}": Line(IMPORTERS, ("/surveys/aftercare/invite/4711",), form={"do": "stop"}),
    "POST /surveys/{name}/preview": Line(WHOLE, ("/surveys/aftercare/preview",), csrf=False),
    "GET /sources": Line(WHOLE, ("/sources",)),
    "GET /sources/live": Line(SIGNED_IN, ("/sources/live",)),
    "GET /sources/latest": Line(SIGNED_IN, ("/sources/latest", "/sources/latest?source=desk")),
    "GET /sources/send": Line(SIGNED_IN, ("/sources/send", f"/sources/send?key={PROBE}")),
    "POST /sources/send": Line(OWNERS, ("/sources/send",)),
    "GET /sources/from/{source}": Line(SIGNED_IN, ("/sources/from/desk", f"/sources/from/{PROBE}")),
    "POST /sources/from/{source}/learn": Line(IMPORTERS, ("/sources/from/desk/learn",)),
    "POST /sources/from/{source}/mode": Line(IMPORTERS, ("/sources/from/desk/mode",), form={"mode": "flag"}),
    "GET /sources/connect": Line(WHOLE, ("/sources/connect",)),
    "GET /sources/connect/{system}": Line(OWNERS, ("/sources/connect/sql", f"/sources/connect/{PROBE}")),
    "POST /sources/connect/{system}": Line(OWNERS, ("/sources/connect/sql",)),
    "GET /sources/connections/{name}": Line(WHOLE, ("/sources/connections/nobody",)),
    "GET /sources/connections/{name}/state": Line(WHOLE, ("/sources/connections/nobody/state",)),
    **{
        f"POST /sources/connections/{{name}}/{what}": Line(who, (f"/sources/connections/nobody/{what}",))
        for what, who in (("pull", IMPORTERS), ("pause", IMPORTERS), ("resume", IMPORTERS), ("disconnect", OWNERS))
    },
    "GET /sources/{import_id}": Line(WHOLE_PERSONS, ("/sources/import-9",)),
    "POST /sources/{import_id}/replay": Line(IMPORTERS, ("/sources/import-9/replay",)),
    "GET /settings": Line(SIGNED_IN, ("/settings",)),
    "GET /settings/people": Line(OWNERS, ("/settings/people",)),
    "POST /settings/people/invite": Line(OWNERS, ("/settings/people/invite",)),
    "GET /settings/people/{account}": Line(OWNERS, ("/settings/people/1", "/settings/people/4711")),
    "POST /settings/people/{account}/change": Line(OWNERS, ("/settings/people/4711/change",)),
    "POST /settings/people/{account}/{act}": Line(
        OWNERS,
        tuple(f"/settings/people/4711/{act}" for act in ("disable", "enable", "sign-out", "reset-factor", "nonsense")),
    ),
    "POST /settings/people/{account}/link/new": Line(OWNERS, ("/settings/people/4711/link/new",)),
    "GET /settings/keys": Line(OWNERS, ("/settings/keys",)),
    "POST /settings/keys": Line(OWNERS, ("/settings/keys",)),
    "POST /settings/keys/{key}/rotate": Line(OWNERS, ("/settings/keys/4711/rotate",)),
    "POST /settings/keys/{key}/revoke": Line(OWNERS, ("/settings/keys/4711/revoke",)),
    "GET /settings/privacy": Line(WHOLE, ("/settings/privacy",)),
    "POST /settings/privacy/retain": Line(OWNERS, ("/settings/privacy/retain",)),
    "GET /settings/privacy/erasures": Line(OWNERS, ("/settings/privacy/erasures",)),
    **{
        f"{method} /settings/privacy/erasures/{{erasure}}{what}": Line(
            OWNERS, (f"/settings/privacy/erasures/4711{what}",)
        )
        for method, what in (("GET", ""), ("GET", "/progress"), ("GET", "/receipt.json"), ("POST", "/check"))
    },
    "GET /settings/audit": Line(OWNERS, ("/settings/audit", f"/settings/audit?target={PROBE}")),
    "GET /settings/audit/download/{kind}": Line(OWNERS, ("/settings/audit/download/csv", "/settings/audit/download/x")),
    "POST /settings/audit/verify": Line(OWNERS, ("/settings/audit/verify",)),
    "GET /settings/workspace": Line(SIGNED_IN, ("/settings/workspace",)),
    "POST /settings/profile": Line(SIGNED_IN, ("/settings/profile",)),
    "POST /settings/password": Line(SIGNED_IN, ("/settings/password",)),
    "POST /settings/factor": Line(SIGNED_IN, ("/settings/factor",)),
    "POST /settings/factor/confirm": Line(SIGNED_IN, ("/settings/factor/confirm",)),
    "POST /settings/factor/remove": Line(SIGNED_IN, ("/settings/factor/remove",)),
    "POST /settings/sessions/{session_id}/end": Line(SIGNED_IN, ("/settings/sessions/4711/end",)),
    "POST /settings/sessions/end-others": Line(SIGNED_IN, ("/settings/sessions/end-others",)),
    "GET /signin": Line(EVERYBODY, ("/signin", "/signin?token=made-up")),
    "POST /signin": Line(EVERYBODY, ("/signin",), form={"token": "made-up"}, csrf=False),
    "POST /signin/password": Line(
        EVERYBODY, ("/signin/password",), form={"email": f"{PROBE}@example.org", "password": "made up"}, csrf=False
    ),
    "GET /signin/code": Line(EVERYBODY, ("/signin/code",)),
    "POST /signin/code": Line(EVERYBODY, ("/signin/code",), form={"code": "000000"}, csrf=False),
    "GET /signin/provider": Line(EVERYBODY, ("/signin/provider",)),
    "GET /signin/arrive": Line(EVERYBODY, ("/signin/arrive", "/signin/arrive?state=made-up&code=made-up")),
    "GET /welcome": Line(SIGNED_IN, ("/welcome",)),
    "POST /welcome": Line(SIGNED_IN, ("/welcome",)),
    "POST /signout": Line(SIGNED_IN, ("/signout",)),
    "POST /theme": Line(EVERYBODY, ("/theme",), form={"theme": "dark"}, csrf=False),
    "GET /healthz": Line(EVERYBODY, ("/healthz",)),
    "GET /metrics": Line(WHOLE, ("/metrics",)),
    "GET /api/openapi.json": Line(EVERYBODY, ("/api/openapi.json",)),
    "MOUNT /static": Line(EVERYBODY, ("/static/built/inputs.sha256", "/static/../cxloop.toml")),
}
"""Every route of the app but those of the verbs, which stand in VERBS."""

COLLECTOR: Mapping[str, tuple[str, tuple[int, ...]]] = {
    **{
        f"POST {path}": ("write key", (200, 400, 415))
        for path in (
            *(f"/v1/{name}" for name in ("identify", "track", "page", "screen", "group", "alias", "batch", "import")),
            *(f"/v1/{short}" for short in "tpigasb"),
            "/beacon/v1/batch",
        )
    },
    "POST /hooks/nobody": ("nobody", ()),
    "GET /v1/openapi.json": ("anybody", (200,)),
    "GET /cx.js": ("anybody", (200, 404)),
    f"GET /v1/projects/{MARK}/settings": ("anybody", (200, 401, 404)),
    "GET /s/nobody": ("anybody", (404,)),
    "GET /s/nobody/kiosk": ("anybody", (404,)),
    "GET /q/nobody": ("anybody", (404,)),
    "GET /s/-/widget.json": ("anybody", (200,)),
    "GET /s/-/widget-member.json": ("anybody", (200,)),
    "GET /s/-/kioskworker.js": ("anybody", (200, 404)),
}
"""What the collector answers: who is let through, and with which status."""


def _named(part: str, names: str) -> list[str]:
    return [f"{part}.{name}" for name in names.split()]


VERBS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        _named(
            "admin",
            "accounts audit change create_key disable enable invite keys revoke_key rotate_key sessions "
            "sign_out verify_audit ",
        ),
        OWNERS,
    ),
    **dict.fromkeys(
        _named(
            "measure",
            "annotate define_metric delete_dashboard mail_dashboard remove_annotation remove_reference retire_metric "
            "save_dashboard schedule_dashboard scheduled_dashboards set_reference share_dashboard "
            "shared_dashboards stop_sharing unschedule_dashboard ",
        ),
        IMPORTERS,
    ),
    **dict.fromkeys(
        _named(
            "measure",
            "annotations ces churn compare contract_value control_chart crosstab csat dashboard dashboard_changes "
            "dashboard_pdf dashboards league lifetime_value metric metrics nps point_value probability_alive "
            "pulse rating references retention revenue_at_risk rollup survey survey_funnel survey_questions "
            "whole_base ",
        ),
        SIGNED_IN,
    ),
    **dict.fromkeys(_named("measure", "customer_values rows survey_rows survey_verbatims"), PERSONS),
    **dict.fromkeys(_named("measure", "metric_versions shared_dashboard"), WHOLE),
    **dict.fromkeys(
        _named(
            "collect",
            "close_survey deliver draft_survey drop_short_link enforce file flag_response import_bounces "
            "import_plan import_responses import_survey invite learn load pause pause_survey publish_survey "
            "pull record_session remind replay resolve_message resume short_link stop_wave survey_settings "
            "unsuppress ",
        ),
        IMPORTERS,
    ),
    **dict.fromkeys(
        _named(
            "collect",
            "invitations messages rejects response response_file responses suppressions ",
        ),
        WHOLE_PERSONS,
    ),
    **dict.fromkeys(
        _named(
            "collect",
            "connect connection disconnect test_message ",
        ),
        OWNERS,
    ),
    **dict.fromkeys(
        _named(
            "collect",
            "check_survey connections drift imports intake mappings plan plan_sample preview_survey "
            "replay_invitations short_links survey survey_templates surveys systems wave waves ",
        ),
        WHOLE,
    ),
    **dict.fromkeys(
        _named(
            "collect",
            "latest sources ",
        ),
        SIGNED_IN,
    ),
    "understand.verbatims": PERSONS,
    "unify.compare": WHOLE_PERSONS,
    "unify.customer": PERSONS,
    "unify.customers": PERSONS,
    "unify.decide": IMPORTERS,
    "unify.match": IMPORTERS,
    "unify.matching": WHOLE,
    "unify.review": WHOLE_PERSONS,
    "unify.delete_note": PERSONS,
    "unify.check_erasure": OWNERS,
    "unify.erase": OWNERS,
    "unify.erasures": OWNERS,
    "unify.group": PERSONS,
    "unify.groups": PERSONS,
    "unify.note": PERSONS,
    "unify.access": IMPORTERS,
    "unify.consent": WHOLE_PERSONS,
    "unify.consents": WHOLE_PERSONS,
    "unify.preferences": WHOLE_PERSONS,
    "unify.privacy": WHOLE,
    "unify.receipt": OWNERS,
    "unify.retain": OWNERS,
    "unify.retention": WHOLE,
    "unify.reveal": OWNERS,
    "unify.timeline": PERSONS,
    "unify.doubts": WHOLE_PERSONS,
    "unify.identity": WHOLE_PERSONS,
    "unify.ledger": WHOLE_PERSONS,
    "unify.merge": IMPORTERS,
    "unify.never": IMPORTERS,
    "unify.quarantine": IMPORTERS,
    "unify.release": IMPORTERS,
    "unify.split": IMPORTERS,
    "unify.undo": IMPORTERS,
    "unify.define_segment": IMPORTERS,
    "unify.drop_segment": IMPORTERS,
    "unify.overlap": WHOLE,
    "unify.segment": WHOLE,
    "unify.segment_members": WHOLE_PERSONS,
    "unify.segments": WHOLE,
}
"""Who may run which verb. Written by hand: rights that are read from the code would agree with any mistake in it."""

ARGUMENTS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "collect.rejects": ({}, {"import_id": "import-9"}, {"import_id": f"{PROBE}"}),
    "collect.latest": ({}, {"source": "desk", "limit": 500}),
    "collect.plan": ({"source": "desk"},),
    "measure.nps": (
        {},
        {"identity": "2026-05-01"},
        {"certainty": 0.9},
        *({"by": name} for name in ("team", "source", "product", "campaign")),
        {"by": f"{PROBE}ern"},
        {"where": f'region == "{PROBE}"'},
    ),
    "measure.metric": ({"name": "repeat_purchase_90"}, {"name": "csat", "by": "team"}),
    "measure.compare": ({"metric": "nps", "by": "team", "against": "rest"}, {"metric": "csat", "since": "365d"}),
    "measure.control_chart": ({"metric": "nps"}, {"metric": "csat", "expect": "season"}),
    "measure.pulse": ({}, {"period": "365d"}),
    **{
        f"measure.{verb}": (
            {"name": "aftercare"},
            {"name": PROBE},
            {"name": "aftercare", "where": f'text == "{PROBE}"'},
        )
        for verb in ("survey", "survey_funnel", "survey_questions", "survey_rows", "survey_verbatims")
    },
    "measure.crosstab": (
        {"name": "aftercare", "row": "recommend", "column": "team"},
        {"name": "aftercare", "row": PROBE, "column": f"{PROBE}ern"},
    ),
    "understand.verbatims": ({}, {"limit": 1000}, {"where": f'contains(text, "{PROBE}")'}),
    "unify.customer": (
        {"customer": "{north}"},
        {"customer": "{south}"},
        {"customer": "{shared}"},
        {"customer": f"user_id:{PROBE}"},
    ),
    "unify.customers": ({}, {"query": PROBE}, {"limit": 1000}),
    "unify.delete_note": ({"note": 1}, {"note": 4711}),
    "unify.group": ({"group": "household:{north}"}, {"group": "household:{south}"}, {"group": f"group_id:{PROBE}"}),
    "unify.groups": ({}, {"query": PROBE}, {"kind": "household"}, {"kind": "account", "limit": 1000}),
    "unify.note": (
        {"customer": "{north}", "text": "Was friendly."},
        {"customer": "{south}", "text": "Was friendly."},
        {"customer": f"user_id:{PROBE}", "text": "Was friendly."},
    ),
    "unify.timeline": (
        {"customer": "{north}"},
        {"customer": "{south}"},
        {"customer": "{shared}", "limit": 1000},
        {"customer": f"user_id:{PROBE}"},
    ),
}
"""What verbs are asked; those without a line get the least that their parameters take."""
