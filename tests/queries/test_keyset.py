from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadInput
from engine.queries.keyset import pack_position, unpack_position


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 100), st.integers(1, 10**12))
def test_a_position_comes_back_as_it_was(moment: datetime, priority: int, key: int) -> None:
    assert (moment, priority, key) == unpack_position(
        pack_position(moment, priority, key), datetime, int, int
    )


@given(st.text(max_size=60))
def test_a_position_changed_by_hand_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadInput, match="position in the list"):
        unpack_position(text, date, int)


def test_a_position_of_another_list_is_refused() -> None:
    with pytest.raises(BadInput):
        unpack_position(pack_position(True, "x"), date, int)
