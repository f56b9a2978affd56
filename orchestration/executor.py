"""How Dagster carries a run out: in one process, which is alone at the home from its first step to its last."""

from __future__ import annotations

from collections.abc import Iterator

from dagster import DagsterEvent, Executor, InitExecutorContext, executor
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.in_process import InProcessExecutor

from warehouse.home import at_work
from warehouse.settings import Settings


class OneWriter(InProcessExecutor):
    """The executor that runs all steps in this process, for as long as nobody else is at the home."""

    def execute(self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan) -> Iterator[DagsterEvent]:
        """Carry out the steps. Raises Busy before the first of them when another process is at the home."""
        with at_work(Settings.from_environment().home, f"Dagster's run {plan_context.run_id[:8]}"):
            yield from super().execute(plan_context, execution_plan)


@executor(name="one_writer")
def one_writer(_: InitExecutorContext) -> Executor:
    """For every job here: a process per step would import for longer than most steps take, and compete for the files."""
    return OneWriter(retries=RetryMode.ENABLED)
