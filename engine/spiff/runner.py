"""Run one step of an instance: bytes and a host in, a frozen :class:`Step` out.

A step ends when only people, timers or messages can move the instance on. Nothing here touches a
database; on any error the caller throws the copy away and keeps the stored state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import CallActivity, SubWorkflowTask
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import EngineError, MessageNotAwaited, NotFound, blame
from engine.label import Thing
from engine.spiff import codec
from engine.spiff.clock_bridge import time_stands_at
from engine.spiff.host import Answers, Host, ScriptEngine
from engine.spiff.parser import BareMessage, ProcessSet
from engine.spiff.pruning import reached_from

MAX_ELEMENTS_PER_STEP = 500
MAX_DEPTH = 900  # SpiffWorkflow stops seeing tasks deeper than 1,000 (spiffworkflow.md §2.3)


class InvariantBroken(EngineError):
    """A step left the instance in a shape that could never go on; it is not saved."""

    code = "invariant_broken"
    zh = "流程实例将无法继续：{reason_zh}。状态未保存。"
    en = "The instance could not go on: {reason_en}. Nothing was saved."


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A user task that waits for a person."""

    spiff_id: str
    element_id: str


@dataclass(frozen=True, slots=True)
class OpenTimer:
    """A timer that waits for its moment; ``due_at`` is aware UTC."""

    spiff_id: str
    element_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did and what the instance waits for now."""

    state: bytes
    ended: bool
    tasks: tuple[OpenTask, ...]
    timers: tuple[OpenTimer, ...]
    messages: frozenset[str]
    passed: tuple[tuple[str, str], ...]
    """(element, the element it was reached from), in order."""
    fired: frozenset[str]
    """SpiffWorkflow ids of the catching events that happened in this step."""
    live_calls: tuple[str, ...]
    """Processes called at present, outermost first."""


def start(process: ProcessSet, key: str, answers: Answers, *, now: datetime) -> Step:
    """Start process *key* and run it to its first waits."""
    with time_stands_at(now):
        workflow = BpmnWorkflow(
            process.specs[key], dict(process.subprocess_specs[key]), script_engine=ScriptEngine(answers)
        )
        return _run(process, workflow, lambda: None)


def fire_timers(process: ProcessSet, key: str, state: bytes, host: Host, *, now: datetime) -> Step:
    """Let every timer due at *now* happen and run to the next waits."""
    with time_stands_at(now):
        workflow = _load(process, key, state, host)
        return _run(process, workflow, workflow.refresh_timers)


def complete(
    process: ProcessSet,
    key: str,
    state: bytes,
    host: Host,
    *,
    spiff_id: str,
    outcome: Mapping[str, Any],
    now: datetime,
) -> Step:
    """Complete the user task *spiff_id*, keeping *outcome* under its element id.

    Raises:
        NotFound: the state holds no such open task.
    """
    with time_stands_at(now):
        workflow = _load(process, key, state, host)
        task = next((wf.tasks[spiff_id] for wf in _live(workflow) if spiff_id in wf.tasks), None)
        if task is None or task.state != TaskState.READY or not task.task_spec.manual:
            raise NotFound(what=Thing.TASK, key=spiff_id)
        task.data[task.task_spec.bpmn_id] = dict(outcome)
        _predict_again(task)
        return _run(process, workflow, lambda: _run_task(task), first=task)


def cut_short(
    process: ProcessSet, key: str, state: bytes, host: Host, *, spiff_id: str, now: datetime
) -> Step:
    """Go on past the timer *spiff_id* before its time: what it waited for has happened.

    Raises:
        NotFound: no timer of this number waits.
    """
    with time_stands_at(now):
        workflow = _load(process, key, state, host)
        task = next((t for t in workflow.event_manager.tasks.values() if str(t.id) == spiff_id), None)
        if task is None or not isinstance(task.task_spec.event_definition, TimerEventDefinition):
            raise NotFound(what=Thing.TASK, key=spiff_id)
        task._set_internal_data(event_fired=True)
        return _run(process, workflow, workflow.refresh_timers)


def deliver(process: ProcessSet, key: str, state: bytes, host: Host, *, message: str, now: datetime) -> Step:
    """Deliver *message* to the waiting events of this instance.

    Raises:
        MessageNotAwaited: nothing in it waits for the message.
    """
    with time_stands_at(now):
        workflow = _load(process, key, state, host)
        if message not in _awaited(workflow):
            raise MessageNotAwaited(name=message, key=key, reason="—")
        event = BpmnEvent(BareMessage(str(message)), payload={})
        return _run(process, workflow, lambda: workflow.send_event(event))


def _load(process: ProcessSet, key: str, state: bytes, host: Host) -> BpmnWorkflow:
    return codec.load(
        state, process.specs[key], dict(process.subprocess_specs[key]), ScriptEngine(Answers(host))
    )


class _Trace:
    """Collects what a step passes through, and stops one that never ends."""

    def __init__(self, workflow: BpmnWorkflow) -> None:
        self.passed: list[tuple[str, str]] = []
        self.fired: set[str] = set()
        self.rearm: list[Task] = []
        self.count = 0
        self._calls: set[str] = set(workflow.subprocesses)

    def _note_calls(self, workflow: BpmnWorkflow) -> None:
        """Count a called process when it is entered: a boundary event may end it without its ever running."""
        if len(workflow.subprocesses) == len(self._calls):
            return
        for task_id in workflow.subprocesses.keys() - self._calls:
            caller = workflow.get_task_from_id(task_id)
            if caller is not None:
                self.passed.append((caller.task_spec.bpmn_id, reached_from(caller)))
        self._calls = set(workflow.subprocesses)

    def __call__(self, task: Task) -> None:
        self.count += 1
        if self.count > MAX_ELEMENTS_PER_STEP:
            raise InvariantBroken(
                reason_zh=f"一步之内经过了超过 {MAX_ELEMENTS_PER_STEP} 个元素，疑似死循环",
                reason_en=f"one step passed more than {MAX_ELEMENTS_PER_STEP} elements: an endless loop",
            )
        spec = task.task_spec
        self._note_calls(task.workflow.top_workflow)
        if spec.bpmn_id is None or isinstance(spec, SubWorkflowTask):
            return
        self.passed.append((spec.bpmn_id, reached_from(task)))
        if isinstance(spec, CatchingEvent):
            self.fired.add(task.id)
            if _comes_again(spec):
                self.rearm.append(task)


def _run(
    process: ProcessSet, workflow: BpmnWorkflow, act: Callable[[], object], *, first: Task | None = None
) -> Step:
    trace = _Trace(workflow)
    act()
    if first is not None:
        trace(first)
    while True:
        _run_ready(workflow, trace)
        for task in trace.rearm:
            _rearm(task)
        trace.rearm.clear()
        workflow.refresh_timers()
        if not any(_ready_for_engine(wf) for wf in _live(workflow)):
            break
    step = _step(process, workflow, trace)
    _dismantle(workflow)
    return step


def _dismantle(workflow: BpmnWorkflow) -> None:
    """Cut the cycles between a workflow and its tasks, so that they are freed at once.

    Left to the collector, the garbage of a batch costs as much again as a quarter of its steps.
    """
    for part in [*workflow.subprocesses.values(), workflow]:
        vars(part).clear()


def _run_ready(workflow: BpmnWorkflow, trace: _Trace) -> None:
    """Run what needs no person until nothing is left, innermost processes first.

    What ``do_engine_steps`` does, over the dictionaries of tasks instead of walks through the tree.
    """
    more = True
    while more:
        active = workflow.get_active_subprocesses()
        for inner in sorted(active, key=lambda wf: wf.depth, reverse=True):
            while _run_each(inner, trace):
                pass
            caller = workflow.get_task_from_id(inner.parent_task_id)
            caller.task_spec._update(caller)
        ran = _run_each(workflow, trace)
        more = ran or len(workflow.get_active_subprocesses()) > len(active)


def _run_each(workflow: Any, trace: _Trace) -> bool:
    ready = _ready_for_engine(workflow)
    for task in ready:
        if task.state == TaskState.READY:  # an earlier one may have cancelled it
            _predict_again(task)
            _run_task(task)
            trace(task)
    return bool(ready)


def _run_task(task: Task) -> None:
    """Run *task*; a fault in it bears the name of its element."""
    try:
        task.run()
    except Exception as error:
        blame(error, task.task_spec.bpmn_id)
        raise


def _predict_again(task: Task) -> None:
    """Bring back the tasks after *task* that the stored state left out."""
    if not task._children and task.task_spec._outputs:
        task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)


def _ready_for_engine(workflow: Any) -> list[Task]:
    return [t for t in workflow.tasks.values() if t.state == TaskState.READY and not t.task_spec.manual]


def _live(workflow: BpmnWorkflow) -> list[Any]:
    return [workflow, *workflow.get_active_subprocesses()]


def _comes_again(spec: Any) -> bool:
    """Whether the event may happen more than once: a message that does not interrupt; a day comes only once."""
    is_boundary = isinstance(spec, BoundaryEvent) and not spec.cancel_activity
    return is_boundary and isinstance(spec.event_definition, MessageEventDefinition)


def _rearm(task: Task) -> None:
    """Let a non-interrupting message boundary event happen again, as BPMN says.

    SpiffWorkflow arms it once only (spiffworkflow.md §4).
    """
    split = task.parent
    main = next((c for c in split.children if not isinstance(c.task_spec, BoundaryEvent)), None)
    if main is None or main.has_state(TaskState.FINISHED_MASK):
        return
    again = split._add_child(task.task_spec, TaskState.WAITING)
    task.task_spec._predict(again, mask=TaskState.NOT_FINISHED_MASK)
    task.task_spec._update(again)


def _step(process: ProcessSet, workflow: BpmnWorkflow, trace: _Trace) -> Step:
    tasks = [task for wf in _live(workflow) for task in wf.tasks.values()]
    ready = [task for task in tasks if task.state == TaskState.READY]
    waiting = list(workflow.event_manager.tasks.values())
    _check_invariants(workflow, tasks, ready, waiting)
    return Step(
        state=codec.dump(workflow, process.prunable),
        ended=workflow.completed,
        tasks=tuple(OpenTask(t.id, t.task_spec.bpmn_id) for t in ready),
        timers=tuple(
            OpenTimer(t.id, t.task_spec.bpmn_id, datetime.fromisoformat(t.internal_data["event_value"]))
            for t in waiting
            if isinstance(t.task_spec.event_definition, TimerEventDefinition)
        ),
        messages=_awaited(workflow),
        passed=tuple(trace.passed),
        fired=frozenset(trace.fired),
        live_calls=tuple(
            task.task_spec.spec
            for task in tasks
            if task.state == TaskState.STARTED and isinstance(task.task_spec, CallActivity)
        ),
    )


def _awaited(workflow: BpmnWorkflow) -> frozenset[str]:
    return frozenset(
        t.task_spec.event_definition.name
        for t in workflow.event_manager.tasks.values()
        if isinstance(t.task_spec.event_definition, MessageEventDefinition)
    )


def _check_invariants(
    workflow: BpmnWorkflow, tasks: list[Task], ready: list[Task], waiting: list[Task]
) -> None:
    thrown = [e for e in workflow.bpmn_events if isinstance(e.event_definition, MessageEventDefinition)]
    if thrown:
        name = thrown[0].event_definition.name
        raise InvariantBroken(
            reason_zh=f"发出的消息 {name} 无人接收",
            reason_en=f"the thrown message {name} is caught by nobody",
        )
    failed = next((task for task in tasks if task.state == TaskState.ERROR), None)
    if failed is not None:
        where = failed.task_spec.bpmn_id or failed.task_spec.name
        raise InvariantBroken(reason_zh=f"元素 {where} 出错", reason_en=f"element {where} is in error")
    stuck = [t for t in ready if not t.task_spec.manual]
    if stuck or (not workflow.completed and not ready and not waiting):
        raise InvariantBroken(
            reason_zh="没有任何可等待的任务、定时或消息", reason_en="nothing is left to wait for"
        )
    if any(t.depth > MAX_DEPTH for t in [*ready, *waiting]):
        raise InvariantBroken(
            reason_zh=f"循环次数过多（深度超过 {MAX_DEPTH}）",
            reason_en=f"too many loop rounds (depth over {MAX_DEPTH})",
        )
