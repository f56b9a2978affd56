"""What starts a run without a person: the clock and new files. Both run the whole job, never single assets."""

import hashlib
from collections.abc import Iterator

from dagster import (
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    schedule,
    sensor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition as Job

from warehouse.settings import Settings


def daily(job: Job) -> ScheduleDefinition:
    """Every night at 03:00 UTC; the tick is the run's "now", so that a late run says what it would have said in time."""

    @schedule(job=job, cron_schedule="0 3 * * *", execution_timezone="UTC", name="daily")
    def at_night(context: ScheduleEvaluationContext) -> RunRequest:
        tick = context.scheduled_execution_time.replace(tzinfo=None).isoformat()
        return RunRequest(run_key=tick, run_config={"ops": {"land": {"config": {"as_of": tick}}}})

    return at_night


def new_files(job: Job) -> SensorDefinition:
    """Looks at the landing folder once a minute and runs the job when names, sizes or times of its files changed."""

    @sensor(job=job, minimum_interval_seconds=60, name="new_files")
    def when_files_change(context: SensorEvaluationContext) -> Iterator[RunRequest | SkipReason]:
        landing = Settings.from_environment().landing
        files = sorted(path for path in landing.rglob("*") if path.is_file()) if landing.is_dir() else []
        seen = [(path.as_posix(), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
        state = hashlib.sha256(repr(seen).encode()).hexdigest()
        if not files or state == context.cursor:
            yield SkipReason(f"nothing new in {landing}")
            return
        context.update_cursor(state)
        yield RunRequest(run_key=state)

    return when_files_change
