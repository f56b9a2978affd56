"""docs/simulation.md says what simulation/rules.py says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulation import world
from simulation.leaving import QUIET_DAYS_AT_MOST
from simulation.rules import ARCHETYPES, CHANNELS, FEATURES, RULES

PAGE = (Path(__file__).parents[2] / "docs" / "simulation.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())
MINUS = "\N{MINUS SIGN}"
WORDS = {0.1: "a tenth", 0.5: "half", 9: "nine", 10: "ten"}


def signed(number: float) -> str:
    """A number as a term of the formula."""
    return f"{'+' if number > 0 else MINUS} {abs(number):.2f}"


def percent(share: float) -> str:
    """A share as the page writes it."""
    return f"{100 * share:g} %"


def test_the_effects_of_channels_are_those_of_the_rules() -> None:
    rows = re.findall(rf"^\| ([a-z ]+) \| ([+{MINUS}][0-9.]+) \|$", PAGE, flags=re.MULTILINE)
    told = {name.replace(" ", "_"): float(effect.replace(MINUS, "-")) for name, effect in rows}
    assert told == {name: channel.effect for name, channel in CHANNELS.items()}


def test_the_formula_of_leaving_is_that_of_the_rules() -> None:
    formula = (
        f"logit h = {MINUS}{-RULES.churn_base:g} "
        f"{signed(RULES.churn_by_quiet_day)} · days since the last use (at most {QUIET_DAYS_AT_MOST}) "
        f"{signed(RULES.churn_by_bad_ticket)} · tickets in a bad mood in 30 days "
        f"{signed(RULES.churn_by_failed_payment)} · invoices whose first charge failed, in 30 days "
        f"{signed(RULES.churn_by_feature)} · features ever used "
        f"{signed(RULES.churn_by_detraction)} · scored us 0 to 6 in 60 days "
        f"+ personal share (standard deviation {RULES.churn_noise:g}, seen by nobody) "
        f"{signed(RULES.play_effect)} · called in the last {RULES.play_days} days"
    )
    assert formula in TEXT


@pytest.mark.parametrize(
    "sentence",
    [
        f"in blocks of {world.BLOCK:,} prospects",
        f"growth ({percent(RULES.yearly_growth)} a year)",
        f"Each has an archetype ({', '.join(f'`{name}`' for name in ARCHETYPES)})",
        f"{percent(RULES.company_share)} work at a company; {WORDS[RULES.shared_company_share]} of those share it",
        f"cookie lives {RULES.cookie_life_days:g} days on average",
        f"{percent(RULES.shared_device_share)} of the users share a browser",
        f"under an alias ({percent(RULES.alias_share)}), a second address ({percent(RULES.second_address_share)}) "
        f"or a mistyped one ({percent(RULES.typo_share)})",
        f"never learns the id of {percent(RULES.user_id_lost_on_web_share)} of the users",
        f"the product knows {percent(RULES.legacy_id_share)} by the id of an older system",
        f"A prospect visits one to {WORDS[RULES.longest_research]} times",
        f"{percent(RULES.activation_rate)} of those who sign up are *activated*",
        f"A trial lasts {RULES.trial_days:g} days; of those that lapse, {percent(RULES.second_look_share)} come back",
        f"one long break for {WORDS[RULES.break_share]} of the people",
        f"for {percent(RULES.fading_share)} of the customers an interest that fades for good",
        f"{len(FEATURES)} core features",
        f"has been quiet for {WORDS[RULES.play_quiet_days]} days they are called, "
        f"unless they belong to the {WORDS[RULES.play_holdout_share]} that is held out",
    ],
)
def test_the_page_says_what_the_rules_say(sentence: str) -> None:
    assert sentence in TEXT
