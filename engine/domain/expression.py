"""The expression language of diagrams and decision tables: compiled once, read only, without side effects.

Grammar: a small part of Python's — literals, names, fields of mappings, comparisons, ``in``, ``and``,
``or``, ``not``, ``+ - * /``, ``a if c else b``, tuples, and calls of :data:`KNOWN_FUNCTIONS`. Nothing else
exists: no attribute of an object is ever read, nothing is assigned, looped, indexed or formatted. What the
operators mean, and what an unset value does, is said in :mod:`engine.domain.expression_values`.

Limits: 2,000 characters, 200 nodes, 40 nested parentheses, 18 digits in a number.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from engine.domain import expression_values as values
from engine.domain.expression_lexer import WORDS, Refused, tokenize
from engine.domain.expression_values import KIND_LABELS, Mismatch
from engine.errors import EngineError

MAX_NODES = 200
MAX_DEPTH = 60

Context = Mapping[str, object]
Functions = Mapping[str, Callable[..., object]]
_Run = Callable[[Context, Functions], object]


class _AboutExpression(EngineError):
    """A refusal that shows the text, the column and the place of an expression."""

    def __init__(
        self, *, text: str, reason_zh: str, reason_en: str, column: int = 1, where: str = ""
    ) -> None:
        super().__init__(
            text=_shown(text),
            column=column,
            reason_zh=reason_zh,
            reason_en=reason_en,
            where=where,
            at_zh=f"（位置：{where}）" if where else "",
            at_en=f" (in {where})" if where else "",
        )


class ExpressionError(_AboutExpression):
    """A text is not an expression of the language; found when a set is checked or deployed."""

    code = "bad_expression"
    zh = "表达式“{text}”第 {column} 列有误：{reason_zh}{at_zh}"
    en = "The expression “{text}” is wrong at column {column}: {reason_en}{at_en}"


class ExpressionFault(_AboutExpression):
    """An expression met values it cannot work on; the step that asked becomes an incident."""

    code = "expression_fault"
    zh = "表达式“{text}”第 {column} 列无法计算：{reason_zh}{at_zh}"
    en = "The expression “{text}” cannot be evaluated at column {column}: {reason_en}{at_en}"


def _shown(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A function of the language: how many values it takes and what it gives."""

    least: int
    most: int | None
    gives: str
    usage: str
    own: Callable[..., object] | None = None


KNOWN_FUNCTIONS: Mapping[str, FunctionSpec] = {
    "T": FunctionSpec(1, 1, "date", "T(n)"),
    "workday": FunctionSpec(2, 2, "date", "workday(date, n)"),
    "hours": FunctionSpec(1, 1, "instant", "hours(n)"),
    "earlier": FunctionSpec(1, None, "date", "earlier(a, b, …)", values.earlier),
    "later": FunctionSpec(1, None, "date", "later(a, b, …)", values.later),
    "min": FunctionSpec(1, None, "unknown", "min(a, b, …)", values.smallest),
    "max": FunctionSpec(1, None, "unknown", "max(a, b, …)", values.largest),
    "has": FunctionSpec(1, 1, "boolean", "has(x)", values.has),
    "number": FunctionSpec(1, 1, "number", "number(x)", values.to_number),
    "lower": FunctionSpec(1, 1, "text", "lower(s)", values.to_lower),
    "active": FunctionSpec(1, None, "boolean", "active('element', …)"),
}
"""Every function; ``T``, ``workday``, ``hours`` and ``active`` come from the engine, the others are pure."""
_ABOUT_ELEMENTS = "active"

_DATE_NAMES = frozenset({"today"})


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; immutable, shareable between threads."""

    text: str
    names: frozenset[str]
    """First parts of all names used: what the context must know."""
    paths: frozenset[str]
    """Names as written, with their fields: ``renewal.days_left``."""
    elements: frozenset[str]
    """Ids of the diagram elements that ``active`` asks about."""
    gives: str
    """Kind of the result as far as the text tells: a key of ``KIND_LABELS``, or ``unknown``."""
    where: str
    _run: _Run

    def evaluate(self, context: Context, functions: Functions) -> object:
        """Return the value over *context*; names that are not set are None.

        Raises:
            ExpressionFault: values of the wrong kind, a division by zero, a function that refused.
        """
        try:
            return self._run(context, functions)
        except Mismatch as fault:
            raise self._fault(fault.zh, fault.en, fault.column or 1) from fault

    def _fault(self, zh: str, en: str, column: int) -> ExpressionFault:
        return ExpressionFault(text=self.text, reason_zh=zh, reason_en=en, column=column, where=self.where)


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression whose value must be true or false; unknown counts as false."""

    expression: Expression

    def evaluate(self, context: Context, functions: Functions) -> bool:
        """Return whether the condition holds.

        Raises:
            ExpressionFault: as for an expression, or the value is neither true, false nor unknown.
        """
        value = self.expression.evaluate(context, functions)
        if value is True or value is False:
            return value
        try:
            return values.truth(value)
        except Mismatch as fault:
            raise self.expression._fault(fault.zh, fault.en, 1) from fault


@lru_cache(maxsize=4096)
def compile_expression(text: str, *, where: str = "") -> Expression:
    """Compile *text*; *where* (file, element) is named in refusals.

    Raises:
        ExpressionError: the text is not an expression of the language.
    """
    try:
        text = _plain(text)
        paths, elements, gives, run = _compiled(text)
    except Refused as refused:
        raise ExpressionError(
            text=text, reason_zh=refused.zh, reason_en=refused.en, column=refused.column, where=where
        ) from refused
    names = frozenset(path.partition(".")[0] for path in paths)
    return Expression(text, names, paths, elements, gives, where, run)


@lru_cache(maxsize=4096)
def condition(text: str, *, where: str = "") -> Condition:
    """Compile *text* as a condition.

    Raises:
        ExpressionError: the text is not an expression, or can never be true or false.
    """
    expression = compile_expression(text, where=where)
    if expression.gives not in ("boolean", "unknown"):
        zh, en = KIND_LABELS[expression.gives]
        raise ExpressionError(
            text=expression.text,
            reason_zh=f"条件必须是真/假，这里得到{zh}；请写成比较",
            reason_en=f"a condition must be true or false, this gives {en}; write a comparison",
            where=where,
        )
    return Condition(expression)


def _plain(text: str) -> str:
    for sign in "\t\r\n":
        text = text.replace(sign, " ")
    return text.strip(" ")


@lru_cache(maxsize=4096)
def _compiled(text: str) -> tuple[frozenset[str], frozenset[str], str, _Run]:
    """Paths, elements asked about, kind of the result, and what computes it."""
    tokenize(text)
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        raise Refused(
            _column(text, (error.offset or 1) - 1), "写法不完整或次序有误", "it is incomplete or out of order"
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise Refused(1, "表达式过于复杂", "the expression is too complex") from error
    builder = _Builder(text, tree)
    gives, run = builder.build(tree.body)
    return frozenset(builder.paths), frozenset(builder.elements), gives, run


def _column(text: str, byte_offset: int) -> int:
    return len(text.encode()[: max(byte_offset, 0)].decode(errors="ignore")) + 1


_COMPARE: Mapping[type[ast.cmpop], tuple[str, Callable[[object, object], bool]]] = {
    ast.Eq: ("==", values.equal),
    ast.NotEq: ("!=", values.unequal),
    ast.Lt: ("<", values.less),
    ast.LtE: ("<=", values.at_most),
    ast.Gt: (">", values.more),
    ast.GtE: (">=", values.at_least),
    ast.In: ("in", values.contains),
    ast.NotIn: ("not in", values.lacks),
    ast.Is: ("is", values.equal),
    ast.IsNot: ("is not", values.unequal),
}
_COMPUTE: Mapping[type[ast.operator], Callable[[object, object], object]] = {
    ast.Add: values.add,
    ast.Sub: values.subtract,
    ast.Mult: values.multiply,
    ast.Div: values.divide,
}


class _Builder:
    """Turns one checked tree into nested closures, gathering names and the kinds that the text tells."""

    def __init__(self, text: str, tree: ast.Expression) -> None:
        self.text = text
        self.paths: set[str] = set()
        self.elements: set[str] = set()
        self._depth = 0
        count = sum(1 for node in ast.walk(tree) if isinstance(node, ast.expr))
        if count > MAX_NODES:
            raise Refused(
                1,
                f"表达式有 {count} 个部分，上限 {MAX_NODES}；请拆成决策表",
                f"the expression has {count} parts, {MAX_NODES} are allowed; use a decision table",
            )

    def build(self, node: ast.expr) -> tuple[str, _Run]:
        """Return the kind that *node* gives and the closure that computes it."""
        method = _NODES.get(type(node))
        if method is None:
            zh, en = _REFUSED_NODES.get(type(node), ("这种写法", "this construction"))
            raise self._refuse(
                node,
                f"不允许{zh}；只能比较、计算和调用已列出的函数",
                f"{en} is not allowed; only comparisons, computations and the listed functions are",
            )
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._refuse(node, "嵌套过深", "it is nested too deeply")
        built = method(self, node)
        self._depth -= 1
        return built

    def _refuse(self, node: ast.expr, zh: str, en: str) -> Refused:
        return Refused(self._at(node), zh, en)

    def _at(self, node: ast.expr) -> int:
        return _column(self.text, node.col_offset)

    def constant(self, node: ast.Constant) -> tuple[str, _Run]:
        """A literal; numbers with a point become decimals as written."""
        value: object = node.value
        if isinstance(value, float):
            value = Decimal(ast.get_source_segment(self.text, node) or str(value))
        if value is not None and not isinstance(value, bool | int | Decimal | str):
            raise self._refuse(node, "不允许这种字面值", "this literal is not allowed")
        return values.kind_of(value), lambda _context, _functions: value

    def name(self, node: ast.Name) -> tuple[str, _Run]:
        """A name of the context; unset names are None."""
        name = node.id
        if name in KNOWN_FUNCTIONS:
            usage = KNOWN_FUNCTIONS[name].usage
            raise self._refuse(
                node, f"“{name}”是函数，请写成 {usage}", f"“{name}” is a function; write {usage}"
            )
        self.paths.add(name)
        return ("date" if name in _DATE_NAMES else "unknown"), lambda context, _functions: context.get(name)

    def attribute(self, node: ast.Attribute) -> tuple[str, _Run]:
        """A field of a mapping, never an attribute of an object."""
        owner, field = node.value, node.attr
        if not isinstance(owner, ast.Name | ast.Attribute):
            raise self._refuse(node, f"“.{field}”只能接在名称后面", f"“.{field}” may only follow a name")
        kind, inner = self.build(owner)
        if kind != "unknown":
            zh, en = KIND_LABELS[kind]
            raise self._refuse(node, f"{zh}没有字段“{field}”", f"{en} has no field “{field}”")
        self.paths.discard(_path(owner))
        self.paths.add(_path(node))
        return "unknown", _reading(inner, field, self._at(node))

    def compare(self, node: ast.Compare) -> tuple[str, _Run]:
        """One comparison or a chain of them; always true or false."""
        kind, left = self.build(node.left)
        pairs: list[tuple[Callable[[object, object], bool], _Run]] = []
        for sign, operand in zip(node.ops, node.comparators, strict=True):
            right_kind, right = self.build(operand)
            self._check_comparable(operand, sign, kind, right_kind)
            pairs.append((_COMPARE[type(sign)][1], right))
            kind = right_kind
        if len(pairs) == 1:
            test, right = pairs[0]
            return "boolean", _comparing(left, test, right, self._at(node))
        return "boolean", _chain(left, pairs, self._at(node))

    def _check_comparable(self, node: ast.expr, sign: ast.cmpop, left: str, right: str) -> None:
        text = _COMPARE[type(sign)][0]
        if isinstance(sign, ast.Is | ast.IsNot) and right != "nothing":
            raise self._refuse(
                node,
                f"{text} 只能与 None 连用，比较请写 == 或 !=",
                f"{text} goes with None only; write == or !=",
            )
        if isinstance(sign, ast.In | ast.NotIn):
            fits = right in ("list", "unknown") or (right == "text" and left in ("text", "unknown"))
            if not fits:
                raise self._refuse(
                    node,
                    f"{text} 的右边必须是一组值，如 ('A', 'B')",
                    f"the right side of {text} must be a list such as ('A', 'B')",
                )
        elif "unknown" not in (left, right) and "nothing" not in (left, right) and left != right:
            (left_zh, left_en), (right_zh, right_en) = KIND_LABELS[left], KIND_LABELS[right]
            raise self._refuse(
                node, f"{left_zh}与{right_zh}不能比较", f"{left_en} and {right_en} cannot be compared"
            )

    def boolean(self, node: ast.BoolOp) -> tuple[str, _Run]:
        """``and`` / ``or``; gives a real boolean."""
        parts = [(self._truth(operand), self._at(operand)) for operand in node.values]
        return "boolean", (_all if isinstance(node.op, ast.And) else _any)(parts)

    def _truth(self, node: ast.expr) -> _Run:
        kind, run = self.build(node)
        if kind not in ("boolean", "unknown", "nothing"):
            zh, en = KIND_LABELS[kind]
            raise self._refuse(
                node,
                f"这里需要真/假，得到{zh}；请把比较写完整，如 x == 'A' or x == 'B'",
                f"true/false is wanted, {en} was found; write each comparison out, as x == 'A' or x == 'B'",
            )
        return run

    def unary(self, node: ast.UnaryOp) -> tuple[str, _Run]:
        """``not``, and the sign of a number."""
        if isinstance(node.op, ast.Not):
            return "boolean", _inverting(self._truth(node.operand), self._at(node.operand))
        if not isinstance(node.op, ast.USub | ast.UAdd):
            raise self._refuse(node, "没有按位运算", "there are no bitwise operations")
        kind, run = self.build(node.operand)
        if kind not in ("number", "unknown"):
            raise self._refuse(node, "正负号只能用于数字", "a sign goes with numbers only")
        return "number", _negating(run, self._at(node)) if isinstance(node.op, ast.USub) else run

    def compute(self, node: ast.BinOp) -> tuple[str, _Run]:
        """``+ - * /``."""
        work = _COMPUTE.get(type(node.op))
        if work is None:
            raise self._refuse(node, "没有这种运算，只有 + - * /", "there is no such operation, only + - * /")
        (left_kind, left), (right_kind, right) = self.build(node.left), self.build(node.right)
        gives = _computed_kind(node.op, left_kind, right_kind)
        if gives is None:
            (left_zh, left_en), (right_zh, right_en) = _label(left_kind), _label(right_kind)
            raise self._refuse(
                node, f"{left_zh}与{right_zh}不能这样计算", f"{left_en} and {right_en} do not compute"
            )
        return gives, _computing(left, work, right, self._at(node))

    def choice(self, node: ast.IfExp) -> tuple[str, _Run]:
        """``a if c else b``."""
        test, at = self._truth(node.test), self._at(node.test)
        (kind, then), (other_kind, other) = self.build(node.body), self.build(node.orelse)
        return (kind if kind == other_kind else "unknown"), _choosing(test, then, other, at)

    def sequence(self, node: ast.Tuple | ast.List) -> tuple[str, _Run]:
        """A list of values, for the right side of ``in``."""
        parts = tuple(self.build(element)[1] for element in node.elts)
        if all(isinstance(element, ast.Constant) for element in node.elts):
            fixed = tuple(part({}, {}) for part in parts)
            return "list", lambda _context, _functions: fixed
        return "list", lambda context, functions: tuple(part(context, functions) for part in parts)

    def call(self, node: ast.Call) -> tuple[str, _Run]:
        """A call of one of the known functions with positional values."""
        name, spec = self._function(node)
        count = len(node.args)
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise self._refuse(node, f"函数请写成 {spec.usage}", f"write the function as {spec.usage}")
        if count < spec.least or (spec.most is not None and count > spec.most):
            raise self._refuse(
                node,
                f"“{name}”的参数个数不对（{count} 个），应写成 {spec.usage}",
                f"“{name}” takes other than {count} values; write {spec.usage}",
            )
        arguments = tuple(self.build(argument)[1] for argument in node.args)
        if name == _ABOUT_ELEMENTS:
            self.elements |= {self._element(argument) for argument in node.args}
        return spec.gives, _calling(name, spec.own, arguments, self._at(node))

    def _element(self, node: ast.expr) -> str:
        """The element id written as a text: only a written one can be checked before anything runs."""
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            usage = KNOWN_FUNCTIONS[_ABOUT_ELEMENTS].usage
            raise self._refuse(
                node, f"元素编号请写成带引号的文字：{usage}", f"write element ids in quotes: {usage}"
            )
        return node.value

    def _function(self, node: ast.Call) -> tuple[str, FunctionSpec]:
        known = ", ".join(KNOWN_FUNCTIONS)
        if not isinstance(node.func, ast.Name):
            raise self._refuse(
                node, f"只能调用这些函数：{known}", f"only these functions can be called: {known}"
            )
        name = node.func.id
        if name not in KNOWN_FUNCTIONS:
            raise self._refuse(
                node,
                f"没有函数“{name}”；可用的函数：{known}",
                f"unknown function '{name}'; known are {known}",
            )
        return name, KNOWN_FUNCTIONS[name]


_NODES: Mapping[type[ast.expr], Callable[..., tuple[str, _Run]]] = {
    ast.Constant: _Builder.constant,
    ast.Name: _Builder.name,
    ast.Attribute: _Builder.attribute,
    ast.Compare: _Builder.compare,
    ast.BoolOp: _Builder.boolean,
    ast.UnaryOp: _Builder.unary,
    ast.BinOp: _Builder.compute,
    ast.IfExp: _Builder.choice,
    ast.Tuple: _Builder.sequence,
    ast.List: _Builder.sequence,
    ast.Call: _Builder.call,
}
_REFUSED_NODES: Mapping[type[ast.expr], tuple[str, str]] = {
    ast.Subscript: ("方括号取值", "indexing"),
    ast.Starred: ("展开参数", "unpacking"),
    ast.ListComp: ("循环", "a loop"),
    ast.GeneratorExp: ("循环", "a loop"),
    ast.Lambda: ("定义函数", "a function definition"),
    ast.NamedExpr: ("赋值", "an assignment"),
    ast.JoinedStr: ("格式化文本", "a formatted text"),
}


def _label(kind: str) -> tuple[str, str]:
    return KIND_LABELS.get(kind, ("任意值", "any value"))


def _path(node: ast.expr) -> str:
    return f"{_path(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _computed_kind(sign: ast.operator, left: str, right: str) -> str | None:
    kinds = {left, right}
    if not kinds <= {"number", "text", "date", "unknown", "nothing"}:
        return None
    if isinstance(sign, ast.Mult | ast.Div):
        return None if kinds & {"text", "date"} else "number"
    if isinstance(sign, ast.Sub):
        if "text" in kinds or (left == "number" and right == "date"):
            return None
        return {"date date": "number", "date number": "date", "number number": "number"}.get(
            f"{left} {right}", "unknown"
        )
    if "text" in kinds:
        return "text" if kinds <= {"text", "unknown", "nothing"} else None
    if "date" in kinds:
        return "date" if left != right else None
    return "number" if kinds == {"number"} else "unknown"


def _placed(fault: Mismatch, column: int) -> Mismatch:
    if fault.column is None:
        fault.column = column
    return fault


def _reading(inner: _Run, field: str, column: int) -> _Run:
    def run(context: Context, functions: Functions) -> object:
        group = inner(context, functions)
        if type(group) is dict:
            return group.get(field)
        try:
            return values.field(group, field)
        except Mismatch as fault:
            raise _placed(fault, column) from None

    return run


def _comparing(left: _Run, test: Callable[[object, object], bool], right: _Run, column: int) -> _Run:
    def run(context: Context, functions: Functions) -> object:
        try:
            return test(left(context, functions), right(context, functions))
        except Mismatch as fault:
            raise _placed(fault, column) from None

    return run


def _chain(left: _Run, pairs: list[tuple[Callable[[object, object], bool], _Run]], column: int) -> _Run:
    def run(context: Context, functions: Functions) -> object:
        try:
            value = left(context, functions)
            for test, right in pairs:
                other = right(context, functions)
                if not test(value, other):
                    return False
                value = other
        except Mismatch as fault:
            raise _placed(fault, column) from None
        return True

    return run


def _true(run: _Run, column: int, context: Context, functions: Functions) -> bool:
    value = run(context, functions)
    if value is True or value is False:
        return value
    try:
        return values.truth(value)
    except Mismatch as fault:
        raise _placed(fault, column) from None


def _all(parts: list[tuple[_Run, int]]) -> _Run:
    return lambda context, functions: all(_true(run, at, context, functions) for run, at in parts)


def _any(parts: list[tuple[_Run, int]]) -> _Run:
    return lambda context, functions: any(_true(run, at, context, functions) for run, at in parts)


def _inverting(inner: _Run, column: int) -> _Run:
    return lambda context, functions: not _true(inner, column, context, functions)


def _choosing(test: _Run, then: _Run, other: _Run, column: int) -> _Run:
    return lambda context, functions: (
        then(context, functions) if _true(test, column, context, functions) else other(context, functions)
    )


def _negating(inner: _Run, column: int) -> _Run:
    def run(context: Context, functions: Functions) -> object:
        try:
            return values.negate(inner(context, functions))
        except Mismatch as fault:
            raise _placed(fault, column) from None

    return run


def _computing(left: _Run, work: Callable[[object, object], object], right: _Run, column: int) -> _Run:
    def run(context: Context, functions: Functions) -> object:
        try:
            return work(left(context, functions), right(context, functions))
        except Mismatch as fault:
            raise _placed(fault, column) from None

    return run


def _calling(name: str, own: Callable[..., object] | None, arguments: tuple[_Run, ...], column: int) -> _Run:
    def run(context: Context, functions: Functions) -> object:
        given = [argument(context, functions) for argument in arguments]
        try:
            return own(*given) if own is not None else _ask_engine(name, functions, given)
        except Mismatch as fault:
            raise _placed(fault, column) from None

    return run


def _ask_engine(name: str, functions: Functions, given: list[object]) -> object:
    """Call a function of the engine; an unknown argument makes the answer unknown."""
    function = functions.get(name)
    if function is None:
        raise Mismatch(f"此处不能使用函数“{name}”", f"the function '{name}' is not available here")
    if name == _ABOUT_ELEMENTS:
        return function(*given)
    if any(value is None for value in given):
        return None
    usage = KNOWN_FUNCTIONS[name].usage
    days, day = given[-1], given[0]
    if isinstance(days, Decimal) and days.is_finite() and days == days.to_integral_value():
        days = given[-1] = int(days)
    if isinstance(days, bool) or not isinstance(days, int) or abs(days) > 40_000:
        raise Mismatch(f"{usage} 的天数必须是整数", f"the days of {usage} must be a whole number")
    if name == "workday" and (isinstance(day, datetime) or not isinstance(day, date)):
        raise Mismatch(f"{usage} 的第一个值必须是日期", f"the first value of {usage} must be a date")
    try:
        return function(*given)
    except EngineError as error:
        raise Mismatch(error.say("zh"), error.say("en")) from error
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise Mismatch(f"{usage} 无法计算：{error}", f"{usage} cannot be computed: {error}") from error


RESERVED_WORDS = WORDS | frozenset(KNOWN_FUNCTIONS)
"""Words that cannot be names of results: an element must not have one of these ids."""
