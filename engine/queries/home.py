"""The home page: what is mine today, what is late, what comes, where my unit stands; or an overview."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.codes import IncidentStatus, OutboxStatus, RenewalState, Stage
from engine.domain.masking import mask_text
from engine.queries.drawers import InboxTab, drawer_counts, open_between
from engine.queries.inbox import InboxRow, inbox_rows
from engine.queries.inbox_wish import InboxWish
from engine.queries.names import actor_names, people_told_apart
from engine.queries.portfolio import PortfolioRow, rows_of, shown_rows
from engine.queries.present import Present
from engine.queries.scope import OPEN, messages_about, renewals_visible_to
from engine.store.definitions import DefinitionSet
from engine.store.import_scope import batches_visible_to
from engine.store.imports import ImportBatch
from engine.store.instances import Incident, Timer
from engine.store.outbox import OutboxMessage
from engine.store.renewals import Renewal
from engine.store.tasks import UserTask

WEEK = timedelta(days=7)
SHOWN_TASKS = 8
SHOWN_NEXT = 5
SHOWN_RENEWALS = SHOWN_PEOPLE = 5
SHOWN_BATCHES = SHOWN_INCIDENTS = 5
SHOWN_SETS = 3
NOT_DUE = (RenewalState.EXCLUDED, RenewalState.WITHDRAWN, RenewalState.MERGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A person's own tasks in figures; ``today`` holds the late ones too, ``week`` the seven days after.

    ``first`` are those to begin with, the most at risk before the others; ``next`` those of the seven days after
    when there is something to do today.
    """

    today: int
    late: int
    week: int
    claimable: int
    first: tuple[InboxRow, ...]
    next: tuple[InboxRow, ...]
    week_ends: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSoFar:
    """Expiries of the current calendar month: due, and renewed so far (in-progress basis 进度口径)."""

    first: date
    last: date
    due: int
    renewed: int

    @property
    def rate(self) -> float | None:
        """Renewed over due, None while nothing is due."""
        return self.renewed / self.due if self.due else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LatePerson:
    """Somebody whose tasks in one's scope are late; ``name`` None stands for the queue of ``role``."""

    number: str | None
    name: str | None
    role: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the renewals of a person's scope stand: open ones by stage and state."""

    cells: Mapping[tuple[str, str], int]
    stages: tuple[str, ...]
    states: tuple[str, ...]
    open: int
    month: MonthSoFar
    untouched: tuple[PortfolioRow, ...]
    late: int
    late_people: tuple[LatePerson, ...]

    def stage_total(self, stage: str) -> int:
        """Open renewals in *stage*."""
        return sum(count for (at, _), count in self.cells.items() if at == stage)

    def state_total(self, state: str) -> int:
        """Open renewals in *state*."""
        return sum(count for (_, how), count in self.cells.items() if how == state)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """One recent import."""

    id: int
    kind: str
    file_name: str
    status: str
    read: int
    new: int
    changed: int
    rejected: int
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentLine:
    """One deployed definition set."""

    id: int
    version: int
    digest: str
    deployed_at: datetime
    deployed_by: str
    approved_by: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """One step that failed and still waits for somebody."""

    id: int
    instance_id: int
    element_id: str | None
    message: str
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How the engine does: for those who govern it."""

    open_incidents: int
    overdue_timers: int
    failed_messages: int
    incidents: tuple[IncidentLine, ...]
    batches: tuple[BatchLine, ...]
    deployments: tuple[DeploymentLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """What a person sees first; ``work`` for working roles, ``running`` for governing ones."""

    work: Work | None
    standing: Standing
    running: Running | None


def home_page(session: Session, actor: Actor, present: Present) -> HomePage:
    """Return the home page of *actor*; the number of statements depends on the roles only."""
    return HomePage(
        work=_work(session, actor, present) if actor.working_roles else None,
        standing=_standing(session, actor, present),
        running=_running(session, actor, present) if actor.may_read_everything_in_units() else None,
    )


def _work(session: Session, actor: Actor, present: Present) -> Work:
    counts = drawer_counts(session, actor, present)
    tomorrow, week_ends = present.today + timedelta(days=1), present.today + WEEK
    tab = InboxTab.TODAY if counts[InboxTab.TODAY] else InboxTab.ALL
    wish = InboxWish(tab=tab, limit=SHOWN_TASKS)
    ahead = InboxWish(tab=InboxTab.ALL, due_from=tomorrow, due_to=week_ends, limit=SHOWN_NEXT)
    return Work(
        today=counts[InboxTab.TODAY],
        late=counts[InboxTab.LATE],
        week=open_between(session, actor, present, first=tomorrow, last=week_ends),
        claimable=counts[InboxTab.CLAIMABLE],
        first=inbox_rows(session, actor, wish, present),
        next=inbox_rows(session, actor, ahead, present) if counts[InboxTab.TODAY] else (),
        week_ends=week_ends,
    )


def _standing(session: Session, actor: Actor, present: Present) -> Standing:
    scope = renewals_visible_to(actor)
    rows = session.execute(
        select(Renewal.stage, Renewal.state, func.count().label("n"))
        .where(scope, Renewal.ended_at.is_(None))
        .group_by(Renewal.stage, Renewal.state)
    )
    cells = {(row.stage, row.state): row.n for row in rows}
    untouched = session.execute(
        rows_of(
            scope, Renewal.ended_at.is_(None), Renewal.contacts == 0, Renewal.expiry_date >= present.today
        ).limit(SHOWN_RENEWALS)
    ).all()
    late, late_people = _late_people(session, actor, present)
    return Standing(
        late=late,
        late_people=late_people,
        cells=cells,
        stages=tuple(str(stage) for stage in Stage if any(at == stage for at, _ in cells)),
        states=tuple(str(state) for state in RenewalState if any(how == state for _, how in cells)),
        open=sum(cells.values()),
        month=_month(session, actor, present.today),
        untouched=shown_rows(session, untouched, present.today),
    )


def _late_people(session: Session, actor: Actor, present: Present) -> tuple[int, tuple[LatePerson, ...]]:
    """Late tasks of everybody in the scope: how many, and who holds most of them."""
    rows = session.execute(
        select(UserTask.assignee_no, UserTask.role, func.count().label("n"))
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .where(renewals_visible_to(actor), UserTask.status.in_(OPEN), UserTask.due_at <= present.now)
        .group_by(UserTask.assignee_no, UserTask.role)
        .order_by(func.count().desc(), UserTask.assignee_no, UserTask.role)
    ).all()
    first = rows[:SHOWN_PEOPLE]
    names = people_told_apart(session, {row.assignee_no for row in first})
    return sum(row.n for row in rows), tuple(
        LatePerson(
            number=row.assignee_no,
            name=names.get(row.assignee_no, row.assignee_no) if row.assignee_no else None,
            role=row.role,
            count=row.n,
        )
        for row in first
    )


def _month(session: Session, actor: Actor, today: date) -> MonthSoFar:
    """Excluded, withdrawn and merged renewals are not due (domain.md §2.2)."""
    first = today.replace(day=1)
    last = today.replace(day=monthrange(today.year, today.month)[1])
    renewed = Renewal.outcome.in_([RenewalState.RENEWED, RenewalState.WON_BACK])
    row = session.execute(
        select(
            func.count().label("due"),
            func.coalesce(func.sum(case((renewed, 1), else_=0)), 0).label("renewed"),
        ).where(
            renewals_visible_to(actor),
            Renewal.expiry_date.between(first, last),
            or_(Renewal.outcome.is_(None), Renewal.outcome.not_in(NOT_DUE)),
        )
    ).one()
    return MonthSoFar(first=first, last=last, due=int(row.due), renewed=int(row.renewed))


def _running(session: Session, actor: Actor, present: Present) -> Running:
    scope = select(Renewal.id).where(renewals_visible_to(actor)).scalar_subquery()
    batches = session.scalars(
        select(ImportBatch)
        .where(batches_visible_to(actor))
        .order_by(ImportBatch.id.desc())
        .limit(SHOWN_BATCHES)
    ).all()
    sets = session.scalars(
        select(DefinitionSet).order_by(DefinitionSet.version.desc()).limit(SHOWN_SETS)
    ).all()
    is_open = Incident.status == IncidentStatus.OPEN
    open_incident = and_(is_open, Incident.instance_id.in_(scope))
    counted = and_(is_open, Incident.instance_id.is_(None)) if actor.sees_all else false()
    incidents = session.scalars(
        select(Incident).where(open_incident).order_by(Incident.id.desc()).limit(SHOWN_INCIDENTS)
    )
    waiting = and_(Timer.settled.is_(False), Timer.due_at <= present.now, Timer.instance_id.in_(scope))
    failed = and_(
        OutboxMessage.status.in_([OutboxStatus.FAILED, OutboxStatus.UNKNOWN]),
        messages_about(select(Renewal.id).where(renewals_visible_to(actor))),
    )
    counts = session.execute(
        select(
            select(func.count()).select_from(Incident).where(open_incident | counted).scalar_subquery(),
            select(func.count()).select_from(Timer).where(waiting).scalar_subquery(),
            select(func.count()).select_from(OutboxMessage).where(failed).scalar_subquery(),
        )
    ).one()
    names = actor_names(
        session,
        {b.created_by for b in batches} | {s.deployed_by for s in sets} | {s.approved_by for s in sets},
    )
    return Running(
        open_incidents=counts[0],
        overdue_timers=counts[1],
        failed_messages=counts[2],
        incidents=tuple(_incident(row) for row in incidents),
        batches=tuple(_batch(row, names) for row in batches),
        deployments=tuple(_deployment(row, names) for row in sets),
    )


def _incident(row: Incident) -> IncidentLine:
    return IncidentLine(
        id=row.id,
        instance_id=row.instance_id or 0,  # those of jobs are counted, not listed
        element_id=row.element_id,
        message=mask_text(row.message),
        attempts=row.attempts,
        created_at=row.created_at,
    )


def _batch(row: ImportBatch, names: Mapping[str, str]) -> BatchLine:
    return BatchLine(
        id=row.id,
        kind=row.kind,
        file_name=row.file_name,
        status=row.status,
        read=row.read,
        new=row.new,
        changed=row.changed,
        rejected=row.rejected,
        created_at=row.created_at,
        created_by=names.get(row.created_by, row.created_by),
    )


def _deployment(row: DefinitionSet, names: Mapping[str, str]) -> DeploymentLine:
    approved = row.approved_by
    return DeploymentLine(
        id=row.id,
        version=row.version,
        digest=row.digest,
        deployed_at=row.deployed_at,
        deployed_by=names.get(row.deployed_by, row.deployed_by),
        approved_by=names.get(approved, approved) if approved else None,
        note=row.note,
    )
