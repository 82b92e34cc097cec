"""Reads the text of an expression into tokens and refuses, by name, everything the language does not have.

The language is small on purpose (decision: no ``eval``, no loops, no power, no text formatting), so most
attacks and most slips of the keyboard are answered here, with a column, before a tree is built.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LENGTH = 2000
"""Longest expression, in characters."""
MAX_TOKENS = 500
MAX_DEPTH = 40
"""Deepest nesting of parentheses and brackets."""
MAX_DIGITS = 18
"""Most digits of one number."""


class Refused(Exception):
    """A text is not an expression; carries the place and the sentence in both languages."""

    def __init__(self, column: int, zh: str, en: str) -> None:
        super().__init__(en)
        self.column = column
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class Token:
    """One word of an expression; ``column`` counts characters from 1."""

    kind: str
    text: str
    column: int


_TOKEN = re.compile(
    r"""(?P<space>[ ]+)
      | (?P<text>'(?:[^'\\]|\\['"\\nt])*'|"(?:[^"\\]|\\['"\\nt])*")
      | (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<op>\*\*|//|<<|>>|:=|->|<=|>=|==|!=|<>|&&|\|\||[-+*/<>(),.\[\]])""",
    re.VERBOSE,
)

WORDS = frozenset({"and", "or", "not", "in", "is", "if", "else", "True", "False", "None"})
"""Words of the language itself."""

_FOREIGN_WORDS: dict[str, tuple[str, str]] = {
    "true": ("请写 True", "write True"),
    "false": ("请写 False", "write False"),
    "null": ("请写 None", "write None"),
    "none": ("请写 None", "write None"),
    "AND": ("请写小写 and", "write and"),
    "OR": ("请写小写 or", "write or"),
    "NOT": ("请写小写 not", "write not"),
}
_BANNED_WORDS = frozenset(
    {"lambda", "for", "while", "async", "await", "yield", "import", "from", "class", "def", "del", "global"}
    | {"nonlocal", "return", "raise", "try", "except", "finally", "with", "pass", "break", "continue"}
    | {"assert", "as", "elif"}
)
_FOREIGN_OPERATORS: dict[str, tuple[str, str]] = {
    "**": ("没有乘方运算，请写成乘法", "there is no power; write a multiplication"),
    "//": ("没有整除运算，请用 /", "there is no floor division; use /"),
    "<<": ("没有移位运算", "there is no shift"),
    ">>": ("没有移位运算", "there is no shift"),
    ":=": ("表达式里不能赋值", "nothing can be assigned inside an expression"),
    "->": ("这里没有箭头写法", "there is no arrow"),
    "<>": ("不等于请写 !=", "for unequal write !="),
    "&&": ("“并且”请写 and", "write and"),
    "||": ("“或者”请写 or", "write or"),
}
_FOREIGN_SIGNS: dict[str, tuple[str, str]] = {
    "=": ("判断相等请写 ==", "to compare write =="),
    "!": ("“非”请写 not，不等于请写 !=", "write not, or != for unequal"),
    "%": ("没有取余和文本格式化", "there is no remainder and no text formatting"),
    "^": ("没有乘方运算，请写成乘法", "there is no power; write a multiplication"),
    "&": ("“并且”请写 and", "write and"),
    "|": ("“或者”请写 or", "write or"),
    "~": ("没有按位运算", "there are no bitwise operations"),
    "@": ("没有 @ 运算", "there is no @"),
    "#": ("表达式里不能写注释，说明请写在文档栏", "comments are not allowed; use the documentation field"),
    "$": ("不要写 ${…}，直接写表达式", "write the expression itself, without ${…}"),
    "{": (
        "没有花括号写法，多个值请写成 ('A', 'B')",
        "there are no braces; write several values as ('A', 'B')",
    ),
    "}": ("没有花括号写法", "there are no braces"),
    ":": ("没有切片、字典和参数写法", "there are no slices, dictionaries or parameters"),
    ";": ("只能写一个表达式", "only one expression is allowed"),
    "?": ("二选一请写：甲 if 条件 else 乙", "write: a if condition else b"),
    "\\": ("反斜杠只能出现在引号内", "a backslash may only stand inside quotes"),
    "`": ("没有反引号写法，文本请用 ' 括起", "there are no back quotes; put text between '"),
    "'": (
        "引号没有成对，或引号内有不支持的转义",
        "the quote is not closed, or holds an escape that is not supported",
    ),
    '"': (
        "引号没有成对，或引号内有不支持的转义",
        "the quote is not closed, or holds an escape that is not supported",
    ),
    "“": ("中文引号，请改为 '", "a curly quote; use '"),
    "”": ("中文引号，请改为 '", "a curly quote; use '"),
    "‘": ("中文引号，请改为 '", "a curly quote; use '"),
    "’": ("中文引号，请改为 '", "a curly quote; use '"),
    "＞": ("全角符号，请改为 >", "a full-width sign; use >"),
    "＜": ("全角符号，请改为 <", "a full-width sign; use <"),
    "＝": ("全角符号，请改为 ==", "a full-width sign; use =="),
    "（": ("全角括号，请改为 (", "a full-width parenthesis; use ("),
    "）": ("全角括号，请改为 )", "a full-width parenthesis; use )"),
    "，": ("全角逗号，请改为 ,", "a full-width comma; use ,"),
    "。": ("中文句号，请改为 .", "a Chinese full stop; use ."),
    "≥": ("请写 >=", "write >="),
    "≤": ("请写 <=", "write <="),
    "≠": ("请写 !=", "write !="),
    "×": ("请写 *", "write *"),
    "÷": ("请写 /", "write /"),
}


def tokenize(text: str) -> tuple[Token, ...]:
    """Return the tokens of *text*, in order.

    Raises:
        Refused: a sign, word or number is not part of the language, or a limit is passed.
    """
    if not text:
        raise Refused(1, "表达式是空的，请填写内容", "the expression is empty; write one")
    if len(text) > MAX_LENGTH:
        raise Refused(
            MAX_LENGTH,
            f"表达式有 {len(text)} 个字符，上限 {MAX_LENGTH}；请拆成决策表",
            f"the expression has {len(text)} characters, {MAX_LENGTH} are allowed; use a decision table",
        )
    tokens = tuple(_read(text))
    _check_neighbours(tokens)
    _check_nesting(tokens)
    return tokens


def _read(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Refused(at + 1, *_unknown_sign(text[at]))
        kind, word = str(match.lastgroup), match.group()
        if kind != "space":
            yield _accepted(Token(kind, word, at + 1))
        at = match.end()


def _unknown_sign(sign: str) -> tuple[str, str]:
    if known := _FOREIGN_SIGNS.get(sign):
        zh, en = known
        return f"“{sign}”不可用：{zh}", f"“{sign}” cannot be used: {en}"
    if not sign.isprintable():
        return (
            f"含有不可见字符 U+{ord(sign):04X}，请删除",
            f"it holds an invisible character U+{ord(sign):04X}; remove it",
        )
    return (
        f"字符“{sign}”（U+{ord(sign):04X}）只能出现在引号内；名称请用英文字母、数字和下划线",
        f"the character “{sign}” (U+{ord(sign):04X}) may only stand inside quotes; names use a–z, 0–9 and _",
    )


def _accepted(token: Token) -> Token:
    word = token.text
    if token.kind == "op" and word in _FOREIGN_OPERATORS:
        zh, en = _FOREIGN_OPERATORS[word]
        raise Refused(token.column, f"“{word}”不可用：{zh}", f"“{word}” cannot be used: {en}")
    if token.kind == "number":
        _check_number(token)
    if token.kind == "name":
        _check_name(token)
    return token


def _check_number(token: Token) -> None:
    whole = token.text.partition(".")[0]
    if len(token.text.replace(".", "")) > MAX_DIGITS:
        raise Refused(
            token.column,
            f"数字超过 {MAX_DIGITS} 位；编号请写成带引号的文本",
            f"a number of more than {MAX_DIGITS} digits; write identifiers as quoted text",
        )
    if len(whole) > 1 and whole.startswith("0"):
        raise Refused(
            token.column,
            f"数字“{token.text}”以 0 开头；编号请写成带引号的文本",
            f"the number “{token.text}” starts with 0; write identifiers as quoted text",
        )


def _check_name(token: Token) -> None:
    word = token.text
    if word in _FOREIGN_WORDS:
        zh, en = _FOREIGN_WORDS[word]
        raise Refused(token.column, f"“{word}”不是这里的写法：{zh}", f"“{word}” is not a word here: {en}")
    if word in _BANNED_WORDS:
        raise Refused(
            token.column,
            f"不允许使用“{word}”；表达式只能比较、计算和调用已列出的函数",
            f"“{word}” is not allowed; an expression only compares, computes and calls the listed functions",
        )
    if word.startswith("_") or "__" in word:
        raise Refused(
            token.column,
            f"名称“{word}”不可用：不能以下划线开头或含双下划线",
            f"the name “{word}” cannot be used: no leading or double underscore",
        )


def _check_neighbours(tokens: tuple[Token, ...]) -> None:
    if len(tokens) > MAX_TOKENS:
        raise Refused(
            tokens[MAX_TOKENS].column,
            "表达式过长；请拆成决策表",
            "the expression is too long; use a decision table",
        )
    for left, right in itertools.pairwise(tokens):
        touching = left.column + len(left.text) == right.column
        if left.kind == "text" and right.kind == "text":
            raise Refused(
                right.column, "两段文本之间缺少逗号或 +", "a comma or + is missing between two texts"
            )
        if touching and left.kind == "name" and right.kind == "text":
            raise Refused(
                left.column,
                f"引号前的“{left.text}”不可用：没有格式化文本，文本直接用 ' 括起",
                f"“{left.text}” before a quote cannot be used: there are no formatted texts",
            )
        if touching and left.kind == "number" and right.kind in ("name", "number"):
            raise Refused(
                left.column,
                f"数字“{left.text}{right.text}”写法不可用；请写普通的十进制数",
                f"the number “{left.text}{right.text}” cannot be read; write a plain decimal number",
            )


def _check_nesting(tokens: tuple[Token, ...]) -> None:
    depth = 0
    for token in tokens:
        if token.kind != "op":
            continue
        depth += (token.text in "([") - (token.text in ")]")
        if depth > MAX_DEPTH:
            raise Refused(
                token.column,
                f"括号嵌套超过 {MAX_DEPTH} 层",
                f"parentheses are nested deeper than {MAX_DEPTH}",
            )
