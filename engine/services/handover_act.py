"""Carry a confirmed hand-over out, row by row (domain.md §7 case 13).

A row is refused with the reason when who answers for its renewal has changed since the preview. Each row is a
transaction of its own, written together with what became of it, so that a crash repeats none; the ticker goes on
with what was interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from engine.bootstrap import Engine
from engine.domain.actor import SYSTEM, Actor
from engine.domain.codes import HandoverKind, HandoverRowStatus, HandoverStatus, TaskStatus
from engine.domain.directory import Directory
from engine.label import Label
from engine.services import pool, task_events
from engine.services.assignment import assign, responsible_of
from engine.services.context import StepScope
from engine.services.handover_people import changes_between, people_after
from engine.services.handover_plan import mark_of
from engine.services.handover_reach import leaver_of
from engine.services.instances import load_scope
from engine.services.outdated_previews import close_outdated
from engine.store.handover import (
    Handover,
    HandoverRow,
    counts_of_handover,
    lock_handover,
    lock_handover_row,
    rows_pending,
    tasks_claimed_by,
)
from engine.store.organisation import directory_on
from engine.store.session import Tx

CHUNK = 50
Progress = Callable[[int], None]

_ENDED = Label("续保已结束，无需交接", "the renewal has ended")
_CHANGED = Label("预览后责任人已变更，请另行交接", "who answers for it changed after the preview")
_GONE = Label("接手人已不在职", "whoever was to take over serves no more")


def carry_out_handover(
    engine: Engine, handover_id: int, *, actor: Actor = SYSTEM, on_progress: Progress | None = None
) -> int:
    """Carry out the pending rows of a confirmed hand-over; safe to run again, also twice at once.

    Returns how many renewals were handed over by this call; 0 for one that is not under way.
    """
    with engine.store.transaction() as tx:
        handover = lock_handover(tx, handover_id)
        now = engine.clock.now()
        is_due = handover.due_at is not None and handover.due_at <= now
        if handover.status == HandoverStatus.SCHEDULED and is_due:
            handover.status = str(HandoverStatus.RUNNING)
            tx.record(
                "handover_begun", at=now, actor=actor.name, subject=handover.from_no, handover_id=handover_id
            )
        if handover.status != HandoverStatus.RUNNING:
            return 0
    done = looked_at = 0
    while rows := _pending(engine, handover_id):
        for row in rows:
            done += _carry(engine, handover, row.id, row.instance_id, actor, now)
            looked_at += 1
            if on_progress is not None:
                on_progress(looked_at)
    _finish(engine, handover_id, actor)
    return done


def _pending(engine: Engine, handover_id: int) -> Sequence[HandoverRow]:
    with engine.store.reading() as session:
        return rows_pending(session, handover_id, limit=CHUNK)


def _carry(
    engine: Engine, handover: Handover, row_id: int, instance_id: int, actor: Actor, now: datetime
) -> int:
    """Hand one renewal over or refuse it, in one transaction; returns 1 when it was handed over."""
    with engine.store.transaction() as tx:
        scope = load_scope(tx, engine, instance_id, actor=actor, now=now)
        row = lock_handover_row(tx, row_id)
        if row.status != HandoverRowStatus.PENDING:
            return 0
        directory = directory_on(tx, scope.today)
        reason = _obstacle(scope, directory, row)
        if reason is not None:
            row.status, row.reason = str(HandoverRowStatus.REFUSED), {"zh": reason.zh, "en": reason.en}
            scope.record(
                "handover_row_refused", subject=handover.from_no, reason=reason.zh, handover_id=handover.id
            )
            return 0
        before = responsible_of(scope.renewal)
        people = people_after(before, directory, leaver_of(handover), row.to_no)
        assign(scope, people, reason=f"handover {handover.id}")
        if row.to_no is None:
            pool.offer(scope)
        row.changes, row.status = changes_between(before, people), str(HandoverRowStatus.DONE)
        told: dict[str, Any] = {"from": handover.from_no, "to": row.to_no, "owner": people.owner_no}
        scope.record(
            "renewal_handed_over",
            subject=handover.from_no,
            handover_id=handover.id,
            kind=handover.kind,
            rule=row.rule,
            confirmed_by=handover.confirmed_by,
            **told,
        )
        return 1


def _obstacle(scope: StepScope, directory: Directory, row: HandoverRow) -> Label | None:
    if scope.renewal.ended_at is not None:
        return _ENDED
    if mark_of(scope.renewal) != row.seen:
        return _CHANGED
    if row.to_no is not None and row.to_no not in directory.posts:
        return _GONE
    return None


def _finish(engine: Engine, handover_id: int, actor: Actor) -> None:
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        handover = lock_handover(tx, handover_id)
        if handover.status != HandoverStatus.RUNNING:
            return
        handover.status, handover.finished_at = str(HandoverStatus.DONE), now
        if handover.kind == HandoverKind.LEAVE:
            _release(tx, handover, actor, now)
        close_outdated(tx, handover, actor=actor, now=now)
        counts = counts_of_handover(tx, handover_id)
        tx.record(
            "handover_finished",
            at=now,
            actor=actor.name,
            subject=handover.from_no,
            handover_id=handover_id,
            done=counts.get(HandoverRowStatus.DONE, 0),
            refused=counts.get(HandoverRowStatus.REFUSED, 0),
        )


def _release(tx: Tx, handover: Handover, actor: Actor, now: datetime) -> None:
    """Give back what the leaver had claimed from a queue: nobody else could do it."""
    for task in tasks_claimed_by(tx, handover.from_no):
        task.status, task.claimed_by, task.claimed_at = str(TaskStatus.OPEN), None, None
        task.version += 1
        task_events.record("task_released", tx, task, actor=actor, at=now)
