"""How dbt is called: the project, its compiled manifest, and one decorator argument set per layer. No models are named here."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from dagster_dbt import DbtCliResource, DbtProject

from warehouse.settings import PROJECT, Settings

DBT_FOLDER = PROJECT / "dbt_project"


def prepared_project(settings: Settings) -> DbtProject:
    """The dbt project, with a manifest that is as new as the models. State goes below the home, so homes never meet."""
    os.environ |= {
        "THROUGHLINE_HOME": str(settings.home),
        "DBT_LOG_PATH": str(settings.home / "dbt" / "logs"),
        "DO_NOT_TRACK": "1",
        # The dbt that belongs to this Python, whether or not its environment was activated.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    target = settings.home / "dbt" / "target"
    target.mkdir(parents=True, exist_ok=True)
    project = DbtProject(project_dir=DBT_FOLDER, profiles_dir=DBT_FOLDER, target_path=target)
    if _is_stale(project.manifest_path):
        project.preparer.prepare(project)
    return project


def cli(project: DbtProject) -> DbtCliResource:
    """The dbt command as a resource."""
    return DbtCliResource(project_dir=project)


def forget_invocations(settings: Settings) -> None:
    """Drop what earlier dbt invocations left behind; the manifest and the parse cache stay."""
    for child in (settings.home / "dbt" / "target").iterdir():
        if child.is_dir() and (child / "run_results.json").exists():
            shutil.rmtree(child, ignore_errors=True)


def _is_stale(manifest: Path) -> bool:
    if not manifest.is_file():
        return True
    made = manifest.stat().st_mtime
    sources = (path for kind in ("*.sql", "*.yml") for path in DBT_FOLDER.rglob(kind) if "target" not in path.parts)
    return any(path.stat().st_mtime > made for path in sources)
