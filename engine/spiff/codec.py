"""The state of an instance as bytes: tasks only, never specs (spiffworkflow.md §3).

Each task is one row: id, parent's index, state, spec name, last change, triggered, internal data,
and only those data keys that differ from the parent's. Values are JSON: control flow only, the
facts live in tables.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import EngineError

FORMAT = 1


class StateUnreadable(EngineError):
    """Stored state is damaged or of an unknown format."""

    code = "state_unreadable"
    zh = "流程实例的存储状态无法读取：{reason}。实例未改动，请联系系统管理员。"
    en = "The stored state of the instance cannot be read: {reason}. Nothing was changed."


def dump(workflow: BpmnWorkflow) -> bytes:
    """Return *workflow*'s state as bytes."""
    subs = [(str(task_id), _dump_tree(sub)) for task_id, sub in workflow.subprocesses.items()]
    return zlib.compress(orjson.dumps([FORMAT, _dump_tree(workflow), subs]), 1)


def load(state: bytes, spec: Any, subprocess_specs: Mapping[str, Any]) -> BpmnWorkflow:
    """Rebuild a workflow on the shared *spec*.

    Raises:
        StateUnreadable: the bytes are not a state of a known format.
    """
    try:
        version, tree, subs = orjson.loads(zlib.decompress(state))
    except (zlib.error, ValueError) as error:
        raise StateUnreadable(reason=str(error)) from error
    if version != FORMAT:
        raise StateUnreadable(reason=f"format {version}")
    workflow = BpmnWorkflow(spec, subprocess_specs, deserializing=True)
    _load_tree(workflow, tree)
    pending = dict(subs)
    _load_subprocesses(workflow, workflow, pending)
    return workflow


def _dump_tree(workflow: Any) -> list[Any]:
    order: list[Task] = []
    index: dict[UUID, int] = {}
    stack = [workflow.task_tree]
    while stack:
        task = stack.pop()
        index[task.id] = len(order)
        order.append(task)
        stack.extend(reversed(task.children))
    rows = [_row(task, index) for task in order]
    last = index.get(workflow.last_task.id) if workflow.last_task is not None else None
    return [rows, workflow.data, last, workflow.success, workflow.completed]


def _row(task: Task, index: Mapping[UUID, int]) -> list[Any]:
    parent = task.parent
    base = parent.data if parent is not None else {}
    changed = {k: v for k, v in task.data.items() if k not in base or base[k] != v}
    gone = [k for k in base if k not in task.data]
    return [
        task.id.hex,
        index[parent.id] if parent is not None else -1,
        task.state,
        task.task_spec.name,
        round(task.last_state_change, 3),
        int(task.triggered),
        task.internal_data or 0,
        changed or 0,
        gone or 0,
    ]


def _load_tree(workflow: Any, tree: list[Any]) -> None:
    rows, data, last, success, completed = tree
    tasks: list[Task] = []
    top = workflow.top_workflow
    for hex_id, parent_index, state, spec_name, changed_at, triggered, internal, changed, gone in rows:
        spec = workflow.spec.task_specs.get(spec_name)
        if spec is None:
            raise StateUnreadable(reason=f"unknown element {spec_name}")
        parent = tasks[parent_index] if parent_index >= 0 else None
        task = Task(workflow, spec, parent, state=state, id=UUID(hex_id))
        task.last_state_change = changed_at
        task.triggered = bool(triggered)
        task.internal_data = internal or {}
        base = dict(parent.data) if parent is not None else {}
        for key in gone or ():
            base.pop(key, None)
        base.update(changed or {})
        task.data = base
        tasks.append(task)
        if state == TaskState.WAITING and isinstance(spec, CatchingEvent):
            top.event_manager.add_task(task)
    workflow.task_tree = tasks[0]
    workflow.data = data
    workflow.last_task = tasks[last] if last is not None else None
    workflow.success = success
    workflow.completed = completed


def _load_subprocesses(workflow: Any, top: BpmnWorkflow, pending: dict[str, Any]) -> None:
    for task in list(workflow.tasks.values()):
        if (
            isinstance(task.task_spec, SubWorkflowTask)
            and (tree := pending.pop(str(task.id), None)) is not None
        ):
            sub = BpmnSubWorkflow(top.subprocess_specs[task.task_spec.spec], task.id, top, deserializing=True)
            top.subprocesses[task.id] = sub
            _load_tree(sub, tree)
            sub.completed_event.connect(task.task_spec._on_subworkflow_completed, task)
            _load_subprocesses(sub, top, pending)
