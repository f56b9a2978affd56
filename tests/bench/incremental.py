"""From landed files to events and sessions: the first build, a day more, a month of days. Each in a process of its own.

python -m tests.bench.incremental <home> <landing folder>      one run, as seconds, gigabytes and bytes of file
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from tests.world import build
from warehouse.settings import PROJECT, Settings

WHAT = ("fct_events", "fct_sessions")
FIRST_DAY = datetime(2026, 1, 1)
TOUCHED_SHARE = 0.07
LATE_SHARE = 0.05
TWICE_SHARE = 0.02
MERGES = 50


class Run(NamedTuple):
    """What a run took: wall seconds after dbt had parsed its project, peak gigabytes, gigabytes of both database files."""

    seconds: float
    memory: float
    disk: float


def write_day(folder: Path, day: int, *, events: int, customers: int, types: tuple[str, ...]) -> None:
    """One more day of a plain log: a share of the customers, some rows late, some twice, and people who turn out to be known.

    A merge: somebody comes with a new cookie, and logs in with it a day later.
    """
    names = ", ".join(f"'{name}'" for name in types)
    who = f"(hash((i % {max(1, int(customers * TOUCHED_SHARE))}) + {day} * 1000003) % {customers})"
    late = f"case when hash(i * 17) % 100 < {100 * LATE_SHARE:.0f} then to_days((hash(i * 19) % 300)::int) else to_days(0) end"
    at = f"timestamp '2026-01-01' + to_days({day})"
    again = f"case when hash(i * 11 + {day}) % 100 < {100 * TWICE_SHARE:.0f} then 1 else 0 end"
    with duckdb.connect() as connection:
        connection.execute(f"""
            copy (
                select
                    '{day}-' || (i - {again}) as event_id,
                    [{names}][1 + (hash(i * 13 + {day}) % {len(types)})::int] as event_type,
                    {at} - {late} + to_seconds((hash(i * 7 + {day}) % 86400)::bigint) as occurred_at,
                    'c' || {who} as anonymous_id,
                    case when i % 2 = 0 then 'u' || {who} end as user_id,
                    ['web', 'product', 'email'][1 + (hash(i * 3) % 3)::int] as source,
                    ['organic', 'paid', 'social', null][1 + (hash(i * 5) % 4)::int] as channel
                from range({events}) as t (i)
                union all
                select 'new' || {day} || '-' || i, 'page_viewed', {at} + to_minutes(i), 'n{day}-' || i, null, 'web', null
                from range({MERGES}) as t (i)
                union all
                select
                    'known' || {day} || '-' || i, 'logged_in', {at} + to_minutes(i), 'n{day - 1}-' || i, 'u' || (i * 7 + {day}),
                    'web', null
                from range({MERGES}) as t (i)
            ) to '{folder}/day-{day:03}.parquet' (format parquet)
        """)


def run(home: Path, landing: Path) -> Run:
    """One run in a process of its own. Raises RuntimeError with what it said when it failed."""
    command = [sys.executable, "-m", "tests.bench.incremental", str(home), str(landing)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return Run(*map(float, done.stdout.splitlines()[-1].split()))


def fixed_cost(folder: Path, header_of: Path) -> float:
    """Seconds of a run that mends next to nothing: one row in a warehouse of two."""
    (folder / "landing" / "events").mkdir(parents=True)
    for number in range(2):
        with duckdb.connect() as connection:
            rows = f"select * from '{header_of}' limit {1 + number}"
            connection.execute(f"copy ({rows}) to '{folder}/landing/events/{number}.parquet' (format parquet)")
        took = run(folder / "home", folder / "landing").seconds
    return took


def measure(folder: Path, log: Path, sorting: float, *, events: int, customers: int, types: tuple[str, ...], days: int) -> None:
    """Print the first build, the first and the last of so many days, and what they leave beside a build of the same files."""
    landing, home = folder / "landing", folder / "home"

    def tell(what: str, seconds: float, other: float, baseline: str) -> None:
        print(f"  {what:<50} {seconds:8.2f} s {other:8.2f} s {seconds / other:8.2f} ×   {baseline}", flush=True)

    fixed = fixed_cost(folder / "empty", log)
    first = run(home, landing)
    tell(f"{events / 1e6:.0f} M events to events and sessions", first.seconds, sorting, "DuckDB sorting the same file")
    print(f"  {'  its peak memory and its files':<50} {first.memory:7.2f} GB {first.disk:7.2f} GB", flush=True)
    taken = []
    for day in range(1, days + 1):
        write_day(log.parent, day, events=events // 365, customers=customers, types=types)
        taken.append(run(home, landing))
    beyond = [one.seconds - fixed for one in taken]
    tell(
        "a day more, beyond a run without news",
        beyond[0],
        first.seconds - fixed,
        f"the first build, beyond {fixed:.1f} s as well",
    )
    tell(f"day {days}", taken[-1].seconds, taken[0].seconds, "the first day")
    shutil.rmtree(folder / "again", ignore_errors=True)
    again = run(folder / "again", landing)
    ratio = taken[-1].disk / again.disk
    print(
        f"  {f'files after {days} days':<50} {taken[-1].disk:7.2f} GB {again.disk:7.2f} GB {ratio:8.2f} ×   a fresh build",
        flush=True,
    )


def main() -> None:
    """Build once and say what it took."""
    home, landing = map(Path, sys.argv[1:3])
    settings = Settings(home, landing, PROJECT / "warehouse" / "journey.yml", None, False)
    build.manifest()
    began = time.perf_counter()
    build.build(settings, FIRST_DAY, until=WHAT)
    target = home / "published"
    target.mkdir(exist_ok=True)
    shutil.copyfile(settings.database, target / "throughline.duckdb")
    took = time.perf_counter() - began
    size = settings.database.stat().st_size + settings.working_database.stat().st_size
    print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, size / 1e9)


if __name__ == "__main__":
    os.environ.setdefault("THROUGHLINE_ID_KEY", "a key for measuring")
    main()
