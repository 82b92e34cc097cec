"""Hand renewals over when the organisation changes: people leave, move, come, or their period ends.

Asked at every tick, done once a business day and after each import of the organisation (domain.md §7 cases 13,
14, 16, 17). A leaver's renewals learn it by the message ``agent_left``, so that the process asks for the
take-over; everybody else is replaced where he answered, with old and new in the history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from engine.bootstrap import Engine
from engine.clock import business_date, midnight
from engine.domain.actor import SYSTEM, Actor
from engine.domain.codes import MessageName
from engine.domain.directory import Directory, Responsible
from engine.domain.succession import has_left, successors
from engine.errors import MessageNotAwaited, StepFailed
from engine.services.assignment import agent_left, assign, responsible_of
from engine.services.deadlines import note_vacancies
from engine.services.delegation import return_from_leavers
from engine.services.handover_records import note_moved
from engine.services.instances import load_scope, load_scopes
from engine.services.messages import deliver_message
from engine.store.instances import lock_open
from engine.store.organisation import SETTLED, directory_on, settled, state
from engine.store.people import next_change
from engine.store.renewals import Renewal, open_under, responsibilities

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

BATCH = 200


@dataclass(frozen=True, slots=True)
class _Group:
    """Open renewals that the same people answer for, some of whom serve no more."""

    people: Responsible
    renewal_ids: Sequence[int]


def settle_people(engine: Engine, *, now: datetime, actor: Actor = SYSTEM) -> int:
    """Hand over what is answered for by people who no longer do; returns how many renewals moved."""
    today = business_date(now, engine.clock.zone)
    with engine.store.reading() as session:
        mark = state(session, today)
        if mark is None or settled(session) == mark:
            return 0
        directory = directory_on(session, today)
        groups = _unsettled(session, directory)
    moved = 0
    for group in groups:
        if has_left(directory, group.people):
            moved += sum(_tell(engine, one, group.people, mark, actor, now) for one in group.renewal_ids)
        else:
            for start in range(0, len(group.renewal_ids), BATCH):
                moved += _replace(engine, group.renewal_ids[start : start + BATCH], directory, actor, now)
    return_from_leavers(engine, now=now, actor=actor)
    with engine.store.transaction() as tx:
        note_vacancies(tx, engine, directory, now=now, actor=actor)
        tx.record(SETTLED, at=now, actor=actor.name, subject=mark, moved=moved)
    return moved


def people_are_due(engine: Engine, now: datetime) -> bool:
    """Whether :func:`settle_people` has not yet looked at the organisation of today."""
    with engine.store.reading() as session:
        mark = state(session, business_date(now, engine.clock.zone))
        return mark is not None and settled(session) != mark


def next_people_due(engine: Engine, session: Session) -> datetime | None:
    """Return the moment at which the next post or liaison begins or has ended."""
    today = business_date(engine.clock.now(), engine.clock.zone)
    day = next_change(session, today)
    return midnight(day, engine.clock.zone) if day is not None else None


def _unsettled(session: Session, directory: Directory) -> list[_Group]:
    found = []
    for combination in responsibilities(session):
        people = responsible_of(combination)
        if has_left(directory, people) or successors(directory, people) != people:
            found.append(_Group(people, open_under(session, combination)))
    return found


def _tell(
    engine: Engine, renewal_id: int, people: Responsible, mark: str, actor: Actor, now: datetime
) -> int:
    """Tell one renewal that its agent left; one that cannot listen now is handed over all the same."""
    agent = str(people.agent_no)
    with engine.store.reading() as session:
        key = session.get_one(Renewal, renewal_id).business_key
    try:
        told = deliver_message(
            engine,
            MessageName.AGENT_LEFT,
            key,
            data={"agent_no": agent},
            message_id=f"{MessageName.AGENT_LEFT}:{agent}:{mark}:{renewal_id}",
            actor=actor,
        )
    except MessageNotAwaited:
        return _orphan(engine, renewal_id, agent, actor, now)
    except StepFailed:
        return 0  # the incident is kept; tomorrow looks again
    if told.repeated:
        return 0
    _note_left(engine, renewal_id, people, actor, now)
    return 1


def _note_left(engine: Engine, renewal_id: int, before: Responsible, actor: Actor, now: datetime) -> None:
    """Write into the leaver's record to whom the process gave the renewal."""
    with engine.store.transaction() as tx:
        scope = load_scope(tx, engine, renewal_id, actor=actor, now=now)
        note_moved(scope, before, responsible_of(scope.renewal))
        scope.record("handover_noted", subject=before.agent_no, owner=scope.renewal.owner_no)


def _orphan(engine: Engine, renewal_id: int, agent: str, actor: Actor, now: datetime) -> int:
    with engine.store.transaction() as tx:
        scope = load_scope(tx, engine, renewal_id, actor=actor, now=now)
        if scope.renewal.ended_at is not None or scope.renewal.agent_no != agent:
            return 0
        before = responsible_of(scope.renewal)
        agent_left(scope, agent)
        note_moved(scope, before, responsible_of(scope.renewal))
        return 1


def _replace(
    engine: Engine, renewal_ids: Sequence[int], directory: Directory, actor: Actor, now: datetime
) -> int:
    """Put successors in the place of those around the agent, and let rows follow an agent who moved."""
    moved = 0
    with engine.store.transaction() as tx:
        for scope in load_scopes(tx, engine, lock_open(tx, renewal_ids), actor=actor, now=now):
            people = responsible_of(scope.renewal)
            wanted = successors(directory, people)
            if wanted != people:
                assign(scope, wanted, reason=f"organisation {directory.day}")
                note_moved(scope, people, wanted)
                moved += 1
    return moved
