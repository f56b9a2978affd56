"""What people do to a home between two runs, and what happens to a run: any of it must leave what a full build gives."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from unittest import mock

from tests.world.build import dbt, manifest
from warehouse.settings import Settings

Disturbance = Callable[[random.Random, Settings], str]


def models(*, incremental: bool = False) -> list[str]:
    """The names of all models, or of those that are kept from run to run."""
    nodes = [node for node in manifest().nodes.values() if str(node.resource_type) == "model"]
    return sorted(node.name for node in nodes if not incremental or node.config.materialized == "incremental")


def a_selection(dice: random.Random, settings: Settings) -> str:
    """Somebody builds a few models by hand, some with what they are made of or what is made of them."""
    chosen = [
        dice.choice(("{}", "{}", "+{}", "{}+", "{}+1", "1+{}")).format(name)
        for name in dice.sample(models(), dice.choice((1, 3, 8)))
    ]
    dbt(settings, "run", "--select", *chosen)
    return f"dbt run --select {' '.join(chosen)}"


def a_full_refresh(dice: random.Random, settings: Settings) -> str:
    """Somebody debugs an incremental model, and makes it anew."""
    chosen = dice.choice(models(incremental=True))
    dbt(settings, "run", "--full-refresh", "--select", chosen)
    return f"dbt run --full-refresh --select {chosen}"


def a_failure(dice: random.Random, settings: Settings) -> str:
    """A model cannot be built, and what stands on it is skipped."""
    from dbt.task.run import ModelRunner

    broken = dice.choice(models(incremental=True))
    execute = ModelRunner.execute

    def unless_broken(runner: Any, model: Any, known: Any) -> Any:
        if model.name == broken:
            raise RuntimeError("the disk is full")
        return execute(runner, model, known)  # type: ignore[no-untyped-call]  # dbt has no types

    with mock.patch.object(ModelRunner, "execute", unless_broken), suppress(AssertionError):
        dbt(settings, "run")
    return f"{broken} fails"


def a_kill(dice: random.Random, settings: Settings) -> str:
    """A run dies after its work was done and before that was noted."""
    from dbt.task.run import RunTask

    chosen = [f"{name}+" for name in dice.sample(models(incremental=True), 2)]
    with mock.patch.object(RunTask, "after_run"):
        dbt(settings, "run", "--select", *chosen)
    return f"dbt run --select {' '.join(chosen)} is killed at its end"


DISTURBANCES: tuple[Disturbance, ...] = (a_selection, a_selection, a_full_refresh, a_failure, a_kill)
