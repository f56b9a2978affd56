"""What is compared with what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pydantic import Field, model_validator

from warehouse.definitions.file import Strict
from warehouse.definitions.rows import Row, Section
from warehouse.definitions.values import MOST, Dimension, Name, Period


class Periods(Strict):
    """Two stretches of days that share none."""

    left: Period
    right: Period

    @model_validator(mode="after")
    def _apart(self) -> Periods:
        if self.left.since <= self.right.until and self.right.since <= self.left.until:
            raise ValueError("the two periods share days; what happened on them would be compared with itself")
        return self


class Groups(Strict):
    """Two values of where customers came from or what they came with."""

    dimension: Dimension
    left: str
    right: str

    @model_validator(mode="after")
    def _apart(self) -> Groups:
        if self.left == self.right:
            raise ValueError("`left` and `right` are the same group")
        return self


class Comparison(Strict):
    """Two groups of customers, two periods, or the latest days and as many before them."""

    description: str
    groups: Groups | None = None
    periods: Periods | None = None
    latest_days: int | None = Field(None, ge=1, le=MOST)

    @model_validator(mode="after")
    def _one_kind(self) -> Comparison:
        if sum(kind is not None for kind in (self.groups, self.periods, self.latest_days)) != 1:
            raise ValueError("a comparison has exactly one of groups, periods, latest_days")
        return self


# Where the file says nothing of comparisons.
LATEST_QUARTER = {"latest_quarter": Comparison(description="The last 90 days beside the 90 before them", latest_days=90)}


class ComparisonRow(Row, table="comparisons"):
    """A period ends before the moment that is its end."""

    comparison: str
    description: str
    dimension: str | None
    latest_days: int | None
    left_value: str | None
    left_from: date | None
    left_until: date | None
    right_value: str | None
    right_from: date | None
    right_until: date | None


class Comparisons(Section):
    """`comparisons`, by name."""

    comparisons: dict[Name, Comparison] = LATEST_QUARTER

    def rows(self) -> Iterator[Row]:
        """The comparisons, each with its two sides."""
        for name, one in self.comparisons.items():
            groups, periods = one.groups, one.periods
            yield ComparisonRow(
                comparison=name,
                description=one.description,
                dimension=groups.dimension if groups else None,
                latest_days=one.latest_days,
                left_value=groups.left if groups else None,
                left_from=periods.left.since if periods else None,
                left_until=periods.left.end if periods else None,
                right_value=groups.right if groups else None,
                right_from=periods.right.since if periods else None,
                right_until=periods.right.end if periods else None,
            )
