"""Lint rules on the XML itself: places that would hold code, elements we do not draw, ids."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePath

from lxml import etree

from engine.domain.expression import RESERVED_WORDS
from engine.spiff.elements import SCOPES, SPIFF, is_bpmn, local_name, text_of
from engine.spiff.findings import Finding, found
from engine.spiff.xmlfile import BPMN, FLOW_NODES

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

EVENTS: Mapping[str, tuple[str, ...]] = {
    "startEvent": (),
    "endEvent": ("messageEventDefinition", "terminateEventDefinition", "errorEventDefinition"),
    "boundaryEvent": ("timerEventDefinition", "messageEventDefinition", "errorEventDefinition"),
    "intermediateCatchEvent": ("timerEventDefinition", "messageEventDefinition"),
    "intermediateThrowEvent": ("messageEventDefinition",),
}
"""Event definitions each kind of event may carry."""
_NEEDS_DEFINITION = frozenset({"boundaryEvent", "intermediateCatchEvent"})

_NODES = FLOW_NODES - {
    "task", "manualTask", "scriptTask", "sendTask", "receiveTask", "inclusiveGateway", "complexGateway",
    "eventBasedGateway", "transaction", "adHocSubProcess",
}  # fmt: skip
_ALLOWED = _NODES | {
    "process", "sequenceFlow", "conditionExpression", "incoming", "outgoing", "documentation",
    "extensionElements", "laneSet", "lane", "childLaneSet", "flowNodeRef", "timerEventDefinition", "timeDate",
    "messageEventDefinition", "terminateEventDefinition", "errorEventDefinition", "textAnnotation", "text",
    "association", "group", "message", "error", "collaboration", "participant", "category", "categoryValue",
}  # fmt: skip
_REFUSED: Mapping[str, str] = {
    "scriptTask": "script_task",
    "task": "plain_task",
    "manualTask": "manual_task",
    "sendTask": "task_kind",
    "receiveTask": "task_kind",
    "inclusiveGateway": "gateway_kind",
    "complexGateway": "gateway_kind",
    "eventBasedGateway": "gateway_kind",
    "transaction": "subprocess_kind",
    "adHocSubProcess": "subprocess_kind",
    "standardLoopCharacteristics": "standard_loop",
    "multiInstanceLoopCharacteristics": "multi_instance",
    "conditionalEventDefinition": "conditional_event",
    "correlationKey": "correlation",
    "correlationProperty": "correlation",
    "correlationPropertyRetrievalExpression": "correlation",
    "correlationSubscription": "correlation",
    "dataObject": "data_element",
    "dataObjectReference": "data_element",
    "dataStore": "data_element",
    "dataStoreReference": "data_element",
    "ioSpecification": "data_element",
    "dataInputAssociation": "data_element",
    "dataOutputAssociation": "data_element",
    "property": "data_element",
}
_SPIFF_CODE = {
    "preScript": "pre_script",
    "postScript": "post_script",
    "serviceTaskOperator": "service_operator",
}
_ONCE = frozenset({"conditionExpression", "timeDate", "extensionElements", "timerEventDefinition"})
_EXPRESSIONS = frozenset({"conditionExpression", "timeDate"})
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_INTERNAL = frozenset({"Start", "End", "Root", "typename", "StartEventSplit", "StartEventJoin"})
"""Names SpiffWorkflow keeps for itself, and the key that makes a saved instance unreadable."""


def lint_tree(file: str, tree: etree._ElementTree, facts: Collection[str]) -> Iterator[Finding]:
    """Yield what is wrong with one parsed file, whatever its flows mean."""
    root = tree.getroot()
    if etree.QName(root).namespace != BPMN or local_name(root) != "definitions":
        yield found("not_bpmn", file, "", tag=etree.QName(root).localname)
        return
    processes = [node for node in root if is_bpmn(node) and local_name(node) == "process"]
    if not processes:
        yield found("no_process", file, "")
    for process in processes:
        yield from _process(file, process)
    yield from _ids(file, root, facts)
    for child in root:
        if etree.QName(child).namespace != DI:
            yield from _walk(file, child)


def _process(file: str, process: etree._Element) -> Iterator[Finding]:
    process_id, stem = process.get("id", ""), PurePath(file).stem
    if process_id != stem:
        yield found("process_file_name", file, process_id, id=process_id, stem=stem)
    if process.get("isExecutable", "true") != "true":
        yield found("not_executable", file, process_id)


def _walk(file: str, node: etree._Element) -> Iterator[Finding]:
    """Check *node* and everything inside it; what is refused as a whole is not looked into."""
    namespace, name = etree.QName(node).namespace, local_name(node)
    if namespace == SPIFF:
        yield from _spiff(file, node)
        return
    if namespace != BPMN:
        yield found("foreign_extension", file, owner_id(node), tag=_shown(node))
        return
    yield from _attributes(file, node)
    code = "event_subprocess" if _is_event_subprocess(node) else _REFUSED.get(name)
    if code is None and name not in _ALLOWED and not _is_event_part(node):
        code = "unsupported_element"
    if code is not None:
        yield found(code, file, owner_id(node), tag=name)
        return
    yield from _once(file, node)
    yield from _event(file, node)
    if name in _EXPRESSIONS:
        for child in node:
            yield found("mixed_expression", file, owner_id(node), tag=_shown(child))
        return
    for child in node:
        yield from _walk(file, child)


def _is_event_subprocess(node: etree._Element) -> bool:
    return local_name(node) in SCOPES and node.get("triggeredByEvent", "false") != "false"


def _is_event_part(node: etree._Element) -> bool:
    """Definitions and timers of events are judged with their event, by name."""
    name = local_name(node)
    parent = node.getparent()
    return (
        name.endswith("EventDefinition") and parent is not None and local_name(parent) in EVENTS
    ) or name in (
        "timeDuration",
        "timeCycle",
    )


def _spiff(file: str, node: etree._Element) -> Iterator[Finding]:
    name = local_name(node)
    if name in _SPIFF_CODE:
        yield found(_SPIFF_CODE[name], file, owner_id(node))
        return
    if name != "properties":
        yield found("spiff_extension", file, owner_id(node), tag=_shown(node))
        return
    seen: set[str] = set()
    for item in node:
        if etree.QName(item).namespace != SPIFF or local_name(item) != "property" or len(item):
            yield found("spiff_extension", file, owner_id(node), tag=_shown(item))
            continue
        key = item.get("name", "")
        if key in seen:
            yield found("duplicate_property", file, owner_id(node), name=key)
        seen.add(key)


def _attributes(file: str, node: etree._Element) -> Iterator[Finding]:
    for key, value in node.attrib.items():
        name = etree.QName(str(key))
        if name.namespace not in (None, XSI):
            yield found(
                "foreign_extension", file, owner_id(node), tag=f"{_prefix(node, name)}:{name.localname}"
            )
        elif name.localname == "isForCompensation" and value != "false":
            yield found("compensation", file, owner_id(node))
        elif name.localname == "language" and local_name(node) in _EXPRESSIONS and value:
            yield found("expression_language", file, owner_id(node), language=value)


def _once(file: str, node: etree._Element) -> Iterator[Finding]:
    names = [local_name(child) for child in node if is_bpmn(child)]
    for name in sorted(_ONCE):
        if names.count(name) > 1:
            yield found("repeated_part", file, owner_id(node), tag=name, count=names.count(name))


def _event(file: str, node: etree._Element) -> Iterator[Finding]:
    kind = local_name(node)
    if kind not in EVENTS:
        return
    allowed = EVENTS[kind]
    names = ", ".join(allowed) or "—"
    definitions = [
        local_name(child)
        for child in node
        if is_bpmn(child)
        and (local_name(child).endswith("EventDefinition") or local_name(child) == "eventDefinitionRef")
    ]
    for name in definitions:
        if name not in allowed and name not in _REFUSED:
            yield found("event_kind", file, owner_id(node), kind=kind, tag=name, allowed=names)
    if len(definitions) > 1:
        yield found("repeated_part", file, owner_id(node), tag="eventDefinition", count=len(definitions))
    if not definitions and kind in _NEEDS_DEFINITION:
        yield found("event_missing", file, owner_id(node), allowed=names)
    for definition in node:
        if is_bpmn(definition) and local_name(definition) == "timerEventDefinition":
            yield from _timer(file, definition)


def _timer(file: str, definition: etree._Element) -> Iterator[Finding]:
    texts = {local_name(child): text_of(child) for child in definition if is_bpmn(child)}
    if "timeCycle" in texts:
        yield found("timer_cycle", file, owner_id(definition), text=texts["timeCycle"])
    if "timeDuration" in texts:
        yield duration_finding(file, owner_id(definition), texts["timeDuration"])
    if not texts.get("timeDate") and not {"timeCycle", "timeDuration"} & set(texts):
        yield found("timer_missing", file, owner_id(definition))


_DURATION = re.compile(
    r"P(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+W)?(?:[0-9]+D)?(?:T(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?)?"
)


def duration_finding(file: str, element: str, text: str) -> Finding:
    """Say of a duration why it cannot be used; durations are never used, some are not even durations."""
    plain = text.strip()
    if plain.startswith("-"):
        zh, en = "时长为负", "it is negative"
    elif plain in ("", "P", "PT"):
        zh, en = "时长为空", "it is empty"
    elif re.fullmatch(r"P.*[0-9][.,][0-9].*", plain):
        zh, en = "时长带小数", "it has fractions"
    elif not _DURATION.fullmatch(plain):
        zh, en = "不是 ISO 时长", "it is no ISO duration"
    elif not re.search(r"[1-9]", plain):
        zh, en = "时长为零", "it is zero"
    else:
        zh, en = "到期以日期计", "due moments are dates"
    return found("timer_duration", file, element, text=text, reason_zh=zh, reason_en=en)


def looks_like_duration(text: str) -> bool:
    """Whether a ``timeDate`` holds a duration instead of an expression."""
    return bool(re.fullmatch(r"\s*[-+]?P(?:T?[-+0-9.,YMWDTHS]*)\s*", text))


def looks_like_cycle(text: str) -> bool:
    """Whether a ``timeDate`` holds a repetition or a cron line instead of an expression."""
    return bool(re.fullmatch(r"\s*R[0-9]*/.*", text))


def _ids(file: str, root: etree._Element, facts: Collection[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for node in root.iter("*"):
        node_id = node.get("id")
        if (
            is_bpmn(node)
            and local_name(node) in FLOW_NODES | {"process", "sequenceFlow", "lane"}
            and not node_id
        ):
            yield found("missing_id", file, "", tag=local_name(node))
        if node_id is None:
            continue
        if node_id in seen:
            yield found("duplicate_id", file, node_id, id=node_id, other=file)
        seen.add(node_id)
        if is_bpmn(node) and local_name(node) in FLOW_NODES | {"process"}:
            # A process may be called like a fact: only results of flow nodes enter expressions.
            yield from _id(file, node_id, () if local_name(node) == "process" else facts)


def _id(file: str, node_id: str, taken: Collection[str]) -> Iterator[Finding]:
    is_word = keyword.iskeyword(node_id) or keyword.issoftkeyword(node_id) or node_id in RESERVED_WORDS
    if node_id in _INTERNAL or is_word or node_id in taken:
        yield found("reserved_id", file, node_id, id=node_id)
    elif not _ID.fullmatch(node_id) or "__" in node_id:
        yield found("bad_id", file, node_id, id=node_id)


def owner_id(node: etree._Element) -> str:
    """Id of the flow node, flow or process that holds *node*, or of *node* itself."""
    named = FLOW_NODES | {"sequenceFlow", "process", "lane", "message", "participant", "collaboration"}
    at: etree._Element | None = node
    while at is not None:
        if is_bpmn(at) and local_name(at) in named and at.get("id"):
            return at.get("id", "")
        at = at.getparent()
    return node.get("id") or "-"


def _shown(node: etree._Element) -> str:
    return f"{node.prefix}:{local_name(node)}" if node.prefix else local_name(node)


def _prefix(node: etree._Element, name: etree.QName) -> str:
    return next((str(p) for p, uri in node.nsmap.items() if uri == name.namespace and p), "?")
