"""`make prove PART=name`: measure one part at its full size and write its figures to docs/measured/."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.prove.parts import PARTS
from warehouse.settings import PROJECT


def main(arguments: list[str] | None = None) -> int:
    """Measure; 1 when a limit is missed, 2 when there is no such part."""
    parser = argparse.ArgumentParser(prog="make prove", description=__doc__)
    parser.add_argument("part", nargs="?", default="")
    parser.add_argument(
        "sizes", nargs="*", metavar="SIZE=NUMBER", help="other sizes than the part's own, which are not written down"
    )
    given = parser.parse_args(arguments)
    part = PARTS.get(given.part)
    if part is None:
        listing = "\n".join(f"  {one.name:<12} {one.shows}" for one in PARTS.values())
        print(f"✗ Which part? Call make prove PART=… with one of\n{listing}", file=sys.stderr)
        return 2
    asked = {name: int(number) for name, _, number in (size.partition("=") for size in given.sizes)}
    if unknown := asked.keys() - part.sizes.keys():
        print(
            f"✗ {part.name} has no {', '.join(sorted(unknown))}; it has {', '.join(part.sizes) or 'no sizes'}.", file=sys.stderr
        )
        return 2
    sizes, began = {**part.sizes, **asked}, time.monotonic()
    print(f"{part.name}: {part.shows} ({', '.join(f'{name} {number:,}' for name, number in sizes.items())})", flush=True)
    with TemporaryDirectory(prefix=f"throughline-{part.name}-") as folder:
        figures = part.measure(Path(folder), **sizes)
    for name, value in figures.items():
        print(f"  {name:<40} {value:,.6g}")
    missed = part.missed(figures)
    for one in missed:
        print(f"✗ {one}", file=sys.stderr)
    if not asked:
        part.path.parent.mkdir(exist_ok=True)
        told = {
            "part": part.name,
            "shows": part.shows,
            "revision": _revision(),
            "measured_on": f"{datetime.now(UTC):%Y-%m-%d}",
            "minutes": round((time.monotonic() - began) / 60, 1),
            "sizes": sizes,
            "figures": figures,
        }
        part.path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        print(f"  written to {part.path.relative_to(PROJECT)}")
    return int(bool(missed))


def _revision() -> str:
    """The commit that is measured, and whether something was changed since."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
