"""A contact made while an orphan policy was taken over (K-L2) has the consequence of the same one at G-L1.

The form of the take-over asks what a contact asks; its result then answers the open contact of the stage, which is
withdrawn, and the process goes on as after a contact with this result: a loss is verified, an exclusion approved, an
application verified, a number repaired. That goes through the diagrams as they stand, also through older versions that
renewals still run by. Where no contact is open, the messages say what they can. Source: domain.md §1.3 K-L2, §4.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import forms
from engine.domain.codes import MessageName
from engine.domain.contacts import DO_NOT_CONTACT, NOT_CONTACTED, NOT_RENEWABLE, REFUSED
from engine.services.announcing import announce
from engine.services.context import StepScope
from engine.services.passing import pass_task, pass_timer
from engine.services.silence import fall_silent
from engine.services.stating import withdraw_contact
from engine.services.waits import AGREED_BESIDE_QUOTE, CONTACT_WAITS
from engine.store.tasks import UserTask

TOLD = "contacted_at_take_over"
"""The reason kept with the contact that was answered by the take-over."""
ANSWERED = ("record_contact", "win_back_contact", "second_visit")
"""The contacts that it answers, in this order; a joint visit is still to take place."""


def follow(scope: StepScope, values: Mapping[str, Any]) -> None:
    """Let the process go on as after a contact with the result in *values*; nothing when nobody was contacted."""
    result = values.get("contact_result")
    if result in (None, NOT_CONTACTED) or scope.renewal.ended_at is not None:
        return
    contact = _open_contact(scope)
    if contact is not None:
        form = scope.deployed.forms[contact.form_id]
        outcome = forms.outcomes(form, {**values, "result": result})
        pass_task(scope, contact, outcome, reason=TOLD)
    elif (end := _ENDS.get(str(result))) is not None:
        end(scope)


def _open_contact(scope: StepScope) -> UserTask | None:
    """The contact of the stage; one that waits for its day, or beside a quote, is opened now."""
    found = _asked(scope)
    if found is not None:
        return found
    waits = (CONTACT_WAITS, AGREED_BESIDE_QUOTE)
    timer = next((row for of in waits for row in scope.timers if row.element_id in of), None)
    if timer is not None:
        pass_timer(scope, timer, reason=TOLD)
    return _asked(scope)


def _asked(scope: StepScope) -> UserTask | None:
    return next((task for form_id in ANSWERED for task in scope.tasks if task.form_id == form_id), None)


def _lost(scope: StepScope) -> None:
    announce(scope, MessageName.POLICY_LOST, reason=TOLD)


def _excluded(scope: StepScope) -> None:
    announce(scope, MessageName.POLICY_EXCLUDED, reason=TOLD)


def _quiet(scope: StepScope) -> None:
    withdraw_contact(scope)
    fall_silent(scope)


_ENDS: Mapping[str, Callable[[StepScope], None]] = {
    REFUSED: _lost,
    NOT_RENEWABLE: _excluded,
    DO_NOT_CONTACT: _quiet,
}
"""The results that end the contact, also where the diagrams ask for none."""
