"""The home: who is at it, and who else may read what. One process at a time works there, and the system sees to it.

The lock is the system's own on `<home>/run.lock`, so whoever holds it loses it by dying, however that happens. A process that
holds it may take it again; one that it started with the lock's open file (`hold_of`) is let in, and when the holder is killed,
keeps the next run out until it has ended itself.

Others may pass through the home to `published/` and `reports/`, whose files are as open as the umask makes them. What holds raw
rows, keys, or what runs say is for the owner alone.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from warehouse.settings import UserError

LOCK = "run.lock"
HANDED_ON = "THROUGHLINE_LOCK"  # the number of the open file, for a process that was started by the holder
OWN_FOLDERS = ("dagster", "dbt", "erasing", "known", "logs", "models")
OWN_FILES = ("*.duckdb", "*.duckdb.wal", "*.duckdb.tmp", LOCK)
PATIENCE_SECONDS = 2  # for those who only look something up


class Busy(UserError):
    """Somebody else is at the home."""


@dataclass(eq=False)
class Hold:
    """That this process is at a home: the lock's open file, and how often it was asked for."""

    handle: int
    is_own: bool
    depth: int = 0


_holds: dict[Path, Hold] = {}


@contextmanager
def at_work(home: Path, who: str) -> Iterator[None]:
    """Make a home, or close what of an older one stands open, and be there alone until everything is done. Raises Busy."""
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    with held(home, who):
        for name in ("dagster", "dbt", "logs", "models"):
            (home / name).mkdir(mode=0o700, exist_ok=True)
        _close(home)
        try:
            yield
        finally:
            _close(home)


@contextmanager
def for_the_owner_alone() -> Iterator[None]:
    """What is made meanwhile, also by an engine, nobody else may read."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _close(home: Path) -> None:
    """Take from others what is not theirs; the home itself they may enter and not list."""
    _keep(home, 0o711)
    for pattern in OWN_FILES:
        for path in home.glob(pattern):
            _keep(path, 0o700)
    for name in OWN_FOLDERS:
        if not (home / name).is_symlink():
            for folder, _, files in os.walk(home / name):
                _keep(Path(folder), 0o700)
                for file in files:
                    _keep(Path(folder, file), 0o700)


def _keep(path: Path, most: int) -> None:
    """Of the leave that others have, keep at most this."""
    with suppress(OSError):  # gone meanwhile, another's, or on a file system that knows no leave
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and mode & 0o077 & ~most:
            path.chmod(stat.S_IMODE(mode) & ~(0o077 & ~most))


@contextmanager
def held(home: Path, who: str = "a program") -> Iterator[None]:
    """Be the only process at a home. `who` is what others are told, beside the process and the time.

    Waits a moment for those who only look something up. Raises Busy, with who it is and since when, if another process is there.
    """
    path = home.resolve() / LOCK
    if path not in _holds:
        hold = _inherited(path) or _taken(path, who)
        if hold is None:
            yield
            return
        _holds[path] = hold
    hold = _holds[path]
    hold.depth += 1
    try:
        yield
    finally:
        hold.depth -= 1
        if not hold.depth:
            del _holds[path]
            if hold.is_own:
                fcntl.flock(hold.handle, fcntl.LOCK_UN)  # also for whoever was let in
                os.close(hold.handle)


def hold_of(home: Path) -> Hold | None:
    """How this process is at a home, None if it is not. Whom it starts with the open file, HANDED_ON its number, is there too."""
    return _holds.get(home.resolve() / LOCK)


def _inherited(path: Path) -> Hold | None:
    """The lock that whoever started this process has handed on."""
    handle = os.environ.get(HANDED_ON, "")
    if handle.isdigit() and _is_at(int(handle), path):
        with suppress(OSError):
            fcntl.flock(int(handle), fcntl.LOCK_EX | fcntl.LOCK_NB)
            return Hold(int(handle), is_own=False)
    return None


def _taken(path: Path, who: str) -> Hold | None:
    """The lock, taken now; None where there is nothing to lock: no folder, or a file system on which nobody writes."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EROFS):
                return None
            raise
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(handle, path):
                _sign(handle, who)
                return Hold(handle, is_own=True)
        except BlockingIOError:
            if time.monotonic() > until:
                signed = os.read(handle, 500).decode(errors="replace").strip() or "somebody"
                os.close(handle)
                raise Busy(
                    f"Another run is writing {path.parent}: {signed}. Wait for it to end (or stop it) and start again; "
                    "nothing was changed."
                ) from None
        os.close(handle)
        time.sleep(0.05)


def _is_at(handle: int, path: Path) -> bool:
    """Whether an open file is the one that lies there: a home may be removed and made anew."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def _sign(handle: int, who: str) -> None:
    with suppress(OSError):  # a full disk: the lock holds without a name
        os.truncate(handle, 0)
        os.pwrite(handle, f"{who}, process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n".encode(), 0)
