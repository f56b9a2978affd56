"""The warehouse as it was known at a past moment: a home of its own, with what had landed or been received by then.

Nothing is undone in the home itself. What is copied is the raw rows with the times at which they landed; what came later is taken
out, and the job then builds everything from the rest (`make run KNOWN_AT=…`).
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime

from warehouse.connection import connect, located
from warehouse.landing import loads
from warehouse.settings import Settings, UserError
from warehouse.sources import RAW_TABLES


def recall(settings: Settings, known_until: datetime) -> Settings:
    """Make the home `<home>/known/<moment>` hold what was known at `known_until` (UTC, no zone), and return its settings.

    Known is what had landed by then, and of the first landing of a source, which brings its history, what had happened by then;
    where a source says when it received a row, that moment counts (int_events_versioned). Raises UserError before the first run.
    """
    if not settings.working_database.is_file():
        raise UserError(f"There is nothing in {settings.home} that could be recalled. Run `make run` first.")
    home = settings.home / "known" / known_until.strftime("%Y-%m-%dT%H-%M-%S")
    shutil.rmtree(home, ignore_errors=True)
    home.parent.mkdir(mode=0o700, exist_ok=True)
    home.mkdir(mode=0o700)
    recalled = replace(settings, home=home, requested_as_of=known_until, known_until=known_until)
    with connect(settings) as connection:  # nobody writes meanwhile
        connection.execute("checkpoint working")
        shutil.copyfile(settings.working_database, recalled.working_database)
    with connect(recalled) as connection:
        for raw in RAW_TABLES:
            table = located(raw.table)
            connection.execute(
                f"delete from {table} where _loaded_at > ? and _loaded_at > (select min(landed_at) from working.raw.landed_files "
                "where source = ? and row_count > 0)",
                [known_until, raw.source],
            )
        loads.forget_what_was_built(connection)
    return recalled
