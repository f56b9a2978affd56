"""What takes seeds, large worlds, other engines or heavy installs to show: `make prove PART=…` measures it and writes it down.

A part's figures stand in docs/measured/<part>.json with the revision and the size they were measured at. `make test-all` runs one
small instance of each part and checks that the figures in the file meet the limits that stand here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.settings import PROJECT

MEASURED = PROJECT / "docs" / "measured"

Figures = dict[str, float]


@dataclass(frozen=True)
class Part:
    """One thing to be shown.

    `measure` takes a folder to work in and the sizes, and gives figures; `limits` are the least and the most that some of them
    may be. `small`: the sizes of the instance that make test-all runs, or the test that is that instance.
    """

    name: str
    shows: str
    measure: Callable[..., Figures]
    sizes: Mapping[str, int]
    limits: Mapping[str, tuple[float, float]]
    small: Mapping[str, int] | str = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where its figures stand."""
        return MEASURED / f"{self.name}.json"

    def missed(self, figures: Mapping[str, float]) -> list[str]:
        """The limits that figures do not meet, in words."""
        return [
            f"{name} is {figures.get(name)}, allowed {least:g} to {most:g}"
            for name, (least, most) in self.limits.items()
            if not least <= figures.get(name, float("nan")) <= most
        ]
