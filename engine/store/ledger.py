"""The rows of a workplace's renewal ledger, and its weekly frozen copies.

Rows are put together here because two rooms need the same ones: the page that shows them as they are now and the
job that freezes them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ForeignKey, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

import forms
from engine.domain.codes import Line
from engine.domain.contacts import Choice, Told, told_by
from engine.domain.ledger import LedgerRow, Period, Standing, standing_of
from engine.domain.masking import mask_name, mask_plate, mask_policy_no, mask_text
from engine.errors import NotFound
from engine.label import Label, Thing
from engine.store.base import Base, Code, PrimaryKey, Short
from engine.store.history import HistoryEvent
from engine.store.instances import ProcessInstance
from engine.store.people import people_names, people_told_apart, unit_names
from engine.store.personal import JSON, Personal, SealedBytes
from engine.store.quotes_shown import Quotes, latest_quotes
from engine.store.renewals import Customer, PolicyLine, Renewal, Vehicle
from engine.store.told import choice_label, forms_given_for

AT_ONCE = 500
LONGEST_NOTE = 200
FormsOf = Callable[[int], Mapping[str, forms.Form]]
"""The forms of a deployed set, by the set's number."""
Order = Sequence[tuple[ColumnElement[Any], bool]]
ORDER: Order = ((Renewal.expiry_date.expression, False), (Renewal.id.expression, False))


class LedgerCopy(Base):
    """A workplace's ledger as it was in one ISO week; written once, never changed.

    The history holds a hash over ``salt`` and ``body`` (:func:`engine.domain.commitment.commit_to_copy`).
    ``period_first`` and ``period_last`` bound the expiry dates, ``due_at`` is when it was to be frozen.
    """

    __tablename__ = "ledger_copy"
    __table_args__ = (UniqueConstraint("workplace_code", "week"),)

    id: Mapped[PrimaryKey]
    workplace_code: Mapped[Code]
    workplace: Mapped[Short]
    week: Mapped[Code]
    period_first: Mapped[date]
    period_last: Mapped[date]
    due_at: Mapped[datetime]
    frozen_at: Mapped[datetime]
    row_count: Mapped[int]
    salt: Mapped[Code]
    body_sealed: Mapped[SealedBytes]

    body = Personal[dict[str, Any]](JSON, key=("workplace_code", "week"))


class LedgerConfirmation(Base):
    """A trainer's or specialist's word that a copy is in order (G-L3, G-S4); one each."""

    __tablename__ = "ledger_confirmation"
    __table_args__ = (UniqueConstraint("copy_id", "confirmed_by"),)

    id: Mapped[PrimaryKey]
    copy_id: Mapped[int] = mapped_column(ForeignKey("ledger_copy.id"))
    confirmed_by: Mapped[Code]
    role: Mapped[Code]
    confirmed_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands around a page of renewals, by their ids, codes and numbers."""

    people: Mapping[str, str]
    teams: Mapping[str, str]
    expiring: Mapping[int, Mapping[str, PolicyLine]]
    renewing: Mapping[int, PolicyLine]
    told: Mapping[int, Told]
    quotes: Mapping[int, Quotes]


_NOT_WITH_US = (Standing.LOST, Standing.EXCLUDED, Standing.CANCELLED)


def ledger_query(*clauses: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Return the SELECT behind :func:`ledger_rows`, next expiry first."""
    return (
        select(Renewal, Vehicle, Customer, ProcessInstance.definition_set_id)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .join(ProcessInstance, ProcessInstance.id == Renewal.id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(*clauses)
        .order_by(*(column for column, _ in ORDER))
    )


def of_workplace(workplace_code: str, period: Period) -> tuple[ColumnElement[bool], ...]:
    """Return the WHERE clauses over Renewal of one workplace's ledger."""
    return Renewal.workplace_code == workplace_code, Renewal.expiry_date.between(period.first, period.last)


def ledger_rows(
    session: Session, found: Sequence[Any], *, day: date, zone: ZoneInfo, forms_of: FormsOf
) -> list[LedgerRow]:
    """Return *found*, rows of :func:`ledger_query`, as the ledger shows them on *day*; seven statements a page."""
    renewals: list[Renewal] = [row.Renewal for row in found]
    around = _around(session, renewals, zone)
    return [
        _row(
            row.Renewal,
            row.Vehicle,
            row.Customer,
            around,
            day=day,
            known=forms_of(row.definition_set_id),
        )
        for row in found
    ]


def all_ledger_rows(
    session: Session,
    *clauses: ColumnElement[bool],
    day: date,
    zone: ZoneInfo,
    forms_of: FormsOf,
    limit: int | None = None,
) -> Iterator[LedgerRow]:
    """Yield the whole ledger that *clauses* keep, some hundred rows at a time."""
    found = session.execute(ledger_query(*clauses).limit(limit)).all()
    for start in range(0, len(found), AT_ONCE):
        yield from ledger_rows(session, found[start : start + AT_ONCE], day=day, zone=zone, forms_of=forms_of)


def _around(session: Session, renewals: Sequence[Renewal], zone: ZoneInfo) -> _Around:
    ids = [row.id for row in renewals]
    agents = {row.agent_no for row in renewals}  # their numbers stand in a column of their own
    others = {no for row in renewals for no in (row.supervisor_no, row.specialist_no)}
    expiring: dict[int, dict[str, PolicyLine]] = {}
    renewing: dict[int, PolicyLine] = {}
    lines = select(PolicyLine).where(PolicyLine.renewal_id.in_(ids) | PolicyLine.renews_id.in_(ids))
    for line in session.scalars(lines.order_by(PolicyLine.line.desc(), PolicyLine.expiry_date)):
        if line.renewal_id is not None:
            expiring.setdefault(line.renewal_id, {})[line.line] = line
        if line.renews_id is not None and not line.cancelled:
            renewing[line.renews_id] = line  # sorted so that the commercial policy, the headline, stays
    told = forms_given_for(session, ids, zone)
    return _Around(
        people={**people_names(session, agents), **people_told_apart(session, others)},
        teams=unit_names(session, {row.team_code for row in renewals}),
        expiring=expiring,
        renewing=renewing,
        told={renewal_id: told_by(given) for renewal_id, given in told.items()},
        quotes=latest_quotes(session, ids),
    )


def _row(
    renewal: Renewal,
    vehicle: Vehicle,
    customer: Customer | None,
    around: _Around,
    *,
    day: date,
    known: Mapping[str, forms.Form],
) -> LedgerRow:
    left = (renewal.expiry_date - day).days
    lines, new = around.expiring.get(renewal.id, {}), around.renewing.get(renewal.id)
    standing = standing_of(renewal.outcome, left)
    if standing in _NOT_WITH_US:
        new = None  # a policy that came another way is no renewal with us
    told, (forecast, actual) = around.told[renewal.id], around.quotes.get(renewal.id, (None, None))
    return LedgerRow(
        renewal_id=renewal.id,
        standing=str(standing),
        numbers=numbers_of(renewal),
        team=around.teams.get(renewal.team_code or "", renewal.team_code),
        supervisor=around.people.get(renewal.supervisor_no or "", renewal.supervisor_no),
        agent=around.people.get(renewal.agent_no or ""),
        agent_no=renewal.agent_no,
        is_orphan=renewal.is_orphan,
        is_key=renewal.is_key,
        customer=mask_name(customer.name) if customer and customer.name else None,
        plate=mask_plate(vehicle.plate) if vehicle.plate else None,
        ctp_expiry=_expiry(lines, Line.CTP),
        commercial_expiry=_expiry(lines, Line.COMMERCIAL),
        expiry_date=renewal.expiry_date,
        days_left=left,
        tier=renewal.tier,
        premium=_sum(renewal.premium, renewal.ctp_premium),
        forecast=forecast,
        actual=actual,
        first_contact=told.first_day,
        last_contact=told.last_day,
        contacts=renewal.contacts,
        visit_date=told.visit_date,
        visit_channel=choice_label(known, told.visit_channel),
        result_code=told.result.code if told.result else None,
        result=choice_label(known, told.result),
        stage=renewal.stage,
        state=renewal.state,
        new_policy_no=mask_policy_no(new.policy_no) if new and new.policy_no else None,
        signed_date=new.signed_date if new else None,
        loss_reason=reason_label(known, renewal.loss_reason),
        competitor=_masked(told.competitor, customer),
        competitor_price=told.competitor_price,
        price_gap=told.price_gap.rate if told.price_gap else None,
        price_gap_to=told.price_gap.base.label if told.price_gap else None,
        specialist=around.people.get(renewal.specialist_no or "", renewal.specialist_no),
        note=_masked(told.note, customer),
    )


def _masked(text: str | None, customer: Customer | None) -> str | None:
    """What people typed, without numbers of a person's kind and without the customer's name."""
    if not text:
        return None
    shown, name = mask_text(text), customer.name if customer else None
    return (shown.replace(name, mask_name(name)) if name else shown)[:LONGEST_NOTE]


def reason_label(known: Mapping[str, forms.Form], code: str | None) -> Label | None:
    """Return the label of a renewal's loss reason."""
    return choice_label(known, Choice("lapse_reason", "reason", code)) if code else None


def numbers_of(renewal: Renewal) -> tuple[str, ...]:
    """Return the employee numbers of those who answer for a renewal."""
    numbers = {
        renewal.owner_no,
        renewal.agent_no,
        renewal.supervisor_no,
        renewal.trainer_no,
        renewal.specialist_no,
    }
    return tuple(sorted(number for number in numbers if number))


def _expiry(lines: Mapping[str, PolicyLine], line: Line) -> date | None:
    return lines[line].expiry_date if line in lines else None


def _sum(*amounts: Decimal | None) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


# Frozen copies ----------------------------------------------------------------------------------------------

MARK = "ledgers_frozen"
FROZEN = "ledger_frozen"
CONFIRMED = "ledger_confirmed"


def frozen_week(session: Session) -> str | None:
    """Return the last ISO week whose copies are all there."""
    newest = select(HistoryEvent.subject).where(HistoryEvent.action == MARK)
    return session.scalar(newest.order_by(HistoryEvent.at.desc(), HistoryEvent.seq.desc()).limit(1))


def workplaces_in(session: Session, period: Period) -> list[str]:
    """Return the codes of the workplaces with renewals that expire in *period*."""
    query = select(Renewal.workplace_code).where(
        Renewal.workplace_code.is_not(None), Renewal.expiry_date.between(period.first, period.last)
    )
    return sorted(code for code in session.scalars(query.distinct()) if code)


def frozen_in(session: Session, week: str) -> set[str]:
    """Return the codes of the workplaces whose copy of *week* is there."""
    return set(session.scalars(select(LedgerCopy.workplace_code).where(LedgerCopy.week == week)))


def copies_of(session: Session, workplace_code: str, *, limit: int) -> Sequence[LedgerCopy]:
    """Return the newest copies of a workplace, without their body."""
    query = select(LedgerCopy).where(LedgerCopy.workplace_code == workplace_code)
    return session.scalars(
        query.options(defer(LedgerCopy.body_sealed)).order_by(LedgerCopy.week.desc()).limit(limit)
    ).all()


def find_copy(session: Session, copy_id: int) -> LedgerCopy:
    """Return one copy.

    Raises:
        NotFound: no such copy.
    """
    row = session.get(LedgerCopy, copy_id)
    if row is None:
        raise NotFound(what=Thing.LEDGER_COPY, key=copy_id)
    return row


def copy_name(copy: LedgerCopy) -> str:
    """Return what the history calls a copy: ``ZC01:2026-W48``."""
    return f"{copy.workplace_code}:{copy.week}"


def digest_of(session: Session, copy: LedgerCopy) -> str | None:
    """Return the hash that the history holds of a copy."""
    query = select(HistoryEvent).where(
        HistoryEvent.action == FROZEN,
        HistoryEvent.at == copy.frozen_at,
        HistoryEvent.subject == copy_name(copy),
    )
    event = session.scalar(query.order_by(HistoryEvent.seq).limit(1))
    return str(event.payload["digest"]) if event is not None else None


def confirmations_of(session: Session, copy_ids: Collection[int]) -> Sequence[LedgerConfirmation]:
    """Return who confirmed these copies, the first one first."""
    query = select(LedgerConfirmation).where(LedgerConfirmation.copy_id.in_(copy_ids))
    return session.scalars(query.order_by(LedgerConfirmation.id)).all()
