"""What several parts of the warehouse need of files: names that may be shown, bytes that stay."""

from __future__ import annotations

import os
from pathlib import Path


def printable(text: str) -> str:
    """A name or a message as it may be shown: on one line, and nothing a terminal obeys."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def make_durable(path: Path) -> None:
    """Wait until what a file holds, or which files a folder holds, would outlive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
