"""Conditions give the same answer here and in the browser, and nothing beyond the small language is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from forms import ConditionError, parse_condition

# Recorded from feelin 6.1.1, the FEEL engine of form-js 2.0.0, as form-js calls it (unary test is true).
_VECTORS = json.loads((Path(__file__).parent / "feel_vectors.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("source", _VECTORS)
def test_condition_hides_exactly_when_the_browser_hides(source: str) -> None:
    condition = parse_condition(source)

    for values, hidden in _VECTORS[source]:
        assert hidden == condition.hides(values), values


@pytest.mark.parametrize(
    ("source", "values", "hidden"),
    [
        pytest.param('=a = "1"', {"a": "1"}, True, id="equal"),
        pytest.param('=a = "1"', {}, False, id="equal, unanswered"),
        pytest.param('=a != "1"', {"a": "1"}, False, id="unequal"),
        pytest.param('=a != "1"', {}, True, id="unequal, unanswered"),
        pytest.param("=t = true", {"t": True}, True, id="ticked"),
        pytest.param("=t != true", {"t": False}, True, id="not ticked"),
        pytest.param('=list contains(["1","2"], a)', {"a": "2"}, True, id="one of"),
        pytest.param('=list contains(["1","2"], a)', {}, False, id="one of, unanswered"),
        pytest.param('=list contains(m, "x")', {"m": ["x", "y"]}, True, id="several, ticked"),
        pytest.param('=list contains(m, "x")', {}, False, id="several, unanswered"),
        pytest.param('=not(a = "1")', {"a": "2"}, True, id="not"),
        pytest.param('=a = "1" or a = "2" and b = "3"', {"a": "1"}, True, id="and binds tighter than or"),
        pytest.param('=(a = "1" or a = "2") and b = "3"', {"a": "1"}, False, id="parentheses"),
    ],
)
def test_operator(source: str, values: dict[str, Any], hidden: bool) -> None:
    assert hidden == parse_condition(source).hides(values)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param('result = "61"', id="no equals sign in front"),
        pytest.param("=", id="empty"),
        pytest.param("=true", id="a constant"),
        pytest.param("=a", id="a bare field"),
        pytest.param("=a = b", id="field against field"),
        pytest.param("=a = 61", id="a number"),
        pytest.param("=a = null", id="null"),
        pytest.param("=a > 5", id="an order"),
        pytest.param('=a = "1', id="an open quote"),
        pytest.param("=a = '1'", id="single quotes"),
        pytest.param('=a = "x\\"y"', id="an escape"),
        pytest.param('=a in ("1", "2")', id="in"),
        pytest.param('=contains(a, "1")', id="another function"),
        pytest.param("=list contains([], a)", id="an empty list"),
        pytest.param('=list contains(["1"], "1")', id="no field in the list test"),
        pytest.param('=list contains(["1"], a, b)', id="too many arguments"),
        pytest.param('=if a = "1" then true else false', id="if"),
        pytest.param('=some x in a satisfies x = "1"', id="some"),
        pytest.param("=now() = today()", id="a clock"),
        pytest.param('=a.b = "1"', id="a path"),
        pytest.param('=a[1] = "1"', id="an index"),
        pytest.param('=this = "1"', id="a word of form-js"),
        pytest.param('=not a = "1"', id="not without parentheses"),
        pytest.param('=a = "1" or', id="an open or"),
        pytest.param('=a = "1") or (b = "2"', id="crossed parentheses"),
        pytest.param('=a = "1" b = "2"', id="no operator between"),
        pytest.param('=a = "1" // b', id="a comment"),
        pytest.param("=" + "(" * 60 + 'a = "1"' + ")" * 60, id="too deep"),
        pytest.param("=" + " or ".join(['a = "1"'] * 500), id="too long"),
        pytest.param("=__builtins__", id="a builtin"),
    ],
)
def test_anything_else_is_refused(source: str) -> None:
    with pytest.raises(ConditionError):
        parse_condition(source)
