"""What the history keeps of an act on a task."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.domain.actor import Actor
from engine.store.session import Tx
from engine.store.tasks import UserTask


def record(
    action: str,
    tx: Tx,
    task: UserTask,
    *,
    actor: Actor,
    at: datetime,
    reason: str | None = None,
    **payload: Any,
) -> None:
    """Append an event about *task* to the history: under its renewal, with its name and action."""
    tx.record(
        action,
        at=at,
        actor=actor.name,
        instance_id=task.instance_id,
        task_id=task.id,
        subject=task.name,
        reason=reason,
        action_id=task.action_id,
        **payload,
    )
