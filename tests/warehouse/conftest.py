"""The built town, once for the whole session. What is in it is tests/world; what is asked of it, the tests beside this file."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.world.build import World, built


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The town's warehouse, for reading only."""
    return built("town", tmp_path_factory.getbasetemp())


@pytest.fixture
def house(town: World, tmp_path: Path) -> World:
    """The town's warehouse in a home of its own, to be changed at will."""
    for name in ("throughline.duckdb", "working.duckdb"):
        shutil.copy2(town.settings.home / name, tmp_path / name)
    shutil.copytree(town.settings.landing, tmp_path / "landing")
    return World(replace(town.settings, home=tmp_path, landing=tmp_path / "landing"), town.journey, town.landing)


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The crowd's warehouse, for reading only."""
    return built("crowd", tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def crowd_before_snapshot(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same crowd, as long as it knew only what happened before one snapshot; for reading only."""
    return built("crowd_before_snapshot", tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The warehouse of ten thousand random people, for reading only."""
    return built("strangers", tmp_path_factory.getbasetemp())
