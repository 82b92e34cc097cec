"""A consent whose last day is over: what stood before it holds again, told in the history."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from admin.app import create_app
from engine import api
from engine.api import ConsentState, Engine
from engine.domain.consents import ConsentKind, Statement, holding, standing
from tests.edge_cases.test_case_24_46 import list_cars
from tests.services.test_consents import CALL, CAR, MESSAGE, SHARE, customer, file_of, say, states
from tests.services.test_handover import events
from tests.services.test_sharing import SERVED_BY_LIFE, SERVED_BY_SPECIALIST, who
from tests.support.console import TODAY, at, open_tasks, renewal_of, signed_in
from tests.support.lists import id_no

ALL = ["marketing_call", "marketing_message", "share_to_life"]
LAST = TODAY + timedelta(days=1)
FOR_A_DAY = {
    "kinds": ALL,
    "answer": "given",
    "method": "signed",
    "evidence": "授权书 2026-0117",
    "valid_until": LAST.isoformat(),
}


def flags(engine: Engine) -> tuple[bool, bool, bool]:
    row = customer(engine)
    return row.do_not_contact, row.no_messages, row.no_sharing


def go(engine: Engine, day: date, hour: int = 9) -> None:
    api.advance_clock(engine, to=at(engine, day, hour), actor=api.SYSTEM)


def ends(engine: Engine) -> list[tuple[str, str]]:
    found = events(engine, "consent_run_out", instance_id=renewal_of(engine, CAR))
    return [(event.payload["kind"], event.payload["then"]) for event in found]


def test_after_its_last_day_the_withdrawal_of_before_holds_again(book: Engine) -> None:
    say(book, "SP01", kinds=ALL, answer="withdrawn")
    say(book, "SP01", **FOR_A_DAY)
    assert SERVED_BY_LIFE == who(book)

    go(book, LAST, 23)
    assert ((False, False, False), []) == (flags(book), ends(book)), "the last day counts"

    go(book, TODAY + timedelta(days=9))
    assert (True, True, True) == flags(book)
    assert [(kind, "withdrawn") for kind in ALL] == ends(book)
    assert {ConsentState.WITHDRAWN} == set(states(book).values())
    assert SERVED_BY_SPECIALIST == who(book)
    assert not {"record_contact", "prepare_visit"} & {task.form_id for task in open_tasks(book, CAR)}
    for agent, refused in (("AG001", api.NotFound), ("SP01", api.NotToBeCalled)):
        with pytest.raises(refused):
            api.phone_to_call(book, renewal_of(book, CAR), actor=api.actor_of(book, agent), address=None)
    api.tick(book)
    assert 3 == len(ends(book)), "each end is told once"


@pytest.mark.one_database
def test_it_takes_effect_at_midnight_of_its_last_day(book: Engine) -> None:
    say(book, "SP01", kinds=["marketing_call"], answer="withdrawn")
    say(book, "SP01", **{**FOR_A_DAY, "kinds": ["marketing_call"]})

    go(book, TODAY + timedelta(days=5))

    (told,) = events(book, "consent_run_out", instance_id=renewal_of(book, CAR))
    assert at(book, LAST + timedelta(days=1), 0) == told.at
    assert not api.people_change_is_due(book, book.clock.now())


@pytest.mark.one_database
def test_where_nothing_was_said_before_it_is_as_if_nobody_had_asked(book: Engine) -> None:
    say(book, "SP01", **FOR_A_DAY)

    go(book, TODAY + timedelta(days=3))

    assert (False, False, False) == flags(book)
    assert [(kind, "expired") for kind in ALL] == ends(book)
    assert {ConsentState.EXPIRED} == set(states(book).values())
    assert SERVED_BY_LIFE == who(book)


@pytest.mark.one_database
def test_a_newer_withdrawal_and_another_consent_stand_as_they_are(book: Engine) -> None:
    say(book, "SP01", **FOR_A_DAY)
    say(book, "SP01", kinds=["marketing_call"], answer="withdrawn")
    forever = {**FOR_A_DAY, "kinds": ["marketing_message"], "valid_until": ""}
    say(book, "SP01", **forever)

    go(book, TODAY + timedelta(days=3))

    assert (True, False, False) == flags(book)
    assert {CALL: "withdrawn", MESSAGE: "given", SHARE: "expired"} == states(book)
    assert [(ALL[0], "withdrawn"), (ALL[1], "given"), (ALL[2], "expired")] == ends(book)


@pytest.mark.one_database
def test_the_timeline_tells_the_end_in_words(book: Engine) -> None:
    say(book, "SP01", kinds=["marketing_call"], answer="withdrawn")
    say(book, "SP01", **FOR_A_DAY)
    go(book, TODAY + timedelta(days=3))
    specialist = signed_in(create_app(book), "SP01")

    specialist.get(f"/renewals/{renewal_of(book, CAR)}")

    assert f"客户对“电话与上门营销”的同意已于 {LAST} 到期，此前的撤回重新生效" in specialist.text
    assert f"客户对“短信与微信营销”的同意已于 {LAST} 到期，此后视同未登记" in specialist.text


@pytest.mark.one_database
def test_an_older_withdrawal_told_of_after_the_end_takes_effect(book: Engine) -> None:
    say(book, "SP01", **{**FOR_A_DAY, "kinds": ["marketing_call"]})
    go(book, TODAY + timedelta(days=3))

    before = (TODAY - timedelta(days=2)).isoformat()
    stated = say(book, "SP01", kinds=["marketing_call"], answer="withdrawn", said_on=before)

    assert api.Stated(in_effect=1) == stated
    assert flags(book)[0]


def test_what_holds_is_the_latest_word_that_has_not_run_out() -> None:
    kind = ConsentKind.MARKETING_CALL
    day = date(2026, 11, 24)
    withdrawn = Statement(kind=kind, is_given=False, said_on=day)
    short = Statement(kind=kind, is_given=True, said_on=day, valid_until=day)

    assert short == holding([withdrawn, short], kind, day)
    assert withdrawn == holding([withdrawn, short], kind, day + timedelta(days=1))
    assert holding([short], kind, day + timedelta(days=1)) is None
    assert ConsentState.EXPIRED is standing([short], kind, day + timedelta(days=1))
    assert ConsentState.UNASKED is standing([], kind, day)


@pytest.mark.one_database
def test_a_colleague_whose_scope_the_word_lies_outside_of_reads_where_each_kind_stands(book: Engine) -> None:
    known = customer(book)
    again = {"车主": known.name, "手机": known.phone, "证件号码": id_no(88), "agent": "AG009"}
    say(book, "SP01", kinds=["marketing_message"], answer="withdrawn", evidence="工单 0815")
    say(book, "SP01", **{**FOR_A_DAY, "kinds": ["marketing_call"], "valid_until": ""})
    list_cars(book, {"number": 72, "days": 40, **again})

    file = file_of(book, "AG009", car=72)

    assert {CALL: "given", MESSAGE: "withdrawn", SHARE: "unasked"} == {
        line.kind: line.state for line in file.consents.lines
    }
    assert () == file.consents.words, "who took the word, where and with what proof is not of this scope"
    say(book, "SP01", kinds=["share_to_life"], answer="withdrawn")
    file = file_of(book, "SP02", car=72)
    assert "withdrawn" == next(line.state for line in file.consents.lines if line.kind is SHARE)
    assert file.no_sharing
