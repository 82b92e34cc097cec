"""Cells of decision tables: a bounded S-FEEL subset, compiled to tests that know what they match.

Input cells: ``-`` or empty (anything) · ``"A"`` · ``"A","B"`` · ``5`` · ``-1.5`` · ``true`` · ``null`` ·
``date("2026-01-01")`` · ``< 5`` ``<= 5`` ``> 5`` ``>= 5`` ``= 5`` · ``[1..5]`` ``(1..5]`` ``]1..5[`` ·
``not(…)`` around any list of these. Output cells: one literal, or empty for no value.

An unset value (None) matches ``-`` and ``null`` only; ``not("A")`` means "known and other than A", and
``not(null)`` any known value. Within one cell all values are of one kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias

from engine.domain.expression_values import KIND_LABELS, Mismatch, exact, kind_of
from engine.errors import EngineError

MAX_LENGTH = 1000
MAX_TESTS = 100
MAX_DIGITS = 18

Bound: TypeAlias = Decimal | date
Literal: TypeAlias = str | bool | int | Decimal | date | None


class CellError(EngineError):
    """A cell of a decision table cannot be read."""

    code = "bad_cell"
    zh = "单元格“{text}”第 {column} 列有误：{reason_zh}{at_zh}"
    en = "The cell “{text}” is wrong at column {column}: {reason_en}{at_en}"

    def __init__(self, *, text: str, column: int, reason_zh: str, reason_en: str, where: str = "") -> None:
        super().__init__(
            text=text if len(text) <= 120 else text[:119] + "…",
            column=column,
            reason_zh=reason_zh,
            reason_en=reason_en,
            where=where,
            at_zh=f"（位置：{where}）" if where else "",
            at_en=f" (in {where})" if where else "",
        )


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of numbers or dates; a bound of None is open-ended."""

    low: Bound | None
    high: Bound | None
    low_open: bool = False
    high_open: bool = False

    def holds(self, value: Bound) -> bool:
        """Whether *value*, of the same kind as the bounds, lies inside."""
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):  # type: ignore[operator]
            return False
        return self.high is None or value < self.high or (not self.high_open and value == self.high)  # type: ignore[operator]


@dataclass(frozen=True)
class UnaryTests:
    """A compiled input cell; immutable."""

    text: str
    kind: str | None = None
    """Kind of the values it compares with, or None when it names none."""
    anything: bool = False
    null: bool = False
    negated: bool = False
    values: frozenset[str | bool] = frozenset()
    spans: tuple[Span, ...] = ()

    def test(self, value: object) -> bool:
        """Whether the cell matches *value*.

        Raises:
            Mismatch: the value is of another kind than the cell.
        """
        if self.anything:
            return True
        if value is None:
            return self.null
        if self.kind is None:
            return self.negated
        kind = kind_of(value)
        if kind != self.kind:
            (cell_zh, cell_en), (zh, en) = KIND_LABELS[self.kind], KIND_LABELS[kind]
            raise Mismatch(
                f"单元格“{self.text}”比较的是{cell_zh}，实际得到{zh}",
                f"the cell “{self.text}” compares {cell_en}, {en} was found",
            )
        if isinstance(value, str | bool):
            return (value in self.values) != self.negated
        bound = Decimal(exact(value)) if isinstance(value, int | float | Decimal) else value
        assert isinstance(bound, Decimal | date)
        return any(span.holds(bound) for span in self.spans) != self.negated

    @cached_property
    def bounds(self) -> frozenset[Bound]:
        """Every number or date the cell mentions."""
        return frozenset(b for span in self.spans for b in (span.low, span.high) if b is not None)


ANYTHING = UnaryTests("-", anything=True)

_TOKEN = re.compile(
    r"""(?P<space>[ ]+)
      | (?P<text>"(?:[^"\\]|\\["\\])*")
      | (?P<date>date[ ]*\([ ]*"[^"]*"[ ]*\))
      | (?P<number>-?[ ]*[0-9]+(?:\.[0-9]+)?(?![A-Za-z_]))
      | (?P<word>[^\W\d]\w*(?:[. ]+[^\W\d]\w*)*)
      | (?P<op>\.\.|<=|>=|==|!=|<>|[<>=(),\[\]])""",
    re.VERBOSE,
)
_CONSTANTS: dict[str, Literal] = {"true": True, "false": False, "null": None}
_HINTS: dict[str, tuple[str, str]] = {
    "“": ('中文引号，请改为英文引号 "', 'a curly quote; use "'),
    "”": ('中文引号，请改为英文引号 "', 'a curly quote; use "'),
    "‘": ('中文引号，请改为英文引号 "', 'a curly quote; use "'),
    "’": ('中文引号，请改为英文引号 "', 'a curly quote; use "'),
    "＂": ('全角引号，请改为英文引号 "', 'a full-width quote; use "'),
    "'": ('文本请用双引号 " 括起', 'put text between double quotes "'),
    '"': ("引号没有成对", "the quote is not closed"),
    "＞": ("全角符号，请改为 >", "a full-width sign; use >"),
    "＜": ("全角符号，请改为 <", "a full-width sign; use <"),
    "＝": ("全角符号，请改为 =", "a full-width sign; use ="),
    "≥": ("请写 >=", "write >="),
    "≤": ("请写 <=", "write <="),
    "≠": ('请写 not(…)，如 not("A")', 'write not(…), as not("A")'),
    "，": ("全角逗号，请改为 ,", "a full-width comma; use ,"),
    "、": ("顿号，请改为 ,", "a Chinese enumeration comma; use ,"),
    "（": ("全角括号，请改为 (", "a full-width parenthesis; use ("),
    "）": ("全角括号，请改为 )", "a full-width parenthesis; use )"),
    "【": ("请改为 [", "use ["),
    "】": ("请改为 ]", "use ]"),
    "–": ("请改为英文减号 -", "use the plain hyphen -"),
    "—": ("请改为英文减号 -", "use the plain hyphen -"),
    "－": ("全角减号，请改为 -", "a full-width hyphen; use -"),
    "-": ("“-”只能单独写（表示任意）或写在数字前", "“-” stands alone for anything, or before a number"),
    "?": ("没有 ? 写法，直接写比较", "there is no ?; write the comparison itself"),
    "==": ("判断相等直接写值，如 5", "for equality write the value itself, as 5"),
    "!=": ('请写 not(…)，如 not("A")', 'write not(…), as not("A")'),
    "<>": ('请写 not(…)，如 not("A")', 'write not(…), as not("A")'),
}


class _Refused(Exception):
    def __init__(self, column: int, zh: str, en: str) -> None:
        super().__init__(en)
        self.column, self.zh, self.en = column, zh, en


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int
    value: Literal = None


def compile_tests(text: str, *, where: str = "") -> UnaryTests:
    """Compile an input cell; *where* (file, rule, column) is named in refusals.

    Raises:
        CellError: the cell is not part of the subset.
    """
    plain = _plain(text)
    if plain in ("", "-"):
        return ANYTHING
    try:
        return _Reader(plain).tests()
    except _Refused as no:
        raise CellError(text=plain, column=no.column, reason_zh=no.zh, reason_en=no.en, where=where) from no


def compile_literal(text: str, *, where: str = "") -> Literal:
    """Compile an output cell: one literal, or None for an empty cell.

    Raises:
        CellError: the cell is not a single literal.
    """
    plain = _plain(text)
    if not plain:
        return None
    try:
        return _Reader(plain).single()
    except _Refused as no:
        raise CellError(text=plain, column=no.column, reason_zh=no.zh, reason_en=no.en, where=where) from no


def _plain(text: str) -> str:
    return re.sub(r"[\t\r\n\u00a0\u3000]", " ", text).strip(" ")


def _tokens(text: str) -> Iterator[_Token]:
    if len(text) > MAX_LENGTH:
        raise _Refused(MAX_LENGTH, f"超过 {MAX_LENGTH} 个字符", f"longer than {MAX_LENGTH} characters")
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            zh, en = _HINTS.get(text[at], ("不认识的字符", "an unknown character"))
            raise _Refused(at + 1, f"“{text[at]}”：{zh}", f"“{text[at]}”: {en}")
        kind, word = str(match.lastgroup), match.group()
        if kind != "space":
            yield _token(kind, word, at + 1)
        at = match.end()


def _token(kind: str, word: str, column: int) -> _Token:
    if kind == "text":
        return _Token("literal", word, column, re.sub(r"\\(.)", r"\1", word[1:-1]))
    if kind == "number":
        return _Token("literal", word, column, _number(word, column))
    if kind == "date":
        return _Token("literal", word, column, _date(word, column))
    if kind == "word":
        if word in _CONSTANTS:
            return _Token("literal", word, column, _CONSTANTS[word])
        if word == "not":
            return _Token("op", word, column)
        raise _Refused(column, *_unknown_word(word))
    if word in _HINTS:
        zh, en = _HINTS[word]
        raise _Refused(column, f"“{word}”：{zh}", f"“{word}”: {en}")
    return _Token("op", word, column)


def _unknown_word(word: str) -> tuple[str, str]:
    if word.lower() in _CONSTANTS:
        return f"请写小写 {word.lower()}", f"write {word.lower()} in small letters"
    return (
        f'“{word}”没有加引号；文本请写成 "{word}"，单元格里不能写名称或公式',
        f'“{word}” is not quoted; write text as "{word}"; a cell holds no names or formulas',
    )


def _number(word: str, column: int) -> int | Decimal:
    digits = word.replace(" ", "")
    whole = digits.lstrip("-").partition(".")[0]
    if len(whole) > 1 and whole.startswith("0"):
        raise _Refused(
            column,
            f"数字“{digits}”以 0 开头；千位分隔逗号请去掉，编号请加引号",
            f"the number “{digits}” starts with 0; drop thousands separators, quote identifiers",
        )
    if len(digits.lstrip("-").replace(".", "")) > MAX_DIGITS:
        raise _Refused(column, f"数字超过 {MAX_DIGITS} 位", f"a number of more than {MAX_DIGITS} digits")
    return Decimal(digits) if "." in digits else int(digits)


def _date(word: str, column: int) -> date:
    inside = word.split('"')[1]
    if re.fullmatch(r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}", inside):
        with suppress(ValueError):
            return date.fromisoformat(inside)
    raise _Refused(
        column,
        f'“{inside}”不是日期；请写成 date("2026-01-31")',
        f'“{inside}” is not a date; write date("2026-01-31")',
    )


class _Reader:
    """Reads the tokens of one cell, left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.at = 0
        self.kind: str | None = None
        self.null = False
        self.values: set[str | bool] = set()
        self.spans: list[Span] = []

    def single(self) -> Literal:
        """One literal and nothing else."""
        token = self._take()
        if token.kind != "literal" or self.at < len(self.tokens):
            raise _Refused(
                token.column,
                "结果单元格只能写一个值（文本加引号、数字、true、false、日期），没有结果请留空",
                "a result cell holds one value (quoted text, a number, true, false, a date) or nothing",
            )
        return token.value

    def tests(self) -> UnaryTests:
        """A list of tests, or ``not( … )`` around one."""
        negated = self._peek() == "not"
        if negated:
            self._take()
            self._expect("(", 'not 后面请写括号，如 not("A")', 'write parentheses, as not("A")')
        self._list()
        if negated:
            self._expect(")", "缺少右括号 )", "a closing ) is missing")
        if self.at < len(self.tokens):
            extra = self.tokens[self.at]
            raise _Refused(
                extra.column,
                f"多余的“{extra.text}”；多个值之间用逗号",
                f"unexpected “{extra.text}”; put commas between values",
            )
        return self._compiled(negated)

    def _compiled(self, negated: bool) -> UnaryTests:
        values, null = frozenset(self.values), self.null and not negated
        if self.kind == "boolean" and negated:
            values, negated = frozenset({True, False}) - values, False
        return UnaryTests(
            self.text, kind=self.kind, null=null, negated=negated, values=values, spans=tuple(self.spans)
        )

    def _peek(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def _take(self) -> _Token:
        if self.at >= len(self.tokens):
            raise _Refused(len(self.text) + 1, "内容不完整", "it is incomplete")
        self.at += 1
        return self.tokens[self.at - 1]

    def _expect(self, sign: str, zh: str, en: str) -> None:
        if self._peek() != sign:
            raise _Refused(
                len(self.text) if self.at >= len(self.tokens) else self.tokens[self.at].column, zh, en
            )
        self.at += 1

    def _list(self) -> None:
        count = 0
        while True:
            self._one()
            count += 1
            if count > MAX_TESTS:
                raise _Refused(1, f"超过 {MAX_TESTS} 个值", f"more than {MAX_TESTS} values")
            if self._peek() != ",":
                return
            self._take()

    def _one(self) -> None:
        token = self._take()
        if token.kind == "literal":
            self._equal(token)
        elif token.text == "=":
            self._equal(self._literal())
        elif token.text in ("<", "<=", ">", ">="):
            self._compare(token)
        elif token.text in ("[", "(", "]"):
            self._range(token)
        else:
            raise _Refused(token.column, f"不应出现“{token.text}”", f"“{token.text}” is out of place")

    def _literal(self) -> _Token:
        token = self._take()
        if token.kind != "literal":
            raise _Refused(token.column, "这里应写一个值", "a value is wanted here")
        return token

    def _equal(self, token: _Token) -> None:
        value = token.value
        if value is None:
            self.null = True
            return
        self._same_kind(token)
        if isinstance(value, str | bool):
            self.values.add(value)
        else:
            bound = _bound(value)
            self.spans.append(Span(bound, bound))

    def _compare(self, sign: _Token) -> None:
        bound = self._bound()
        low = sign.text.startswith(">")
        is_open = len(sign.text) == 1
        self.spans.append(
            Span(bound, None, low_open=is_open) if low else Span(None, bound, high_open=is_open)
        )

    def _range(self, start: _Token) -> None:
        low = self._bound()
        self._expect("..", "区间请写成 [1..5]", "write a range as [1..5]")
        high = self._bound()
        end = self._take()
        if end.text not in ("]", ")", "["):
            raise _Refused(end.column, "区间缺少 ] 或 )", "the range lacks ] or )")
        span = Span(low, high, low_open=start.text != "[", high_open=end.text != "]")
        if low > high or (low == high and (span.low_open or span.high_open)):  # type: ignore[operator]
            raise _Refused(start.column, "区间是空的，请核对上下限", "the range is empty; check its bounds")
        self.spans.append(span)

    def _bound(self) -> Bound:
        token = self._literal()
        self._same_kind(token)
        if token.value is None or isinstance(token.value, str | bool):
            raise _Refused(token.column, "大小比较只能用数字或日期", "only numbers and dates have an order")
        return _bound(token.value)

    def _same_kind(self, token: _Token) -> None:
        kind = kind_of(token.value)
        if self.kind not in (None, kind):
            raise _Refused(
                token.column,
                f"同一单元格里混用了{KIND_LABELS[str(self.kind)][0]}和{KIND_LABELS[kind][0]}",
                f"{KIND_LABELS[str(self.kind)][1]} and {KIND_LABELS[kind][1]} are mixed in one cell",
            )
        self.kind = kind


def _bound(value: int | Decimal | date) -> Bound:
    return Decimal(value) if isinstance(value, int) else value


def step_after(bound: Bound) -> Bound:
    """The next whole number or day after *bound*."""
    return bound + timedelta(days=1) if isinstance(bound, date) else bound + 1


def step_before(bound: Bound) -> Bound:
    """The whole number or day before *bound*."""
    return bound - timedelta(days=1) if isinstance(bound, date) else bound - 1


def show(value: object) -> str:
    """Write a value as a cell would."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return f'date("{value.isoformat()}")'
    if isinstance(value, str):
        return f'"{value}"'
    return "null" if value is None else str(value)
