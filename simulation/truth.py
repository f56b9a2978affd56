"""What is true of a world: tables beside the exports that nothing but a test, a benchmark or a curious reader may look at.

One row of `people` is one person, named by the number `person`. Systems make ids of their own of that number, which only the
truth may take apart.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from simulation.decisions import CHANNEL_NAMES, signup_chance, touched
from simulation.faults import Fault, described
from simulation.life import Life
from simulation.rules import CHANNELS, as_planted
from simulation.world import World

AT_RISK_DAYS = 30

TABLES = {
    # One row per person: everything that was drawn of them.
    "people": """
        select
            people.* exclude (row),
            lives.invited_by,
            lives.satisfaction,
            lives.signup_chance,
            lives.is_activated,
            lives.demo_at,
            lives.trial_at,
            lives.lapsed_at,
            lives.demo_again_at,
            lives.trial_again_at,
            lives.lapsed_again_at,
            lives.paid_from,
            lives.cancelled_at
        from people
        join drawn_people as lives on people.person = lives.person
        order by people.person
    """,
    # One row per identifier of a person in any system, and since when: who is who.
    "identifiers": """
        with contacts as (
            select
                person,
                unnest([email, crm_email, billing_email, support_email, survey_email]) as email,
                coalesce(people.signed_up_at, demo_at) as since
            from people
            join drawn_people using (person)
        ),

        users as (
            select
                person,
                unnest([web_user_id, product_user_id, user_id]) as user_id,
                device_id,
                signed_up_at
            from people
            where signed_up_at is not null
        ),

        known as (
            select person, 'user_id' as id_type, user_id as value, signed_up_at as since
            from users
            union all
            select person, 'device_id', device_id, signed_up_at
            from users
            union all
            select person, 'email', email, since
            from contacts
            where since is not null
            union all
            select person, 'anonymous_id', cookie, started_at
            from visits
        )

        select
            person,
            id_type,
            lower(value) as value,
            min(since) as since
        from known
        where value is not null
        group by person, id_type, lower(value)
        order by person, id_type, value
    """,
    # One row per visit of a person to a stage, half open; a person's last one has no end.
    "stage_intervals": f"""
        with signs_of_life as (
            select person, occurred_at
            from uses
            where action = 'feature_used'
            union all
            select person, paid_from
            from drawn_people
            where paid_from is not null
        ),

        gaps as (
            select
                person,
                occurred_at + interval {AT_RISK_DAYS} day as began_at,
                lead(occurred_at) over (partition by person order by occurred_at) as ended_at
            from signs_of_life
        ),

        silences as (
            select person, began_at, ended_at
            from gaps
            join drawn_people using (person)
            where
                began_at >= paid_from + interval {AT_RISK_DAYS} day
                and began_at < coalesce(ended_at, timestamp 'infinity')
                and began_at < coalesce(cancelled_at, timestamp 'infinity')
        ),

        recommendations as (
            select person, min(occurred_at) as occurred_at
            from uses
            where action = 'referral_made'
            group by person
        ),

        entries as (
            select person, 'awareness' as stage, visited_at as entered_at, 0 as rank
            from drawn_people
            union all
            select person, 'consideration', least(signed_up_at, demo_at), 1
            from drawn_people
            union all
            select person, 'decision', trial_at, 2
            from drawn_people
            union all
            select person, 'consideration', demo_again_at, 3
            from drawn_people
            union all
            select person, 'decision', trial_again_at, 4
            from drawn_people
            union all
            select person, 'implementation', paid_from, 5
            from drawn_people
            union all
            select person, 'at_risk', began_at, 6
            from silences
            union all
            select person, 'implementation', ended_at, 7
            from silences
            union all
            select person, 'advocacy', occurred_at, 8
            from recommendations
            union all
            select person, 'churned', cancelled_at, 9
            from drawn_people
        )

        select
            person,
            stage,
            row_number() over (partition by person, stage order by entered_at, rank) as visit_number,
            entered_at,
            lead(entered_at) over (partition by person order by entered_at, rank) as exited_at
        from entries
        where entered_at < $until
        order by person, entered_at, rank
    """,
    # One row per customer and week while they pay: the hazard of leaving on that day, and whether they did within 30 days.
    "hazards": """
        select
            person,
            $start + day * interval 1 day as snapshot_at,
            hazard,
            visible_hazard,
            case when not isnan(leaves_within_30d) then leaves_within_30d > 0 end as leaves_within_30d
        from drawn_snapshots
        join drawn_people as people on drawn_snapshots.row = people.position
        order by person, snapshot_at
    """,
    # One row per paying customer: the play against leaving, its random hold-out, and both chances to leave within its days.
    "play": """
        select
            person,
            is_held_out,
            quiet_at,
            called_at,
            chance_if_called,
            chance_if_not,
            noise,
            case
                when drawn_customers.cancelled_at is null then null
                when cancel_reason = 1 then 'payment_failed'
                else 'own_will'
            end as way_out,
            drawn_customers.cancelled_at
        from drawn_customers
        join drawn_people as people on drawn_customers.row = people.position
        order by person
    """,
    # One row per ticket: the mood its words were chosen by.
    "ticket_moods": """
        select
            ticket,
            person,
            topic,
            mood,
            opened_at
        from tickets
        order by ticket
    """,
}


def write_block(connection: duckdb.DuckDBPyConnection, world: World, folder: Path, part: str) -> None:
    """Write the truth of one block, whose life tables the connection holds."""
    start, until = (f"timestamp '{moment}'" for moment in (world.calendar.start, world.calendar.until))
    for name, query in TABLES.items():
        told = query.replace("$start", start).replace("$until", until)
        connection.execute(f"copy ({told}) to '{folder / f'{name}{part}.parquet'}' (format parquet, compression zstd)")


def touch_effects(life: Life) -> pd.DataFrame:
    """What the touches of each channel did to the sign-ups of a block, by the planted rule and without what incidents did.

    effect: log-odds; touched_count: prospects it touched before they decided; expected_count: sign-ups expected of them;
    expected_without_count: sign-ups expected of them had it not touched them.
    """
    prospects = life.people[life.people["role"] == 0]
    is_touched = touched(life.research, len(prospects))
    device = prospects["device"].to_numpy()
    chance = signup_chance(is_touched, device)
    rows = []
    for number, name in enumerate(CHANNEL_NAMES):
        hit = np.flatnonzero(is_touched[:, number])
        without = is_touched[hit].copy()
        without[:, number] = False
        counts = {"touched_count": len(hit), "expected_count": chance[hit].sum()}
        counts["expected_without_count"] = signup_chance(without, device[hit]).sum()
        rows.append({"channel": name, "effect": CHANNELS[name].effect, **counts})
    return pd.DataFrame(rows)


def write_whole(
    world: World, faults: tuple[Fault, ...], hit_counts: Counter[Fault], effects: list[pd.DataFrame], folder: Path
) -> None:
    """Write what holds for the world as a whole: its rules, incidents, faults, and the touch effects of its blocks together."""
    together = pd.concat(effects).groupby(["channel", "effect"], sort=False, as_index=False).sum()
    with duckdb.connect() as connection:
        connection.register("together", together)
        connection.execute(f"copy together to '{folder / 'touch_effects.parquet'}' (format parquet)")
    planted = as_planted(world.rules) | {"customers": world.customers, "seed": world.seed}
    history = {"starts_at": world.calendar.start.isoformat(), "ends_at": world.calendar.until.isoformat()}
    (folder / "rules.json").write_text(json.dumps(planted | history, indent=2) + "\n", encoding="utf-8")
    listed = [described(fault) | {"row_count": hit_counts[fault]} for fault in faults]
    for name, rows in (("incidents", [asdict(incident) for incident in world.incidents]), ("faults", listed)):
        (folder / f"{name}.json").write_text(json.dumps(rows, indent=2, default=str) + "\n", encoding="utf-8")
