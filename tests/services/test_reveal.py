"""One clear value at a time: with a reason, written down first, not too often, and not for everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine.api import (
    SYSTEM,
    BadInput,
    Engine,
    Forbidden,
    NotFound,
    TooManyReveals,
    actor_of,
    reveal,
    set_clock,
)
from engine.services.reveal import MOST
from engine.store.history import HistoryEvent
from tests.support.console import renewal_of

pytestmark = pytest.mark.one_database

WHY = "客户来电核对"


def events(engine: Engine, action: str) -> list[HistoryEvent]:
    with engine.store.reading() as session:
        wanted = select(HistoryEvent).where(HistoryEvent.action == action).order_by(HistoryEvent.seq)
        return list(session.scalars(wanted))


def ask(engine: Engine, who: str = "AG001", field: str = "phone", *, car: int = 7, why: str = WHY) -> str:
    return reveal(
        engine, renewal_of(engine, car), field, reason=why, actor=actor_of(engine, who), address="10.0.0.7"
    )


@pytest.mark.parametrize(
    ("field", "value"), [("phone", "13900000007"), ("name", "测试7"), ("plate", "川A00007")]
)
def test_a_value_is_shown_and_the_history_says_who_what_why_and_from_where(
    book: Engine, field: str, value: str
) -> None:
    assert value == ask(book, field=field)

    (event,) = events(book, "personal_revealed")
    assert ("AG001", renewal_of(book, 7), WHY) == (event.actor, event.instance_id, event.reason)
    assert {"field": field, "address": "10.0.0.7"} == event.payload
    assert value not in str((event.payload, event.reason, event.subject))


@pytest.mark.parametrize("who", ["AG001", "SU01", "TR01", "SP01", "CC01"])
def test_the_working_roles_see_values_of_their_scope(book: Engine, who: str) -> None:
    assert "13900000007" == ask(book, who)


@pytest.mark.parametrize("who", ["AD01", "AU01", "PO01", "AP01"])
def test_governing_roles_never_see_clear_values(book: Engine, who: str) -> None:
    with pytest.raises(Forbidden):
        ask(book, who)

    assert [] == events(book, "personal_revealed")


def test_the_command_line_sees_none_either(book: Engine) -> None:
    with pytest.raises(Forbidden):
        reveal(book, renewal_of(book, 7), "phone", reason=WHY, actor=SYSTEM, address=None)


def test_a_renewal_of_another_scope_does_not_exist(book: Engine) -> None:
    with pytest.raises(NotFound):
        ask(book, "AG009")


@pytest.mark.parametrize("why", ["", "   ", "abc", " 核 对 "])
def test_a_reason_is_required(book: Engine, why: str) -> None:
    with pytest.raises(BadInput):
        ask(book, why=why)

    assert [] == events(book, "personal_revealed")


def test_only_the_four_fields_are_revealed(book: Engine) -> None:
    with pytest.raises(BadInput, match="id_no"):
        ask(book, field="vin")


def test_a_value_that_is_not_there_is_said_to_be_missing(book: Engine) -> None:
    with pytest.raises(NotFound, match="ID number"):
        ask(book, field="id_no")


def test_a_reason_that_repeats_the_value_is_kept_masked(book: Engine) -> None:
    ask(book, why="核对 13900000007 与 川A00007")

    (event,) = events(book, "personal_revealed")
    assert "核对 139****0007 与 川A***07" == event.reason


def test_an_hour_has_its_measure_and_what_goes_beyond_is_recorded(book: Engine) -> None:
    for _ in range(MOST):
        ask(book)

    with pytest.raises(TooManyReveals, match="30"):
        ask(book, field="name")

    (refused,) = events(book, "reveal_refused")
    assert ("AG001", "name") == (refused.actor, refused.payload["field"])
    assert MOST == len(events(book, "personal_revealed"))
    assert "13900000007" == ask(book, "SP01"), "another person has a measure of his own"
    set_clock(book, book.clock.now() + timedelta(hours=1, seconds=1), actor=SYSTEM)
    assert "测试7" == ask(book, field="name")
