"""What to do first: the steps that lose most, and the moves worth a sentence.

What belongs here: choosing and wording. What does not: counting what was lost (marts.rpt_friction).
"""

from reports.formatting import percent, words
from reports.frames import rows
from reports.journey import stages
from reports.journey.section import Content, Given
from reports.trust import TRUST_COLUMNS, trust_of

_COLUMNS = (
    *("friction_rank", "funnel", "from_milestone", "to_milestone", "from_count", "lost_count"),
    *("lost_rate", "lost_low", "lost_high", "lost_revenue_amount", "median_hours"),
)


def first(given: Given) -> Content | None:
    """The worst friction points, and the findings among the moves of the primary stage set."""
    friction = rows(given.tables, "marts.rpt_friction", _COLUMNS, TRUST_COLUMNS)
    flows = stages.flows(given)
    if friction is None and flows is None:
        return None
    findings = flows[0]["findings"] if flows and not flows[0]["trust"].is_withheld else []
    friction = sorted(friction or (), key=lambda row: row["friction_rank"])
    if not friction and not findings:
        return Content("nothing", quiet="No funnel has lost anybody yet, and nobody has moved between stages.")
    worst = friction[0] if friction else None
    figure = "moves only"
    if worst is not None:
        figure = (
            f"{percent(worst['lost_rate'])} lost before {words(worst['to_milestone'])}" if worst["lost_count"] else "withheld"
        )
    return Content(
        figure,
        {
            "friction": friction,
            "has_several_funnels": len({row["funnel"] for row in friction}) > 1,
            "trust": trust_of(friction, "lost_count"),
            "findings": findings,
        },
    )
