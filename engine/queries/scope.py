"""Row-level scope: which renewals, tasks and histories an actor may see (domain.md §7 case 45)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.codes import WORKING_ROLES, Role, TaskStatus
from engine.errors import NotFound
from engine.label import Thing
from engine.store.outbox import OutboxAbout, OutboxMessage
from engine.store.renewals import Renewal
from engine.store.tasks import UserTask

OPEN = (TaskStatus.OPEN, TaskStatus.CLAIMED)


def renewals_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the WHERE clause over :class:`Renewal` that keeps the rows of *actor*'s scope."""
    if actor.sees_all:
        return true()
    clauses = _naming(actor)
    if Role.CHANNEL in actor.roles or actor.may_read_everything_in_units():
        clauses.append(_in_units(actor))
    return or_(*clauses) if clauses else false()


def renewals_naming(actor: Actor) -> ColumnElement[bool]:
    """Return the WHERE clause over :class:`Renewal` for those that name *actor*, or whom he stands in for."""
    clauses = _naming(actor)
    return or_(*clauses) if clauses else false()


def _naming(actor: Actor) -> list[ColumnElement[bool]]:
    numbers = sorted(actor.numbers)
    if not numbers:
        return []
    mine = {
        Role.AGENT: Renewal.agent_no,
        Role.SUPERVISOR: Renewal.supervisor_no,
        Role.TRAINER: Renewal.trainer_no,
        Role.SPECIALIST: Renewal.specialist_no,
    }
    held = [column for role, column in mine.items() if role in actor.roles]
    columns = [*held, Renewal.owner_no] if actor.working_roles else held
    return [column.in_(numbers) for column in columns]


def _in_units(actor: Actor) -> ColumnElement[bool]:
    if not actor.unit_codes:
        return false()
    codes = sorted(actor.unit_codes)
    return or_(
        Renewal.sub_branch_code.in_(codes), Renewal.workplace_code.in_(codes), Renewal.branch_code.in_(codes)
    )


def tasks_doable_by(actor: Actor) -> ColumnElement[bool]:
    """Return the WHERE clause over UserTask ⋈ Renewal for tasks *actor* may work on.

    A task assigned to somebody is that person's; one without an assignee belongs to every holder
    of its role whose scope holds the renewal, and to the channel department, the last of those who
    stand in (domain.md §7 case 16).
    """
    clauses: list[ColumnElement[bool]] = []
    if actor.numbers and actor.working_roles:
        clauses.append(UserTask.assignee_no.in_(sorted(actor.numbers)))
    if actor.working_roles:
        clauses.append(
            and_(
                UserTask.assignee_no.is_(None),
                of_role(actor),
                renewals_visible_to(actor),
            )
        )
    return or_(*clauses) if clauses else false()


def of_role(actor: Actor) -> ColumnElement[bool]:
    """Return the WHERE clause over UserTask for roles that *actor* holds or stands in for, when nobody is named."""
    standing_in = WORKING_ROLES if Role.CHANNEL in actor.roles else actor.working_roles
    return UserTask.role.in_([str(role) for role in standing_in])


def messages_about(renewals: Select[int]) -> ColumnElement[bool]:
    """Return the WHERE clause over OutboxMessage for messages that speak of one of *renewals* (their ids)."""
    several = select(OutboxAbout.message_id).where(OutboxAbout.instance_id.in_(renewals))
    return or_(OutboxMessage.instance_id.in_(renewals), OutboxMessage.id.in_(several))


def visible_renewals(actor: Actor) -> Select[Renewal]:
    """Return a SELECT of the renewals in *actor*'s scope."""
    return select(Renewal).where(renewals_visible_to(actor))


def visible_tasks(actor: Actor) -> Select[UserTask, Renewal]:
    """Return a SELECT of (task, renewal) pairs in *actor*'s scope, doable or not."""
    clause = or_(renewals_visible_to(actor), tasks_doable_by(actor))
    return select(UserTask, Renewal).join(Renewal, Renewal.id == UserTask.instance_id).where(clause)


def renewals_open_to(actor: Actor) -> ColumnElement[bool]:
    """Return the WHERE clause over :class:`Renewal` for those whose page *actor* may open: see :func:`find_renewal`."""
    return or_(renewals_visible_to(actor), _handed_to(actor))


def _handed_to(actor: Actor) -> ColumnElement[bool]:
    return exists().where(
        UserTask.instance_id == Renewal.id,
        UserTask.status.in_(OPEN),
        UserTask.delegated_by.is_not(None),
        UserTask.assignee_no.in_(sorted(actor.numbers)),
    )


def renewal_in_reach(session: Session, actor: Actor, renewal_id: int) -> bool:
    """Whether *actor* may open the renewal."""
    wanted = select(Renewal.id).where(Renewal.id == renewal_id, renewals_open_to(actor))
    return session.scalar(wanted) is not None


def find_renewal(session: Session, actor: Actor, renewal_id: int) -> Renewal:
    """Return one renewal of *actor*'s scope, or one of which a colleague handed *actor* an open task.

    Raises:
        NotFound: it does not exist or lies outside the scope; both look the same.
    """
    row = session.scalar(select(Renewal).where(Renewal.id == renewal_id, renewals_open_to(actor)))
    if row is None:
        raise NotFound(what=Thing.RENEWAL, key=renewal_id)
    return row
