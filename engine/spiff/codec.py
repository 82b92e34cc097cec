"""The state of an instance as bytes: live tasks only, never specs (spiffworkflow.md §3).

Each task is one row: id, parent's index, state, spec name, last change, triggered, internal data,
only those data keys that differ from the parent's, and the element it was reached from when the parent
no longer tells. Values are JSON: control flow only, the facts live in tables.

What is left out, wherever :mod:`engine.spiff.pruning` allows it: tasks that are only predicted (the spec
predicts them again before their parent runs), finished tasks that no join asks for, finished sub-processes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.label import Label
from engine.spiff import formats
from engine.spiff import quick as quick  # ids are plain text from here on
from engine.spiff.pruning import kept_tasks, lost_source


def dump(workflow: BpmnWorkflow, prunable: Collection[str] = ()) -> bytes:
    """Return *workflow*'s state as bytes; trees of the *prunable* specs keep only what is needed to go on."""
    subs = [
        (task_id, _dump_tree(sub, sub.spec.name in prunable))
        for task_id, sub in workflow.subprocesses.items()
        if not (sub.completed and _caller_is_done(workflow, task_id))
    ]
    return orjson.dumps([formats.FORMAT, _dump_tree(workflow, workflow.spec.name in prunable), subs])


def _caller_is_done(workflow: BpmnWorkflow, task_id: str) -> bool:
    caller = workflow.get_task_from_id(task_id)
    return caller is None or caller.has_state(TaskState.FINISHED_MASK)


def load(
    state: bytes, spec: Any, subprocess_specs: Mapping[str, Any], script_engine: Any = None
) -> BpmnWorkflow:
    """Rebuild a workflow on the shared *spec*.

    Raises:
        formats.StateUnreadable: the bytes are not a state of a known format.
    """
    tree, subs = formats.read(state)
    workflow = BpmnWorkflow(spec, subprocess_specs, script_engine=script_engine, deserializing=True)
    _load_tree(workflow, tree)
    _load_subprocesses(workflow, workflow, subs)
    return workflow


def _dump_tree(workflow: Any, prune: bool) -> list[Any]:
    order = kept_tasks(workflow) if prune else _all_tasks(workflow)
    index = {task.id: at for at, (task, _) in enumerate(order)}
    rows = [_row(task, above, index) for task, above in order]
    return [rows, workflow.data or 0, int(workflow.success), int(workflow.completed)]


def _all_tasks(workflow: Any) -> list[tuple[Task, Task | None]]:
    order: list[tuple[Task, Task | None]] = []
    stack: list[tuple[Task, Task | None]] = [(workflow.task_tree, None)]
    while stack:
        task, above = stack.pop()
        order.append((task, above))
        stack.extend((child, task) for child in reversed(task.children))
    return order


def _row(task: Task, above: Task | None, index: Mapping[str, int]) -> list[Any]:
    base = above.data if above is not None else {}
    spec = task.task_spec
    row: list[Any] = [
        task.id,
        index[above.id] if above is not None else -1,
        task.state,
        spec.name,
        # Only joins ask when their arrivals came; the others would cost bytes for nothing.
        round(task.last_state_change, 3) if isinstance(spec, UnstructuredJoin) else 0,
        int(task.triggered),
        task.internal_data or 0,
        {k: v for k, v in task.data.items() if k not in base or base[k] != v} or 0,
        [k for k in base if k not in task.data] or 0,
    ]
    row.append(lost_source(task, above) or 0)
    while row[-1] == 0:
        row.pop()
    return row


def _load_tree(workflow: Any, tree: list[Any]) -> None:
    rows, data, success, completed = tree
    tasks: list[Task] = []
    specs = workflow.spec.task_specs
    for row in rows:
        tasks.append(_load_task(workflow, specs, tasks, row))
    workflow.task_tree = tasks[0]
    workflow.data = data or {}
    workflow.success = bool(success)
    workflow.completed = bool(completed)


def _load_task(workflow: Any, specs: Mapping[str, Any], tasks: list[Task], row: list[Any]) -> Task:
    task_id, parent_index, state, spec_name, *more = row
    changed_at, triggered, internal, changed, gone, via = (*more, 0, 0, 0, 0, 0, 0)[:6]
    spec = specs.get(spec_name)
    if spec is None:
        raise formats.StateUnreadable(
            reason=Label(f"流程图中没有元素 {spec_name}", f"the diagram has no element {spec_name}")
        )
    parent = tasks[parent_index] if parent_index >= 0 else None
    task = Task(workflow, spec, parent, state=state, id=task_id)
    task.last_state_change = changed_at
    task.triggered = bool(triggered)
    task.internal_data = internal or {}
    base = dict(parent.data) if parent is not None else {}
    for key in gone or ():
        base.pop(key, None)
    base.update(changed or {})
    task.data = base
    if via:
        task.via = via
    if state == TaskState.WAITING and isinstance(spec, CatchingEvent):
        workflow.top_workflow.event_manager.add_task(task)
    return task


def _load_subprocesses(workflow: Any, top: BpmnWorkflow, pending: dict[str, Any]) -> None:
    for task in list(workflow.tasks.values()):
        if isinstance(task.task_spec, SubWorkflowTask) and (tree := pending.pop(task.id, None)) is not None:
            sub = BpmnSubWorkflow(top.subprocess_specs[task.task_spec.spec], task.id, top, deserializing=True)
            top.subprocesses[task.id] = sub
            _load_tree(sub, tree)
            sub.completed_event.connect(task.task_spec._on_subworkflow_completed, task)
            _load_subprocesses(sub, top, pending)
