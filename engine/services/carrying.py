"""Carry what a customer stopped over to every row that turns out to be the same customer.

A list may name a known customer in other words: with an ID number for the first time, with another car. The row that
is made for it gets what stands on the others, and the other way about, before anything is started for it
(domain.md §5, §7 cases 24, 26 and 44; PIPL Art. 15, 47).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from engine.domain.actor import Actor
from engine.store.renewals import STOPS, Customer, Renewal
from engine.store.same_customer import overlooked, same_customers, withheld
from engine.store.session import Tx
from engine.store.sharing import open_renewals_of_all

CARRIED = "stops_carried_over"
ERASURE = "erasure"
"""How the event names that a request for deletion was carried over, beside the fields of :data:`STOPS`."""
Carried = Mapping[int, tuple[str, ...]]
"""What each of some rows got, by its id; only those that got something."""


def carry_stops(rows: Collection[Customer]) -> Carried:
    """Give each of *rows*, which are one customer, what stands on any of them; returns what each got."""
    if len(rows) < 2:
        return {}
    stopped, got = withheld(rows), {row.id: _given(row, rows) for row in rows}
    for row in rows:
        if ERASURE in got[row.id]:
            row.erasure_asked_on, row.kept_until = stopped.erasure_asked_on, stopped.kept_until
    return {number: fields for number, fields in got.items() if fields}


def _given(row: Customer, rows: Collection[Customer]) -> tuple[str, ...]:
    fields = [
        name for name in STOPS.values() if not getattr(row, name) and any(getattr(o, name) for o in rows)
    ]
    for name in fields:
        setattr(row, name, True)
    if row.erasure_asked_on is None and any(one.erasure_asked_on for one in rows):
        fields.append(ERASURE)
    return tuple(fields)


def record_carried(
    tx: Tx,
    carried: Carried,
    *,
    customer_id: int | None,
    renewal_id: int,
    beside: Iterable[Renewal] = (),
    actor: Actor,
    now: datetime,
    source: str,
) -> None:
    """Tell it on the renewal *renewal_id* of *customer_id*, and on the open renewals of the other rows.

    *beside* are renewals that are not stored yet.
    """
    for number, fields in carried.items():
        told = {renewal_id} if number == customer_id else set(open_renewals_of_all(tx, [number]))
        told |= {one.id for one in beside if one.customer_id == number}
        for instance_id in sorted(told or {renewal_id}):
            tx.record(
                CARRIED, at=now, actor=actor.name, instance_id=instance_id, fields=list(fields), source=source
            )


def carry_overlooked(tx: Tx, *, actor: Actor, now: datetime, source: str) -> None:
    """Carry over what was missed: a word that was taken while a list was stored, rows of before this was done.

    Where two ID numbers share a name and a phone it is left to people which of the two is meant.
    """
    for row in overlooked(tx):
        rows = same_customers(tx, row)
        if len({one.id_no_index for one in rows if one.id_no_index is not None}) > 1:
            continue
        for number, fields in carry_stops(rows).items():
            told: Sequence[int | None] = open_renewals_of_all(tx, [number]) or [None]
            for instance_id in told:
                tx.record(
                    CARRIED,
                    at=now,
                    actor=actor.name,
                    instance_id=instance_id,
                    fields=list(fields),
                    source=source,
                )
