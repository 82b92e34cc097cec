"""Take an outcome back whose new policies were cancelled, and open the renewal again (domain.md §7 case 12).

The renewal keeps its number and its history; the process starts anew on the version it is pinned to, as one more
round (docs/decisions/0007-reopened-in-place.md).
"""

from __future__ import annotations

from datetime import date

from engine.domain.codes import RenewalState, Role, Stage
from engine.domain.stage import stage_on
from engine.services.assignment import assign
from engine.services.context import StepScope
from engine.services.hosting import RenewalHost
from engine.services.sharing import follow, tell
from engine.services.steps import Cause, apply_step
from engine.spiff.starter import Starter
from engine.store.organisation import directory_on

BEFORE_DISPATCH = frozenset({Stage.POOL, Stage.PREPARATION})


def take_back(scope: StepScope, *, left: RenewalState | None, policies: list[str], source: str) -> None:
    """Reverse the outcome; *left* is what the remaining policies amount to (PARTIAL or nothing).

    Within 30 days after the expiry an ended renewal is worked on again, later its outcome is corrected only.
    """
    row = scope.renewal
    scope.record(
        "renewal_reversed",
        subject=", ".join(policies),
        reason=source,
        outcome=row.outcome or row.state,
        left=str(left) if left is not None else None,
    )
    if row.ended_at is None:
        scope.move_to(left or _progress(scope))
    elif _is_over(scope.today, row.expiry_date):
        correct(scope, left or RenewalState.CLOSED_LAPSED)
    else:
        _reopen(scope, left or _progress(scope))


def correct(scope: StepScope, outcome: RenewalState) -> None:
    """Give an ended renewal another outcome; its process stays ended."""
    scope.move_to(outcome)
    scope.renewal.outcome = str(outcome)
    scope.record("outcome_reached", outcome=str(outcome))


def _is_over(today: date, expiry_date: date) -> bool:
    return stage_on(today, expiry_date) is Stage.CLOSED


def _progress(scope: StepScope) -> RenewalState:
    """How far the renewal has come without its new policies."""
    row = scope.renewal
    stage = stage_on(scope.today, row.expiry_date)
    if stage is Stage.WIN_BACK:
        return RenewalState.LAPSED
    if row.contacts:
        return RenewalState.FOLLOWING
    return RenewalState.DISPATCH_PENDING if stage in BEFORE_DISPATCH else RenewalState.ASSIGNED


def _reopen(scope: StepScope, state: RenewalState) -> None:
    row, instance = scope.renewal, scope.instance
    instance.ended_at = row.ended_at = row.outcome = None
    row.rounds += 1
    scope.move_to(state)
    _find_successor(scope)
    if (
        moved := follow(scope)
    ) is not None:  # the customer's word on sharing may have changed while it was closed
        tell(scope.tx, scope.engine, [moved], now=scope.now)
    scope.record("instance_reopened", subject=row.business_key, round=row.rounds, owner=row.owner_no)
    host = RenewalHost(scope)
    step = Starter(scope.deployed.process, instance.definition_key, now=scope.now).start(host)
    apply_step(scope, host, step, Cause.START)


def _find_successor(scope: StepScope) -> None:
    """Whoever left while the renewal was closed was not told to hand it over; do so now."""
    row = scope.renewal
    directory = directory_on(scope.tx, scope.today)
    if row.owner_no and row.owner_role and directory.post_of(row.owner_no, Role(row.owner_role)) is None:
        people = directory.responsible_for(
            agent_no=row.agent_no,
            sub_branch_code=row.sub_branch_code,
            workplace_code=row.workplace_code,
            specialist_no=row.specialist_no,
        )
        assign(scope, people, reason="reopened")
