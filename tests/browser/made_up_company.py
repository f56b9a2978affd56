"""Two made-up runs of a small software company, as the frames the pages are given.

What belongs here: frames with every hard case once (unknown values, names too long, names that are markup).
What does not: anything measured; the numbers are invented, and fixed.
"""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from reports.pages import Run, Tables
from tests.browser import made_up_journey

AS_OF = datetime(2026, 11, 22, 6, 0)
STAGES = ("awareness", "consideration", "decision", "implementation", "advocacy", "at_risk", "churned")


def green_run() -> Run:
    """A published run."""
    return Run("run-2026-11-22-0605", AS_OF + timedelta(minutes=7), AS_OF, "Meadow", "a41f9c20", True, AS_OF)


def red_run() -> Run:
    """A refused run; what was published the day before stays."""
    before = AS_OF - timedelta(days=1)
    return Run("run-2026-11-22-0605", AS_OF + timedelta(minutes=2), AS_OF, "Meadow", "a41f9c20", False, before)


def green_tables() -> Tables:
    """Everything was built; one warning, one number withheld."""
    return {**_quality(is_red=False), **_measures(is_red=False), **_journey(), **made_up_journey.tables()}


def red_tables() -> Tables:
    """The run stopped at its gates: the journey was not built."""
    return {**_quality(is_red=True), **_measures(is_red=True)}


def _frame(columns: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


def _ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def _quality(is_red: bool) -> dict[str, pd.DataFrame]:
    crm_rate = 0.583 if is_red else 0.912
    failed = (0, 1, 2) if is_red else (1, 2)
    return {
        "quality.gate_results": _gates(is_red, crm_rate),
        "quality.landed_files": _frame(
            "source table_name file file_fingerprint landed_at row_count rejected_count status note",
            [
                ("events", "web", "events/web.csv", "f1", _ago(0.1), 184_220, 0, "landed", None),
                (
                    "events",
                    "product",
                    "events/product.jsonl.gz",
                    "f2",
                    _ago(0.1),
                    402_118,
                    212,
                    "landed",
                    None,
                ),
                ("events", "crm", "events/crm_2026-11.parquet", "f3", _ago(0.1), 8_214, 0, "landed", None),
                (
                    "events",
                    "crm",
                    "events/crm_2026-11 (copy).parquet",
                    "f3",
                    _ago(0.1),
                    8_214,
                    0,
                    "duplicate",
                    "same content",
                ),
                ("events", "billing", "events/billing.csv", "f4", _ago(0.1), 5_190, 3, "landed", None),
                (
                    "events",
                    "survey",
                    "events/survey.csv",
                    "f5",
                    _ago(0.1),
                    0,
                    0,
                    "empty",
                    "no rows below the header",
                ),
                (
                    "events",
                    "support",
                    "events/<b>support</b>.xls.csv",
                    "f6",
                    _ago(0.1),
                    None,
                    None,
                    "refused",
                    "not text: looks like a spreadsheet file",
                ),
            ],
        ),
        "quality.rejected_rows": _frame(
            "source table_name file line reason raw_row",
            [
                (
                    "events",
                    "product",
                    "events/product.jsonl.gz",
                    40 + 7 * n,
                    "occurred_at is no timestamp",
                    "secret",
                )
                for n in range(212)
            ]
            + [("events", "billing", "events/billing.csv", n, "no identifier in the row", "secret") for n in (17, 902, 3310)],
        ),
        "quality.rpt_id_match_rates": _frame(
            "left_side right_side id_type left_ids matched_ids match_rate min_match_rate severity",
            [
                ("product", "web", "user_id", 21_400, 19_795, 0.925, 0.80, "block"),
                ("billing", "crm", "email", 3_310, round(3_310 * crm_rate), crm_rate, 0.80, "block"),
                ("support", "crm", "email", 0, 0, None, 0.80, "warn"),
                ("web", "product", "anonymous_id", 61_204, 21_973, 0.359, None, "outcome"),
                ("crm", "billing", "email", 8_110, 3_020, 0.372, None, "outcome"),
                ("crm", "support", "email", 8_110, 0, 0.0, None, "outcome"),
                ("billing", "support", "email", 3_310, 0, 0.0, None, "outcome"),
            ],
        ).assign(below_since=lambda pairs: pairs["match_rate"].lt(0.6).map({True: _ago(13), False: pd.NaT})),
        "quality.rpt_timestamp_validity": _frame(
            "source event_type row_count missing_count unparseable_count future_count before_launch_count",
            [
                ("web", "page_viewed", 151_002, 0, 0, 0, 0),
                ("product", "feature_used", 300_419, 0, 212, 31, 0),
                ("product", "logged_in", 90_112, 0, 0, 0, 0),
                ("billing", "invoice_paid", 2_940, 3, 0, 0, 12),
                ("survey", "nps_answered", 0, None, None, None, None),
            ],
        ),
        "quality.rpt_event_gaps": _gaps(is_red),
        "quality.rpt_unmapped_events": _frame(
            "source event_type event_count first_seen_at last_seen_at",
            [
                ("product", "workspace_colour_picker_opened_v2", 1_204, _ago(40), _ago(0.2)),
                ("web", "<script>alert(1)</script>", 3, _ago(9), _ago(9)),
            ],
        ),
        "quality.rpt_milestone_order": _frame(
            "funnel step milestone previous_milestone customer_count out_of_order_count",
            [
                ("signup_to_purchase", 1, "first_visit", None, 18_402, 0),
                ("signup_to_purchase", 2, "signed_up", "first_visit", 8_299, 41),
                ("signup_to_purchase", 3, "activated", "signed_up", 4_310, 0),
                ("signup_to_purchase", 4, "purchased", "activated", 1_588, 207),
            ],
        ),
        "quality.publications": _frame(
            "run_id finished_at is_published as_of journey_version block_failures withhold_failures warnings",
            [
                (
                    *(f"run-{n:02d}" if n else green_run().run_id, _ago(n), n not in failed, _ago(n + 0.01), "a41f9c20"),
                    *(int(n in failed), 0, n % 2),
                )
                for n in range(25)
            ],
        ),
    }


def _gates(is_red: bool, crm_rate: float) -> pd.DataFrame:
    run_id = green_run().run_id
    rows: list[tuple[Any, ...]] = [*_earlier_gates()]
    rows += [
        (
            "old-run",
            "id_match_rate",
            "quality.rpt_id_match_rates",
            "match_rate is at least",
            0.1,
            0.8,
            False,
            "block",
            _ago(3),
            "a gate of another run",
            "none",
        ),
        (
            run_id,
            "id_match_rate",
            "quality.rpt_id_match_rates",
            "match_rate is at least",
            0.925,
            0.80,
            True,
            "block",
            AS_OF,
            "product → web on user_id",
            None,
        ),
        (
            run_id,
            "future_timestamps",
            "quality.rpt_timestamp_validity",
            "future share is at most",
            0.0001,
            0.01,
            True,
            "block",
            AS_OF,
            "product · feature_used",
            None,
        ),
        (
            run_id,
            "landed_files",
            "quality.landed_files",
            "refused files at most",
            1,
            0,
            False,
            "warn",
            AS_OF,
            "events/<b>support</b>.xls.csv",
            "Export the file again as CSV and drop it into the landing folder.",
        ),
        (
            run_id,
            "event_gaps",
            "quality.rpt_event_gaps",
            "gap_hours at most",
            77.5 if is_red else 11.2,
            24.0,
            not is_red,
            "withhold",
            AS_OF,
            "web · signed_up",
            "Check the sign-up tag: the page was changed when the gap began." if is_red else None,
        ),
        (
            run_id,
            "id_match_rate",
            "quality.rpt_id_match_rates",
            "match_rate is at least",
            crm_rate,
            0.80,
            not is_red,
            "block",
            AS_OF,
            "billing → crm on email",
            "Compare how both systems write e-mail addresses; the last good rate was 91.2 %." if is_red else None,
        ),
    ]
    if is_red:
        rows.append(
            (
                run_id,
                "id_match_rate",
                "quality.rpt_id_match_rates",
                "match_rate is at least",
                None,
                0.80,
                None,
                "warn",
                AS_OF,
                "support → crm on email",
                "No support file could be read.",
            )
        )
    return _frame("run_id gate table_name expectation observed threshold passed severity judged_at subject remedy", rows)


def _gaps(is_red: bool) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for week in range(1, 12):
        rows.append(("billing", "purchased", _ago(7 * week + 2), _ago(7 * week - 0.3), 55.2, 24.0, 1.4, True, False))
    for week in (2, 3, 7):
        rows.append(("survey", "nps_answered", _ago(7 * week + 5), _ago(7 * week), 120.0, 24.0, 0.8, True, False))
    if is_red:
        rows.append(("web", "signed_up", _ago(3.23), None, 77.5, 24.0, 61.3, True, True))
        rows.append(("product", "feature_used", _ago(30), _ago(28.4), 38.4, 24.0, 4_020.0, True, True))
    columns = "source event_type gap_started_at gap_ended_at gap_hours max_gap_hours expected_event_count "
    columns += "is_literal_gap is_gap"
    found = [(*row, "block", row[6], None) for row in rows]
    reason = "The tag was missing after the release of 23 September"
    found.append(("web", "page_viewed", _ago(60), _ago(57.5), 60.0, 24.0, 9_310.0, True, True, None, 9_310.0, reason))
    found.append(("support", "ticket_opened", _ago(44), _ago(42.8), 29.0, 24.0, 7.1, True, True, None, 7.1, None))
    return _frame(columns + " severity lost_event_count known_reason", found)


def _earlier_gates() -> list[tuple[Any, ...]]:
    """Twenty-four runs before this one: the match rate is red in two of them, the gaps warn in five, one gate is young."""
    rows: list[tuple[Any, ...]] = []
    for n in range(24, 0, -1):
        shared = ("fewer than allowed", "quality.rpt_id_match_rates", "holds", "1", "2")
        for gate, passed, severity in (
            ("id_match_rate", n not in (1, 2), "block"),
            ("event_gaps", n not in range(8, 13), "warn"),
            ("future_timestamps", None if n == 15 else True, "block"),
            *([("landed_files", True, "warn")] if n < 7 else []),
        ):
            rows.append((f"run-{n:02d}", gate, *shared[1:], passed, severity, _ago(n), shared[0], None))
    return rows


def _rate(left: str, week: int, usual: float, is_red: bool) -> float:
    """The match rate of so many weeks ago: broken in billing since last week, in support for two weeks long past."""
    if left == "billing" and is_red and week < 2:
        return 0.583
    if left == "support" and week in (9, 10):
        return 0.55
    return usual + 0.012 * ((week * 7) % 5 - 2)


def _measures(is_red: bool) -> dict[str, pd.DataFrame]:
    """The measures around the touchpoints: an outage, a storm of duplicates, a silent source, a drift, a dispute."""
    sources = ("web", "product", "crm", "billing", "support", "survey")
    grades = [
        ("billing", "invoice_paid", 2_940, 0.012, 0.583, 0.001, 55.2, False, 0.0, 410.0, _ago(0.3), "red"),
        ("web", "signed_up", 8_299, 0.034, 0.925, 0.0, 77.5, True, 0.002, 410.0, _ago(3.23), "red"),
        ("product", "feature_used", 300_419, 0.61, 0.925, 0.0008, 38.4, False, 0.041, 410.0, _ago(0.01), "amber"),
        ("survey", "nps_answered", 0, None, None, None, None, None, None, None, None, "amber"),
        *(("web", f"page_viewed_{n}", 15_100, 0.031, 0.93, 0.0, 2.2, False, 0.0, 410.0, _ago(0.01), "green") for n in range(14)),
    ]
    reasons: dict[str, tuple[str | None, str | None]] = {
        "invoice_paid": (
            "only 58.3 % of its emails are known to crm",
            "compare how billing and crm write the email, and hand over what crm lacks",
        ),
        "signed_up": ("Silent since 18 November although about 61 events were due.", "Check the sign-up tag on the page."),
        "feature_used": ("4.1 % of its rows repeat another.", "Send an event_id with every event."),
        "nps_answered": ("It has not sent anything yet.", "Export the answers as CSV."),
    }
    grades = grades if is_red else grades[2:]
    weeks = [
        (
            *(left, right, id_type, _ago(7 * week + 2), 400, round(400 * rate), rate, usual),
            *(rate - usual, rate - usual - 0.03, rate - usual + 0.03, rate < usual - 0.1, "warn" if week == 0 else None),
        )
        for left, right, id_type, usual in (
            ("billing", "crm", "email", 0.912),
            ("product", "web", "user_id", 0.925),
            ("support", "crm", "email", 0.74),
        )
        for week in range(26, -1, -1)
        for rate in [_rate(left, week, usual, is_red)]
    ]
    stages = ("awareness", "consideration", "decision", "implementation", "advocacy")
    seen = {"web": 3, "product": 4, "crm": 3, "billing": 0, "support": 0, "survey": 0}
    ledger = [
        (
            "marts.rpt_funnel_steps",
            "signup_to_purchase",
            "warned",
            "landed_files: events/<b>support</b>.xls.csv was refused.",
            9,
            1,
        ),
        ("ml.churn_scores", "churn", "withheld", "model_discrimination: 0.97 is too good to be true.\nLook for a leak.", 3, 1),
        ("marts.rpt_stage_occupancy", "customer_journey", "trusted", None, 6, 0),
        ("marts.dim_customers", None, "trusted", None, 4, 0),
    ]
    return {
        "quality.rpt_touchpoint_audit": _frame(
            "source touchpoint event_count traffic_share match_rate missing_timestamp_rate max_gap_hours has_gap "
            "duplicate_rate days_of_history last_occurred_at grade worst_reason fix priority",
            [(*row, *reasons.get(row[1], (None, None)), priority) for priority, row in enumerate(grades, 1)],
        ),
        "quality.trust_ledger": _frame(
            "run_id table_name part state reasons gate_count failed_count recorded_at",
            [("run-01" if is_red else green_run().run_id, *row, _ago(1 if is_red else 0)) for row in ledger],
        ),
        "quality.rpt_identity_drift": _frame(
            "left_side right_side id_type week_started_on left_ids matched_ids match_rate usual_rate difference "
            "difference_low difference_high is_drift severity",
            weeks,
        ),
        "quality.rpt_identity_effects": _frame(
            "measure description before_value after_value",
            [
                ("customers", "Customers seen in events", 24_018.0, 16_402.0),
                ("conversion_rate", "Of those who began the main funnel, the share that ended it", 0.061, 0.086),
                ("anonymous_sessions_connected", "Sessions before the first login that belong to a person", 0.0, 0.412),
            ],
        ),
        "quality.rpt_identifier_refusals": _frame(
            "source source_table id_type reason event_count refused_rate",
            [("crm", "contacts", "email", "malformed", 412, 0.031), ("crm", "contacts", "phone", "rounded", 95, 0.012)],
        ),
        "quality.rpt_source_agreement": _frame(
            "fact description left_source right_source both_count left_only_count right_only_count neither_count "
            "agreement_rate kappa min_agreement_rate severity",
            [
                ("signed_up", "Has an account", "product", "crm", 8_102, 197, 41, 9_100, 0.986, 0.97, 0.95, "warn"),
                ("bought", "Has paid at least once", "billing", "crm", 1_402, 186, 12, 2_100, 0.946, 0.89, 0.95, "warn"),
                ("bought", None, "billing", "<i>sheet</i>", 0, 0, 0, 0, None, None, None, None),
            ],
        ),
        "quality.rpt_customer_completeness": _frame(
            "field customer_count filled_count filled_rate",
            [
                ("acquisition_channel", 16_402, 15_010, 0.915),
                ("lead_source", 16_402, 3_120, 0.19),
                ("first_conversion_at", 16_402, 1_588, 0.097),
            ],
        ),
        "quality.rpt_duplicates": _frame(
            "source event_type row_count duplicate_count duplicate_rate correction_count storm_started_at storm_ended_at "
            "storm_duplicate_count max_duplicate_rate severity",
            [
                ("product", "feature_used", 300_419, 12_317, 0.041, 12, _ago(20.2), _ago(19.9), 11_904, 0.02, "warn"),
                ("web", "page_viewed", 151_002, 31, 0.0002, 0, None, None, None, 0.02, "warn"),
                ("billing", "invoice_paid", 2_940, 0, 0.0, 4, None, None, None, 0.02, "warn"),
            ],
        ),
        "quality.rpt_event_id_clashes": _frame(
            "source event_type event_count clash_count clash_rate max_clash_rate severity",
            [
                ("shop", "ordered", 2_940, 611, 0.2078, 0.0, "warn"),
                ("shop", "visited", 40_118, 611, 0.0152, 0.0, "warn"),
                ("web", "page_viewed", 151_002, 0, 0.0, 0.0, "warn"),
            ],
        ),
        "quality.rpt_volume_anomalies": _frame(
            "source event_type day kind event_count expected_count ratio explained_by severity",
            [("web", "page_viewed", _ago(60 - n), "drop", 0, 3_724.0, 0.0, "The gap of 23 September", "warn") for n in range(3)]
            + [
                ("product", "feature_used", _ago(20), "duplicates", 12_317, 60.0, 205.3, "The storm of duplicates", "warn"),
                ("web", "demo_requested", _ago(5), "spike", 240, 31.0, 7.74, None, "warn"),
                ("web", "demo_requested", _ago(4), "spike", 199, 30.0, 6.63, None, "warn"),
                ("crm", "deal_created", _ago(11), "shape", 90, 88.0, None, None, None),
            ],
        ),
        "quality.rpt_source_freshness": _frame(
            "source event_count first_occurred_at last_occurred_at last_loaded_at silent_hours expected_event_count "
            "chance_by_luck is_silent silent_since median_delay_hours p95_delay_hours late_rate severity",
            [
                (
                    *(source, 9_000 * (n + 1), _ago(410), _ago(0.02 * (n + 1)), _ago(0.1), 0.48 * (n + 1), 3.1, 1.0),
                    *(False, None, 0.2, 26.0, 0.01, "warn"),
                )
                for n, source in enumerate(sources[:5])
            ]
            + [
                (
                    *("survey", 402, _ago(380), _ago(17.4), _ago(17), 417.6, 22.7 if is_red else 0.9, 0.0001 if is_red else 1.0),
                    *(is_red, _ago(17.4) if is_red else None, None, None, None, "warn"),
                )
            ],
        ),
        "quality.rpt_history_depth": _frame(
            "source first_occurred_at last_occurred_at days_of_history min_days is_sufficient severity",
            [
                (source, _ago(days), _ago(0.1), float(days), 90, days >= 90, "warn")
                for source, days in zip(sources, (410, 410, 402, 398, 41, 380), strict=True)
            ],
        ),
        "quality.rpt_source_stage_coverage": _frame(
            "source stage_set stage event_count customer_count last_seen_at",
            [
                (source, "customer_journey", stage, 40 * n, 31 * n, _ago(0.4) if n else None)
                for row, source in enumerate(sources)
                for column, stage in enumerate(stages)
                for n in [(620 - 90 * column - 40 * row) * (column < seen[source])]
            ],
        ),
        "quality.rpt_scorecard": _frame(
            "source day event_count completeness consistency timestamp_accuracy",
            [
                (source, _ago(day), 900, 0.99 - 0.002 * (day % 4), 0.97 if source == "product" and day < 6 else 1.0, 0.998)
                for source in sources[:4]
                for day in range(60, 0, -1)
            ],
        ),
    }


_FUNNEL = "funnel grain period_start dimension dimension_value step milestone entered_count reached_count "
_FUNNEL += "mature_entered_count mature_reached_count "
_FUNNEL += "conversion_rate conversion_low conversion_high estimated_rate estimated_low estimated_high median_hours p95_hours"


def wilson(reached: int, entered: int) -> tuple[float, float]:
    """The 95 % interval of Wilson (1927), so that the made-up intervals look like real ones."""
    z, rate = 1.96, reached / entered
    middle = (rate + z * z / (2 * entered)) / (1 + z * z / entered)
    half = z / (1 + z * z / entered) * (rate * (1 - rate) / entered + z * z / (4 * entered * entered)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def _step(
    grain: str,
    period: datetime | None,
    dimension: str,
    value: str | None,
    step: int,
    entered: int,
    reached: int,
    mature: float,
) -> tuple[Any, ...]:
    milestone = ("first_visit", "signed_up", "activated", "purchased")[step - 1]
    hours = (None, 3.2, 52.0, 214.0)[step - 1]
    mature_entered, mature_reached = round(entered * mature), round(reached * mature)
    rate = low = high = None
    if mature_entered:
        rate = mature_reached / mature_entered
        low, high = wilson(mature_reached, mature_entered)
    estimate = (None, None, None) if rate is None or low is None or high is None else (rate * 1.03, low * 1.035, high * 1.02)
    counts = (entered, reached, mature_entered, mature_reached, rate, low, high, *estimate)
    return (
        "signup_to_purchase",
        grain,
        period,
        dimension,
        value,
        step,
        milestone,
        *counts,
        hours,
        None if hours is None else hours * 6,
    )


def _journey() -> dict[str, pd.DataFrame]:
    funnel = [
        _step("all", None, "all", None, step, 18_402, n, 0.86) for step, n in ((1, 18_402), (2, 8_299), (3, 4_310), (4, 1_588))
    ]
    for value, entered, reached in (
        ("organic", 7_210, 702),
        ("paid_search", 5_004, 318),
        ("referral", 2_290, 341),
        (None, 2_118, 140),
        ("unknown", 1_764, 86),
        ("<i>partner</i>", 16, 1),
    ):
        funnel += [
            _step("all", None, "channel", value, 4, entered, reached, 0.86),
            _step("all", None, "channel", value, 1, entered, entered, 0.86),
        ]
    for value, entered, reached in (("desktop", 11_880, 1_204), ("phone", 6_490, 384), (None, 32, 0)):
        funnel.append(_step("all", None, "device", value, 4, entered, reached, 0.86))
    for week in range(26):
        entered = 560 + (week * 37) % 90 + 9 * week
        mature = 1.0 if week < 21 else 0.6 if week == 21 else 0.0
        start = datetime(2026, 5, 25) + timedelta(weeks=week)
        funnel += [
            _step("week", start, "all", None, 1, entered, entered, mature),
            _step(
                "week",
                start,
                "all",
                None,
                4,
                entered,
                round(entered * (0.075 + 0.001 * week + 0.008 * (week % 3))),
                mature,
            ),
        ]
    moves = [
        ("awareness", "consideration", 8_420, 0.871, 3.2, 150.0),
        ("awareness", "decision", 610, 0.063, 20.0, 300.0),
        ("awareness", "churned", 12, 0.004, 900.0, 1_900.0),
        ("consideration", "decision", 3_904, 0.702, 52.0, 400.0),
        ("consideration", "implementation", 420, 0.076, 130.0, 700.0),
        ("consideration", "awareness", 1_230, 0.222, 214.0, 900.0),
        ("decision", "implementation", 1_588, 0.612, 214.0, 720.0),
        ("decision", "consideration", 702, 0.271, 96.0, 500.0),
        ("decision", "churned", 303, 0.117, 336.0, 720.0),
        ("implementation", "advocacy", 402, 0.301, 1_080.0, 3_900.0),
        ("implementation", "at_risk", 711, 0.533, 900.0, 3_000.0),
        ("implementation", "churned", 221, 0.166, 1_500.0, None),
        ("advocacy", "at_risk", 61, 0.41, 1_700.0, 3_200.0),
        ("advocacy", "implementation", 88, 0.59, 0.7, 40.0),
        ("at_risk", "implementation", 298, 0.452, 310.0, 1_400.0),
        ("at_risk", "churned", 361, 0.548, 610.0, 2_000.0),
    ]
    return {
        "marts.rpt_funnel_steps": _frame(_FUNNEL, funnel).assign(
            trust_state="warned", trust_reason="landed_files: events/<b>support</b>.xls.csv was refused."
        ),
        "marts.rpt_stage_occupancy": _frame(
            "stage_set stage position customer_count description is_on_path",
            [
                ("account_health", "fine", 1, 16_114, "Nothing to worry about", True),
                ("account_health", made_up_journey.ODD_STAGE, 2, 288, None, True),
            ]
            + [
                ("customer_journey", stage, position, count, description, position < 6)
                for position, (stage, count, description) in enumerate(
                    zip(
                        STAGES,
                        (9_610, 2_804, 1_210, 1_306, 340, 288, 844),
                        (
                            "Saw a page",
                            "Signed up or asked for a demo",
                            "Is trying it",
                            "Has bought it",
                            "Has brought somebody else",
                            "Bought, then 30 days without using a feature",
                            None,
                        ),
                        strict=True,
                    ),
                    1,
                )
            ],
        ),
        "marts.rpt_transitions": _frame(
            "level stage_set from_name to_name transition_count customer_count share median_hours p95_hours",
            [
                ("stage", "customer_journey", source, target, round(count * 1.04), count, share, median, p95)
                for source, target, count, share, median, p95 in moves
            ]
            + [
                ("stage", "account_health", "fine", made_up_journey.ODD_STAGE, 740, 711, 1.0, 900.0, 3_000.0),
                ("stage", "account_health", made_up_journey.ODD_STAGE, "fine", 310, 298, 1.0, 310.0, None),
            ]
            + [("event_type", None, "page_viewed", "signed_up", 9_000, 8_299, 0.4, 3.2, 150.0)],
        ),
        "marts.rpt_segments": _frame(
            "segment segment_description customer_count share revenue_amount churn_probability snapshot_at",
            [
                ("power_users", "Use it on most days, in teams", 1_020, 0.188, 412_880.5, 0.06, AS_OF),
                ("steady", "Come back every week, alone", 2_204, 0.406, 301_222.0, 0.17, AS_OF),
                ("fading", "Used it often, less so of late", 1_310, 0.241, 96_410.25, 0.58, AS_OF),
                ("newcomers", None, 895, 0.165, None, None, AS_OF),
                ("steady", "An older snapshot", 1, 1.0, 1.0, 0.5, _ago(30)),
            ],
        ),
        "ml.model_runs": _frame(
            "model model_version trained_at train_start_at train_end_at test_start_at test_end_at row_count "
            "positive_count auc auc_low auc_high brier log_loss ece baseline_name baseline_auc "
            "journey_version notes",
            [
                (
                    "churn",
                    "c-2",
                    AS_OF,
                    _ago(300),
                    _ago(60),
                    _ago(60),
                    _ago(30),
                    14_210,
                    1_902,
                    0.812,
                    0.794,
                    0.829,
                    0.094,
                    0.31,
                    0.018,
                    "days_since_last_event",
                    0.771,
                    "a41f9c20",
                    None,
                ),
                (
                    "churn",
                    "c-1",
                    _ago(30),
                    _ago(330),
                    _ago(90),
                    _ago(90),
                    _ago(60),
                    13_010,
                    1_700,
                    0.5,
                    0.4,
                    0.6,
                    0.1,
                    0.3,
                    0.02,
                    "days_since_last_event",
                    0.771,
                    "a41f9c20",
                    "an older version",
                ),
                (
                    "stage_progression",
                    "s-1",
                    AS_OF,
                    _ago(300),
                    _ago(60),
                    _ago(60),
                    _ago(30),
                    6_020,
                    811,
                    0.688,
                    0.661,
                    0.715,
                    0.11,
                    0.36,
                    0.03,
                    "stage_rate",
                    0.69,
                    "a41f9c20",
                    None,
                ),
                (
                    "referral",
                    "r-1",
                    AS_OF,
                    None,
                    None,
                    None,
                    None,
                    402,
                    31,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                    "a41f9c20",
                    "Refused: 31 positives, 100 are needed.",
                ),
            ],
        ),
    }
