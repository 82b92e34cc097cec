"""What a person typed into the form of a task that is no longer theirs: their own words, nothing of the renewal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import forms
from engine.domain.actor import Actor
from engine.domain.codes import Label
from engine.errors import NotFound
from engine.label import Thing
from engine.queries.diagram import DeployedOf, task_label
from engine.queries.drafts import Draft, drafts_shown
from engine.queries.scope import OPEN
from engine.store.instances import ProcessInstance
from engine.store.tasks import UserTask


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedPage:
    """A draft, its form, and what became of the task; moments are aware UTC."""

    task_id: int
    name: Label
    action_id: str
    form: forms.Form
    values: Mapping[str, Any]
    saved_at: datetime
    other_drafts: tuple[Draft, ...]
    status: str
    is_open: bool
    closed_at: datetime | None


def typed_page(session: Session, actor: Actor, task_id: int, *, deployed_of: DeployedOf) -> TypedPage:
    """Return what *actor* typed for a task, whoever it belongs to now.

    Raises:
        NotFound: *actor* typed nothing for it; whether it exists is not said.
    """
    drafts = drafts_shown(session, task_id, actor.name)
    if not drafts:
        raise NotFound(what=Thing.TASK, key=task_id)
    draft = drafts[0]
    task, set_id = _task(session, task_id)
    deployed = deployed_of(set_id)
    return TypedPage(
        task_id=task.id,
        name=task_label(task, deployed),
        action_id=task.action_id,
        form=deployed.forms[task.form_id],
        values=draft.values,
        saved_at=draft.saved_at,
        other_drafts=drafts[1:],
        status=task.status,
        is_open=task.status in OPEN,
        closed_at=task.completed_at,
    )


def form_of_task(session: Session, task_id: int, *, deployed_of: DeployedOf) -> forms.Form:
    """Return the form of a task, to read what was typed into it; it says nothing about the renewal.

    Raises:
        NotFound: no such task.
    """
    task, set_id = _task(session, task_id)
    return deployed_of(set_id).forms[task.form_id]


def _task(session: Session, task_id: int) -> tuple[UserTask, int]:
    row = session.execute(
        select(UserTask, ProcessInstance.definition_set_id)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(UserTask.id == task_id)
    ).first()
    if row is None:
        raise NotFound(what=Thing.TASK, key=task_id)
    return row.UserTask, row.definition_set_id
