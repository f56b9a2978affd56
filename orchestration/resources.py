"""What steps, schedule and sensor are handed: the home of a warehouse with what its settings say, and dbt for it.

Everything here says nothing unless it is told otherwise, and then the environment decides. Tests tell it otherwise.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster import AssetExecutionContext, ConfigurableResource, InitResourceContext, ResourceDependency
from pydantic import Field

from orchestration import dbt
from warehouse.definitions.journey import Journey, load_journey
from warehouse.home import at_work
from warehouse.settings import Settings


class Home(ConfigurableResource[Any]):
    """A warehouse: where it lies, what it is made of. An empty field is as the environment has it."""

    home: str = Field(default="", description="The folder of all state; else THROUGHLINE_HOME.")
    landing: str = Field(default="", description="The folder of the exports; else THROUGHLINE_LANDING, else the demo's.")
    journey_file: str = Field(default="", description="The journey file; else THROUGHLINE_JOURNEY, else the demo's.")
    as_of: str = Field(default="", description='The "now" of its numbers; else THROUGHLINE_AS_OF, else the newest event.')
    known_at: str = Field(default="", description="The past moment whose knowledge is used; else THROUGHLINE_KNOWN_AT.")

    @property
    def settings(self) -> Settings:
        """The settings, checked. Raises UserError."""
        told = {
            "THROUGHLINE_HOME": self.home,
            "THROUGHLINE_LANDING": self.landing,
            "THROUGHLINE_JOURNEY": self.journey_file,
            "THROUGHLINE_AS_OF": self.as_of,
            "THROUGHLINE_KNOWN_AT": self.known_at,
        }
        return Settings.from_environment(os.environ | {name: value for name, value in told.items() if value})

    @property
    def journey(self) -> Journey:
        """The definitions, read once for as long as the file stays as it is. Raises UserError."""
        return load_journey(self.settings.journey_path)

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Iterator[Any]:
        """A run is alone at its home from its first step to its last. Raises Busy when another process is there."""
        if context.run is None:  # a schedule or a sensor, which only looks
            yield self
            return
        with at_work(self.settings.home, f"Dagster's run {context.run.run_id[:8]}"):
            yield self


class Dbt(ConfigurableResource[Any]):
    """The dbt of a home, which stays for all layers of a run."""

    home: ResourceDependency[Home]

    def build(self, context: AssetExecutionContext, *, full_refresh: bool) -> Iterator[Any]:
        """Build what the step selected with its tests; dbt's word on each of them as Dagster's events."""
        yield from dbt.build(context, self.home.settings, full_refresh=full_refresh)
