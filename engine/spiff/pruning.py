"""Which tasks of a running workflow are needed to go on, and for which diagrams that is known.

SpiffWorkflow keeps everything that ever happened and everything it predicts; most of it is never asked for
again (spiffworkflow.md §3). tests/spiff/test_equivalence.py holds pruned lives equal to unpruned ones.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.exclusive_gateway import ExclusiveGateway
from SpiffWorkflow.bpmn.specs.mixins.parallel_gateway import ParallelGateway
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

SPLIT = ".BoundaryEventSplit"  # how SpiffWorkflow calls the task before an activity with boundary events
LIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED | TaskState.ERROR
UNSAFE = frozenset(
    {
        "AdHocSubprocess",
        "EventBasedGateway",
        "EventSubprocess",
        "InclusiveGateway",
        "ParallelMultiInstanceTask",
        "SequentialMultiInstanceTask",
        "StandardLoopTask",
        "StartEventJoin",
        "StartEventSplit",
        "TransactionSubprocess",
    }
)
"""Elements that look at finished or predicted tasks in ways that are not proved here."""


def why_not(spec: Any) -> str | None:
    """Return the element for which a process may not be pruned, or None when it may."""
    for name, task_spec in spec.task_specs.items():
        if type(task_spec).__name__ in UNSAFE:
            return str(name)
        if isinstance(task_spec, ParallelGateway) and _is_in_loop(task_spec):
            return str(name)
    return None


def _is_in_loop(task_spec: Any) -> bool:
    seen: set[str] = set()
    stack = list(task_spec.outputs)
    while stack:
        current = stack.pop()
        if current is task_spec:
            return True
        if current.name not in seen:
            seen.add(current.name)
            stack.extend(current.outputs)
    return False


def kept_tasks(workflow: Any) -> list[tuple[Task, Task | None]]:
    """Return the tasks to store, each with the kept task above it, parents first."""
    wanted = _wanted(workflow)
    order: list[tuple[Task, Task | None]] = []
    stack: list[tuple[Task, Task | None]] = [(workflow.task_tree, None)]
    while stack:
        task, above = stack.pop()
        if above is None or task.id in wanted:
            order.append((task, above))
            above = task
        if task.has_state(LIVE) and not _has_real_children(task):
            continue  # what follows is only predicted
        stack.extend((child, above) for child in reversed(task.children))
    return order


def _has_real_children(task: Task) -> bool:
    return any(child.has_state(TaskState.FINISHED_MASK | LIVE) for child in task.children)


def _wanted(workflow: Any) -> set[Any]:
    """Ids of what a later step may ask for: what is live, splits above it, and arrivals at open joins."""
    wanted: set[Any] = set()
    if workflow.completed:
        return wanted
    joined = {t.task_spec.name for t in workflow.tasks.values() if _is_done_join(t)}
    for task in workflow.tasks.values():
        if task.has_state(LIVE) or (_is_arrival(task) and task.task_spec.name not in joined):
            _want(task, wanted)
    return wanted


def _is_done_join(task: Task) -> bool:
    return task.state == TaskState.COMPLETED and isinstance(task.task_spec, UnstructuredJoin)


def _is_arrival(task: Task) -> bool:
    """Whether *task* is a branch that came to a join and was cancelled in favour of a later one."""
    return (
        task.has_state(TaskState.FINISHED_MASK)
        and isinstance(task.task_spec, UnstructuredJoin)
        and not isinstance(task.task_spec, ExclusiveGateway)
    )


def _want(task: Task, wanted: set[Any]) -> None:
    """Keep *task* and what it looks at.

    A task that waits inherits its parent's data anew whenever anything completes, a join counts its parents,
    a join after boundary events looks at the children of their split.
    """
    wanted.add(task.id)
    parent = task.parent
    if parent is not None and (
        task.state == TaskState.WAITING or isinstance(task.task_spec, UnstructuredJoin)
    ):
        wanted.add(parent.id)
    while parent is not None:
        if isinstance(parent.task_spec, BoundaryEventSplit):
            wanted.add(parent.id)
            wanted.update(child.id for child in parent.children)
        parent = parent.parent


def lost_source(task: Task, above: Task | None) -> str | None:
    """The element that led to *task*, when the kept task *above* it no longer tells."""
    if above is None or isinstance(task.task_spec, BoundaryEvent):
        return None
    via = reached_from(task)
    return via if via != (above.task_spec.bpmn_id or reached_from(above)) else None


def reached_from(task: Task) -> str:
    """The diagram element that led to *task*; boundary events come from the activity they sit on."""
    if isinstance(task.task_spec, BoundaryEvent):
        return str(task.parent.task_spec.name).removesuffix(SPLIT)
    via: str | None = getattr(task, "via", None)
    if via is not None:
        return via
    parent = task.parent
    while parent is not None and parent.task_spec.bpmn_id is None:
        via = getattr(parent, "via", None)
        if via is not None:
            return str(via)
        parent = parent.parent
    return str(parent.task_spec.bpmn_id) if parent is not None else ""
