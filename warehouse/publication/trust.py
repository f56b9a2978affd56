"""The trust ledger: which published numbers rest on what the gates found wrong, and what becomes of them.

A gate says what a failure is about (an event type, a system, a funnel, who is who …); `quality.trust_scopes` says which of these
facts the numbers of a funnel, a stage set or a model rest on; here stands which published table shows which of them. A number
that rests on a failed fact is `warned` or, where the gate's severity says so, `withheld`: published as NULL, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from warehouse.connection import connect
from warehouse.settings import Settings

MOST_REASONS = 5  # told beside one number; the gates' results have them all

# When the last of a period's entrants has had their time.
FUNNEL_PERIOD_END = """period_start
    + case grain when 'day' then interval 1 day when 'week' then interval 7 day else interval 1 month end
    + to_days(coalesce((select ceil(window_days)::int from journey.funnels where funnels.funnel = shown.funnel), 36500))"""


@dataclass(frozen=True)
class Numbers:
    """Numbers of one published table that rest on the same facts.

    `scope` is one of quality.trust_scopes, `part` the column that says which of its parts a row belongs to; `columns` are
    emptied when a fact is withheld (records, which are no numbers, have none); `where` picks rows. `starts`, `ends` are SQL for
    the time a row is about: what was wrong at another time does not touch it. `reason` is a column of the table's own for why.
    """

    table: str
    scope: str
    columns: tuple[str, ...] = ()
    part: str | None = None
    where: str = "true"
    starts: str = "null::timestamp"
    ends: str = "null::timestamp"
    reason: str | None = None


# What a report about events rests on, and what one about a stage set: scope, part, rows.
LEVELS: tuple[tuple[str, str | None, str], ...] = (
    ("events", None, "level = 'event_type'"),
    ("stage_set", "stage_set", "level = 'stage'"),
)

NUMBERS: tuple[Numbers, ...] = (
    *(Numbers(f"marts.{name}", "events") for name in ("fct_events", "fct_sessions", "dim_customers")),
    Numbers("marts.dim_customers", "revenue", ("revenue_amount",)),
    *(Numbers(f"marts.{name}", "identity") for name in ("dim_identities", "fct_identity_changes")),
    Numbers("marts.fct_ad_days", "ads"),
    Numbers("marts.fct_stage_intervals", "stage_set", part="stage_set"),
    Numbers(
        "marts.rpt_funnel_steps",
        "funnel",
        (
            *("entered_count", "reached_count", "mature_entered_count", "mature_reached_count"),
            *("conversion_rate", "conversion_low", "conversion_high", "estimated_rate", "estimated_low", "estimated_high"),
            *("median_hours", "p95_hours"),
        ),
        part="funnel",
        starts="period_start",
        ends=FUNNEL_PERIOD_END,
    ),
    Numbers(
        "marts.rpt_conformance",
        "stage_set",
        ("customer_count", "total_count", "share", "share_low", "share_high", "fitness"),
        part="stage_set",
    ),
    Numbers(
        "marts.rpt_friction",
        "funnel",
        ("from_count", "lost_count", "lost_rate", "lost_low", "lost_high", "lost_revenue_amount", "median_hours"),
        part="funnel",
    ),
    Numbers("marts.rpt_friction", "revenue", ("lost_revenue_amount",)),
    Numbers("marts.rpt_stage_occupancy", "stage_set", ("customer_count",), part="stage_set"),
    Numbers("marts.rpt_stage_occupancy", "revenue", ("revenue_amount",)),
    *(
        Numbers(
            "marts.rpt_transitions",
            scope,
            ("transition_count", "customer_count", "share", "median_hours", "p95_hours"),
            part=part,
            where=where,
        )
        for scope, part, where in LEVELS
    ),
    Numbers("marts.rpt_step_matrix", "events", ("share", "customer_count", "path_count")),
    Numbers(
        "marts.rpt_exits",
        "events",
        (
            *("customer_count", "reach_rate", "visit_count", "exit_count"),
            *("exit_rate", "exit_low", "exit_high", "weight", "exit_rank"),
        ),
    ),
    *(
        Numbers("marts.rpt_paths", scope, ("customer_count", "share", "median_hours"), part=part, where=where)
        for scope, part, where in LEVELS
    ),
    Numbers("marts.rpt_paths", "events", ("converted_count", "conversion_rate", "conversion_low", "conversion_high")),
    Numbers("marts.rpt_paths", "revenue", ("revenue_amount",)),
    *(
        Numbers(
            "marts.rpt_comparisons",
            scope,
            (
                *("left_count", "left_total", "right_count", "right_total", "left_rate", "right_rate"),
                *("difference", "difference_low", "difference_high", "p_value", "is_significant"),
            ),
            part=part,
            where=where,
        )
        for scope, part, where in (
            ("events", None, "level = 'event_type'"),
            ("stage_set", "part", "level = 'stage'"),
            ("funnel", "part", "measure = 'funnel'"),
        )
    ),
    Numbers(
        "marts.rpt_pre_churn",
        "events",
        (
            *("pair_count", "churned_count", "control_count", "churned_rate", "control_rate"),
            *("difference", "difference_low", "difference_high"),
        ),
    ),
    Numbers(
        "marts.rpt_velocity",
        "stage_set",
        (
            *("customer_count", "arrived_count", "censored_count", "median_hours", "median_low_hours", "median_high_hours"),
            *("p95_hours", "p95_low_hours", "p95_high_hours", "arrived_median_hours", "arrived_p95_hours"),
        ),
        part="stage_set",
    ),
    # What began before a fault may end in it; what began after it does not.
    Numbers(
        "marts.rpt_conversion_times",
        "funnel",
        (
            *("customer_count", "converted_count", "censored_count", "converted_share"),
            *("conversion_rate", "conversion_low", "conversion_high"),
            *("median_hours", "median_low_hours", "median_high_hours", "p95_hours", "arrived_median_hours", "arrived_p95_hours"),
        ),
        part="funnel",
        starts="period_start",
    ),
    Numbers(
        "marts.rpt_retention",
        "pulse",
        ("customer_count", "at_risk_count", "lost_count", "retention_rate", "retention_low", "retention_high"),
        starts="cohort_month",
    ),
    Numbers(
        "marts.rpt_tenure",
        "pulse",
        (
            *("at_risk_count", "lost_count", "hazard_rate", "hazard_low", "hazard_high"),
            *("survival_rate", "survival_low", "survival_high", "restricted_mean_days"),
        ),
    ),
    Numbers("marts.rpt_lifetime_value", "events", ("customer_count", "converted_count"), starts="cohort_month"),
    Numbers(
        "marts.rpt_lifetime_value",
        "revenue",
        ("revenue_amount", "revenue_per_customer", "revenue_per_customer_low", "revenue_per_customer_high"),
        starts="cohort_month",
    ),
    Numbers(
        "marts.rpt_first_touches",
        "events",
        (
            *("customer_count", "share", "converted_count", "mature_count", "mature_converted_count"),
            *("conversion_rate", "conversion_low", "conversion_high"),
        ),
    ),
    Numbers("marts.rpt_first_touches", "revenue", ("revenue_amount",)),
    Numbers("marts.rpt_segments", "model:customer_segments", ("customer_count", "share")),
    Numbers("marts.rpt_segments", "model:churn", ("churn_probability",)),
    Numbers("marts.rpt_segments", "revenue", ("revenue_amount",)),
    Numbers(
        "ml.stage_outlooks",
        "stage_set",
        (
            *("move_count", "move_share", "expected_visits", "expected_days", "absorption_probability", "predicted_share"),
            *("observed_count", "observed_share", "observed_low", "observed_high", "is_borne_out", "homogeneity_p_value"),
        ),
        part="stage_set",
    ),
    Numbers("ml.customer_segments", "model:customer_segments", ("segment", "segment_description")),
    Numbers("ml.churn_scores", "model:churn", ("churn_probability", "route"), reason="reasons"),
)

# A model rests on all events, and on what the gates say of itself.
_SCOPES = """
    create or replace temp table scopes as
    select scope, part, fact from quality.trust_scopes
    union all
    select models.model, null, trust_scopes.fact
    from quality.trust_scopes cross join (select unnest($models) as model) as models
    where trust_scopes.scope = 'events'
    union all
    select model, null, model from (select unnest($models) as model)
"""
# The reasons in one text, a line each, and how many more there are.
_REASONS = f"""
    array_to_string(list(distinct failing.reason order by failing.reason)[1:{MOST_REASONS}], chr(10))
    || case
        when count(distinct failing.reason) > {MOST_REASONS}
            then chr(10) || 'and ' || (count(distinct failing.reason) - {MOST_REASONS}) || ' more'
        else ''
    end
"""
_FAILING = """
    create or replace temp table failing as
    select
        scopes.scope,
        scopes.part,
        results.severity,
        results.fault_started_at,
        results.fault_ended_at,
        results.gate || ': ' || results.subject || ': ' || coalesce(results.observed, 'unknown')
            || coalesce(' (allowed ' || results.threshold || ')', '') as reason
    from scopes
    inner join quality.gate_results as results on scopes.fact = results.about
    where results.stands and not results.passed
"""


def record(settings: Settings, *, run_id: str, recorded_at: datetime) -> dict[str, int]:
    """Write down the state of every published number of a run in quality.trust_ledger; how many are in which state."""
    with connect(settings) as connection:
        _find_failing(connection)
        connection.execute("begin")
        connection.execute("delete from quality.trust_ledger where run_id = ?", [run_id])
        for numbers in NUMBERS:
            connection.execute(
                f"""
                insert into quality.trust_ledger by name
                with judged as (
                    select scopes.part, count(*) as gate_count
                    from scopes inner join quality.gate_results as results on scopes.fact = results.about
                    where results.stands and scopes.scope = $scope
                    group by scopes.part
                ),
                parts as (select part from scopes where scope = $scope group by part)
                select
                    $run_id as run_id, $table as table_name, $columns as columns, parts.part,
                    case
                        when count(failing.reason) = 0 then 'trusted'
                        when bool_or(failing.severity = 'withhold') then 'withheld' else 'warned'
                    end as state,
                    {_REASONS} as reasons,
                    coalesce(any_value(judged.gate_count), 0) as gate_count,
                    count(failing.reason) as failed_count,
                    $recorded_at as recorded_at
                from parts
                left join judged on parts.part is not distinct from judged.part
                left join failing on failing.scope = $scope and parts.part is not distinct from failing.part
                group by parts.part
                """,
                {
                    "run_id": run_id,
                    "scope": numbers.scope,
                    "table": numbers.table,
                    "columns": ", ".join(numbers.columns) or None,
                    "recorded_at": recorded_at,
                },
            )
        connection.execute("commit")
        states = connection.execute(
            "select state, count(*) from quality.trust_ledger where run_id = ? group by state order by state", [run_id]
        ).fetchall()
    return dict(states)


def _find_failing(connection: duckdb.DuckDBPyConnection) -> None:
    models = sorted({numbers.scope for numbers in NUMBERS if numbers.scope.startswith("model:")})
    connection.execute(_SCOPES, {"models": models})
    connection.execute(_FAILING)


def stamp(connection: duckdb.DuckDBPyConnection) -> None:
    """In a copy that is about to be published, give every report table `trust_state` and `trust_reason`, and withhold.

    The build itself keeps what was computed.
    """
    _find_failing(connection)
    tables = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where schema_name = 'marts' and table_name like 'rpt%'"
    ).fetchall()
    for (table,) in tables:
        connection.execute(f"alter table {table} add column trust_state varchar default 'trusted'")
        connection.execute(f"alter table {table} add column trust_reason varchar")
    there = {name for (name,) in connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()}
    for numbers in NUMBERS:
        if numbers.table in there:
            _stamp_numbers(connection, numbers, is_report=(numbers.table,) in tables)


def _stamp_numbers(connection: duckdb.DuckDBPyConnection, numbers: Numbers, *, is_report: bool) -> None:
    of_row = f"""
        from failing
        where
            failing.scope = '{numbers.scope}'
            and ({"true" if numbers.part is None else f"failing.part = shown.{numbers.part}"})
            and coalesce({numbers.starts} < failing.fault_ended_at, true)
            and coalesce({numbers.ends} > failing.fault_started_at, true)
    """
    rows = f"where {numbers.where} and exists (select 1 {of_row}"
    if is_report:
        connection.execute(f"""
            update {numbers.table} as shown
            set
                trust_state = case
                    when trust_state = 'withheld' or exists (select 1 {of_row} and failing.severity = 'withhold')
                        then 'withheld' else 'warned'
                end,
                trust_reason = concat_ws(chr(10), trust_reason, (select {_REASONS} {of_row}))
            {rows})
        """)
    emptied = dict.fromkeys(numbers.columns, "null")
    if numbers.reason:
        emptied[numbers.reason] = f"(select 'withheld: ' || {_REASONS} {of_row} and failing.severity = 'withhold')"
    if emptied:
        assignments = ", ".join(f"{name} = {value}" for name, value in emptied.items())
        connection.execute(f"update {numbers.table} as shown set {assignments} {rows} and failing.severity = 'withhold')")
