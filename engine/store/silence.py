"""Which renewals still ask for the contact of a customer who wants none (domain.md §4.2, outcome 62)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Select, select, union_all
from sqlalchemy.orm import Session

from engine.domain.codes import IncidentStatus
from engine.store.instances import Incident, Timer
from engine.store.renewals import Customer, Renewal
from engine.store.tasks import OPEN_STATUSES, UserTask


def loud_renewals(
    session: Session, *, forms: Collection[str], waits: Collection[str], limit: int
) -> Sequence[int]:
    """Return open renewals of such customers with an open task of *forms* or a timer of *waits*, by number.

    Those with an open incident are left to whoever mends it.
    """
    asked = _quiet().join(UserTask, UserTask.instance_id == Renewal.id)
    waiting = _quiet().join(Timer, Timer.instance_id == Renewal.id)
    found = union_all(
        asked.where(UserTask.status.in_(OPEN_STATUSES), UserTask.form_id.in_(forms)),
        waiting.where(Timer.settled.is_(False), Timer.element_id.in_(waits)),
    ).subquery()
    failed = select(Incident.instance_id).where(
        Incident.instance_id == found.c.id, Incident.status == str(IncidentStatus.OPEN)
    )
    query = select(found.c.id).where(~failed.exists()).distinct()
    return session.scalars(query.order_by(found.c.id).limit(limit)).all()


def _quiet() -> Select[int]:
    """Few customers are quiet: an index holds those alone."""
    query = select(Renewal.id).join(Customer, Customer.id == Renewal.customer_id)
    return query.where(Customer.do_not_contact, Renewal.ended_at.is_(None))
