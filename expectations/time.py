"""Promises about time: critical events have believable timestamps, and no step of the main funnel falls silent unnoticed."""

from datetime import datetime

from expectations.gate import Gate

GATES = (
    Gate(
        name="timestamp_validity",
        table="quality.rpt_timestamp_validity",
        words="{event_type} from {source}",
        expectation="events of a critical milestone with a missing, unreadable, future or pre-launch time",
        observed="invalid_count",
        comparison="at_most",
        threshold="max_invalid_count",
        unit="count",
        remedy=(
            "The rows are listed with file and line under rejected rows, or dated after their landing or before the launch "
            "date; correct the export and hand it over under the same name."
        ),
        good={"source": "web", "event_type": "signed_up", "invalid_count": 0, "max_invalid_count": 0.0},
        bad={"source": "web", "event_type": "signed_up", "invalid_count": 1, "max_invalid_count": 0.0},
    ),
    Gate(
        name="event_gaps",
        table="quality.rpt_event_gaps",
        words="{event_type} from {source} silent since {gap_started_at:%Y-%m-%d %H:%M}",
        expectation="no stretch without events while some were expected",
        observed="is_gap",
        comparison="is_false",
        threshold=None,
        unit="count",
        evidence="{gap_hours:,.0f} h in which {expected_event_count:,.0f} events were due",
        limit="≤ {max_gap_hours:,.0f} h, < {min_expected_events:,.0f} due, or luck",
        remedy=(
            "Find out whether the tracking or the export stopped; hand the missing files over, or, if the silence is real, "
            "raise the limit of this event type in quality.gaps of the journey file."
        ),
        good={
            "source": "web",
            "event_type": "signed_up",
            "gap_started_at": datetime(2026, 1, 3),
            "gap_hours": 30.0,
            "max_gap_hours": 24.0,
            "expected_event_count": 4.9,
            "min_expected_events": 5.0,
            "is_gap": False,
        },
        bad={
            "source": "web",
            "event_type": "signed_up",
            "gap_started_at": datetime(2026, 1, 5),
            "gap_hours": 30.0,
            "max_gap_hours": 24.0,
            "expected_event_count": 5.0,
            "min_expected_events": 5.0,
            "is_gap": True,
        },
    ),
)
