"""Promises about who is who: systems that should know the same people do, and go on doing so; visitors become known."""

from datetime import date

from expectations.gate import Gate

GATES = (
    Gate(
        name="id_match_rates",
        table="quality.rpt_id_match_rates",
        words="{left_side} → {right_side} on {id_type}",
        expectation="ids of the left side that the right side knows",
        observed="match_rate",
        comparison="at_least",
        threshold="min_match_rate",
        unit="rate",
        remedy=(
            "Look for a changed id format, a missing export of the right side, or ids that are not passed on at login; "
            "the limit of each pair is quality.id_pairs in the journey file."
        ),
        good={
            "left_side": "product",
            "right_side": "web",
            "id_type": "user_id",
            "match_rate": 0.8,
            "min_match_rate": 0.8,
            "below_since": None,
        },
        bad={
            "left_side": "product",
            "right_side": "web",
            "id_type": "user_id",
            "match_rate": 0.79,
            "min_match_rate": 0.8,
            "below_since": date(2026, 1, 5),
        },
        about="identity",
        since="below_since",
    ),
    Gate(
        name="identity_drift",
        table="quality.rpt_identity_drift",
        words="{left_side} → {right_side} on {id_type}, new in the week of {week_started_on:%Y-%m-%d}",
        expectation="new ids that are known as well as those of the eight weeks before",
        observed="is_drift",
        comparison="is_false",
        threshold=None,
        unit="rate",
        evidence="{match_rate:.1%} of {left_ids:,.0f}, {usual_rate:.1%} before",
        limit="no certain drop by {max_match_rate_drop:.0%} or more",
        remedy=(
            "Ask what changed in that week: an id format, a login, an export of the right side. The match rate of all ids will "
            "follow; the limit is quality.max_match_rate_drop in the journey file."
        ),
        good={
            "left_side": "product",
            "right_side": "web",
            "id_type": "user_id",
            "week_started_on": date(2026, 2, 23),
            "left_ids": 40,
            "match_rate": 0.85,
            "usual_rate": 0.94,
            "max_match_rate_drop": 0.1,
            "is_drift": False,
        },
        bad={
            "left_side": "product",
            "right_side": "web",
            "id_type": "user_id",
            "week_started_on": date(2026, 2, 23),
            "left_ids": 40,
            "match_rate": 0.6,
            "usual_rate": 0.94,
            "max_match_rate_drop": 0.1,
            "is_drift": True,
        },
        about="identity",
        since="week_started_on",
    ),
    Gate(
        name="stitch_rate",
        table="quality.rpt_identity_effects",
        words="visits of unknown people",
        expectation="visits in which nobody says who they are that belong to a known user",
        observed="after_value",
        comparison="at_least",
        threshold="min_value",
        unit="rate",
        remedy=(
            "Pass the visitor's anonymous id on when somebody logs in or signs up, in the same call; the target is "
            "quality.min_stitch_rate in the journey file."
        ),
        good={"measure": "anonymous_sessions_connected", "after_value": 0.3, "min_value": 0.3},
        bad={"measure": "anonymous_sessions_connected", "after_value": 0.29, "min_value": 0.3},
        about="identity",
    ),
)
