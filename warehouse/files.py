"""What several parts of the warehouse need of files: names that may be shown, bytes that stay."""

from __future__ import annotations

import io
import os
from pathlib import Path


def printable(text: str) -> str:
    """A name or a message as it may be shown: on one line, and nothing a terminal obeys."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def readable(text: str) -> str:
    """The same of several lines: what a terminal, a log or a message shows of data obeys nobody but the line ends."""
    return "\n".join(map(printable, text.split("\n")))


class ReadableLog(io.TextIOWrapper):
    """A log in which whatever is written can be read."""

    def write(self, text: str) -> int:
        """Write a text, with the signs that would do something to a terminal as what they are called."""
        return super().write(text if text.isprintable() else readable(text))


def make_durable(path: Path) -> None:
    """Wait until what a file holds, or which files a folder holds, would outlive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
