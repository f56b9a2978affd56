"""The parts, by name. How each is measured is told where it is measured."""

from __future__ import annotations

from tests.bench import engines
from tests.doors import rest
from tests.faults import fuzz, kills, malformed, troubles, worlds
from tests.prove import Part, coverage, incremental, people

NONE = (0, 0)

PARTS: dict[str, Part] = {
    part.name: part
    for part in (
        Part(
            "fuzz",
            "whole files drawn at random land row by row or are refused in words, and the survivors are built",
            fuzz.measure,
            {"files": 1500, "homes": 3, "builds": 3, "seed": 11},
            {"wrong": NONE, "not_built": NONE},
            {"files": 60, "homes": 1, "builds": 0, "seed": 17},
        ),
        Part(
            "incremental",
            "whatever comes, and whatever people and machines do between runs, tables are those of a full build",
            incremental.measure,
            {"worlds": 60, "seeds": 1, "disturbed": 2},
            {"failed": NONE, "comparisons": (3, 3)},
            "tests/warehouse/test_incremental.py",
        ),
        Part(
            "malformed",
            "every malformed file and journey file is refused or lands, in words",
            malformed.measure,
            {},
            {"failed": NONE, "cases": (500, 10_000)},
            "tests/faults/test_malformed_files.py",
        ),
        Part(
            "kills",
            "runs that are killed at chosen moments leave the last publication or a whole new one, and the next run heals",
            kills.measure,
            {"kills": 3},
            {"failed": NONE},
            "tests/faults/test_publication.py",
        ),
        Part(
            "troubles",
            "others at once, a full disk, a home that cannot be written, a file that grows, a clock set back",
            troubles.measure,
            {},
            {"failed": NONE, "staged": (4, 6)},
            "tests/orchestration/test_alone.py",
        ),
        Part(
            "worlds",
            "over worlds in which nothing is wrong the gates are silent",
            worlds.measure,
            {"worlds": 4, "customers": 300, "first_seed": 1},
            {"red_share": (0, 0.02)},
            {"worlds": 1, "customers": 150, "first_seed": 3},
        ),
        Part(
            "people",
            "who is who on simulated worlds, also where identifiers stand for nobody or for several people",
            people.measure,
            {"customers": 3000, "seeds": 2},
            {
                "identifiers": (5000, 50_000),
                "precision": (0.999, 1),
                "recall": (0.885, 1),
                "mistaken_precision": (0.995, 1),
                "mistaken_recall": (0.87, 1),
            },
            "tests/warehouse/test_mistaken_identities.py",
        ),
        Part(
            "coverage",
            "intervals hold what is planted as often as they promise",
            coverage.measure,
            {"companies": 1000, "customers": 120},
            {"least_held": (0.93, 1), "most_held": (0, 0.975)},
            "tests/prove/test_coverage.py",
        ),
        Part(
            "doors",
            "what dlt loads from a REST interface into a database becomes events by two files and a line",
            rest.measure,
            {"orders": 500},
            {"missing": NONE},
            "tests/doors/test_doors.py",
        ),
        Part(
            "engines",
            "funnels count what ClickHouse counts, transitions what pm4py counts, and curves are those of lifelines",
            engines.measure,
            {"events": 1_000_000},
            {"funnel_differences": NONE, "transition_differences": NONE, "curve_difference": (0, 1e-9), "quantiles_same": (1, 1)},
            "tests/warehouse/test_brute_force_journey.py",
        ),
    )
}
