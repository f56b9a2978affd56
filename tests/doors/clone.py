"""A clean clone with the shop of the README in it, and the files that docs/your-own-models.md has people write."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd

from tests.orchestration import samples
from tests.orchestration.samples import PROJECT

PAGE = PROJECT / "docs" / "your-own-models.md"


@dataclass(frozen=True)
class Clone:
    """A copy of what is committed, with a home and a landing folder of its own."""

    path: Path
    settings: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, folder: Path) -> Clone:
        """Copy what git knows of the project, and write the README's shop beside it."""
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for name in listed.splitlines():
            if (PROJECT / name).is_file():
                (folder / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(PROJECT / name, folder / "clone" / name)
        return cls(folder / "clone", samples.shop(folder))

    @property
    def home(self) -> Path:
        """Where its state is."""
        return Path(self.settings["THROUGHLINE_HOME"])

    def call(self, *command: str) -> str:
        """What a module of the clone's says. Raises AssertionError with it unless it ends well."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("THROUGHLINE_", "DAGSTER_", "DBT_"))
        }
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.path,
            env=inherited | self.settings | {"DO_NOT_TRACK": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def run(self) -> str:
        """`make run`."""
        return self.call("orchestration.run")

    def dbt(self, *arguments: str) -> str:
        """`make dbt ARGS=…`."""
        return self.call("orchestration.dbt_by_hand", *arguments)

    def write(self, *names: str) -> None:
        """The files of these names as docs/your-own-models.md shows them."""
        for name in names:
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(self.shown(name), encoding="utf-8")

    def shown(self, name: str) -> str:
        """What the page shows after the first time it says the name of a file."""
        found = re.search(rf"`{re.escape(name)}`.*?\n```\w*\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
        assert found, f"{PAGE.name} shows no {name}"
        return found[1]

    def replace(self, name: str, old: str, new: str) -> None:
        """Change a file of the clone at one place."""
        text = (self.path / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, name
        (self.path / name).write_text(text.replace(old, new), encoding="utf-8")

    def ask(self, sql: str) -> pd.DataFrame:
        """Ask what is published."""
        return self._asked("published/throughline.duckdb", sql)

    def working(self, sql: str) -> pd.DataFrame:
        """Ask what never is."""
        return self._asked("working.duckdb", sql)

    def _asked(self, name: str, sql: str) -> pd.DataFrame:
        with duckdb.connect(str(self.home / name), read_only=True) as connection:
            return connection.execute(sql).df()
