"""The dbt project as Dagster reads it: by its manifest, which lies below the home, so that homes never meet.

`make run` has it made by the dbt that serves the run, `dagster dev` when it loads. Whoever loads the definitions otherwise finds
it made, or is told how: `make manifest`, which is this module.
"""

from __future__ import annotations

import json
import sys

from dagster_dbt import DbtProject

from orchestration.dbt_process import DBT_FOLDER, is_stale, target_of
from orchestration.run import prepare_home
from warehouse.files import readable
from warehouse.settings import Settings, UserError


def dbt_project(settings: Settings) -> DbtProject:
    """The project of a home; it may have no manifest yet."""
    return DbtProject(project_dir=DBT_FOLDER, profiles_dir=DBT_FOLDER, target_path=target_of(settings.home))


def prepared_project(settings: Settings) -> DbtProject:
    """The project with a manifest that is as new as its models. Nothing is executed, but by `dagster dev`.

    Raises UserError when there is none.
    """
    project = dbt_project(settings)
    if is_stale(project.manifest_path):
        project.prepare_if_dev()
    if is_stale(project.manifest_path):
        state = "older than its models" if project.manifest_path.is_file() else "not there yet"
        raise UserError(
            f"The manifest of the dbt project, {project.manifest_path}, is {state}: call `make manifest`. "
            "(make run and make dev make it themselves.)"
        )
    return project


def attached_files(settings: Settings) -> list[str]:
    """The database files in which sources lie that nobody lands (dbt_project/macros/attached_sources.sql)."""
    manifest = json.loads(dbt_project(settings).manifest_path.read_text(encoding="utf-8"))
    return [
        str(source["config"]["meta"]["attach"]) for source in manifest["sources"].values() if "attach" in source["config"]["meta"]
    ]


def main() -> int:
    """Make the manifest of the home that the environment names; returns the exit code."""
    try:
        settings = Settings.from_environment()
    except UserError as error:
        print(f"✗ {readable(str(error))}", file=sys.stderr)
        return 2
    prepare_home(settings)
    project = dbt_project(settings)
    project.preparer.prepare(project)
    print(f"✓ {project.manifest_path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
