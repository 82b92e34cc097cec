"""What a claim answers: the hand-over tasks of an orphan policy that somebody took from the pool (K-C2, K-L2).

Whoever claimed it answers for it, so nobody is asked any more to route it or to take it over. The tasks are
withdrawn, not completed: no form was given. The process passes them by their default flows, in the diagrams that
stand now and in older ones that renewals still run by.
"""

from __future__ import annotations

from engine.domain.contacts import CONTACT_FORMS
from engine.services.context import StepScope
from engine.services.facts import HANDOVER_ACTIONS, WAITS_FOR_CLAIM
from engine.services.passing import pass_task, pass_timer
from engine.services.waits import AGREED_BESIDE_QUOTE, CONTACT_WAITS

CLAIMED = "pool_claimed"
"""The reason kept with the tasks, and the outcome that no flow asks for."""


def open_contact(scope: StepScope) -> None:
    """Open the contact that waits for its day at once: the new owner is to reach the customer within three days."""
    is_agreed = scope.renewal.next_contact_date is not None
    waits = CONTACT_WAITS | AGREED_BESIDE_QUOTE if is_agreed else CONTACT_WAITS
    if any(task.form_id in CONTACT_FORMS for task in scope.tasks):
        return
    timer = next((row for row in scope.timers if row.element_id in waits), None)
    if timer is not None:
        pass_timer(scope, timer, reason=CLAIMED)


def settle_by_claim(scope: StepScope) -> None:
    """Withdraw the open hand-over tasks and end the wait for a claim; the claim is written already."""
    for task in [row for row in scope.tasks if row.action_id in HANDOVER_ACTIONS]:
        if task in scope.tasks:
            pass_task(scope, task, {"route": CLAIMED, "result": CLAIMED}, reason=CLAIMED)
    for timer in [row for row in scope.timers if row.element_id == WAITS_FOR_CLAIM]:
        if timer in scope.timers:
            pass_timer(scope, timer, reason=CLAIMED)
