"""Where things are: the environment variables, resolved once. No defaults of meaning live here, those are in journey.yml."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

PROJECT = Path(__file__).resolve().parent.parent
SHORTEST_KEY = 16  # characters of the secret: a shorter one could be guessed, and with it who is who


class UserError(Exception):
    """Something the user can mend. The message says what is wrong, where, and what to do; no traceback is shown for it."""


@dataclass(frozen=True)
class Settings:
    """The places one run works with.

    `is_demo` says that nobody named a landing folder, so the exports of the simulated company stand in.
    """

    home: Path
    landing: Path
    journey_path: Path
    requested_as_of: datetime | None
    is_demo: bool
    known_until: datetime | None = None
    publications_kept: int = 3  # earlier ones, to return to

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read THROUGHLINE_HOME, _LANDING, _JOURNEY, _AS_OF, _KNOWN_AT, _KEEP. Relative paths start where the command was called.

        What was known at a moment is looked at as of that moment, unless another is asked for. Raises UserError for a landing
        folder or journey file that does not exist, a moment that is no ISO timestamp, a number that is none, a short key.
        """
        called_from = Path(environ.get("THROUGHLINE_CALLED_FROM") or Path.cwd())

        def path(name: str, default: Path) -> Path:
            value = environ.get(name, "").strip()
            try:
                return (called_from / Path(value).expanduser()).resolve() if value else default
            except RuntimeError:
                raise UserError(f"{name} is '{value}', and nobody here has that name. Write the path without ~.") from None

        home = path("THROUGHLINE_HOME", PROJECT / "warehouse" / "state")
        if "?" in str(home) or unquote(str(home)) != str(home) or not str(home).isprintable():
            raise UserError(
                f"The home {str(home)!a} has a sign in its path that Dagster cannot carry: a question mark, a percent sign "
                "before two digits, or one that cannot be seen. Give THROUGHLINE_HOME a path without."
            )
        is_demo = not environ.get("THROUGHLINE_LANDING", "").strip()
        landing = path("THROUGHLINE_LANDING", home / "landing")
        journey_path = path("THROUGHLINE_JOURNEY", PROJECT / "warehouse" / "journey.yml")
        if not is_demo and not landing.is_dir():
            raise UserError(
                f"THROUGHLINE_LANDING names {landing}, which is not a folder. Create it with one sub-folder per source "
                f"(for example {landing / 'events'}) and put the exports there, or unset it to run on the demo company."
            )
        if not journey_path.is_file():
            raise UserError(
                f"THROUGHLINE_JOURNEY names {journey_path}, which is not a file. Point it at a journey file, "
                "or unset it to use the one the project ships."
            )
        known_until = _moment(environ, "THROUGHLINE_KNOWN_AT", "to use everything that is known today")
        as_of = _moment(environ, "THROUGHLINE_AS_OF", "to let the latest event decide")
        memory = environ.get("THROUGHLINE_MEMORY", "").strip()
        if memory and not re.fullmatch(r"\d+(\.\d+)? ?[KMGT]i?B", memory, re.IGNORECASE):
            raise UserError(f"THROUGHLINE_MEMORY is '{memory}', which is no amount of memory. Write it like 12GB, or unset it.")
        id_key(environ)
        kept = environ.get("THROUGHLINE_KEEP", "").strip() or str(cls.publications_kept)
        if not kept.isdigit():
            raise UserError(f"THROUGHLINE_KEEP is '{kept}', which is no whole number. Write how many publications are kept.")
        return cls(home, landing, journey_path, as_of or known_until, is_demo, known_until, int(kept))

    @property
    def database(self) -> Path:
        """The build: journey, quality, marts and ml. A copy of this file is what gets published."""
        return self.home / "throughline.duckdb"

    @property
    def working_database(self) -> Path:
        """Raw rows and the steps on the way from them to the build. Never published."""
        return self.home / "working.duckdb"

    @property
    def published_database(self) -> Path:
        """What BI tools read."""
        return self.home / "published" / "throughline.duckdb"

    @property
    def earlier_publications(self) -> Path:
        """The folder of the publications before the one that stands."""
        return self.home / "published" / "earlier"

    @property
    def reports(self) -> Path:
        """The pages."""
        return self.home / "reports"

    @property
    def models(self) -> Path:
        """The fitted models."""
        return self.home / "models"


def id_key(environ: Mapping[str, str] = os.environ) -> str | None:
    """The secret of the published keys and hashes, where THROUGHLINE_ID_KEY gives one. Raises UserError for a short one."""
    given = environ.get("THROUGHLINE_ID_KEY") or None
    if given and len(given) < SHORTEST_KEY:
        raise UserError(
            f"THROUGHLINE_ID_KEY has {len(given)} characters and needs at least {SHORTEST_KEY}: whoever guesses it knows who is "
            "who. Set it to a long random text (openssl rand -hex 32 makes one), or unset it to use the one that the home makes."
        )
    return given


def memory_limit() -> str:
    """How much memory the engine may take before it uses the disk: THROUGHLINE_MEMORY, else up to 6 GB."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return os.environ.get("THROUGHLINE_MEMORY") or f"{min(6_000, machine * 6 // 10**7)}MB"


def _moment(environ: Mapping[str, str], name: str, otherwise: str) -> datetime | None:
    """The variable as a UTC timestamp without zone, or None when it is not set."""
    text = environ.get(name, "").strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        raise UserError(
            f"{name} is '{text}', which is not an ISO timestamp. Write it like 2026-10-31T00:00:00, or unset it {otherwise}."
        ) from None
