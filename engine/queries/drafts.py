"""What a person typed for a task and did not submit, one draft for each page on which it was open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.store.tasks import TaskDraft, drafts_of


@dataclass(frozen=True, slots=True)
class Draft:
    """What the person typed earlier and did not submit; *number* and *version* name its last save."""

    values: Mapping[str, Any]
    saved_at: datetime
    number: int
    version: int


def drafts_shown(session: Session, task_id: int, user_name: str) -> tuple[Draft, ...]:
    """Return the person's drafts of a task, the last saved first; one statement."""
    return tuple(_draft(row) for row in drafts_of(session, task_id, user_name))


def _draft(row: TaskDraft) -> Draft:
    return Draft(values=row.values, saved_at=row.saved_at, number=row.number, version=row.version)
