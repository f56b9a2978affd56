"""Twenty people of a simulated company are erased by the command itself, and everything that is true of them is looked for.

On demand: `python -m tests.privacy.erasures [--people 20] [--customers 400] [--seed 1]`. What is looked for is not the word of
the warehouse but what the simulation knows of their identifiers. A cookie that never met its owner in the data is another person.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import yaml

from simulation import world as simulated
from simulation.writing import write_world
from warehouse.settings import PROJECT
from warehouse.sources import RAW_TABLES

KEY = "a key for this check"


def main() -> int:
    """Simulate, run, erase, look; land everything again under new names, run, look once more. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.privacy.erasures", description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--customers", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return check(Path(folder), options.people, options.customers, options.seed)


def check(folder: Path, people: int, customers: int, seed: int) -> int:
    """The same in a folder; returns how many things were wrong."""
    landing, home, truth = folder / "landing", folder / "home", folder / "truth"
    write_world(landing, truth, simulated.World(customers=customers, seed=seed))
    environment = os.environ | {
        "THROUGHLINE_HOME": str(home),
        "THROUGHLINE_LANDING": str(landing),
        "THROUGHLINE_JOURNEY": str(unblocked(folder / "journey.yml")),
        "THROUGHLINE_ID_KEY": KEY,
        "DO_NOT_TRACK": "1",
    }

    def call(*command: str) -> subprocess.CompletedProcess[str]:
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-m", *command], cwd=PROJECT, env=environment, capture_output=True, text=True)
        print(f"  {command[0]}: exit code {done.returncode}, {time.monotonic() - began:.0f} s", flush=True)
        return done

    first = call("orchestration.run")
    if first.returncode:
        print(first.stdout + first.stderr)
        return 1
    chosen, values = whom(truth, people, seed)
    requests = folder / "requests.txt"
    requests.write_text("\n".join(f"{kind}:{value}" for kind, value in chosen) + "\n", encoding="utf-8")
    known = resolved(home, chosen, values)
    before = counts(home, truth, chosen)
    done = call("orchestration.erase", "--file", str(requests))
    report = next(iter((home / "reports" / "erasures").glob("*.md")), None)
    wrong = (
        []
        if done.returncode == 0 and report
        else [f"the command ended with {done.returncode}", done.stdout[-2000:] + done.stderr[-2000:]]
    )
    told = done.stdout + done.stderr + (report.read_text(encoding="utf-8") if report else "")
    wrong += [f"the command names {value}" for _, value in values if value in told]
    wrong += traces(home, known)
    after = counts(home, truth, chosen)
    wrong += [
        f"rows of others in {table}: {before[table]} before, {after[table]} after"
        for table in before
        if before[table] != after[table]
    ]
    for path in [path for path in landing.rglob("*") if path.is_file()]:
        again(path)
    second = call("orchestration.run")
    wrong += [second.stdout[-2000:] + second.stderr[-2000:]] if second.returncode else []
    wrong += [f"came back: {trace}" for trace in traces(home, known)]
    print(
        f"{people} people, {len(values)} identifiers by the simulation's truth, {len(known)} of them told "
        f"to be theirs by the data"
    )
    print("\n".join(f"✗ {one}" for one in wrong) or "✓ nothing of them is left, everybody else's rows are, and nothing came back")
    return len(wrong)


def unblocked(path: Path) -> Path:
    """The journey file that ships, but nothing stops a run: a company this small has silences and mismatches by chance."""
    journey = yaml.safe_load((PROJECT / "warehouse" / "journey.yml").read_text(encoding="utf-8"))
    quality = journey["quality"]
    for limits in (*quality["id_pairs"], *(quality.setdefault(name, {}) for name in ("gaps", "timestamps"))):
        if limits.get("severity") != "outcome":
            limits["severity"] = "warn"
    for limits in quality["gaps"].get("event_types", {}).values():
        limits["severity"] = "warn"
    path.write_text(yaml.safe_dump(journey), encoding="utf-8")
    return path


def whom(truth: Path, people: int, seed: int) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """One identifier of each of some people, by their true number at random, and all identifiers that are theirs alone."""
    table = f"'{truth / 'identifiers.parquet'}'"
    connection = duckdb.connect()
    chosen = connection.execute(
        f"select person, arg_min(id_type, rank), arg_min(value, rank) from (select *, case id_type when "
        f"'user_id' then 1 else 2 end as rank "
        f"from {table} where id_type in ('user_id', 'email')) group by person order by hash(person + {seed}) limit {people}"
    ).fetchall()
    numbers = ", ".join(str(person) for person, *_ in chosen)
    values = connection.execute(
        f"select id_type, value from {table} group by all having bool_and(person in ({numbers})) and count(distinct person) = 1"
    ).fetchall()
    return [(kind, value) for _, kind, value in chosen], values


def resolved(home: Path, chosen: list[tuple[str, str]], values: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of the identifiers that the data tell to be of the same persons as the chosen."""
    ids = "working.intermediate.int_identifiers_resolved"
    names = ", ".join(f"('{kind}', '{value}')" for kind, value in chosen)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home / 'working.duckdb'}' as working (read_only)")
        known = connection.execute(
            f"select id_type, id_value from {ids} where not is_shared and person_id in "
            f"(select person_id from {ids} where (id_type, id_value) in ({names}))"
        ).fetchall()
    return sorted(set(values) & set(known))


def counts(home: Path, truth: Path, chosen: list[tuple[str, str]]) -> dict[str, int]:
    """Rows by raw table that name a person whom the simulation knows and who is not among the chosen."""
    table = f"'{truth / 'identifiers.parquet'}'"
    names = ", ".join(f"'{value}'" for _, value in chosen)
    found = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home / 'working.duckdb'}' as working (read_only)")
        connection.execute(
            f"create table others as select distinct value from {table} where person not in (select person "
            f"from {table} where value in ({names})) "
            f"and value not in (select value from {table} where person in (select person from {table} where value in ({names})))"
        )
        for raw in RAW_TABLES:
            texts = [f'"{column}"' for column, kind in raw.ddl.items() if kind == "VARCHAR" and not column.startswith("_")]
            named = " or ".join(f"{text} in (select value from others)" for text in texts)
            found[raw.table] = connection.execute(f"select count(*) from working.{raw.table} where {named}").fetchall()[0][0]
    return found


def traces(home: Path, known: list[tuple[str, str]]) -> list[str]:
    """Where one of the identifiers, or its published hash, stands in a cell or in the bytes of a file."""
    sought = {value.lower() for _, value in known}
    sought |= {hashlib.sha256(f"{KEY}{kind}:{value}".encode()).hexdigest() for kind, value in known}
    found = []
    pattern = "|".join(sorted(sought)).replace(".", r"\.").replace("+", r"\+")
    for path in (path for path in home.rglob("*") if path.is_file()):
        content = path.read_bytes().lower()
        found += [f"{path.relative_to(home)} holds {value}" for value in sought if value.encode() in content]
        if path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as connection:
                for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall():
                    relation = f'{schema}."{table}"'
                    text = "lower(cast(cells as varchar))"
                    rows = connection.execute(
                        f"select count(*) from {relation} as cells where regexp_matches({text}, ?)", [pattern]
                    ).fetchall()
                    found += [f"{path.relative_to(home)}: {rows[0][0]} rows of {relation}"] if rows[0][0] else []
    return found


def again(path: Path) -> None:
    """The same rows in a file of another name and other bytes."""
    if path.suffix == ".parquet":
        new = path.with_name(f"{path.stem}.again.parquet")
        duckdb.sql(f"copy (from '{path}') to '{new}' (row_group_size 5000, compression gzip)")
        return
    stem, _, rest = path.name.partition(".")
    new = path.with_name(f"{stem}.again.{rest}")
    shutil.copyfile(path, new)
    if path.suffix == ".gz":
        new.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + b"\n"))
    else:
        new.write_bytes(path.read_bytes() + b"\n")


if __name__ == "__main__":
    sys.exit(min(1, main()))
