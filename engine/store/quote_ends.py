"""Which actual quotes end, found by an index of the days on which they are looked at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from engine.store.instances import ProcessInstance
from engine.store.quotes import Quote
from engine.store.renewals import Customer, Renewal


@dataclass(frozen=True, slots=True)
class Ending:
    """An actual quote whose day has come; ``is_live`` while its renewal is open.

    ``recipients`` are whom a reminder is for, by number: nobody where the customer must be left alone or a new policy
    is reported already.
    """

    quote_id: int
    renewal_id: int
    version: int
    quote_no: str | None
    valid_until: date
    is_live: bool
    recipients: tuple[str, ...]


def quotes_are_due(session: Session, today: date) -> bool:
    """Whether a quote is to be looked at on *today* or has not been since its day came."""
    return session.scalar(select(Quote.id).where(Quote.look_on <= today).limit(1)) is not None


def next_quote_date(session: Session) -> date | None:
    """Return the earliest day on which a quote is to be looked at."""
    return session.scalar(select(func.min(Quote.look_on)).where(Quote.look_on.is_not(None)))


def lock_ending(session: Session, today: date, *, limit: int) -> Sequence[Ending]:
    """Lock and return quotes to be looked at on *today* or earlier; what others hold is passed over.

    The instance is locked, as by every step.
    """
    is_left_alone = or_(
        func.coalesce(Customer.do_not_contact, False), Renewal.reported_policy_no.is_not(None)
    )
    query = (
        select(
            Quote.id,
            Quote.renewal_id,
            Quote.version,
            Quote.quote_no,
            Quote.valid_until,
            Renewal.ended_at.is_(None).label("is_live"),
            func.coalesce(Renewal.agent_no, Renewal.owner_no).label("server"),
            Renewal.specialist_no,
            is_left_alone.label("alone"),
        )
        .join(Renewal, Renewal.id == Quote.renewal_id)
        .join(ProcessInstance, ProcessInstance.id == Quote.renewal_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(Quote.look_on <= today, Quote.valid_until.is_not(None))
        .order_by(Quote.look_on, Quote.id)
        .limit(limit)
        .with_for_update(of=ProcessInstance, skip_locked=True)
    )
    return [
        Ending(
            row.id,
            row.renewal_id,
            row.version,
            row.quote_no,
            row.valid_until,
            row.is_live,
            () if row.alone else tuple(sorted({no for no in (row.server, row.specialist_no) if no})),
        )
        for row in session.execute(query)
    ]


def note_looks(session: Session, looked: Sequence[tuple[int, date | None]]) -> None:
    """Note of each quote on which day it is looked at next."""
    session.execute(_NOTE, [{"this": number, "next": day} for number, day in looked])


def end_quotes_of(session: Session, renewal_ids: Collection[int]) -> None:
    """Note of renewals that they have no actual quote any more: the next interest asks for one anew."""
    session.execute(
        update(Renewal.__table__)  # type: ignore[arg-type]
        .where(Renewal.__table__.c.id.in_(renewal_ids))
        .values(has_actual_quote=False)
    )


_NOTE = (
    update(Quote.__table__)  # type: ignore[arg-type]
    .where(Quote.__table__.c.id == bindparam("this"))
    .values(look_on=bindparam("next"))
)
