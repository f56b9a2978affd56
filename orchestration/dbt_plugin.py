"""What dbt does before it opens the warehouse, whoever calls it: be alone at the home, until its connections are closed.

`profiles.yml` names it. The dbt of a run holds the home with its run; one that is called by hand finds it free or is refused.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError

from warehouse.home import Busy, for_the_owner_alone, held


class Plugin(BasePlugin):
    """Made with the connection, before the files are opened; gone with it."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Take the home. Raises DbtRuntimeError, with who has it, when somebody else does."""
        self._held = ExitStack()
        assert self.creds
        try:
            self._held.enter_context(held(Path(self.creds.path).parent, "dbt"))
            self._held.enter_context(for_the_owner_alone())
        except Busy as error:
            raise DbtRuntimeError(str(error)) from None

    def __del__(self) -> None:
        """Leave the home: dbt has let go of its connections."""
        self._held.close()
