"""The last steps: what was built and let pass becomes what BI reads, and the pages are drawn from it."""

from dagster import AssetExecutionContext, MaterializeResult, MetadataValue, multi_asset

from ml.registry import MODELS
from orchestration.catalogue import counted, written
from orchestration.clock import now
from orchestration.pages import write_pages
from orchestration.progress import say, warn
from orchestration.resources import Home
from orchestration.steps.gates import require_green
from warehouse import connection
from warehouse.publication import publishing, verdicts

PUBLICATIONS = "quality.publications"


@multi_asset(
    specs=[
        written(
            PUBLICATIONS,
            "duckdb",
            deps=[
                *("quality.rpt_model_discrimination", "marts.rpt_segments", "ml.stage_outlooks"),
                *(f"ml.{model.output}" for model in MODELS),
            ],
        )
    ]
)
def publish(context: AssetExecutionContext, home: Home) -> MaterializeResult[None]:
    """Swap the published file for the audited build, its numbers stamped with the state they are in."""
    settings, journey = home.settings, home.journey
    require_green(settings, "publish", verdicts.DATA, verdicts.MODELS)
    for failure in verdicts.failures(settings, "withhold").itertuples():
        reason = f"{failure.subject}, {failure.expectation}: {failure.observed} (allowed {failure.threshold})"
        warn(context, f"withheld: what rests on {reason}")
    inputs = publishing.inputs_fingerprint(settings, journey)
    states = publishing.publish(settings, journey, run_id=context.run.run_id, inputs=inputs, finished_at=now())
    path = settings.published_database
    size = path.stat().st_size
    numbers = ", ".join(f"{count} {state}" for state, count in states.items() if state != "trusted")
    say(context, f"{size / 2**20:,.1f} MiB; {sum(states.values())} groups of numbers, {numbers or 'all trusted'}")
    rows = connection.row_counts(settings, [PUBLICATIONS])[PUBLICATIONS]
    files = {"path": MetadataValue.path(str(path)), "bytes": size}
    return MaterializeResult(metadata=counted(rows) | files | {f"{state}_numbers": count for state, count in states.items()})


@multi_asset(
    specs=[
        written(
            "reports.pages", "html", deps=[PUBLICATIONS], description="The data-quality page, the journey page and their index."
        )
    ]
)
def report(context: AssetExecutionContext, home: Home) -> MaterializeResult[None]:
    """Draw the pages of what is published."""
    settings = home.settings
    write_pages(settings, home.journey, context.run.run_id, is_published=True)
    publishing.publish_quality(settings)
    say(context, "index, data quality, journey")
    return MaterializeResult(metadata={"index": MetadataValue.path(str(settings.reports / "index.html"))})
