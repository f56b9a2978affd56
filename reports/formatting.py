"""How a value is written: numbers, rates, durations, moments, names.

What belongs here: one value in, a few characters out. An unknown value is a dash, never a zero.
What does not: HTML and colours (templates), which values are shown (the page modules).
"""

import math
from datetime import UTC, datetime
from typing import Any

UNKNOWN = "\u2013"  # an en dash
_NBSP = "\u00a0"  # keeps a number and its unit on one line


def _as_float(value: Any) -> float | None:
    if value is None:
        return None
    converted = float(value)
    return converted if math.isfinite(converted) else None


def number(value: Any, decimals: int | None = None) -> str:
    """1234 -> '1,234'; 1234.5 -> '1,234.5'. At most two decimals unless `decimals` fixes how many."""
    amount = _as_float(value)
    if amount is None:
        return UNKNOWN
    if decimals is not None:
        return f"{amount:,.{decimals}f}"
    if amount == round(amount):
        return f"{amount:,.0f}"
    if abs(amount) < 0.005:
        return f"{amount:.2g}"  # two decimals would make a small amount look like none
    return f"{amount:,.2f}".rstrip("0").rstrip(".")


def roughly(value: Any) -> str:
    """An expected number, in which decimals would claim too much: 390.7 -> '391', 1.24 -> '1.2'."""
    amount = _as_float(value)
    return UNKNOWN if amount is None else number(round(amount, 0 if abs(amount) >= 10 else 1))


def money(value: Any) -> str:
    """An amount without its small change: 284138.59 -> '284,139', 9.4 -> '9.40'."""
    amount = _as_float(value)
    return UNKNOWN if amount is None else number(amount, 0 if abs(amount) >= 100 else 2)


def percent(value: Any) -> str:
    """0.451 -> '45.1 %'. A rate that is almost 0 or almost 1 is never rounded to exactly that."""
    rate = _as_float(value)
    if rate is None:
        return UNKNOWN
    if 0 < rate < 0.0005:
        return f"<0.1{_NBSP}%"
    if 0.9995 <= rate < 1:
        return f">99.9{_NBSP}%"
    return f"{100 * rate:,.1f}{_NBSP}%"


def tight(rate: Any) -> str:
    """0.1249 -> '12': percent for the cells of a grid, where every sign costs room; none is empty, a little is '<1'."""
    share = _as_float(rate)
    if share is None:
        return UNKNOWN
    return "" if share == 0 else "<1" if share < 0.005 else f"{100 * share:.0f}"


def points(difference: Any) -> str:
    """-0.213 -> '−21.3 points': the difference of two rates, with its sign."""
    amount = _as_float(difference)
    if amount is None:
        return UNKNOWN
    return f"{100 * amount:+,.1f}{_NBSP}points".replace("-", "\u2212")


def interval(low: Any, high: Any) -> str:
    """0.42, 0.481 -> '42.0 % to 48.1 %'; a dash when an end is unknown."""
    if _as_float(low) is None or _as_float(high) is None:
        return UNKNOWN
    return f"{percent(low)} to {percent(high)}"


def duration(hours: Any) -> str:
    """Hours as the unit a reader thinks in: '12 min', '3.2 h', '2.5 d', '14 d'."""
    amount = _as_float(hours)
    if amount is None:
        return UNKNOWN
    if amount <= 0:
        return f"0{_NBSP}h"
    minutes = amount * 60
    if minutes < 1:
        return f"<1{_NBSP}min"
    if minutes < 59.5:
        return f"{minutes:.0f}{_NBSP}min"
    if amount < 48:
        return f"{_one_decimal(amount)}{_NBSP}h"
    days = amount / 24
    return f"{_one_decimal(days) if days < 9.95 else f'{days:,.0f}'}{_NBSP}d"


def _one_decimal(amount: float) -> str:
    return f"{amount:.1f}".removesuffix(".0")


def _in_utc(value: datetime) -> datetime:
    return value if value.tzinfo is None else value.astimezone(UTC)


def moment(value: datetime | None) -> str:
    """'22 Nov 2026, 06:05 UTC'. A naive datetime is taken as UTC."""
    if value is None:
        return UNKNOWN
    value = _in_utc(value)
    return f"{value.day} {value:%b %Y, %H:%M} UTC"


def day(value: datetime | None) -> str:
    """'22 Nov 2026'."""
    if value is None:
        return UNKNOWN
    value = _in_utc(value)
    return f"{value.day} {value:%b %Y}"


def words(name: Any) -> str:
    """'first_visit' -> 'first visit'."""
    return UNKNOWN if name is None else str(name).replace("_", " ")


def sentence(text: Any) -> str:
    """'only a few rows' -> 'Only a few rows.'"""
    said = str(text).strip()
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".")


def plural(count: int, noun: str) -> str:
    """1, 'gate' -> '1 gate'; 2, 'gate' -> '2 gates'."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"
