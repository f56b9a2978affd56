"""The rules of the world: every number that is planted to be found again, in one place.

Here belong odds, rates, effects and rhythms, and nothing that draws from them. Rates are fractions, durations days, effects
log-odds. docs/simulation.md explains them; the truth folder of every world repeats them as `rules.json`. What only gives things
a natural shape, like the minutes that a form takes, stands where it is drawn.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple


class Channel(NamedTuple):
    """Where visits come from: of first visits, of later ones; and what having been touched by it does to signing up."""

    first_share: float
    return_share: float
    effect: float


class Archetype(NamedTuple):
    """A way to go through the journey, the same from the first visit to the last use."""

    share: float
    one_more_visit: float  # the odds of each further visit before deciding
    demo_rate: float  # of those who sign up
    trial_lift: float
    trial_lag_days: float
    daily_rate: float  # active days per day
    feature_count: float  # uses on an active day
    breadth: float  # 0: always the same few features, 1: all alike
    seats: float


class Campaign(NamedTuple):
    """A campaign and what a click on it costs."""

    name: str
    channel: str
    platform: str | None
    share: float  # of its channel's visits
    cost_cents: float = 0.0
    clicked: float = 0.0  # of those who see it


CHANNELS = {
    "organic_search": Channel(0.30, 0.25, 0.35),
    "paid_search": Channel(0.20, 0.10, 0.25),
    "paid_social": Channel(0.12, 0.06, -0.35),
    "organic_social": Channel(0.08, 0.06, -0.20),
    "referral": Channel(0.10, 0.05, 0.90),
    "email": Channel(0.05, 0.03, 0.60),
    "direct": Channel(0.15, 0.45, 0.30),
}
CAMPAIGNS = (
    Campaign("brand", "paid_search", "google_ads", 0.50, 65, 0.12),
    Campaign("alternatives", "paid_search", "google_ads", 0.30, 240, 0.04),
    Campaign("templates", "paid_search", "google_ads", 0.20, 130, 0.05),
    Campaign("founders", "paid_social", "meta_ads", 0.60, 95, 0.011),
    Campaign("retargeting", "paid_social", "meta_ads", 0.40, 55, 0.018),
    Campaign("partner newsletter", "email", None, 1.00),
)
DEVICES = {"desktop": 0.58, "mobile": 0.34, "tablet": 0.08}
DEVICE_EFFECTS = {"desktop": 0.20, "mobile": -0.35, "tablet": -0.10}
SIGNUP_BASE = -0.95  # log-odds of signing up for a visitor whom no channel and no device moves

ARCHETYPES = {
    "self_serve": Archetype(0.40, 0.35, 0.04, 1.00, 2.0, 0.34, 3.0, 0.35, 1.6),
    "researcher": Archetype(0.26, 0.65, 0.10, 0.85, 6.0, 0.22, 2.4, 0.50, 1.8),
    "sales_led": Archetype(0.12, 0.45, 0.70, 1.10, 9.0, 0.30, 2.6, 0.30, 6.0),
    "tinkerer": Archetype(0.22, 0.40, 0.06, 1.10, 1.0, 0.62, 4.4, 0.85, 1.3),
}
FEATURES = (
    *("editor", "dashboard", "export", "automation", "sharing", "comments", "templates", "search"),
    *("reports", "alerts", "import", "roles", "audit_log", "webhooks", "api"),
)
PLANS = {"starter": 1900, "team": 4900, "business": 9900}  # cents per seat and month
COUNTRIES = {"DE": 0.34, "US": 0.26, "FR": 0.12, "GB": 0.12, "NL": 0.09, "PL": 0.07}
TOPICS = {"how_to": 0.40, "bug": 0.27, "billing": 0.16, "integration": 0.17}
PATHS = {
    "/": 0.24,
    "/features": 0.17,
    "/pricing": 0.12,
    "/blog/getting-started": 0.13,
    "/customers": 0.09,
    "/docs": 0.15,
    "/integrations": 0.06,
    "/about": 0.04,
}


@dataclass(frozen=True)
class Rules:
    """Everything else that is planted."""

    # Rhythm. The flow of first visits is growth x season x weekday x hour x the day's own luck.
    yearly_growth: float = 0.6
    season_strength: float = 0.12  # strongest in March, weakest in September
    day_spread: float = 0.10  # of the logarithm of a day's luck, the same for everybody

    # Who
    prospect_share: float = 0.86  # of all people; the rest are colleagues whom customers invite
    company_share: float = 0.72
    shared_company_share: float = 0.10  # of those with a company: it is that of another prospect
    second_device_share: float = 0.35
    second_device_visits: float = 0.35  # of the visits of those who have one
    cookie_life_days: float = 200.0
    shared_device_share: float = 0.02  # of people: share a browser with one other person
    shared_device_visits: float = 0.50
    alias_share: float = 0.03  # per system: an address with a "+tag"
    second_address_share: float = 0.025  # per system: a private address
    typo_share: float = 0.01  # per system: a letter missing
    missing_in_crm_share: float = 0.01
    user_id_lost_on_web_share: float = 0.02
    legacy_id_share: float = 0.01  # the product knows them by the id of an older system
    unknown_channel_share: float = 0.03

    # Before buying
    research_gap_days: float = 3.5
    longest_research: int = 9  # visits
    lead_share: float = 0.04  # of visitors who do not sign up: ask for a demonstration
    activation_rate: float = 0.64
    trial_rate: float = 0.82
    trial_rate_unactivated: float = 0.40
    trial_days: float = 14.0
    early_purchase_share: float = 0.30
    purchase_rate: float = 0.72
    purchase_rate_unactivated: float = 0.22
    second_look_share: float = 0.35  # of lapsed trials: back to looking, by way of a demonstration
    second_look_lag_days: float = 15.0
    second_trial_rate: float = 0.70
    second_purchase_rate: float = 0.50

    # Using
    web_visit_share: float = 0.12  # of active days
    logged_in_share: float = 0.65  # of later visits
    free_life_days: float = 90.0
    free_use: float = 0.5
    rate_spread: float = 0.55  # of the logarithm of personal rates: a heavy tail
    mood_strength: float = 0.5
    fading_share: float = 0.30  # of customers: interest halves again and again, from some day on
    fade_half_life_days: float = 18.0
    fade_begins_after_days: float = 120.0
    break_share: float = 0.5  # of users: one long quiet spell, from which they return
    break_days: tuple[float, float] = (12.0, 60.0)
    break_level: float = 0.03

    # Leaving. A day's hazard, as log-odds: what everybody can see, and a personal share that nobody can.
    churn_base: float = -7.2
    churn_by_quiet_day: float = 0.13  # per day since the last use of a feature, at most 30
    churn_by_bad_ticket: float = 1.00  # per ticket in a bad mood in the last 30 days
    churn_by_failed_payment: float = 0.90  # per invoice of the last 30 days whose first charge failed
    churn_by_feature: float = -0.11  # per feature ever used
    churn_by_detraction: float = 0.70  # a recommendation answer of 0 to 6 in the last 60 days
    churn_noise: float = 0.50  # standard deviation of the personal share

    # A play against leaving: a call to those who fell quiet, withheld from a random part of them
    play_quiet_days: int = 10
    play_holdout_share: float = 0.5
    play_effect: float = -0.90
    play_days: int = 30

    # Money
    payment_failure_rate: float = 0.04
    payment_recovery_rate: float = 0.72
    dunning_days: float = 14.0
    upgrade_rate: float = 0.025  # a month
    downgrade_rate: float = 0.008
    refund_rate: float = 0.008  # of charges

    # Voices
    ticket_rate: float = 0.022  # per active day
    topic_mood: float = -0.35  # of a ticket about a bug or a bill
    mood_spread: float = 0.65
    reopened_share: float = 0.06
    rated_share: float = 0.25
    survey_every_days: float = 90.0
    survey_answer_rate: float = 0.30
    referral_rate: float = 0.22  # a year, of the contented; by satisfaction
    mail_every_days: int = 14
    consent_share: float = 0.86
    open_rate: float = 0.34
    click_rate: float = 0.17  # of those who open
    unsubscribe_rate: float = 0.003
    bounce_rate: float = 0.004
    colleague_joins_after_days: float = 9.0


RULES = Rules()


def as_planted(rules: Rules = RULES) -> dict[str, Any]:
    """All rules as plain values, for the truth folder."""
    return {
        "rules": asdict(rules),
        "channels": {name: channel._asdict() for name, channel in CHANNELS.items()},
        "campaigns": [campaign._asdict() for campaign in CAMPAIGNS],
        "devices": DEVICES,
        "device_effects": DEVICE_EFFECTS,
        "signup_base": SIGNUP_BASE,
        "archetypes": {name: archetype._asdict() for name, archetype in ARCHETYPES.items()},
        "plans": PLANS,
    }
