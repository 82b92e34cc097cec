"""What one database would refuse and another take is refused at the door, by name."""

from __future__ import annotations

import json
import math
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.storable import MAX_DEPTH, MAX_TEXT, Unstorable, require_storable

TEXTS = st.text(st.characters(blacklist_characters="\x00", blacklist_categories=["Cs"]))
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | TEXTS | NUMBERS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TEXTS.filter(lambda key: key != "typename"), inner, max_size=4)
    ),
    max_leaves=12,
)
UNFIT = [
    ("a\x00b", "NUL"),
    ("\ud800", "half a character"),
    ("x" * (MAX_TEXT + 1), "longer"),
    (math.nan, "finite"),
    (math.inf, "finite"),
    (-math.inf, "finite"),
    (2**63, "64 bits"),
    (-(2**63) - 1, "64 bits"),
    (10**400, "64 bits"),
    ({"typename": "x"}, "typename"),
    ({"a\x00": 1}, "NUL"),
    ({1: 2}, "no text"),
    (json.loads("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2)), "nested"),
]


@pytest.mark.parametrize(("value", "named"), UNFIT, ids=[str(n) for n in range(len(UNFIT))])
def test_it_is_refused_wherever_it_hides(value: Any, named: str) -> None:
    for hidden in (value, [value], {"a": value}, {"a": [{"b": value}]}):
        with pytest.raises(Unstorable, match=named):
            require_storable(hidden, "data")


def test_the_refusal_leads_to_the_place() -> None:
    with pytest.raises(Unstorable) as refused:
        require_storable({"cars": [{"plate": "京A"}, {"plate": "京\x00"}]}, "data")

    assert "“data.cars[1].plate”" in refused.value.say("zh")
    assert "空字符" in refused.value.say("zh")


@given(PLAIN)
def test_whatever_passes_comes_back_from_json_as_it_was(value: Any) -> None:
    require_storable(value, "data")

    assert orjson.loads(orjson.dumps(value)) == value
