"""The report of an erasure, as Markdown: who by hash, what went, what was searched, what is left. Never a value of the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Erasure:
    """What an erasure did and what the search afterwards found. Row counts are by table, `left` by place."""

    erased_at: datetime
    hashes: Sequence[str]
    rows: Mapping[str, int]
    mentions: Mapping[str, int]
    rewritten: Sequence[str]
    removed: Sequence[str]
    unsearchable: Sequence[str]
    exports: Sequence[str]
    left: Mapping[str, int]
    searched_count: int
    searched_bytes: int
    is_rebuilt: bool


def write(folder: Path, erasure: Erasure) -> Path:
    """Write the report below `folder`, named after the moment, and return where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{erasure.erased_at:%Y-%m-%dT%H-%M-%S}.md"
    path.write_text("\n".join(_lines(erasure)) + "\n", encoding="utf-8")
    return path


def _lines(erasure: Erasure) -> list[str]:
    people = len(erasure.hashes)
    proof = (
        [f"Nothing: {erasure.searched_count} files of {erasure.searched_bytes / 2**20:,.1f} MiB hold none of it."]
        if not erasure.left
        else ["**Traces are left:**", "", *_table(("place", "rows"), erasure.left)]
    )
    built = (
        "All tables, models and pages were made anew from the rows that stayed."
        if erasure.is_rebuilt
        else (
            "**The tables were not published anew: the run that makes them was stopped.** What is "
            "published lacks the rows named below, but "
            "its totals still count them. Call `make run` again."
        )
    )
    return [
        f"# Erasure of {people} person{'s' if people > 1 else ''}",
        "",
        f"{erasure.erased_at:%Y-%m-%d %H:%M:%S} UTC. Each is told by the keyed hash of the identifier that "
        f"was asked for; whoever has the key",
        "and the identifier can compare it (docs/privacy.md).",
        "",
        *(f"- `{name}`" for name in erasure.hashes),
        "",
        "## What was searched for afterwards, and found",
        "",
        "Every identifier of the persons, their published hashes and their keys, in every column of every "
        "table of every database",
        "and in the bytes of every file of the home.",
        "",
        *proof,
        "",
        "## Rows that went",
        "",
        *_table(("table", "rows"), erasure.rows),
        "",
        built,
        "",
        "## Rows of others in which they were named",
        "",
        *_table(("table", "rows"), erasure.mentions),
        "",
        "## Files",
        "",
        *_named("Written anew, without them and without free blocks", erasure.rewritten),
        *_named("Removed, because a run makes it again or because it held a trace", erasure.removed),
        *_named(
            "Of these, publications whose hashes another key had made, so that they could not be searched", erasure.unsearchable
        ),
        "",
        "## Exports that still hold them",
        "",
        "These are yours and were not changed. They do not land again; remove the persons there, or remove the files.",
        "",
        *([f"- `{name}`" for name in erasure.exports] or ["None."]),
    ]


def _table(head: tuple[str, str], counts: Mapping[str, int]) -> list[str]:
    if not counts:
        return ["None."]
    return [f"| {head[0]} | {head[1]} |", "|---|---|", *(f"| `{name}` | {count:,} |" for name, count in counts.items())]


def _named(what: str, names: Sequence[str]) -> list[str]:
    return [f"- {what}: {', '.join(f'`{name}`' for name in names)}"] if names else []
