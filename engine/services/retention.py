"""Erase the comments and files of customers who asked for deletion, once the law has them kept no longer.

Comments are kept for five years from the end of the last contract (保险法 Art. 87), files, which may show a document of
identity, for ten (反洗钱法 2024); domain.md §5. What the history says of them stays, with hashes that tell nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from engine.bootstrap import Engine
from engine.clock import business_date
from engine.domain.actor import SYSTEM, Actor
from engine.services.erasure import KEPT_YEARS, years_after
from engine.store.notes import ERASED, customers_with_notes, delete_notes
from engine.store.renewals import Customer, last_covered_date
from engine.store.same_customer import same_customers, withheld

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

FILES_YEARS = 10


def erase_kept(engine: Engine, *, now: datetime, actor: Actor = SYSTEM) -> int:
    """Erase what is due at *now* (aware, UTC), a customer at a time; returns how many comments and files went."""
    today = business_date(now, engine.clock.zone)
    with engine.store.reading() as session:
        due = notes_due(session, today)
    return sum(_erase(engine, customer_id, today, now=now, actor=actor) for customer_id in due)


def is_anything_to_erase(engine: Engine, now: datetime) -> bool:
    """Whether :func:`erase_kept` may have anything to do."""
    with engine.store.reading() as session:
        return bool(notes_due(session, business_date(now, engine.clock.zone)))


def notes_due(session: Session, today: date) -> Sequence[int]:
    """Return the customers whose comments, or whose files too, the law has kept no longer on *today*."""
    return customers_with_notes(
        session, comments_before=today, files_before=years_after(today, KEPT_YEARS - FILES_YEARS)
    )


def _erase(engine: Engine, customer_id: int, today: date, *, now: datetime, actor: Actor) -> int:
    with engine.store.transaction() as tx:
        rows = same_customers(tx, tx.get_one(Customer, customer_id))
        numbers = [row.id for row in rows]
        ended = last_covered_date(tx, numbers) or withheld(rows).erasure_asked_on or today
        if years_after(ended, KEPT_YEARS) >= today:  # there was another contract since the request
            return 0
        with_files = years_after(ended, FILES_YEARS) < today
        erased = 0
        for renewal_id, (comments, files) in delete_notes(tx, numbers, with_files=with_files).items():
            erased += len(comments) + len(files)
            tx.record(
                ERASED,
                at=now,
                actor=actor.name,
                instance_id=renewal_id,
                comments=comments,
                attachments=files,
            )
        return erased
