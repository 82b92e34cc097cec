"""Recall a renewal from the life insurer when its customer withdraws sharing, and give it back on a new consent.

Source: domain.md §5 (``share_to_life``: "list filtered … recall on withdrawal"), PIPL Art. 23. From the moment the
withdrawal is recorded no person of the life insurer answers for the customer's open renewals, sees them or has a task
of them: the cross-selling specialist serves them directly (a route of K-C2, §1.3) and does the open tasks, with a
clock of the own for the first contact. Where there is no specialist, it is the channel department's queue (§7 case 16).

A new consent gives back what is open then: renewal and open tasks. Nothing of before is touched: what was completed,
missed or recorded meanwhile stays the specialist's. Renewals that have ended stay with whom they ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.bootstrap import Engine
from engine.clock import business_date
from engine.domain.codes import LIFE_ROLES, DeadlineEnd, DeadlineKind, Role
from engine.domain.deadlines import channel_of
from engine.domain.notice_hours import notice_moments
from engine.domain.succession import given_back, kept_from_life
from engine.services.assignment import assign, responsible_of
from engine.services.context import StepScope
from engine.services.outbox import queue
from engine.store.deadlines import open_deadlines
from engine.store.organisation import directory_on
from engine.store.renewals import Renewal
from engine.store.session import Tx
from engine.store.tasks import UserTask

RECALLED, GIVEN_BACK = "sharing_recalled", "sharing_given_back"
KEPT = timedelta(days=3)
_TEXTS = {
    (
        RECALLED,
        False,
    ): "【车险续保】有{n}续保的客户已撤回向寿险公司提供信息的同意，已转由专员服务，请勿再联系客户。",
    (RECALLED, True): "【车险续保】有{n}续保的客户已撤回向寿险公司提供信息的同意，现由您负责，请登录办理。",
    (GIVEN_BACK, False): "【车险续保】有{n}续保的客户已重新同意向寿险公司提供信息，已转回寿险人员服务。",
    (GIVEN_BACK, True): "【车险续保】有{n}续保的客户已重新同意向寿险公司提供信息，现由您负责，请登录办理。",
}
"""By what happened and whether it is told to the new owner or to the former one; no customer is named (§4.9)."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A renewal that changed hands: what happened, who had it and who has it now; None is the channel's queue."""

    renewal: Renewal
    event: str
    former: str | None
    owner: str | None


def is_kept_from_life(scope: StepScope) -> bool:
    """Whether the customer of the renewal does not let the life insurer have the data."""
    return scope.customer is not None and scope.customer.no_sharing


def follow(scope: StepScope) -> Moved | None:
    """Bring an open renewal to where its customer's word on sharing puts it; None when it is there already."""
    row = scope.renewal
    wanted = is_kept_from_life(scope)
    if row.ended_at is not None or row.is_recalled == wanted:
        return None
    return _recall(scope) if wanted else _give_back(scope)


def _recall(scope: StepScope) -> Moved:
    row = scope.renewal
    former, tasks = row.owner_no, len(scope.tasks)
    row.recalled_agent_no, row.recalled_owner_no, row.is_recalled = row.agent_no, former, True
    for task in scope.tasks:
        _call_back(scope, task)
    _end_offers(scope)
    _record(scope, RECALLED, former, row.specialist_no, tasks)
    assign(scope, kept_from_life(responsible_of(row)), reason=RECALLED)
    return Moved(row, RECALLED, former, row.owner_no)


def _give_back(scope: StepScope) -> Moved:
    row = scope.renewal
    former, before = row.owner_no, responsible_of(row)
    people = given_back(
        directory_on(scope.tx, scope.today),
        before,
        agent_no=row.recalled_agent_no,
        owner_no=row.recalled_owner_no,
    )
    row.is_recalled = False
    row.recalled_agent_no = row.recalled_owner_no = None
    _record(scope, GIVEN_BACK, former, people.owner_no, len(scope.tasks))
    assign(scope, people, reason=GIVEN_BACK)
    return Moved(row, GIVEN_BACK, former, row.owner_no)


def _record(scope: StepScope, event: str, former: str | None, owner: str | None, tasks: int) -> None:
    ends: dict[str, Any] = {"from": former, "to": owner}
    scope.record(event, tasks=tasks, **ends)


def _call_back(scope: StepScope, task: UserTask) -> None:
    """End the delegation of a task of the life insurer's side that the specialist had handed on to its people."""
    if task.delegated_by is None or task.principal_no is None or Role(task.role) not in LIFE_ROLES:
        return
    if task.principal_no != scope.renewal.specialist_no:
        return  # it moves as a whole
    ends: dict[str, Any] = {"from": task.assignee_no, "to": task.principal_no}
    scope.record("task_taken_back", about=task, subject=task.name, action_id=task.action_id, **ends)
    task.assignee_no, task.delegated_by, task.principal_no = task.principal_no, None, None
    task.claimed_by = task.claimed_at = task.follow_up_at = None
    task.status, task.version = "open", task.version + 1


def _end_offers(scope: StepScope) -> None:
    """Nobody of the life insurer may claim it from the pool any more."""
    for offer in open_deadlines(scope.tx, scope.renewal.id, DeadlineKind.POOL):
        offer.settled_at, offer.ending = scope.now, str(DeadlineEnd.PASSED_ON)


def tell(tx: Tx, engine: Engine, moved: Iterable[Moved], *, now: datetime) -> None:
    """Tell the former and the new owners by one work message a person and event, however many renewals moved."""
    about: dict[tuple[str, bool, str], list[Renewal]] = {}
    for one in moved:
        for is_new, number in ((False, one.former), (True, one.owner)):
            for who in [number] if number is not None else _channel(tx, engine, one.renewal, now):
                about.setdefault((one.event, is_new, who), []).append(one.renewal)
    leaves = next(notice_moments(now, engine.clock.zone, gathered=timedelta(0)))
    for (event, is_new, who), renewals in sorted(about.items(), key=lambda pair: pair[0]):
        alone = renewals[0] if len(renewals) == 1 else None
        counted = "一笔" if alone else f"{len(renewals)}笔"
        queue(
            tx,
            key=f"{event}:{renewals[0].id}:{now:%Y%m%dT%H%M%S}:{who}"[:64],
            business_key=alone.business_key if alone else None,
            instance_id=alone.id if alone else None,
            channel="sms",
            template=event,
            recipient=who,
            text=_TEXTS[event, is_new].format(n=counted),
            now=now,
            not_before=leaves,
            expires_at=leaves + KEPT,
        )


def _channel(tx: Tx, engine: Engine, renewal: Renewal, now: datetime) -> list[str]:
    """The channel department of the branch, in whose queue it is while nobody is named."""
    directory = directory_on(tx, business_date(now, engine.clock.zone))
    return sorted(channel_of(directory, renewal.branch_code))
