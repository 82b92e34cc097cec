"""Let an instance go on past a task or a wait that nobody is to do any more; the task is withdrawn, not completed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.services.context import StepScope
from engine.services.hosting import RenewalHost
from engine.services.steps import Cause, apply_step
from engine.spiff import runner
from engine.store.instances import Timer
from engine.store.tasks import UserTask


def pass_task(
    scope: StepScope,
    task: UserTask,
    outcome: Mapping[str, Any],
    *,
    reason: str,
    host: RenewalHost | None = None,
) -> None:
    """Take *task* away as if *outcome* had been given, which decides the way the process goes on by."""
    run_task(scope, task, outcome, Cause.MESSAGE, reason=reason, host=host)


def run_task(
    scope: StepScope,
    task: UserTask,
    outcome: Mapping[str, Any],
    cause: Cause,
    *,
    reason: str | None = None,
    host: RenewalHost | None = None,
) -> tuple[UserTask, ...]:
    """Run the instance on past *task* with *outcome* and return the tasks that this opened, not numbered yet."""
    host = host or RenewalHost(scope)
    step = runner.complete(
        scope.deployed.process,
        scope.instance.definition_key,
        scope.state,
        host,
        spiff_id=task.spiff_task_id,
        outcome=outcome,
        now=scope.now,
    )
    return apply_step(scope, host, step, cause, reason=reason)


def pass_timer(scope: StepScope, timer: Timer, *, reason: str) -> None:
    """Cut a wait of the diagrams short: it is cancelled, and the history does not say that it rang."""
    spiff_id = timer.spiff_task_id
    if spiff_id is None:
        return
    host = RenewalHost(scope)
    step = runner.cut_short(
        scope.deployed.process,
        scope.instance.definition_key,
        scope.state,
        host,
        spiff_id=spiff_id,
        now=scope.now,
    )
    apply_step(scope, host, replace(step, fired=step.fired - {spiff_id}), Cause.MESSAGE, reason=reason)
