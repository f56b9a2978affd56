"""All sources' small files landed and built into one warehouse, once per session."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from tests.world import town
from tests.world.build import World, build, settings_of

FILES = Path(__file__).parent / "files"
LANDED_AT = datetime(2026, 3, 1)


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The warehouse of tests/sources/files, for reading only."""
    home = tmp_path_factory.mktemp("sources")
    shutil.copytree(FILES, home / "landing")
    return build(settings_of(home, town.JOURNEY), LANDED_AT)
