"""How many get how far: our funnel, beside ClickHouse's windowFunnel over the same events.

chdb is no dependency of ours; it is in the environment of others.txt, and where that is not made, nothing is measured.
"""

from __future__ import annotations

import json
import statistics
import subprocess
from datetime import datetime
from pathlib import Path

import duckdb

from tests.bench.others import OTHERS, require
from tests.bench.transitions import compiled, seconds
from tests.world import build

STEPS = ("page_viewed", "signed_up", "trial_started", "purchased")
REST = tuple(f"other_{number}" for number in range(8))
WINDOW_DAYS = 30
REPEATS = 3
JOURNEY = f"""
journey: {{name: bench, primary_stage_set: life, main_funnel: buying}}
milestones:
{"".join(f"  {name}: {{description: A step, event_types: [{name}]}}" + chr(10) for name in STEPS)}
stage_sets:
  life:
    description: Two stages
    stages: [{{name: visitor, description: Came}}, {{name: buyer, description: Bought, enter: [{{milestone: purchased}}]}}]
funnels:
  buying: {{description: To the purchase, steps: [{", ".join(STEPS)}], window_days: {WINDOW_DAYS}}}
churn: {{event_types: [page_viewed]}}
"""
# The table is in memory before a round is timed; one line in asks for a round.
THEIRS = """
import json, sys, time
from chdb import session
asked = session.Session()
asked.query("set max_threads = 2")
asked.query("create database bench")
asked.query(f"create table bench.events engine = Memory as select * from file('{sys.argv[1]}', Parquet)")
steps = ", ".join(f"event_type = '{name}'" for name in json.loads(sys.argv[2]))
sql = f'''
    select depth, count() from (
        select customer_id, windowFunnel({sys.argv[3]})(toDateTime(occurred_at), {steps}) as depth
        from bench.events where event_type in {tuple(json.loads(sys.argv[2]))} group by customer_id
    ) group by depth order by depth format JSONCompactEachRow
'''
print(json.dumps([json.loads(line) for line in str(asked.query(sql)).splitlines()]), flush=True)
for line in sys.stdin:
    began = time.perf_counter()
    asked.query(sql)
    print(time.perf_counter() - began, flush=True)
"""


def measure(folder: Path, events: int) -> int:
    """Print two lines; how many counts differ.

    Both sides begin with a table of events in no order and end with how many customers got how far.

    Ours is the SQL of int_funnels_followed, which also finds times and entries, and a count over it.
    That table is kept and mended, so whoever asks again only counts: the second line.
    """
    require("chdb")
    settings = build.settings_of(folder / "home", folder / "journey.yml")
    (settings.landing / "events").mkdir(parents=True)
    settings.journey_path.write_text(JOURNEY, encoding="utf-8")
    (settings.landing / "events" / "one.csv").write_text("event_type,occurred_at,user_id\npage_viewed,2025-01-01,one\n")
    build.build(settings, datetime(2026, 1, 2), with_tests=False, until=("int_funnels_followed",))
    followed = compiled(settings, "int_funnels_followed").replace('"working"."intermediate"."int_milestones_reached"', "reached")
    followed = followed.replace('"throughline".', "home.").replace('"working"."journey"', "home.journey")
    log = folder / "log.parquet"
    names = ", ".join(f"'{name}'" for name in (*STEPS, *REST))
    with duckdb.connect(str(folder / "events.duckdb")) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"attach '{settings.database}' as home (read_only)")
        connection.execute(
            f"create table events as select i as event_id, (hash(i) % {events // 50})::bigint as customer_id, "
            f"[{names}][1 + (hash(i * 31 + 5) % {len(STEPS) + len(REST)})::int] as event_type, "
            "timestamp '2025-01-01' + to_seconds((hash(i * 7) % 31536000)::bigint) as occurred_at "
            f"from range({events}) as numbers (i)"
        )
        connection.execute(f"copy (select customer_id, event_type, occurred_at from events) to '{log}' (format parquet)")
        wanted = ", ".join(f"'{name}'" for name in STEPS)

        def ours() -> None:
            connection.execute(
                "create or replace temp view reached as select event_type as milestone, customer_id, event_id, "
                "event_id as event_place, event_type, "
                "null::varchar as source, occurred_at as reached_at, null::varchar as channel, null::varchar as campaign, "
                f"null::varchar as device from events where event_type in ({wanted})"
            )
            connection.execute(f"create or replace temp table followed as {followed}")
            count()

        def count() -> None:
            connection.execute(
                "create or replace temp table depths as select depth, count(*) as customer_count from "
                "(select customer_id, max(step) as depth from followed group by customer_id) group by depth"
            )

        command = [str(OTHERS), "-c", THEIRS, str(log), json.dumps(STEPS), str(WINDOW_DAYS * 86400)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as other:
            assert other.stdin is not None
            assert other.stdout is not None
            expected = {int(depth): int(count) for depth, count in json.loads(other.stdout.readline()) if int(depth)}
            ours()
            found = dict(connection.execute("select depth, customer_count from depths").fetchall())
            differences = sum(found.get(depth) != expected.get(depth) for depth in found | expected)
            rounds = []
            for _ in range(REPEATS):
                mine, again = seconds(ours), seconds(count)
                print("again", file=other.stdin, flush=True)
                rounds.append((mine, again, float(other.stdout.readline())))
    told = (f"a funnel of four steps, {events / 1e6:.0f} M events, equal counts", "  asked again, from the ways that are kept")
    theirs = statistics.median(taken for *_, taken in rounds)
    for place, name in enumerate(told):
        ratio = statistics.median(taken[place] / taken[-1] for taken in rounds)
        mine = statistics.median(taken[place] for taken in rounds)
        print(f"  {name:<50} {mine:8.2f} s {theirs:8.2f} s {ratio:8.2f} ×   ClickHouse's windowFunnel", flush=True)
    return int(differences)
