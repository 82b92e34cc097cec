"""When a field is hidden: a tiny part of FEEL that Python and the browser evaluate the same way.

The browser gets the condition as form-js ``conditional.hide`` and evaluates it as FEEL. The whole
language accepted here, with ``key`` the key of a choice or checkbox field and "text" one of its values::

    hide  := "=" or
    or    := and  ("or"  and)*
    and   := unit ("and" unit)*
    unit  := "not" "(" or ")"  |  "(" or ")"  |  test
    test  := key "=" "text"   | key "!=" "text"                    one choice
           | key "=" true     | key "!=" false  …                  checkbox
           | list contains(["text", "text"], key)                  one choice among several
           | list contains(key, "text")                            several choices, this one ticked

Nothing else is accepted, because FEEL answers null where types differ and form-js then *hides* the field.
An unanswered field counts as null (one choice), false (checkbox) or [] (several choices), as in form-js.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MAX_LENGTH = 1_000
MAX_DEPTH = 10

# Words FEEL or form-js give a meaning of their own; a field key must not be one of them.
RESERVED_WORDS = frozenset(
    "and or not if then else true false null for in return some every satisfies between function instance of "
    "external list contains date time duration item this parent i".split()
)

_TOKEN = re.compile(r'\s*(?:("[^"\\]{0,200}")|(list\s+contains)\b|([A-Za-z_][A-Za-z0-9_]*)|(!=|[=()\[\],]))')


class ConditionError(ValueError):
    """The condition is outside the accepted language; the text says where."""


@dataclass(frozen=True, slots=True)
class Equals:
    """``key = "text"`` or, negated, ``key != "text"``; the literal may be a truth value."""

    key: str
    literal: str | bool
    negated: bool = False

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the test is true for *values*."""
        return (values.get(self.key) == self.literal) is not self.negated


@dataclass(frozen=True, slots=True)
class OneOf:
    """``list contains(["text", …], key)``."""

    key: str
    literals: tuple[str, ...]

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the test is true for *values*."""
        return values.get(self.key) in self.literals


@dataclass(frozen=True, slots=True)
class Has:
    """``list contains(key, "text")``."""

    key: str
    literal: str

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the test is true for *values*."""
        return self.literal in (values.get(self.key) or ())


@dataclass(frozen=True, slots=True)
class Not:
    """``not(…)``."""

    part: Node

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the part is false for *values*."""
        return not self.part.holds(values)


@dataclass(frozen=True, slots=True)
class AllOf:
    """``… and …``."""

    parts: tuple[Node, ...]

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Tell whether every part is true for *values*."""
        return all(part.holds(values) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """``… or …``."""

    parts: tuple[Node, ...]

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Tell whether some part is true for *values*."""
        return any(part.holds(values) for part in self.parts)


Test = Equals | OneOf | Has
Node = Test | Not | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed ``conditional.hide``."""

    source: str
    tree: Node

    def hides(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the field is hidden, given cleaned *values* of the fields before it."""
        return self.tree.holds(values)

    def tests(self) -> tuple[Test, ...]:
        """Return every comparison of the condition, left to right."""
        return tuple(_tests(self.tree))

    @property
    def keys(self) -> frozenset[str]:
        """Keys of the fields the condition asks for."""
        return frozenset(test.key for test in self.tests())


def _tests(node: Node) -> Iterator[Test]:
    if isinstance(node, Not):
        yield from _tests(node.part)
    elif isinstance(node, AllOf | AnyOf):
        for part in node.parts:
            yield from _tests(part)
    else:
        yield node


def parse_condition(source: str) -> Condition:
    """Parse a ``conditional.hide`` text.

    Raises:
        ConditionError: the text is outside the language of this module.
    """
    if not source.startswith("="):
        raise ConditionError("a condition starts with '='")
    if len(source) > MAX_LENGTH:
        raise ConditionError(f"a condition has at most {MAX_LENGTH} characters")
    parser = _Parser(_tokens(source[1:]))
    tree = parser.any_of(0)
    parser.expect("")
    return Condition(source, tree)


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise ConditionError(f"cannot read {text[position:].strip()[:30]!r}")
        quoted, phrase, word, sign = match.groups()
        tokens.append(quoted or ("list contains" if phrase else "") or word or sign)
        position = match.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens; every method consumes what it names."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def any_of(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise ConditionError(f"parentheses are nested deeper than {MAX_DEPTH}")
        parts = [self._all_of(depth)]
        while self._peek() == "or":
            self._next()
            parts.append(self._all_of(depth))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def expect(self, token: str) -> None:
        found = self._next()
        if found != token:
            raise ConditionError(f"expected {token or 'the end'!r}, found {found or 'the end'!r}")

    def _all_of(self, depth: int) -> Node:
        parts = [self._unit(depth)]
        while self._peek() == "and":
            self._next()
            parts.append(self._unit(depth))
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _unit(self, depth: int) -> Node:
        if self._peek() == "not":
            self._next()
            return Not(self._group(depth))
        if self._peek() == "(":
            return self._group(depth)
        if self._peek() == "list contains":
            return self._list_contains()
        return self._comparison()

    def _group(self, depth: int) -> Node:
        self.expect("(")
        inner = self.any_of(depth + 1)
        self.expect(")")
        return inner

    def _comparison(self) -> Test:
        key = self._key()
        sign = self._next()
        if sign not in ("=", "!="):
            raise ConditionError(f"after {key!r} expected '=' or '!=', found {sign or 'the end'!r}")
        literal = self._next()
        if literal in ("true", "false"):
            return Equals(key, literal == "true", negated=sign == "!=")
        return Equals(key, self._text(literal), negated=sign == "!=")

    def _list_contains(self) -> Test:
        self._next()
        self.expect("(")
        if self._peek() == "[":
            literals = self._literals()
            self.expect(",")
            test: Test = OneOf(self._key(), literals)
        else:
            key = self._key()
            self.expect(",")
            test = Has(key, self._text(self._next()))
        self.expect(")")
        return test

    def _literals(self) -> tuple[str, ...]:
        self.expect("[")
        literals = [self._text(self._next())]
        while self._peek() == ",":
            self._next()
            literals.append(self._text(self._next()))
        self.expect("]")
        return tuple(literals)

    def _key(self) -> str:
        key = self._next()
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key) or key in RESERVED_WORDS:
            raise ConditionError(f"expected the key of a field, found {key or 'the end'!r}")
        return key

    @staticmethod
    def _text(token: str) -> str:
        if not token.startswith('"'):
            raise ConditionError(f"expected a text in double quotes, found {token or 'the end'!r}")
        return token[1:-1]

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token
