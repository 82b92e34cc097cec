"""What a person asks the inbox for: a drawer, conditions, an order; and the conditions as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, false, or_
from sqlalchemy.orm import Session, aliased

from engine.clock import midnight
from engine.domain.codes import CustomerTier, TaskStatus
from engine.queries.drawers import OF_OTHERS, InboxTab, late
from engine.queries.present import Present
from engine.queries.vehicles import renewals_matching
from engine.store.renewals import Renewal
from engine.store.tasks import UserTask

PAGE = 30
STILL = timedelta(days=3)
"""Whole days without an action after which a policy is to be chased."""


class InboxSort(StrEnum):
    """What comes first: the most at risk (engine/queries/risk.py), what is due, or what expires."""

    RISK = "risk"
    DUE = "due"
    EXPIRY = "expiry"


class InboxGroup(StrEnum):
    """Whether the tasks of several cars of one customer are one card, or every task stands by itself."""

    CUSTOMER = "customer"
    SINGLE = "single"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxWish:
    """Which tasks to show; ``due_from`` and ``due_to`` are business dates, both included.

    ``unit`` is the code of a team, workplace, sub-branch or branch; ``is_overdue`` keeps what is past its due day, ``is_still`` what has
    waited for more than three days while no task of its renewal was done (K-S2);
    ``customer_id`` keeps one customer's; ``is_void`` keeps nothing: a condition could not be read. Of what is done,
    which is read by day, ``group`` makes no cards; ``limit`` counts cards.
    Without ``sort`` one's own tasks come by risk and those to be claimed, which may be a country's, by due date.
    """

    tab: InboxTab = InboxTab.TODAY
    action_id: str | None = None
    stage: str | None = None
    tier: CustomerTier | None = None
    unit: str | None = None
    is_key: bool = False
    is_orphan: bool = False
    is_overdue: bool = False
    is_still: bool = False
    due_from: date | None = None
    due_to: date | None = None
    search: str = ""
    customer_id: int | None = None
    sort: InboxSort | None = None
    group: InboxGroup = InboxGroup.SINGLE
    is_void: bool = False
    after: str | None = None
    limit: int = PAGE

    @property
    def order(self) -> InboxSort:
        """What comes first in an open drawer."""
        by_due = self.tab is InboxTab.CLAIMABLE or self.tab in OF_OTHERS
        return self.sort or (InboxSort.DUE if by_due else InboxSort.RISK)

    @property
    def is_by_customer(self) -> bool:
        """Whether several cars of one customer are one card."""
        return self.group is InboxGroup.CUSTOMER and self.tab is not InboxTab.DONE

    @property
    def is_narrowed(self) -> bool:
        """Whether the wish keeps less than the whole drawer."""
        return any(
            (
                self.action_id,
                self.stage,
                self.tier,
                self.unit,
                self.is_key,
                self.is_orphan,
                self.is_overdue,
                self.is_still,
                self.due_from,
                self.due_to,
                self.search,
                self.customer_id,
            )
        )


def conditions(session: Session, wish: InboxWish, present: Present) -> list[ColumnElement[bool]]:
    """Return the person's own narrowing over UserTask ⋈ Renewal."""
    if wish.is_void:
        return [false()]
    clauses = [*_of_task(wish, present), *_of_renewal(wish)]
    found = renewals_matching(session, wish.search)
    return clauses if found is None else [*clauses, found]


def _of_task(wish: InboxWish, present: Present) -> list[ColumnElement[bool]]:
    """A due day ends where the next one begins."""
    clauses: list[ColumnElement[bool]] = []
    if wish.action_id:
        clauses.append(UserTask.action_id == wish.action_id)
    if wish.is_overdue:
        clauses.append(late(present))
    if wish.is_still:
        clauses.append(still(present))
    if wish.due_from:
        clauses.append(UserTask.due_at > midnight(wish.due_from, present.zone))
    if wish.due_to:
        clauses.append(UserTask.due_at <= midnight(wish.due_to + timedelta(days=1), present.zone))
    return clauses


def still(present: Present) -> ColumnElement[bool]:
    """Tasks open for more than three days of renewals of which nothing was done meanwhile (domain.md §1.3 K-S2)."""
    done, before = aliased(UserTask), midnight(present.today - STILL, present.zone)
    moved = exists().where(
        done.instance_id == UserTask.instance_id,
        done.status == TaskStatus.COMPLETED,
        done.completed_at >= before,
    )
    return and_(UserTask.created_at < before, ~moved)


def _of_renewal(wish: InboxWish) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if wish.stage:
        clauses.append(Renewal.stage == wish.stage)
    if wish.tier:
        clauses.append(Renewal.tier == wish.tier)
    if wish.is_key:
        clauses.append(Renewal.is_key.is_(True))
    if wish.is_orphan:
        clauses.append(Renewal.is_orphan.is_(True))
    if wish.customer_id is not None:
        clauses.append(Renewal.customer_id == wish.customer_id)
    if wish.unit:
        clauses.append(of_unit(wish.unit))
    return clauses


def of_unit(code: str) -> ColumnElement[bool]:
    """Return the WHERE clause over Renewal for those of a team, workplace, sub-branch or branch."""
    units = (Renewal.team_code, Renewal.workplace_code, Renewal.sub_branch_code, Renewal.branch_code)
    return or_(*(column == code for column in units))
