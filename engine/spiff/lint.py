"""Say everything that is wrong with a candidate set before it is deployed.

The set is read by our own readers, never run. SpiffWorkflow parses it last, and only when nothing else was
found, as a check that both readings agree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePath

from lxml import etree

from engine.domain.decision import Decision
from engine.spiff.dmn import examine
from engine.spiff.elements import Elements, elements_of
from engine.spiff.findings import RULES, WARNINGS, Finding, found, of_error
from engine.spiff.lint_flow import lint_flow
from engine.spiff.lint_tables import lint_table
from engine.spiff.lint_terms import Vocabulary, lint_terms
from engine.spiff.lint_xml import lint_tree
from engine.spiff.parser import parse_set
from engine.spiff.xmlfile import DiagramError, parse_xml

__all__ = ["RULES", "WARNINGS", "Finding", "lint_set"]

CONTEXT_NAMES = frozenset(
    {"renewal", "policy", "vehicle", "customer", "quote", "owner", "loss", "rating", "today"}
)
"""Names that expressions find in their context; no element may be called like one."""


def lint_set(
    files: Mapping[str, bytes],
    forms: Collection[str],
    operations: Collection[str],
    facts: Mapping[str, Collection[str]] | None = None,
    *,
    root: str | None = None,
) -> list[Finding]:
    """Return every problem of *files* (name → content), in the order of the files.

    Args:
        files: the ``.bpmn`` and ``.dmn`` files of one set.
        forms: ids of the forms that exist.
        operations: names of the operations that exist.
        facts: names of the context with their fields (empty: a plain value); None leaves names unchecked.
        root: id of a process that must be there, when a whole set is judged.
    """
    findings: list[Finding] = [
        found("file_kind", name, "") for name in files if not name.endswith((".bpmn", ".dmn"))
    ]
    trees = _read_diagrams(files, findings)
    decisions = _read_tables(files, findings)
    taken = CONTEXT_NAMES | set(facts or ())
    for name, tree in trees.items():
        findings += lint_tree(name, tree, taken)
    elements = elements_of(trees)
    findings += _duplicates(elements)
    known = Vocabulary.of(
        elements,
        forms=forms,
        operations=operations,
        facts=facts,
        decisions={decision_id: decision for decision_id, (_, decision) in decisions.items()},
    )
    unread = {PurePath(name).stem for name in files if name.endswith(".bpmn") and name not in trees}
    # A root that could not be read is told of already: it is there.
    if root is not None and root not in unread and all(p.id != root for p in elements.processes):
        findings.append(found("no_root", f"{root}.bpmn", "", root=root))
    findings += lint_flow(elements, unread=unread)
    findings += lint_terms(elements, known)
    for name, decision in decisions.values():
        if decision is not None:
            findings += lint_table(name, decision, known)
    if not any(finding.level == "error" for finding in findings):
        findings += _parsed(files)
    return _ordered(findings, list(files))


def _read_diagrams(files: Mapping[str, bytes], findings: list[Finding]) -> dict[str, etree._ElementTree]:
    trees = {}
    for name, content in files.items():
        if name.endswith(".bpmn"):
            try:
                trees[name] = parse_xml(content, file=name)
            except DiagramError as error:
                findings.append(of_error(error))
    return trees


def _read_tables(
    files: Mapping[str, bytes], findings: list[Finding]
) -> dict[str, tuple[str, Decision | None]]:
    tables: dict[str, tuple[str, Decision | None]] = {}
    for name, content in files.items():
        if not name.endswith(".dmn"):
            continue
        decision, errors = examine(content, file=name)
        findings += map(of_error, errors)
        for decision_id in _decision_ids(content, name) if decision is None else [decision.id]:
            if decision_id in tables:
                other = tables[decision_id][0]
                findings.append(found("duplicate_decision", name, decision_id, id=decision_id, other=other))
            else:
                tables[decision_id] = (name, decision)
    return tables


def _decision_ids(content: bytes, name: str) -> list[str]:
    """Ids in a table file that has faults, so that its diagram is not blamed as well."""
    try:
        root = parse_xml(content, file=name).getroot()
    except DiagramError:
        return [PurePath(name).stem]
    return [
        node.get("id", "")
        for node in root
        if isinstance(node.tag, str) and etree.QName(node).localname == "decision" and node.get("id")
    ]


def _duplicates(elements: Elements) -> Iterator[Finding]:
    """Ids of processes, flow nodes, flows and lanes that two files share; within a file the XML rule tells."""
    seen: dict[str, str] = {}
    things = [(thing.id, thing.file) for thing in elements.processes]
    things += [(thing.id, thing.file) for thing in elements.nodes]
    things += [(thing.id, thing.file) for thing in elements.flows]
    things += [(thing.id, thing.file) for thing in elements.lanes]
    for thing_id, file in things:
        other = seen.setdefault(thing_id, file)
        if thing_id and other != file:
            yield found("duplicate_id", file, thing_id, id=thing_id, other=other)


def _parsed(files: Mapping[str, bytes]) -> Iterator[Finding]:
    try:
        parse_set(files)
    except DiagramError as error:
        facts = error.params
        yield found(
            "parser_refused",
            facts["file"],
            facts["element"],
            reason_zh=facts["reason_zh"],
            reason_en=facts["reason_en"],
        )


def _ordered(findings: list[Finding], names: list[str]) -> list[Finding]:
    """Without repetitions, by file; within a file as found."""
    place = {name: at for at, name in enumerate(names)}
    return sorted(dict.fromkeys(findings), key=lambda finding: place.get(finding.file, len(place)))
