"""Freeze the workplace ledgers once a week, and confirm a frozen one (domain.md §4.6, actions G-L3 and G-S4).

Asked at every tick; done at six on the first workday of an ISO week, or as soon after it as somebody asks: what
was missed while nothing ran is caught up within its week. Each workplace has one copy a week, in a transaction of
its own; the history holds the hash of what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import forms
from engine.bootstrap import Engine
from engine.clock import business_date, midnight
from engine.domain.actor import SYSTEM, Actor
from engine.domain.codes import Role
from engine.domain.commitment import commit_to_copy, make_salt
from engine.domain.ledger import (
    FREEZE_HOUR,
    Period,
    count,
    freeze_day,
    next_freeze_day,
    row_to_json,
    week_name,
    working_period,
)
from engine.domain.reach import serves_workplace
from engine.errors import Conflict, NotFound
from engine.label import Label, Thing
from engine.store.ledger import (
    CONFIRMED,
    FROZEN,
    MARK,
    LedgerConfirmation,
    LedgerCopy,
    all_ledger_rows,
    confirmations_of,
    copy_name,
    find_copy,
    frozen_in,
    frozen_week,
    of_workplace,
    workplaces_in,
)
from engine.store.organisation import directory_on
from engine.store.people import people_names, unit_names
from engine.store.renewals import any_renewal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class AlreadyConfirmed(Conflict):
    """The person has confirmed this copy before."""

    code = "ledger_already_confirmed"
    zh = "您已确认过 {week} 的台账，无需再次确认。"
    en = "You have confirmed the ledger of {week} already."


def freeze_ledgers(engine: Engine, *, now: datetime, actor: Actor = SYSTEM) -> int:
    """Freeze what is due at *now* (aware, UTC); returns how many copies were made."""
    today = business_date(now, engine.clock.zone)
    with engine.store.reading() as session:
        due_at = _due_at(engine, session, today)
        if due_at is None or now < due_at:
            return 0
        week, period = week_name(today), working_period(today)
        there = frozen_in(session, week)
        missing = [code for code in workplaces_in(session, period) if code not in there]
    made = sum(_freeze(engine, code, period, due_at=due_at, now=now, actor=actor) for code in missing)
    with engine.store.transaction() as tx:
        if frozen_in(tx, week) >= set(missing):  # else the database was busy, and the next turn tries again
            tx.record(MARK, at=now, actor=actor.name, subject=week, copies=made)
    return made


def ledgers_are_due(engine: Engine, now: datetime) -> bool:
    """Whether copies of this week are to be frozen by *now* and are not yet."""
    with engine.store.reading() as session:
        due_at = _due_at(engine, session, business_date(now, engine.clock.zone))
        return due_at is not None and due_at <= now


def next_freeze(engine: Engine, session: Session) -> datetime | None:
    """Return the moment at which the next copies are due; None while there is nothing to freeze."""
    if not any_renewal(session):
        return None
    today = business_date(engine.clock.now(), engine.clock.zone)
    due_at = _due_at(engine, session, today)
    return due_at if due_at is not None else _moment(engine, next_freeze_day(today, engine.workdays()))


def _due_at(engine: Engine, session: Session, today: date) -> datetime | None:
    """The moment at which this week's copies are or were due; None when they are there, or nobody works."""
    day = freeze_day(today, engine.workdays())
    if day is None or frozen_week(session) == week_name(today) or not any_renewal(session):
        return None
    return _moment(engine, day)


def _moment(engine: Engine, day: date) -> datetime:
    return midnight(day, engine.clock.zone) + timedelta(hours=FREEZE_HOUR)


def _freeze(
    engine: Engine, code: str, period: Period, *, due_at: datetime, now: datetime, actor: Actor
) -> int:
    """Freeze one workplace's ledger; 0 when another process was faster."""
    today = business_date(now, engine.clock.zone)
    with engine.store.reading() as session:
        workplace = unit_names(session, [code]).get(code, code)
        content = _content(engine, session, code, period, today)
    copy = LedgerCopy(
        workplace_code=code,
        workplace=workplace,
        week=week_name(today),
        period_first=period.first,
        period_last=period.last,
        due_at=due_at,
        frozen_at=now,
        row_count=len(content["rows"]),
        salt=make_salt(),
        body=content,
    )
    try:
        with engine.store.transaction() as tx:
            tx.add(copy)
            tx.record(
                FROZEN,
                at=now,
                actor=actor.name,
                subject=copy_name(copy),
                workplace=workplace,
                week=copy.week,
                rows=copy.row_count,
                due=count(row["standing"] for row in content["rows"]).due,
                planned=due_at,
                digest=commit_to_copy(copy.salt, workplace_code=code, week=copy.week, content=content),
            )
    except Conflict:
        return 0
    return 1


def _content(engine: Engine, session: Session, code: str, period: Period, today: date) -> dict[str, Any]:
    """What a copy says: who served the workplace, and its rows."""

    def forms_of(set_id: int) -> Mapping[str, forms.Form]:
        return engine.deployed(set_id).forms

    liaisons = directory_on(session, today).liaisons_of(code)
    trainers = [one.trainer_no for one in liaisons if one.trainer_no]
    specialists = [one.specialist_no for one in liaisons if one.specialist_no]
    names = people_names(session, [*trainers, *specialists])
    rows = all_ledger_rows(
        session, *of_workplace(code, period), day=today, zone=engine.clock.zone, forms_of=forms_of
    )
    return {
        "day": today.isoformat(),
        "trainers": [names.get(number, number) for number in dict.fromkeys(trainers)],
        "specialists": [names.get(number, number) for number in dict.fromkeys(specialists)],
        "rows": [row_to_json(row) for row in rows],
    }


def confirm_copy(engine: Engine, copy_id: int, *, actor: Actor) -> None:
    """Let a trainer or specialist of the workplace confirm that its ledger of the week is in order.

    Raises:
        NotFound: no such copy, or of a workplace the actor does not serve; both look the same.
        AlreadyConfirmed: the actor did so before.
    """
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        copy = find_copy(tx, copy_id)
        directory = directory_on(tx, business_date(now, engine.clock.zone))
        if not serves_workplace(actor, directory, copy.workplace_code):
            raise NotFound(what=Thing.LEDGER_COPY, key=copy_id)
        if any(row.confirmed_by == actor.name for row in confirmations_of(tx, [copy_id])):
            raise AlreadyConfirmed(what=Label("台账", "ledger"), week=copy.week)
        role = Role.TRAINER if Role.TRAINER in actor.roles else Role.SPECIALIST
        tx.add(LedgerConfirmation(copy_id=copy_id, confirmed_by=actor.name, role=str(role), confirmed_at=now))
        tx.record(
            CONFIRMED,
            at=now,
            actor=actor.name,
            subject=copy_name(copy),
            workplace=copy.workplace,
            week=copy.week,
            role=str(role),
        )
