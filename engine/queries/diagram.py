"""The diagrams of a renewal's pinned version, with the path it took and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine.bootstrap import Deployed
from engine.domain.actor import Actor
from engine.domain.codes import Label, Stage
from engine.errors import NotFound
from engine.label import Thing
from engine.queries.scope import find_renewal
from engine.store.instances import Incident, ProcessInstance
from engine.store.tasks import UserTask

DeployedOf = Callable[[int], Deployed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One diagram of the set: its id, its name, and whether the renewal is in it now or was ever."""

    id: str
    name: Label
    is_live: bool
    was_passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """What the diagrams show, by element and flow id over the whole set; the spine stands first."""

    version: int
    sheets: tuple[Sheet, ...]
    passed: Mapping[str, int]
    flows: tuple[str, ...]
    live: tuple[str, ...]
    broken: tuple[str, ...]


def path_of(instance: ProcessInstance, deployed: Deployed, incidents: Sequence[Incident]) -> Path:
    """Return the path of *instance* in the words of its diagrams."""
    path: Mapping[str, Any] = instance.path
    elements = deployed.process.elements
    taken: Mapping[str, int] = path.get("flows", {})
    passed: dict[str, int] = {}
    for flow, times in taken.items():
        element = flow.rpartition(">")[2]
        passed[element] = passed.get(element, 0) + times
    calls = [str(call) for call in path.get("calls", ())]
    order = [instance.definition_key, *(f"stage_{stage}" for stage in Stage)]
    processes = sorted(
        elements.processes, key=lambda p: (order.index(p.id) if p.id in order else len(order), p.id)
    )
    visited = {elements.by_id[element].process_id for element in passed if element in elements.by_id}
    names_en = {instance.definition_key: "Whole renewal"} | {
        e.called: label_of(e.id, deployed).en for e in elements.nodes if e.called
    }
    return Path(
        version=deployed.version,
        sheets=tuple(
            Sheet(
                id=p.id,
                name=Label(p.name or p.id, names_en.get(p.id, p.id)),
                is_live=p.id in calls,
                was_passed=p.id in visited,
            )
            for p in processes
        ),
        passed=passed,
        flows=tuple(flow.id for flow in elements.flows if f"{flow.source}>{flow.target}" in taken),
        live=tuple(path.get("live", ())) + tuple(e.id for e in elements.nodes if e.called in calls),
        broken=tuple(row.element_id for row in incidents if row.element_id),
    )


def label_of(element_id: str, deployed: Deployed) -> Label:
    """Return the name of a diagram element in both languages, its id where the diagram gives none."""
    return deployed.process.elements.label_of(element_id)


def task_label(task: UserTask, deployed: Deployed) -> Label:
    """Return the name a task was opened under, in English as its diagram says."""
    return Label(task.name, label_of(task.element_id, deployed).en)


def next_named(element_id: str, deployed: Deployed) -> Label | None:
    """Return what an event leads to: the first activity behind it, as far as the way does not part."""
    elements = deployed.process.elements
    ways: dict[str, list[str]] = {}
    for flow in elements.flows:
        ways.setdefault(flow.source, []).append(flow.target)
    at, seen = element_id, {element_id}
    while len(ways.get(at, ())) == 1:
        at = ways[at][0]
        found = elements.by_id.get(at)
        if found is None or at in seen:
            return None
        if found.kind.endswith("Task") or found.kind == "callActivity":
            return label_of(at, deployed)
        seen.add(at)
    return None


def diagram_of(
    session: Session, actor: Actor, renewal_id: int, process_id: str, *, deployed_of: DeployedOf
) -> bytes:
    """Return the BPMN file of *process_id* in the version this renewal is pinned to.

    Raises:
        NotFound: the renewal lies outside the scope, or its version has no such diagram.
    """
    renewal = find_renewal(session, actor, renewal_id)
    instance = session.get_one(ProcessInstance, renewal.id)
    content = deployed_of(instance.definition_set_id).files.get(f"{process_id}.bpmn")
    if content is None:
        raise NotFound(what=Thing.DIAGRAM, key=process_id)
    return content
