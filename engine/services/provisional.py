"""A renewal that a person reports is provisional until a policy shows it (domain.md §7 case 37).

It counts for nothing meanwhile: state and outcome stay as they are, the process goes on. A matching policy ends the
renewal as any other does; without one the report is taken back after ten days.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import forms
from engine.clock import midnight
from engine.domain.contacts import outcome_of
from engine.domain.own_clocks import REPORT_CLOCK
from engine.services.context import StepScope

ISSUED = "51"
POLICY_NO = "policy_no"
KEPT_DAYS = 10


def report(scope: StepScope, policy_no: str) -> None:
    """Note that *policy_no* is said to renew the cover; a later report takes the place of an earlier one."""
    row = scope.renewal
    _stop_clock(scope)
    row.reported_policy_no = policy_no
    row.reported_until = scope.today + timedelta(days=KEPT_DAYS)
    scope.record("renewal_reported", subject=policy_no, until=row.reported_until)
    scope.plan_timer(REPORT_CLOCK, midnight(row.reported_until + timedelta(days=1), scope.engine.clock.zone))


def revert_due(scope: StepScope, moment: datetime) -> None:
    """Take a report back whose time to be verified was over at *moment*."""
    if any(timer.element_id == REPORT_CLOCK and timer.due_at <= moment for timer in scope.timers):
        scope.record("report_reverted", subject=scope.renewal.reported_policy_no, days=KEPT_DAYS)
        forget(scope)


def forget(scope: StepScope) -> None:
    """Let go of a report: it was taken back, or the renewal ended."""
    _stop_clock(scope)
    scope.renewal.reported_policy_no = scope.renewal.reported_until = None


def problems(scope: StepScope, form: forms.Form, clean: Mapping[str, Any]) -> dict[str, forms.Problem]:
    """Return what speaks against the reported policy: it is the one that expires."""
    field, number = form.field(POLICY_NO), clean.get(POLICY_NO)
    if field is None or outcome_of(clean) != ISSUED or not number:
        return {}
    if any(number == line.policy_no for line in scope.lines):
        return {POLICY_NO: forms.expiring_policy(field)}
    return {}


def _stop_clock(scope: StepScope) -> None:
    for timer in [timer for timer in scope.timers if timer.element_id == REPORT_CLOCK]:
        scope.settle_timer(timer)
