"""Every table that Python writes, with its grain and columns. What a source's raw tables are is in sources/."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class WrittenTable:
    """One table that Python writes, with its grain, its columns (name to type) and which of these are personal.

    `trust`: what its numbers rest on, as a mart's YAML says it (decision 16); None where it is no table of numbers.
    """

    table: str
    grain: str
    columns: dict[str, str] = field(default_factory=dict)
    pii: tuple[str, ...] = ()
    trust: tuple[dict[str, object], ...] | None = None


WRITTEN_TABLES: tuple[WrittenTable, ...] = (
    WrittenTable(
        "raw.landed_files",
        "One row per file that was looked at and had to be dealt with.",
        {
            "source": "VARCHAR",
            "table_name": "VARCHAR",
            "file": "VARCHAR",
            "file_fingerprint": "VARCHAR",
            "byte_count": "BIGINT",
            "modified_at": "TIMESTAMP",
            "landed_at": "TIMESTAMP",
            "row_count": "BIGINT",
            "rejected_count": "BIGINT",
            "status": "VARCHAR",  # landed, empty, duplicate or refused
            "note": "VARCHAR",
            "landing_folder": "VARCHAR",
            "file_place": "BIGINT",  # its number in the order of files
            "id_prefix": "VARCHAR",  # what stands before the number in event ids that count up; NULL where they do not
        },
    ),
    WrittenTable(
        "raw.rejected_rows",
        "One row per rejected row of a file.",
        {
            "source": "VARCHAR",
            "table_name": "VARCHAR",
            "file": "VARCHAR",
            "line": "BIGINT",
            "column_name": "VARCHAR",
            "reason": "VARCHAR",
            "event_source": "VARCHAR",  # the system and the event the row would have been, where they can be told
            "event_type": "VARCHAR",
            "raw_row": "VARCHAR",
            "amount": "DECIMAL(18,4)",  # what the row brought in, where it can be told
            "currency": "VARCHAR",
            "is_in_cents": "BOOLEAN",  # in the currency's smallest unit
        },
        pii=("raw_row",),
    ),
    WrittenTable(
        "loads.history",
        "One row per batch: a landing with its time, or a run of dbt.",
        {"batch": "BIGINT", "landed_at": "TIMESTAMP"},
    ),
    WrittenTable(
        "loads.new_loads",
        "One row per file that landed and that not every reader has seen.",
        {"batch": "BIGINT", "source": "VARCHAR", "is_whole": "BOOLEAN"},
    ),
    WrittenTable(
        "loads.changed_keys",
        "One row per key (of an event, a combination, a person, a customer) that changed and not every reader has seen.",
        {"batch": "BIGINT", "kind": "VARCHAR", "key": "BIGINT"},
    ),
    WrittenTable(
        "loads.built",
        "One row per model: in which batch and with which checksum it was built, what it has seen, when it was last made anew.",
        {
            "model": "VARCHAR",
            "checksum": "VARCHAR",
            "built_batch": "BIGINT",
            "seen_batch": "BIGINT",
            "made_anew_batch": "BIGINT",
        },
    ),
    WrittenTable(
        "loads.definitions",
        "One row per definition that models read, with the fingerprint of its rows at the newest run of dbt.",
        {"definition": "VARCHAR", "fingerprint": "VARCHAR"},
    ),
    WrittenTable(
        "loads.attached",
        "One row per database file that sources lie in and nobody lands, as the newest run found it.",
        {"path": "VARCHAR", "stamp": "VARCHAR"},
    ),
    WrittenTable(
        "loads.suppressed",
        "One row per identifier, record or row of somebody who was erased, as a keyed hash: what must not land again.",
        {"kind": "VARCHAR", "hash": "VARCHAR", "key_print": "VARCHAR", "erased_at": "TIMESTAMP"},
    ),
    WrittenTable(
        "identity.key",
        "One row: the secret that keys the hashes of identifiers.",
        {"secret": "VARCHAR"},
    ),
    WrittenTable(
        "identity.components",
        "One row per identifier that occurs with others or alone, with the component it belongs to.",
        {"identifier_key": "BIGINT", "component_key": "BIGINT", "is_shared": "BOOLEAN"},
    ),
    WrittenTable(
        "identity.refusals",
        "One row per identifier that a guard kept from standing for a person, and row of evidence.",
        {
            "refused_key": "BIGINT",
            "kept_key": "BIGINT",
            "former_key": "BIGINT",
            "rule": "VARCHAR",
            "seen_at": "BIGINT",
            "event_id": "BIGINT",
        },
    ),
    WrittenTable(
        "identity.merges",
        "One row per time that somebody known as two persons became one.",
        {"key_from": "BIGINT", "key_to": "BIGINT", "known_at": "BIGINT", "seen_at": "BIGINT", "event_id": "BIGINT"},
    ),
    WrittenTable(
        "quality.gate_results",
        "One row per judged fact of one gate in one run.",
        {
            "run_id": "VARCHAR",
            "gate": "VARCHAR",
            "table_name": "VARCHAR",
            "subject": "VARCHAR",
            "expectation": "VARCHAR",
            "observed": "VARCHAR",
            "threshold": "VARCHAR",
            "passed": "BOOLEAN",
            "severity": "VARCHAR",
            "remedy": "VARCHAR",
            "about": "VARCHAR",  # the fact in question when it failed
            "fault_started_at": "TIMESTAMP",
            "fault_ended_at": "TIMESTAMP",
            "judgement": "VARCHAR",  # of the data or of the models
            "stands": "BOOLEAN",  # the latest word, and nothing it was about has changed since
            "judged_at": "TIMESTAMP",
        },
    ),
    WrittenTable(
        "quality.trust_ledger",
        "One row per run and published number that a gate may put in doubt: table, columns and part (a funnel, a stage set).",
        {
            "run_id": "VARCHAR",
            "table_name": "VARCHAR",
            "columns": "VARCHAR",  # NULL: all of the table
            "part": "VARCHAR",
            "state": "VARCHAR",  # trusted, warned or withheld
            "reasons": "VARCHAR",
            "gate_count": "BIGINT",
            "failed_count": "BIGINT",
            "recorded_at": "TIMESTAMP",
        },
    ),
    WrittenTable(
        "quality.erasures",
        "One row per person who was erased and raw table that lost rows.",
        {"erased_at": "TIMESTAMP", "id_hash": "VARCHAR", "table_name": "VARCHAR", "row_count": "BIGINT"},
    ),
    WrittenTable(
        "quality.publications",
        "One row per run that ended in a publication or in a refusal.",
        {
            "run_id": "VARCHAR",
            "finished_at": "TIMESTAMP",
            "is_published": "BOOLEAN",
            "as_of": "TIMESTAMP",
            "journey_version": "VARCHAR",
            "inputs_fingerprint": "VARCHAR",
            "returned_to": "VARCHAR",  # the run whose publication stands again; NULL but for a roll-back
            "block_failures": "INTEGER",
            "withhold_failures": "INTEGER",
            "warnings": "INTEGER",
        },
    ),
    WrittenTable(
        "ml.customer_segments",
        "One row per customer and model version.",
        {
            "customer_id": "BIGINT",
            "segment": "VARCHAR",
            "segment_description": "VARCHAR",
            "model_version": "VARCHAR",
            "snapshot_at": "TIMESTAMP",
        },
        trust=({"rests_on": "model:customer_segments", "withholds": ["segment", "segment_description"]},),
    ),
    WrittenTable(
        "ml.churn_scores",
        "One row per customer and snapshot.",
        {
            "customer_id": "BIGINT",
            "snapshot_at": "TIMESTAMP",
            "churn_probability": "DOUBLE",
            "route": "VARCHAR",
            "reasons": "VARCHAR",
            "model_version": "VARCHAR",
        },
        trust=({"rests_on": "model:churn", "withholds": ["churn_probability", "route"], "reason": "reasons"},),
    ),
    WrittenTable(
        "ml.stage_outlooks",
        "One row per stage set and pair of stages, with what is to be expected of who is in the first.",
        {
            "stage_set": "VARCHAR",
            "from_stage": "VARCHAR",
            "to_stage": "VARCHAR",
            "move_count": "BIGINT",
            "move_share": "DOUBLE",
            "is_absorbing": "BOOLEAN",
            "expected_visits": "DOUBLE",
            "expected_days": "DOUBLE",
            "absorption_probability": "DOUBLE",
            "age_days": "BIGINT",
            "predicted_share": "DOUBLE",
            "observed_count": "BIGINT",
            "observed_share": "DOUBLE",
            "observed_low": "DOUBLE",
            "observed_high": "DOUBLE",
            "is_borne_out": "BOOLEAN",
            "homogeneity_p_value": "DOUBLE",
        },
        trust=(
            {
                "rests_on": "stage_set",
                "part": "stage_set",
                "withholds": [
                    "move_count",
                    "move_share",
                    "expected_visits",
                    "expected_days",
                    "absorption_probability",
                    "predicted_share",
                    "observed_count",
                    "observed_share",
                    "observed_low",
                    "observed_high",
                    "is_borne_out",
                    "homogeneity_p_value",
                ],
            },
        ),
    ),
    WrittenTable(
        "ml.model_runs",
        "One row per trained model.",
        {
            "model": "VARCHAR",
            "model_version": "VARCHAR",
            "trained_at": "TIMESTAMP",
            "train_start_at": "TIMESTAMP",
            "train_end_at": "TIMESTAMP",
            "test_start_at": "TIMESTAMP",
            "test_end_at": "TIMESTAMP",
            "row_count": "BIGINT",
            "positive_count": "BIGINT",
            "auc": "DOUBLE",
            "auc_low": "DOUBLE",
            "auc_high": "DOUBLE",
            "brier": "DOUBLE",
            "log_loss": "DOUBLE",
            "ece": "DOUBLE",
            "baseline_name": "VARCHAR",
            "baseline_auc": "DOUBLE",
            "journey_version": "VARCHAR",
            "notes": "VARCHAR",
        },
        trust=(),  # it says itself how far a model may be trusted
    ),
)
