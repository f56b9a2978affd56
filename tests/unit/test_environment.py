"""Setting up on a machine that lacks something: one clear message, no traceback."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "orchestration" / "environment.py"


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


def pins(lock: str) -> dict[str, str]:
    """The requirements of a lock, each with the lines of its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    return {
        line.split(" \\")[0]: rest for line, _, rest in (part.partition("\n") for part in re.split(r"\n(?=\S)", text.strip()))
    }


def names(requirements: Iterable[str]) -> set[str]:
    return {re.split(r"[<>=\[; ]", requirement)[0].lower() for requirement in requirements}


def test_every_package_has_the_hashes_of_its_files() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        for requirement, hashes in pins(lock).items():
            assert re.fullmatch(r"[a-z0-9.-]+(\[\w+\])?==\S+( ; .+)?", requirement), requirement
            assert re.fullmatch(r"( +--hash=sha256:[0-9a-f]{64}( \\\n|$))+", hashes), requirement


def test_users_get_no_tools_of_developers_and_developers_the_same_packages_as_users() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    users, developers = pins("requirements.lock"), pins("requirements-dev.lock")
    bare = [
        {re.sub(r"\[.*?\]| ;.*", "", requirement): hashes for requirement, hashes in pinned.items()}
        for pinned in (users, developers)
    ]
    assert bare[0].items() <= bare[1].items()
    tools = names(project["optional-dependencies"]["dev"])
    assert names(project["dependencies"]) <= names(users)
    assert tools <= names(developers)
    assert not tools & names(users)


def test_the_terms_are_those_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith(f"{project['license']} License")


def test_cleaning_leaves_the_state_unless_it_is_asked_for_and_confirmed(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    state, cache = tmp_path / "warehouse" / "state", tmp_path / ".ruff_cache"

    def clean(*arguments: str, answer: str = "") -> tuple[bool, bool]:
        for folder in (state, cache):
            folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["make", "clean", *arguments], cwd=tmp_path, input=answer, text=True, check=True, capture_output=True)
        return state.exists(), cache.exists()

    assert clean() == (True, False)
    assert clean("STATE=1") == (True, False)
    assert clean("STATE=1", answer="no\n") == (True, False)
    assert clean("STATE=1", answer="yes\n") == (False, False)


def test_dbt_needs_no_variable_of_the_environment() -> None:
    profile = (ROOT / "dbt_project" / "profiles.yml").read_text(encoding="utf-8")
    assert re.findall(r"env_var\('\w+'\)", profile) == []
    assert "env_var('THROUGHLINE_HOME', '../warehouse/state')" in profile
