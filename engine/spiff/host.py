"""What a running step may ask of its surroundings, and the safe script engine that asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.specs.mixins.exclusive_gateway import ExclusiveGateway
from SpiffWorkflow.util.task import TaskState

from engine.clock import midnight
from engine.domain.expression import ExpressionFault, compile_expression


class Host(Protocol):
    """The surroundings of one step: facts, functions, operations and decisions."""

    functions: Mapping[str, Callable[..., object]]
    zone: ZoneInfo

    def fact(self, name: str) -> object:
        """Return the fact called *name* (a mapping or a value), or None."""
        ...

    def run_operation(self, name: str, element_id: str) -> Mapping[str, object] | None:
        """Carry out a named operation of the catalogue; its result is kept under the element's id."""
        ...

    def decide(self, decision_id: str, element_id: str, context: Mapping[str, object]) -> object:
        """Evaluate a decision table over *context*."""
        ...


class StepContext(Mapping[str, object]):
    """Names an expression may use: results of earlier elements first, then the host's facts."""

    def __init__(self, results: Mapping[str, object], host: Host) -> None:
        self._results = results
        self._host = host

    def __getitem__(self, name: str) -> object:
        if name in self._results:
            return self._results[name]
        return self._host.fact(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of *name*; names nobody set are None."""
        return self[name]


class SafeEnvironment:
    """Refuses everything; SpiffWorkflow's correlation code calls the environment directly."""

    def evaluate(self, *_args: object, **_kwargs: object) -> object:
        """Refuse: only :class:`ScriptEngine` evaluates."""
        raise ExpressionFault(
            text="", reason_zh="不允许直接求值", reason_en="direct evaluation is not allowed"
        )

    execute = evaluate
    call_service = evaluate


class Answers:
    """Answers what a running process asks: expressions, decisions, operations."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def expression(
        self, text: str, results: Mapping[str, object], *, is_condition: bool, active: Set[str] = frozenset()
    ) -> object:
        """Evaluate *text*; dates become the instant their business day begins (ISO text).

        *active*: those elements that *text* asks about and that wait for somebody or something now.

        Raises:
            ExpressionFault: it cannot be evaluated, or a condition is neither true nor false.
        """
        functions = {**self.host.functions, "active": lambda *elements: not active.isdisjoint(elements)}
        value = compile_expression(text).evaluate(StepContext(results, self.host), functions)
        if is_condition:
            value = False if value is None else value  # a fact nobody knows decides nothing
            if isinstance(value, bool):
                return value
            raise ExpressionFault(
                text=text,
                reason_zh="条件的结果不是真/假",
                reason_en="a condition must be true or false",
            )
        if isinstance(value, datetime):
            return value.isoformat()
        if isinstance(value, date):
            return midnight(value, self.host.zone).isoformat()
        return value

    def decision(self, decision_id: str, element_id: str, results: Mapping[str, object]) -> object:
        """Evaluate a decision table over *results* and the host's facts."""
        return self.host.decide(decision_id, element_id, StepContext(results, self.host))

    def operation(self, name: str, element_id: str) -> Mapping[str, object] | None:
        """Carry out a named operation."""
        return self.host.run_operation(name, element_id)


class ScriptEngine(PythonScriptEngine):  # type: ignore[misc]
    """Evaluates the whitelist language only; scripts and services of SpiffWorkflow are refused."""

    def __init__(self, answers: Answers) -> None:
        super().__init__(environment=SafeEnvironment())
        self.answers = answers

    def validate(self, expression: str) -> None:
        """Parse *expression*, raising the language's own error."""
        compile_expression(expression)

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> object:
        """Evaluate *expression* for *task*."""
        is_condition = isinstance(task.task_spec, ExclusiveGateway)
        active = _active(task.workflow, compile_expression(expression).elements)
        return self.answers.expression(expression, task.data, is_condition=is_condition, active=active)

    def execute(self, task: Any, script: str, external_context: Any = None) -> object:
        """Refuse: there are no script tasks."""
        raise ExpressionFault(text=script, reason_zh="不允许脚本", reason_en="scripts are not allowed")


_ACTIVE = TaskState.READY | TaskState.WAITING | TaskState.STARTED


def _active(workflow: Any, elements: Set[str]) -> frozenset[str]:
    """Those of *elements* that a token of this process stands at: open tasks, waits, running calls."""
    if not elements:
        return frozenset()
    standing = {t.task_spec.bpmn_id for t in workflow.tasks.values() if t.has_state(_ACTIVE)}
    return frozenset(standing & elements)
