"""The demo company: the world that `make run` shows when nobody has handed over anything of their own.

Here belong its size, its two incidents and the few faults its exports have, and the variant whose faults are too many.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from simulation.faults import Fault
from simulation.world import Incident, World
from simulation.writing import write_world

UNTIL = datetime(2026, 10, 31)


def incidents(until: datetime = UNTIL) -> tuple[Incident, ...]:
    """What happened to the demo company in its year."""
    return (
        Incident(
            "drop",
            until - timedelta(days=75),
            until - timedelta(days=54),
            "the sign-up form did not fit small screens after a redesign",
            device="mobile",
            factor=0.35,
        ),
        Incident(
            "release",
            until - timedelta(days=160),
            until - timedelta(days=150),
            "a release broke exports",
            feature="export",
            factor=0.2,
            ticket_factor=3.0,
        ),
    )


def few_faults() -> tuple[Fault, ...]:
    """Faults at the level every company lives with."""
    return (
        Fault("duplicates", "segment", "pages", share=0.002, cause="a retry after a timeout"),
        Fault("duplicates", "events", "product", share=0.002, cause="a queue that delivers at least once"),
        Fault("missing_times", "events", "product", share=0.0001, cause="an old version of the app"),
        Fault("future_times", "segment", "pages", share=0.0003, cause="a browser whose clock is wrong"),
        Fault(
            "unmatched_ids", "zendesk", "user", share=0.02, column="email", cause="people who write from an address nobody knows"
        ),
        Fault("clock_skew", "segment", share=0.01, hours=0.05, cause="clocks three minutes ahead"),
        Fault("late", "events", "product", share=0.001, days=1.5, cause="phones that were offline"),
        Fault("out_of_order", "klaviyo", "event", cause="a connector that fetches page by page"),
    )


def red_faults(until: datetime = UNTIL) -> tuple[Fault, ...]:
    """Faults that nobody should publish numbers on."""
    gap = until - timedelta(days=40)
    return (
        *few_faults(),
        Fault("unmatched_ids", "events", "product", share=0.3, column="user_id", cause="the product changed its ids"),
        Fault("silence", "segment", start=gap, end=gap + timedelta(days=3), cause="a deployment without the tracker"),
    )


def mistaken_identities() -> tuple[Fault, ...]:
    """Identifiers that stand for nobody or for several people, as many as a careless company has."""
    return (
        *(Fault("office_phones", source, cause="the switchboard's number") for source in ("hubspot", "zendesk")),
        Fault("office_phones", "klaviyo", share=0.5, cause="the number of the household"),
        Fault("rounded_ids", "zendesk", "user", share=0.5, column="phone", cause="an export that went through a spreadsheet"),
        Fault("rounded_ids", "surveys", "survey_responses", cause="an export that went through a spreadsheet"),
        Fault("dummies", "hubspot", "contacts", share=0.03, cause="a form that wants every field filled"),
        Fault("dummies", "zendesk", "user", share=0.03, cause="a form that wants every field filled"),
        Fault("dummies", "klaviyo", "person", share=0.03, column="phone_number", cause="a form that wants every field filled"),
        Fault("dummies", "stripe", "customers", share=0.03, cause="a form that wants every field filled"),
        Fault("dummies", "segment", "demo_requested", share=0.03, column="email", cause="visitors who would rather not say"),
        Fault("kiosks", "events", "product", share=0.05, cause="a device at the stand of a fair"),
        Fault("tablets", "segment", share=0.05, cause="a tablet in a shop"),
    )


def write_demo(
    landing: Path, truth: Path, *, customers: int = 5_000, seed: int = 7, until: datetime = UNTIL, is_red: bool = False
) -> dict[str, int]:
    """Write the demo's exports and its truth; the rows per file. Raises as `write_world` does."""
    world = World(customers=customers, seed=seed, until=until, incidents=incidents(until))
    return write_world(landing, truth, world, faults=red_faults(until) if is_red else few_faults())
