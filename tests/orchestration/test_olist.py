"""The example journey on the real marketplace: the figures that are known of these data come out, and the one fault is reported.

THROUGHLINE_OLIST names the folder that holds `olist/`. The rows are licensed to their users, so they are not in the project.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.orchestration.conftest import PROJECT, Home

FOLDER = os.environ.get("THROUGHLINE_OLIST")
pytestmark = pytest.mark.skipif(not FOLDER, reason="THROUGHLINE_OLIST names no folder with the Olist files")

WON_BY_ORIGIN = {
    "organic_search": 271,
    "paid_search": 195,
    "unknown": 179,
    "social": 75,
    "direct_traffic": 56,
    "referral": 24,
    "email": 15,
    None: 14,
}


@pytest.fixture(scope="module")
def olist(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("olist"), Path(FOLDER or ""), PROJECT / "warehouse" / "examples" / "olist.yml")
    done = home.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is no known source and was left alone" in done.stdout or [child.name for child in home.landing.iterdir()] == ["olist"]
    return home


def test_the_seller_funnel_is_what_is_known_of_it(olist: Home) -> None:
    steps = olist.ask("select milestone, reached_count from marts.rpt_funnel_steps where grain = 'all' and dimension = 'all'")
    reached = steps.set_index("milestone")["reached_count"]
    assert (reached["lead"], reached["won_deal"], reached["first_sale"]) == (8000, 841, 309)


def test_won_deals_by_origin_keep_the_missing_one_apart_from_the_literal_unknown(olist: Home) -> None:
    won = olist.ask("select channel, count(*) as n from marts.fct_events where event_type = 'deal_won' group by channel")
    origins = won["channel"].astype(object).where(won["channel"].notna(), None)
    counts: dict[str | None, int] = dict(zip(origins, won["n"].astype(int), strict=True))
    assert sum(counts.values()) == 842
    assert {origin: counts[origin] for origin in WON_BY_ORIGIN} == WON_BY_ORIGIN
    missing = olist.ask(
        "select entered_count, reached_count from marts.rpt_funnel_steps "
        "where grain = 'all' and dimension = 'channel' and dimension_value is null and milestone = 'won_deal'"
    )
    assert missing.to_numpy().tolist() == [[60, 14]]


def test_the_deal_won_before_its_first_contact_is_reported_and_kept(olist: Home) -> None:
    order = olist.ask("select * from quality.rpt_milestone_order where milestone = 'won_deal'").iloc[0]
    assert (order["customer_count"], order["out_of_order_count"]) == (842, 1)
    failed = olist.ask("select severity from quality.gate_results where gate = 'milestone_order' and not passed")
    assert failed["severity"].tolist() == ["warn"]


def test_the_gated_hop_passes_and_the_outcome_is_measured_only(olist: Home) -> None:
    rates = olist.ask("select right_side, left_ids, matched_ids, severity from quality.rpt_id_match_rates order by matched_ids")
    assert rates.to_numpy().tolist() == [
        ["olist.sellers", 842, 380, "outcome"],
        ["olist.marketing_qualified_leads", 842, 842, "block"],
    ]
    judged = olist.ask("select subject, passed from quality.gate_results where gate = 'id_match_rates'")
    assert judged.to_numpy().tolist() == [["olist.closed_deals → olist.marketing_qualified_leads on crm_id", True]]


def test_sellers_and_leads_are_joined_by_the_deal_alone(olist: Home) -> None:
    assert olist.ask("select count(distinct person_id) as n from marts.dim_identities")["n"].item() == 8000 + 3095 - 380


def test_an_export_that_ended_does_not_make_every_seller_silent(olist: Home) -> None:
    now = olist.ask("select stage, customer_count from marts.rpt_stage_occupancy").set_index("stage")["customer_count"]
    assert min(now["selling"], now["established"], now["silent"]) > 100
    newest = olist.ask("select max(snapshot_at) as at from ml.churn_scores")["at"].item()
    assert str(newest)[:10] == "2018-08-30"  # the sales end on the 29th, two and a half months before the last deal


def test_the_churn_model_is_judged_on_later_snapshots_beside_its_baseline(olist: Home) -> None:
    run = olist.ask("select * from ml.model_runs where model = 'churn'").iloc[0]
    assert run["train_end_at"] < run["test_start_at"]
    assert 0.6 < run["baseline_auc"] < run["auc_low"] < run["auc"] < 0.9
