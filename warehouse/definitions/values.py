"""Kinds of value that more than one section uses."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from warehouse.definitions.file import Strict

# What a failed check does, the gravest first: stop the run, publish all but what rests on it, or be shown.
Severity = Literal["block", "withhold", "warn"]
Dimension = Literal["channel", "device", "source", "campaign"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=100)]
Rate = Annotated[float, Field(ge=0, le=1)]
MOST = 1_000_000  # of days, hours, counts: whoever writes more has mistyped, and a moment plus so many days is still one


class Period(Strict):
    """A stretch of days, the first and the last included."""

    since: date = Field(alias="from")
    until: date = Field(lt=date.max)

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.until < self.since:
            raise ValueError("`until` is a day before `from`")
        return self

    @property
    def end(self) -> date:
        """The day before whose beginning it ends."""
        return self.until + timedelta(days=1)


def words(name: str) -> tuple[str, ...]:
    """A list of words/<name>.txt: one a line, # begins a comment."""
    lines = (Path(__file__).parent / "words" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))
