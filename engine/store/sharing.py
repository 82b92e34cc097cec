"""Which renewals follow what their customers say of sharing with the life insurer (domain.md §5, PIPL Art. 23)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import false, func, select, union_all
from sqlalchemy.orm import Session

from engine.store.instances import ProcessInstance
from engine.store.renewals import Customer, Renewal


def open_renewals_of_all(session: Session, customer_ids: Collection[int]) -> Sequence[int]:
    """Return the renewals of customers that have not ended, by number."""
    query = select(Renewal.id).where(Renewal.customer_id.in_(customer_ids), Renewal.ended_at.is_(None))
    return session.scalars(query.order_by(Renewal.id)).all()


def astray(session: Session, *, limit: int) -> Sequence[int]:
    """Return open renewals that are not where their customer's word on sharing puts them, by number.

    Each part finds its few rows by an index of its own.
    """
    shared_still = (
        select(Renewal.id)
        .join(Customer, Customer.id == Renewal.customer_id)
        .where(Customer.no_sharing, Renewal.is_recalled.is_(False), Renewal.ended_at.is_(None))
    )
    recalled_still = (
        select(Renewal.id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(
            Renewal.is_recalled,
            func.coalesce(Customer.no_sharing, false()).is_(False),
            Renewal.ended_at.is_(None),
        )
    )
    found = union_all(shared_still, recalled_still).subquery()
    return session.scalars(select(found.c.id).order_by(found.c.id).limit(limit)).all()


def lock_free(session: Session, renewal_ids: Collection[int]) -> Sequence[ProcessInstance]:
    """Lock and return those among the open instances that nobody else works on, in the order of their numbers.

    Whoever asks may hold another renewal already: to wait here could wait for somebody who waits for that one.
    """
    return session.scalars(
        select(ProcessInstance)
        .where(ProcessInstance.id.in_(renewal_ids), ProcessInstance.ended_at.is_(None))
        .order_by(ProcessInstance.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
