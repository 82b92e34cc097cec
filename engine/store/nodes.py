"""Which renewals reach a node of their expiry, found by an index of the days on which they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from engine.store.instances import ProcessInstance
from engine.store.renewals import Customer, Renewal

LIVE = Renewal.ended_at.is_(None)


@dataclass(frozen=True, slots=True)
class Reaching:
    """A live renewal whose day has come; ``told_node`` is the last node it reached.

    ``agent_no`` is whom to tell: None where nobody is (an orphan, a customer who must be left alone, a renewal of
    which a new policy is reported already).
    """

    renewal_id: int
    expiry_date: date
    told_node: int
    agent_no: str | None


def nodes_are_due(session: Session, today: date) -> bool:
    """Whether a live renewal reaches a node on *today* or has not been looked at since it did."""
    return session.execute(_due(today).with_only_columns(Renewal.id).limit(1)).first() is not None


def next_node_date(session: Session) -> date | None:
    """Return the earliest day on which a live renewal reaches a node."""
    return session.scalar(select(func.min(Renewal.next_node_on)).where(LIVE))


def lock_reaching(session: Session, today: date, *, limit: int) -> Sequence[Reaching]:
    """Lock and return live renewals that reach a node on *today* or earlier; what others hold is passed over.

    The instance is locked, as by every step: nobody who works on one waits for this and is waited for as well.
    """
    is_left_alone = or_(
        Renewal.is_orphan,
        func.coalesce(Customer.do_not_contact, False),
        Renewal.reported_policy_no.is_not(None),
    )
    query = (
        _due(today)
        .with_only_columns(
            Renewal.id, Renewal.expiry_date, Renewal.told_node, Renewal.agent_no, is_left_alone.label("alone")
        )
        .join(ProcessInstance, ProcessInstance.id == Renewal.id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .order_by(Renewal.next_node_on)
        .limit(limit)
        .with_for_update(of=ProcessInstance, skip_locked=True)
    )
    return sorted(
        (
            Reaching(row.id, row.expiry_date, row.told_node, None if row.alone else row.agent_no)
            for row in session.execute(query)
        ),
        key=lambda one: one.renewal_id,
    )


def note_nodes(session: Session, reached: Sequence[tuple[int, int, date | None]]) -> None:
    """Note of each renewal which node it has reached, and on which day it will reach the next."""
    session.execute(_NOTE, [{"this": number, "node": node, "next": day} for number, node, day in reached])


_NOTE = (
    update(Renewal.__table__)  # type: ignore[arg-type]
    .where(Renewal.__table__.c.id == bindparam("this"))
    .values(told_node=bindparam("node"), next_node_on=bindparam("next"))
)


def _due(today: date) -> Select[Renewal]:
    return select(Renewal).where(LIVE, Renewal.next_node_on <= today)
