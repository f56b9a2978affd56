"""Who follows whom: our table of transitions, beside pm4py's directly-follows graph of the same events.

pm4py is no dependency of ours and wants other versions of what we share with it; it is in the environment of others.txt, and
where that is not made, nothing is measured.
"""

from __future__ import annotations

import contextlib
import io
import json
import statistics
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from tests.bench.others import OTHERS, require
from tests.world import build
from warehouse import connection
from warehouse.settings import PROJECT, Settings

REPEATS = 5
# The frame is in memory, its columns named and typed, before a round is timed; one line in asks for a round.
THEIRS = """
import json, sys, time
import pandas as pd
import pm4py
frame = pm4py.format_dataframe(pd.read_parquet(sys.argv[1]), case_id="case", activity_key="activity", timestamp_key="at")
counts = pm4py.discover_dfg(frame)[0]
print(json.dumps([[*pair, int(count)] for pair, count in counts.items()]), flush=True)
for line in sys.stdin:
    began = time.perf_counter()
    pm4py.discover_dfg(frame)
    print(time.perf_counter() - began, flush=True)
"""


def measure(folder: Path, events: int) -> int:
    """Print one line; how many counts differ. Both begin with events in no order and end with a table of counts.

    Ours is the SQL of two models, from identified events to the published table: putting every path in order, hours and customers
    included. Theirs is the call discover_dfg, which orders and counts and no more.
    """
    require("pm4py")
    from tests.bench.__main__ import write_events

    settings = build.settings_of(folder / "home", PROJECT / "warehouse" / "journey.yml")
    (settings.landing / "events").mkdir(parents=True)
    write_events(settings.landing / "events", "parquet", events)
    build.build(settings, datetime(2026, 1, 2), with_tests=False, until=("rpt_transitions",))
    paths, transitions = compiled(settings, "int_paths_ordered"), compiled(settings, "rpt_transitions")
    stored = '"working"."intermediate"."int_paths_ordered"'
    assert stored in transitions
    with connection.connect(settings) as opened:
        opened.execute("set preserve_insertion_order = false")  # as dbt does (profiles.yml)

        def ours() -> None:
            opened.execute(f"create or replace temp table paths as {paths}")
            opened.execute(f"create or replace temp table transitions as {transitions.replace(stored, 'paths')}")

        # What happened in one moment is in the frame in the order of the log, which their stable sort keeps.
        log = folder / "log.parquet"
        opened.execute(f"""
            copy (
                select customer_id::varchar as "case", event_type as activity, occurred_at as "at"
                from working.intermediate.int_events_identified
                where customer_id is not null order by event_place, event_id
            ) to '{log}' (format parquet)
        """)
        with subprocess.Popen(
            [str(OTHERS), "-c", THEIRS, str(log)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as other:
            assert other.stdin is not None
            assert other.stdout is not None
            expected = {(one, after): count for one, after, count in json.loads(other.stdout.readline())}
            ours()
            sql = "select from_name, to_name, transition_count from transitions where level = 'event_type'"
            found = {(one, after): count for one, after, count in opened.execute(sql).fetchall()}
            differences = sum(found.get(pair) != expected.get(pair) for pair in found | expected)
            rounds = []
            for _ in range(REPEATS):
                mine = seconds(ours)
                print("again", file=other.stdin, flush=True)
                rounds.append((mine, float(other.stdout.readline())))
    ratio = statistics.median(mine / theirs for mine, theirs in rounds)
    mine, theirs = (statistics.median(side) for side in zip(*rounds, strict=True))
    name = f"transitions of {events / 1e6:.0f} M events, ordering included"
    print(f"  {name:<50} {mine:8.2f} s {theirs:8.2f} s {ratio:8.2f} ×   pm4py.discover_dfg on a frame in memory", flush=True)
    return int(differences)


def compiled(settings: Settings, name: str) -> str:
    """The SQL of a model as a full build runs it."""
    with contextlib.redirect_stdout(io.StringIO()):  # which dbt prints it to
        outcome = build._invoke(settings.home, ("compile", "--select", name, "--full-refresh"), build.manifest())
    return str(outcome.result.results[0].node.compiled_code)


def seconds(call: Callable[[], object]) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
