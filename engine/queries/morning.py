"""The sheet for the morning meeting (晨会单): what each agent of a team has to see to today.

A renewal is on it when its owner has a task due by the third day from today, when contacts are missing, when a key
customer is in the last thirty days, or when cover ends within a week.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from engine.clock import midnight
from engine.domain.actor import Actor
from engine.domain.codes import Role, Stage
from engine.errors import NotFound
from engine.label import Label, Thing
from engine.queries.diagram import DeployedOf, task_label
from engine.queries.names import people_names, unit_names
from engine.queries.present import Present, due_day
from engine.queries.risk import EXPECTED, is_contactable, missing_contacts
from engine.queries.scope import OPEN, renewals_naming
from engine.queries.served import units_to_open_with
from engine.queries.vehicles import shown_customer, shown_plate
from engine.store.instances import ProcessInstance
from engine.store.organisation import directory_on
from engine.store.renewals import Customer, Renewal, Vehicle
from engine.store.tasks import UserTask

MORNING_READERS = frozenset({Role.SUPERVISOR, Role.TRAINER, Role.SPECIALIST})
AHEAD = timedelta(days=3)
LAPSING = timedelta(days=7)
MOST_ROWS = 300
AT_ONCE = 500
_OF_WORKPLACES = frozenset({Role.TRAINER, Role.SPECIALIST})
_LAST_STAGES = (Stage.KEY_TRACKING, Stage.SUMMARY)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitChoice:
    """A team or a workplace to hold a meeting with."""

    code: str
    name: str
    is_team: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MorningTask:
    """A task of the owner; ``late_days`` counts calendar days past its day, 0 when in time."""

    name: Label
    action_id: str
    due_date: date | None
    late_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MorningRow:
    """One renewal to see to; masked."""

    renewal_id: int
    plate: str | None
    make_model: str | None
    customer: str | None
    do_not_contact: bool
    expiry_date: date
    days_left: int
    stage: str
    is_key: bool
    is_orphan: bool
    missing_contacts: int
    last_contact: date | None
    tasks: tuple[MorningTask, ...]

    @property
    def is_lapsing(self) -> bool:
        """Whether cover ends within a week."""
        return 0 <= self.days_left <= LAPSING.days

    @property
    def late_days(self) -> int:
        """How late the latest task is."""
        return max((task.late_days for task in self.tasks), default=0)

    @property
    def first_due(self) -> date:
        """When the first task is due; the end of time without one."""
        return min((task.due_date for task in self.tasks if task.due_date), default=date.max)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPart:
    """One owner's part of the sheet; tasks are counted, the rest are renewals."""

    number: str | None
    name: str | None
    role: str | None
    rows: tuple[MorningRow, ...]
    late: int
    today: int
    ahead: int

    @property
    def key(self) -> int:
        """Key customers on the sheet."""
        return sum(1 for row in self.rows if row.is_key)

    @property
    def missing(self) -> int:
        """Renewals that lack contacts."""
        return sum(1 for row in self.rows if row.missing_contacts)

    @property
    def lapsing(self) -> int:
        """Renewals whose cover ends within a week."""
        return sum(1 for row in self.rows if row.is_lapsing)


@dataclass(frozen=True, slots=True, kw_only=True)
class MorningSheet:
    """The sheet of one team or workplace; ``unit`` is None while nobody's renewals are running.

    ``has_more`` tells that the page was cut; the workbook holds everything.
    """

    unit: UnitChoice | None
    choices: tuple[UnitChoice, ...]
    day: date
    parts: tuple[AgentPart, ...]
    has_more: bool


def morning_sheet(
    session: Session,
    actor: Actor,
    present: Present,
    *,
    unit: str | None,
    deployed_of: DeployedOf,
    last_seen: str | None = None,
    most: int = MOST_ROWS,
) -> MorningSheet:
    """Return the sheet of *unit*, a team or workplace of *actor*'s; some eight statements.

    By default that is the person's own team or workplace, or one served by liaison; else the one looked at last,
    else the first by name.

    Raises:
        NotFound: no renewal of the unit names *actor*; it may exist.
    """
    choices = _choices(session, actor)
    chosen = _wished(
        choices,
        unit,
        units_to_open_with(session, actor, directory_on(session, present.today), last_seen),
    )
    if chosen is None:
        if unit is not None:
            raise NotFound(what=Thing.TEAM, key=unit)
        return MorningSheet(unit=None, choices=(), day=present.today, parts=(), has_more=False)
    found = session.execute(_query(actor, chosen, present).limit(most + 1)).all()
    rows = found[:most]
    tasks = _tasks(session, [row.Renewal.id for row in rows], present)
    return MorningSheet(
        unit=chosen,
        choices=choices,
        day=present.today,
        parts=_parts(session, rows, tasks, present, deployed_of),
        has_more=len(found) > most,
    )


def _wished(choices: Sequence[UnitChoice], unit: str | None, own: Sequence[str]) -> UnitChoice | None:
    """The unit asked for, else the first known among the own and served ones, the last one seen, and all."""
    known = {one.code: one for one in choices}
    if unit is not None:
        return known.get(unit)
    return next((known[code] for code in (*own, *known) if code in known), None)


def _choices(session: Session, actor: Actor) -> tuple[UnitChoice, ...]:
    rows = session.execute(
        select(Renewal.workplace_code, Renewal.team_code)
        .where(renewals_naming(actor), Renewal.ended_at.is_(None))
        .distinct()
    ).all()
    workplaces = {row.workplace_code for row in rows if row.workplace_code}
    teams = {row.team_code for row in rows if row.team_code}
    names = unit_names(session, workplaces | teams)

    def named(codes: set[str], *, is_team: bool) -> list[UnitChoice]:
        found = [UnitChoice(code=code, name=names.get(code, code), is_team=is_team) for code in codes]
        return sorted(found, key=lambda one: (one.name, one.code))

    of_workplaces = named(workplaces, is_team=False) if actor.roles & _OF_WORKPLACES else []
    return (*of_workplaces, *named(teams, is_team=True))


def _query(actor: Actor, unit: UnitChoice, present: Present) -> Any:
    column = Renewal.team_code if unit.is_team else Renewal.workplace_code
    return (
        select(Renewal, Vehicle, Customer, ProcessInstance.definition_set_id)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .join(ProcessInstance, ProcessInstance.id == Renewal.id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(
            column == unit.code,
            renewals_naming(actor),
            Renewal.ended_at.is_(None),
            _asks_for_attention(unit, present),
        )
        .order_by(Renewal.expiry_date, Renewal.id)
    )


def _asks_for_attention(unit: UnitChoice, present: Present) -> ColumnElement[bool]:
    today = present.today
    owned = aliased(Renewal)
    column = owned.team_code if unit.is_team else owned.workplace_code
    # Not correlated, so that it is worked out once and not for each renewal.
    due = (
        select(UserTask.instance_id)
        .join(owned, owned.id == UserTask.instance_id)
        .where(column == unit.code, owned.ended_at.is_(None), _is_owners(owned.owner_no), _is_due(present))
    )
    lacking = (
        and_(Renewal.stage == stage, Renewal.contacts < wanted, is_contactable())
        for stage, wanted in EXPECTED.items()
    )
    return or_(
        Renewal.id.in_(due),
        *lacking,
        and_(Renewal.is_key.is_(True), Renewal.stage.in_(_LAST_STAGES)),
        Renewal.expiry_date.between(today, today + LAPSING),
    )


def _is_owners(owner_no: Any) -> ColumnElement[bool]:
    """Whether a task is in the hands of the one responsible person."""
    return cast(ColumnElement[bool], func.coalesce(UserTask.claimed_by, UserTask.assignee_no) == owner_no)


def _is_due(present: Present) -> ColumnElement[bool]:
    """Open and due by the end of the last day that the sheet looks ahead to."""
    ends = midnight(present.today + AHEAD + timedelta(days=1), present.zone)
    return and_(UserTask.status.in_(OPEN), UserTask.due_at <= ends)


def _tasks(session: Session, ids: Sequence[int], present: Present) -> Mapping[int, list[UserTask]]:
    found: dict[int, list[UserTask]] = {}
    for start in range(0, len(ids), AT_ONCE):
        rows = session.scalars(
            select(UserTask)
            .join(Renewal, Renewal.id == UserTask.instance_id)
            .where(
                UserTask.instance_id.in_(ids[start : start + AT_ONCE]),
                _is_owners(Renewal.owner_no),
                _is_due(present),
            )
            .order_by(UserTask.due_at, UserTask.id)
        )
        for task in rows:
            found.setdefault(task.instance_id, []).append(task)
    return found


def _parts(
    session: Session,
    rows: Sequence[Any],
    tasks: Mapping[int, list[UserTask]],
    present: Present,
    deployed_of: DeployedOf,
) -> tuple[AgentPart, ...]:
    """One part for each owner: those with the most that is late first."""
    names = people_names(session, {row.Renewal.owner_no for row in rows})
    by_owner: dict[tuple[str | None, str | None], list[MorningRow]] = {}
    for row in rows:
        renewal: Renewal = row.Renewal
        shown = _row(row, tasks.get(renewal.id, []), present, deployed_of)
        by_owner.setdefault((renewal.owner_no, renewal.owner_role), []).append(shown)
    parts = [
        _part(number, names.get(number or "", number), role, held, present.today)
        for (number, role), held in by_owner.items()
    ]
    return tuple(
        sorted(parts, key=lambda part: (-part.late, -part.today, part.name or "", part.number or ""))
    )


def _part(
    number: str | None, name: str | None, role: str | None, rows: Sequence[MorningRow], today: date
) -> AgentPart:
    tasks = [task for row in rows for task in row.tasks]
    late = sum(1 for task in tasks if task.late_days)
    due = sum(1 for task in tasks if not task.late_days and task.due_date == today)
    return AgentPart(
        number=number,
        name=name,
        role=role,
        rows=tuple(sorted(rows, key=lambda row: (-row.late_days, row.first_due, row.days_left))),
        late=late,
        today=due,
        ahead=len(tasks) - late - due,
    )


def _row(row: Any, tasks: Sequence[UserTask], present: Present, deployed_of: DeployedOf) -> MorningRow:
    renewal: Renewal = row.Renewal
    last = renewal.last_contact_at
    return MorningRow(
        renewal_id=renewal.id,
        plate=shown_plate(row.Vehicle.plate),
        make_model=row.Vehicle.make_model,
        customer=shown_customer(row.Customer),
        do_not_contact=bool(row.Customer and row.Customer.do_not_contact),
        expiry_date=renewal.expiry_date,
        days_left=(renewal.expiry_date - present.today).days,
        stage=renewal.stage,
        is_key=renewal.is_key,
        is_orphan=renewal.is_orphan,
        missing_contacts=missing_contacts(
            renewal.stage,
            renewal.contacts,
            is_quiet=row.Customer is not None and row.Customer.do_not_contact,
        ),
        last_contact=last.astimezone(present.zone).date() if last else None,
        tasks=tuple(_task(task, row.definition_set_id, present, deployed_of) for task in tasks),
    )


def _task(task: UserTask, set_id: int, present: Present, deployed_of: DeployedOf) -> MorningTask:
    due = due_day(task.due_at, present.zone)
    is_late = task.due_at is not None and task.due_at <= present.now
    return MorningTask(
        name=task_label(task, deployed_of(set_id)),
        action_id=task.action_id,
        due_date=due,
        late_days=max(1, (present.today - due).days) if is_late and due else 0,
    )
