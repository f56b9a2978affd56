"""The made-up company's journey in depth: times, paths, retention, value and what changed.

What belongs here: frames for the journey page with every hard case once. What does not: anything measured; the numbers are
invented.
"""

from datetime import datetime
from typing import Any

import pandas as pd

ODD_STAGE = 'on "hold": <b>why</b>; #1'  # everything that Mermaid or HTML could stumble over
MONTHS = [datetime(2026 - (n >= 11), (10 - n) % 12 + 1, 1) for n in range(14)]  # November 2026 first
CHANNELS = ("organic", "paid_search", "referral", None, "<i>partner</i>")
RARE = tuple(f"rare_thing_{n}" for n in range(9))
PATH = ("awareness", "consideration", "decision", "implementation", "advocacy")


def _frame(columns: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


def interval(part: float, whole: float) -> tuple[float, float, float]:
    """A rate with its 95 % interval (Wilson), so that the made-up ones look like real ones."""
    z, rate = 1.96, part / whole
    middle = (rate + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * (rate * (1 - rate) / whole + z * z / (4 * whole * whole)) ** 0.5
    return rate, max(0.0, middle - half), min(1.0, middle + half)


def tables() -> dict[str, pd.DataFrame]:
    """All tables of the journey page but those that `made_up_company` has."""
    return {
        "journey.stage_sets": _frame(
            "stage_set description is_primary", [("account_health", "Another look", False), ("customer_journey", "Ours", True)]
        ),
        "journey.funnels": _frame("funnel is_main", [("signup_to_purchase", True)]),
        "journey.comparisons": _frame(
            "comparison description dimension latest_days left_value left_from left_until right_value right_from right_until",
            [
                ("latest_quarter", "The last 90 days beside the 90 before them", None, 90, *([None] * 6)),
                ("search", "Searched beside sent", "channel", None, "paid_search", None, None, "referral", None, None),
            ],
        ),
        "marts.rpt_friction": _friction(),
        "marts.rpt_conformance": _conformance(),
        "ml.stage_outlooks": _outlooks(),
        **_times(),
        **_ways(),
        **_stays(),
        "marts.rpt_comparisons": _comparisons(),
    }


def _friction() -> pd.DataFrame:
    steps = [
        (2, "first_visit", "signed_up", 15_826, 8_689, 812_400.5, 3.2),
        (4, "activated", "purchased", 3_707, 2_341, 640_120.0, 214.0),
        (3, "signed_up", "activated", 7_137, 3_430, None, 52.0),
    ]
    return _frame(
        "friction_rank funnel step from_milestone to_milestone from_count lost_count lost_rate lost_low lost_high "
        "lost_revenue_amount median_hours",
        [
            (rank, "signup_to_purchase", step, start, end, count, lost, *interval(lost, count), worth, hours)
            for rank, (step, start, end, count, lost, worth, hours) in enumerate(steps, 1)
        ],
    )


def _conformance() -> pd.DataFrame:
    found = [
        ("customer_journey", "fits", None, 13_210, 0.93),
        ("customer_journey", "skip", "consideration", 590, None),
        ("customer_journey", "skip", "decision", 402, None),
        ("customer_journey", "loop", "consideration", 688, None),
        ("customer_journey", "loop", "implementation", 288, None),
        ("customer_journey", "back", "decision", 699, None),
        ("customer_journey", "back", "consideration", 1_190, None),
        ("customer_journey", "leave", "implementation", 904, None),
        ("customer_journey", "leave", "at_risk", 361, None),
        ("account_health", "fits", None, 16_402, 1.0),
    ]
    return _frame(
        "stage_set deviation stage customer_count total_count share share_low share_high fitness",
        [(name, kind, stage, count, 16_402, *interval(count, 16_402), fitness) for name, kind, stage, count, fitness in found],
    )


def _outlooks() -> pd.DataFrame:
    """One stage is borne out, one is not, one is too young to tell, one has changed; churned is the end."""
    stages = (*PATH, "at_risk", "churned")
    verdicts: dict[str, tuple[bool | None, float | None]] = {
        "awareness": (False, None),
        "consideration": (True, 0.4),
        "decision": (True, 0.0003),
        "implementation": (True, 0.2),
        "advocacy": (None, None),
        "at_risk": (True, None),
        "churned": (True, None),
    }
    rows: list[tuple[Any, ...]] = []
    for place, start in enumerate(stages):
        borne_out, likeness = verdicts[start]
        for end in stages:
            is_end = end == "churned"
            days = None if is_end or start == "churned" else 20.0 + 90.0 * (start == end) - 2.0 * place
            predicted = 0.016 if end == "implementation" else 0.164
            seen = 0.111 if end == "implementation" else 0.148
            counts = (12, 0.25, 0.05, 0.5) if borne_out is None else (3_846, *interval(round(seen * 3_846), 3_846))
            chance = 1.0 if is_end and start != "churned" else None
            rows.append(
                (
                    *("customer_journey", start, end, 40, 0.2, is_end, None if days is None else 1.2, days, chance, 90),
                    *(predicted, *counts, borne_out, likeness),
                )
            )
    return _frame(
        "stage_set from_stage to_stage move_count move_share is_absorbing expected_visits expected_days absorption_probability "
        "age_days predicted_share observed_count observed_share observed_low observed_high is_borne_out homogeneity_p_value",
        rows,
    )


def _times() -> dict[str, pd.DataFrame]:
    velocity: list[tuple[Any, ...]] = []
    for place, (start, end, count, arrived, median, p95) in enumerate(
        (
            ("awareness", "consideration", 16_402, 8_420, 70.0, None),
            ("consideration", "decision", 8_420, 4_510, 410.0, 9_000.0),
            ("decision", "implementation", 4_514, 2_600, 520.0, 9_900.0),
            ("implementation", "advocacy", 2_604, 402, None, None),
            ("awareness", "decision", 16_402, 4_510, None, None),
            ("awareness", "advocacy", 16_402, 402, None, None),
        )
    ):
        high = None if median is None or place == 2 else median * 1.09
        velocity += [
            (
                *("customer_journey", start, end, dimension, value, count, arrived, count - arrived),
                *(median, None if median is None else median * 0.92, high),
                *(p95, None if p95 is None else p95 * 0.9, None),
                *(3.1 * 4**place, 40.0 * 4**place),
            )
            for dimension, value in (("all", None), ("channel", "organic"))
        ]
    conversion: list[tuple[Any, ...]] = []
    for measure, count, done, share, median in (
        ("first_touch_to_conversion", 16_402, 1_588, 0.104, None),
        ("session_to_conversion", 1_588, 1_588, 1.0, 0.4),
        ("abandonment_to_recovery", 6_020, 1_210, 0.187, 3_100.0),
    ):
        for at in (None, *MONTHS):
            part = count if at is None else count // 14
            rate = None if at is not None and at >= MONTHS[2] else share
            shift = 0.0 if at is None or rate in (None, 1.0) else 0.01 * (at.month % 4)
            known: tuple[float | None, ...] = (None, None, None) if rate is None else interval((rate + shift) * part, part)
            if rate == 1.0:
                known = (1.0, None, None)
            time = (median, *(None if median is None else median * by for by in (0.9, 1.2)))
            conversion.append(
                (
                    *(measure, "all" if at is None else "month", at, "all", None, part, round(done * part / count)),
                    *(part - round(done * part / count), done / count, 90, *known, *time, None, 120.0, 1_900.0),
                    "signup_to_purchase",
                )
            )
    return {
        "marts.rpt_velocity": _frame(
            "stage_set from_stage to_stage dimension dimension_value customer_count arrived_count censored_count median_hours "
            "median_low_hours median_high_hours p95_hours p95_low_hours p95_high_hours arrived_median_hours arrived_p95_hours",
            velocity,
        ),
        "marts.rpt_conversion_times": _frame(
            "measure grain period_start dimension dimension_value customer_count converted_count censored_count converted_share "
            "horizon_days conversion_rate conversion_low conversion_high median_hours median_low_hours median_high_hours "
            "p95_hours "
            "arrived_median_hours arrived_p95_hours funnel",
            conversion,
        ),
    }


def _ways() -> dict[str, pd.DataFrame]:
    names = ("page_viewed", "email_opened", "signed_up", "feature_used", "demo_requested", "invoice_paid", "<u>odd</u>", *RARE)
    matrix: list[tuple[Any, ...]] = []
    for anchor, first, last, count in (("path_start", 0, 10, 16_402), ("purchased", -5, 10, 1_588), ("signed_up", -5, 10, 8_299)):
        for step in range(first, last + 1):
            if step == 0:
                matrix.append((anchor, 0, anchor, 1.0, count, count))
                continue
            gone = min(0.8, 0.11 * step) if step > 0 else 0.0
            unborn = 0.12 * (-step - 1) if step < 0 else 0.0
            weights = {
                name: (17 * (place + 3) + 5 * step * (place + 1)) % 23 / (1 + 2 * place) for place, name in enumerate(names)
            }
            total = sum(weights.values())
            cells = {name: (1 - gone - unborn) * weight / total for name, weight in weights.items()}
            cells |= {"path_end": gone, "path_start": unborn}
            matrix += [(anchor, step, name, share, round(share * count), count) for name, share in cells.items() if share > 0]
    paths: list[tuple[Any, ...]] = []
    for level, stage_set, ways in (
        ("event_type", None, [" → ".join(names[at % 5] for at in range(n, n + 1 + n % 6)) for n in range(14)]),
        ("stage", "customer_journey", [" → ".join(PATH[:n]) for n in range(1, 6)]),
        ("stage", "account_health", ["fine", f"fine → {ODD_STAGE}"]),
    ):
        for rank, path in enumerate(ways, 1):
            count = 5_200 // rank**2
            done = round(count * 0.02 * rank) if rank < 12 else 0
            revenue = 310.5 * done if done else None
            paths.append(
                (
                    *(level, stage_set, rank, path, path.count("→") + 1, count, count / 16_402, done, *interval(done, count)),
                    *(revenue, 2.0 * rank),
                )
            )
        rest = 16_402 - sum(5_200 // rank**2 for rank in range(1, len(ways) + 1))
        rate = interval(0.05 * rest, rest)
        paths.append((level, stage_set, None, None, None, rest, rest / 16_402, round(0.05 * rest), *rate, 91_000.0, None))
    exits = [
        (name, 9_000 // place, 0.71 / place, 20_100 // place, 7_000 // place, *interval(7_000 // place, 20_100 // place))
        for place, name in enumerate(names, 1)
    ]
    before = [
        ("support_ticket_opened", 211, 92),
        ("feature_used", 408, 690),
        ("email_opened", 300, 288),
        ("<u>odd</u>", 2, 3),
    ]
    return {
        "marts.rpt_step_matrix": _frame("anchor step name share customer_count path_count", matrix),
        "marts.rpt_paths": _frame(
            "level stage_set path_rank path step_count customer_count share converted_count conversion_rate conversion_low "
            "conversion_high revenue_amount median_hours",
            paths,
        ),
        "marts.rpt_exits": _frame(
            "event_type customer_count reach_rate visit_count exit_count exit_rate exit_low exit_high weight exit_rank",
            [(*row, row[2] * row[5], rank) for rank, row in enumerate(exits, 1)]
            + [("hardly_ever", 4, 0.0003, 4, 4, *interval(4, 4), 0.0003, None)],
        ),
        "marts.rpt_pre_churn": _frame(
            "event_type pair_count churned_count control_count churned_rate control_rate difference difference_low "
            "difference_high",
            [
                (name, 804, left, stayed, left / 804, stayed / 804, *((left - stayed) / 804 + by for by in (0.0, -0.04, 0.04)))
                for name, left, stayed in before
            ],
        ),
    }


def _kept(count: int, rate: float | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if rate is None else interval(rate * count, count)


def _stays() -> dict[str, pd.DataFrame]:
    ages = (7, 14, 30, 60, 90, 180, 270, 365)
    retention: list[tuple[Any, ...]] = []
    groups: list[tuple[datetime | None, str, str | None, int]] = [
        (None, "all", None, 16_402),
        *((at, "all", None, 1_170) for at in MONTHS),
    ]
    groups += [(None, "channel", value, 3_300) for value in CHANNELS]
    for at, dimension, value, count in groups:
        followed = 400 if at is None else 30 * MONTHS.index(at) + 21
        for age in ages:
            rate = 0.93 - 0.09 * age**0.32 if followed >= age else None
            at_risk = round(count * (rate or 0))
            retention.append((at, dimension, value, age, count, at_risk, count - at_risk, *_kept(count, rate)))
    weeks: list[tuple[Any, ...]] = []
    left, kept, days = 16_402, 1.0, 0.0
    for week in range(1, 61):
        lost = round(left * (0.11 / week**0.7 + 0.05 * (week == 5)))
        days += 7 * kept
        kept *= 1 - lost / left
        weeks.append(("all", None, week, left, lost, *interval(lost, left), *interval(kept * 9_000, 9_000), days))
        left = max(12, round((left - lost) * 0.955))
    worth: list[tuple[Any, ...]] = []
    for dimension, name, count in [
        ("all", None, 16_402),
        *(("channel", name, 4_800 // (place + 1)) for place, name in enumerate(CHANNELS)),
    ]:
        for age, mean in ((30, 9.1), (90, 21.4), (180, 37.0), (365, 61.2)):
            n = 0 if name == "<i>partner</i>" and age == 365 else 11 if name == "<i>partner</i>" else count * 90 // (age + 60)
            mean = mean * (1 + 0.2 * (n % 5 - 2))
            around = (None, None, None) if not n else (mean, mean - 90 / n**0.5, mean + 90 / n**0.5)
            worth.append((None, dimension, name, age, n, n // 10, mean * n if n else None, *around))
    touches: list[tuple[Any, ...]] = [
        (
            channel,
            campaign,
            kind,
            count,
            count / 16_402,
            done,
            mature,
            ripe,
            *(interval(ripe, mature) if mature else (None,) * 3),
            paid,
        )
        for channel, campaign, kind, count, done, mature, ripe, paid in (
            ("organic", None, "page_viewed", 7_210, 702, 6_200, 640, 212_000.0),
            ("paid_search", "autumn_sale", "page_viewed", 3_004, 210, 2_500, 190, 61_200.0),
            (None, None, "ticket_opened", 118, 9, 90, 7, None),
            ("<i>partner</i>", "an uncommonly long name of a campaign that somebody typed", "signed_up", 16, 1, 0, 0, None),
            *((f"channel_{n}", None, "page_viewed", 40 - n, 2, 30, 2, 500.0) for n in range(14)),
        )
    ]
    return {
        "marts.rpt_retention": _frame(
            "cohort_month dimension dimension_value age_days customer_count at_risk_count lost_count retention_rate "
            "retention_low "
            "retention_high",
            retention,
        ),
        "marts.rpt_tenure": _frame(
            "dimension dimension_value week at_risk_count lost_count hazard_rate hazard_low hazard_high survival_rate "
            "survival_low "
            "survival_high restricted_mean_days",
            weeks,
        ),
        "marts.rpt_lifetime_value": _frame(
            "cohort_month dimension dimension_value age_days customer_count converted_count revenue_amount revenue_per_customer "
            "revenue_per_customer_low revenue_per_customer_high",
            worth,
        ),
        "marts.rpt_first_touches": _frame(
            "channel campaign event_type customer_count share converted_count mature_count mature_converted_count "
            "conversion_rate "
            "conversion_low conversion_high revenue_amount",
            touches,
        ),
    }


def _comparisons() -> pd.DataFrame:
    columns = "comparison measure level part from_name to_name step left_count left_total right_count right_total left_rate "
    columns += "right_rate difference difference_low difference_high p_value is_significant is_small"
    cells = [
        ("funnel", "milestone", "signup_to_purchase", "first_visit", "signed_up", 2, 2_010, 4_800, 2_390, 5_010),
        ("funnel", "milestone", "signup_to_purchase", "first_visit", "purchased", 4, 390, 4_800, 402, 5_010),
        ("transition", "stage", "customer_journey", "decision", "implementation", None, 388, 700, 320, 720),
        ("transition", "event_type", None, "page_viewed", "<u>odd</u>", None, 900, 9_000, 2_200, 9_100),
        ("step_matrix", "event_type", "path_start", None, "email_opened", 2, 400, 4_800, 290, 5_010),
        ("step_matrix", "event_type", "purchased", None, "demo_requested", -1, 40, 390, 44, 402),
        ("transition", "stage", "customer_journey", "advocacy", "at_risk", None, 3, 9, 8, 12),
    ]
    rows: list[tuple[Any, ...]] = []
    for cell in cells:
        *_, left, left_total, right, right_total = cell
        is_small = left_total < 30
        rates = (left / left_total, right / right_total)
        difference = rates[1] - rates[0]
        shown = (*rates, difference, difference - 0.02, difference + 0.02, 0.001)
        rows.append(
            (
                "latest_quarter",
                *cell,
                *((None,) * 6 if is_small else shown),
                None if is_small else abs(difference) > 0.02,
                is_small,
            )
        )
    rows.append(("search", *cells[1], 0.08, 0.08, 0.0, -0.02, 0.02, 0.9, False, False))
    return _frame(columns, rows)
