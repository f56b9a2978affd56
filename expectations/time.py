"""Promises about time: critical events have believable timestamps, nothing falls silent unnoticed, and there is a past."""

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
        about="event_type:{event_type}",
    ),
    Gate(
        name="event_gaps",
        table="quality.rpt_event_gaps",
        words="{event_type} from {source} silent since {gap_started_at:%Y-%m-%d %H:%M}{remark}",
        expectation="no stretch without events while some were expected",
        observed="is_gap",
        comparison="is_false",
        threshold=None,
        unit="count",
        evidence="{gap_hours:,.0f} h in which {expected_event_count:,.0f} events were due",
        limit="≤ {max_gap_hours:,.0f} h, < {min_expected_events:,.0f} due, or luck",
        remedy=(
            "Find out whether the tracking or the export stopped, and hand the missing files over. What is lost for good is "
            "named with its days and the reason under quality.gaps.known of the journey file; if the silence is real, raise the "
            "limit of this event type there."
        ),
        good={
            "source": "web",
            "event_type": "signed_up",
            "gap_started_at": datetime(2026, 1, 3),
            "gap_ended_at": datetime(2026, 1, 4, 6),
            "remark": "",
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
            "gap_ended_at": datetime(2026, 1, 6, 6),
            "remark": " (known: a deployment without the tracker)",
            "gap_hours": 30.0,
            "max_gap_hours": 24.0,
            "expected_event_count": 5.0,
            "min_expected_events": 5.0,
            "is_gap": True,
        },
        about="event_type:{event_type}",
        since="gap_started_at",
        until="gap_ended_at",
    ),
    Gate(
        name="source_freshness",
        table="quality.rpt_source_freshness",
        words="{source}",
        expectation="no source has been silent while events were due",
        observed="is_silent",
        comparison="is_false",
        threshold=None,
        unit="count",
        evidence="silent for {silent_hours:,.0f} h in which {expected_event_count:,.0f} events were due",
        limit="≤ {max_silent_hours:,.0f} h, or few due, or luck",
        remedy=(
            "Look whether the export or connector of this source still runs, and hand over what it has recorded since; "
            "the limit is quality.freshness in the journey file."
        ),
        good={
            "source": "zendesk",
            "silent_hours": 50.0,
            "max_silent_hours": 48.0,
            "expected_event_count": 3.0,
            "silent_since": None,
            "is_silent": False,
        },
        bad={
            "source": "zendesk",
            "silent_hours": 300.0,
            "max_silent_hours": 48.0,
            "expected_event_count": 40.0,
            "silent_since": datetime(2026, 2, 16),
            "is_silent": True,
        },
        about="source:{source}",
        since="silent_since",
    ),
    Gate(
        name="history_depth",
        table="quality.rpt_history_depth",
        words="{source}",
        expectation="days from the first event of a source to its last",
        observed="days_of_history",
        comparison="at_least",
        threshold="min_days",
        unit="count",
        remedy=(
            "Hand over older exports of this source if there are any; until then read trends and seasons with care. "
            "The limit is quality.min_history_days in the journey file."
        ),
        good={"source": "web", "days_of_history": 90.0, "min_days": 90.0},
        bad={"source": "web", "days_of_history": 89.0, "min_days": 90.0},
        about="source:{source}",
    ),
)
