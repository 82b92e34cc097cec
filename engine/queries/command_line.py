"""What ``renewals show``, ``tasks`` and ``import`` print; the operator at the shell sees every row, masked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import RenewalState, Role, Stage, TaskStatus
from engine.domain.masking import mask_plate, mask_vin
from engine.domain.stage import days_left
from engine.queries.cell_masks import CellMasks
from engine.queries.plain_reason import why_waiting
from engine.queries.present import due_day
from engine.queries.scope import tasks_doable_by
from engine.store.imports import ImportBatch, rows_of
from engine.store.instances import ProcessInstance, open_incidents, open_timers
from engine.store.renewals import Renewal, Vehicle, lines_of, renewal_by_key
from engine.store.tasks import UserTask, open_tasks

MAX_ROWS = 5000


def show(engine: Engine, key: str, *, lang: str) -> dict[str, Any]:
    """Return one renewal: stage, state, responsible people, open tasks, next timers, why it waits.

    Raises:
        NotFound: nothing is known by this key.
    """
    with engine.store.reading() as session:
        row = renewal_by_key(session, key)
        vehicle = session.get_one(Vehicle, row.vehicle_id)
        tasks = open_tasks(session, row.id)
        timers = open_timers(session, row.id)
        incidents = open_incidents(session, row.id)
        today = engine.clock.today()
        return {
            "instance_id": row.id,
            "business_key": row.business_key,
            "vin_masked": mask_vin(row.vin),
            "plate_masked": mask_plate(vehicle.plate) if vehicle.plate else None,
            "policies": [
                {"policy_no": x.policy_no, "line": x.line, "expiry_date": x.expiry_date}
                for x in lines_of(session, row.id)
            ],
            "expiry_date": row.expiry_date,
            "days_left": days_left(today, row.expiry_date),
            "stage": row.stage,
            "stage_label": Stage(row.stage).label.say(lang),
            "state": row.state,
            "state_label": RenewalState(row.state).label.say(lang),
            "outcome": row.outcome,
            "owner": row.owner_no,
            "owner_role": row.owner_role,
            "agent": row.agent_no,
            "supervisor": row.supervisor_no,
            "trainer": row.trainer_no,
            "specialist": row.specialist_no,
            "workplace": row.workplace_code,
            "sub_branch": row.sub_branch_code,
            "branch": row.branch_code,
            "is_orphan": row.is_orphan,
            "loss_reason": row.loss_reason,
            "exclusion_code": row.exclusion_code,
            "started_at": row.started_at,
            "ended_at": row.ended_at,
            "open_tasks": [_task(t, engine.clock.zone) for t in tasks],
            "next_timers": [{"element_id": t.element_id, "due_at": t.due_at} for t in timers],
            "incidents": [{"id": i.id, "element_id": i.element_id, "message": i.message} for i in incidents],
            "waiting_for": why_waiting(
                row,
                tasks=tasks,
                timers=timers,
                incidents=incidents,
                names={e.id: e.name or e.id for e in _elements(engine, row.id, session)},
                zone=engine.clock.zone,
                lang=lang,
            ),
        }


def _elements(engine: Engine, instance_id: int, session: Any) -> Sequence[Any]:
    instance = session.get_one(ProcessInstance, instance_id)
    return list(engine.deployed(instance.definition_set_id).process.elements.by_id.values())


def show_text(found: Mapping[str, Any], *, lang: str) -> str:
    """Say :func:`show` in a few lines."""
    names = (
        ("保单/车辆", "到期日", "阶段", "状态", "责任人", "等待")
        if lang != "en"
        else ("Renewal", "Expiry", "Stage", "State", "Owner", "Waits")
    )
    lines = [
        f"{names[0]}: #{found['instance_id']} {found['business_key']} {found['plate_masked'] or ''}",
        f"{names[1]}: {found['expiry_date']} (T{-found['days_left']:+d})",
        f"{names[2]}: {found['stage_label']}",
        f"{names[3]}: {found['state_label']}",
        f"{names[4]}: {found['owner'] or '—'}",
        f"{names[5]}: {found['waiting_for']}",
    ]
    return "\n".join([*lines, *(task_text(t) for t in found["open_tasks"])])


def tasks(
    engine: Engine,
    *,
    actor: Actor | None = None,
    role: str | None = None,
    state: str | None = None,
    key: str | None = None,
) -> list[dict[str, Any]]:
    """Return tasks by due date; by default the open ones, at most 5,000."""
    query = select(UserTask).join(Renewal, Renewal.id == UserTask.instance_id)
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
        rows = session.scalars(query.order_by(UserTask.due_at, UserTask.id).limit(MAX_ROWS)).all()
        return [_task(row, engine.clock.zone) for row in rows]


def _task(row: UserTask, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "task_id": row.id,
        "instance_id": row.instance_id,
        "element_id": row.element_id,
        "action_id": row.action_id,
        "name": row.name,
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


def task_text(row: Mapping[str, Any]) -> str:
    """Say one task in one line."""
    due = row["due_date"] or "—"
    who = row["assignee"] or Role(row["role"]).label.zh
    return f"#{row['task_id']} {row['action_id']} {row['name']} · {who} · {due} · {row['status']}"


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
