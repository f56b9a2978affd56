"""A world as files: the exports of its systems, one folder per source, and the truth beside them.

Blocks are drawn and written one by one, by as many processes as there are cores; each writes files of its own, so that the bytes
do not depend on who was faster. A folder appears complete or not at all.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Literal

import duckdb
import pandas as pd

from simulation import tables, truth, vendors
from simulation.exports import Export, Kind
from simulation.faults import Fault, plant, share_tablets, skew_clocks, truncate, write_mistaken
from simulation.life import draw_life
from simulation.world import World

Shapes = Literal["vendors", "plain"]
PLAIN = "plain"
OPTIONS: dict[Kind, str] = {
    "csv": "format csv, header",
    "csv.gz": "format csv, header, compression gzip",
    "jsonl": "format json",
    "parquet": "format parquet, compression zstd",
}


@dataclass(frozen=True)
class Order:
    """What is to be written, where, and how: everything a process needs to write a block."""

    world: World
    faults: tuple[Fault, ...]
    deliveries: int
    shapes: Shapes
    exports: Path
    truth: Path


@dataclass(frozen=True)
class Block:
    """What came of writing a block: rows per file, rows that each fault hit, and what its touches did (see `truth`)."""

    row_counts: dict[str, int]
    hit_counts: Counter[Fault]
    touch_effects: pd.DataFrame


def all_exports(shapes: Shapes = "vendors") -> tuple[Export, ...]:
    """What the systems export: in the vendors' shapes, or everything as one plain log."""
    names = sorted(module.name for module in pkgutil.iter_modules(vendors.__path__))
    chosen = [name for name in names if (name == PLAIN) == (shapes == PLAIN)]
    return tuple(export for name in chosen for export in importlib.import_module(f"simulation.vendors.{name}").EXPORTS)


def write_world(
    landing: Path,
    truth_folder: Path,
    world: World,
    *,
    faults: tuple[Fault, ...] = (),
    deliveries: int = 1,
    shapes: Shapes = "vendors",
    processes: int | None = None,
) -> dict[str, int]:
    """Write the exports to `<landing>/<source>/`, the truth to `truth_folder`, and return the rows per file.

    faults: what goes wrong on the way.
    deliveries: 1 writes the whole history at once, n the history up to n - 1 days before its end and then one file a day, with
    the day in its name; what arrives after the end of the history stands in files named `late`.
    shapes: the vendors' own, or `plain`, one event log for bulk.
    processes: at most so many; as many as there are cores if not given.

    Raises FileExistsError when a folder to be written already holds something (it may be somebody's own data), ValueError for a
    fault that hits nothing and for fewer than one delivery.
    """
    if deliveries < 1:
        raise ValueError("there is at least 1 delivery")
    exports = all_exports(shapes)
    sources = sorted({export.source for export in exports})
    for fault in faults:
        if not any(fault.hits(export) for export in exports):
            raise ValueError(f"the fault hits no export: {fault}")
    for folder in (*(landing / source for source in sources), truth_folder):
        if folder.exists() and any(folder.iterdir()):
            raise FileExistsError(f"{folder} is not empty")
    unfinished = {landing: landing / ".world.partial", truth_folder: truth_folder.with_name(f".{truth_folder.name}.partial")}
    for folder in unfinished.values():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for source in sources:
        (unfinished[landing] / source).mkdir()

    order = Order(world, faults, deliveries, shapes, unfinished[landing], unfinished[truth_folder])
    row_counts: dict[str, int] = {}
    hit_counts: Counter[Fault] = Counter()
    effects = []
    for block in _each_block(order, processes):
        row_counts |= block.row_counts
        hit_counts.update(block.hit_counts)
        effects.append(block.touch_effects)
    truth.write_whole(world, faults, hit_counts, effects, unfinished[truth_folder])
    for source in sources:
        (landing / source).mkdir(exist_ok=True)
        (unfinished[landing] / source).replace(landing / source)
    unfinished[landing].rmdir()
    truth_folder.mkdir(parents=True, exist_ok=True)
    unfinished[truth_folder].replace(truth_folder)
    return dict(sorted(row_counts.items()))


def _each_block(order: Order, processes: int | None) -> Iterator[Block]:
    """Write every block, in processes of their own if there are several."""
    blocks = range(len(order.world.blocks))
    count = min(processes or os.cpu_count() or 1, len(blocks))
    if count == 1:
        yield from (write_block(order, block) for block in blocks)
        return
    with ProcessPoolExecutor(count) as pool:
        yield from pool.map(partial(write_block, order), blocks)


def write_block(order: Order, block: int) -> Block:
    """Draw one block and write its files."""
    life = draw_life(order.world, block)
    part = f".{block:04d}" if len(order.world.blocks) > 1 else ""
    row_counts: dict[str, int] = {}
    hit_counts: Counter[Fault] = Counter()
    touch_effects = truth.touch_effects(life)
    # One thread: the same order of rows, the same bytes.
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set enable_progress_bar = false; set timezone = 'UTC'")
        tables.hand_over(connection, order.world, block, life)
        del life
        truth.write_block(connection, order.world, order.truth, part)
        hit_counts.update(skew_clocks(connection, order.faults, order.world.seed))
        hit_counts.update(share_tablets(connection, order.faults, order.world.seed))
        for export in all_exports(order.shapes):
            for number, (delivery, rows) in enumerate(_deliveries(connection, export, order, hit_counts)):
                path = order.exports / export.source / f"{export.table}{part}{delivery}.{export.kind}"
                count = connection.execute(f"copy ({rows}) to '{path}' ({OPTIONS[export.kind]})").fetchall()[0][0]
                row_counts[f"{export.source}/{path.name}"] = int(count)
                for fault in order.faults:
                    if fault.kind == "truncated_file" and fault.hits(export) and not number:
                        truncate(path)
                        hit_counts[fault] += 1
        write_mistaken(connection, order.faults, order.truth / f"mistaken_identifiers{part}.parquet")
    return Block(row_counts, hit_counts, touch_effects)


def _deliveries(
    connection: duckdb.DuckDBPyConnection, export: Export, order: Order, hit_counts: Counter[Fault]
) -> Iterator[tuple[str, str]]:
    """The files of an export: what stands in the name for the delivery, and the query of its rows."""
    if order.deliveries == 1 and not any(fault.hits(export) for fault in order.faults):
        yield "", export.sql
        return
    told = plant(connection, export, order.faults, order.world.seed)
    hit_counts.update(told.hit_counts)
    until = order.world.calendar.until
    cuts = [until - timedelta(days=back) for back in range(order.deliveries - 1, -1, -1)]
    for number, cut in enumerate(cuts):
        since = f"_arrives >= timestamp '{cuts[number - 1]}' and" if number else "_arrives is null or"
        name = f".{cut - timedelta(days=1):%Y-%m-%d}" if order.deliveries > 1 else ""
        yield name, told.rows(f"{since} _arrives < timestamp '{cut}'")
    is_late = f"_arrives >= timestamp '{until}'"
    if connection.execute(f"select 1 from told where {is_late} limit 1").fetchall():
        yield ".late", told.rows(is_late)
