"""dbt in a process of its own that stays: its packages imported once, its project parsed once, called for every layer of a run.

To start dbt costs four seconds (imports, parsing, manifests read and written), and a run calls it four times. Started early, all
of that happens beside the imports of Dagster and scikit-learn. Commands go in and dbt's events come out as lines of JSON. What
dbt is asked to do, and what its events mean to Dagster, is told in dbt.py.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from warehouse.files import readable
from warehouse.home import HANDED_ON, Hold, hold_of
from warehouse.settings import PROJECT, memory_limit

DBT_FOLDER = PROJECT / "dbt_project"
MANIFEST = "manifest.json"
END_SECONDS = 25  # dbt lets its running queries end


class DbtError(Exception):
    """A dbt command failed. The message names it, its log, and what dbt says is wrong."""


class DbtProcess:
    """A dbt that waits for commands. It ends with this process, or when a command is given up."""

    def __init__(self, home: Path, hold: Hold | None) -> None:
        target = target_of(home)
        target.mkdir(parents=True, exist_ok=True)
        self.log = logs_of(home) / "dbt.log"
        if hold:  # else it only parses, perhaps beside a run that writes here
            self.log.unlink(missing_ok=True)  # dbt appends, and one run is several megabytes
        self._is_parsed = False
        environment = (
            os.environ
            | dbt_environment(home)
            | {
                "DBT_LOG_FORMAT": "json",
                "DBT_USE_COLORS": "false",
                "DBT_LOG_FORMAT_FILE": "text",
                "DBT_WRITE_JSON": "false",  # manifests and results of every call, which nobody reads: half a second each
            }
        )
        if hold:
            environment[HANDED_ON] = str(hold.handle)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "orchestration.dbt_process", str(target / MANIFEST)],
            cwd=PROJECT,
            env=environment,
            umask=0o077,
            pass_fds=[hold.handle] if hold else [],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        atexit.register(self._end)

    def wait_until_parsed(self) -> None:
        """Return when the manifest is as new as the models. Raises DbtError."""
        if not self._is_parsed:
            self._is_parsed = True
            for event in self._events("dbt parse"):
                print(readable(event["info"]["msg"]), flush=True)

    def call(self, arguments: Sequence[str]) -> Iterator[dict[str, Any]]:
        """The structured events of one dbt command, as they happen. Raises DbtError when in the end something was wrong."""
        self.wait_until_parsed()
        assert self._process.stdin
        with suppress(BrokenPipeError):  # it ended since it last answered, and will be found to give no answer
            self._process.stdin.write(json.dumps(list(arguments)) + "\n")
            self._process.stdin.flush()
        yield from self._events(" ".join(["dbt", *arguments]))

    def _end(self) -> None:
        self._process.communicate(timeout=END_SECONDS)  # which closes its input: no more commands will come

    def _events(self, command: str) -> Iterator[dict[str, Any]]:
        wrong: list[str] = []
        is_over = False
        try:
            for line in self._process.stdout or ():
                if not line.startswith("{"):  # what a package prints past dbt's log
                    print(readable(line), end="", flush=True)
                    continue
                event = json.loads(line)
                if is_over := "success" in event:
                    break
                if event["info"]["level"] == "error":
                    wrong.append(event["info"]["msg"])
                yield event
            if not is_over:
                raise DbtError(
                    f"dbt ended in the middle of `{command}`, with exit code {self._process.wait()}. Run again; if it was killed "
                    "for want of memory, end other programs or set THROUGHLINE_MEMORY."
                )
            if wrong or not event["success"]:
                listing = "\n\n".join(wrong or [str(event["exception"])])
                raise DbtError(f"`{command}` failed; the whole story is in {self.log}.\n\n{listing}")
        finally:
            if not is_over:
                self._process.send_signal(signal.SIGINT)
                self._end()


def dbt_process(home: Path) -> DbtProcess:
    """The one dbt of this process for a home, started when it is first asked for. It is at the home if this process is."""
    return _process(home, hold_of(home))


@cache
def _process(home: Path, hold: Hold | None) -> DbtProcess:
    return DbtProcess(home, hold)


def target_of(home: Path) -> Path:
    """Where dbt's manifest, its parse cache and the compiled models of a home lie."""
    return home / "dbt" / "target"


def logs_of(home: Path) -> Path:
    """Where dbt's logs of a home lie."""
    return home / "dbt" / "logs"


def dbt_environment(home: Path) -> dict[str, str]:
    """What makes any dbt work at a home: the project, its profile, and where everything that dbt writes goes."""
    return {
        "THROUGHLINE_HOME": str(home),
        "THROUGHLINE_MEMORY": memory_limit(),
        "DBT_PROJECT_DIR": str(DBT_FOLDER),
        "DBT_PROFILES_DIR": str(DBT_FOLDER),
        "DBT_TARGET_PATH": str(target_of(home)),
        "DBT_LOG_PATH": str(logs_of(home)),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def is_stale(manifest: Path) -> bool:
    """Whether the manifest is missing or older than the dbt project."""
    if not manifest.is_file():
        return True
    made = manifest.stat().st_mtime
    sources = (path for kind in ("*.sql", "*.yml", "*.csv") for path in DBT_FOLDER.rglob(kind) if "target" not in path.parts)
    return any(path.stat().st_mtime > made for path in sources)


def serve(manifest: Path) -> None:
    """Parse, renew the manifest if it is stale, then obey commands until there are no more."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner, dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

    def tell(outcome: dbtRunnerResult) -> None:
        # The warehouse has one writer, and the next one is another process.
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # dbt-duckdb has no types
        exception = str(outcome.exception) if outcome.exception else None
        print(json.dumps({"success": outcome.success, "exception": exception}), flush=True)

    outcome = dbtRunner().invoke(["parse", "--quiet"])
    parsed = outcome.result if isinstance(outcome.result, Manifest) else None
    if parsed and is_stale(manifest):
        whole = manifest.with_suffix(f".{os.getpid()}")
        parsed.writable_manifest().write(str(whole))
        whole.replace(manifest)  # whoever reads it meanwhile never sees half of it
    tell(outcome)
    dbt = dbtRunner(manifest=parsed)
    for line in sys.stdin:
        tell(dbt.invoke(json.loads(line)))


if __name__ == "__main__":
    try:
        serve(Path(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(1)
