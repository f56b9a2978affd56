"""`make run`: the job `journey` for a person at a terminal: settings checked, one line per step, and in the end what there is."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING

import duckdb

from orchestration.dbt_process import MANIFEST, dbt_process, is_stale, target_of
from warehouse.definitions.journey import Journey, load_journey
from warehouse.files import ReadableLog, readable
from warehouse.home import Busy, at_work
from warehouse.landing import landing
from warehouse.landing.recall import recall
from warehouse.publication import code, publishing, verdicts
from warehouse.settings import Settings, UserError

if TYPE_CHECKING:
    from dagster import DagsterEvent

# What a new home's Dagster begins with. The file is its owner's from then on: PostgreSQL storage and the like are set there.
DAGSTER_YAML = """\
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
freshness:
  enabled: true
nux:
  enabled: false
"""


# What the words of an engine or of the system mean for whoever started the run.
MEANINGS = (
    (
        ("No space left", "Disk quota exceeded", "File too large", "disk I/O error", "disk is full"),
        "The disk is full: free some space and run again.",
    ),
    (
        ("Read-only file system", "Permission denied"),
        "The home may not be written: give this user leave, or set THROUGHLINE_HOME.",
    ),
    (
        ("Not a directory", "File exists"),
        "THROUGHLINE_HOME is no folder: name one, or one that can be made.",
    ),
    (
        ("Out of Memory", "Cannot allocate memory"),
        "The memory is used up: end other programs, or set THROUGHLINE_MEMORY, and run again.",
    ),
)
LONGEST_REASON = 20  # lines


def main(arguments: list[str] | None = None) -> int:
    """Run the job once; returns the exit code: 0 published or nothing to do, 1 stopped or refused, 2 wrong settings."""
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--full", action="store_true", help="make every table anew, also when nothing is new")
    parser.add_argument("--known-at", metavar="MOMENT", help="build what was known at a past moment, in a home of its own")
    options = parser.parse_args(arguments)
    if options.known_at:
        os.environ["THROUGHLINE_KNOWN_AT"] = options.known_at
    with contextlib.ExitStack() as alone:
        try:
            settings = Settings.from_environment()
            journey = load_journey(settings.journey_path)
            if not settings.is_demo:
                landing.look(settings)
            alone.enter_context(at_work(settings.home, "make run"))
            if settings.known_until:
                settings = recall(settings, settings.known_until)
                alone.enter_context(at_work(settings.home, "make run KNOWN_AT"))
                os.environ |= {"THROUGHLINE_HOME": str(settings.home), "THROUGHLINE_LANDING": str(settings.landing)}
            prepare_home(settings)
        except UserError as error:
            print(f"✗ {readable(str(error))}", file=sys.stderr)
            return 1 if isinstance(error, Busy) else 2
        except OSError as error:
            print(f"✗ {meant(str(error))}", file=sys.stderr)
            return 2
        return _run(settings, journey, full=options.full)


def _run(settings: Settings, journey: Journey, *, full: bool) -> int:
    """The run itself, alone at the home."""
    source = "the demo company's exports" if settings.is_demo else str(settings.landing)
    if settings.known_until:
        source += f" as known at {settings.known_until:%Y-%m-%d %H:%M} UTC"
    print(f"Throughline · journey {journey.journey.name} ({journey.fingerprint}) · reading {source}", flush=True)
    began = time.monotonic()
    if not full and _is_current(settings, journey):
        print("  ✓ nothing new: files, definitions and code are those of the last publication (FULL=1 builds all the same)")
        if not code.are_pages_of_now(settings):
            from orchestration.pages import write_published_pages  # a second of imports that is seldom needed

            write_published_pages(settings)
            print("  ✓ the pages are drawn anew: how they look has changed")
        print(_closing_words(settings, True, time.monotonic() - began))
        return 0
    try:
        is_green = _execute(settings, full=full)
    except Exception as error:  # Dagster cannot write down what happened either: a full disk, a home that is gone
        if _is_verbose():
            raise
        print(f"\n✗ The run broke off. {meant(str(error) or type(error).__name__)}", file=sys.stderr)
        return 1
    with contextlib.suppress(UserError):  # another program has the warehouse open; its message stands above
        print(_closing_words(settings, is_green, time.monotonic() - began))
    return 0 if is_green else 1


def prepare_home(settings: Settings) -> None:
    """Make the home, and for a Dagster that is not told otherwise by DAGSTER_HOME its folder in it."""
    dagster_home = settings.home / "dagster"
    settings.home.mkdir(mode=0o711, parents=True, exist_ok=True)
    dagster_home.mkdir(mode=0o700, exist_ok=True)
    if not (dagster_home / "dagster.yaml").exists():
        (dagster_home / "dagster.yaml").write_text(DAGSTER_YAML, encoding="utf-8")
    os.environ.setdefault("DAGSTER_HOME", str(dagster_home))


def _is_current(settings: Settings, journey: Journey) -> bool:
    """Whether there is anything to do, told before seconds of imports. What is in the way is the run's to tell."""
    try:
        return settings.landing.is_dir() and publishing.is_current(settings, journey)
    except (UserError, duckdb.Error):
        return False


def _execute(settings: Settings, *, full: bool) -> bool:
    """The job in this process. Unless VERBOSE is set, what dbt and Dagster print goes to a log file of the run."""
    is_verbose = _is_verbose()
    log = settings.home / "logs" / "last_run.log"
    with contextlib.ExitStack() as stack:
        if not is_verbose:
            quiet = stack.enter_context(ReadableLog(log.open("wb"), encoding="utf-8", line_buffering=True))
            stack.enter_context(contextlib.redirect_stdout(quiet))
            stack.enter_context(contextlib.redirect_stderr(quiet))
        dbt = dbt_process(settings.home)  # its imports and its parsing, while this process has its own
        from dagster import DagsterInstance  # here, not on top: wrong settings are told before seconds of imports

        if is_stale(target_of(settings.home) / MANIFEST):
            dbt.wait_until_parsed()
        from orchestration.definitions import build_defs

        config = {"ops": {"land": {"config": {"full": full}}}}
        if not is_verbose:
            config["loggers"] = {"progress": {}}
        with DagsterInstance.get() as instance:
            result = (
                build_defs()
                .resolve_job_def("journey")
                .execute_in_process(run_config=config, instance=instance, raise_on_error=False)
            )
            failure = next((event for event in result.all_events if event.is_step_failure), None)
    if failure is not None:
        print(f"\n{_reason(failure)}", file=sys.stderr)
        if not is_verbose:
            print(f"\nThe whole log: {log}", file=sys.stderr)
    return bool(result.success)


def _is_verbose() -> bool:
    return os.environ.get("VERBOSE", "") not in ("", "0")


def _reason(failure: DagsterEvent) -> str:
    """What the person should know of a failed step."""
    data = failure.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return f"✗ {meant(data.user_failure_data.description)}"
    error = data.error
    while error and error.cause:
        error = error.cause
    if error and error.cls_name == "DagsterAssetCheckFailedError":
        return "✗ The gates are red: what depends on the checks above was not built, and nothing was published."
    if error and error.cls_name == "UserError":
        return f"✗ {readable(error.message.partition('UserError: ')[2].strip())}"
    why = error.message.strip() if error else "unknown reason"
    return f"✗ {meant(f'Step {failure.step_key} failed: {why}')}"


def meant(message: str) -> str:
    """A message on one screen, after what it means where that is known."""
    lines = readable(message).splitlines()
    shown = "\n".join([*lines[:LONGEST_REASON], "…"] if len(lines) > LONGEST_REASON else lines)
    meaning = next((meaning for words, meaning in MEANINGS if any(word in message for word in words)), None)
    return f"{meaning}\n{shown}" if meaning else shown


def _closing_words(settings: Settings, is_green: bool, seconds: float) -> str:
    """What was built, how the gates spoke, and where to look."""
    lines = [""]
    index = settings.reports / "index.html"
    results = verdicts.standing(settings)
    if len(results):
        failed = results[~results["passed"]]
        by_severity = ", ".join(f"{count} {severity}" for severity, count in failed["severity"].value_counts().items())
        lines.append(
            f"  gates      {len(results) - len(failed)} passed, {len(failed)} failed{f' ({by_severity})' if by_severity else ''}"
        )
        lines += [
            f"             {row.remedy}" for row in failed[failed["severity"] == "block"].drop_duplicates("gate").itertuples()
        ]
    as_of = publishing.published_as_of(settings)
    if as_of and is_green:
        counts = publishing.published_counts(settings)
        events, customers = counts.get("marts.fct_events", 0), counts.get("marts.dim_customers", 0)
        lines.append(f"  built      {len(counts)} published tables: {events:,} events of {customers:,} customers")
    if as_of:
        state = "published " if is_green else "still there"
        lines.append(f"  {state:<10} {settings.published_database}  (as of {as_of:%Y-%m-%d %H:%M} UTC)")
    elif not is_green:
        lines.append("  published  nothing yet")
    if index.is_file():
        lines.append(f"  pages      {index}")
    if not is_green and index.is_file():
        lines.append(f"  why        {settings.reports / 'data_quality.html'}")
    lines.append(f"  {'✓ done' if is_green else '✗ stopped'} in {seconds:.0f} s")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
