"""The inbox of one person: what is theirs to do, what they may take, what they have done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.codes import TaskStatus
from engine.queries.drawers import OF_OTHERS, InboxTab, drawer, drawer_counts
from engine.queries.inbox_cards import MOST_OF_ONE, dealt
from engine.queries.inbox_order import after_position, in_order, keys_of, order_of, position_of
from engine.queries.inbox_wish import InboxWish, conditions
from engine.queries.names import people_names
from engine.queries.present import Present, due_day, follow_up_day
from engine.queries.risk import missing_contacts
from engine.queries.scope import OPEN
from engine.queries.vehicles import shown_customer, shown_plate
from engine.store.renewals import Customer, Renewal, Vehicle
from engine.store.tasks import UserTask

AT_ONCE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One task as the inbox shows it; personal data is masked already.

    ``stage`` is the renewal's present one; ``due_date`` is the last day to do it; ``late_days`` counts calendar
    days past it, 0 when in time. ``follow_up`` is the day to which it is put off, None once that has come;
    ``is_delegated`` says that somebody handed it on, ``may_take_back`` that this person may take it back.
    ``is_callable`` says that the customer has a phone number and has not asked to be left alone.
    """

    task_id: int
    renewal_id: int
    name: str
    action_id: str
    stage: str
    status: str
    role: str
    priority: int
    due_date: date | None
    follow_up: date | None
    late_days: int
    plate: str | None
    make_model: str | None
    customer: str | None
    is_callable: bool
    expiry_date: date
    days_left: int
    is_key: bool
    is_orphan: bool
    is_recalled: bool
    is_claimed: bool
    is_claimable: bool
    is_stand_in: bool
    is_delegated: bool
    may_take_back: bool
    who: str | None
    premium: Decimal | None
    missing_contacts: int
    completed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCount:
    """One kind of task in the drawer and how many there are."""

    action_id: str
    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxCard:
    """One task, or the tasks of several cars of one customer (*customer_id*) in order.

    ``task_ids`` are all of them; ``rows`` the first :data:`~engine.queries.inbox_cards.MOST_OF_ONE`, which are shown.
    """

    rows: tuple[InboxRow, ...]
    task_ids: tuple[int, ...]
    customer_id: int | None = None
    cars: int = 1

    @property
    def rest(self) -> tuple[int, ...]:
        """The tasks that are not shown."""
        return self.task_ids[len(self.rows) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPage:
    """One page of a drawer, the counts of all drawers, and what may be filtered by."""

    cards: tuple[InboxCard, ...]
    counts: Mapping[InboxTab, int]
    actions: tuple[ActionCount, ...]
    next_position: str | None

    @property
    def rows(self) -> tuple[InboxRow, ...]:
        """The tasks shown, in the order of the page."""
        return tuple(row for card in self.cards for row in card.rows)


def inbox_page(session: Session, actor: Actor, wish: InboxWish, present: Present) -> InboxPage:
    """Return one page of *actor*'s inbox: three statements, however many rows; by customer two more.

    Raises:
        BadInput: the position was changed by hand.
    """
    dealer = _cards_by_customer if wish.is_by_customer else _cards
    cards, position = dealer(session, actor, wish, present)
    shut = wish.tab is InboxTab.DONE
    return InboxPage(
        cards=cards,
        counts=drawer_counts(session, actor, present),
        actions=() if shut else _actions(session, drawer(actor, wish.tab, present)),
        next_position=position,
    )


Cards = tuple[tuple[InboxCard, ...], str | None]
"""The cards of a page, and the position of the last where more follow."""


def _cards(
    session: Session, actor: Actor, wish: InboxWish, present: Present, *, names_all: bool = False
) -> Cards:
    found = _found(session, actor, wish, present)
    shown, more = found[: wish.limit], len(found) > wish.limit
    names = _holders(session, shown) if names_all or wish.tab in OF_OTHERS else {}
    rows = [_row(row, actor, present, names) for row in shown]
    cards = tuple(InboxCard(rows=(row,), task_ids=(row.task_id,)) for row in rows)
    return cards, position_of(shown[-1], wish) if more else None


def _cards_by_customer(session: Session, actor: Actor, wish: InboxWish, present: Present) -> Cards:
    deal = dealt(session, _clauses(session, actor, wish, present), wish, present)
    rows = _read(
        session, actor, wish, present, [n for hand in deal.hands for n in hand.task_ids[:MOST_OF_ONE]]
    )
    cards = (
        InboxCard(
            rows=tuple(rows[number] for number in hand.task_ids[:MOST_OF_ONE] if number in rows),
            task_ids=hand.task_ids,
            customer_id=hand.customer_id,
            cars=hand.cars,
        )
        for hand in deal.hands
    )
    return tuple(card for card in cards if card.rows), deal.next_position


def _read(
    session: Session,
    actor: Actor,
    wish: InboxWish,
    present: Present,
    numbers: Sequence[int],
    *,
    names_all: bool = False,
) -> Mapping[int, InboxRow]:
    found = _rows_by_number(session, numbers)
    names = _holders(session, list(found.values())) if names_all or wish.tab in OF_OTHERS else {}
    return {number: _row(row, actor, present, names) for number, row in found.items()}


def inbox_list(
    session: Session, actor: Actor, wish: InboxWish, present: Present, *, most: int
) -> tuple[InboxRow, ...]:
    """Return the tasks that *wish* keeps in the order of its pages, those folded into a card too; at most so many.

    Every row says by name who has it, one's own too: the list is taken away.
    """
    whole = replace(wish, after=None, limit=most)
    if not wish.is_by_customer:
        return tuple(
            row for card in _cards(session, actor, whole, present, names_all=True)[0] for row in card.rows
        )
    deal = dealt(session, _clauses(session, actor, whole, present), whole, present, most_rows=most)
    numbers = [number for hand in deal.hands for number in hand.task_ids][:most]
    rows = _read(session, actor, whole, present, numbers, names_all=True)
    return tuple(rows[number] for number in numbers if number in rows)


def inbox_rows(session: Session, actor: Actor, wish: InboxWish, present: Present) -> tuple[InboxRow, ...]:
    """Return the rows of *wish* alone, in one statement."""
    found = _found(session, actor, wish, present)[: wish.limit]
    return tuple(_row(row, actor, present, {}) for row in found)


def inbox_ids(
    session: Session, actor: Actor, wish: InboxWish, present: Present, *, most: int
) -> tuple[int, ...]:
    """Return the tasks of a drawer that *wish* keeps, at most so many, in the order they are shown."""
    clauses = _clauses(session, actor, wish, present)
    query = (
        select(UserTask.id)
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .where(*clauses)
        .order_by(*in_order(order_of(wish, present)))
    )
    return tuple(session.scalars(query.limit(most)))


def _found(session: Session, actor: Actor, wish: InboxWish, present: Present) -> Sequence[Any]:
    return session.execute(_rows(_clauses(session, actor, wish, present), wish, present)).all()


def _clauses(session: Session, actor: Actor, wish: InboxWish, present: Present) -> list[ColumnElement[bool]]:
    return [drawer(actor, wish.tab, present), *conditions(session, wish, present)]


def _rows(clauses: list[ColumnElement[bool]], wish: InboxWish, present: Present) -> Select[*tuple[Any, ...]]:
    order, after = order_of(wish, present), after_position(wish, present)
    return (
        select(UserTask, Renewal, Vehicle, Customer, *keys_of(order))
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .outerjoin(Customer, Customer.id == Renewal.customer_id)
        .where(*clauses, *(() if after is None else (after,)))
        .order_by(*in_order(order))
        .limit(wish.limit + 1)
    )


def _rows_by_number(session: Session, numbers: Sequence[int]) -> Mapping[int, Any]:
    """The rows of tasks, by their numbers; a few thousand at a time, as a statement may name no more."""
    found: dict[int, Any] = {}
    for start in range(0, len(numbers), AT_ONCE):
        query = (
            select(UserTask, Renewal, Vehicle, Customer)
            .join(Renewal, Renewal.id == UserTask.instance_id)
            .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
            .outerjoin(Customer, Customer.id == Renewal.customer_id)
            .where(UserTask.id.in_(numbers[start : start + AT_ONCE]))
        )
        found |= {row.UserTask.id: row for row in session.execute(query)}
    return found


def _holders(session: Session, rows: Sequence[Any]) -> Mapping[str, str]:
    """The names of those who have the tasks of a page."""
    numbers = {row.UserTask.claimed_by or row.UserTask.assignee_no for row in rows}
    return people_names(session, numbers)


def _row(row: Any, actor: Actor, present: Present, names: Mapping[str, str]) -> InboxRow:
    task: UserTask = row.UserTask
    who = task.claimed_by or task.assignee_no
    renewal: Renewal = row.Renewal
    due = due_day(task.due_at, present.zone)
    is_open = task.status in OPEN
    overdue = is_open and task.due_at is not None and task.due_at <= present.now
    return InboxRow(
        task_id=task.id,
        renewal_id=renewal.id,
        name=task.name,
        action_id=task.action_id,
        stage=renewal.stage,
        status=task.status,
        role=task.role,
        priority=task.priority,
        due_date=due,
        follow_up=follow_up_day(task.follow_up_at, present) if is_open else None,
        late_days=(present.today - due).days if overdue and due else 0,
        plate=shown_plate(row.Vehicle.plate),
        make_model=row.Vehicle.make_model,
        customer=shown_customer(row.Customer),
        is_callable=_is_callable(row.Customer),
        expiry_date=renewal.expiry_date,
        days_left=(renewal.expiry_date - present.today).days,
        is_key=renewal.is_key,
        is_orphan=renewal.is_orphan,
        is_recalled=renewal.is_recalled,
        is_claimed=task.claimed_by == actor.name,
        is_claimable=task.status == TaskStatus.OPEN and task.assignee_no is None,
        is_stand_in=task.assignee_no in actor.stands_in_for,
        is_delegated=is_open and task.delegated_by is not None,
        may_take_back=is_open and (task.delegated_by == actor.name or task.principal_no in actor.numbers),
        who=f"{names.get(who, '')} {who}".strip() if who else None,
        premium=renewal.premium if renewal.premium is not None else renewal.ctp_premium,
        missing_contacts=missing_contacts(
            renewal.stage,
            renewal.contacts,
            is_quiet=row.Customer is not None and row.Customer.do_not_contact,
        ),
        completed_at=task.completed_at,
    )


def _is_callable(customer: Customer | None) -> bool:
    return (
        customer is not None
        and bool(customer.phone_sealed)
        and not (customer.do_not_contact or customer.no_sharing)
    )


def _actions(session: Session, tasks: ColumnElement[bool]) -> tuple[ActionCount, ...]:
    rows = session.execute(
        select(UserTask.action_id, func.min(UserTask.name).label("name"), func.count().label("n"))
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .where(tasks)
        .group_by(UserTask.action_id)
        .order_by(UserTask.action_id)
    )
    return tuple(ActionCount(action_id=r.action_id, name=r.name, count=r.n) for r in rows)
