"""P-L2: the letter of a coming expiry is written for whom one may see, recorded before it is shown, in measure."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from engine import api
from engine.services import letters
from engine.services.reveal import ErasureStands
from engine.tables import Customer, HistoryEvent, Renewal, Vehicle
from tests.acceptance.desk import vin
from tests.support.console import TODAY


def number_of(engine: api.Engine, car: int) -> int:
    with engine.store.reading() as session:
        return session.scalars(select(Renewal.id).where(Renewal.vin == vin(car))).one()


def write(engine: api.Engine, *cars: int, name: str = "AG001") -> tuple[api.ExpiryLetter, ...]:
    wanted = [number_of(engine, car) for car in cars]
    return api.write_letters(engine, wanted, actor=api.actor_of(engine, name), address="10.0.0.7")


def change(engine: api.Engine, car: int, act: Callable[[Renewal, Customer], None]) -> None:
    with engine.store.transaction() as tx:
        renewal = tx.get_one(Renewal, number_of(engine, car))
        act(renewal, tx.get_one(Customer, tx.get_one(Vehicle, renewal.vehicle_id).customer_id))
        tx.record("clock_moved", at=engine.clock.now(), actor="test", to="")


def events(engine: api.Engine, action: str = letters.WRITTEN) -> list[HistoryEvent]:
    with engine.store.reading() as session:
        found = select(HistoryEvent).where(HistoryEvent.action == action)
        return list(session.scalars(found.order_by(HistoryEvent.seq)))


def test_the_letter_names_the_customer_the_expiring_policies_and_who_serves(book: api.Engine) -> None:
    (letter,) = write(book, 5)

    with book.store.reading() as session:
        renewal = session.get_one(Renewal, letter.renewal_id)
        customer = session.get_one(Customer, renewal.customer_id)
    assert (customer.name, "AG001") == (letter.customer, letter.server_no)
    assert f"DQ20261124-{letter.renewal_id}-01" == letter.number
    (second,) = write(book, 5)
    assert f"DQ20261124-{letter.renewal_id}-02" == second.number, "though the clock stands"
    assert all(one.expiry_date >= TODAY and one.number.startswith("****") for one in letter.policies)
    assert letter.policies and "***" in letter.plate and letter.company and letter.office and letter.server


def test_who_had_it_written_for_whom_and_from_where_is_recorded_without_the_name(book: api.Engine) -> None:
    written = write(book, 5, 6, name="TR01")

    found = events(book)
    assert [("TR01", one.renewal_id, one.number) for one in written] == [
        (e.actor, e.instance_id, e.subject) for e in found
    ]
    assert "10.0.0.7" == found[0].payload["address"]
    assert written[0].customer not in str(found[0].payload)
    assert [["commercial"], ["commercial"]] == [[line[0] for line in e.payload["policies"]] for e in found]


@pytest.mark.one_database
@pytest.mark.parametrize("name", ["AD01", "AU01", "PO01", "AP01"])
def test_who_sees_no_clear_names_has_no_letter_written(book: api.Engine, name: str) -> None:
    with pytest.raises(api.Forbidden):
        write(book, 5, name=name)
    assert [] == events(book)


@pytest.mark.one_database
def test_another_agents_renewal_is_not_found_and_nothing_is_made(book: api.Engine) -> None:
    with pytest.raises(api.NotFound):
        write(book, 5, 21)
    assert [] == events(book)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("car", "act", "reason"),
    [
        (5, lambda _r, c: setattr(c, "do_not_contact", True), letters.NO_CONTACT),
        (5, lambda r, _c: setattr(r, "owner_no", None), letters.NOBODY),
        (5, lambda r, _c: setattr(r, "customer_id", None), letters.NO_NAME),
        (11, lambda _r, _c: None, letters.EXPIRED),
    ],
)
def test_one_that_may_not_be_written_stops_all_and_says_which(
    book: api.Engine, car: int, act: Callable[[Renewal, Customer], None], reason: api.Label
) -> None:
    change(book, car, act)

    with pytest.raises(api.NotToBeWritten) as refused:
        write(book, 6, car, name="TR01")

    assert reason.zh in refused.value.say("zh") and "***" in refused.value.say("zh")
    assert [] == events(book)


@pytest.mark.one_database
def test_once_sharing_was_withdrawn_only_people_of_the_property_insurer_write(book: api.Engine) -> None:
    change(book, 5, lambda _r, c: setattr(c, "no_sharing", True))

    for name in ("AG001", "SU01", "TR01"):
        with pytest.raises(api.NotToBeWritten) as refused:
            write(book, 6, 5, name=name)
        assert letters.NO_SHARING.zh in refused.value.say("zh")
    assert [] == events(book)
    assert all(len(write(book, 5, name=name)) == 1 for name in ("SP01", "CC01"))


@pytest.mark.one_database
def test_an_ended_renewal_gets_none(book: api.Engine) -> None:
    api.deliver_message(book, "list_withdrawn", vin(5), actor=api.SYSTEM)

    with pytest.raises(api.NotToBeWritten) as refused:
        write(book, 5)
    assert letters.ENDED.zh in refused.value.say("zh")


@pytest.mark.one_database
def test_who_asked_for_deletion_is_not_written_to(book: api.Engine) -> None:
    change(book, 5, lambda _r, c: setattr(c, "erasure_asked_on", TODAY))

    with pytest.raises(ErasureStands):
        write(book, 5)


def test_an_hours_measure_holds_and_going_beyond_is_recorded(
    book: api.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "MOST_LETTERS", 3)
    write(book, 5, 6)

    with pytest.raises(api.TooManyLetters) as refused:
        write(book, 7, 8)

    assert "2 封" in refused.value.say("zh")
    assert (2, 1) == (len(events(book)), len(events(book, letters.REFUSED)))
    assert 1 == len(write(book, 7))


@pytest.mark.one_database
def test_nothing_ticked_says_what_to_do(book: api.Engine) -> None:
    with pytest.raises(api.NothingTicked):
        write(book)
