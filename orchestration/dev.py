"""`make dev`: Dagster's UI on this warehouse. The environment is set as for `make run`, then Dagster takes over."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from orchestration.run import prepare_home
from warehouse.settings import Settings, UserError, memory_limit


def main() -> NoReturn:
    """Replace this process by `dagster dev`; exits with 2 when the settings are wrong."""
    try:
        settings = Settings.from_environment()
    except UserError as error:
        print(f"✗ {error}", file=sys.stderr)
        sys.exit(2)
    prepare_home(settings)
    os.environ |= {
        "THROUGHLINE_HOME": str(settings.home),
        "THROUGHLINE_JOURNEY": str(settings.journey_path),
        "THROUGHLINE_MEMORY": memory_limit(),
    }
    if not settings.is_demo:
        os.environ["THROUGHLINE_LANDING"] = str(settings.landing)
    dagster = str(Path(sys.executable).with_name("dagster"))
    print("Dagster's UI is at http://localhost:3000 in a few seconds; stop it with Ctrl-C.", flush=True)
    os.execv(dagster, [dagster, "dev", "--module-name", "orchestration.definitions", *sys.argv[1:]])


if __name__ == "__main__":
    main()
