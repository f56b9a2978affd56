"""The journey file as objects: strict models of journey.yml, the tables they land as, and their fingerprint.

Definitions only. What is measured by them is SQL that joins the `journey.*` tables; nothing here touches data.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from warehouse.files import printable
from warehouse.settings import UserError
from warehouse.sources import SOURCES

# What a failed check does: stop the run, publish all but what rests on it, or be shown.
Severity = Literal["block", "withhold", "warn"]
IdType = Literal["user_id", "anonymous_id", "email", "phone", "device_id", "crm_id"]
Dimension = Literal["channel", "device", "source", "campaign"]
# By what a funnel may be broken down: a value of the entry, one of the customer, or an attribute of the entry.
BREAKDOWNS = (*get_args(Dimension), "acquisition_channel", "acquisition_campaign", "current_stage", "segment")
ATTRIBUTE = "attributes."
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=100)]
SiteKind = Literal["search", "social", "video", "assistant", "shopping", "email", "sms", "referral", "none"]
MOST = 1_000_000  # of days, hours, counts: whoever writes more has mistyped, and a moment plus so many days is still one
MOST_FAULTS = 20  # told of one journey file
LONGEST_FAULT = 400  # characters
MOST_NODES = 100_000
Rate = Annotated[float, Field(ge=0, le=1)]

# More stages than this and nobody can draw the map; a warning, not an error.
READABLE_STAGE_COUNT = 9


# Words that systems and people write where they know nobody, without the signs around them. They never join people, whatever the
# journey file says; what else names nobody (rounded numbers, errors, what is no address) is the macro refusal_of.
NOBODY = (
    *("null", "none", "nil", "undefined", "unknown", "anonymous", "guest", "n/a", "na", "n.a", "nan", "not set"),
    *("object object", "true", "false", "test", "admin", "unassigned", "not available", "not provided", "not applicable"),
    *("not known", "no value", "no data", "no email", "no e-mail", "no mail", "no phone", "no id", "noemail", "nobody"),
    *("no one", "noone", "empty", "blank", "missing", "tbd", "tba", "tbc", "to be defined", "redacted", "deleted"),
    *("removed", "invalid", "dummy", "inf", "infinity", "\\n", "unspecified", "keine", "kein", "keiner", "keine angabe"),
    *("keine e-mail", "keine email", "keine mail", "keine telefonnummer", "k.a", "k. a", "unbekannt", "leer", "ohne"),
    *("niemand", "entfällt", "nicht angegeben", "nicht bekannt", "nicht vorhanden", "anonym", "gast", "inconnu"),
    *("inconnue", "aucun", "aucune", "vide", "néant", "neant", "non renseigné", "non renseigne", "anonyme", "invité"),
    *("desconocido", "desconocida", "ninguno", "ninguna", "nadie", "vacío", "vacio", "sin datos", "sin correo"),
    *("sin email", "anónimo", "sconosciuto", "sconosciuta", "nessuno", "nessuna", "vuoto", "anonimo", "n/d"),
    *("desconhecido", "nenhum", "nenhuma", "vazio", "onbekend", "geen", "niemand", "leeg", "anoniem", "nieznany", "brak"),
    *("okänd", "ukjent", "ukendt", "ingen", "bilinmiyor", "yok"),
)
# Of which a mailbox is nobody's either, at whatever site, as are those that only send.
MAILBOXES = (
    *("none", "null", "undefined", "unknown", "anonymous", "nobody", "noone", "noname", "noemail", "nomail", "noreply"),
    *("donotreply", "notprovided", "notavailable", "notset", "redacted", "deleted", "invalid", "mailerdaemon", "devnull"),
    *("nomailbox", "keine", "keinemail", "keineemail", "unbekannt", "anonym", "nichtantworten", "keineantwort", "inconnu"),
    *("aucun", "anonyme", "nepasrepondre", "desconocido", "ninguno", "sincorreo", "sinemail", "noresponder", "sconosciuto"),
    *("nessuno", "nonrispondere", "desconhecido", "naoresponder", "naoresponda", "onbekend", "geen"),
)

# Providers whose domain says nothing about a person's company; the one list of them.
FREE_MAIL_DOMAINS = (
    *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "ymail.com", "icloud.com"),
    *("me.com", "aol.com", "gmx.de", "gmx.net", "gmx.com", "web.de", "t-online.de", "proton.me", "protonmail.com", "mail.com"),
    *("zoho.com", "yandex.com", "yandex.ru", "mail.ru", "qq.com", "163.com", "126.com", "naver.com", "uol.com.br", "bol.com.br"),
    *("orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "libero.it", "btinternet.com", "comcast.net", "verizon.net"),
)


# Keys of attributes that name or place a person whatever the system, in any case and punctuation and at any depth; * is any text.
HIDDEN_ATTRIBUTES = (
    *("name", "first_name", "last_name", "middle_name", "full_name", "given_name", "family_name", "surname", "maiden_name"),
    *("nickname", "user_name", "display_name", "contact_name", "customer_name", "recipient_name", "cardholder_name"),
    *("*phone", "*phone_number", "phone*", "tel", "mobile", "mobile_number", "fax", "fax_number", "whatsapp"),
    *("*email", "*email_address", "e_mail", "mail", "mail_address"),
    *("street", "street_name", "street_address", "house_number", "address", "home_address", "postal_address", "mailing_address"),
    *("address_1", "address_2", "address_line_1", "address_line_2", "billing_address", "shipping_address", "delivery_address"),
    *("birth_date", "date_of_birth", "birthday", "dob"),
    *("ip", "ip_address", "client_ip", "remote_addr", "x_forwarded_for", "user_ip", "latitude", "longitude"),
    *("iban", "bic", "card_number", "ssn", "social_security_number", "tax_id", "passport_number"),
)

# The standard vocabulary and the rules for channels; what is in it is told in the file.
TAXONOMY: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "taxonomy.yml").read_text(encoding="utf-8"))


def plain_name(name: str) -> str:
    """An event's name without case and punctuation, as names are compared: `Order Completed` is `order_completed`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _bare_host(site: str) -> str:
    """A site as people paste it, as hosts are compared: `https://www.We.example/` is `we.example`."""
    return re.sub(r"^([a-z]+://)?(www[.])?", "", site.lower()).split("/")[0]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class EventType(_Strict):
    """One word of the closed vocabulary of events; `names` are what systems call it, by source."""

    description: str
    is_behaviour: bool = False
    names: dict[str, list[str]] = {}


class Where(_Strict):
    """A condition on one named column of the unified event."""

    column: Dimension
    equals: str


class Milestone(_Strict):
    """A thing a customer reaches: one of these events, so many times, perhaps within so many days or after another milestone."""

    description: str
    event_types: list[Name] = Field(min_length=1)
    min_count: int = Field(1, ge=1, le=MOST)
    within_days: float | None = Field(None, gt=0, le=MOST)
    after: Name | None = None
    where: Where | None = None
    is_critical: bool = False


class Entry(_Strict):
    """One way into a stage: at a milestone, or when events stop for some days, or with the first event after such a silence.

    `again`: every time the milestone is reached leads in, also back from later stages. `from_stages`: only out of these.
    """

    milestone: Name | None = None
    again: bool = False
    from_stages: list[Name] = Field(default=[], alias="from")
    inactive_days: float | None = Field(None, gt=0, le=MOST)
    returns_after_days: float | None = Field(None, gt=0, le=MOST)
    event_types: list[Name] = []
    after: Name | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Entry:
        kinds = [self.milestone, self.inactive_days, self.returns_after_days]
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("an entry names exactly one of milestone, inactive_days, returns_after_days")
        if self.milestone is None and not self.event_types:
            raise ValueError("an entry by silence or return needs event_types: the events whose absence counts")
        if self.milestone is None and self.again:
            raise ValueError("`again` is for milestones; every silence and every return counts anyway")
        return self

    @property
    def kind(self) -> str:
        """milestone, inactivity or return."""
        if self.milestone is not None:
            return "milestone"
        return "inactivity" if self.inactive_days is not None else "return"


class Exit(Entry):
    """One way out of a stage into another one, forward or back; what leads out is said as for an entry."""

    to: Name


class Stage(_Strict):
    """A state of the journey; a customer is in exactly one of a stage set at any time.

    `is_on_path`: part of the journey one hopes for; a stage like "at risk" is not, and is never counted as skipped.
    `min_days`: who is led out again within less was never there.
    """

    name: Name
    description: str
    enter: list[Entry] = []
    exit: list[Exit] = []
    min_days: float | None = Field(None, gt=0, le=MOST)
    is_on_path: bool = True
    is_terminal: bool = False


class StageSet(_Strict):
    """Stages in the order in which they are shown."""

    description: str
    stages: list[Stage] = Field(min_length=2)


class FunnelStep(_Strict):
    """A step of a funnel; in the file its milestone's name alone will do.

    `within_days`: so soon after the step before. `is_optional`: the steps after it may be reached without it.
    """

    milestone: Name
    within_days: float | None = Field(None, gt=0, le=MOST)
    is_optional: bool = Field(default=False, alias="optional")

    @model_validator(mode="before")
    @classmethod
    def _by_its_name(cls, given: Any) -> Any:
        return {"milestone": given} if isinstance(given, str) else given


class Funnel(_Strict):
    """Milestones in the order in which they are hoped for, within a window from the first; the same one twice is again.

    `mode`: count the customers who get through from any of their entries, or their attempts one after the other.
    `exclude`: milestones that end a way through. `strict_order`: so does any other step in between.
    """

    description: str
    steps: list[FunnelStep] = Field(min_length=2)
    window_days: float | None = Field(None, gt=0, le=MOST)
    mode: Literal["customers", "attempts"] = "customers"
    exclude: list[Name] = []
    strict_order: bool = False
    breakdowns: list[str] = []

    @model_validator(mode="after")
    def _makes_sense(self) -> Funnel:
        if self.steps[0].is_optional or self.steps[-1].is_optional:
            raise ValueError("the first and the last step of a funnel cannot be optional")
        if self.steps[0].within_days:
            raise ValueError("the first step of a funnel follows no other, so it has no within_days")
        if self.strict_order and any(step.is_optional for step in self.steps):
            raise ValueError("strict_order and optional steps exclude each other")
        for name in self.breakdowns:
            if name not in BREAKDOWNS and not (name.startswith(ATTRIBUTE) and name != ATTRIBUTE):
                known = f"{', '.join(BREAKDOWNS)}, {ATTRIBUTE}<key>"
                raise ValueError(f"unknown breakdown '{name}'{_nearest(name, BREAKDOWNS)}; known: {known}")
        return self


class Subject(_Strict):
    """Whose journey it is and which definitions lead."""

    name: Name
    subject: Literal["person", "account"] = "person"
    primary_stage_set: Name
    main_funnel: Name


class IdLimit(_Strict):
    """How many identifiers of a type one person may get within how many days; without days: ever."""

    count: int = Field(ge=1, le=MOST)
    days: float | None = Field(None, gt=0, le=MOST)


class Identity(_Strict):
    """Which identifiers join people, in order of trust; what never does, beside NOBODY and FREE_MAIL_DOMAINS; and the guards that
    keep two people from becoming one."""

    id_types: list[IdType] = ["user_id", "crm_id", "email", "phone", "device_id", "anonymous_id"]
    unique: list[IdType] = ["user_id"]
    limits: dict[IdType, IdLimit] = {
        "email": IdLimit(count=5, days=365),
        "phone": IdLimit(count=5, days=365),
        "device_id": IdLimit(count=5, days=365),
        "anonymous_id": IdLimit(count=5, days=7),
    }
    stitch_lookback_days: float = Field(30, ge=0, le=MOST)
    max_partners: int = Field(200, ge=1, le=MOST)
    max_identifiers: int = Field(1000, ge=2, le=MOST)
    max_merges: int = Field(100, ge=1, le=MOST)
    blocked_values: list[str] = []
    free_mail_domains: list[str] = []


class Sessions(_Strict):
    """When one visit ends and the next begins."""

    gap_minutes: float = Field(30, gt=0, le=MOST)
    max_days: float = Field(3, gt=0, le=MOST)
    channel_lookback_days: float = Field(30, ge=0, le=MOST)


class Channels(_Strict):
    """Sites beside those of the taxonomy, by what a visit from them is: names, whole hosts, or `login.*` for a first label."""

    sites: dict[SiteKind, list[str]] = {}


class Revenue(_Strict):
    """Whose money counts as a customer's revenue, when several systems tell of the same payment, and in which currency."""

    sources: list[str] = []
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None


class Churn(_Strict):
    """What counts as being alive, and after how many days without it a customer counts as lost."""

    event_types: list[Name] = Field(min_length=1)
    inactive_days: int = Field(30, ge=1, le=MOST)


class IdPair(_Strict):
    """Ids of `left` that should be known to `right`; a side is a source or `source.table`. `outcome`: measured, never judged."""

    left: str
    right: str
    id_type: IdType
    min_match_rate: Rate = 0.8
    severity: Severity | Literal["outcome"] = "block"


class GapOverride(_Strict):
    """Other limits for one event type."""

    severity: Severity | None = None
    max_gap_hours: float | None = Field(None, gt=0, le=MOST)


class KnownGap(_Strict):
    """An incident one knows about, from one day until another, both included: told of and no longer judged as what it is."""

    event_type: Name
    source: str | None = None
    since: date = Field(alias="from")
    until: date
    reason: str

    @model_validator(mode="after")
    def _in_order(self) -> KnownGap:
        if self.until < self.since:
            raise ValueError("`until` is a day before `from`")
        return self


class Gaps(_Strict):
    """When silence in a step of the main funnel is a fault of the tracking."""

    max_gap_hours: float = Field(24, gt=0, le=MOST)
    min_expected_events: float = Field(5, gt=0, le=MOST)
    max_chance_by_luck: float = Field(0.05, gt=0, le=1)
    severity: Severity = "block"
    event_types: dict[Name, GapOverride] = {}
    known: list[KnownGap] = []


class Freshness(_Strict):
    """When a source has fallen silent, and from when on an event came late."""

    max_silent_hours: float = Field(48, gt=0, le=MOST)
    late_after_hours: float = Field(48, gt=0, le=MOST)
    severity: Severity = "warn"


class Timestamps(_Strict):
    """What no event of a critical milestone may have: no time, an unreadable one, one to come, one before the launch."""

    severity: Severity = "block"
    launched_on: date = date(2000, 1, 1)


class Limit(_Strict):
    """A limit of a gate and what going over it does."""

    limit: float
    severity: Severity


class Agreement(_Strict):
    """A fact about a person that several systems record, each by one of its event types."""

    fact: Name
    description: str = ""
    systems: dict[str, list[Name]] = Field(min_length=2)
    min_agreement_rate: Rate = 0.9
    severity: Severity | Literal["outcome"] = "warn"


class Grades(_Strict):
    """Beyond which value a touchpoint is red, and beyond which amber; a grade that is left out is not given."""

    red: float | None = None
    amber: float | None = None


class Audit(_Strict):
    """What a touchpoint is graded by; gaps need no limits, there is one or there is none."""

    match_rate: Grades = Grades(red=0.8, amber=0.9)
    missing_timestamp_rate: Grades = Grades(red=0.01, amber=0)
    duplicate_rate: Grades = Grades(red=0.05, amber=0.01)
    days_of_history: Grades = Grades(amber=90)


class Period(_Strict):
    """A stretch of days, the first and the last included."""

    since: date = Field(alias="from")
    until: date = Field(lt=date.max)

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.until < self.since:
            raise ValueError("`until` is a day before `from`")
        return self


class Periods(_Strict):
    """Two stretches of days that share none."""

    left: Period
    right: Period

    @model_validator(mode="after")
    def _apart(self) -> Periods:
        if self.left.since <= self.right.until and self.right.since <= self.left.until:
            raise ValueError("the two periods share days; what happened on them would be compared with itself")
        return self


class Groups(_Strict):
    """Two values of where customers came from or what they came with."""

    dimension: Dimension
    left: str
    right: str

    @model_validator(mode="after")
    def _apart(self) -> Groups:
        if self.left == self.right:
            raise ValueError("`left` and `right` are the same group")
        return self


class Comparison(_Strict):
    """Two groups of customers, two periods, or the latest days and as many before them."""

    description: str
    groups: Groups | None = None
    periods: Periods | None = None
    latest_days: int | None = Field(None, ge=1, le=MOST)

    @model_validator(mode="after")
    def _one_kind(self) -> Comparison:
        if sum(kind is not None for kind in (self.groups, self.periods, self.latest_days)) != 1:
            raise ValueError("a comparison has exactly one of groups, periods, latest_days")
        return self


# What stands in a step matrix before the first event and after the last one.
PATH_ENDS = {"path_start", "path_end"}

# Where the file says nothing of comparisons.
COMPARISONS = {"latest_quarter": Comparison(description="The last 90 days beside the 90 before them", latest_days=90)}


# Of these a touchpoint should have much; of the others little.
AUDIT_MINIMA = ("match_rate", "days_of_history")


class Quality(_Strict):
    """What the gates hold the data to."""

    id_pairs: list[IdPair] = []
    gaps: Gaps = Gaps()
    timestamps: Timestamps = Timestamps()
    max_rejected_rate: Limit = Limit(limit=0.01, severity="warn")
    max_unmapped_rate: Limit = Limit(limit=0.05, severity="warn")
    max_out_of_order_rate: Limit = Limit(limit=0, severity="warn")
    max_duplicate_rate: Limit = Limit(limit=0.02, severity="warn")
    max_event_id_clash_rate: Limit = Limit(limit=0, severity="warn")
    max_anomaly_count: Limit = Limit(limit=0, severity="warn")
    max_match_rate_drop: Limit = Limit(limit=0.1, severity="warn")
    min_history_days: Limit = Limit(limit=90, severity="warn")
    min_stitch_rate: Limit | None = None
    max_model_auc: Limit = Limit(limit=0.95, severity="withhold")
    freshness: Freshness = Freshness()
    agreements: list[Agreement] | None = None
    audit: Audit = Audit()

    @property
    def limits(self) -> dict[str, Limit]:
        """The single limits that there are, by name without max and min."""
        named = {name: getattr(self, name) for name in type(self).model_fields if name.startswith(("max_", "min_"))}
        single = {name.partition("_")[2]: limit for name, limit in named.items() if limit is not None}
        own = {
            "invalid_timestamps": Limit(limit=0, severity=self.timestamps.severity),
            "silent_hours": Limit(limit=self.freshness.max_silent_hours, severity=self.freshness.severity),
        }
        return own | single


class Privacy(_Strict):
    """Which consent features and audiences need, what silence means, and what of the attributes is never published."""

    features_purpose: Name | None = "analytics"
    audiences_purpose: Name | None = "email"
    default_consent: Literal["granted", "denied"] = "granted"
    hidden_attributes: list[str] = []
    shown_attributes: list[str] = []

    @property
    def hidden(self) -> list[str]:
        """The keys of attributes that are not published: those that name people, but for the shown ones, and the file's own."""

        def plain(names: Iterable[str]) -> set[str]:
            return {"*".join(plain_name(part) for part in name.split("*")) for name in names}

        return sorted((set(HIDDEN_ATTRIBUTES) - plain(self.shown_attributes) | plain(self.hidden_attributes)) - {"", "*"})


class Journey(_Strict):
    """The whole file, checked across its parts."""

    journey: Subject
    event_types: dict[Name, EventType]
    milestones: dict[Name, Milestone]
    stage_sets: dict[Name, StageSet]
    funnels: dict[Name, Funnel]
    identity: Identity = Identity()
    sessions: Sessions = Sessions()
    channels: Channels = Channels()
    revenue: Revenue = Revenue()
    churn: Churn
    quality: Quality = Quality()
    privacy: Privacy = Privacy()
    comparisons: dict[Name, Comparison] = COMPARISONS

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change when, and only when, a definition does (not for comments or order)."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]

    def warnings(self) -> list[str]:
        """Things that are allowed and probably not meant."""
        return [
            f"stage set {name} has {len(stage_set.stages)} stages; beyond {READABLE_STAGE_COUNT} a map is hard to read"
            for name, stage_set in self.stage_sets.items()
            if len(stage_set.stages) > READABLE_STAGE_COUNT
        ]

    @property
    def expected_event_types(self) -> set[str]:
        """The event types whose absence is worth a word: those the definitions build on, and the journey file's own."""
        milestones = {kind for one in self.milestones.values() for kind in one.event_types}
        entries = [entry for *_, entry in self._entries()]
        own = set(self.event_types) - set(TAXONOMY["event_types"])
        return milestones | {kind for entry in entries for kind in entry.event_types} | set(self.churn.event_types) | own

    def _event_names(self) -> dict[tuple[str, str], str]:
        """The event type of each name that a system gives to an event; the journey file overrules the source's own list."""
        shipped = {
            (source.name, plain_name(name)): kind for source in SOURCES.values() for name, kind in source.event_names.items()
        }
        own = {
            (source, plain_name(name)): event_type
            for event_type, kind in self.event_types.items()
            for source, names in kind.names.items()
            for name in names
        }
        return shipped | own

    def _sites(self) -> dict[str, str]:
        """The kind of each site a visit can come from; the journey file overrules the taxonomy."""
        shipped = {site: kind for kind, sites in TAXONOMY["sites"].items() for site in sites}
        own = {_bare_host(site): kind for kind, sites in self.channels.sites.items() for site in sites}
        return shipped | own

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """The definitions as rows, by table of the schema `journey`; JOURNEY_TABLES has their columns."""
        main_funnel = self.funnels[self.journey.main_funnel]
        main_event_types = sorted({kind for step in main_funnel.steps for kind in self.milestones[step.milestone].event_types})
        return {
            "settings": [
                {
                    "journey": self.journey.name,
                    "journey_version": self.fingerprint,
                    "subject": self.journey.subject,
                    "primary_stage_set": self.journey.primary_stage_set,
                    "main_funnel": self.journey.main_funnel,
                    "session_gap_minutes": self.sessions.gap_minutes,
                    "session_max_days": self.sessions.max_days,
                    "stitch_lookback_days": self.identity.stitch_lookback_days,
                    "channel_lookback_days": self.sessions.channel_lookback_days,
                    "revenue_currency": self.revenue.currency,
                    "names_revenue_sources": bool(self.revenue.sources),
                    "churn_inactive_days": self.churn.inactive_days,
                    "features_purpose": self.privacy.features_purpose,
                    "audiences_purpose": self.privacy.audiences_purpose,
                    "is_consent_default": self.privacy.default_consent == "granted",
                    "launched_on": self.quality.timestamps.launched_on.isoformat(),
                    "max_gap_hours": self.quality.gaps.max_gap_hours,
                    "min_expected_events": self.quality.gaps.min_expected_events,
                    "max_chance_by_luck": self.quality.gaps.max_chance_by_luck,
                    "late_after_hours": self.quality.freshness.late_after_hours,
                    "requested_as_of": None,
                    "known_until": None,
                }
            ],
            "event_types": [
                {
                    "event_type": name,
                    "description": kind.description,
                    "is_behaviour": kind.is_behaviour,
                    "is_expected": name in self.expected_event_types,
                }
                for name, kind in self.event_types.items()
            ],
            "event_names": [
                {"source": source, "event_name": event_name, "event_type": event_type}
                for (source, event_name), event_type in self._event_names().items()
            ],
            "traffic_sites": [{"site": site, "kind": kind} for site, kind in self._sites().items()],
            "revenue_sources": [{"source": source} for source in dict.fromkeys(self.revenue.sources)],
            "click_ids": [{"click_id": name, "channel": channel} for name, channel in TAXONOMY["click_ids"].items()],
            "milestones": [
                {
                    "milestone": name,
                    "description": one.description,
                    "min_count": one.min_count,
                    "within_days": one.within_days,
                    "after_milestone": one.after,
                    "where_column": one.where.column if one.where else None,
                    "where_value": one.where.equals if one.where else None,
                    "is_critical": one.is_critical,
                }
                for name, one in self.milestones.items()
            ],
            "milestone_events": [
                {"milestone": name, "event_type": event_type}
                for name, one in self.milestones.items()
                for event_type in dict.fromkeys(one.event_types)
            ],
            "stage_sets": [
                {
                    "stage_set": name,
                    "description": stage_set.description,
                    "is_primary": name == self.journey.primary_stage_set,
                }
                for name, stage_set in self.stage_sets.items()
            ],
            "stages": [
                {
                    "stage_set": name,
                    "stage": stage.name,
                    "position": position,
                    "description": stage.description,
                    "is_on_path": stage.is_on_path,
                    "is_terminal": stage.is_terminal,
                    "min_days": stage.min_days,
                }
                for name, stage_set in self.stage_sets.items()
                for position, stage in enumerate(stage_set.stages, 1)
            ],
            "stage_entries": [
                {
                    "stage_set": name,
                    "stage": stage,
                    "entry": number,
                    "kind": entry.kind,
                    "milestone": entry.milestone,
                    "silence_days": entry.inactive_days or entry.returns_after_days,
                    "after_milestone": entry.after,
                    "is_repeated": entry.again,
                }
                for name, stage, number, entry in self._entries()
            ],
            "stage_entry_events": [
                {"stage_set": name, "stage": stage, "entry": number, "event_type": event_type}
                for name, stage, number, entry in self._entries()
                for event_type in dict.fromkeys(entry.event_types)
            ],
            "stage_entry_origins": [
                {"stage_set": name, "stage": stage, "entry": number, "from_stage": origin}
                for name, stage, number, entry in self._entries()
                for origin in dict.fromkeys(entry.from_stages)
            ],
            "funnels": [
                {
                    "funnel": name,
                    "description": funnel.description,
                    "is_main": name == self.journey.main_funnel,
                    "window_days": funnel.window_days,
                    "mode": funnel.mode,
                    "is_strict": funnel.strict_order,
                    "has_limits": funnel.strict_order or bool(funnel.exclude) or any(step.within_days for step in funnel.steps),
                }
                for name, funnel in self.funnels.items()
            ],
            "funnel_steps": [
                {
                    "funnel": name,
                    "step": step,
                    "milestone": one.milestone,
                    "within_days": one.within_days,
                    "is_optional": one.is_optional,
                    # An event may be two steps where they share a type. The next step may be any up to the first not optional.
                    "is_shared": any(
                        other is not one
                        and set(self.milestones[one.milestone].event_types) & set(self.milestones[other.milestone].event_types)
                        for other in funnel.steps
                    ),
                    "last_next_step": next(
                        (place for place, later in enumerate(funnel.steps, 1) if place > step and not later.is_optional), None
                    ),
                }
                for name, funnel in self.funnels.items()
                for step, one in enumerate(funnel.steps, 1)
            ],
            "funnel_exclusions": [
                {"funnel": name, "milestone": milestone}
                for name, funnel in self.funnels.items()
                for milestone in dict.fromkeys(funnel.exclude)
            ],
            "funnel_breakdowns": [
                {
                    "funnel": name,
                    "dimension": dimension,
                    "attribute": dimension.removeprefix(ATTRIBUTE) if dimension.startswith(ATTRIBUTE) else None,
                }
                for name, funnel in self.funnels.items()
                for dimension in ("all", *dict.fromkeys(funnel.breakdowns))
            ],
            "comparisons": [_compared(name, comparison) for name, comparison in self.comparisons.items()],
            "id_types": [
                {"id_type": name, "priority": priority, "is_unique": name in self.identity.unique}
                for priority, name in enumerate(self.identity.id_types, 1)
            ],
            "blocked_identifiers": [
                {"id_value": value, "is_mailbox": value in MAILBOXES}
                for value in sorted({*NOBODY, *MAILBOXES, *_blocked(self.identity.blocked_values)})
            ],
            "free_mail_domains": [
                {"domain": domain}
                for domain in sorted({name.strip().lower() for name in (*FREE_MAIL_DOMAINS, *self.identity.free_mail_domains)})
            ],
            "hidden_attributes": [{"attribute": name} for name in self.privacy.hidden],
            "churn_event_types": [{"event_type": name} for name in dict.fromkeys(self.churn.event_types)],
            "id_pairs": [
                {
                    "left_side": pair.left,
                    "right_side": pair.right,
                    "id_type": pair.id_type,
                    "min_match_rate": None if pair.severity == "outcome" else pair.min_match_rate,
                    "severity": pair.severity,
                }
                for pair in self.quality.id_pairs
            ],
            "gap_limits": [
                {
                    "event_type": event_type,
                    "max_gap_hours": self._gap(event_type).max_gap_hours or self.quality.gaps.max_gap_hours,
                    "min_expected_events": self.quality.gaps.min_expected_events,
                    "max_chance_by_luck": self.quality.gaps.max_chance_by_luck,
                    "severity": self._gap(event_type).severity or self.quality.gaps.severity,
                }
                for event_type in main_event_types
            ],
            "known_gaps": [
                {
                    "event_type": gap.event_type,
                    "source": gap.source,
                    "started_at": gap.since.isoformat(),
                    "ended_at": (gap.until + timedelta(days=1)).isoformat(),
                    "reason": gap.reason,
                }
                for gap in self.quality.gaps.known
            ],
            "agreements": list(self._agreements()),
            "audit_limits": [
                {
                    "measure": measure,
                    "grade": grade,
                    "is_minimum": measure in AUDIT_MINIMA,
                    "limit_value": limit,
                    "applies_to": to,
                }
                for measure, grade, limit, to in self._audit_limits()
            ],
            "thresholds": [
                {"threshold": name, "limit_value": limit.limit, "severity": limit.severity}
                for name, limit in self.quality.limits.items()
            ],
        }

    def _gap(self, event_type: str) -> GapOverride:
        return self.quality.gaps.event_types.get(event_type, GapOverride())

    def _agreements(self) -> Iterable[dict[str, Any]]:
        """Which event type says a fact in which system; where the file says none, each critical milestone in any system."""
        if self.quality.agreements is not None:
            for one in self.quality.agreements:
                limit = None if one.severity == "outcome" else one.min_agreement_rate
                shared = {"fact": one.fact, "description": one.description or one.fact}
                judged = {"min_agreement_rate": limit, "severity": one.severity}
                for source, event_types in one.systems.items():
                    for event_type in dict.fromkeys(event_types):
                        yield shared | {"source": source, "event_type": event_type} | judged
            return
        for name, milestone in self.milestones.items():
            for event_type in dict.fromkeys(milestone.event_types) if milestone.is_critical else ():
                yield {
                    "fact": name,
                    "description": milestone.description,
                    "source": None,
                    "event_type": event_type,
                    "min_agreement_rate": Agreement.model_fields["min_agreement_rate"].default,
                    "severity": Agreement.model_fields["severity"].default,
                }

    def _audit_limits(self) -> Iterable[tuple[str, str, float, str]]:
        """What makes a touchpoint red or amber: measure, grade, limit, and which touchpoints it is for."""
        for measure in Audit.model_fields:
            grades: Grades = getattr(self.quality.audit, measure)
            for grade, limit in (("red", grades.red), ("amber", grades.amber)):
                if limit is not None:
                    yield measure, grade, limit, "all"
        yield "missing_timestamp_rate", "red", 0, "critical"
        yield "gap_count", "red", 0, "main_funnel"
        yield "gap_count", "amber", 0, "all"

    def _entries(self) -> Iterable[tuple[str, str, int, Entry]]:
        """The ways into each stage of each set; a way out is a way into another stage, at any time and out of this one alone."""
        for name, stage_set in self.stage_sets.items():
            ways: dict[str, list[Entry]] = {stage.name: list(stage.enter) for stage in stage_set.stages}
            for stage in stage_set.stages:
                for way in stage.exit:
                    of_milestone = {"again": way.milestone is not None, "from_stages": [stage.name]}
                    ways.get(way.to, []).append(way.model_copy(update=of_milestone))
            for stage_name, entries in ways.items():
                for number, entry in enumerate(entries, 1):
                    yield name, stage_name, number, entry


def _compared(name: str, comparison: Comparison) -> dict[str, Any]:
    """A comparison as a row; a period ends before the moment that is its end."""
    groups, periods = comparison.groups, comparison.periods
    row: dict[str, Any] = {
        "comparison": name,
        "description": comparison.description,
        "dimension": groups.dimension if groups else None,
        "latest_days": comparison.latest_days,
    }
    for side in ("left", "right"):
        period: Period | None = getattr(periods, side) if periods else None
        row[f"{side}_value"] = getattr(groups, side) if groups else None
        row[f"{side}_from"] = period.since.isoformat() if period else None
        row[f"{side}_until"] = (period.until + timedelta(days=1)).isoformat() if period else None
    return row


_V, _D, _I, _B = "VARCHAR", "DOUBLE", "INTEGER", "BOOLEAN"
JOURNEY_TABLES: dict[str, dict[str, str]] = {
    "settings": {
        "journey": _V,
        "journey_version": _V,
        "subject": _V,
        "primary_stage_set": _V,
        "main_funnel": _V,
        "session_gap_minutes": _D,
        "session_max_days": _D,
        "stitch_lookback_days": _D,
        "channel_lookback_days": _D,
        "revenue_currency": _V,
        "names_revenue_sources": _B,
        "churn_inactive_days": _I,
        "features_purpose": _V,
        "audiences_purpose": _V,
        "is_consent_default": _B,
        "launched_on": "TIMESTAMP",
        "max_gap_hours": _D,
        "min_expected_events": _D,
        "max_chance_by_luck": _D,
        "late_after_hours": _D,
        "requested_as_of": "TIMESTAMP",
        "known_until": "TIMESTAMP",
    },
    "event_types": {"event_type": _V, "description": _V, "is_behaviour": _B, "is_expected": _B},
    "event_names": {"source": _V, "event_name": _V, "event_type": _V},
    "traffic_sites": {"site": _V, "kind": _V},
    "revenue_sources": {"source": _V},
    "click_ids": {"click_id": _V, "channel": _V},
    "milestones": {
        "milestone": _V,
        "description": _V,
        "min_count": _I,
        "within_days": _D,
        "after_milestone": _V,
        "where_column": _V,
        "where_value": _V,
        "is_critical": _B,
    },
    "milestone_events": {"milestone": _V, "event_type": _V},
    "stage_sets": {"stage_set": _V, "description": _V, "is_primary": _B},
    "stages": {
        "stage_set": _V,
        "stage": _V,
        "position": _I,
        "description": _V,
        "is_on_path": _B,
        "is_terminal": _B,
        "min_days": _D,
    },
    "stage_entries": {
        "stage_set": _V,
        "stage": _V,
        "entry": _I,
        "kind": _V,
        "milestone": _V,
        "silence_days": _D,
        "after_milestone": _V,
        "is_repeated": _B,
    },
    "stage_entry_events": {"stage_set": _V, "stage": _V, "entry": _I, "event_type": _V},
    "stage_entry_origins": {"stage_set": _V, "stage": _V, "entry": _I, "from_stage": _V},
    "funnels": {
        "funnel": _V,
        "description": _V,
        "is_main": _B,
        "window_days": _D,
        "mode": _V,
        "is_strict": _B,
        "has_limits": _B,
    },
    "funnel_steps": {
        "funnel": _V,
        "step": _I,
        "milestone": _V,
        "within_days": _D,
        "is_optional": _B,
        "is_shared": _B,
        "last_next_step": _I,
    },
    "funnel_exclusions": {"funnel": _V, "milestone": _V},
    "funnel_breakdowns": {"funnel": _V, "dimension": _V, "attribute": _V},
    "comparisons": {
        "comparison": _V,
        "description": _V,
        "dimension": _V,
        "latest_days": _I,
        "left_value": _V,
        "left_from": "TIMESTAMP",
        "left_until": "TIMESTAMP",
        "right_value": _V,
        "right_from": "TIMESTAMP",
        "right_until": "TIMESTAMP",
    },
    "id_types": {"id_type": _V, "priority": _I, "is_unique": _B},
    "blocked_identifiers": {"id_value": _V, "is_mailbox": _B},
    "free_mail_domains": {"domain": _V},
    "hidden_attributes": {"attribute": _V},
    "churn_event_types": {"event_type": _V},
    "id_pairs": {"left_side": _V, "right_side": _V, "id_type": _V, "min_match_rate": _D, "severity": _V},
    "gap_limits": {"event_type": _V, "max_gap_hours": _D, "min_expected_events": _D, "max_chance_by_luck": _D, "severity": _V},
    "known_gaps": {"event_type": _V, "source": _V, "started_at": "TIMESTAMP", "ended_at": "TIMESTAMP", "reason": _V},
    "agreements": {
        "fact": _V,
        "description": _V,
        "source": _V,
        "event_type": _V,
        "min_agreement_rate": _D,
        "severity": _V,
    },
    "audit_limits": {"measure": _V, "grade": _V, "is_minimum": _B, "limit_value": _D, "applies_to": _V},
    "thresholds": {"threshold": _V, "limit_value": _D, "severity": _V},
}


def _blocked(values: Iterable[str]) -> Iterable[str]:
    """Values that stand for nobody, as the macro word_of in dbt looks them up: without signs around, a phone by its digits."""
    for value in values:
        yield value.strip().lower().strip(" []()<>{}!?*._/")
        if len(re.findall("[0-9]", value)) >= 6:
            yield re.sub("^00", "+", re.sub("[^0-9+]", "", value))


def load_journey(path: Path) -> Journey:
    """Read and check a journey file.

    Raises UserError listing every fault with its line, what is known instead, and the nearest known word.
    """
    node, content = _parsed(path)
    if not isinstance(content, dict):
        raise UserError(f"{path} is empty. Start from the journey file the project ships (warehouse/journey.yml).")
    faults = [(line, f"key '{key}' is written twice; keep one") for key, line in _repeated_keys(node)]
    if isinstance(content.get("event_types", {}), dict):
        content["event_types"] = TAXONOMY["event_types"] | content.get("event_types", {})
    try:
        journey = Journey.model_validate(content)
    except ValidationError as error:
        faults += [
            (_line(node, fault["loc"]), _explain(fault["loc"], fault["type"], fault["msg"]))
            for fault in error.errors(include_url=False)
        ]
    else:
        faults += [(_line(node, loc), message) for loc, message in _dangling(journey)]
    if faults:
        told = [f"  {path.name} line {line}: {_shown(message)}" for line, message in sorted(set(faults))]
        more = [f"  and {len(told) - MOST_FAULTS} more"] if len(told) > MOST_FAULTS else []
        listing = "\n".join(told[:MOST_FAULTS] + more)
        raise UserError(f"The journey file {path} has {len(told)} fault(s); nothing was run.\n{listing}")
    return journey


class _Loader(yaml.SafeLoader):
    """YAML whose days exist."""

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        """A date or a time; a text that only looks like one is a fault of the file."""
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError as error:
            raise yaml.constructor.ConstructorError(None, None, f"no such day: {error}", node.start_mark) from None


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


def _parsed(path: Path) -> tuple[yaml.Node | None, Any]:
    """The file's nodes, which know their lines, and its content. Raises UserError where it is not readable."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); THROUGHLINE_JOURNEY names the journey file.") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not readable as UTF-8 (byte {error.start}); save it as UTF-8.") from None
    try:
        node = yaml.compose(text, Loader=_Loader)
        if _size(node, {}) > MOST_NODES:
            raise UserError(f"{path} is not readable as a journey file: its aliases (*) stand for too much; write them out.")
        return node, yaml.load(text, Loader=_Loader)
    except RecursionError:
        raise UserError(f"{path} is not readable as YAML: it is nested too deeply.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        why = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is no YAML"
        raise UserError(f"{path}{line}: not readable as YAML: {_shown(why)}") from None


def _size(node: yaml.Node | None, known: dict[int, int]) -> int:
    """How many nodes a file has when every alias is written out; one that holds itself has more than anybody reads."""
    if not isinstance(node, yaml.CollectionNode):
        return 1
    if id(node) not in known:
        known[id(node)] = MOST_NODES + 1
        inner = [one for pair in node.value for one in pair] if isinstance(node, yaml.MappingNode) else node.value
        known[id(node)] = 1 + sum(_size(one, known) for one in inner)
    return known[id(node)]


def _shown(message: str) -> str:
    """A message not longer than anybody reads."""
    shown = printable(message)
    return shown if len(shown) <= LONGEST_FAULT else f"{shown[:LONGEST_FAULT]}…"


Location = tuple[int | str, ...]


def _dangling(journey: Journey) -> Iterable[tuple[Location, str]]:
    """Names that are used and not defined, by where they are used."""
    milestones, event_types = journey.milestones, journey.event_types

    def check(kind: str, name: str | None, known: Iterable[str], loc: Location) -> Iterable[tuple[Location, str]]:
        if name is not None and name not in (names := list(known)):
            if kind == "event type":  # the standard ones are too many to read in a message
                names = [*(one for one in names if one not in TAXONOMY["event_types"]), "the words of docs/taxonomy.md"]
            yield loc, f"unknown {kind} '{name}'{_nearest(name, known)}; known: {', '.join(names)}"

    yield from check("stage set", journey.journey.primary_stage_set, journey.stage_sets, ("journey", "primary_stage_set"))
    yield from check("funnel", journey.journey.main_funnel, journey.funnels, ("journey", "main_funnel"))
    for section, names in (("milestones", milestones), ("event_types", event_types)):
        for name in set(names) & PATH_ENDS:
            yield (section, name), f"'{name}' is what the step matrix calls an end of a path; choose another name"
    for name, milestone in milestones.items():
        for number, kind in enumerate(milestone.event_types):
            yield from check("event type", kind, event_types, ("milestones", name, "event_types", number))
        yield from check("milestone", milestone.after, milestones, ("milestones", name, "after"))
        earlier = milestones.get(milestone.after or "")
        if earlier and earlier.after:
            yield (
                ("milestones", name, "after"),
                f"'{milestone.after}' itself has an `after`; a milestone follows one that stands on its own",
            )
        if milestone.within_days and milestone.min_count == 1 and not milestone.after:
            yield (
                ("milestones", name, "within_days"),
                "within_days needs a min_count above 1 or an `after`: within what span otherwise?",
            )
    for name, stage_set in journey.stage_sets.items():
        seen: set[str] = set()
        stage_names = [stage.name for stage in stage_set.stages]
        led_to = {way.to for stage in stage_set.stages for way in stage.exit}
        for number, stage in enumerate(stage_set.stages):
            at: Location = ("stage_sets", name, "stages", number)
            if stage.name in seen:
                yield at, f"stage '{stage.name}' stands twice in stage set '{name}'"
            seen.add(stage.name)
            if number and not stage.enter and stage.name not in led_to:
                yield at, f"stage '{stage.name}' has no way in; only the first stage of a set may go without `enter`"
            ways: list[tuple[Location, Entry]] = [((*at, "enter", index), one) for index, one in enumerate(stage.enter)]
            ways += [((*at, "exit", index), one) for index, one in enumerate(stage.exit)]
            for where, entry in ways:
                yield from check("milestone", entry.milestone, milestones, (*where, "milestone"))
                yield from check("milestone", entry.after, milestones, (*where, "after"))
                for place, kind in enumerate(entry.event_types):
                    yield from check("event type", kind, event_types, (*where, "event_types", place))
                for place, origin in enumerate(entry.from_stages):
                    yield from check("stage", origin, stage_names, (*where, "from", place))
                if isinstance(entry, Exit):
                    yield from check("stage", entry.to, stage_names, (*where, "to"))
                    if entry.from_stages or entry.again:
                        yield where, "a way out leads out of its own stage, every time; leave `from` and `again` out"
            if stage.is_terminal and stage.exit:
                yield at, f"stage '{stage.name}' is terminal: nothing leads out of it"
    yield from _repeated("id type", journey.identity.id_types, ("identity", "id_types"))
    pairs = [f"{pair.left} → {pair.right} on {pair.id_type}" for pair in journey.quality.id_pairs]
    yield from _repeated("pair", pairs, ("quality", "id_pairs"))
    for name, funnel in journey.funnels.items():
        for number, step in enumerate(funnel.steps):
            yield from check("milestone", step.milestone, milestones, ("funnels", name, "steps", number))
        for number, excluded in enumerate(funnel.exclude):
            yield from check("milestone", excluded, milestones, ("funnels", name, "exclude", number))
            if excluded in [step.milestone for step in funnel.steps]:
                yield (
                    ("funnels", name, "exclude", number),
                    f"'{excluded}' is a step of the funnel; strict_order keeps steps apart",
                )
    for number, kind in enumerate(journey.churn.event_types):
        yield from check("event type", kind, event_types, ("churn", "event_types", number))
    main_funnel = journey.funnels.get(journey.journey.main_funnel)
    steps = [milestones[one.milestone] for one in main_funnel.steps if one.milestone in milestones] if main_funnel else []
    watched = dict.fromkeys(kind for step in steps for kind in step.event_types)
    for kind in journey.quality.gaps.event_types if main_funnel else ():
        yield from check("event type of the main funnel", kind, watched, ("quality", "gaps", "event_types", kind))
    for number, gap in enumerate(journey.quality.gaps.known):
        yield from check("event type", gap.event_type, event_types, ("quality", "gaps", "known", number, "event_type"))
    for number, agreement in enumerate(journey.quality.agreements or ()):
        for source, kinds in agreement.systems.items():
            for place, kind in enumerate(kinds):
                yield from check("event type", kind, event_types, ("quality", "agreements", number, "systems", source, place))


def _repeated(kind: str, values: Sequence[str], loc: Location) -> Iterable[tuple[Location, str]]:
    """What stands twice in a list whose elements have a place of their own."""
    for number, value in enumerate(values):
        if value in values[:number]:
            yield (*loc, number), f"{kind} '{value}' stands twice; keep one"


def _explain(loc: Location, kind: str, message: str) -> str:
    """A validation fault in the words of the file."""
    where = ".".join(str(part) for part in loc[:-1]) or "the file"
    if kind == "extra_forbidden":
        known = _known_keys(loc[:-1])
        return f"unknown key '{loc[-1]}' in {where}{_nearest(str(loc[-1]), known)}; known: {', '.join(known)}"
    if kind == "missing":
        return f"{where} needs the key '{loc[-1]}'"
    return f"{'.'.join(str(part) for part in loc)}: {message.removeprefix('Value error, ')}"


def _known_keys(loc: Location) -> list[str]:
    """The keys that the model at this place of the file takes."""
    model: Any = Journey
    for part in loc:
        if isinstance(model, type) and issubclass(model, BaseModel) and part in model.model_fields:
            model = model.model_fields[str(part)].annotation
        while not (isinstance(model, type) and issubclass(model, BaseModel)):
            inner = [arg for arg in getattr(model, "__args__", ()) if arg is not type(None) and arg is not str]
            models = [arg for arg in inner if _holds_model(arg)]
            if not models:
                return []
            model = models[-1]
    return [field.alias or name for name, field in model.model_fields.items()]


def _holds_model(kind: Any) -> bool:
    if isinstance(kind, type):
        return issubclass(kind, BaseModel)
    return any(_holds_model(arg) for arg in getattr(kind, "__args__", ()))


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _line(node: yaml.Node | None, loc: Location) -> int:
    """The line (from 1) of the deepest part of `loc` that the file has."""
    line = 1
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == str(part)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _repeated_keys(node: yaml.Node | None) -> Iterable[tuple[str, int]]:
    """Keys that one mapping of the file has twice (YAML would silently keep the last)."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.value, key.start_mark.line + 1
            seen.add(key.value)
            yield from _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _repeated_keys(value)
