"""What the engine is compared with: stock SpiffWorkflow, and the naive way to keep it in a database.

The naive way is the one of SpiffWorkflow's own examples: the whole workflow, specifications included,
as JSON in a row; load it, do one step, save it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default.event_definition import MessageEventDefinitionConverter
from SpiffWorkflow.bpmn.serializer.default.task_spec import BpmnTaskSpecConverter
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.services.instances import PROCESS_KEY
from engine.spiff import quick
from engine.spiff.clock_bridge import time_stands_at
from engine.spiff.host import Answers, Host, ScriptEngine
from engine.spiff.parser import BareMessage, DecisionTask, OperationTask, ProcessSet

Step = Callable[[BpmnWorkflow], None]


class _OperationConverter(BpmnTaskSpecConverter):  # type: ignore[misc]
    """Teaches the stock serializer the one thing our service task adds."""

    def to_dict(self, spec: Any) -> dict[str, Any]:
        return {**super().to_dict(spec), "operation": spec.operation}

    def from_dict(self, dct: dict[str, Any]) -> Any:
        operation = dct.pop("operation")
        spec = super().from_dict(dct)
        spec.operation = operation
        return spec


class _DecisionConverter(BpmnTaskSpecConverter):  # type: ignore[misc]
    """Teaches the stock serializer the one thing our rule task adds."""

    def to_dict(self, spec: Any) -> dict[str, Any]:
        return {**super().to_dict(spec), "decision": spec.decision}

    def from_dict(self, dct: dict[str, Any]) -> Any:
        decision = dct.pop("decision")
        spec = super().from_dict(dct)
        spec.decision = decision
        return spec


def stock_serializer() -> BpmnWorkflowSerializer:
    """Return SpiffWorkflow's serializer, told of our two kinds of task and our kind of message."""
    config = {
        **DEFAULT_CONFIG,
        OperationTask: _OperationConverter,
        DecisionTask: _DecisionConverter,
        BareMessage: MessageEventDefinitionConverter,
    }
    return BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(config))


def start(process: ProcessSet, host: Host, now: datetime) -> BpmnWorkflow:
    """Start a workflow and run it to its first waits."""
    with quick.stock(), time_stands_at(now):
        workflow = BpmnWorkflow(
            process.specs[PROCESS_KEY],
            dict(process.subprocess_specs[PROCESS_KEY]),
            script_engine=ScriptEngine(Answers(host)),
        )
        settle(workflow)
    return workflow


def step(workflow: BpmnWorkflow, host: Host, now: datetime, act: Step) -> None:
    """Let *workflow* do *act* at *now*."""
    workflow.script_engine = ScriptEngine(Answers(host))
    with quick.stock(), time_stands_at(now):
        act(workflow)


def fire(workflow: BpmnWorkflow) -> None:
    """Let every due timer happen and run to the next waits; the time must stand."""
    workflow.refresh_timers()
    settle(workflow)


def completing(element_id: str, outcome: Mapping[str, Any]) -> Step:
    """Return a step that completes the open user task of this element."""

    def complete(workflow: BpmnWorkflow) -> None:
        task = next(t for t in ready(workflow) if t.task_spec.bpmn_id == element_id)
        task.data[element_id] = dict(outcome)
        task.run()
        settle(workflow)

    return complete


def settle(workflow: BpmnWorkflow) -> None:
    """Run what needs no person, as often as timers are due on arrival."""
    workflow.do_engine_steps()
    workflow.refresh_timers()
    while workflow.get_next_task(state=TaskState.READY, manual=False) is not None:
        workflow.do_engine_steps()
        workflow.refresh_timers()


def ready(workflow: BpmnWorkflow) -> list[Any]:
    """Return the open user tasks."""
    return list(workflow.get_tasks(state=TaskState.READY, manual=True))


def open_elements(workflow: BpmnWorkflow) -> list[str]:
    """Return the elements of the open user tasks, sorted."""
    return sorted(task.task_spec.bpmn_id for task in ready(workflow))
