"""From an audited build to the published file: book-keeping of verdicts, withholding, and one atomic swap.

What is judged and how is not known here; only that a run has results, and that nothing red is ever published.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd

from warehouse import landing, loads
from warehouse.connection import PUBLISHED_SCHEMAS, STORAGE, append, connect, located, quoted
from warehouse.journey import Journey
from warehouse.settings import Settings

# What a rebuild depends on beside the data: everything that makes tables.
CODE = ("warehouse", "dbt_project", "ml", "expectations", "reports", "orchestration")


@dataclass(frozen=True)
class Verdict:
    """How the gates of one run ended, by severity."""

    block_failures: int
    withhold_failures: int
    warnings: int

    @property
    def is_publishable(self) -> bool:
        """Whether nothing that blocks has failed."""
        return self.block_failures == 0


def inputs_fingerprint(settings: Settings, journey: Journey) -> str:
    """What the outputs of a run are a function of: landed files, definitions, the requested now, and the code."""
    with connect(settings, read_only=True) as connection:
        files = connection.execute("select file, file_fingerprint, status from working.raw.landed_files order by file").fetchall()
        requested = connection.execute("select requested_as_of from journey.settings").fetchone()
    digest = hashlib.sha256(repr((files, requested, journey.fingerprint)).encode())
    digest.update(loads.fingerprint_of_code(CODE).encode())
    return digest.hexdigest()[:16]


def published_inputs(settings: Settings) -> str | None:
    """The fingerprint of what the published file was made from; None when nothing is published or the last run was refused."""
    last = "select is_published, inputs_fingerprint, run_id from quality.publications order by finished_at desc limit 1"
    if not settings.published_database.is_file() or not settings.database.is_file():
        return None
    with connect(settings, read_only=True) as connection:
        build = connection.execute(last).fetchone()
    with duckdb.connect(str(settings.published_database), read_only=True) as connection:
        published = connection.execute(last).fetchone()
    # A run that died between writing the row and swapping the file has the row in the build alone.
    return build[1] if build and build[0] and build == published else None


def is_current(settings: Settings, journey: Journey) -> bool:
    """Whether what is published is what a run would publish: same files, definitions, requested now and code."""
    published = published_inputs(settings)
    if published is None or not settings.working_database.is_file() or landing.has_news(settings):
        return False
    with connect(settings, read_only=True) as connection:
        row = connection.execute("select requested_as_of from journey.settings").fetchone()
        secret = connection.execute("select secret from working.identity.key").fetchone()
    wanted = os.environ.get("THROUGHLINE_ID_KEY")
    is_asked_the_same = row == (settings.requested_as_of,) and (not wanted or secret == (wanted,))
    return is_asked_the_same and published == inputs_fingerprint(settings, journey)


def ensure_key(settings: Settings) -> None:
    """Give the warehouse the secret that keys the hashes of identifiers: THROUGHLINE_ID_KEY, else one made once and kept."""
    with connect(settings) as connection:
        row = connection.execute("select secret from working.identity.key").fetchone()
        wanted = os.environ.get("THROUGHLINE_ID_KEY") or (row[0] if row else secrets.token_hex(32))
        if row is None or row[0] != wanted:
            connection.execute("delete from working.identity.key")
            connection.execute("insert into working.identity.key values (?)", [wanted])


def record_verdicts(settings: Settings, run_id: str, results: pd.DataFrame) -> None:
    """Keep the gates' results of a run; judging a gate again in the same run replaces what it said before."""
    with connect(settings) as connection:
        connection.execute("begin")
        for gate in results["gate"].unique():
            connection.execute("delete from quality.gate_results where run_id = ? and gate = ?", [run_id, gate])
        append(connection, "quality.gate_results", results)
        connection.execute("commit")


def latest_results(settings: Settings) -> pd.DataFrame:
    """The latest word of every gate: rows of quality.gate_results, none when nothing was ever judged."""
    if not settings.database.is_file():
        return pd.DataFrame(columns=["gate", "passed", "severity"])
    with connect(settings, read_only=True) as connection:
        return connection.execute(
            "select * from quality.gate_results qualify rank() over (partition by gate order by judged_at desc) = 1"
        ).df()


def verdict(settings: Settings) -> Verdict:
    """Count what fails by the latest word of every gate, by severity.

    Raises RuntimeError when no gate has ever been judged: not judged is not passed.
    """
    results = latest_results(settings)
    if results.empty:
        raise RuntimeError("no gate has been judged yet; run the whole job first")
    counts = results.loc[~results["passed"], "severity"].value_counts()
    return Verdict(int(counts.get("block", 0)), int(counts.get("withhold", 0)), int(counts.get("warn", 0)))


def as_of(settings: Settings) -> datetime | None:
    """The "now" of the build; None before there is one."""
    with connect(settings, read_only=True) as connection:
        try:
            row = connection.execute("select as_of from working.intermediate.int_clock_read").fetchone()
        except duckdb.CatalogException:
            return None
    return row[0] if row else None


def published_as_of(settings: Settings) -> datetime | None:
    """The "now" of what is published; None when nothing is."""
    if not settings.published_database.is_file():
        return None
    with duckdb.connect(str(settings.published_database), read_only=True) as connection:
        row = connection.execute(
            "select as_of from quality.publications where is_published order by finished_at desc limit 1"
        ).fetchone()
    return row[0] if row else None


def published_counts(settings: Settings) -> dict[str, int]:
    """How many rows each published table has, by full name."""
    with duckdb.connect(str(settings.published_database), read_only=True) as connection:
        rows = connection.execute("select schema_name || '.' || table_name, estimated_size from duckdb_tables()").fetchall()
    return dict(rows)


def failures(settings: Settings, severity: str) -> pd.DataFrame:
    """The rows of quality.gate_results of this severity that fail by the latest word of their gate."""
    results = latest_results(settings)
    return results[~results["passed"].astype(bool) & (results["severity"] == severity)]


def withhold(settings: Settings, columns: Mapping[str, Iterable[str]], reason: str) -> None:
    """Empty the given columns of the given tables: a number that must not be trusted is unknown, not shown.

    A column named `reasons` says why instead.
    """
    with connect(settings) as connection:
        for table, names in columns.items():
            told = f"'{quoted(reason)}'"
            assignments = ", ".join(f'"{name}" = {told if name == "reasons" else "null"}' for name in names)
            connection.execute(f"update {located(table)} set {assignments}")


def publish(settings: Settings, journey: Journey, *, run_id: str, inputs: str, finished_at: datetime) -> Path:
    """Swap the published file for a checked copy of the build, in one atomic step. Readers keep what they have open.

    Raises RuntimeError when a blocking gate of the run failed or the copy is not what a publication must be.
    """
    counted = verdict(settings)
    if not counted.is_publishable:
        raise RuntimeError(f"{counted.block_failures} blocking check(s) fail; nothing is published")
    _record_publication(settings, journey, counted, run_id=run_id, inputs=inputs, finished_at=finished_at)
    target = settings.published_database
    _swap(settings.database, target)
    return target


def refuse(settings: Settings, journey: Journey, *, run_id: str, inputs: str, finished_at: datetime, block_failures: int) -> None:
    """Write down that the run was refused, and for how many reasons. The published file is left as it is."""
    counted = Verdict(block_failures, 0, 0)
    _record_publication(settings, journey, counted, run_id=run_id, inputs=inputs, finished_at=finished_at)


def publish_quality(settings: Settings) -> Path:
    """Put the state of the data beside the published file, on every run: a refused run explains itself there too."""
    target = settings.published_database.with_name("last_run.duckdb")
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".tmp")
    fresh.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{quoted(fresh)}' as fresh (storage_version '{STORAGE}')")
        connection.execute(f"attach '{quoted(settings.database)}' as build (read_only)")
        connection.execute("create schema fresh.quality")
        tables = connection.execute(
            "select table_name from information_schema.tables where table_catalog = 'build' and table_schema = 'quality'"
        ).fetchall()
        for (name,) in sorted(tables):
            connection.execute(f'create table fresh.quality."{name}" as select * from build.quality."{name}"')
    os.replace(fresh, target)
    return target


def _record_publication(
    settings: Settings, journey: Journey, counted: Verdict, *, run_id: str, inputs: str, finished_at: datetime
) -> None:
    row = {
        "run_id": run_id,
        "finished_at": finished_at,
        "is_published": counted.is_publishable,
        "as_of": as_of(settings),
        "journey_version": journey.fingerprint,
        "inputs_fingerprint": inputs,
        "block_failures": counted.block_failures,
        "withhold_failures": counted.withhold_failures,
        "warnings": counted.warnings,
    }
    with connect(settings) as connection:
        connection.execute("begin")
        connection.execute("delete from quality.publications where run_id = ?", [run_id])
        append(connection, "quality.publications", pd.DataFrame([row]))
        connection.execute("commit")


def _swap(build: Path, target: Path) -> None:
    """Copy, check, make durable, replace."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".tmp")
    shutil.copyfile(build, fresh)
    try:
        with duckdb.connect(str(fresh), read_only=True) as connection:
            schemas = {
                name
                for (name,) in connection.execute(
                    "select distinct table_schema from information_schema.tables where table_catalog = current_catalog()"
                ).fetchall()
            }
            if schemas != set(PUBLISHED_SCHEMAS):
                raise RuntimeError(f"the build holds the schemas {sorted(schemas)}, a publication {sorted(PUBLISHED_SCHEMAS)}")
        for path in (fresh, target.parent):
            handle = os.open(path, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)
        os.replace(fresh, target)
    finally:
        fresh.unlink(missing_ok=True)
