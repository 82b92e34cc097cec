"""One instance that cannot go on does not stop the batch it is swept in, and can go on once its cause is mended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from engine import api
from engine.bootstrap import Engine
from engine.services import timers
from engine.services.hosting import RenewalHost
from engine.services.timers import TickReport
from engine.store.history import HistoryEvent
from engine.store.instances import Incident, ProcessInstance, Timer
from tests.support.console import TODAY, at, renewal_of

DAYS = 40
"""So far ahead nearly every car of the book has a stage that ended."""


@pytest.fixture
def later(book: Engine) -> datetime:
    return at(book, TODAY + timedelta(days=DAYS), 9)


@pytest.fixture
def broken(book: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, pytest.MonkeyPatch]]:
    """The renewal of car 6, whose decisions fail for as long as they are patched."""
    bad = renewal_of(book, 6)
    decide = RenewalHost.decide

    def fail(host: RenewalHost, decision_id: str, element_id: str, context: Mapping[str, object]) -> object:
        if host.scope.renewal.id == bad:
            raise ZeroDivisionError(decision_id)
        return decide(host, decision_id, element_id, context)

    with monkeypatch.context() as patch:
        patch.setattr(RenewalHost, "decide", fail)
        yield bad, patch


def due_at(engine: Engine, moment: datetime) -> set[int]:
    with engine.store.reading() as session:
        return set(
            session.scalars(select(Timer.instance_id).where(~Timer.settled, Timer.due_at <= moment)).all()
        )


def incidents(engine: Engine) -> list[Incident]:
    with engine.store.reading() as session:
        return list(session.scalars(select(Incident).order_by(Incident.id)))


def sweep_all(engine: Engine, moment: datetime) -> TickReport:
    report = TickReport()
    while (batch := timers.sweep(engine, now=moment)) is not None:
        report += batch
    return report


def test_the_others_of_a_batch_go_on(
    book: Engine, later: datetime, broken: tuple[int, pytest.MonkeyPatch]
) -> None:
    bad, _ = broken
    due = due_at(book, later)

    report = sweep_all(book, later)

    assert bad in due
    assert 5 < len(due)
    assert {bad} == due_at(book, later)
    assert 1 == report.incidents


def test_an_incident_names_cause_node_and_attempt(
    book: Engine, later: datetime, broken: tuple[int, pytest.MonkeyPatch]
) -> None:
    bad, _ = broken
    sweep_all(book, later)

    (incident,) = incidents(book)

    assert (bad, "timer", "open") == (incident.instance_id, incident.trigger, incident.status)
    assert ("assess_key_customer", 1) == (incident.element_id, incident.attempts)
    assert incident.message.startswith("ZeroDivisionError")
    with book.store.reading() as session:
        (told,) = session.scalars(select(HistoryEvent).where(HistoryEvent.action == "incident_raised"))
    assert ("assess_key_customer", 1) == (told.subject, told.payload["attempt"])


def test_a_broken_instance_is_left_alone_until_it_is_retried(
    book: Engine, later: datetime, broken: tuple[int, pytest.MonkeyPatch]
) -> None:
    sweep_all(book, later)

    again = timers.sweep(book, now=later)

    assert again is None
    assert [1] == [incident.attempts for incident in incidents(book)]


def test_a_retry_before_the_cause_is_mended_counts_an_attempt(
    book: Engine, later: datetime, broken: tuple[int, pytest.MonkeyPatch]
) -> None:
    sweep_all(book, later)
    api.set_clock(book, later, actor=api.SYSTEM)

    report = api.retry_incident(book, incidents(book)[0].id, actor=api.SYSTEM)

    assert 1 == report.incidents
    assert [(2, "open")] == [(incident.attempts, incident.status) for incident in incidents(book)]


def test_a_retry_after_the_cause_is_mended_goes_on(
    book: Engine, later: datetime, broken: tuple[int, pytest.MonkeyPatch]
) -> None:
    bad, patch = broken
    sweep_all(book, later)
    api.set_clock(book, later, actor=api.SYSTEM)
    patch.undo()

    report = api.retry_incident(book, incidents(book)[0].id, actor=api.SYSTEM)

    assert 0 < report.timers_fired
    assert set() == due_at(book, later)
    assert ["resolved"] == [incident.status for incident in incidents(book)]
    with book.store.reading() as session:
        assert session.get_one(ProcessInstance, bad).next_due_at is not None


def test_a_tampered_state_stops_its_own_instance_only(book: Engine, later: datetime) -> None:
    bad, due = renewal_of(book, 6), due_at(book, later)
    with book.store.engine.begin() as connection:
        good = connection.execute(
            text("SELECT state FROM process_instance WHERE id = :id"), {"id": bad}
        ).scalar_one()
        forged = bytes(good)[:-1] + bytes([bytes(good)[-1] ^ 1])
        connection.execute(
            text("UPDATE process_instance SET state = :state WHERE id = :id"), {"state": forged, "id": bad}
        )

    sweep_all(book, later)

    assert bad in due
    assert {bad} == due_at(book, later)
    assert [(bad, None)] == [(incident.instance_id, incident.element_id) for incident in incidents(book)]


def test_timers_missed_in_a_long_absence_fire_once_each_oldest_first(book: Engine, later: datetime) -> None:
    sweep_all(book, later)

    with book.store.reading() as session:
        fired = session.scalars(select(HistoryEvent).where(HistoryEvent.action == "timer_fired")).all()
    of_car = [
        (event.payload["planned"], event.subject)
        for event in sorted(fired, key=lambda event: event.seq)
        if event.instance_id == renewal_of(book, 1)
    ]
    assert 1 < len(of_car)
    assert sorted(of_car) == of_car
    assert len(set(of_car)) == len(of_car)
