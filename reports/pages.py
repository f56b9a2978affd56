"""The pages as files: what orchestration calls.

What belongs here: rendering a template with a page's sections, and replacing the file in one step.
What does not: what a section holds (data_quality, journey, index), how a value is written (formatting).

All three pages link each other, so all three are written in every run; a section without its table says so.
Pass `quality.gate_results` to each of them: the verdict on top is drawn from it.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports import data_quality, formatting, index, journey
from reports.frames import Tables
from reports.verdict import Run, gates_of_run, refused_files, verdict_of

__all__ = ["Run", "Tables", "write_data_quality", "write_index", "write_journey"]


def write_data_quality(folder: Path, run: Run, tables: Tables) -> Path:
    """Write `data_quality.html`: can these data be trusted, and what to repair first.

    Raises:
        ValueError: a table that is present lacks a column it promised.
    """
    return _write(folder, "data_quality.html", run, tables, data_quality.sections(run, tables))


def write_journey(folder: Path, run: Run, tables: Tables) -> Path:
    """Write `journey.html`: how customers move, where they stop and how long it takes.

    Raises:
        ValueError: a table that is present lacks a column it promised.
    """
    return _write(folder, "journey.html", run, tables, journey.sections(tables))


def write_index(folder: Path, run: Run, tables: Tables) -> Path:
    """Write `index.html`: the verdict, a handful of headline figures, the way to the other two pages.

    Raises:
        ValueError: a table that is present lacks a column it promised.
    """
    return _write(folder, "index.html", run, tables, index.sections(run, tables))


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
        formatting.duration,
        formatting.moment,
        formatting.day,
        formatting.words,
        formatting.plural,
    ):
        environment.filters[show.__name__] = show
    return environment


def _write(folder: Path, name: str, run: Run, tables: Tables, sections: Mapping[str, object]) -> Path:
    verdict = verdict_of(run, gates_of_run(run, tables), refused_files(tables))
    page = _environment().get_template(f"{name}.j2").render(page=name, run=run, verdict=verdict, **sections)
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(page)
        os.chmod(temporary, 0o644)  # mkstemp makes files for the owner only; pages are for everyone
        os.replace(temporary, folder / name)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return folder / name
