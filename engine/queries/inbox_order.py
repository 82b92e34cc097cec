"""The orders of the inbox as SQL, and positions in them, so that page 400 costs what page 1 costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func

from engine.queries.drawers import InboxTab
from engine.queries.inbox_wish import InboxSort, InboxWish
from engine.queries.keyset import beyond, pack_position, unpack_position
from engine.queries.present import Present
from engine.queries.risk import risk
from engine.store.renewals import Renewal
from engine.store.tasks import UserTask

NEVER = datetime(9999, 1, 1, tzinfo=UTC)

Order = Sequence[tuple[ColumnElement[Any], bool]]
"""Columns and whether they fall; together they name one row."""


def order_of(wish: InboxWish, present: Present) -> Order:
    """Return what the rows of *wish* are ordered by, over UserTask ⋈ Renewal."""
    task = (UserTask.id.expression, False)
    if wish.tab is InboxTab.DONE:
        return [(func.coalesce(UserTask.completed_at, NEVER), True), (UserTask.id.expression, True)]
    if wish.order is InboxSort.RISK:
        return [(risk(present.today), True), task]
    if wish.order is InboxSort.EXPIRY:
        return [(Renewal.expiry_date.expression, False), task]
    return [(func.coalesce(UserTask.due_at, NEVER), False), (UserTask.priority.expression, True), task]


def _kinds(wish: InboxWish) -> tuple[type, ...]:
    """The types of the values a row's position is made of."""
    if wish.tab is InboxTab.DONE:
        return datetime, int
    kinds: Mapping[InboxSort, tuple[type, ...]] = {
        InboxSort.RISK: (int, int),
        InboxSort.EXPIRY: (date, int),
        InboxSort.DUE: (datetime, int, int),
    }
    return kinds[wish.order]


def in_order(order: Order) -> list[Any]:
    """Return *order* as the clauses of ORDER BY."""
    return [column.desc() if falling else column.asc() for column, falling in order]


def after_position(wish: InboxWish, present: Present) -> ColumnElement[bool] | None:
    """Return the clause for what comes after the position of *wish*; None where it has none.

    Raises:
        BadInput: the position was changed by hand.
    """
    if not wish.after:
        return None
    return beyond(order_of(wish, present), unpack_position(wish.after, *_kinds(wish)))


def keys_of(order: Order) -> list[ColumnElement[Any]]:
    """Return the columns that hold a row's position, to be selected beside it."""
    return [column.label(f"key_{number}") for number, (column, _) in enumerate(order)]


def position_of(row: Any, wish: InboxWish) -> str:
    """Return the position of *row*, which was selected with :func:`keys_of`."""
    values = [getattr(row, f"key_{number}") for number in range(len(_kinds(wish)))]
    kinds = _kinds(wish)
    return pack_position(
        *(int(value) if kind is int else value for value, kind in zip(values, kinds, strict=True))
    )
