"""Confirm a hand-over, or drop it; with that the posts of whoever leaves end, or go on as before (case 13)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from engine.bootstrap import Engine
from engine.clock import midnight
from engine.domain.actor import Actor
from engine.domain.codes import HandoverKind, HandoverStatus, Role
from engine.services.handover_reach import HandoverOver, lock_in_reach, lock_preview, refuse_second
from engine.store.handover import Handover, lock_post, posts_in_force
from engine.store.session import Tx


def confirm_handover(
    engine: Engine, handover_id: int, *, actor: Actor, by_worker: bool = False
) -> HandoverStatus:
    """Confirm a preview: who leaves serves to the last day, and what was shown is carried out after it.

    Returns ``running`` when the day is over (the caller, or with *by_worker* a worker of a server, carries it
    out), ``scheduled`` when the ticker does on the day.

    Raises:
        NotFound: no such hand-over in reach. HandoverOver: it was confirmed or dropped.
        BadInput: another hand-over of the same person is under way.
    """
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        handover = lock_preview(tx, engine, handover_id, actor)
        refuse_second(tx, handover.from_no)
        due = midnight(handover.last_day + timedelta(days=1), engine.clock.zone)
        status = HandoverStatus.SCHEDULED if due > now else HandoverStatus.RUNNING
        handover.status, handover.due_at = str(status), due
        handover.confirmed_by, handover.confirmed_at = actor.name, now
        if handover.kind == HandoverKind.LEAVE:
            _end_posts(tx, handover, actor, now)
        tx.record(
            "handover_confirmed",
            at=now,
            actor=actor.name,
            subject=handover.from_no,
            handover_id=handover_id,
            last_day=handover.last_day,
        )
        if status is HandoverStatus.RUNNING and by_worker and engine.store.is_shared:
            tx.enqueue("settle_people", lock="settle_people", once="settle_people")
        return status


def _end_posts(tx: Tx, handover: Handover, actor: Actor, now: datetime) -> None:
    """End the leaver's posts of the role with the last day: from then on nothing is reached any more (case 13)."""
    for post in posts_in_force(tx, handover.from_no, Role(handover.role), handover.last_day):
        before, post.valid_to = post.valid_to, handover.last_day
        ended = {"id": post.id, "before": before.isoformat() if before else None}
        handover.ended_posts = [*handover.ended_posts, ended]
        tx.record(
            "post_ended",
            at=now,
            actor=actor.name,
            subject=post.employee_no,
            role=post.role,
            unit=post.unit_code,
            last_day=handover.last_day,
            before=before,
        )


def drop_handover(engine: Engine, handover_id: int, *, actor: Actor) -> None:
    """Give a preview up, or call a confirmed one off while its day has not come; the posts it ended go on.

    Raises:
        NotFound: no such hand-over in reach. HandoverOver: it was dropped, or is being carried out.
    """
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        handover = lock_in_reach(tx, engine, handover_id, actor)
        waits = handover.status == HandoverStatus.SCHEDULED and handover.due_at and handover.due_at > now
        if handover.status != HandoverStatus.PREPARED and not waits:
            raise HandoverOver
        handover.status, handover.finished_at = str(HandoverStatus.DROPPED), now
        _restore_posts(tx, handover, actor, now)
        tx.record(
            "handover_dropped", at=now, actor=actor.name, subject=handover.from_no, handover_id=handover_id
        )


def _restore_posts(tx: Tx, handover: Handover, actor: Actor, now: datetime) -> None:
    """Let the posts that were ended go on as before, unless somebody changed them since."""
    for ended in handover.ended_posts:
        post = lock_post(tx, ended["id"])
        if post is None or post.valid_to != handover.last_day:
            continue
        post.valid_to = date.fromisoformat(ended["before"]) if ended["before"] else None
        tx.record(
            "post_restored",
            at=now,
            actor=actor.name,
            subject=post.employee_no,
            role=post.role,
            unit=post.unit_code,
        )
