"""Which rows are one customer, and what that customer stopped on any of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, not_, or_, select, union
from sqlalchemy.orm import Session, aliased

from engine.domain.customer_file import is_organisation
from engine.domain.withheld import Withheld
from engine.store.renewals import STOPS, Customer


def same_customers(session: Session, customer: Customer) -> Sequence[Customer]:
    """Return the rows that are the same customer as *customer*, itself included.

    The same ID number; else the same name with the same phone, or of an organisation, whose contact persons differ
    (domain.md §7 case 46), the same name alone, unless both have ID numbers that differ. Whoever is the same as one of
    those found is the same too, as long as one ID number at most is among them.
    """
    by_name = is_organisation(customer.name)
    found = {customer.id: customer}
    latest: Sequence[Customer] = [customer]
    while latest:
        numbers = {row.id_no_index for row in found.values() if row.id_no_index is not None}
        if len(numbers) > 1:
            break  # namesakes on one phone: each may be meant, but they are not each other
        alike = [clause for row in latest for clause in _alike(row, numbers, by_name=by_name)]
        query = select(Customer).where(or_(*alike), Customer.id.not_in(found))
        latest = session.scalars(query).all() if alike else ()
        found |= {row.id: row for row in latest}
    return [found[number] for number in sorted(found)]


def _alike(row: Customer, numbers: Collection[bytes], *, by_name: bool) -> list[ColumnElement[bool]]:
    """The clauses for the rows that are directly the same as *row*; *numbers* are the ID numbers known so far."""
    clauses: list[ColumnElement[bool]] = []
    if row.id_no_index is not None:
        clauses.append(Customer.id_no_index == row.id_no_index)
    if row.name_index is None or (not by_name and row.phone_index is None):
        return clauses
    named = [Customer.name_index == row.name_index]
    if not by_name:
        named.append(Customer.phone_index == row.phone_index)
    if numbers:
        named.append(Customer.id_no_index.is_(None))
    return [*clauses, and_(*named)]


def withheld_of(session: Session, customer: Customer | None) -> Withheld:
    """Return what *customer* stopped on any row; nothing where nobody is known."""
    return withheld(same_customers(session, customer)) if customer is not None else Withheld()


def withheld(rows: Collection[Customer]) -> Withheld:
    """Return what the customer of these *rows* stopped on any of them; the first day asked, the last day of keeping."""
    return Withheld(
        do_not_contact=any(row.do_not_contact for row in rows),
        no_sharing=any(row.no_sharing for row in rows),
        erasure_asked_on=min((row.erasure_asked_on for row in rows if row.erasure_asked_on), default=None),
        kept_until=max((row.kept_until for row in rows if row.kept_until), default=None),
    )


def overlooked(session: Session) -> Sequence[Customer]:
    """Return rows that lack what stands on another one of the same ID number, or of the same name and phone, by id.

    Looks at every row of a customer who stopped something; for once a list, not for every tick.
    """
    other = aliased(Customer)
    fields = [(getattr(other, name), getattr(Customer, name)) for name in STOPS.values()]
    lacks = or_(
        *(and_(has, not_(lacks)) for has, lacks in fields),
        and_(other.erasure_asked_on.is_not(None), Customer.erasure_asked_on.is_(None)),
    )
    by_number = select(Customer.id).join(other, other.id_no_index == Customer.id_no_index)
    by_name = select(Customer.id).join(
        other,
        and_(
            other.name_index == Customer.name_index,
            other.phone_index == Customer.phone_index,
            or_(other.id_no_index.is_(None), Customer.id_no_index.is_(None)),
        ),
    )
    found = union(by_number.where(lacks), by_name.where(lacks)).subquery()
    query = select(Customer).join(found, found.c.id == Customer.id).order_by(Customer.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()
