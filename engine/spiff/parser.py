"""Turn a set of BPMN files into SpiffWorkflow specs with our own service and rule tasks.

Branches of a gateway are tried in the order of the file, never by their place on the canvas
(spiffworkflow.md §0.12).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.bpmn.util.event import BpmnEvent

from engine.spiff.elements import Elements, read_elements
from engine.spiff.pruning import why_not
from engine.spiff.xmlfile import DiagramError, parse_xml


class OperationTask(BpmnSpecMixin, BpmnTaskSpec):  # type: ignore[misc]
    """A service task that calls one named operation of the engine's catalogue."""

    operation = ""

    def _run_hook(self, my_task: Any) -> bool:
        answers = my_task.workflow.top_workflow.script_engine.answers
        result = answers.operation(self.operation, self.bpmn_id)
        if result:
            my_task.data[self.bpmn_id] = dict(result)
        return True


class DecisionTask(BpmnSpecMixin, BpmnTaskSpec):  # type: ignore[misc]
    """A business rule task that evaluates one of our decision tables."""

    decision = ""

    def _run_hook(self, my_task: Any) -> bool:
        answers = my_task.workflow.top_workflow.script_engine.answers
        my_task.data[self.bpmn_id] = answers.decision(self.decision, self.bpmn_id, my_task.data)
        return True


class BareMessage(MessageEventDefinition):  # type: ignore[misc]
    """A message that only says that something happened; what happened stands in the tables.

    SpiffWorkflow's own hands a copy of the thrower's data to whoever catches it, so that results of
    a stage would turn up in the spine under names that mean nothing there.
    """

    def throw(self, my_task: Any) -> None:
        """Announce the message to the whole instance."""
        my_task.workflow.top_workflow.catch(BpmnEvent(self, payload={}))

    def update_internal_data(self, _my_task: Any, _event: Any) -> None:
        """Keep nothing of the event."""

    def update_task_data(self, _my_task: Any) -> None:
        """Take nothing over, not even from a state stored with a payload."""


class _FileOrder(ProcessParser):  # type: ignore[misc]
    """Gives every node the same place, so that SpiffWorkflow's sort keeps the order of the file."""

    positions_by_node_id: Mapping[str, Any] = {}

    def get_position(self, _node_id: str) -> dict[str, float]:
        return {"x": 0.0, "y": 0.0}


class _Parser(BpmnParser):  # type: ignore[misc]
    PROCESS_PARSER_CLASS = _FileOrder
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012 - SpiffWorkflow's own protocol
        full_tag("serviceTask"): (TaskParser, OperationTask),
        full_tag("businessRuleTask"): (TaskParser, DecisionTask),
    }


@dataclass(frozen=True, slots=True)
class ProcessSet:
    """The specs of one deployed set; shared by all its instances, never stored with them."""

    elements: Elements
    specs: Mapping[str, Any]
    subprocess_specs: Mapping[str, Mapping[str, Any]]
    kept_whole: Mapping[str, str]
    """Processes whose state keeps everything, and the element that asks for it (engine.spiff.pruning)."""
    prunable: frozenset[str]
    """Names of the specs whose finished and predicted tasks need not be stored."""


def parse_set(files: Mapping[str, bytes]) -> ProcessSet:
    """Parse the BPMN *files* (name → content) of one set.

    Raises:
        DiagramError: a file is not well formed or SpiffWorkflow refuses it; file and element are named.
    """
    diagrams = {name: content for name, content in files.items() if name.endswith(".bpmn")}
    elements = read_elements(diagrams)
    parser = _Parser()
    called = {e.called for e in elements.by_id.values() if e.called}
    try:
        for name, content in diagrams.items():
            parser.add_bpmn_xml(parse_xml(content, file=name), filename=name)
        top = [pid for pid in parser.process_parsers if pid not in called]
        specs = {pid: parser.get_spec(pid) for pid in top}
        inner = {pid: parser.get_subprocess_specs(pid) for pid in top}
    except ValidationException as error:
        raise DiagramError(
            file=error.file_name or "",
            element=getattr(error, "id", "") or "",
            reason_zh="流程引擎无法执行该元素；请核对其属性，或改用 docs/processes.md 列出的元素",
            reason_en=str(error),
        ) from error
    every = [*specs.values(), *(s for group in inner.values() for s in group.values())]
    for spec in every:
        _bind(spec, elements)
    whole = {spec.name: element for spec in every if (element := why_not(spec)) is not None}
    return ProcessSet(elements, specs, inner, whole, frozenset(s.name for s in every) - whole.keys())


def _bind(spec: Any, elements: Elements) -> None:
    """Give our own task specs what their extension properties name, and every message our definition."""
    for name, task in spec.task_specs.items():
        if isinstance(task, OperationTask):
            task.operation = elements.by_id[name].properties.get("operation", "")
        elif isinstance(task, DecisionTask):
            task.decision = elements.by_id[name].properties.get("decision", "")
        elif isinstance(said := getattr(task, "event_definition", None), MessageEventDefinition):
            task.event_definition = BareMessage(said.name, description=said.description)
