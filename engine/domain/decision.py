"""Decision tables as pure values: evaluation, and what can be said of a table without running it.

Hit policies: UNIQUE (one row at most; two are a fault), ANY (rows may overlap if they agree), COLLECT (all
rows, as a list, or summed up by SUM, MIN, MAX, COUNT). No row matches → every output is None, or its default;
never a value of an earlier evaluation. FIRST, PRIORITY and the ORDER policies are refused: their meaning would
hang on the order in which rows happen to stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from engine.domain.expression import Expression, Functions
from engine.domain.expression_values import Mismatch, add, kind_of, largest, smallest
from engine.domain.sfeel import Bound, Literal, UnaryTests, show, step_after, step_before
from engine.errors import EngineError

MAX_EXAMPLES = 3
MAX_WORK = 50_000
"""Most combinations looked at when searching for gaps; beyond it nothing is claimed."""
_OTHER = "\N{REPLACEMENT CHARACTER}"
"""Stands for any text a table does not mention."""


class HitPolicy(StrEnum):
    """How many rows may apply."""

    UNIQUE = "UNIQUE"
    ANY = "ANY"
    COLLECT = "COLLECT"


class Aggregation(StrEnum):
    """How COLLECT sums up its rows."""

    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    COUNT = "COUNT"


class DecisionFault(EngineError):
    """A table met values it cannot decide on, or rows that contradict each other."""

    code = "decision_fault"
    zh = "决策表“{decision}”无法得出结果：{reason_zh}"
    en = "The decision table “{decision}” gives no result: {reason_en}"


@dataclass(frozen=True, slots=True)
class InputClause:
    """A column of conditions."""

    id: str
    label: str
    expression: Expression
    kind: str | None = None
    """Declared kind (``text``, ``number``, ``boolean``, ``date``), or None."""
    is_whole: bool = False
    """Declared as a whole number, so that nothing lies between 5 and 6."""
    domain: UnaryTests | None = None
    """Values that can occur (``inputValues``), or None when not declared."""


@dataclass(frozen=True, slots=True)
class OutputClause:
    """A column of results."""

    id: str
    name: str
    label: str
    kind: str | None = None
    default: Literal = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: it applies when all its tests match."""

    number: int
    id: str
    tests: tuple[UnaryTests, ...]
    results: tuple[Literal, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """A result with the rows that gave it and the values that were asked."""

    value: dict[str, object] | list[dict[str, object]]
    rules: tuple[Rule, ...]
    inputs: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rows that can apply to the same values."""

    first: Rule
    second: Rule


@dataclass(frozen=True, slots=True)
class Gap:
    """Values to which no row applies, written as input label → cell text."""

    example: Mapping[str, str]

    def __str__(self) -> str:
        return ", ".join(f"{label} = {value}" for label, value in self.example.items())


@dataclass(frozen=True)
class Decision:
    """One decision table; immutable."""

    id: str
    name: str
    hit_policy: HitPolicy
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]
    aggregation: Aggregation | None = None

    def evaluate(
        self, context: Mapping[str, object], functions: Functions
    ) -> dict[str, object] | list[dict[str, object]]:
        """Return the outputs by name, or a list of them under COLLECT without aggregation.

        Raises:
            DecisionFault: two rows apply under UNIQUE, rows disagree under ANY, or a value is of another kind
                than its column.
            ExpressionFault: an input expression cannot be evaluated.
        """
        return self.decide(context, functions).value

    def decide(self, context: Mapping[str, object], functions: Functions) -> Decided:
        """Like :meth:`evaluate`, with the evidence."""
        given = [clause.expression.evaluate(context, functions) for clause in self.inputs]
        rules = tuple(rule for rule in self.rules if self._applies(rule, given))
        inputs = {clause.label: value for clause, value in zip(self.inputs, given, strict=True)}
        return Decided(self._result(rules), rules, inputs)

    def _applies(self, rule: Rule, given: list[object]) -> bool:
        for clause, test, value in zip(self.inputs, rule.tests, given, strict=True):
            try:
                if not test.test(value):
                    return False
            except Mismatch as fault:
                raise self._fault(
                    f"第 {rule.number} 行“{clause.label}”：{fault.zh}",
                    f"row {rule.number}, “{clause.label}”: {fault.en}",
                ) from fault
        return True

    def _result(self, rules: tuple[Rule, ...]) -> dict[str, object] | list[dict[str, object]]:
        if self.hit_policy is HitPolicy.COLLECT:
            return self._collected(rules)
        numbers = ", ".join(str(rule.number) for rule in rules)
        if self.hit_policy is HitPolicy.UNIQUE and len(rules) > 1:
            raise self._fault(
                f"第 {numbers} 行同时适用，而表的命中策略是 UNIQUE；请让各行互斥",
                f"rows {numbers} apply together under UNIQUE; make them exclude each other",
            )
        if any(rule.results != rules[0].results for rule in rules):
            raise self._fault(
                f"第 {numbers} 行同时适用而结果不同，命中策略 ANY 要求一致",
                f"rows {numbers} apply together and disagree, which ANY does not allow",
            )
        return self._row(rules[0] if rules else None)

    def _row(self, rule: Rule | None) -> dict[str, object]:
        if rule is None:
            return {output.name: output.default for output in self.outputs}
        return {output.name: value for output, value in zip(self.outputs, rule.results, strict=True)}

    def _collected(self, rules: tuple[Rule, ...]) -> dict[str, object] | list[dict[str, object]]:
        if self.aggregation is None:
            return [self._row(rule) for rule in rules]
        found: list[Literal] = [rule.results[0] for rule in rules if rule.results[0] is not None]
        output = self.outputs[0]
        if self.aggregation is Aggregation.COUNT:
            return {output.name: len(rules)}
        if not found:
            return {output.name: output.default}
        try:
            return {output.name: _AGGREGATE[self.aggregation](found)}
        except Mismatch as fault:
            raise self._fault(fault.zh, fault.en) from fault

    def _fault(self, zh: str, en: str) -> DecisionFault:
        return DecisionFault(decision=self.name or self.id, reason_zh=zh, reason_en=en)

    def overlaps(self) -> list[Overlap]:
        """Pairs of rows that can apply together and must not: under ANY only those that disagree."""
        if self.hit_policy is HitPolicy.COLLECT:
            return []
        samples = [_samples(clause, column) for clause, column in self._columns()]
        reach = [
            tuple(
                frozenset(i for i, value in enumerate(column) if _matches(test, value))
                for test, column in zip(rule.tests, samples, strict=True)
            )
            for rule in self.rules
        ]
        found = []
        for at, first in enumerate(self.rules):
            for then in range(at + 1, len(self.rules)):
                second = self.rules[then]
                agree = self.hit_policy is HitPolicy.ANY and first.results == second.results
                if not agree and all(a & b for a, b in zip(reach[at], reach[then], strict=True)):
                    found.append(Overlap(first, second))
        return found

    def unreachable(self) -> list[Rule]:
        """Rows that no possible value reaches, given the declared input values."""
        samples = [_samples(clause, column) for clause, column in self._columns()]
        return [
            rule
            for rule in self.rules
            if any(
                not any(_matches(test, value) for value in column)
                for test, column in zip(rule.tests, samples, strict=True)
            )
        ]

    def gaps(self) -> list[Gap]:
        """Up to three examples of known values to which no row applies; none under COLLECT.

        Text columns without declared values also ask for texts the table does not mention.
        """
        if self.hit_policy is HitPolicy.COLLECT:
            return []
        samples = [
            [value for value in _samples(clause, column) if value is not None]
            for clause, column in self._columns()
        ]
        return _GapSearch(self, samples).run()

    def _columns(self) -> Iterator[tuple[InputClause, list[UnaryTests]]]:
        for at, clause in enumerate(self.inputs):
            yield clause, [rule.tests[at] for rule in self.rules]


def _sum(values: list[Literal]) -> object:
    total: object = 0
    for value in values:
        total = add(total, value)
    return total


_AGGREGATE: Mapping[Aggregation, Callable[[list[Literal]], object]] = {
    Aggregation.SUM: _sum,
    Aggregation.MIN: lambda values: smallest(*values),
    Aggregation.MAX: lambda values: largest(*values),
}


def _matches(test: UnaryTests, value: object) -> bool:
    """Test a sample; a value of another kind than the cell does not match."""
    if value is not None and test.kind is not None and kind_of(value) != test.kind:
        return False
    return test.test(value)


def _samples(clause: InputClause, column: list[UnaryTests]) -> list[object]:
    """One value for each stretch that the cells of a column tell apart, None first."""
    cells = [*column, *([clause.domain] if clause.domain else [])]
    kind = clause.kind or next((cell.kind for cell in cells if cell.kind), None)
    found: list[object]
    if kind == "boolean":
        found = [True, False]
    elif kind in ("number", "date"):
        found = list(_points(cells, is_discrete=kind == "date" or clause.is_whole))
    else:
        found = [*sorted({str(value) for cell in cells for value in cell.values}), _OTHER]
    if clause.domain is not None and not clause.domain.anything:
        domain = clause.domain
        return [value for value in [None, *found] if value is None or _matches(domain, value)]
    return [None, *found]


def _points(cells: list[UnaryTests], *, is_discrete: bool) -> Iterator[Bound]:
    bounds = sorted({bound for cell in cells for bound in cell.bounds})
    if not bounds:
        yield Decimal(0)
        return
    yield step_before(bounds[0])
    for at, bound in enumerate(bounds):
        yield bound
        following = bounds[at + 1] if at + 1 < len(bounds) else None
        between = _between(bound, following, is_discrete)
        if between is not None:
            yield between


def _between(low: Bound, high: Bound | None, is_discrete: bool) -> Bound | None:
    if high is None or is_discrete:
        after = step_after(low)
        return after if high is None or after < high else None  # type: ignore[operator]
    assert isinstance(low, Decimal) and isinstance(high, Decimal)
    return (low + high) / 2


class _GapSearch:
    """Walks the columns from left to right, keeping the rows that still apply."""

    def __init__(self, decision: Decision, samples: list[list[object]]) -> None:
        self.decision = decision
        self.samples = samples
        self.work = 0
        self.found: list[Gap] = []
        self.covered: set[tuple[int, frozenset[int]]] = set()

    def run(self) -> list[Gap]:
        """Return the examples found."""
        self._walk(0, frozenset(range(len(self.decision.rules))), {})
        return self.found if self.work <= MAX_WORK else []

    def _walk(self, column: int, rules: frozenset[int], path: dict[str, str]) -> bool:
        """Whether every combination from *column* on is covered by *rules*."""
        if not rules:
            if len(self.found) < MAX_EXAMPLES:
                self.found.append(Gap(path))
            return False
        if column == len(self.samples) or (column, rules) in self.covered:
            return True
        clause, is_covered = self.decision.inputs[column], True
        for value in self.samples[column]:
            self.work += len(rules)
            if self.work > MAX_WORK or len(self.found) >= MAX_EXAMPLES:
                return False
            left = frozenset(r for r in rules if _matches(self.decision.rules[r].tests[column], value))
            shown = "其他/other" if value == _OTHER else show(value)
            is_covered &= self._walk(column + 1, left, {**path, clause.label: shown})
        if is_covered:
            self.covered.add((column, rules))
        return is_covered


def is_result_kind(value: Literal, kind: str | None) -> bool:
    """Whether an output cell fits the declared kind of its column."""
    return value is None or kind is None or kind_of(value) == kind
