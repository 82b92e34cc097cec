"""What ``renewals tasks`` and ``import`` print; the operator at the shell sees every row, masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import Role, TaskStatus
from engine.queries.cell_masks import CellMasks
from engine.queries.diagram import task_label
from engine.queries.present import due_day
from engine.queries.scope import tasks_doable_by
from engine.store.imports import ImportBatch, rows_of
from engine.store.instances import ProcessInstance
from engine.store.renewals import Renewal, renewal_by_key
from engine.store.tasks import UserTask

MAX_ROWS = 5000


def tasks(
    engine: Engine,
    *,
    actor: Actor | None = None,
    role: str | None = None,
    state: str | None = None,
    key: str | None = None,
) -> list[dict[str, Any]]:
    """Return tasks by due date; by default the open ones, at most 5,000."""
    query = (
        select(UserTask, ProcessInstance.definition_set_id)
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
    )
    if actor is not None:
        done = UserTask.completed_by == actor.name
        query = query.where(or_(tasks_doable_by(actor), done) if state else tasks_doable_by(actor))
    if role is not None:
        query = query.where(UserTask.role == role)
    wanted = [state] if state else [str(TaskStatus.OPEN), str(TaskStatus.CLAIMED)]
    query = query.where(UserTask.status.in_(wanted))
    with engine.store.reading() as session:
        if key is not None:
            query = query.where(UserTask.instance_id == renewal_by_key(session, key).id)
        rows = session.execute(query.order_by(UserTask.due_at, UserTask.id).limit(MAX_ROWS)).all()
        return [
            task_line(task, task_label(task, engine.deployed(set_id)).en, engine.clock.zone)
            for task, set_id in rows
        ]


def task_line(row: UserTask, name_en: str, zone: ZoneInfo) -> dict[str, Any]:
    """Return one task as it is printed."""
    return {
        "task_id": row.id,
        "instance_id": row.instance_id,
        "element_id": row.element_id,
        "action_id": row.action_id,
        "name": row.name,
        "name_en": name_en,
        "form": row.form_id,
        "role": row.role,
        "assignee": row.assignee_no,
        "status": row.status,
        "stage": row.stage,
        "created_at": row.created_at,
        "due_at": row.due_at,
        "due_date": due_day(row.due_at, zone),
        "claimed_by": row.claimed_by,
        "completed_at": row.completed_at,
        "completed_by": row.completed_by,
        "version": row.version,
    }


def task_text(row: Mapping[str, Any], *, lang: str) -> str:
    """Say one task in one line."""
    name = row["name_en" if lang == "en" else "name"]
    who = row["assignee"] or Role(row["role"]).label.say(lang)
    status = TaskStatus(row["status"]).label.say(lang)
    return f"#{row['task_id']} {row['action_id']} {name} · {who} · {row['due_date'] or '—'} · {status}"


def batch_problems(engine: Engine, batch_id: int, *, lang: str) -> list[dict[str, Any]]:
    """Return the problems of a batch's rows in one language, personal cells masked.

    ``sheet`` is given where the file has several.
    """
    with engine.store.reading() as session:
        batch = session.get_one(ImportBatch, batch_id)
        mask, several = CellMasks(batch.source), len(batch.details.get("sheets", ())) > 1
        return [
            {
                "sheet": p.get("sheet") if several else None,
                "row": p["row"],
                "column": p["column"],
                "value": p["value"],
                "code": p["code"],
                "level": p["level"],
                "reason": p["reason"][lang],
                "remedy": p["remedy"][lang],
            }
            for row in rows_of(session, batch_id)
            for p in map(mask.problem, row.problems)
        ]
