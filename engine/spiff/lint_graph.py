"""One level of a process (the process itself or a sub-process) as a graph, and what can be asked of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.spiff.elements import SCOPES, Element, Elements, Flow

MAX_MARKINGS = 10_000
"""Most states of the token game looked at; beyond it nothing more is claimed."""
_WAITS = frozenset({"userTask", "intermediateCatchEvent"})


@dataclass(frozen=True)
class Level:
    """The flow nodes and flows of one scope; flows that lead nowhere are left out."""

    id: str
    process_id: str
    file: str
    nodes: Mapping[str, Element]
    flows: Mapping[str, Flow]

    @cached_property
    def leaving(self) -> Mapping[str, tuple[Flow, ...]]:
        """Flows by the node they leave."""
        return _grouped(self.nodes, self.flows.values(), lambda flow: flow.source)

    @cached_property
    def entering(self) -> Mapping[str, tuple[Flow, ...]]:
        """Flows by the node they enter."""
        return _grouped(self.nodes, self.flows.values(), lambda flow: flow.target)

    @cached_property
    def boundaries(self) -> Mapping[str, tuple[Element, ...]]:
        """Boundary events by the node they sit on."""
        held: dict[str, list[Element]] = {}
        for node in self.nodes.values():
            if node.kind == "boundaryEvent" and node.attached_to in self.nodes:
                held.setdefault(str(node.attached_to), []).append(node)
        return {host: tuple(events) for host, events in held.items()}

    @cached_property
    def starts(self) -> tuple[Element, ...]:
        """Start events."""
        return tuple(node for node in self.nodes.values() if node.kind == "startEvent")

    @cached_property
    def ends(self) -> tuple[Element, ...]:
        """End events."""
        return tuple(node for node in self.nodes.values() if node.kind == "endEvent")

    @cached_property
    def next(self) -> Mapping[str, tuple[str, ...]]:
        """Nodes that may follow each node; boundary events follow what they sit on."""
        return {
            name: (
                *(flow.target for flow in self.leaving[name]),
                *(event.id for event in self.boundaries.get(name, ())),
            )
            for name in self.nodes
        }

    def reached(self, start: Iterable[str], *, without: Collection[str] = ()) -> set[str]:
        """Nodes that can be reached from *start*, itself included, not entering *without*."""
        return _closure((s for s in start if s not in without), self.next, without)

    def reaching(self, goal: Iterable[str]) -> set[str]:
        """Nodes from which *goal* can be reached."""
        back: dict[str, list[str]] = {name: [] for name in self.nodes}
        for name, followers in self.next.items():
            for follower in followers:
                back[follower].append(name)
        return _closure(goal, back, ())

    def cycles(self, *, without: Collection[str] = ()) -> list[list[str]]:
        """Groups of nodes that can all reach each other (loops), not passing *without*."""
        graph = {
            name: [follower for follower in followers if follower not in without]
            for name, followers in self.next.items()
            if name not in without
        }
        return [group for group in _components(graph) if len(group) > 1 or group[0] in graph[group[0]]]


def levels_of(elements: Elements) -> list[Level]:
    """Split a set into its levels."""
    found: dict[tuple[str, str, str], tuple[dict[str, Element], dict[str, Flow]]] = {}
    for process in elements.processes:
        found.setdefault((process.file, process.id, process.id), ({}, {}))
    for node in elements.nodes:
        if node.kind in SCOPES:
            found.setdefault((node.file, node.process_id, node.id), ({}, {}))
    for node in elements.nodes:
        found.setdefault((node.file, node.process_id, node.scope), ({}, {}))[0].setdefault(node.id, node)
    for flow in elements.flows:
        nodes, flows = found.setdefault((flow.file, flow.process_id, flow.scope), ({}, {}))
        if flow.source in nodes and flow.target in nodes:
            flows.setdefault(flow.id, flow)
    return [
        Level(scope, process_id, file, nodes, flows)
        for (file, process_id, scope), (nodes, flows) in found.items()
    ]


def _grouped(
    nodes: Mapping[str, Element], flows: Iterable[Flow], key: Callable[[Flow], str]
) -> Mapping[str, tuple[Flow, ...]]:
    groups: dict[str, list[Flow]] = {name: [] for name in nodes}
    for flow in flows:
        groups[key(flow)].append(flow)
    return {name: tuple(group) for name, group in groups.items()}


def _closure(
    start: Iterable[str], graph: Mapping[str, Collection[str]], without: Collection[str]
) -> set[str]:
    seen = set(start)
    queue = deque(seen)
    while queue:
        for follower in graph.get(queue.popleft(), ()):
            if follower not in seen and follower not in without:
                seen.add(follower)
                queue.append(follower)
    return seen


def _components(graph: Mapping[str, list[str]]) -> list[list[str]]:
    """Strongly connected components, by two passes (Kosaraju) without recursion."""
    order: list[str] = []
    seen: set[str] = set()
    for root in graph:
        if root in seen:
            continue
        seen.add(root)
        stack: list[tuple[str, Iterator[str]]] = [(root, iter(graph[root]))]
        while stack:
            name, followers = stack[-1]
            step = next((f for f in followers if f not in seen), None)
            if step is None:
                order.append(name)
                stack.pop()
            else:
                seen.add(step)
                stack.append((step, iter(graph[step])))
    back: dict[str, list[str]] = {name: [] for name in graph}
    for name, targets in graph.items():
        for target in targets:
            back[target].append(name)
    groups: list[list[str]] = []
    placed: set[str] = set()
    for root in reversed(order):
        if root in placed:
            continue
        group = [name for name in graph if name in _closure([root], back, placed)]
        placed.update(group)
        groups.append(group)
    return groups


def waits_in(levels: Collection[Level]) -> Callable[[Element], bool]:
    """Return a test: does a token always rest on this node for a person, a timer or a message?

    A call or sub-process rests when every way through it does; missing and recursive calls count as resting,
    they are faults of their own.
    """
    by_id = {level.id: level for level in levels}
    known: dict[str, bool] = {}

    def level_waits(level_id: str) -> bool:
        level = by_id.get(level_id)
        if level is None or level_id in known:
            return known.get(level_id, True)
        known[level_id] = True
        resting = {node.id for node in level.nodes.values() if waits(node)}
        through = level.reached((start.id for start in level.starts), without=resting)
        known[level_id] = not through & {end.id for end in level.ends}
        return known[level_id]

    def waits(node: Element) -> bool:
        if node.kind == "boundaryEvent":
            return "errorEventDefinition" not in node.events
        if node.kind == "callActivity":
            return level_waits(node.called or "")
        if node.kind in SCOPES:
            return level_waits(node.id)
        return node.kind in _WAITS

    return waits


@dataclass(frozen=True, slots=True)
class Played:
    """What the token game found."""

    stuck: frozenset[str]
    """Parallel joins that can wait for ever."""
    doubled: frozenset[str]
    """Nodes where two tokens of one instance can follow each other on the same flow."""


def play(level: Level) -> Played:
    """Move tokens through *level* in every order, from its start.

    Every branch of an exclusive gateway is taken as possible. A branch off a non-interrupting event is not
    followed (it is judged apart).
    """
    return _Game(level).run()


class _Game:
    """A state is the set of flows (and occupied activities) that hold a token."""

    def __init__(self, level: Level) -> None:
        self.level = level
        self.stuck: set[str] = set()
        self.doubled: set[str] = set()

    def run(self) -> Played:
        """Explore breadth first, so that the first doubled flow is the nearest to its cause."""
        first = self._settled(
            frozenset(flow.id for start in self.level.starts[:1] for flow in self.level.leaving[start.id])
        )
        seen, queue = {first}, deque([first])
        while queue and len(seen) < MAX_MARKINGS:
            state = queue.popleft()
            followers = list(self._moves(state))
            if state and not followers:
                self.stuck.update(self._target(place) for place in state)
            for follower in followers:
                settled = self._settled(follower)
                if settled not in seen:
                    seen.add(settled)
                    queue.append(settled)
        return Played(frozenset(self.stuck), frozenset(self.doubled))

    def _target(self, place: str) -> str:
        return self.level.flows[place].target if place in self.level.flows else place[1:]

    def _settled(self, state: frozenset[str]) -> frozenset[str]:
        """Move tokens on where nothing else depends on them: along a plain chain, and out by a plain end."""
        settled: set[str] = set()
        for place in state:
            passed = {place}
            while (step := self._onward(place)) and step not in state | settled | passed:
                place = step
                passed.add(step)
            if step != "":
                settled.add(place)
        return frozenset(settled)

    def _onward(self, place: str) -> str | None:
        """Where a lone token goes next: a flow, ``""`` when it leaves, None when that has to be played.

        A token just behind a merge rests there once, so that a second one can be seen to run into it.
        """
        level = self.level
        if place not in level.flows or len(level.entering[level.flows[place].source]) > 1:
            return None
        node = level.nodes[level.flows[place].target]
        if node.kind == "endEvent":
            return None if "terminateEventDefinition" in node.events else ""
        out = level.leaving[node.id]
        is_plain = len(level.entering[node.id]) == len(out) == 1 and node.id not in level.boundaries
        return out[0].id if is_plain and node.kind != "parallelGateway" else None

    def _moves(self, state: frozenset[str]) -> Iterator[frozenset[str]]:
        for place in sorted(state):
            if place.startswith("@"):
                yield from self._leave_activity(state, place)
            else:
                yield from self._enter(state, place)

    def _enter(self, state: frozenset[str], place: str) -> Iterator[frozenset[str]]:
        level = self.level
        node = level.nodes[level.flows[place].target]
        out = [flow.id for flow in level.leaving[node.id]]
        if node.kind == "endEvent":
            yield frozenset() if "terminateEventDefinition" in node.events else state - {place}
        elif node.kind == "parallelGateway":
            waiting = {flow.id for flow in level.entering[node.id]}
            if waiting <= state and place == min(waiting):
                yield from self._put(state - waiting, out, node.id)
        elif node.kind == "exclusiveGateway":
            for flow in out:
                yield from self._put(state - {place}, [flow], node.id)
        elif level.boundaries.get(node.id):
            yield from self._put(state - {place}, [f"@{node.id}"], node.id)
        else:
            yield from self._put(state - {place}, out, node.id)

    def _leave_activity(self, state: frozenset[str], place: str) -> Iterator[frozenset[str]]:
        level, name = self.level, place[1:]
        yield from self._put(state - {place}, [flow.id for flow in level.leaving[name]], name)
        for event in level.boundaries[name]:
            if event.interrupting:
                yield from self._put(state - {place}, [flow.id for flow in level.leaving[event.id]], event.id)

    def _put(self, state: frozenset[str], places: list[str], node_id: str) -> Iterator[frozenset[str]]:
        if any(place in state for place in places):
            self.doubled.add(node_id)
            return
        yield state | frozenset(places)
