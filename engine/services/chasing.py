"""What a specialist's look at a policy sets off: a work message to those named on the form (K-S2, G-S1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from engine.domain.codes import Role
from engine.domain.notice_hours import notice_moments
from engine.services.context import StepScope
from engine.services.outbox import queue

CHASED = "policy_chased"
KEPT = timedelta(hours=24)
_TEXT = "【车险续保】您负责的一笔续保被专员催办，请尽快登录办理。"
_TEXT_BY = "【车险续保】您负责的一笔续保有信息待补正，请在{month}月{day}日前登录办理。"


def chase(scope: StepScope, roles: Iterable[str], *, by: date | None = None) -> None:
    """Tell each of *roles* of this renewal once a day, in working hours; the message names no customer (§4.9).

    With *by* it says until when what was found missing is to be there.
    """
    row = scope.renewal
    people = {
        Role.AGENT: row.agent_no or row.owner_no,
        Role.SUPERVISOR: row.supervisor_no,
        Role.TRAINER: row.trainer_no,
    }
    numbers = {people.get(Role(role)) for role in roles if role in people}
    leaves = next(notice_moments(scope.now, scope.engine.clock.zone, gathered=timedelta(0)))
    for number in sorted(one for one in numbers if one and one not in scope.actor.numbers):
        queue(
            scope.tx,
            key=f"{CHASED}:{row.id}:{number}:{scope.today.isoformat()}",
            business_key=row.business_key,
            instance_id=row.id,
            channel="sms",
            template=CHASED,
            recipient=number,
            text=_TEXT_BY.format(month=by.month, day=by.day) if by else _TEXT,
            now=scope.now,
            not_before=leaves,
            expires_at=leaves + KEPT,
        )
        scope.record(CHASED, assignee=number)
