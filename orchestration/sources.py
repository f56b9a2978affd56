"""`make sources`: what every known source expects, which of its files were found, and what is missing."""

from __future__ import annotations

import argparse
import difflib
import shutil
import signal
import sys
import textwrap

from warehouse.contract import RawTable
from warehouse.files import printable, readable
from warehouse.landing.inventory import FoundFile, FoundSource, FoundTable, take_inventory
from warehouse.settings import Settings, UserError
from warehouse.sources import SOURCES

MARKS = {"landed": "✓", "empty": "·", "duplicate": "=", "new": "+", "changed": "~", "gone": "-", "refused": "✗"}


def main(arguments: list[str] | None = None) -> int:
    """Print the list, or all about one source; returns the exit code: 0 told, 2 wrong settings."""
    parser = argparse.ArgumentParser(prog="make sources", description=__doc__)
    parser.add_argument("--source", help="all columns of one source", default="")
    options = parser.parse_args(arguments)
    if options.source and options.source not in SOURCES:
        near = difflib.get_close_matches(options.source, SOURCES, n=1)
        meant = f" (did you mean {near[0]}?)" if near else ""
        print(f"✗ No source is called {options.source}{meant}; known: {', '.join(SOURCES)}", file=sys.stderr)
        return 2
    try:
        if options.source:
            print("\n".join(_columns(options.source)))
        else:
            settings = Settings.from_environment()
            print(readable("\n".join(overview(settings, *take_inventory(settings)))))
    except UserError as error:
        print(f"✗ {readable(str(error))}", file=sys.stderr)
        return 2
    return 0


def overview(settings: Settings, found: list[FoundSource], warnings: list[str]) -> list[str]:
    """The lines of the list: sources that handed something over with their files, then the others with what they would expect."""
    given = [source for source in found if source.files]
    lines = [f"Throughline · {len(given)} of {len(SOURCES)} known sources in {settings.landing}"]
    for source in given:
        lines += ["", *_given(source)]
    if warnings:
        lines += ["", "left alone", *(f"  ! {warning}" for warning in warnings)]
    others = [source for source in SOURCES.values() if source.name not in {one.source.name for one in given}]
    if others:
        lines += ["", "not handed over (a folder of the name below; make sources SOURCE=name lists every column)"]
        for other in others:
            lines.append(f"  {other.name:<14} {other.title}")
            lines += _wrapped(", ".join(f"{table.name} ({_needs(table)})" for table in other.tables), 17)
    return lines


def _given(source: FoundSource) -> list[str]:
    rows, rejected = sum(file.row_count for file in source.files), sum(file.rejected_count for file in source.files)
    spare = f", {rejected:,} rejected" if rejected else ""
    head = f"{source.source.name}  {source.source.title} · {_counted(len(source.files), 'file')} · {_counted(rows, 'row')}{spare}"
    if source.first_event_at and source.last_event_at:
        span = f"{source.first_event_at:%Y-%m-%d %H:%M} to {source.last_event_at:%Y-%m-%d %H:%M}"
        head += f" · {_counted(source.event_count, 'event')}, {span}"
    lines = [head]
    for table in source.tables:
        if table.files:
            lines.append(f"  {table.table.name:<24} {table.table.gives}")
            lines += [f"    {_file(file)}" for file in table.files]
    missing = [table for table in source.tables if not table.files]
    if missing:
        lines.append("  missing")
        lines += [f"    {_expected(table)}" for table in missing]
    return lines


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _file(file: FoundFile) -> str:
    rows = _counted(file.row_count, "row") if file.state in ("landed", "changed", "gone") else file.state
    rejected = f", {file.rejected_count:,} rejected" if file.rejected_count else ""
    note = f" · {file.note}" if file.note and not file.rejected_count else ""
    return f"{MARKS.get(file.state, '?')} {printable(file.file):<44} {rows}{rejected}{note}"


def _expected(table: FoundTable) -> str:
    return f"{table.table.name:<24} {table.table.gives} (needs {_needs(table.table)})"


def _needs(table: RawTable) -> str:
    needed = [column.name for column in table.columns if column.is_required]
    if table.any_of:
        needed.append(f"one of {', '.join(table.any_of)}")
    return ", ".join(needed)


def _columns(name: str) -> list[str]:
    source = SOURCES[name]
    folders = f" (or {', '.join(source.folders)})" if source.folders else ""
    lines = [f"{source.name}  {source.title} · folder {source.name}/{folders}"]
    for table in source.tables:
        files = ", ".join(stem for stem in dict.fromkeys((table.name, *table.stems)) if stem != "*")
        lines += ["", f"  {table.name}: {table.gives}", f"    files  {files}{' or any other name' if '*' in table.stems else ''}"]
        for column in table.columns:
            mark = "needed" if column.is_required else ""
            also = f"also {', '.join(column.names)}" if column.names else ""
            lines.append(f"    {column.name:<28} {column.kind.lower():<14} {mark:<7} {also}".rstrip())
        if table.any_of:
            lines.append(f"    each row fills at least one of {', '.join(table.any_of)}")
    return lines


def _wrapped(text: str, indent: int) -> list[str]:
    width = min(140, shutil.get_terminal_size((140, 24)).columns)
    return textwrap.wrap(text, width, initial_indent=" " * indent, subsequent_indent=" " * indent, break_on_hyphens=False)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # make sources | head
    sys.exit(main())
