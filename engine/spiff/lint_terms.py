"""Lint rules on what a diagram refers to: roles, forms, operations, decisions, messages, names in expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from engine.domain.codes import WORKING_ROLES, MessageName
from engine.domain.decision import Decision, HitPolicy
from engine.domain.expression import Expression, ExpressionError, compile_expression
from engine.domain.expression_values import KIND_LABELS
from engine.spiff.elements import Element, Elements
from engine.spiff.findings import Finding, found
from engine.spiff.lint_xml import duration_finding, looks_like_cycle, looks_like_duration

PROPERTIES = ("action_id", "form", "due", "priority", "inferred", "operation", "decision", "name_en")
"""Extension properties that mean something."""
_WITH_RESULT = frozenset({"userTask", "serviceTask", "businessRuleTask"})
_WAITING = frozenset({"userTask", "intermediateCatchEvent", "callActivity", "subProcess"})
_SEES_TOKENS = frozenset({"condition", "timer"})
_ACTION = re.compile(r"[A-Z]-[A-Z]{1,2}[0-9]{1,2}")
_POSITIONS: Mapping[str, tuple[str, str]] = {
    "condition": ("条件", "the condition"),
    "timer": ("定时", "the timer"),
    "due": ("期限 due", "the due rule"),
    "priority": ("优先级 priority", "the priority rule"),
    "input": ("输入", "the input"),
}
_WANTED: Mapping[str, tuple[str, frozenset[str]]] = {
    "condition": ("boolean", frozenset({"boolean", "unknown"})),
    "timer": ("date", frozenset({"date", "instant", "unknown"})),
    "due": ("date", frozenset({"date", "instant", "unknown"})),
    "priority": ("number", frozenset({"number", "unknown"})),
    "input": ("text", frozenset({"boolean", "number", "text", "date", "unknown"})),
}


@dataclass(frozen=True)
class Vocabulary:
    """What the set and the engine know by name."""

    forms: Collection[str]
    operations: Collection[str]
    facts: Mapping[str, Collection[str]] | None
    decisions: Mapping[str, Decision | None]
    """Decision ids of the set; None for a table that could not be read."""
    results: Mapping[str, Element]
    """Elements whose result an expression may use."""
    waits: Collection[tuple[str, str]]
    """(file, element) of what a token can wait at: what ``active`` may ask about."""

    @classmethod
    def of(
        cls,
        elements: Elements,
        *,
        forms: Collection[str],
        operations: Collection[str],
        facts: Mapping[str, Collection[str]] | None,
        decisions: Mapping[str, Decision | None],
    ) -> Vocabulary:
        """Gather the names of a set."""
        results = {node.id: node for node in elements.nodes if node.kind in _WITH_RESULT}
        waits = frozenset((node.file, node.id) for node in elements.nodes if node.kind in _WAITING)
        return cls(forms, operations, facts, decisions, results, waits)


def lint_terms(elements: Elements, known: Vocabulary) -> Iterator[Finding]:
    """Yield what the diagrams of a set refer to in vain."""
    for flow in elements.flows:
        if flow.condition is not None:
            yield from check_expression(flow.file, flow.id, "condition", flow.condition, known)
    for node in elements.nodes:
        yield from _properties(node)
        yield from _message(node)
        if node.timer:
            yield from _timer(node, known)
        if (check := _KINDS.get(node.kind)) is not None:
            yield from check(node, known)
    yield from _lanes(elements)


def _properties(node: Element) -> Iterator[Finding]:
    for name in node.properties:
        if name not in PROPERTIES:
            yield found("unknown_property", node.file, node.id, name=name, known=", ".join(PROPERTIES))


def _user_task(node: Element, known: Vocabulary) -> Iterator[Finding]:
    if node.role is None and not node.lanes:
        yield found("no_lane", node.file, node.id)
    yield from _action(node)
    form = node.properties.get("form", "")
    if not form:
        yield found("no_form", node.file, node.id)
    elif form not in known.forms:
        yield found("unknown_form", node.file, node.id, form=form)
    for position in ("due", "priority"):
        if position in node.properties:
            yield from check_expression(node.file, node.id, position, node.properties[position], known)


def _action(node: Element) -> Iterator[Finding]:
    action = node.properties.get("action_id", "")
    if not action:
        yield found("no_action_id", node.file, node.id)
    elif not _ACTION.fullmatch(action):
        yield found("bad_action_id", node.file, node.id, value=action)


def _service_task(node: Element, known: Vocabulary) -> Iterator[Finding]:
    operation = node.properties.get("operation", "")
    if not operation:
        yield found("no_operation", node.file, node.id)
    elif operation not in known.operations:
        names = ", ".join(sorted(known.operations)) or "—"
        yield found("unknown_operation", node.file, node.id, operation=operation, known=names)
    if node.properties.get("action_id"):
        yield from _action(node)


def _rule_task(node: Element, known: Vocabulary) -> Iterator[Finding]:
    decision = node.properties.get("decision", "")
    if not decision:
        yield found("no_decision", node.file, node.id)
    elif decision not in known.decisions:
        yield found("unknown_decision", node.file, node.id, decision=decision)


_KINDS: Mapping[str, Callable[[Element, Vocabulary], Iterator[Finding]]] = {
    "userTask": _user_task,
    "serviceTask": _service_task,
    "businessRuleTask": _rule_task,
}


def _message(node: Element) -> Iterator[Finding]:
    if "messageEventDefinition" not in node.events:
        return
    if not node.message:
        yield found("no_message", node.file, node.id)
    elif node.message not in list(MessageName):
        yield found("unknown_message", node.file, node.id, message=node.message, known=", ".join(MessageName))


def _timer(node: Element, known: Vocabulary) -> Iterator[Finding]:
    text = node.timer or ""
    if looks_like_cycle(text):
        yield found("timer_cycle", node.file, node.id, text=text)
    elif looks_like_duration(text):
        yield duration_finding(node.file, node.id, text)
    else:
        yield from check_expression(node.file, node.id, "timer", text, known)


def _lanes(elements: Elements) -> Iterator[Finding]:
    there = {(node.file, node.id) for node in elements.nodes}
    roles = ", ".join(WORKING_ROLES)
    for lane in elements.lanes:
        for ref in lane.members:
            if (lane.file, ref) not in there:
                yield found("lane_ghost", lane.file, lane.id, ref=ref)
    lane_roles = {(lane.file, lane.id): lane.role for lane in elements.lanes}
    for node in elements.nodes:
        own = [lane for lane in node.lanes if lane_roles.get((node.file, lane))]
        if len({lane_roles[(node.file, lane)] for lane in own}) > 1:
            yield found("two_lanes", node.file, node.id, lanes=", ".join(own))
        if node.kind == "userTask" and node.lanes and node.role is None:
            yield found("lane_role", node.file, node.id, lane=node.lanes[-1], roles=roles)


def check_expression(
    file: str, element: str, position: str, text: str, known: Vocabulary
) -> Iterator[Finding]:
    """Yield what is wrong with one expression: its grammar, its kind, its names."""
    zh, en = _POSITIONS[position]
    try:
        expression = compile_expression(text)
    except ExpressionError as error:
        yield found(
            "bad_expression",
            file,
            element,
            position_zh=zh,
            position_en=en,
            reason_zh=error.say("zh"),
            reason_en=error.say("en"),
        )
        return
    wanted, fitting = _WANTED[position]
    if expression.gives not in fitting:
        yield found(
            "expression_kind",
            file,
            element,
            position_zh=zh,
            position_en=en,
            text=expression.text,
            found_zh=KIND_LABELS[expression.gives][0],
            found_en=KIND_LABELS[expression.gives][1],
            wanted_zh=KIND_LABELS[wanted][0],
            wanted_en=KIND_LABELS[wanted][1],
        )
    yield from _asked_elements(file, element, position, expression, known)
    if known.facts is not None:
        yield from _names(file, element, position, expression, known)


def _asked_elements(
    file: str, element: str, position: str, expression: Expression, known: Vocabulary
) -> Iterator[Finding]:
    zh, en = _POSITIONS[position]
    place = {"position_zh": zh, "position_en": en, "text": expression.text}
    if expression.elements and position not in _SEES_TOKENS:
        yield found("active_not_available", file, element, **place)
        return
    for asked in sorted(expression.elements):
        if (file, asked) not in known.waits:
            yield found("unknown_element", file, element, name=asked, **place)


def _names(
    file: str, element: str, position: str, expression: Expression, known: Vocabulary
) -> Iterator[Finding]:
    facts = known.facts or {}
    zh, en = _POSITIONS[position]
    place = {"position_zh": zh, "position_en": en, "text": expression.text}
    for path in sorted(expression.paths):
        name, *fields = path.split(".")
        if name not in facts and name not in known.results:
            names = ", ".join(sorted(facts))
            yield found("unknown_name", file, element, name=name, known=names, **place)
        elif name not in facts and position in ("due", "priority"):
            names = ", ".join(sorted(facts))
            yield found("result_not_available", file, element, name=name, known=names, **place)
        elif fields:
            possible = _fields(name, known)
            if possible is not None and (fields[0] not in possible or len(fields) > 1):
                names = ", ".join(sorted(possible)) or "—"
                missing = ".".join(fields)
                yield found("unknown_field", file, element, name=name, field=missing, known=names, **place)


def _fields(name: str, known: Vocabulary) -> Collection[str] | None:
    """Fields of a fact or of a decision's result; None when they cannot be known here."""
    if known.facts is not None and name in known.facts:
        return known.facts[name]
    node = known.results[name]
    if node.kind != "businessRuleTask":
        return None
    decision = known.decisions.get(node.properties.get("decision", ""))
    if decision is None or (decision.hit_policy is HitPolicy.COLLECT and decision.aggregation is None):
        return None
    return [output.name for output in decision.outputs]
