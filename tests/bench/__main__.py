"""`make bench`: one line per figure, in about three quarters of an hour.

Landing is measured on a CSV of 1 GiB and on Parquet of 20 M events; the build, its days, the whole job, the funnel and the
identity graph on EVENTS events (EVENTS=2000000 make bench for a quick look, EVENTS=100000000 for a large one; DAYS=30 for a month
of days); the simulation on a tenth of them; transitions on 1 M events. What is right rather than fast is for make prove.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ml.identity import component_keys
from tests.bench import funnels, incremental, survival, transitions
from warehouse.definitions.journey import load_journey
from warehouse.landing import landing
from warehouse.settings import PROJECT, Settings

EVENTS = int(os.environ.get("EVENTS", 20_000_000))
DAYS = int(os.environ.get("DAYS", 3))
LANDED = {"csv": int(1.35 * EVENTS * 0.55), "parquet": EVENTS}  # by default 1 GiB of CSV and 20 M events of Parquet
FEWER = EVENTS // 10
PER_CUSTOMER = 50
REPEATS = 3
TYPES = (
    *("page_viewed", "pricing_viewed", "signed_up", "email_opened", "email_clicked", "logged_in"),
    *("feature_used", "trial_started", "purchased", "invoice_paid", "ticket_opened", "nps_answered"),
)


def write_events(folder: Path, kind: str, count: int = EVENTS) -> Path:
    """A plain event log of `count` rows over a year, PER_CUSTOMER to a customer, who has a cookie and half the time a user id."""
    path = folder / f"log.{kind}"
    names = ", ".join(f"'{name}'" for name in TYPES)
    options = "format parquet" if kind == "parquet" else "format csv, header"
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            f"copy (select 'e' || i as event_id, [{names}][1 + (hash(i) % {len(TYPES)})::int] as event_type, "
            "timestamp '2025-01-01' + to_seconds((hash(i * 7) % 31536000)::bigint) as occurred_at, "
            f"'c' || hash(i) % {count // PER_CUSTOMER} as anonymous_id, "
            f"case when i % 2 = 0 then 'u' || hash(i) % {count // PER_CUSTOMER} end as user_id, "
            "['web', 'product', 'email'][1 + (hash(i * 3) % 3)::int] as source, "
            "['organic', 'paid', 'social', null][1 + (hash(i * 5) % 4)::int] as channel "
            f"from range({count}) as t (i)) to '{path}' ({options})"
        )
    return path


def seconds(call: Callable[[], object]) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def side_by_side(
    name: str, ours: Callable[[], object], theirs: Callable[[], object], baseline: str, repeats: int = REPEATS
) -> None:
    """Run the two in turn and print the medians and the median of the ratios."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(repeats)]
    ratio = statistics.median(mine / other for mine, other in pairs)
    mine, other = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"  {name:<50} {mine:8.2f} s {other:8.2f} s {ratio:8.2f} ×   {baseline}", flush=True)


def compare_landing(folder: Path, kind: str) -> None:
    """Landing one large file, against DuckDB alone making a table of it; with the memory each takes in a process of its own."""
    (folder / "landing" / "events").mkdir(parents=True)
    path = write_events(folder / "landing" / "events", kind, LANDED[kind])
    name = f"landing {kind}, {LANDED[kind] / 1e6:.1f} M events, {path.stat().st_size / 2**20:,.0f} MiB"
    side_by_side(name, lambda: land_afresh(folder), lambda: read_into_table(folder, path), "DuckDB reading it into a table")
    ours = peak_memory(f"land_afresh(Path('{folder}'))")
    theirs = peak_memory(f"read_into_table(Path('{folder}'), Path('{path}'))")
    print(f"  {'  its peak memory':<50} {ours:7.2f} GB {theirs:7.2f} GB {ours / theirs:8.2f} ×   the same", flush=True)


def peak_memory(call: str) -> float:
    """The peak resident memory, in GB, of a process that makes one call of this module."""
    script = f"from pathlib import Path; from tests.bench.__main__ import *; {call}"
    script += "; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9)"
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def land_afresh(folder: Path) -> None:
    """Land the folder into a home that does not exist yet."""
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    settings = Settings.from_environment({"THROUGHLINE_HOME": str(home), "THROUGHLINE_LANDING": str(folder / "landing")})
    landing.land(settings, load_journey(settings.journey_path), now=datetime(2026, 1, 1))


def read_into_table(folder: Path, path: Path, order: str = "") -> None:
    """What DuckDB alone needs to make a table of the file."""
    target = folder / "alone.duckdb"
    target.unlink(missing_ok=True)
    with duckdb.connect(str(target)) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"create table events as select * from '{path}' {order}")


def compare_components() -> None:
    """Our components on keys, against scipy's on ready indices."""
    count = EVENTS
    random = np.random.default_rng(7)
    nodes = random.permutation(np.arange(count, dtype=np.int64) * 9_176_263)
    ends = random.integers(0, count, size=(2, count))
    graph = coo_array((np.ones(count, dtype=np.int8), (ends[0], ends[1])), shape=(count, count))
    side_by_side(
        f"identity, {count:,} edges",
        lambda: component_keys(nodes, nodes[ends[0]], nodes[ends[1]]),
        lambda: connected_components(graph, directed=False),
        "scipy connected_components on ready indices",
    )


def measure_simulation(folder: Path) -> None:
    """A world of about FEWER events in the vendors' shapes, written with its truth; and the memory of the largest process."""
    call = f"write_world(Path('{folder}/landing'), Path('{folder}/truth'), World(customers={FEWER // PER_CUSTOMER}))"
    script = "from pathlib import Path; from simulation.world import World; from simulation.writing import write_world; "
    script += "import resource, time; began = time.perf_counter(); "
    script += f"rows = sum({call}.values()); took = time.perf_counter() - began; "
    script += "peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)); "
    script += "print(rows, took, peak * 1024 / 1e9)"
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    rows, took, peak = map(float, done.stdout.split())
    name = f"simulating {rows / 1e6:.1f} M rows of vendors' exports"
    print(f"  {name:<50} {took:8.2f} s {rows / took:9,.0f} rows a second, {peak:.2f} GB in the largest process", flush=True)


def compare_whole_job(folder: Path, path: Path) -> None:
    """The job from files to published, once, against DuckDB sorting the same file; with the largest process's memory.

    The demo's journey, but no gate stops it: a plain log is not the company whose systems it pairs.
    """
    journey = folder / "journey.yml"
    text = (PROJECT / "warehouse" / "journey.yml").read_text(encoding="utf-8")
    journey.write_text(text.replace("severity: block", "severity: warn"), encoding="utf-8")
    environment = os.environ | {
        "THROUGHLINE_HOME": str(folder / "job"),
        "THROUGHLINE_LANDING": str(folder / "landing"),
        "THROUGHLINE_JOURNEY": str(journey),
    }

    def job() -> None:
        command = [sys.executable, "-m", "orchestration.run"]
        done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)
        if "✓ publish" not in done.stdout:
            raise RuntimeError(done.stdout + done.stderr)

    order = "order by anonymous_id, occurred_at"
    side_by_side("whole job, files to published", job, lambda: read_into_table(folder, path, order), "DuckDB sorting the file", 1)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9
    print(f"  {'peak memory of the job':<50} {peak:7.2f} GB", flush=True)


def compare_building(folder: Path) -> None:
    """From landed files to events and sessions, at once and day by day."""
    (folder / "landing" / "events").mkdir(parents=True)
    log = write_events(folder / "landing" / "events", "parquet")
    sorting = seconds(lambda: read_into_table(folder, log, "order by anonymous_id, occurred_at"))
    customers = EVENTS // PER_CUSTOMER
    incremental.measure(folder, log, sorting, events=EVENTS, customers=customers, types=TYPES, days=DAYS)


def main() -> None:
    """Measure everything once."""
    print(f"{EVENTS:,} events, {EVENTS // PER_CUSTOMER:,} customers, {os.cpu_count()} cores\n")
    print(f"  {'':<50} {'ours':>10} {'theirs':>10} {'ratio':>10}   theirs is")
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as temporary:
        for kind in LANDED:
            compare_landing(Path(temporary) / kind, kind)
            shutil.rmtree(Path(temporary) / kind)
        measure_simulation(Path(temporary) / "world")
        shutil.rmtree(Path(temporary) / "world")
        compare_components()
        transitions.measure(Path(temporary) / "transitions", 1_000_000)
        folder = Path(temporary) / "job"
        (folder / "landing" / "events").mkdir(parents=True)
        compare_whole_job(folder, write_events(folder / "landing" / "events", "parquet"))
        shutil.rmtree(folder)
        compare_building(Path(temporary) / "days")
        funnels.measure(Path(temporary) / "funnels", EVENTS)
        survival.measure()


if __name__ == "__main__":
    main()
