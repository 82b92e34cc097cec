"""Lint rules on the flow of a process: where it starts and ends, splits and joins, loops and calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from engine.domain.expression import ExpressionError, compile_expression
from engine.spiff.elements import SCOPES, Element, Elements, Flow
from engine.spiff.findings import Finding, found
from engine.spiff.lint_graph import Level, levels_of, play, waits_in

MAX_CHAIN = 250
"""Longest path the parser may have to follow at once (it fails near 488, spiffworkflow.md §2.2)."""
_HOSTS = frozenset({"userTask", "serviceTask", "businessRuleTask", "callActivity"}) | SCOPES


def lint_flow(elements: Elements, *, unread: Collection[str] = ()) -> Iterator[Finding]:
    """Yield what is wrong with the flows of a set; *unread* names processes whose files have faults."""
    yield from _flows(elements)
    yield from _calls(elements, unread)
    levels = levels_of(elements)
    waits = waits_in(levels)
    for level in levels:
        yield from _ends(level)
        yield from _nodes(level)
        yield from _reach(level)
        yield from _loops(level, waits)
        yield from _tokens(level)


def _flows(elements: Elements) -> Iterator[Finding]:
    scopes = {(node.file, node.id): node.scope for node in elements.nodes}
    for flow in elements.flows:
        ends = {}
        for ref, zh, en in ((flow.source, "起点", "source"), (flow.target, "终点", "target")):
            scope = scopes.get((flow.file, ref))
            if scope is None:
                yield found("dangling_flow", flow.file, flow.id, end_zh=zh, end_en=en, ref=ref)
            else:
                ends[en] = scope
        if len(ends) == 2 and set(ends.values()) != {flow.scope}:
            yield found("flow_across", flow.file, flow.id, source=flow.source, target=flow.target)
        yield from _condition_place(elements, flow)


def _condition_place(elements: Elements, flow: Flow) -> Iterator[Finding]:
    source = elements.by_id.get(flow.source)
    if flow.condition is not None and (source is None or source.kind != "exclusiveGateway"):
        yield found("condition_misplaced", flow.file, flow.id)


def _ends(level: Level) -> Iterator[Finding]:
    if not level.starts:
        yield found("no_start", level.file, level.id)
    if len(level.starts) > 1:
        ids = ", ".join(start.id for start in level.starts)
        yield found("several_starts", level.file, level.id, count=len(level.starts), ids=ids)
    if not level.ends:
        yield found("no_end", level.file, level.id)


def _nodes(level: Level) -> Iterator[Finding]:
    for node in level.nodes.values():
        if node.kind == "startEvent" and level.entering[node.id]:
            yield found("start_has_incoming", level.file, node.id)
        if node.kind == "endEvent":
            if level.leaving[node.id]:
                yield found("end_has_outgoing", level.file, node.id)
        elif not level.leaving[node.id]:
            yield found("dead_end", level.file, node.id)
        elif not node.kind.endswith("Gateway") and len(level.leaving[node.id]) > 1:
            yield found("implicit_split", level.file, node.id, count=len(level.leaving[node.id]))
        if node.kind == "exclusiveGateway":
            yield from _exclusive(level, node)
        if node.kind == "boundaryEvent":
            yield from _boundary(level, node)


def _exclusive(level: Level, node: Element) -> Iterator[Finding]:
    branches = level.leaving[node.id]
    if node.default is not None and node.default not in {flow.id for flow in branches}:
        yield found("xor_bad_default", level.file, node.id, ref=node.default)
    elif node.default is None and (len(branches) > 1 or any(flow.condition is not None for flow in branches)):
        yield found("xor_no_default", level.file, node.id)
    for flow in branches:
        if flow.id == node.default and flow.condition is not None:
            yield found("xor_default_condition", level.file, flow.id, flow=flow.id)
        elif flow.id != node.default and flow.condition is None and len(branches) > 1:
            yield found("xor_no_condition", level.file, flow.id, flow=flow.id)


def _boundary(level: Level, node: Element) -> Iterator[Finding]:
    host = level.nodes.get(node.attached_to or "")
    if host is None:
        yield found("boundary_unattached", level.file, node.id, ref=node.attached_to or "")
    elif host.kind not in _HOSTS:
        yield found("boundary_host", level.file, node.id, ref=host.id, kind=host.kind)
    if level.entering[node.id]:
        yield found("boundary_has_incoming", level.file, node.id)


def _reach(level: Level) -> Iterator[Finding]:
    reached = level.reached(start.id for start in level.starts)
    can_end = level.reaching(end.id for end in level.ends)
    stops = level.reaching(name for name in level.nodes if not level.next[name])
    cut_off = _cut_off(level, reached)
    for node in level.nodes.values():
        if level.starts and node.id in cut_off and not _is_loose(level, node):
            yield found("unreachable", level.file, node.id)
        elif level.ends and node.id in reached and node.id not in can_end | stops:
            yield found("never_ends", level.file, node.id)
    for events in level.boundaries.values():
        for event in events:
            if not event.interrupting:
                yield from _side_path(level, event)
    longest = _longest_path(level)
    if longest > MAX_CHAIN:
        yield found("chain_too_long", level.file, level.id, count=longest, limit=MAX_CHAIN)


def _cut_off(level: Level, reached: Collection[str]) -> set[str]:
    """Return where paths begin that no start leads to; what follows there is not told of one by one."""
    lost = {name for name in level.nodes if name not in reached}
    followers = {after for name in lost for after in level.next[name] if after != name}
    first = lost - followers
    while rest := lost - level.reached(first):  # a loop that hangs on nothing
        first.add(min(rest))
    return first


def _is_loose(level: Level, node: Element) -> bool:
    """Boundary events without a host are a finding of their own."""
    return node.kind == "boundaryEvent" and node.attached_to not in level.nodes


def _side_path(level: Level, event: Element) -> Iterator[Finding]:
    """Warn when what follows a non-interrupting event meets the path that goes on without it.

    Side paths of several such events may meet each other: each time is one more, as when one event comes again.
    Not where the gateway behind the activity asks whether something is ``active``: it tells the two paths apart.
    """
    if _tells_apart(level, event):
        return
    side = level.reached([event.id])
    beside = {one.id for events in level.boundaries.values() for one in events if not one.interrupting}
    rest = level.reached((start.id for start in level.starts), without=beside)
    shared = [n for n in level.nodes.values() if n.id in side & rest and n.kind != "endEvent"]
    if shared:
        yield found("side_path_joins", level.file, shared[0].id, event=event.id)


def _tells_apart(level: Level, event: Element) -> bool:
    behind = [flow.target for flow in level.leaving.get(event.attached_to or "", ())]
    return any(_asks_elements(flow) for name in behind for flow in level.leaving.get(name, ()))


def _asks_elements(flow: Flow) -> bool:
    try:
        return bool(flow.condition and compile_expression(flow.condition).elements)
    except ExpressionError:  # a finding of its own
        return False


def _longest_path(level: Level) -> int:
    """Depth of the first walk through the level, in the order of the file, as the parser makes it."""
    longest, seen = 0, set()
    for start in level.starts:
        stack = [(start.id, iter(level.next[start.id]))]
        seen.add(start.id)
        while stack:
            longest = max(longest, len(stack))
            step = next((name for name in stack[-1][1] if name not in seen), None)
            if step is None:
                stack.pop()
            else:
                seen.add(step)
                stack.append((step, iter(level.next[step])))
    return longest


def _loops(level: Level, waits: Callable[[Element], bool]) -> Iterator[Finding]:
    for group in level.cycles():
        for name in group:
            if level.nodes[name].kind == "parallelGateway":
                yield found("parallel_in_loop", level.file, name)
    resting = {node.id for node in level.nodes.values() if waits(node)}
    for group in level.cycles(without=resting):
        at = next((n for n in group if level.nodes[n].kind.endswith("Gateway")), group[0])
        yield found("endless_loop", level.file, at, ids=", ".join(group[:8]))


def _tokens(level: Level) -> Iterator[Finding]:
    """Play the token game where it can say anything: after a parallel split, or before a parallel join."""
    if not level.starts or not any(node.kind == "parallelGateway" for node in level.nodes.values()):
        return
    played = play(level)
    for name in sorted(played.stuck):
        if level.nodes[name].kind == "parallelGateway":
            yield found("join_waits_forever", level.file, name)
    for name in sorted(played.doubled):
        yield found("parallel_merge", level.file, name)


def _calls(elements: Elements, unread: Collection[str]) -> Iterator[Finding]:
    known = {process.id for process in elements.processes} | set(unread)
    calls: dict[str, list[Element]] = {}
    for node in elements.nodes:
        if node.kind == "callActivity":
            calls.setdefault(node.process_id, []).append(node)
    for node in (call for group in calls.values() for call in group):
        if not node.called:
            yield found("call_nothing", node.file, node.id)
        elif node.called not in known:
            yield found("call_missing", node.file, node.id, called=node.called)
        elif path := _way_back(node.called, node.process_id, calls):
            yield found("call_recursion", node.file, node.id, path=" → ".join([node.process_id, *path]))


def _way_back(start: str, goal: str, calls: dict[str, list[Element]]) -> list[str]:
    """Shortest chain of calls from process *start* to *goal*, or nothing."""
    paths, seen = [[start]], {start}
    while paths:
        path = paths.pop(0)
        if path[-1] == goal:
            return path
        for call in calls.get(path[-1], ()):
            if call.called and call.called not in seen:
                seen.add(call.called)
                paths.append([*path, call.called])
    return []
