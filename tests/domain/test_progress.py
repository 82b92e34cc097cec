"""A renewal's progress goes forward (domain.md §4.3)."""

from __future__ import annotations

import pytest

from engine.domain.codes import RenewalState as State
from engine.domain.progress import ORDER, is_progress


@pytest.mark.parametrize("now", ORDER)
@pytest.mark.parametrize("to", ORDER)
def test_only_a_later_step_is_progress(now: State, to: State) -> None:
    assert (ORDER.index(to) > ORDER.index(now)) == is_progress(now, to)


@pytest.mark.parametrize("to", ORDER)
def test_after_the_expiry_the_way_begins_anew(to: State) -> None:
    assert is_progress(State.LAPSED, to)


@pytest.mark.parametrize("now", sorted(set(State) - set(ORDER) - {State.LAPSED}))
def test_what_has_ended_or_is_half_renewed_keeps_saying_so(now: State) -> None:
    assert not any(is_progress(now, to) for to in ORDER)
