"""Close previews of a hand-over that another one of the same person has overtaken: nothing is left to confirm."""

from __future__ import annotations

from datetime import datetime

from engine.domain.actor import Actor
from engine.domain.codes import HandoverKind, HandoverRowStatus, HandoverStatus, Role
from engine.label import Label
from engine.services.handover_plan import mark_of
from engine.store.handover import Handover, previews_of, renewals_of_rows
from engine.store.session import Tx


def close_outdated(tx: Tx, done: Handover, *, actor: Actor, now: datetime) -> None:
    """Drop the previews that *done* leaves nothing of, each of their rows with the reason.

    After somebody has left that is every one; after a move only those none of whose renewals is as it was shown.
    """
    reason = Label(
        f"该人员的交接 {done.id} 已完成，本预览作废",
        f"hand-over {done.id} of this person is done: this preview is void",
    )
    for preview in previews_of(tx, done.from_no, Role(done.role)):
        rows = renewals_of_rows(tx, preview.id)
        stands = any(row.seen == mark_of(renewal) for row, renewal in rows)
        if done.kind != HandoverKind.LEAVE and stands:
            continue
        preview.status, preview.finished_at = str(HandoverStatus.DROPPED), now
        for row, _renewal in rows:
            row.status, row.reason = str(HandoverRowStatus.REFUSED), {"zh": reason.zh, "en": reason.en}
        tx.record(
            "handover_outdated",
            at=now,
            actor=actor.name,
            subject=preview.from_no,
            handover_id=preview.id,
            done=done.id,
        )
