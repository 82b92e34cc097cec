"""Let what stood before a consent hold again once its last day is over; a daily look.

A withdrawal that the consent had lifted stops contact, messages or sharing again; where nothing was said before it is
as if nobody had asked. Source: domain.md §4.7 (有效期), §5; PIPL Art. 14 (beyond what was agreed to, consent is asked
for anew).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from engine.bootstrap import Engine
from engine.clock import business_date
from engine.domain.actor import SYSTEM, Actor
from engine.domain.consents import ConsentKind, ConsentState, standing
from engine.services.sharing_kept import follow_word
from engine.services.stating import take_effect
from engine.store.consents import RUN_OUT, consents_of, lock_consent, next_last_day, run_out_before
from engine.store.renewals import STOPS, Customer
from engine.store.same_customer import same_customers

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

BATCH = 200
SOURCE = "consent_end"


def keep_consents(engine: Engine, *, now: datetime, actor: Actor = SYSTEM) -> int:
    """Look at the consents that ran out before *now* (aware, UTC), each in a transaction; returns how many.

    The contact of who wants none is ended by engine.services.silence, which the ticker calls after this.
    """
    today = business_date(now, engine.clock.zone)
    with engine.store.reading() as session:
        due = run_out_before(session, today, limit=BATCH)
    for number in due:
        _end(engine, number, now=now, actor=actor)
    return len(due) + (keep_consents(engine, now=now, actor=actor) if len(due) == BATCH else 0)


def consents_are_due(engine: Engine, now: datetime) -> bool:
    """Whether :func:`keep_consents` has anything to do."""
    with engine.store.reading() as session:
        return bool(run_out_before(session, business_date(now, engine.clock.zone), limit=1))


def next_consent_end(engine: Engine, session: Session) -> datetime | None:
    """Return the moment at which the next consent is over: the end of its last day in the business time zone."""
    last = next_last_day(session)
    if last is None:
        return None
    return datetime.combine(last + timedelta(days=1), time(0), tzinfo=engine.clock.zone)


def _end(engine: Engine, number: int, *, now: datetime, actor: Actor) -> None:
    today = business_date(now, engine.clock.zone)
    with engine.store.transaction() as tx:
        row = lock_consent(tx, number)
        if row.end_noted_at is not None:
            return  # another process was here
        row.end_noted_at = now
        customer, kind = tx.get_one(Customer, row.customer_id), ConsentKind(row.kind)
        fellows = same_customers(tx, customer)
        statements = [one.statement for one in consents_of(tx, [one.id for one in fellows])]
        then = standing(statements, kind, today)
        tx.record(
            RUN_OUT,
            at=now,
            actor=actor.name,
            instance_id=row.instance_id,
            kind=row.kind,
            valid_until=row.valid_until,
            consent_id=row.id,
            then=str(then),
        )
        if then is not ConsentState.WITHDRAWN or all(getattr(one, STOPS[kind]) for one in fellows):
            return
        take_effect(
            tx,
            kind,
            fellows,
            stops=True,
            renewal_id=row.instance_id,
            actor=actor,
            now=now,
            source=SOURCE,
        )
        if kind is ConsentKind.SHARE_TO_LIFE:
            follow_word(tx, engine, customer, actor=actor, now=now)
