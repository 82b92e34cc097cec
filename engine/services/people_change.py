"""Everything that follows from people coming, moving and leaving, in its order: one job for it (domain.md §7)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from engine.bootstrap import Engine
from engine.domain.actor import SYSTEM, Actor
from engine.services.coaching import agents_are_idle, next_idle_look, note_idle
from engine.services.consent_ends import consents_are_due, keep_consents, next_consent_end
from engine.services.deadlines import deadlines_are_due, keep_deadlines
from engine.services.handover_act import carry_out_handover
from engine.services.sharing_kept import keep_sharing, sharing_is_due
from engine.services.silence import keep_silence, silence_is_due
from engine.services.succession import next_people_due, people_are_due, settle_people
from engine.store.deadlines import next_deadline
from engine.store.handover import handovers_due, next_handover

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def keep_people(engine: Engine, *, now: datetime, actor: Actor = SYSTEM) -> int:
    """Carry out confirmed hand-overs whose day has come, let renewals follow the organisation and the customers, keep the deadlines.

    In this order, so that what was confirmed for a leaver is not given to whoever is next in line before. Returns
    how many renewals moved.
    """
    with engine.store.reading() as session:
        due = handovers_due(session, now)
    moved = sum(carry_out_handover(engine, number, actor=actor) for number in due)
    moved += settle_people(engine, now=now, actor=actor)
    keep_consents(engine, now=now, actor=actor)  # what it stops again is followed by the next two
    moved += keep_sharing(engine, now=now, actor=actor)
    keep_silence(engine, now=now, actor=actor)
    note_idle(engine, now=now, actor=actor)
    keep_deadlines(engine, now=now, actor=actor)
    return moved


def people_change_is_due(engine: Engine, now: datetime) -> bool:
    """Whether :func:`keep_people` has anything to do."""
    with engine.store.reading() as session:
        if handovers_due(session, now):
            return True
    if consents_are_due(engine, now) or sharing_is_due(engine) or silence_is_due(engine):
        return True
    return people_are_due(engine, now) or deadlines_are_due(engine, now) or agents_are_idle(engine, now)


def next_people_change(engine: Engine, session: Session) -> datetime | None:
    """Return the moment at which a post begins or has ended, a hand-over is due, a deadline passes, a consent ends, or agents are looked at."""
    found = (
        next_people_due(engine, session),
        next_handover(session),
        next_deadline(session),
        next_consent_end(engine, session),
        next_idle_look(engine, session),
    )
    return min((moment for moment in found if moment is not None), default=None)
