"""What the gates hold the data to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

from pydantic import Field

from warehouse.contract import PersonIdType
from warehouse.definitions.file import Fault, Strict, repeated, unknown
from warehouse.definitions.funnels import Funnels
from warehouse.definitions.rows import Row
from warehouse.definitions.values import MOST, Name, Period, Rate, Severity

# Of these a touchpoint should have much; of the others little.
AUDIT_MINIMA = ("match_rate", "days_of_history")


class IdPair(Strict):
    """Ids of `left` that should be known to `right`; a side is a source or `source.table`. `outcome`: measured, never judged."""

    left: str
    right: str
    id_type: PersonIdType
    min_match_rate: Rate = 0.8
    severity: Severity | Literal["outcome"] = "block"


class GapOverride(Strict):
    """Other limits for one event type."""

    severity: Severity | None = None
    max_gap_hours: float | None = Field(None, gt=0, le=MOST)


class KnownGap(Period):
    """An incident one knows about, from one day until another, both included: told of and no longer judged as what it is."""

    event_type: Name
    source: str | None = None
    reason: str


class Gaps(Strict):
    """When silence in a step of the main funnel is a fault of the tracking."""

    max_gap_hours: float = Field(24, gt=0, le=MOST)
    min_expected_events: float = Field(5, gt=0, le=MOST)
    max_chance_by_luck: float = Field(0.05, gt=0, le=1)
    severity: Severity = "block"
    event_types: dict[Name, GapOverride] = {}
    known: list[KnownGap] = []


class Freshness(Strict):
    """When a source has fallen silent, and from when on an event came late."""

    max_silent_hours: float = Field(48, gt=0, le=MOST)
    late_after_hours: float = Field(48, gt=0, le=MOST)
    severity: Severity = "warn"


class Timestamps(Strict):
    """What no event of a critical milestone may have: no time, an unreadable one, one to come, one before the launch."""

    severity: Severity = "block"
    launched_on: date = date(2000, 1, 1)


class Limit(Strict):
    """A limit of a gate and what going over it does."""

    limit: float
    severity: Severity


class Agreement(Strict):
    """A fact about a person that several systems record, each by one of its event types."""

    fact: Name
    description: str = ""
    systems: dict[str, list[Name]] = Field(min_length=2)
    min_agreement_rate: Rate = 0.9
    severity: Severity | Literal["outcome"] = "warn"


class Grades(Strict):
    """Beyond which value a touchpoint is red, and beyond which amber; a grade that is left out is not given."""

    red: float | None = None
    amber: float | None = None


class Audit(Strict):
    """What a touchpoint is graded by; gaps need no limits, there is one or there is none."""

    match_rate: Grades = Grades(red=0.8, amber=0.9)
    missing_timestamp_rate: Grades = Grades(red=0.01, amber=0)
    duplicate_rate: Grades = Grades(red=0.05, amber=0.01)
    days_of_history: Grades = Grades(amber=90)


class QualityRules(Strict):
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


class IdPairRow(Row, table="id_pairs"):
    """Two sides whose identifiers should match."""

    left_side: str
    right_side: str
    id_type: str
    min_match_rate: float | None
    severity: str


class GapLimitRow(Row, table="gap_limits"):
    """When silence of an event type is a gap."""

    event_type: str
    max_gap_hours: float
    min_expected_events: float
    max_chance_by_luck: float
    severity: str


class KnownGapRow(Row, table="known_gaps"):
    """A gap that is known."""

    event_type: str
    source: str | None
    started_at: date
    ended_at: date
    reason: str


class AgreementRow(Row, table="agreements"):
    """An event type that says a fact in a system."""

    fact: str
    description: str
    source: str | None
    event_type: str
    min_agreement_rate: float | None
    severity: str


class AuditLimitRow(Row, table="audit_limits"):
    """What makes a touchpoint red or amber."""

    measure: str
    grade: str
    is_minimum: bool
    limit_value: float
    applies_to: str


class ThresholdRow(Row, table="thresholds"):
    """The limit of a gate."""

    threshold: str
    limit_value: float
    severity: str


class Quality(Funnels):
    """`quality`."""

    quality: QualityRules = QualityRules()

    def faults(self) -> Iterator[Fault]:
        """Unknown event types, and pairs that stand twice."""
        pairs = [f"{pair.left} → {pair.right} on {pair.id_type}" for pair in self.quality.id_pairs]
        yield from repeated("pair", pairs, ("quality", "id_pairs"))
        if self.journey.main_funnel in self.funnels:
            watched = self.main_event_types()
            for kind in self.quality.gaps.event_types:
                yield from unknown("event type of the main funnel", kind, watched, ("quality", "gaps", "event_types", kind))
        for number, gap in enumerate(self.quality.gaps.known):
            yield from self.unknown_event_types([gap.event_type], ("quality", "gaps", "known", number, "event_type"))
        for number, agreement in enumerate(self.quality.agreements or ()):
            for source, kinds in agreement.systems.items():
                yield from self.unknown_event_types(kinds, ("quality", "agreements", number, "systems", source))

    def rows(self) -> Iterator[Row]:
        """The limits of the gates."""
        for pair in self.quality.id_pairs:
            yield IdPairRow(
                left_side=pair.left,
                right_side=pair.right,
                id_type=pair.id_type,
                min_match_rate=None if pair.severity == "outcome" else pair.min_match_rate,
                severity=pair.severity,
            )
        gaps = self.quality.gaps
        for event_type in sorted(self.main_event_types()):
            own = gaps.event_types.get(event_type, GapOverride())
            yield GapLimitRow(
                event_type=event_type,
                max_gap_hours=own.max_gap_hours or gaps.max_gap_hours,
                min_expected_events=gaps.min_expected_events,
                max_chance_by_luck=gaps.max_chance_by_luck,
                severity=own.severity or gaps.severity,
            )
        for gap in gaps.known:
            yield KnownGapRow(
                event_type=gap.event_type, source=gap.source, started_at=gap.since, ended_at=gap.end, reason=gap.reason
            )
        yield from self._agreement_rows()
        yield from self._audit_limit_rows()
        for name, limit in self.quality.limits.items():
            yield ThresholdRow(threshold=name, limit_value=limit.limit, severity=limit.severity)

    def _agreement_rows(self) -> Iterator[Row]:
        """Which event type says a fact in which system; where the file says none, each critical milestone in any system."""
        for one in self.quality.agreements or ():
            for source, event_types in one.systems.items():
                for event_type in dict.fromkeys(event_types):
                    yield AgreementRow(
                        fact=one.fact,
                        description=one.description or one.fact,
                        source=source,
                        event_type=event_type,
                        min_agreement_rate=None if one.severity == "outcome" else one.min_agreement_rate,
                        severity=one.severity,
                    )
        if self.quality.agreements is None:
            critical = {name: one for name, one in self.milestones.items() if one.is_critical}
            for name, milestone in critical.items():
                for event_type in dict.fromkeys(milestone.event_types):
                    yield AgreementRow(
                        fact=name,
                        description=milestone.description,
                        source=None,
                        event_type=event_type,
                        min_agreement_rate=Agreement.model_fields["min_agreement_rate"].default,
                        severity=Agreement.model_fields["severity"].default,
                    )

    def _audit_limit_rows(self) -> Iterator[Row]:
        """What makes a touchpoint red or amber, and which touchpoints it is for."""
        limits: list[tuple[str, str, float | None, str]] = []
        for measure in Audit.model_fields:
            grades: Grades = getattr(self.quality.audit, measure)
            limits += [(measure, "red", grades.red, "all"), (measure, "amber", grades.amber, "all")]
        limits += [
            ("missing_timestamp_rate", "red", 0, "critical"),
            ("gap_count", "red", 0, "main_funnel"),
            ("gap_count", "amber", 0, "all"),
        ]
        for measure, grade, limit, applies_to in limits:
            if limit is not None:
                yield AuditLimitRow(
                    measure=measure,
                    grade=grade,
                    is_minimum=measure in AUDIT_MINIMA,
                    limit_value=limit,
                    applies_to=applies_to,
                )
