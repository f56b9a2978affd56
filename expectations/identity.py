"""Promises about who is who: systems that should know the same people do."""

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
        },
        bad={
            "left_side": "product",
            "right_side": "web",
            "id_type": "user_id",
            "match_rate": 0.79,
            "min_match_rate": 0.8,
        },
    ),
)
