"""The first step: files and definitions become raw tables, and it is decided whether there is anything to do."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from dagster import (
    AssetExecutionContext,
    AssetObservation,
    AssetsDefinition,
    AssetSpec,
    Config,
    FreshnessPolicy,
    MaterializeResult,
    multi_asset,
)
from pydantic import Field

from orchestration.catalogue import DEFINITIONS, counted, key, landed, placed, written
from orchestration.clock import now
from orchestration.manifest import attached_files
from orchestration.pages import write_pages
from orchestration.progress import say, stopped, told_plainly, warn
from orchestration.resources import Home
from simulation.demo import write_demo
from warehouse import connection
from warehouse.definitions.journey import JOURNEY_TABLES
from warehouse.files import printable
from warehouse.landing import attached, landing, loads
from warehouse.publication import publishing, verdicts
from warehouse.settings import UserError
from warehouse.sources import RAW_TABLES, SOURCES

SETTLE_SECONDS = 2  # a file younger than this is looked at twice, in case somebody is still writing it
BOOKS = ("raw.landed_files", "raw.rejected_rows", "identity.key")
OUTCOME = "throughline/outcome"  # the tag of a run in which there was nothing to do
NOTHING_NEW = "nothing new since the last publication; it stands"


class LandConfig(Config):
    """What a run may be told."""

    as_of: str = Field(
        "", description='The "now" of the run, an ISO timestamp (a schedule passes its tick); else the settings\'.'
    )
    full: bool = Field(default=False, description="Make every table anew, also when nothing is new.")


def land_step(freshness: FreshnessPolicy) -> AssetsDefinition:
    """The step `land`; `freshness` says when a source is overdue."""
    definitions = AssetSpec(
        DEFINITIONS,
        description="The journey file as tables: " + ", ".join(f"`journey.{name}`" for name in JOURNEY_TABLES) + ".",
        kinds={"python", "yaml"},
        skippable=True,
    )

    @multi_asset(
        name="land",
        specs=[
            *(landed(source, freshness) for source in SOURCES.values()),
            *(written(table, "duckdb", skippable=True) for table in BOOKS),
            placed(definitions),
        ],
        description="Files and definitions become tables. When nothing is new, nothing is handed on and the run ends here.",
    )
    def land(context: AssetExecutionContext, config: LandConfig, home: Home) -> Iterator[MaterializeResult[None]]:
        with told_plainly():
            settings, journey = home.settings, home.journey
            if settings.known_until and settings.home.parent.name != "known":
                raise UserError(
                    "A past moment is built in a home of its own: call make run KNOWN_AT=…, and unset THROUGHLINE_KNOWN_AT here."
                )
            if settings.is_demo and not any(settings.landing.glob("*/*")):
                write_demo(settings.landing, settings.home / "truth")
            requested = datetime.fromisoformat(config.as_of) if config.as_of else None
            settle = 0 if settings.is_demo else SETTLE_SECONDS
            found = landing.land(settings, journey, now=now(), requested_as_of=requested, settle_seconds=settle)
            publishing.ensure_key(settings)
            beside = attached_files(settings)
            attached.note(settings, beside)
        publishing.note_publication(settings)
        verdicts.forget_unfinished(settings)
        for warning in [*found.warnings, *filter(None, [publishing.left_out(settings)])]:
            warn(context, warning)
        for file in found.files:
            if file.note and file.status != "refused":
                warn(context, f"{printable(file.file)}: {file.note}")
        inputs = publishing.inputs_fingerprint(settings, journey)
        if found.refused:
            run_id, count = context.run.run_id, len(found.refused)
            publishing.refuse(settings, journey, run_id=run_id, inputs=inputs, finished_at=now(), block_failures=count)
            publishing.publish_quality(settings)
            write_pages(settings, journey, context.run.run_id, is_published=False, stopped_at_landing=True)
            listing = "\n".join(f"  {printable(file.file)}: {file.note}" for file in found.refused)
            raise stopped(f"{len(found.refused)} file(s) cannot be landed; nothing was built or published.\n{listing}")
        if not config.full and publishing.published_inputs(settings) == inputs:
            say(context, NOTHING_NEW)
            context.log_event(AssetObservation(key("quality.publications"), description=NOTHING_NEW.capitalize()))
            context.instance.add_run_tags(context.run.run_id, {OUTCOME: "nothing new"})
            return
        held = connection.row_counts(settings, [raw.table for raw in RAW_TABLES])
        if not beside and (lack := landing.eventless(held)):
            raise stopped(f"{lack} Nothing was built or published.")
        verdicts.void(settings, verdicts.DATA, verdicts.MODELS)
        reason = loads.why_anew(settings, is_asked=config.full)
        how = f"everything is built: {reason}" if reason else "what they touch is built again"
        say(context, f"{len(found.files)} new file(s), {sum(held.values()):,} rows held; {how}")
        new_files = Counter(file.source for file in found.files)
        for source in SOURCES.values():
            rows = sum(held.get(raw.table, 0) for raw in source.tables)
            metadata = counted(rows) | {"new_files": new_files[source.name]}
            yield MaterializeResult(asset_key=key(f"raw.{source.name}"), metadata=metadata)
        books = connection.row_counts(settings, [*BOOKS, *(f"journey.{name}" for name in JOURNEY_TABLES)])
        for table in BOOKS:
            yield MaterializeResult(asset_key=key(table), metadata=counted(books.pop(table)))
        metadata = counted(sum(books.values())) | {"journey_version": journey.fingerprint}
        yield MaterializeResult(asset_key=DEFINITIONS, metadata=metadata)

    return land
