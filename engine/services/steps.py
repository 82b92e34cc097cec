"""Write a Step down: tasks opened and closed, timers planned and fired, stage, outcome, path.

Shared by start, complete, fire and deliver; all in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from engine.clock import midnight
from engine.domain.codes import OUTCOME_STATES, RenewalState, Role, Stage, TaskStatus
from engine.domain.due import due_at
from engine.domain.expression import compile_expression
from engine.domain.own_clocks import STAGE_CLOCK
from engine.domain.stage import stage_last_day, stage_on, stage_starts
from engine.services import provisional
from engine.services.assignment import responsible_of
from engine.services.context import StepScope
from engine.services.hosting import RenewalHost
from engine.spiff.elements import Element
from engine.spiff.host import StepContext
from engine.spiff.runner import InvariantBroken, OpenTask, Step
from engine.store.tasks import UserTask

ORDER = (
    Stage.POOL,
    Stage.PREPARATION,
    Stage.FOLLOW_UP,
    Stage.KEY_TRACKING,
    Stage.SUMMARY,
    Stage.WIN_BACK,
    Stage.CLOSED,
)
_STAGE = "stage_"
"""How the diagrams of stages begin their names; those of side processes do not."""


class Cause(StrEnum):
    """What set a step off; decides how unfinished tasks end."""

    START = "start"
    COMPLETE = "complete"
    TIMER = "timer"
    MESSAGE = "message"


def apply_step(
    scope: StepScope, host: RenewalHost, step: Step, cause: Cause, *, reason: str | None = None
) -> tuple[UserTask, ...]:
    """Write *step* down and return the tasks it opened; *reason* is kept with those it took away."""
    scope.instance.state = scope.engine.seal.close(scope.instance.id, step.state)
    scope.instance.path = _longer_path(scope.instance.path, step)
    _settle_timers(scope, step)
    _close_tasks(scope, step, cause, reason)
    _enter_stage(scope, step)
    host.forget_facts()  # the rules of the new tasks ask about the stage just entered
    opened = _open_tasks(scope, host, step)
    if step.ended:
        _end(scope)
    _keep_stage_clock(scope, step)
    scope.instance.next_due_at = min((timer.due_at for timer in scope.timers), default=None)
    return opened


def _longer_path(path: Mapping[str, Any], step: Step) -> dict[str, Any]:
    """Add what the step passed to the counts behind the diagram's overlay."""
    flows = dict(path.get("flows", {}))
    for element, source in step.passed:
        flow = f"{source}>{element}"
        flows[flow] = flows.get(flow, 0) + 1
    live = sorted({t.element_id for t in step.tasks} | {t.element_id for t in step.timers})
    return {
        "flows": flows,
        "live": [] if step.ended else live,
        "calls": list(step.live_calls),
    }


def _settle_timers(scope: StepScope, step: Step) -> None:
    waiting = {timer.spiff_id: timer for timer in step.timers}
    known: set[str] = set()
    for row in list(scope.timers):
        if row.spiff_task_id is None:
            continue
        known.add(row.spiff_task_id)
        if row.spiff_task_id in waiting:
            continue
        row.settled = True
        scope.timers.remove(row)
        if row.spiff_task_id in step.fired:
            row.fired_at = scope.now
            scope.record("timer_fired", subject=row.element_id, element_id=row.element_id, planned=row.due_at)
        else:
            row.cancelled_at = scope.now
    for spiff_id, timer in waiting.items():
        if spiff_id not in known:
            scope.plan_timer(timer.element_id, timer.due_at, spiff_id=spiff_id)


def _close_tasks(scope: StepScope, step: Step, cause: Cause, reason: str | None) -> None:
    """End tasks the step took away: missed when time ran out, withdrawn otherwise (architecture.md §4)."""
    still = {task.spiff_id for task in step.tasks}
    status = TaskStatus.MISSED if cause is Cause.TIMER else TaskStatus.WITHDRAWN
    for row in list(scope.tasks):
        if row.spiff_task_id in still:
            continue
        scope.tasks.remove(row)
        row.status, row.version = str(status), row.version + 1
        row.completed_at = scope.now
        scope.record(
            f"task_{status}",
            about=row,
            subject=row.name,
            reason=reason,
            action_id=row.action_id,
            element_id=row.element_id,
            assignee=row.assignee_no,
        )


def _open_tasks(scope: StepScope, host: RenewalHost, step: Step) -> tuple[UserTask, ...]:
    known = {row.spiff_task_id for row in scope.tasks}
    people = responsible_of(scope.renewal)
    opened = []
    for task in step.tasks:
        if task.spiff_id in known:
            continue
        element = scope.deployed.process.elements.by_id[task.element_id]
        role = Role(str(element.role))
        row = UserTask(
            instance_id=scope.instance.id,
            spiff_task_id=task.spiff_id,
            element_id=task.element_id,
            action_id=element.properties["action_id"],
            name=element.name or task.element_id,
            form_id=element.properties["form"],
            role=str(role),
            unit_code=people.sub_branch_code,
            assignee_no=people.assignee_for(role),
            status=str(TaskStatus.OPEN),
            priority=_priority(host, element),
            version=1,  # a step later in this transaction may raise it
            stage=scope.renewal.stage,
            created_at=scope.now,
            due_at=_due_at(scope, host, element, task),
        )
        scope.tx.add_later(row)
        scope.tasks.append(row)
        opened.append(row)
        scope.record(
            "task_opened",
            about=row,
            subject=row.name,
            element_id=row.element_id,
            action_id=row.action_id,
            role=row.role,
            assignee=row.assignee_no,
            due=row.due_at,
        )
    return tuple(opened)


def _due_at(scope: StepScope, host: RenewalHost, element: Element, _task: OpenTask) -> Any:
    rule = element.properties.get("due")
    found = compile_expression(rule).evaluate(StepContext({}, host), host.functions) if rule else None
    return due_at(
        found if isinstance(found, date) else None,  # an instant is a date, too
        today=scope.today,
        workdays=scope.engine.workdays(),
        stage_ends=_stage_ends(scope, element),
        tz=scope.engine.clock.zone,
    )


def _stage_ends(scope: StepScope, element: Element) -> date | None:
    """The last day of the stage that a task belongs to; a side process goes on across stages and knows none."""
    if not element.process_id.startswith(_STAGE):
        return None
    return stage_last_day(Stage(scope.renewal.stage), scope.renewal.expiry_date)


def _priority(host: RenewalHost, element: Element) -> int:
    rule = element.properties.get("priority")
    if rule:
        value = compile_expression(rule).evaluate(StepContext({}, host), host.functions)
        if isinstance(value, int):
            return max(0, min(100, value))
    return 50


def _live_stage(step: Step) -> Stage | None:
    for called in step.live_calls:
        if called.startswith(_STAGE) and (name := called.removeprefix(_STAGE)) in set(Stage):
            return Stage(name)
    return None


def _enter_stage(scope: StepScope, step: Step) -> None:
    """Set the stage: the called stage diagram says it; while none is live, the calendar does."""
    row = scope.renewal
    stage = Stage.CLOSED if step.ended else _live_stage(step) or stage_on(scope.today, row.expiry_date)
    before = Stage(row.stage) if row.stage else None
    if stage is before:
        return
    row.stage = str(stage)
    row.stage_contacts = row.missed_calls = 0
    entered: dict[str, Any] = {"stage": str(stage), "from": str(before) if before else None}
    scope.record("stage_entered", **entered)
    if before is None:
        _record_skipped(scope, stage)
    if stage is Stage.WIN_BACK and row.state not in OUTCOME_STATES and row.state != RenewalState.PARTIAL:
        scope.move_to(RenewalState.LAPSED)
    elif before is Stage.WIN_BACK and row.state == RenewalState.LAPSED and stage is not Stage.CLOSED:
        scope.move_to(RenewalState.ASSIGNED)


def _record_skipped(scope: StepScope, stage: Stage) -> None:
    """Name the stages that a late list entry can no longer pass (domain.md §7 case 1)."""
    skipped = [s for s in ORDER[1 : ORDER.index(stage)] if s is not Stage.CLOSED]
    for missed in skipped:
        scope.record("stage_skipped", stage=str(missed))
    scope.renewal.is_late = bool(skipped)


def _end(scope: StepScope) -> None:
    if scope.renewal.outcome is None:
        raise InvariantBroken(
            reason_zh="续保结束却没有结果", reason_en="the renewal ended without an outcome"
        )
    provisional.forget(scope)
    scope.instance.ended_at = scope.renewal.ended_at = scope.now
    scope.record("instance_ended", outcome=scope.renewal.outcome)


def _keep_stage_clock(scope: StepScope, step: Step) -> None:
    """While no stage diagram is live (e.g. an approval runs), plan the next stage change ourselves."""
    clocks = [row for row in scope.timers if row.element_id == STAGE_CLOCK]
    due = None
    if not step.ended and _live_stage(step) is None:
        later = [day for day in stage_starts(scope.renewal.expiry_date).values() if day > scope.today]
        due = midnight(min(later), scope.engine.clock.zone) if later else None
    for row in clocks:
        if row.due_at != due:
            scope.settle_timer(row)
    if due is not None and not any(row.due_at == due for row in clocks):
        scope.plan_timer(STAGE_CLOCK, due)
