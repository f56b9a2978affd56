"""`make dbt`: any command of dbt's, at the home and with the settings of a run. What it is asked to do is the caller's."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from orchestration.dbt_process import dbt_environment, target_of
from warehouse.files import readable
from warehouse.settings import PROJECT, Settings, UserError


def main(arguments: list[str]) -> NoReturn:
    """Become dbt, with its exit code; with wrong settings the code is 2."""
    try:
        settings = Settings.from_environment()
    except UserError as error:
        print(f"✗ {readable(str(error))}", file=sys.stderr)
        sys.exit(2)
    if not settings.working_database.is_file():
        print(f"! Nothing has landed at {settings.home}: `make run` makes the tables that models read.", file=sys.stderr)
    os.umask(0o077)
    target_of(settings.home).mkdir(parents=True, exist_ok=True)
    os.chdir(PROJECT)
    os.execve(sys.executable, [sys.executable, "-m", "dbt.cli.main", *arguments], os.environ | dbt_environment(settings.home))


if __name__ == "__main__":
    main(sys.argv[1:])
