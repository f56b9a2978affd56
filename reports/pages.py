"""The pages as files: what orchestration calls.

What belongs here: rendering a template with a page's sections, and replacing files in one step.
What does not: what a section holds (data_quality, journey, index), how a value is written (formatting).

All three pages link each other, so all three are written in every run; a section without its table says so.
Pass `quality.gate_results` to each of them: the verdict on top is drawn from it.
"""

import os
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, TextIO

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports import data_quality, formatting, index, journey
from reports.data_quality.section import Given
from reports.frames import Tables
from reports.verdict import Run, gates_of_run, refused_files, verdict_of

__all__ = ["Run", "Tables", "write_data_quality", "write_index", "write_journey"]


def write_data_quality(folder: Path, run: Run, tables: Tables) -> Path:
    """Write `data_quality.html`: can these data be trusted, and what to repair first.

    Beside it go the sheets that it links (rejected rows, touchpoint audit) as CSV; one without rows is not there.

    Raises:
        ValueError: a table that is present lacks a column it promised.
    """
    for name, rows in data_quality.sheets(tables).items():
        _write_sheet(folder / name, rows)
    beside = frozenset(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return _write(folder, "data_quality.html", run, tables, data_quality.sections(Given(run, tables, beside)))


def write_journey(folder: Path, run: Run, tables: Tables) -> Path:
    """Write `journey.html`: how customers move, where they stop, how long it takes and who stays.

    Beside it goes the map of each stage set as Mermaid text, `journey-<stage set>.mmd`; one of an earlier run goes.

    Raises:
        ValueError: a table that is present lacks a column it promised.
    """
    documents = journey.documents(tables)
    for old in folder.glob("journey-*.mmd"):
        if old.name not in documents:
            old.unlink()
    for name, text in documents.items():
        _replace(folder / name, partial(_write_text, text))
    return _write(folder, "journey.html", run, tables, journey.sections(tables))


def write_index(folder: Path, run: Run, tables: Tables) -> Path:
    """Write `index.html`: the verdict, a handful of headline figures, the way to the other two pages.

    Raises:
        ValueError: a table that is present lacks a column it promised.
    """
    return _write(folder, "index.html", run, tables, index.sections(run, tables))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,  # every value may come from a customer's file
        undefined=StrictUndefined,
        finalize=lambda value: formatting.UNKNOWN if value is None else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for show in (
        formatting.number,
        formatting.percent,
        formatting.interval,
        formatting.points,
        formatting.duration,
        formatting.moment,
        formatting.day,
        formatting.words,
        formatting.plural,
        formatting.roughly,
        formatting.sentence,
        formatting.money,
        formatting.tight,
    ):
        environment.filters[show.__name__] = show
    return environment


def _write(folder: Path, name: str, run: Run, tables: Tables, sections: Mapping[str, object]) -> Path:
    verdict = verdict_of(run, gates_of_run(run, tables), refused_files(tables))
    page = _environment().get_template(f"{name}.j2").render(page=name, run=run, verdict=verdict, **sections)
    _replace(folder / name, lambda file: file.write(page))
    return folder / name


def _write_text(text: str, file: TextIO) -> None:
    file.write(text)


def _write_sheet(path: Path, rows: pd.DataFrame | None) -> None:
    """The rows as they are; an older sheet goes when there is nothing to write."""
    if rows is None or rows.empty:
        path.unlink(missing_ok=True)
    else:
        _replace(path, lambda file: rows.map(_inert).to_csv(file, index=False))


def _inert(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula begins with a quotation mark instead."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _replace(path: Path, write: Callable[[TextIO], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{path.name}.*"):  # by a run that was killed while it wrote
        left.unlink(missing_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            write(file)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
