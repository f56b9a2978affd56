"""The journey page: how customers move, where they stop, how long it takes and who stays.

What belongs here: the list of its sections, and the files beside it. What does not: what a section says (the modules of this
package, by subject), counting customers or training anything, HTML.
"""

from reports.frames import Tables
from reports.journey import comparison, first, funnels, paths, people, speed, stages, staying
from reports.journey.funnels import funnel_rows
from reports.journey.section import Section, given
from reports.journey.stages import stage_rows

__all__ = ["SECTIONS", "documents", "funnel_rows", "given", "sections", "stage_rows"]

SECTIONS = {
    "Where they stand": (
        Section("first", "What to do first", "marts.rpt_friction", first.first),
        Section("transitions", "Moves between stages", "marts.rpt_transitions", stages.transitions),
        Section("stages", "Stages now", "marts.rpt_stage_occupancy", stages.occupancy),
        Section("conformance", "The intended journey", "marts.rpt_conformance", stages.conformance),
        Section("outlook", "Outlook", "ml.stage_outlooks", stages.outlook),
    ),
    "How far, how fast": (
        Section("funnels", "Funnels", "marts.rpt_funnel_steps", funnels.funnels),
        Section("velocity", "Time between stages", "marts.rpt_velocity", speed.velocity),
        Section("conversion", "Time to conversion", "marts.rpt_conversion_times", speed.conversion),
    ),
    "Which way": (
        Section("steps", "Step by step", "marts.rpt_step_matrix", paths.steps),
        Section("paths", "Common paths", "marts.rpt_paths", paths.common),
        Section("exits", "Where visits end", "marts.rpt_exits", paths.exits),
        Section("leaving", "Before customers leave", "marts.rpt_pre_churn", paths.leaving),
    ),
    "Who stays": (
        Section("retention", "Retention", "marts.rpt_retention", staying.retention),
        Section("tenure", "When customers are lost", "marts.rpt_tenure", staying.tenure),
        Section("value", "Lifetime value", "marts.rpt_lifetime_value", staying.value),
        Section("touches", "First touches", "marts.rpt_first_touches", staying.first_touches),
    ),
    "What differs": (
        Section("comparison", "What changed", "marts.rpt_comparisons", comparison.comparisons),
        Section("segments", "Segments", "marts.rpt_segments", people.segments),
        Section("models", "Models", "ml.model_runs", people.models),
    ),
}


def sections(tables: Tables) -> dict[str, object]:
    """By group, every section with its content, which is None when its table was not built."""
    known = given(tables)
    return {
        "groups": {
            group: [{"section": section, "content": section.build(known)} for section in of_group]
            for group, of_group in SECTIONS.items()
        }
    }


def documents(tables: Tables) -> dict[str, str]:
    """What is written beside the page, by the name of the file: the map of each stage set as Mermaid text."""
    return {flow["file"]: flow["mermaid"] for flow in stages.flows(given(tables)) or () if flow["mermaid"]}
