"""The claim pool (认领池): orphans that nobody has taken are offered to the workplace, then to the whole city.

Source: domain.md §1.5 with V-21 (units claim within 5 days, what is left is offered to the whole city), K-C2.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import DeadlineEnd, DeadlineKind, OrphanRoute, Role
from engine.domain.deadlines import CLAIMERS as CLAIMERS
from engine.domain.deadlines import may_claim
from engine.errors import BadInput, Conflict, NotFound
from engine.label import Label, Thing
from engine.services.access import sees
from engine.services.assignment import hand_to
from engine.services.context import StepScope
from engine.services.first_contact import last_day, new_deadline
from engine.services.instances import load_scope
from engine.services.orphan_routes import settle
from engine.services.orphan_tasks import open_contact, settle_by_claim
from engine.services.timers import fire_instance
from engine.store.deadlines import Deadline, latest_offer, open_deadlines
from engine.store.organisation import directory_on
from engine.store.renewals import Renewal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

OFFERERS = frozenset({Role.SUPERVISOR, Role.TRAINER, Role.SPECIALIST, Role.CHANNEL})
_TAKEN = Label("已有营销员负责，不是孤儿单", "an agent answers for it: it is no orphan")
_OWN = Label("您已是这笔续保的责任人，无需认领", "you answer for it already: there is nothing to claim")
_RECALLED = Label(
    "客户已撤回向寿险公司提供信息的同意，由交叉销售专员服务",
    "the customer withdrew sharing with the life insurer: the cross-selling specialist serves it",
)
_LOCKED = Label(
    "已转电销，渠道锁定；须先由渠道合作部改派",
    "it is locked to telesales; the channel department has to route it anew first",
)
_ENDED = Label("续保已结束", "the renewal has ended")


class AlreadyClaimed(Conflict):
    """Somebody was faster, or the offer is over."""

    code = "already_claimed"
    zh = "这笔续保已不在认领池中，可能刚被他人认领。请刷新认领池。"
    en = "This renewal is in the claim pool no more; somebody may just have claimed it. Reload the pool."


def offer(scope: StepScope) -> None:
    """Offer an orphan to those who may claim it; one that is offered already stays as it is.

    What the customer keeps from the life insurer is offered to none of its people.
    """
    if scope.renewal.is_recalled or open_deadlines(scope.tx, scope.renewal.id, DeadlineKind.POOL):
        return
    deadline = new_deadline(scope, DeadlineKind.POOL)
    if scope.renewal.workplace_code not in directory_on(scope.tx, scope.today).units:
        deadline.unit_code, deadline.rung_at = None, scope.now  # no workplace to ask first: the whole city
    scope.tx.add(deadline)
    scope.record("pool_offered", subject=deadline.unit_code, branch=deadline.branch_code)


def offer_renewal(engine: Engine, renewal_id: int, *, actor: Actor) -> None:
    """Put an orphan of one's scope into the pool.

    Raises:
        NotFound: no such renewal that this person may offer, be it out of scope or out of an agent's or a
            governing role's reach: all look the same.
        BadInput: an agent answers for it, or it has ended.
    """
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        scope = load_scope(tx, engine, renewal_id, actor=actor, now=now)
        if not sees(actor, scope.renewal) or not actor.roles & OFFERERS:
            raise NotFound(what=Thing.RENEWAL, key=renewal_id)
        reason = _why_not_offered(scope.renewal)
        if reason is not None:
            raise BadInput(what=Thing.RENEWAL, value=renewal_id, reason=reason)
        offer(scope)


def _why_not_offered(renewal: Renewal) -> Label | None:
    if renewal.ended_at is not None:
        return _ENDED
    if renewal.is_recalled:
        return _RECALLED
    if renewal.orphan_route == OrphanRoute.TELESALES:
        return _LOCKED
    return None if renewal.is_orphan else _TAKEN


def claim_renewal(engine: Engine, renewal_id: int, *, actor: Actor) -> date | None:
    """Take an offered renewal: the first who asks answers for it from now on, and nobody is asked to route it.

    Returns the last day for the first contact; None when nobody is to contact the customer any more.

    Raises:
        NotFound: it was never offered to this person. AlreadyClaimed: somebody was faster.
        BadInput: this person answers for it already.
    """
    now = engine.clock.now()
    with engine.store.reading() as session:
        _require_offered(session, renewal_id, actor, engine.clock.today())
    fire_instance(engine, renewal_id, now=now)  # a claim does not overtake a stage that has ended
    with engine.store.transaction() as tx:
        scope = load_scope(tx, engine, renewal_id, actor=actor, now=now)
        row = _require_offered(tx, renewal_id, actor, scope.today)
        if scope.renewal.owner_no is not None and scope.renewal.owner_no == actor.employee_no:
            raise BadInput(what=Thing.RENEWAL, value=renewal_id, reason=_OWN)
        if not _stands(row, scope):
            raise AlreadyClaimed
        row.settled_at, row.ending = now, str(DeadlineEnd.CLAIMED)
        scope.record("pool_claimed", subject=actor.employee_no)
        tx.flush()
        settle_by_claim(scope)
        open_contact(scope)
        hand_to(scope, actor.employee_no, reason="pool", roles=CLAIMERS)
        settle(scope, OrphanRoute.CLAIMED)
        clocks = open_deadlines(tx, renewal_id, DeadlineKind.FIRST_CONTACT)
        return min((last_day(scope, clock) for clock in clocks), default=None)


def _require_offered(session: Session, renewal_id: int, actor: Actor, day: date) -> Deadline:
    """Return the last offer of a renewal, over or not.

    Raises:
        NotFound: there is no such renewal, it was never offered, or not to this person: all look the same.
    """
    row = latest_offer(session, renewal_id)
    if row is None or not may_claim(
        directory_on(session, day),
        actor.employee_no,
        unit=row.unit_code,
        branch=row.branch_code,
        is_wide=row.rung_at is not None,
    ):
        raise NotFound(what=Thing.RENEWAL, key=renewal_id)
    return row


def _stands(row: Deadline, scope: StepScope) -> bool:
    renewal = scope.renewal
    is_open = row.settled_at is None and renewal.ended_at is None
    return is_open and renewal.agent_no is None and renewal.owner_no == row.owner_no
