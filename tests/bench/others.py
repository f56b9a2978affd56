"""The interpreter that has what the benchmarks stand beside: an environment of its own, made from others.txt."""

from __future__ import annotations

import subprocess

from warehouse.settings import PROJECT

OTHERS = PROJECT / ".venv" / "others" / "bin" / "python"


def require(package: str) -> None:
    """Raise SystemExit, with what to do, unless it can import a package."""
    if not OTHERS.exists() or subprocess.run([OTHERS, "-c", f"import {package}"], capture_output=True).returncode:
        raise SystemExit(f"✗ {package} is not there to compare with: make .venv/others/ready installs it.")
