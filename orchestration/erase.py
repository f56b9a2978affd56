"""`make erase`: persons leave the warehouse for good, everything is made anew without them, and a report proves it."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration import run
from orchestration.clock import now
from reports import erasure as report
from warehouse.definitions.journey import Journey, load_journey
from warehouse.files import printable, readable
from warehouse.home import held
from warehouse.privacy import erasure
from warehouse.privacy.personal import Identifier, identifier
from warehouse.publication import publishing
from warehouse.settings import Settings, UserError


def main(arguments: list[str] | None = None) -> int:
    """Erase; returns the exit code: 0 nothing is left, 1 nobody known or something left, 2 wrong settings or identifiers."""
    parser = argparse.ArgumentParser(prog="make erase", description=__doc__)
    parser.add_argument(
        "--id", default="", metavar="KIND:VALUE", help="identifiers, with spaces between them: email:ada@example.com"
    )
    parser.add_argument("--file", default="", help="a file with one identifier on each line; - reads them from the input")
    parser.add_argument("--dry", action="store_true", help="say what would go, and change nothing")
    options = parser.parse_args(arguments)
    try:
        settings = Settings.from_environment()
        journey = load_journey(settings.journey_path)
        wanted = list(dict.fromkeys(map(identifier, [*options.id.split(), *_lines(options.file)])))
        if not wanted:
            raise UserError(
                "Whom? Call make erase ID=email:ada@example.com, or FILE=a file with one such identifier on each line."
            )
        with held(settings.home, "make erase"):
            return _erase(settings, journey, wanted, is_dry=options.dry)
    except UserError as error:
        print(f"✗ {readable(str(error))}", file=sys.stderr)
        return 2
    except (OSError, duckdb.Error) as error:  # a full disk, a home that may not be written
        print(f"✗ The command broke off. {run.meant(str(error))}", file=sys.stderr)
        return 1


def _erase(settings: Settings, journey: Journey, wanted: list[Identifier], *, is_dry: bool) -> int:
    """Erase, alone at the home."""
    erasure.heal(settings)
    publishing.note_publication(settings)
    if not erasure.is_resolved(settings):
        raise UserError("Who is who is not known, because the last run did not get so far. Call `make run` first.")
    if is_dry:
        print(_told(erasure.look(settings, journey, wanted), is_dry=True))
        return 0
    at = now()
    try:
        found = erasure.erase(settings, journey, wanted, at=at)
    except (OSError, duckdb.Error) as error:
        ends = "It is decided on: the next run finishes it." if erasure.is_planned(settings) else "Nobody was erased."
        raise UserError(f"{ends} {run.meant(str(error))}") from None
    earlier = erasure.erased_before(settings, found.hashes) if found.is_nothing else None
    if earlier:
        print(f"  Erased already, at {earlier:%Y-%m-%d %H:%M} UTC; the home is searched once more.", flush=True)
        return _prove(settings, found, at, is_rebuilt=run.main([]) == 0)
    print(_told(found, is_dry=False), flush=True)
    return 1 if found.is_nothing else _prove(settings, found, at, is_rebuilt=run.main(["--full"]) == 0)


def _lines(name: str) -> list[str]:
    if not name:
        return []
    path = Path(os.environ.get("THROUGHLINE_CALLED_FROM") or Path.cwd()) / Path(name).expanduser()
    if name != "-" and not path.is_file():
        raise UserError(f"{path} is no file. Write one identifier on each line, for example email:ada@example.com.")
    text = sys.stdin.read() if name == "-" else path.read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip()]


def _told(found: erasure.Found, *, is_dry: bool) -> str:
    """What was found, in words that name no person."""
    if found.is_nothing:
        return "✗ Nobody is known by that here, and no row names them. Nothing was changed."
    unknown = sum(not counts for counts in found.rows)
    lines = [f"{'Would erase' if is_dry else 'Erased'} {_counted(len(found.rows) - unknown, 'person')}"]
    if unknown:
        lines.append(
            f"    ! {_counted(unknown, 'identifier')} of those asked for is in no row of its own; it is remembered all the same"
        )
    lines += [f"    {table:<42}{count:>8,} row(s)" for table, count in found.row_counts.items()]
    lines += [f"    {table:<42}{count:>8,} row(s) of others that name them" for table, count in found.mentions.items()]
    lines += [
        f"    {name}  {'would be' if is_dry else 'was'} written anew"
        for name in ("working.duckdb", "throughline.duckdb", *found.databases)
    ]
    lines += [f"    {name}  {'would be' if is_dry else 'was'} removed" for name in found.removed]
    lines += [f"    {printable(name)}  still holds them: it is your export and stays as it is" for name in found.exports]
    lines += [_remedy(name) for name in found.named_exports]
    return "\n".join(lines)


def _remedy(name: str) -> str:
    return f"    ! {printable(name)}  has them in its name, which is written down when it lands: rename it and call this again"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _prove(settings: Settings, found: erasure.Found, at: datetime, *, is_rebuilt: bool) -> int:
    """Search the home and write down what is left, which should be nothing."""
    files = erasure.searched(settings)
    left = erasure.search(settings, found.sought)
    path = report.write(
        settings.reports / erasure.ERASURES,
        report.Erasure(
            erased_at=at,
            hashes=found.hashes,
            rows=found.row_counts,
            mentions=found.mentions,
            rewritten=["working.duckdb", "throughline.duckdb", *found.databases],
            removed=found.removed,
            unsearchable=found.unsearchable,
            exports=[found.renamed.get(name, name) for name in found.exports],
            left=left,
            searched_count=len(files),
            searched_bytes=sum(file.stat().st_size for file in files),
            is_rebuilt=is_rebuilt,
        ),
    )
    if left:
        print("\n".join(["✗ Traces are left:", _places(left), *map(_remedy, found.named_exports)]), file=sys.stderr)
    else:
        print(f"  ✓ erased: {len(files)} files of the home were searched and hold nothing of it")
    print(f"  report     {path}")
    return 0 if is_rebuilt and not left else 1


def _places(left: dict[str, int]) -> str:
    return "\n".join(f"    {place}: {count:,} row(s)" for place, count in left.items())


if __name__ == "__main__":
    sys.exit(main())
