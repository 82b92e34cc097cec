"""End actual quotes whose validity is over, and remind agent and specialist a day before (G-S2).

Asked at every tick. Each quote carries the day on which it is looked at next, so that a look costs one search in an
index; what was done is noted in the transaction that does it, so that it happens once, whatever stops or repeats.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from engine.bootstrap import Engine
from engine.clock import business_date, midnight
from engine.domain.actor import SYSTEM, Actor
from engine.domain.nodes import QUOTE_ENDS
from engine.domain.quote_ends import has_ended, is_ending, next_look
from engine.services.batches import in_batches
from engine.services.outbox import tell_agent
from engine.store.quote_ends import (
    Ending,
    end_quotes_of,
    lock_ending,
    next_quote_date,
    note_looks,
    quotes_are_due,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from engine.store.session import Tx

BATCH = 500
ENDED, REMINDED, LOOKED = "quote_ended", "quote_end_told", "quotes_looked"


def end_quotes(engine: Engine, *, now: datetime, actor: Actor = SYSTEM) -> int:
    """Look at every quote whose day has come; return how many ended.

    What another process holds just now is left to the next tick.
    """
    if not quote_ends_due(engine, now):
        return 0
    return in_batches(engine, lambda tx: _look_at_some(engine, tx, now, actor), size=BATCH)


def quote_ends_due(engine: Engine, now: datetime) -> bool:
    """Whether :func:`end_quotes` would find anything."""
    with engine.store.reading() as session:
        return quotes_are_due(session, business_date(now, engine.clock.zone))


def next_quote_end(engine: Engine, session: Session) -> datetime | None:
    """Return the moment at which the next quote is to be looked at; None when none is."""
    day = next_quote_date(session)
    return midnight(day, engine.clock.zone) if day is not None else None


def _look_at_some(engine: Engine, tx: Tx, now: datetime, actor: Actor) -> tuple[int, int]:
    """Return how many quotes were looked at, and how many of them have ended."""
    today = business_date(now, engine.clock.zone)
    found = lock_ending(tx, today, limit=BATCH)
    live = [one for one in found if one.is_live]
    over = [one for one in live if has_ended(one.valid_until, today)]
    for one in live:
        if is_ending(one.valid_until, today):
            _remind(engine, tx, one, now, actor)
    for one in over:
        tx.record(
            ENDED,
            at=now,
            actor=actor.name,
            instance_id=one.renewal_id,
            subject=one.quote_no,
            version=one.version,
            until=one.valid_until,
        )
    if over:
        end_quotes_of(tx, [one.renewal_id for one in over])
    if found:
        note_looks(
            tx,
            [(one.quote_id, next_look(one.valid_until, today) if one.is_live else None) for one in found],
        )
        tx.record(LOOKED, at=now, actor=actor.name, looked=len(found), ended=len(over))
    return len(found), len(over)


def _remind(engine: Engine, tx: Tx, one: Ending, now: datetime, actor: Actor) -> None:
    """In the one message of the day, which counts the renewals and names no customer (domain.md §4.9)."""
    for number in one.recipients:
        tell_agent(
            tx, agent_no=number, instance_id=one.renewal_id, node=QUOTE_ENDS, now=now, clock=engine.clock
        )
        tx.record(
            REMINDED,
            at=now,
            actor=actor.name,
            instance_id=one.renewal_id,
            recipient=number,
            version=one.version,
            until=one.valid_until,
        )
