"""Look at the preview of a hand-over, and change by hand who gets what (domain.md §7 case 13)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import DeadlineKind, HandoverStatus, Role, SplitRule
from engine.domain.deadlines import WORKDAYS
from engine.domain.directory import Directory
from engine.domain.handover import Taker
from engine.errors import BadInput, NotFound
from engine.label import Label, Thing
from engine.services.handover_plan import Leaver, takers_of
from engine.services.handover_reach import leaver_of, lock_preview, reaches
from engine.store.handover import Handover, rows_of_renewals
from engine.store.organisation import directory_on
from engine.store.session import Tx

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MOST_ROWS = 5_000
POOL = "pool"
"""What stands for the claim pool where a taker is chosen."""

_TAKER = Label("接手人", "who takes over")
_NOT_A_TAKER = Label(
    "不在可接手人员之列（须届时在职、同岗位或其上级）", "is not among those who may take over on that day"
)
_NOTHING_TICKED = Label("没有勾选任何一笔，请勾选后再改", "nothing was ticked: tick the rows to change")


def open_handover(engine: Engine, handover_id: int, *, actor: Actor) -> tuple[Taker, ...]:
    """Return who may take the rows of a preview over; nobody once it is confirmed or dropped.

    Raises:
        NotFound: no such hand-over in the actor's reach.
    """
    with engine.store.reading() as session:
        handover = session.get(Handover, handover_id)
        today = engine.clock.today()
        if handover is None or not reaches(actor, directory_on(session, today), handover):
            raise NotFound(what=Thing.HANDOVER, key=handover_id)
        if handover.status != HandoverStatus.PREPARED:
            return ()
        return tuple(takers_after(session, engine, leaver_of(handover), handover.last_day)[1])


def change_rows(
    engine: Engine, handover_id: int, renewal_ids: Sequence[int], to: str, *, actor: Actor
) -> int:
    """Give the chosen rows to *to* (a number, or :data:`POOL`) instead; returns how many were changed.

    Raises:
        NotFound: no such hand-over in reach. HandoverOver: it was confirmed or dropped.
        BadInput: nothing was chosen, or *to* cannot take over on that day.
    """
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        handover = lock_preview(tx, engine, handover_id, actor)
        if not renewal_ids:
            raise BadInput(what=Thing.RENEWAL, value="", reason=_NOTHING_TICKED)
        target = _target(tx, engine, handover, to)
        rows = rows_of_renewals(tx, handover_id, renewal_ids[:MOST_ROWS])
        for row in rows:
            row.to_no, row.rule = target, str(SplitRule.BY_HAND)
        if rows:
            tx.record(
                "handover_changed",
                at=now,
                actor=actor.name,
                subject=handover.from_no,
                handover_id=handover_id,
                to=target,
                renewals=[row.instance_id for row in rows],
            )
        return len(rows)


def _target(tx: Tx, engine: Engine, handover: Handover, to: str) -> str | None:
    leaver = leaver_of(handover)
    if to == POOL and leaver.role is Role.AGENT:
        return None
    _, takers = takers_after(tx, engine, leaver, handover.last_day)
    number = next((one.number for one in takers if one.number == to), None)
    if number is None:
        raise BadInput(what=_TAKER, value=to[:40], reason=_NOT_A_TAKER)
    return number


def takers_after(
    session: Session, engine: Engine, leaver: Leaver, last_day: date
) -> tuple[Directory, list[Taker]]:
    """Return the organisation and who may take over on the day after the last one, or today if that is over."""
    day = max(last_day + timedelta(days=1), engine.clock.today())
    directory = directory_on(session, day)
    until = engine.workdays().add_workdays(day, WORKDAYS[DeadlineKind.FIRST_CONTACT])
    return directory, takers_of(session, directory, leaver, until=until)
