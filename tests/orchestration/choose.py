"""Materialize assets one by one, as somebody does who chooses them in Dagster's UI, and say of each how it went.

python -m tests.orchestration.choose <asset> ...      the last lines are "<asset>: succeeded" or "<asset>: failed"
"""

from __future__ import annotations

import sys

from dagster import AssetKey, DagsterInstance

from orchestration.definitions import build_defs


def materialize(asset: str) -> str:
    """Materialize one asset alone; Dagster logs why when it fails."""
    with DagsterInstance.ephemeral() as instance:
        done = (
            build_defs()
            .resolve_implicit_global_asset_job_def()
            .execute_in_process(instance=instance, asset_selection=[AssetKey(asset.split("/"))], raise_on_error=False)
        )
    return f"{asset}: {'succeeded' if done.success else 'failed'}"


if __name__ == "__main__":
    told = [materialize(asset) for asset in sys.argv[1:]]
    print("\n".join(told))
