"""Setting up on a machine that lacks something: one clear message, no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "orchestration" / "environment.py"


def set_up_with(preparation: str) -> subprocess.CompletedProcess[str]:
    code = f"import runpy, sys\n{preparation}\nrunpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_a_python_without_venv_is_told_what_to_install() -> None:
    done = set_up_with("sys.modules['ensurepip'] = None")
    assert done.returncode == 2
    assert f"apt install python3.{sys.version_info[1]}-venv" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_python_that_is_too_old_is_told_what_is_needed() -> None:
    done = set_up_with("sys.version_info = (3, 9, 2)")
    assert done.returncode == 2
    assert "Python 3.9 is too old: Throughline needs 3.11 or newer" in done.stdout
    assert "Traceback" not in done.stderr
