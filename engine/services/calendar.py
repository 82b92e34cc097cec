"""Edit the holiday table, which the workday calendar of the whole house is read from (domain.md §7 case 18)."""

from __future__ import annotations

from datetime import date
from typing import Any

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import Role
from engine.domain.workdays import DayKind
from engine.errors import BadInput, Forbidden, NotFound
from engine.label import Label, Thing, one_of
from engine.store.calendar import Holiday


def set_holiday(
    engine: Engine, day: date, *, kind: str, name: str, source: str, provisional: bool = False, actor: Actor
) -> None:
    """Make *day* a holiday or a make-up workday (*kind*: a DayKind), replacing what the table says of it.

    Raises:
        BadInput: a value is unusable. Forbidden: only administrators edit the table.
    """
    _administrators_only(actor)
    if kind not in list(DayKind):
        raise BadInput(what=Thing.KIND, value=kind, reason=one_of(DayKind))
    for what, text in ((Thing.NAME, name), (Thing.SOURCE, source)):
        if not text.strip() or len(text) > 200:
            raise BadInput(
                what=what, value=text[:40], reason=Label("请填写 1–200 个字符。", "enter 1–200 characters.")
            )
    with engine.store.transaction() as tx:
        row = tx.get(Holiday, day)
        before = _facts(row)
        if row is None:
            row = Holiday(day=day)
            tx.add(row)
        row.kind, row.name, row.source, row.provisional = kind, name.strip(), source.strip(), provisional
        tx.record(
            "holiday_changed",
            at=engine.clock.now(),
            actor=actor.name,
            subject=day.isoformat(),
            kind=kind,
            name=name.strip(),
            source=source.strip(),
            before=before,
        )
    engine.forget_calendar()


def remove_holiday(engine: Engine, day: date, *, actor: Actor) -> None:
    """Let *day* be an ordinary day of its week again.

    Raises:
        NotFound: the table says nothing of it. Forbidden: only administrators edit the table.
    """
    _administrators_only(actor)
    with engine.store.transaction() as tx:
        row = tx.get(Holiday, day)
        if row is None:
            raise NotFound(what=Thing.HOLIDAY, key=day.isoformat())
        tx.record(
            "holiday_removed",
            at=engine.clock.now(),
            actor=actor.name,
            subject=day.isoformat(),
            before=_facts(row),
        )
        tx.delete(row)
    engine.forget_calendar()


def _facts(row: Holiday | None) -> dict[str, Any] | None:
    """What the history keeps of a row that is about to change."""
    if row is None:
        return None
    return {"kind": row.kind, "name": row.name, "source": row.source, "provisional": row.provisional}


def _administrators_only(actor: Actor) -> None:
    if not actor.is_operator and Role.ADMIN not in actor.roles:
        raise Forbidden(act=Label("修改假日表", "change the holiday table"))
