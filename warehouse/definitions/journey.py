"""The journey file: its sections composed, the tables it lands as, and its fingerprint.

Definitions only. What is measured by them is SQL that joins the `journey.*` tables; nothing here touches data. A section is one
module with its keys, its checks and its rows; here it is named once, in the order of the file.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from warehouse.definitions.churn import Churn
from warehouse.definitions.comparisons import Comparisons
from warehouse.definitions.file import read
from warehouse.definitions.identity import Identities
from warehouse.definitions.privacy import Privacy
from warehouse.definitions.quality import Quality
from warehouse.definitions.revenue import Revenue
from warehouse.definitions.rows import Row
from warehouse.definitions.stages import Stages
from warehouse.definitions.traffic import Traffic


class SettingsRow(Row, table="settings"):
    """One row: what there is only one of. The last two are the run's."""

    journey: str
    journey_version: str
    subject: str
    primary_stage_set: str
    main_funnel: str
    session_gap_minutes: float
    session_max_days: float
    stitch_lookback_days: float
    channel_lookback_days: float
    revenue_currency: str | None
    names_revenue_sources: bool
    churn_inactive_days: int
    features_purpose: str | None
    audiences_purpose: str | None
    is_consent_default: bool
    launched_on: date
    max_gap_hours: float
    min_expected_events: float
    max_chance_by_luck: float
    late_after_hours: float
    requested_as_of: datetime | None = None
    known_until: datetime | None = None


class Journey(Comparisons, Privacy, Quality, Churn, Revenue, Traffic, Identities, Stages):
    """The whole file, checked across its sections."""

    called = "journey file"
    named_by = "THROUGHLINE_JOURNEY"
    to_begin_with = "Start from the journey file the project ships (warehouse/journey.yml)."

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change when, and only when, a definition does (not for comments or order)."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]

    def warnings(self) -> list[str]:
        """Things that are allowed and probably not meant."""
        return list(self.of_each_section("hints"))

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """The definitions as rows, by table of the schema `journey`."""
        found: dict[str, list[dict[str, Any]]] = {table: [] for table in JOURNEY_TABLES}
        names = {row: table for table, row in Row.tables.items()}
        for row in self.of_each_section("rows"):
            found[names[type(row)]].append(dataclasses.asdict(row))
        return found

    def rows(self) -> Iterator[Row]:
        """What there is only one of."""
        yield SettingsRow(
            journey=self.journey.name,
            journey_version=self.fingerprint,
            subject=self.journey.subject,
            primary_stage_set=self.journey.primary_stage_set,
            main_funnel=self.journey.main_funnel,
            session_gap_minutes=self.sessions.gap_minutes,
            session_max_days=self.sessions.max_days,
            stitch_lookback_days=self.identity.stitch_lookback_days,
            channel_lookback_days=self.sessions.channel_lookback_days,
            revenue_currency=self.revenue.currency,
            names_revenue_sources=bool(self.revenue.sources),
            churn_inactive_days=self.churn.inactive_days,
            features_purpose=self.privacy.features_purpose,
            audiences_purpose=self.privacy.audiences_purpose,
            is_consent_default=self.privacy.default_consent == "granted",
            launched_on=self.quality.timestamps.launched_on,
            max_gap_hours=self.quality.gaps.max_gap_hours,
            min_expected_events=self.quality.gaps.min_expected_events,
            max_chance_by_luck=self.quality.gaps.max_chance_by_luck,
            late_after_hours=self.quality.freshness.late_after_hours,
        )


# The columns of each table of the schema `journey`, with their types.
JOURNEY_TABLES = {table: row.columns() for table, row in Row.tables.items()}


def load_journey(path: Path) -> Journey:
    """Read and check a journey file; one that has not changed is not read twice.

    Raises UserError listing every fault with its line, what is known instead, and the nearest known word.
    """
    try:
        stamp = path.stat()
    except OSError:
        return read(path, Journey)
    return _loaded(path.absolute(), stamp.st_mtime_ns, stamp.st_size, stamp.st_ino)


@lru_cache(maxsize=8)
def _loaded(path: Path, *_stamp: int) -> Journey:
    return read(path, Journey)
