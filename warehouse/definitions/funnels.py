"""Funnels: milestones in the order in which they are hoped for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from warehouse.definitions.file import Fault, Strict, nearest, unknown
from warehouse.definitions.milestones import Milestones
from warehouse.definitions.rows import Row
from warehouse.definitions.values import MOST, Dimension, Name

# By what a funnel may be broken down: a value of the entry, one of the customer, or an attribute of the entry.
BREAKDOWNS = (*get_args(Dimension), "acquisition_channel", "acquisition_campaign", "current_stage", "segment")
ATTRIBUTE = "attributes."


class FunnelStep(Strict):
    """A step of a funnel; in the file its milestone's name alone will do.

    `within_days`: so soon after the step before. `is_optional`: the steps after it may be reached without it.
    """

    milestone: Name
    within_days: float | None = Field(None, gt=0, le=MOST)
    is_optional: bool = Field(default=False, alias="optional")

    @model_validator(mode="before")
    @classmethod
    def _by_its_name(cls, given: Any) -> Any:
        return {"milestone": given} if isinstance(given, str) else given


class Funnel(Strict):
    """Milestones in the order in which they are hoped for, within a window from the first; the same one twice is again.

    `mode`: count the customers who get through from any of their entries, or their attempts one after the other.
    `exclude`: milestones that end a way through. `strict_order`: so does any other step in between.
    """

    description: str
    steps: list[FunnelStep] = Field(min_length=2)
    window_days: float | None = Field(None, gt=0, le=MOST)
    mode: Literal["customers", "attempts"] = "customers"
    exclude: list[Name] = []
    strict_order: bool = False
    breakdowns: list[str] = []

    @model_validator(mode="after")
    def _makes_sense(self) -> Funnel:
        if self.steps[0].is_optional or self.steps[-1].is_optional:
            raise ValueError("the first and the last step of a funnel cannot be optional")
        if self.steps[0].within_days:
            raise ValueError("the first step of a funnel follows no other, so it has no within_days")
        if self.strict_order and any(step.is_optional for step in self.steps):
            raise ValueError("strict_order and optional steps exclude each other")
        for name in self.breakdowns:
            if name not in BREAKDOWNS and not (name.startswith(ATTRIBUTE) and name != ATTRIBUTE):
                known = f"{', '.join(BREAKDOWNS)}, {ATTRIBUTE}<key>"
                raise ValueError(f"unknown breakdown '{name}'{nearest(name, BREAKDOWNS)}; known: {known}")
        return self


class FunnelRow(Row, table="funnels"):
    """A funnel."""

    funnel: str
    description: str
    is_main: bool
    window_days: float | None
    mode: str
    is_strict: bool
    has_limits: bool


class FunnelStepRow(Row, table="funnel_steps"):
    """`is_shared`: an event may be this step and another. `last_next_step`: the next may be any up to the first not optional."""

    funnel: str
    step: int
    milestone: str
    within_days: float | None
    is_optional: bool
    is_shared: bool
    last_next_step: int | None


class FunnelExclusionRow(Row, table="funnel_exclusions"):
    """A milestone that ends a way through a funnel."""

    funnel: str
    milestone: str


class FunnelBreakdownRow(Row, table="funnel_breakdowns"):
    """What a funnel is broken down by."""

    funnel: str
    dimension: str
    attribute: str | None


class Funnels(Milestones):
    """`funnels`, by name."""

    funnels: dict[Name, Funnel]

    def main_event_types(self) -> list[str]:
        """The event types of the main funnel's steps, as far as both are known."""
        main = self.funnels.get(self.journey.main_funnel)
        steps = [self.milestones[one.milestone] for one in main.steps if one.milestone in self.milestones] if main else []
        return list(dict.fromkeys(kind for step in steps for kind in step.event_types))

    def faults(self) -> Iterator[Fault]:
        """Unknown names, and steps that are excluded."""
        yield from unknown("funnel", self.journey.main_funnel, self.funnels, ("journey", "main_funnel"))
        for name, funnel in self.funnels.items():
            for number, step in enumerate(funnel.steps):
                yield from self.unknown_milestone(step.milestone, ("funnels", name, "steps", number))
            for number, excluded in enumerate(funnel.exclude):
                yield from self.unknown_milestone(excluded, ("funnels", name, "exclude", number))
                if excluded in [step.milestone for step in funnel.steps]:
                    message = f"'{excluded}' is a step of the funnel; strict_order keeps steps apart"
                    yield ("funnels", name, "exclude", number), message

    def rows(self) -> Iterator[Row]:
        """The funnels, their steps, what ends a way through, and by what they are broken down."""
        for name, funnel in self.funnels.items():
            yield FunnelRow(
                funnel=name,
                description=funnel.description,
                is_main=name == self.journey.main_funnel,
                window_days=funnel.window_days,
                mode=funnel.mode,
                is_strict=funnel.strict_order,
                has_limits=funnel.strict_order or bool(funnel.exclude) or any(step.within_days for step in funnel.steps),
            )
            kinds = [set(self.milestones[step.milestone].event_types) for step in funnel.steps]
            for number, step in enumerate(funnel.steps, 1):
                others = kinds[: number - 1] + kinds[number:]
                later = enumerate(funnel.steps[number:], number + 1)
                yield FunnelStepRow(
                    funnel=name,
                    step=number,
                    milestone=step.milestone,
                    within_days=step.within_days,
                    is_optional=step.is_optional,
                    is_shared=any(kinds[number - 1] & other for other in others),
                    last_next_step=next((place for place, one in later if not one.is_optional), None),
                )
            for milestone in dict.fromkeys(funnel.exclude):
                yield FunnelExclusionRow(funnel=name, milestone=milestone)
            for dimension in ("all", *dict.fromkeys(funnel.breakdowns)):
                attribute = dimension.removeprefix(ATTRIBUTE) if dimension.startswith(ATTRIBUTE) else None
                yield FunnelBreakdownRow(funnel=name, dimension=dimension, attribute=attribute)
