"""The data-quality page: can these data be trusted, and what to repair first.

What belongs here: the list of its sections. What does not: what a section says (the modules of this package, by subject), HTML.
"""

import pandas as pd

from reports.data_quality import audit, identity, landing, time, verdicts, volume
from reports.data_quality.section import Given, Section
from reports.frames import Tables

SECTIONS = {
    "Verdicts": (
        Section("gates", "Gates", "quality.gate_results", verdicts.gates),
        Section("trust", "Trust in the published numbers", "quality.trust_ledger", verdicts.trust),
        Section("audit", "Touchpoint audit", "quality.rpt_touchpoint_audit", audit.touchpoints),
        Section("history", "History of gates", "quality.gate_results", verdicts.history),
        Section("publications", "Publications", "quality.publications", verdicts.publications),
    ),
    "Who is who": (
        Section("pairs", "Id match rates", "quality.rpt_id_match_rates", identity.pairs),
        Section("drift", "Match rates by week", "quality.rpt_identity_drift", identity.drift),
        Section("agreement", "What systems disagree on", "quality.rpt_source_agreement", identity.agreement),
        Section("refusals", "What names nobody", "quality.rpt_identifier_refusals", identity.refusals),
        Section("effects", "What identity changes", "quality.rpt_identity_effects", identity.effects),
        Section("completeness", "What is known of customers", "quality.rpt_customer_completeness", identity.completeness),
    ),
    "Time": (
        Section("gaps", "Gaps in tracking", "quality.rpt_event_gaps", time.gaps),
        Section("freshness", "Freshness", "quality.rpt_source_freshness", time.freshness),
        Section("timestamps", "Timestamps", "quality.rpt_timestamp_validity", time.timestamps),
        Section("depth", "Depth of history", "quality.rpt_history_depth", time.depth),
        Section("scorecard", "Scores per source and day", "quality.rpt_scorecard", time.scorecard),
    ),
    "Volume": (
        Section("duplicates", "Duplicates", "quality.rpt_duplicates", volume.duplicates),
        Section("clashes", "Shared event ids", "quality.rpt_event_id_clashes", volume.clashes),
        Section("anomalies", "Unusual days", "quality.rpt_volume_anomalies", volume.anomalies),
        Section("coverage", "Stages by source", "quality.rpt_source_stage_coverage", landing.coverage),
        Section("milestones", "Milestone order", "quality.rpt_milestone_order", volume.milestones),
    ),
    "Files": (
        Section("files", "Files landed", "quality.landed_files", landing.files),
        Section("rejections", "Rejected rows", "quality.rejected_rows", landing.rejections),
        Section("unmapped", "Unmapped event types", "quality.rpt_unmapped_events", volume.unmapped),
    ),
}


def sections(given: Given) -> dict[str, object]:
    """By group, every section with its content, which is None when its table was not built."""
    return {
        "groups": {
            group: [{"section": section, "content": section.build(given)} for section in of_group]
            for group, of_group in SECTIONS.items()
        }
    }


def sheets(tables: Tables) -> dict[str, pd.DataFrame | None]:
    """What is written beside the page, by the name of the file; None when its table was not built."""
    return {landing.SHEET: landing.sheet(tables), audit.SHEET: audit.sheet(tables)}
