"""Which tests `make test` leaves to `make test-all`, and how they are shared out to the cores: a file stays in one process,
and so do files that look at the same world.

Called without pytest-xdist (`python -m pytest tests/unit`), nothing here has a say.
"""

from __future__ import annotations

from typing import Any

import pytest

# Worlds that take a minute to build. (xdist's own groups are silently ignored under pytest 9.2: pytest-xdist issue 1386.)
SHARED = {
    "the demo company": (
        "orchestration/test_alone",
        "orchestration/test_catalogue",
        "orchestration/test_green_run",
        "orchestration/test_red_run",
        "orchestration/test_triggers",
    ),
    "the strangers": ("warehouse/test_brute_force", "warehouse/test_brute_force_journey"),
    "the town and the crowd": (
        *(
            "structure/test_gates",
            "faults/test_publication",
            "warehouse/test_dbt_unit_tests",
            "warehouse/test_erasure",
            "warehouse/test_events",
        ),
        *("warehouse/test_features", "warehouse/test_published_keys", "warehouse/test_whois"),
        *("warehouse/test_funnels", "warehouse/test_inventory", "warehouse/test_over_time"),
        "warehouse/test_people",
        *(
            "warehouse/test_published_tables",
            "warehouse/test_publishing",
            "warehouse/test_quality_measures",
            "warehouse/test_recall",
            "warehouse/test_stages",
        ),
    ),
}
# What `make test` leaves to `make test-all`: worlds of its own, several whole runs, hundreds of cases.
SLOW = [
    "doors",
    "faults",
    "prove",
    "orchestration/test_alone",
    "orchestration/test_all_sources",
    "orchestration/test_olist",
    "orchestration/test_red_run",
    "sources/test_empty",
    "sources/test_ga4_parquet",
    "sources/test_vendor_rows",
    "warehouse/test_brute_force",
    "warehouse/test_brute_force_journey",
    "warehouse/test_consent",
    "warehouse/test_erasure",
    "warehouse/test_features",
    "warehouse/test_homes",
    "warehouse/test_incremental",
    "warehouse/test_mistaken_identities",
    "warehouse/test_moments",
    "warehouse/test_over_time",
    "warehouse/test_planted_faults",
    "warehouse/test_published_keys",
    "warehouse/test_rebuilding",
    "warehouse/test_recall",
    "warehouse/test_revenue",
    "warehouse/test_trust",
    "warehouse/test_values_built",
]
# What takes longest begins first, so that no process waits for another at the end.
FIRST = ("tests/warehouse/test_incremental.py", "tests/orchestration/")
WORLD_OF = {f"tests/{file}.py": world for world, files in SHARED.items() for file in files}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow, and put the files that take longest first; the others stay in their order."""
    slow = tuple(f"tests/{name}{'.py' if '/' in name else '/'}" for name in SLOW)
    for item in items:
        if item.nodeid.startswith(slow):
            item.add_marker("slow")
    items.sort(key=lambda item: next((place for place, name in enumerate(FIRST) if item.nodeid.startswith(name)), len(FIRST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadFileScheduling

    class ByWorld(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            file = str(super()._split_scope(nodeid))
            return WORLD_OF.get(file, file)

    return ByWorld(config, log)
