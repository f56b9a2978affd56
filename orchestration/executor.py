"""How Dagster carries a run out: in one process, which is alone at the home from its first step to its last."""

from __future__ import annotations

from collections.abc import Iterator

from dagster import DagsterEvent, Executor, InitExecutorContext, executor, in_process_executor
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode

from warehouse.home import held
from warehouse.settings import Settings


class OneWriter(Executor):
    """The executor that runs all steps in this process, for as long as nobody else is at the home."""

    def __init__(self, steps: Executor) -> None:
        self._steps = steps

    @property
    def retries(self) -> RetryMode:
        """How steps are tried again: as the executor of the steps does."""
        return self._steps.retries

    def execute(self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan) -> Iterator[DagsterEvent]:
        """Carry out the steps. Raises Busy before the first of them when another process is at the home."""
        home = Settings.from_environment().home
        home.mkdir(parents=True, exist_ok=True)
        with held(home, f"Dagster's run {plan_context.run_id[:8]}"):
            yield from self._steps.execute(plan_context, execution_plan)


@executor(name="one_writer", config_schema=in_process_executor.config_schema)
def one_writer(context: InitExecutorContext) -> Executor:
    """For every job here: a process per step would import for longer than most steps take, and compete for the files."""
    creation = in_process_executor.executor_creation_fn
    assert creation
    return OneWriter(creation(context))
