"""What a claim answers: the hand-over tasks of an orphan policy that somebody took from the pool (K-C2, K-L2).

Whoever claimed it answers for it, so nobody is asked any more to route it or to take it over. The tasks are
withdrawn, not completed: no form was given. The process passes them by their default flows, in the diagrams that
stand now and in older ones that renewals still run by.
"""

from __future__ import annotations

from dataclasses import replace

from engine.domain.contacts import CONTACT_FORMS
from engine.services.context import StepScope
from engine.services.facts import HANDOVER_ACTIONS, WAITS_FOR_CLAIM
from engine.services.hosting import RenewalHost
from engine.services.steps import Cause, apply_step
from engine.spiff import runner

CONTACT_WAITS = frozenset(
    {"wait_next_contact", "wait_key_contact", "wait_last_contact", "wait_win_back_contact"}
)
"""The timers of the stages that open the next contact on its day."""
AGREED_BESIDE_QUOTE = frozenset(
    {"quote_agreed_day", "key_quote_agreed_day", "urgent_quote_agreed_day", "win_back_quote_agreed_day"}
)
"""Those that open the agreed contact while a quote is missing."""
CLAIMED = "pool_claimed"
"""The reason kept with the tasks, and the outcome that no flow asks for."""


def open_contact(scope: StepScope) -> None:
    """Open the contact that waits for its day at once: the new owner is to reach the customer within three days."""
    is_agreed = scope.renewal.next_contact_date is not None
    waits = CONTACT_WAITS | AGREED_BESIDE_QUOTE if is_agreed else CONTACT_WAITS
    if any(task.form_id in CONTACT_FORMS for task in scope.tasks):
        return
    timer = next((row for row in scope.timers if row.element_id in waits), None)
    if timer is not None and timer.spiff_task_id is not None:
        _pass_timer(scope, timer.spiff_task_id)


def settle_by_claim(scope: StepScope) -> None:
    """Withdraw the open hand-over tasks and end the wait for a claim; the claim is written already."""
    for task in [row for row in scope.tasks if row.action_id in HANDOVER_ACTIONS]:
        if task in scope.tasks:
            _pass_task(scope, task.spiff_task_id)
    for timer in [row for row in scope.timers if row.element_id == WAITS_FOR_CLAIM]:
        if timer in scope.timers and timer.spiff_task_id is not None:
            _pass_timer(scope, timer.spiff_task_id)


def _pass_task(scope: StepScope, spiff_id: str) -> None:
    host = RenewalHost(scope)
    step = runner.complete(
        scope.deployed.process,
        scope.instance.definition_key,
        scope.state,
        host,
        spiff_id=spiff_id,
        outcome={"route": CLAIMED, "result": CLAIMED},
        now=scope.now,
    )
    apply_step(scope, host, step, Cause.MESSAGE, reason=CLAIMED)


def _pass_timer(scope: StepScope, spiff_id: str) -> None:
    host = RenewalHost(scope)
    step = runner.cut_short(
        scope.deployed.process,
        scope.instance.definition_key,
        scope.state,
        host,
        spiff_id=spiff_id,
        now=scope.now,
    )
    # Its time has not come: it is cancelled, and the history does not say that it rang.
    apply_step(scope, host, replace(step, fired=step.fired - {spiff_id}), Cause.MESSAGE, reason=CLAIMED)
