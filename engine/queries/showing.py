"""What ``renewals show`` tells of one renewal; the operator at the shell sees every row, masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bootstrap import Engine
from engine.clock import business_date
from engine.domain.actor import SYSTEM
from engine.domain.codes import Label, RenewalState, Role, Stage
from engine.domain.masking import mask_plate, mask_vin
from engine.domain.stage import days_left
from engine.queries.command_line import task_line, task_text
from engine.queries.present import Present
from engine.queries.renewal_page import renewal_page
from engine.store.instances import open_incidents, open_timers
from engine.store.renewals import Renewal, Vehicle, lines_of, renewal_by_key
from engine.store.tasks import open_tasks


def show(engine: Engine, key: str, *, lang: str) -> dict[str, Any]:
    """Return one renewal: stage, state, responsible people, open tasks, next timers, why it waits.

    Raises:
        NotFound: nothing is known by this key.
    """
    with engine.store.reading() as session:
        row = renewal_by_key(session, key)
        vehicle = session.get_one(Vehicle, row.vehicle_id)
        page = renewal_page(session, SYSTEM, row.id, Present.of(engine.clock), deployed_of=engine.deployed)
        names_en = {task.task_id: task.name.en for task in page.tasks}
        zone = engine.clock.zone
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
            "days_left": days_left(engine.clock.today(), row.expiry_date),
            "stage": row.stage,
            "stage_label": Stage(row.stage).label.say(lang),
            "state": row.state,
            "state_label": RenewalState(row.state).label.say(lang),
            "outcome": row.outcome,
            **_responsible(row),
            "people": [{"role": p.role, "number": p.number, "name": p.name} for p in page.people],
            "units": [{"code": code, "name": name} for code, name in page.units],
            "is_orphan": row.is_orphan,
            "loss_reason": row.loss_reason,
            "exclusion_code": row.exclusion_code,
            "started_at": row.started_at,
            "ended_at": row.ended_at,
            "open_tasks": [
                task_line(task, names_en.get(task.id, task.name), zone)
                for task in open_tasks(session, row.id)
            ],
            "next_timers": [
                {
                    "element_id": timer.element_id,
                    "due_at": timer.due_at,
                    "due_date": business_date(timer.due_at, zone),
                }
                for timer in open_timers(session, row.id)
            ],
            "coming": [{"date": one.day, "what": one.text.say(lang)} for one in page.coming],
            "incidents": [
                {"id": i.id, "element_id": i.element_id, "message": i.message}
                for i in open_incidents(session, row.id)
            ],
            "waiting_for": page.waiting.say(lang),
        }


def _responsible(row: Renewal) -> dict[str, Any]:
    return {
        "owner": row.owner_no,
        "owner_role": row.owner_role,
        "agent": row.agent_no,
        "supervisor": row.supervisor_no,
        "trainer": row.trainer_no,
        "specialist": row.specialist_no,
        "workplace": row.workplace_code,
        "sub_branch": row.sub_branch_code,
        "branch": row.branch_code,
    }


_RENEWAL, _EXPIRY = Label("保单/车辆", "Renewal"), Label("到期日", "Expiry")
_STAGE, _STATE = Label("阶段", "Stage"), Label("状态", "State")
_OWNER, _WAITS = Label("责任人", "Owner"), Label("等待", "Waits")
_COMING, _TASKS = Label("接下来", "Next"), Label("待办任务", "Open tasks")
_FAILED = Label("异常", "Incident")
_UNITS = (
    ("branch", Label("分公司", "Branch")),
    ("sub_branch", Label("支公司", "Sub-branch")),
    ("workplace", Label("职场", "Workplace")),
)


def show_text(found: Mapping[str, Any], *, lang: str) -> str:
    """Say :func:`show` in lines, one thing each."""
    lines = [
        _line(
            _RENEWAL, f"#{found['instance_id']} {found['business_key']} {found['plate_masked'] or ''}", lang
        ),
        _line(_EXPIRY, f"{found['expiry_date']} (T{-found['days_left']:+d})", lang),
        _line(_STAGE, found["stage_label"], lang),
        _line(_STATE, found["state_label"], lang),
        *_people_lines(found, lang),
        *_unit_lines(found, lang),
        _line(_WAITS, found["waiting_for"], lang),
        *(_line(_FAILED, f"#{one['id']} {one['message']}", lang) for one in found["incidents"]),
        *_listed(_COMING, [f"{one['date']} {one['what']}" for one in found["coming"]], lang),
        *_listed(_TASKS, [task_text(task, lang=lang) for task in found["open_tasks"]], lang),
    ]
    return "\n".join(lines)


def _line(name: Label, text: str, lang: str) -> str:
    return f"{name.say(lang)}: {text}".rstrip()


def _listed(name: Label, texts: list[str], lang: str) -> list[str]:
    return [f"{name.say(lang)}:", *(f"  {text}" for text in texts)] if texts else []


def _people_lines(found: Mapping[str, Any], lang: str) -> list[str]:
    names = {one["number"]: one["name"] for one in found["people"]}
    role = Role(found["owner_role"]).label.say(lang) if found["owner_role"] else ""
    return [
        _line(_OWNER, f"{_named(found['owner'], names)} {role}", lang),
        *(_line(Role(one["role"]).label, _named(one["number"], names), lang) for one in found["people"]),
    ]


def _unit_lines(found: Mapping[str, Any], lang: str) -> list[str]:
    names = {one["code"]: one["name"] for one in found["units"]}
    return [_line(label, _named(found[key], names), lang) for key, label in _UNITS]


def _named(code: str | None, names: Mapping[str, str | None]) -> str:
    if code is None:
        return "—"
    name = names.get(code)
    return code if not name else name if code in name.split() else f"{name} {code}"
