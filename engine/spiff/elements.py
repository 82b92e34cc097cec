"""Our own reading of a set of BPMN files: a catalogue of flow nodes, flows, processes and lanes.

Independent of SpiffWorkflow, so that the linter, the deployment and the console see what the file says,
including what SpiffWorkflow would silently drop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree

from engine.domain.codes import WORKING_ROLES, Label
from engine.spiff.xmlfile import BPMN, FLOW_NODES, parse_xml

SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
SCOPES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
"""Flow nodes that hold flow nodes of their own."""
NAME_EN = "name_en"
"""Extension property with the English name of a diagram element."""
_STAGE_PREFIX = "stage_"


@dataclass(frozen=True, slots=True)
class Element:
    """One flow node of a process, as the file says it."""

    id: str
    kind: str
    """Local BPMN name: ``userTask``, ``boundaryEvent``, ``exclusiveGateway`` …"""
    name: str
    process_id: str
    file: str
    parent: str | None = None
    """Id of the embedded sub-process that holds it."""
    role: str | None = None
    """Role code of the innermost lane that lists it, or its sub-process."""
    lanes: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    attached_to: str | None = None
    interrupting: bool | None = None
    """Boundary events only: whether the activity is cancelled."""
    timer: str | None = None
    """Text of ``timeDate``."""
    message: str | None = None
    """Name of the message, or None."""
    called: str | None = None
    default: str | None = None
    events: tuple[str, ...] = ()
    """Local names of its event definitions."""
    outgoing: tuple[str, ...] = ()
    incoming: tuple[str, ...] = ()

    @property
    def scope(self) -> str:
        """Id of the process or sub-process whose flows it belongs to."""
        return self.parent or self.process_id


@dataclass(frozen=True, slots=True)
class Flow:
    """One sequence flow."""

    id: str
    source: str
    target: str
    condition: str | None
    name: str
    process_id: str
    scope: str
    file: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane, with its role when the id ends with a role code."""

    id: str
    name: str
    role: str | None
    members: tuple[str, ...]
    process_id: str
    file: str


@dataclass(frozen=True, slots=True)
class Process:
    """One process definition."""

    id: str
    name: str
    file: str
    executable: bool


@dataclass(frozen=True)
class Elements:
    """Everything read from a set; lists keep the order of the files, duplicates included."""

    processes: tuple[Process, ...]
    nodes: tuple[Element, ...]
    flows: tuple[Flow, ...]
    lanes: tuple[Lane, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Element]:
        """Flow nodes by id; of duplicates the first."""
        found: dict[str, Element] = {}
        for node in self.nodes:
            found.setdefault(node.id, node)
        return found

    @cached_property
    def flow_by_id(self) -> Mapping[str, Flow]:
        """Sequence flows by id; of duplicates the first."""
        found: dict[str, Flow] = {}
        for flow in self.flows:
            found.setdefault(flow.id, flow)
        return found

    @cached_property
    def user_tasks(self) -> tuple[Element, ...]:
        """All user tasks, in the order of the files."""
        return tuple(node for node in self.nodes if node.kind == "userTask")

    def of_process(self, process_id: str) -> tuple[Element, ...]:
        """Flow nodes of one process, those of its sub-processes included."""
        return tuple(node for node in self.nodes if node.process_id == process_id)

    def label_of(self, element_id: str) -> Label:
        """Name of an element in both languages, its id where the diagram gives none."""
        node = self.by_id.get(element_id)
        name = (node.name if node else "") or element_id
        return Label(name, (node.properties.get(NAME_EN) if node else None) or name)

    def stage_of(self, element_id: str) -> str | None:
        """Stage code of the diagram that holds the element (process ``stage_x`` is stage ``x``), or None."""
        node = self.by_id.get(element_id)
        if node is None or not node.process_id.startswith(_STAGE_PREFIX):
            return None
        return node.process_id.removeprefix(_STAGE_PREFIX)


def read_elements(files: Mapping[str, bytes]) -> Elements:
    """Read the BPMN *files* (name → content) of one set.

    Raises:
        DiagramError: a file cannot be parsed; see :func:`engine.spiff.xmlfile.parse_xml`.
    """
    return elements_of({name: parse_xml(content, file=name) for name, content in files.items()})


def elements_of(trees: Mapping[str, etree._ElementTree]) -> Elements:
    """Read parsed files (name → tree) into one catalogue."""
    processes: list[Process] = []
    nodes: list[Element] = []
    flows: list[Flow] = []
    lanes: list[Lane] = []
    for file, tree in trees.items():
        root = tree.getroot()
        messages = {m.get("id", ""): m.get("name", "") for m in _children(root, "message")}
        for node in _children(root, "process"):
            reader = _ProcessReader(node, file, messages)
            processes.append(reader.process)
            lanes.extend(reader.lanes)
            flows.extend(reader.flows)
            nodes.extend(reader.nodes)
    return Elements(tuple(processes), tuple(nodes), tuple(flows), tuple(lanes))


def local_name(node: etree._Element) -> str:
    """Name of a tag without its namespace."""
    return etree.QName(node).localname


def is_bpmn(node: etree._Element) -> bool:
    """Whether *node* is an element (no comment) of the BPMN namespace."""
    return isinstance(node.tag, str) and etree.QName(node).namespace == BPMN


def text_of(node: etree._Element) -> str:
    """All text inside *node*, stripped."""
    return "".join(str(part) for part in node.itertext()).strip()


def role_of_lane(lane_id: str) -> str | None:
    """Role code at the end of a lane id (``follow_up_agent`` → ``agent``), or None."""
    return next((r.value for r in WORKING_ROLES if lane_id == r or lane_id.endswith(f"_{r}")), None)


def _children(node: etree._Element, *names: str) -> Iterator[etree._Element]:
    return (child for child in node if is_bpmn(child) and local_name(child) in names)


class _ProcessReader:
    """Reads one ``<process>``: lanes and flows first, then its nodes with what refers to them."""

    def __init__(self, node: etree._Element, file: str, messages: Mapping[str, str]) -> None:
        self.file = file
        self.messages = messages
        self.process = Process(
            id=node.get("id", ""),
            name=node.get("name", ""),
            file=file,
            executable=node.get("isExecutable", "true") == "true",
        )
        self.lanes = list(self._lanes(node))
        self._lane_of: dict[str, list[Lane]] = {}
        for lane in self.lanes:
            for member in lane.members:
                self._lane_of.setdefault(member, []).append(lane)
        self.flows = list(self._flows(node, self.process.id))
        self._outgoing: dict[str, list[str]] = {}
        self._incoming: dict[str, list[str]] = {}
        for flow in self.flows:
            self._outgoing.setdefault(flow.source, []).append(flow.id)
            self._incoming.setdefault(flow.target, []).append(flow.id)
        self.nodes = list(self._nodes(node, parent=None, role=None))

    def _lanes(self, node: etree._Element) -> Iterator[Lane]:
        """Yield lanes, outer ones before those inside them."""
        for lane in node.iter(f"{{{BPMN}}}lane"):
            lane_id = lane.get("id", "")
            yield Lane(
                id=lane_id,
                name=lane.get("name", ""),
                role=role_of_lane(lane_id),
                members=tuple(text_of(ref) for ref in _children(lane, "flowNodeRef")),
                process_id=self.process.id,
                file=self.file,
            )

    def _flows(self, node: etree._Element, scope: str) -> Iterator[Flow]:
        for child in _children(node, "sequenceFlow", *SCOPES):
            if local_name(child) != "sequenceFlow":
                yield from self._flows(child, child.get("id", ""))
                continue
            condition = next(_children(child, "conditionExpression"), None)
            yield Flow(
                id=child.get("id", ""),
                source=child.get("sourceRef", ""),
                target=child.get("targetRef", ""),
                condition=None if condition is None else text_of(condition),
                name=child.get("name", ""),
                process_id=self.process.id,
                scope=scope,
                file=self.file,
            )

    def _nodes(self, node: etree._Element, *, parent: str | None, role: str | None) -> Iterator[Element]:
        for child in _children(node, *FLOW_NODES):
            element = self._element(child, parent, role)
            yield element
            if element.kind in SCOPES:
                yield from self._nodes(child, parent=element.id, role=element.role)

    def _element(self, node: etree._Element, parent: str | None, role: str | None) -> Element:
        node_id, kind = node.get("id", ""), local_name(node)
        lanes = self._lane_of.get(node_id, [])
        own_role = next((lane.role for lane in reversed(lanes) if lane.role), None)
        events = [c for c in node if is_bpmn(c) and local_name(c).endswith("EventDefinition")]
        return Element(
            id=node_id,
            kind=kind,
            name=node.get("name", ""),
            process_id=self.process.id,
            file=self.file,
            parent=parent,
            role=own_role or role,
            lanes=tuple(lane.id for lane in lanes),
            properties=_properties(node),
            attached_to=node.get("attachedToRef"),
            interrupting=node.get("cancelActivity", "true") == "true" if kind == "boundaryEvent" else None,
            timer=_timer(events),
            message=self._message(events),
            called=node.get("calledElement"),
            default=node.get("default"),
            events=tuple(local_name(event) for event in events),
            outgoing=tuple(self._outgoing.get(node_id, ())),
            incoming=tuple(self._incoming.get(node_id, ())),
        )

    def _message(self, events: list[etree._Element]) -> str | None:
        for event in events:
            if local_name(event) == "messageEventDefinition":
                return self.messages.get(event.get("messageRef", ""))
        return None


def _properties(node: etree._Element) -> Mapping[str, str]:
    """Extension properties of a node itself (not of what it holds)."""
    found: dict[str, str] = {}
    for extension in _children(node, "extensionElements"):
        for group in extension.iterchildren(f"{{{SPIFF}}}properties"):
            for item in group.iterchildren(f"{{{SPIFF}}}property"):
                found[item.get("name", "")] = item.get("value", "")
    return found


def _timer(events: list[etree._Element]) -> str | None:
    for event in events:
        for date in _children(event, "timeDate"):
            return text_of(date)
    return None
