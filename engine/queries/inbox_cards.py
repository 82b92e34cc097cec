"""The inbox by customer: the tasks of several cars of one customer are one card (domain.md §7 cases 24 and 46).

A card stands where its first task stands in the order asked for, and holds every other task that the same drawer and
conditions keep of that customer; none of them stands by itself on this page or a later one. Whether tasks belong
together, and where, depends on the whole list and never on the page, so pages neither repeat nor lose a row.

Looking for each card's first task over a whole list would sort a country's open tasks. So the page walks along the
list, asks by the customers it met for their other tasks, and passes over what stood on an earlier page: three
statements by index, whatever the list holds. A fleet that fills the walk makes it walk again, four times as far.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from engine.queries.inbox_order import after_position, in_order, keys_of, order_of, position_of
from engine.queries.inbox_wish import InboxWish
from engine.queries.present import Present
from engine.store.renewals import Renewal
from engine.store.tasks import UserTask

MOST_ROWS = 60
"""A page ends with the card that reaches so many rows, however few cards it has."""
MOST_OF_ONE = 20
"""How many tasks of one card a page shows; the others are counted and found under their customer."""
_FURTHER = 4
_NARROWEST, _WIDEST = 60, 10_000
"""How many rows the first walk reads: enough for a page of cards unless fleets stand in its way."""


@dataclass(frozen=True, slots=True)
class Hand:
    """One card before its rows are read: its tasks in order; *customer_id* and *cars* of several cars alone."""

    task_ids: tuple[int, ...]
    customer_id: int | None = None
    cars: int = 1


@dataclass(frozen=True, slots=True)
class Deal:
    """The cards of a page and the position of its last one, None at the end of the list."""

    hands: tuple[Hand, ...]
    next_position: str | None


@dataclass(frozen=True, slots=True)
class _Kin:
    """The tasks of one customer that the list holds, in order; *is_past*: the first stood on an earlier page."""

    task_ids: tuple[int, ...]
    vehicles: frozenset[int]
    is_past: bool


def dealt(
    session: Session,
    clauses: Sequence[ColumnElement[bool]],
    wish: InboxWish,
    present: Present,
    *,
    most_rows: int = MOST_ROWS,
) -> Deal:
    """Return the cards of one page of the list that *clauses* keep over UserTask ⋈ Renewal.

    Raises:
        BadInput: the position of *wish* was changed by hand.
    """
    width = min(max(_NARROWEST, 3 * wish.limit) + 1, _WIDEST)
    while True:
        steps = _steps(session, clauses, wish, present, width)
        customers = {row.customer_id for row in steps if row.customer_id is not None}
        kin = _kin_of(session, clauses, wish, present, customers)
        is_whole = len(steps) < width
        deal = _deal(steps, kin, wish, most_rows, is_whole=is_whole)
        if deal is not None:
            return deal
        width *= _FURTHER


def _steps(
    session: Session, clauses: Sequence[ColumnElement[bool]], wish: InboxWish, present: Present, width: int
) -> Sequence[Any]:
    order, after = order_of(wish, present), after_position(wish, present)
    query = (
        select(UserTask.id, Renewal.customer_id, *keys_of(order))
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .where(*clauses, *(() if after is None else (after,)))
        .order_by(*in_order(order))
        .limit(width)
    )
    return session.execute(query).all()


def _kin_of(
    session: Session,
    clauses: Sequence[ColumnElement[bool]],
    wish: InboxWish,
    present: Present,
    customers: Collection[int],
) -> Mapping[int, _Kin]:
    """What the whole list holds of *customers*, those of several cars alone."""
    if not customers:
        return {}
    after = after_position(wish, present)
    is_ahead = (true() if after is None else after).label("is_ahead")
    query = (
        select(Renewal.customer_id, UserTask.id, Renewal.vehicle_id, is_ahead)
        .join(Renewal, Renewal.id == UserTask.instance_id)
        .where(*clauses, Renewal.customer_id.in_(sorted(customers)))
        .order_by(*in_order(order_of(wish, present)))
    )
    found: dict[int, list[Any]] = {}
    for row in session.execute(query):
        found.setdefault(row.customer_id, []).append(row)
    kin = {
        customer: _Kin(
            task_ids=tuple(row.id for row in rows),
            vehicles=frozenset(row.vehicle_id for row in rows),
            is_past=not rows[0].is_ahead,
        )
        for customer, rows in found.items()
    }
    return {customer: one for customer, one in kin.items() if len(one.vehicles) > 1}


def _deal(
    steps: Sequence[Any], kin: Mapping[int, _Kin], wish: InboxWish, most_rows: int, *, is_whole: bool
) -> Deal | None:
    """Make the page of *steps*; None when they end before the page does and are not the whole list."""
    hands: list[Hand] = []
    rows, seen, last = 0, set[int](), None
    for step in steps:
        one = kin.get(step.customer_id)
        if one is not None and (one.is_past or step.customer_id in seen):
            continue
        if last is not None and (len(hands) == wish.limit or rows >= most_rows):
            return Deal(tuple(hands), position_of(last, wish))
        hands.append(_hand(step, one))
        rows += min(len(hands[-1].task_ids), MOST_OF_ONE)
        seen.add(step.customer_id)
        last = step
    return Deal(tuple(hands), None) if is_whole else None


def _hand(step: Any, kin: _Kin | None) -> Hand:
    if kin is None:
        return Hand((step.id,))
    return Hand(kin.task_ids, customer_id=step.customer_id, cars=len(kin.vehicles))
