"""Which tables the pages are drawn from: the state of the data as a run finds it, the journey as it is published."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from orchestration.clock import now
from reports import pages
from warehouse import connection
from warehouse.definitions.journey import Journey
from warehouse.privacy.masks import masked
from warehouse.publication import code, publishing
from warehouse.settings import Settings

OF_LAST_RUNS = "run_id in (select run_id from quality.gate_results group by run_id order by max(judged_at) desc limit 20)"

LANDING_TABLES = ("quality.publications",)
QUALITY_TABLES = (
    *LANDING_TABLES,
    *("quality.rejected_rows", "quality.rpt_rejected_amounts", "quality.trust_ledger", "quality.rpt_touchpoint_audit"),
    *("quality.rpt_id_match_rates", "quality.rpt_identity_drift", "quality.rpt_identity_effects"),
    "quality.rpt_identifier_refusals",
    *("quality.rpt_timestamp_validity", "quality.rpt_event_gaps", "quality.rpt_duplicates"),
    *("quality.rpt_event_id_clashes", "quality.rpt_volume_anomalies"),
    *("quality.rpt_source_freshness", "quality.rpt_history_depth", "quality.rpt_source_stage_coverage"),
    *("quality.rpt_source_agreement", "quality.rpt_scorecard", "quality.rpt_customer_completeness"),
    *("quality.rpt_unmapped_events", "quality.rpt_milestone_order"),
)
JOURNEY_TABLES = (
    *("journey.stage_sets", "journey.funnels", "journey.comparisons"),
    *("marts.rpt_funnel_steps", "marts.rpt_friction", "marts.rpt_stage_occupancy", "marts.rpt_transitions"),
    *("marts.rpt_conformance", "marts.rpt_velocity", "marts.rpt_conversion_times"),
    *("marts.rpt_step_matrix", "marts.rpt_paths", "marts.rpt_exits", "marts.rpt_pre_churn"),
    *("marts.rpt_retention", "marts.rpt_tenure", "marts.rpt_lifetime_value", "marts.rpt_first_touches"),
    *("marts.rpt_comparisons", "marts.rpt_segments"),
    *("ml.stage_outlooks", "ml.model_runs"),
)


def write_pages(
    settings: Settings, journey: Journey, run_id: str, *, is_published: bool | None, stopped_at_landing: bool = False
) -> None:
    """Write the pages of a run; the journey page only changes with a publication.

    A run that stopped at landing has measured nothing: what an earlier run measured is not shown as its own.
    """
    if stopped_at_landing:
        tables = connection.read_all(settings, LANDING_TABLES)
    else:
        tables = connection.read_all(settings, QUALITY_TABLES) | publishing.read_published(settings, JOURNEY_TABLES)
    files = connection.read(settings, "raw.landed_files")
    tables["quality.landed_files"] = files.assign(
        **{name: files[name].map(masked, na_action="ignore") for name in ("file", "note")}
    )
    tables["quality.gate_results"] = connection.read(settings, "quality.gate_results", OF_LAST_RUNS)
    run = pages.Run(
        run_id=run_id,
        finished_at=now(),
        as_of=publishing.as_of(settings),
        journey_name=journey.journey.name,
        journey_version=journey.fingerprint,
        is_published=is_published,
        published_as_of=publishing.published_as_of(settings),
    )
    _write(settings, run, tables, with_journey=bool(is_published) or not (settings.reports / "journey.html").exists())


def write_published_pages(settings: Settings) -> None:
    """Write all pages from what is published, as the run that published it did."""
    names = (*QUALITY_TABLES, *JOURNEY_TABLES, "quality.gate_results", "quality.landed_files", "journey.settings")
    tables = publishing.read_published(settings, names)
    publication = tables["quality.publications"].iloc[-1]
    run = pages.Run(
        run_id=publication["run_id"],
        finished_at=publication["finished_at"].to_pydatetime(),
        as_of=publication["as_of"].to_pydatetime(),
        journey_name=tables["journey.settings"]["journey"].iloc[0],
        journey_version=publication["journey_version"],
        is_published=True,
        published_as_of=publication["as_of"].to_pydatetime(),
    )
    _write(settings, run, tables, with_journey=True)


def _write(settings: Settings, run: pages.Run, tables: Mapping[str, pd.DataFrame], *, with_journey: bool) -> None:
    pages.write_data_quality(settings.reports, run, tables)
    pages.write_index(settings.reports, run, tables)
    if with_journey:
        pages.write_journey(settings.reports, run, tables)
    code.note_pages(settings)
