"""`make rollback`: publish an earlier publication again, with the pages that belong to it."""

from __future__ import annotations

import argparse
import sys

import duckdb

from orchestration.clock import now
from orchestration.pages import write_published_pages
from orchestration.run import meant
from warehouse.files import readable
from warehouse.home import held
from warehouse.publication import publishing
from warehouse.settings import Settings, UserError


def main(arguments: list[str] | None = None) -> int:
    """Return to a kept publication; returns the exit code: 0 done, 2 nothing to return to."""
    parser = argparse.ArgumentParser(prog="make rollback", description=__doc__)
    parser.add_argument("--to", metavar="NAME", help="a kept publication, by name; else the newest before the one that stands")
    parser.add_argument("--list", action="store_true", help="say which are kept, and change nothing")
    options = parser.parse_args(arguments)
    try:
        settings = Settings.from_environment()
        if options.list:
            kept = [f"  {path.stem}   {path.stat().st_size / 2**20:,.1f} MiB" for path in publishing.earlier(settings)]
            print("\n".join(kept) or "  Nothing is kept: no publication has been replaced by another yet.")
            return 0
        with held(settings.home, "make rollback"):
            path = publishing.roll_back(settings, options.to, now=now())
            write_published_pages(settings)
    except UserError as error:
        print(f"✗ {readable(str(error))}", file=sys.stderr)
        return 2
    except (OSError, duckdb.Error) as error:  # a full disk, a home that may not be written
        print(f"✗ The command broke off; what is published is whole. {meant(str(error))}", file=sys.stderr)
        return 1
    print(f"✓ {settings.published_database} is the publication of {path.stem} again (UTC).")
    print("  What stood until now is kept beside it. The next run publishes anew once files, definitions or code have changed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
