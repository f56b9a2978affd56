"""The interpreter that has what the benchmarks stand beside: an environment of its own, made by `make bench` from others.txt."""

from __future__ import annotations

import subprocess

from warehouse.settings import PROJECT

OTHERS = PROJECT / ".venv" / "others" / "bin" / "python"


def have(package: str) -> bool:
    """Whether it can import a package; says so when not."""
    if OTHERS.exists() and not subprocess.run([OTHERS, "-c", f"import {package}"], capture_output=True).returncode:
        return True
    print(f"  {package} is not there, so nothing is compared with it (make bench makes its environment)", flush=True)
    return False
