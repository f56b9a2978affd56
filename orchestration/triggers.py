"""What starts a run without a person: the clock and new files. Both run the whole job, never single assets."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import duckdb
from dagster import (
    RunRequest,
    ScheduleEvaluationContext,
    SensorEvaluationContext,
    SkipReason,
    schedule,
    sensor,
)

from orchestration.clock import now
from orchestration.resources import Home
from warehouse.home import held
from warehouse.landing import landing
from warehouse.publication import publishing
from warehouse.settings import UserError

# When the same files are asked for again whose run did not publish them: a lock or a disk is free in minutes, a red gate waits
# for a person. Each wait is twice the one before.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=2), timedelta(days=1)


@schedule(job_name="journey", cron_schedule="0 3 * * *", execution_timezone="UTC")
def daily(context: ScheduleEvaluationContext) -> RunRequest:
    """Every night at 03:00 UTC; the tick is the run's "now", so that a late run says what it would have said in time."""
    tick = context.scheduled_execution_time.replace(tzinfo=None).isoformat()
    return RunRequest(run_key=tick, run_config={"ops": {"land": {"config": {"as_of": tick}}}})


@sensor(job_name="journey", minimum_interval_seconds=60)
def new_files(context: SensorEvaluationContext, home: Home) -> Iterator[RunRequest | SkipReason]:
    """Looks at the landing folder once a minute and asks for a run until what lies there is published.

    The cursor holds which files it last asked for, when, and how often: the same are asked for again after a wait that grows.
    """
    try:
        files = _unpublished(home)
    except (UserError, OSError, duckdb.Error) as error:  # above all: a run is going on, which may publish them
        yield SkipReason(str(error))
        return
    if not files:
        yield SkipReason(f"nothing new in {home.settings.landing}")
        return
    asked = json.loads(context.cursor or "{}")
    times = asked["times"] if asked.get("files") == files else 0
    if times:
        next_at = datetime.fromisoformat(asked["at"]) + min(FIRST_WAIT * 2 ** (times - 1), LONGEST_WAIT)
        if now() < next_at:
            yield SkipReason(f"asked for {times} time(s), not published yet; asked for again at {next_at:%Y-%m-%d %H:%M} UTC")
            return
    context.update_cursor(json.dumps({"files": files, "at": now().isoformat(), "times": times + 1}))
    yield RunRequest(run_key=f"{files}-{times + 1}")


def _unpublished(home: Home) -> str:
    """What the files of the landing folder are known by, empty if there are none or what is published was made of them."""
    settings = home.settings
    if not settings.landing.is_dir():
        return ""
    files = landing.present(settings)
    with held(settings.home, "the sensor"):
        if not files or publishing.is_made_of_what_is_there(settings, home.journey):
            return ""
    return hashlib.sha256(repr(sorted(files)).encode()).hexdigest()
