"""One line per step for a person who watches: what ran, how long, how many rows. The full log is elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster import DagsterEvent, DagsterEventType, Failure, InitLoggerContext, logger

from warehouse.files import readable
from warehouse.privacy.masks import masked
from warehouse.settings import UserError

# A step's own word for the person who watches begins with this; everything else that is logged is detail.
SUMMARY = "» "


def warn(context: Any, text: str) -> None:
    """Tell the person who watches at once what was left alone or put aside. A file's name may hold an address."""
    context.log.warning(f"{SUMMARY}{masked(readable(text))}")


def say(context: Any, text: str) -> None:
    """Give the running step its line in the progress."""
    context.log.info(f"{SUMMARY}{masked(readable(text))}")


def stopped(text: str) -> Failure:
    """What ends a step in words, to be raised: trying again would change nothing."""
    return Failure(description=masked(readable(text)), allow_retries=False)


@contextmanager
def told_plainly() -> Iterator[None]:
    """A fault the user can mend ends the step with its message, not with a traceback."""
    try:
        yield
    except UserError as error:
        raise stopped(str(error)) from None


class ProgressHandler(logging.Handler):
    """Turns Dagster's events into lines on the terminal."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._started: dict[str, float] = {}
        self._summaries: dict[str, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Print a line when a step ends."""
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        event: DagsterEvent | None = meta.get("dagster_event")
        step = meta.get("step_key") or (event.step_key if event else None)
        if step is None:
            return
        if event is None:
            message = meta.get("orig_message") or record.getMessage()
            if not message.startswith(SUMMARY):
                return
            if record.levelno >= logging.WARNING:
                print(f"    ! {message.removeprefix(SUMMARY)}", file=sys.__stdout__, flush=True)
            else:
                self._summaries[step] = message.removeprefix(SUMMARY)
        elif event.event_type is DagsterEventType.STEP_START:
            self._started[step] = time.monotonic()
        elif event.event_type is DagsterEventType.STEP_SUCCESS:
            self._line("✓", step)
        elif event.event_type is DagsterEventType.STEP_FAILURE:
            self._line("✗", step)

    def _line(self, mark: str, step: str) -> None:
        seconds = time.monotonic() - self._started.get(step, time.monotonic())
        print(f"  {mark} {step:<18} {seconds:6.1f} s   {self._summaries.get(step, '')}", file=sys.__stdout__, flush=True)


@logger
def progress_logger(_: InitLoggerContext) -> logging.Logger:
    """The logger `progress` of the job's run configuration."""
    made = logging.Logger("throughline.progress", logging.DEBUG)
    made.addHandler(ProgressHandler())
    return made
