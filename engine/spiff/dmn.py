"""Reads a DMN file into one :class:`~engine.domain.decision.Decision`, or says everything that is wrong with it."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from engine.domain.decision import Aggregation, Decision, HitPolicy, InputClause, OutputClause, Rule
from engine.domain.expression import Expression, ExpressionError, compile_expression
from engine.domain.expression_values import KIND_LABELS, kind_of
from engine.domain.sfeel import ANYTHING, CellError, Literal, UnaryTests, compile_literal, compile_tests
from engine.spiff.xmlfile import DiagramError, parse_xml

DMN_NAMESPACES = frozenset(
    {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    }
)
MAX_RULES = 500
_KINDS = {
    "string": "text",
    "boolean": "boolean",
    "number": "number",
    "integer": "number",
    "long": "number",
    "double": "number",
    "date": "date",
}
_WHOLE = frozenset({"integer", "long"})
_OTHER_LOGIC = {
    "literalExpression": ("文字表达式", "a literal expression"),
    "context": ("上下文表达式", "a boxed context"),
    "invocation": ("调用表达式", "an invocation"),
    "functionDefinition": ("函数定义", "a function definition"),
    "relation": ("关系表达式", "a relation"),
    "list": ("列表表达式", "a boxed list"),
    "conditional": ("条件表达式", "a conditional"),
    "for": ("循环表达式", "an iteration"),
    "every": ("全称表达式", "a quantifier"),
    "some": ("存在表达式", "a quantifier"),
    "filter": ("筛选表达式", "a filter"),
}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass
class _Findings:
    """Collects what is wrong with one file."""

    file: str
    found: list[DiagramError] = field(default_factory=list)

    def add(self, rule: str, element: str, zh: str, en: str) -> None:
        self.found.append(
            DiagramError(file=self.file, element=element, rule=rule, reason_zh=zh, reason_en=en)
        )


def read_decision(content: bytes, *, file: str) -> Decision:
    """Return the one decision of a DMN file.

    Raises:
        DiagramError: the first thing that is wrong with it.
    """
    decision, findings = examine(content, file=file)
    if decision is None or findings:
        raise findings[0]
    return decision


def examine(content: bytes, *, file: str) -> tuple[Decision | None, tuple[DiagramError, ...]]:
    """Return the decision of a DMN file as far as it can be read, and everything that is wrong with it."""
    findings = _Findings(file)
    try:
        root = parse_xml(content, file=file).getroot()
    except DiagramError as error:
        return None, (error,)
    table = _table(root, findings)
    if table is None:
        return None, tuple(findings.found)
    decision = _TableReader(table, findings).read()
    return (None if findings.found else decision), tuple(findings.found)


def _table(root: etree._Element, findings: _Findings) -> etree._Element | None:
    """Return the decision table of the only decision of a file."""
    name = etree.QName(root)
    if name.localname != "definitions" or name.namespace not in DMN_NAMESPACES:
        findings.add(
            "not_dmn",
            "",
            "这不是 DMN 1.1–1.5 文件；请用建模工具重新导出",
            "this is no DMN 1.1–1.5 file; export it again",
        )
        return None
    for node in _children(root, "businessKnowledgeModel", "decisionService"):
        findings.add(
            "dmn_logic",
            node.get("id", ""),
            f"不支持“{etree.QName(node).localname}”；请只保留一张决策表",
            f"“{etree.QName(node).localname}” is not supported; keep one decision table",
        )
    decisions = list(_children(root, "decision"))
    if len(decisions) != 1:
        ids = ", ".join(node.get("id", "?") for node in decisions) or "—"
        findings.add(
            "one_decision_a_file",
            decisions[1].get("id", "") if decisions else "",
            f"文件里有 {len(decisions)} 个决策（{ids}）；每个文件只放一个，请拆成几个文件",
            f"the file has {len(decisions)} decisions ({ids}); put one in each file",
        )
        return None
    return _only_table(decisions[0], findings)


def _only_table(decision: etree._Element, findings: _Findings) -> etree._Element | None:
    for node in decision:
        logic = _OTHER_LOGIC.get(_local(node))
        if logic:
            findings.add(
                "dmn_logic",
                decision.get("id", ""),
                f"决策写成了{logic[0]}；请改为决策表",
                f"the decision is {logic[1]}; make it a decision table",
            )
    tables = list(_children(decision, "decisionTable"))
    if len(tables) == 1:
        return tables[0]
    if not findings.found:
        findings.add(
            "dmn_logic",
            decision.get("id", ""),
            f"决策应含一张决策表，实有 {len(tables)} 张",
            f"a decision holds one decision table, this has {len(tables)}",
        )
    return None


class _TableReader:
    """Reads one ``<decisionTable>``, noting every fault and going on."""

    def __init__(self, table: etree._Element, findings: _Findings) -> None:
        parent = table.getparent()
        assert parent is not None
        self.table = table
        self.findings = findings
        self.id = parent.get("id", "")
        self.name = parent.get("name", "") or self.id

    def read(self) -> Decision | None:
        """Return the decision, or None when its head cannot be understood."""
        if not _NAME.fullmatch(self.id):
            self._add(
                "bad_id",
                self.id,
                f"决策编号“{self.id}”只能用英文字母、数字和下划线",
                f"the decision id “{self.id}” may hold letters, digits and underscores only",
            )
        policy, aggregation = self._policy()
        inputs = tuple(self._input(node, at) for at, node in enumerate(_children(self.table, "input"), 1))
        outputs = tuple(self._output(node, at) for at, node in enumerate(_children(self.table, "output"), 1))
        self._check_outputs(outputs, aggregation)
        known = tuple(clause for clause in inputs if clause is not None)
        rules = tuple(self._rules(inputs, outputs))
        if policy is None or len(known) != len(inputs):
            return None
        return Decision(self.id, self.name, policy, known, outputs, rules, aggregation)

    def _add(self, rule: str, element: str, zh: str, en: str) -> None:
        self.findings.add(rule, element or self.id, zh, en)

    def _policy(self) -> tuple[HitPolicy | None, Aggregation | None]:
        text = self.table.get("hitPolicy", "UNIQUE")
        function = self.table.get("aggregation")
        if text not in list(HitPolicy):
            self._add(
                "hit_policy",
                self.id,
                f"不支持命中策略“{text}”；请改用 UNIQUE、ANY 或 COLLECT，并让各行互斥",
                f"the hit policy “{text}” is not supported; use UNIQUE, ANY or COLLECT with exclusive rows",
            )
            return None, None
        if function is not None and (function not in list(Aggregation) or text != HitPolicy.COLLECT):
            self._add(
                "hit_policy",
                self.id,
                f"汇总方式“{function}”不可用；只有 COLLECT 可用 SUM、MIN、MAX、COUNT",
                f"the aggregation “{function}” cannot be used; only COLLECT has SUM, MIN, MAX, COUNT",
            )
            return None, None
        return HitPolicy(text), Aggregation(function) if function else None

    def _input(self, node: etree._Element, number: int) -> InputClause | None:
        node_id = node.get("id") or f"input_{number}"
        heads = list(_children(node, "inputExpression"))
        text = _text(heads[0]) if heads else ""
        label = node.get("label") or text or node_id
        kind, is_whole = self._type(heads[0] if heads else None, node_id, label)
        expression = self._expression(text, node_id, label, heads)
        domain = None
        for allowed in _children(node, "inputValues"):
            domain = self._tests(_text(allowed), node_id, f"{label} inputValues", kind)
        if expression is None:
            return None
        return InputClause(node_id, label, expression, kind, is_whole, domain)

    def _expression(
        self, text: str, node_id: str, label: str, heads: list[etree._Element]
    ) -> Expression | None:
        self._check_language(heads, node_id)
        try:
            return compile_expression(text, where=f"{self.findings.file}:{node_id} {label}")
        except ExpressionError as error:
            self._add("bad_expression", node_id, error.say("zh"), error.say("en"))
            return None

    def _check_language(self, nodes: list[etree._Element], node_id: str) -> None:
        for node in nodes:
            language = node.get("expressionLanguage", "")
            if language and "feel" not in language.lower():
                self._add(
                    "expression_language",
                    node_id,
                    f"表达式语言“{language}”不可用；请删除该设置",
                    f"the expression language “{language}” cannot be used; remove the setting",
                )

    def _type(self, node: etree._Element | None, node_id: str, label: str) -> tuple[str | None, bool]:
        reference = (node.get("typeRef") or "") if node is not None else ""
        plain = reference.rpartition(":")[2]
        if plain in ("", "Any", "any"):
            return None, False
        if plain not in _KINDS:
            self._add(
                "dmn_type",
                node_id,
                f"“{label}”的类型“{reference}”不支持；请用 {'、'.join(_KINDS)} 之一",
                f"the type “{reference}” of “{label}” is not supported; use one of {', '.join(_KINDS)}",
            )
            return None, False
        return _KINDS[plain], plain in _WHOLE

    def _output(self, node: etree._Element, number: int) -> OutputClause:
        node_id = node.get("id") or f"output_{number}"
        name = node.get("name", "")
        label = node.get("label") or name or node_id
        kind, _ = self._type(node, node_id, label)
        default: Literal = None
        for entry in _children(node, "defaultOutputEntry"):
            default = self._literal(_text(entry), node_id, f"{label} default", kind)
        if not _NAME.fullmatch(name) or keyword.iskeyword(name) or name == "typename" or "__" in name:
            self._add(
                "output_name",
                node_id,
                f"结果列名“{name}”不可用；请用英文字母、数字和下划线，且不用保留字",
                f"the output name “{name}” cannot be used; letters, digits, underscores, no reserved word",
            )
        return OutputClause(node_id, name, label, kind, default)

    def _check_outputs(self, outputs: tuple[OutputClause, ...], aggregation: Aggregation | None) -> None:
        if not outputs:
            self._add("dmn_shape", self.id, "决策表没有结果列", "the table has no output column")
        names = [output.name for output in outputs]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self._add(
                "output_name", self.id, f"结果列名“{name}”重复", f"the output name “{name}” is used twice"
            )
        if aggregation is not None and len(outputs) > 1:
            self._add(
                "hit_policy",
                self.id,
                f"{aggregation} 汇总只能有一个结果列",
                f"{aggregation} needs exactly one output column",
            )

    def _rules(
        self, inputs: tuple[InputClause | None, ...], outputs: tuple[OutputClause, ...]
    ) -> Iterator[Rule]:
        nodes = list(_children(self.table, "rule"))
        if not nodes or len(nodes) > MAX_RULES:
            self._add(
                "dmn_shape",
                self.id,
                f"决策表有 {len(nodes)} 行，应有 1 到 {MAX_RULES} 行",
                f"the table has {len(nodes)} rows; 1 to {MAX_RULES} are wanted",
            )
            return
        self._check_columns(nodes, inputs, outputs)
        for number, node in enumerate(nodes, 1):
            yield self._rule(node, number, inputs, outputs)

    def _check_columns(
        self,
        nodes: list[etree._Element],
        inputs: tuple[InputClause | None, ...],
        outputs: tuple[OutputClause, ...],
    ) -> None:
        """Cells of one column compare one kind of value, or its samples would mean nothing."""
        for at, clause in enumerate(inputs):
            kinds = set()
            for node in nodes:
                cells = list(_children(node, "inputEntry"))
                if at < len(cells) and (kind := _cell_kind(_text(cells[at]))):
                    kinds.add(kind)
            if clause is not None and clause.kind is None and len(kinds) > 1:
                zh = "、".join(KIND_LABELS[kind][0] for kind in sorted(kinds))
                en = ", ".join(KIND_LABELS[kind][1] for kind in sorted(kinds))
                self._add(
                    "cell_kind",
                    clause.id,
                    f"“{clause.label}”一列混用了{zh}；请统一",
                    f"the column “{clause.label}” mixes {en}; use one kind",
                )

    def _rule(
        self,
        node: etree._Element,
        number: int,
        inputs: tuple[InputClause | None, ...],
        outputs: tuple[OutputClause, ...],
    ) -> Rule:
        node_id = node.get("id") or f"row_{number}"
        tests, results = list(_children(node, "inputEntry")), list(_children(node, "outputEntry"))
        self._check_language([*tests, *results], node_id)
        if len(tests) != len(inputs) or len(results) != len(outputs):
            self._add(
                "dmn_shape",
                node_id,
                f"第 {number} 行有 {len(tests)} 个条件、{len(results)} 个结果，应为 {len(inputs)} 和 {len(outputs)}",
                f"row {number} has {len(tests)} conditions and {len(results)} results, "
                f"{len(inputs)} and {len(outputs)} are wanted",
            )
        return Rule(
            number,
            node_id,
            tuple(
                self._tests(_text(cell), node_id, _place(number, clause), clause.kind if clause else None)
                for cell, clause in zip(tests, inputs, strict=False)
            ),
            tuple(
                self._literal(_text(cell), node_id, _place(number, clause), clause.kind)
                for cell, clause in zip(results, outputs, strict=False)
            ),
            " ".join(_text(note) for note in _children(node, "description", "annotationEntry")).strip(),
        )

    def _tests(self, text: str, node_id: str, place: str, kind: str | None) -> UnaryTests:
        try:
            tests = compile_tests(text, where=place)
        except CellError as error:
            self._add("bad_cell", node_id, error.say("zh"), error.say("en"))
            return ANYTHING
        if kind is not None and tests.kind not in (None, kind):
            self._wrong_kind(node_id, place, text, str(tests.kind), kind)
            return ANYTHING
        return tests

    def _literal(self, text: str, node_id: str, place: str, kind: str | None) -> Literal:
        try:
            value = compile_literal(text, where=place)
        except CellError as error:
            self._add("bad_cell", node_id, error.say("zh"), error.say("en"))
            return None
        if kind is not None and value is not None and kind_of(value) != kind:
            self._wrong_kind(node_id, place, text, kind_of(value), kind)
        return value

    def _wrong_kind(self, node_id: str, place: str, text: str, found: str, wanted: str) -> None:
        self._add(
            "cell_kind",
            node_id,
            f"{place}：单元格“{text}”是{KIND_LABELS[found][0]}，该列是{KIND_LABELS[wanted][0]}；请改值或改列类型",
            f"{place}: the cell “{text}” is {KIND_LABELS[found][1]}, the column is {KIND_LABELS[wanted][1]}",
        )


def _cell_kind(text: str) -> str | None:
    try:
        return compile_tests(text).kind
    except CellError:
        return None


def _place(number: int, clause: InputClause | OutputClause | None) -> str:
    return f"{number} · {clause.label if clause else '?'}"


def _local(node: etree._Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _children(node: etree._Element, *names: str) -> Iterator[etree._Element]:
    return (child for child in node if _local(child) in names)


def _text(node: etree._Element) -> str:
    """Text of the ``<text>`` inside *node*, or of *node* itself (descriptions)."""
    inner = next(_children(node, "text"), node)
    return "".join(str(part) for part in inner.itertext()).strip()
