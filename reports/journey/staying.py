"""Who stays and what they bring: retention, tenure, lifetime value, first touches.

What belongs here: order, which cohorts and ages are shown, shades. What does not: estimating survival, HTML.
"""

from reports.curve import Spot, curve
from reports.formatting import interval, number, percent, words
from reports.frames import Row, grouped, rows
from reports.journey.funnels import whole_percent
from reports.journey.section import FEW, Content, Given, month, overall
from reports.svg import both_widths
from reports.trust import TRUST_COLUMNS, trust_of

MOST_COHORTS = 24
WIDE = 0.2  # an interval of more than 20 points says little
MOST_TOUCHES = 10
MOST_CHANNELS = 12
STRESSED_AGES = (90, 180)
MINOR_AGES = (7, 14, 60, 270)  # a phone has no room for these beside the stressed ones
VALUE_AGES = (90, 365)


def retention(given: Given) -> Content | None:
    """The share still there by cohort month and age; what nobody was followed long enough to know stays empty."""
    columns = ["cohort_month", "dimension", "dimension_value", "age_days", "customer_count", "at_risk_count"]
    found = rows(
        given.tables, "marts.rpt_retention", [*columns, "retention_rate", "retention_low", "retention_high"], TRUST_COLUMNS
    )
    if found is None:
        return None
    whole = overall(found)
    if not whole:
        return Content("nobody", quiet="No customer has shown a sign of life yet.")
    trust = trust_of(whole, "customer_count")
    ages = sorted({int(row["age_days"]) for row in whole})
    cohorts = grouped(whole, lambda row: row["cohort_month"])
    months = sorted((at for at in cohorts if at is not None), reverse=True)
    by_channel = [row for row in found if row["dimension"] == "channel" and row["cohort_month"] is None]
    channels = [_cohort(value, own, ages) for value, own in grouped(by_channel, lambda row: row["dimension_value"]).items()]
    channels.sort(key=lambda row: (-(row["customer_count"] or 0), str(row["name"])))
    values = {
        "trust": trust,
        "ages": ages,
        "stressed": STRESSED_AGES,
        "minor": MINOR_AGES,
        "all": _cohort("All months", cohorts[None], ages) if None in cohorts else None,
        "cohorts": [_cohort(month(at), cohorts[at], ages) for at in months[:MOST_COHORTS]],
        "cohort_count": len(months),
        "channels": channels[:MOST_CHANNELS],
        "few": FEW,
    }
    stressed = [row for row in cohorts.get(None, []) if row["age_days"] == STRESSED_AGES[0]]
    known = stressed[0]["retention_rate"] if stressed else None
    figure = "not yet known" if known is None else f"{percent(known)} after {STRESSED_AGES[0]} d"
    return Content("withheld" if trust.is_withheld else figure, values)


def _cohort(name: str | None, found: list[Row], ages: list[int]) -> Row:
    of = {int(row["age_days"]): row for row in found}
    return {
        "name": name,
        "customer_count": max((row["customer_count"] for row in found if row["customer_count"] is not None), default=None),
        "cells": [_kept(of.get(age), age) for age in ages],
    }


def _kept(row: Row | None, age: int) -> Row:
    if row is None or row["retention_rate"] is None:
        return {"rate": None, "age": age, "shade": 0, "is_vague": False, "title": f"nobody has been followed for {age} days yet"}
    rate, low, high = row["retention_rate"], row["retention_low"], row["retention_high"]
    is_vague = (row["at_risk_count"] or 0) < FEW if low is None or high is None else high - low > WIDE
    between = "" if low is None or high is None else f" ({interval(low, high)})"
    title = f"{percent(rate)}{between} after {age} days; {number(row['at_risk_count'])} followed so long"
    return {"rate": rate, "age": age, "shade": min(5, 1 + int(5 * rate)), "is_vague": is_vague, "title": title}


def tenure(given: Given) -> Content | None:
    """Week by week: the share lost in it, and the share still there."""
    columns = ["dimension", "dimension_value", "week", "at_risk_count", "lost_count", "hazard_rate", "hazard_low", "hazard_high"]
    columns += ["survival_rate", "survival_low", "survival_high", "restricted_mean_days"]
    found = rows(given.tables, "marts.rpt_tenure", columns, TRUST_COLUMNS)
    if found is None:
        return None
    weeks = sorted(overall(found), key=lambda row: row["week"])
    if not weeks:
        return Content("nobody", quiet="No customer has been followed for a whole week yet.")
    trust = trust_of(weeks, "at_risk_count")
    shown = [row for row in weeks if (row["at_risk_count"] or 0) >= FEW]
    if trust.is_withheld:
        return Content("withheld", {"trust": trust})
    if not shown:
        return Content("too few", quiet=f"Fewer than {FEW} customers have been followed for a whole week.")
    # By the low end: of a week that few tell of, a high rate may be chance.
    worst = max(shown, key=lambda row: row["hazard_low"] or 0.0)
    last = shown[-1]
    hazards = [Spot(int(row["week"]), row["hazard_rate"], row["hazard_low"], row["hazard_high"]) for row in shown]
    kept = [Spot(int(row["week"]), row["survival_rate"], row["survival_low"], row["survival_high"]) for row in shown]
    values = {
        "trust": trust,
        "worst": worst,
        "last": last,
        "is_cut": len(shown) < len(weeks),
        "few": FEW,
        "hazard_chart": both_widths(
            lambda width, is_narrow: curve(
                "Share lost per week of life",
                hazards,
                whole_percent,
                width if is_narrow else width // 2 - 16,
                "week",
                is_stepped=False,
            )
        ),
        "survival_chart": both_widths(
            lambda width, is_narrow: curve(
                "Share still there at the end of a week of life",
                [Spot(0, 1.0), *kept],
                whole_percent,
                width if is_narrow else width // 2 - 16,
                "week",
                is_stepped=True,
                most=1.0,
            )
        ),
    }
    return Content(f"most in week {worst['week']}" if worst["hazard_rate"] else "nobody lost", values)


def value(given: Given) -> Content | None:
    """What customers had paid by an age, by the channel they came through; nobody who is younger counts."""
    columns = ["cohort_month", "dimension", "dimension_value", "age_days", "customer_count", "converted_count"]
    amounts = ("revenue_amount", "revenue_per_customer", "revenue_per_customer_low", "revenue_per_customer_high")
    found = rows(given.tables, "marts.rpt_lifetime_value", (*columns, *amounts), TRUST_COLUMNS)
    if found is None:
        return None
    whole = [row for row in found if row["cohort_month"] is None and row["age_days"] in VALUE_AGES]
    if not whole:
        return Content("nobody", quiet="No customer has been known for long enough to say what they are worth.")
    trust = trust_of(whole, "revenue_per_customer")
    of_all = {int(row["age_days"]): row for row in overall(whole)}
    channels = [
        {
            "name": name,
            "customer_count": max((row["customer_count"] or 0 for row in own), default=0),
            "ages": {int(row["age_days"]): row for row in own},
        }
        for name, own in grouped(
            (row for row in whole if row["dimension"] == "channel"), lambda row: row["dimension_value"]
        ).items()
    ]
    channels.sort(key=lambda row: (-row["customer_count"], str(row["name"])))
    channels = channels[:MOST_CHANNELS]
    ages = [age for age in VALUE_AGES if age in of_all]
    scales = {}
    for age in ages:
        means = [row["ages"][age]["revenue_per_customer"] or 0.0 for row in channels if age in row["ages"]]
        scales[age] = 1.3 * max([*means, of_all[age]["revenue_per_customer"] or 0.0]) or 1.0
    known = [(age, of_all[age]["revenue_per_customer"]) for age in ages if of_all[age]["revenue_per_customer"] is not None]
    if not known and trust.state == "trusted":
        return Content("unknown", quiet=f"The revenue of nobody is known for their first {VALUE_AGES[0]} days.")
    values = {"trust": trust, "overall": of_all, "channels": channels, "ages": ages, "scales": scales, "few": FEW}
    figure = f"{number(known[-1][1], 2)} after {known[-1][0]} d" if known else "unknown"
    return Content("withheld" if trust.is_withheld else figure, values)


def first_touches(given: Given) -> Content | None:
    """How customers first came, the most common way first."""
    columns = ["channel", "campaign", "event_type", "customer_count", "share", "mature_count", "mature_converted_count"]
    columns += ["conversion_rate", "conversion_low", "conversion_high", "revenue_amount"]
    found = rows(given.tables, "marts.rpt_first_touches", columns, TRUST_COLUMNS)
    if found is None:
        return None
    if not found:
        return Content("nobody", quiet="No customer has come yet.")
    found.sort(
        key=lambda row: (-(row["customer_count"] or 0), *(str(row[name]) for name in ("channel", "campaign", "event_type")))
    )
    shown = found[:MOST_TOUCHES]
    highest = max((row["conversion_rate"] or 0.0 for row in shown if (row["mature_count"] or 0) >= FEW), default=0.0)
    values = {
        "trust": trust_of(found, "customer_count"),
        "touches": shown,
        "touch_count": len(found),
        "widest": max((row["share"] or 0.0 for row in shown), default=0.0) or 1.0,
        "scale": min(1.0, max(1.4 * highest, 0.01)),
        "few": FEW,
    }
    first = found[0]
    if first["share"] is None:
        return Content("withheld", values)
    name = words(first["channel"]) if first["channel"] is not None else "unknown"
    return Content(f"{percent(first['share'])} {name}", values)
