"""What a form alone cannot see: days far past the renewal's end, a quote far off its forecast without a cause.

And a notice by a way to which the customer withdrew consent (domain.md §1, P-L2), the claim pool for a policy
that somebody answers for, or a route to people of the life insurer against the customer's word.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import forms
from engine.clock import business_date
from engine.domain.codes import DeadlineKind, QuoteKind
from engine.domain.contacts import NOT_CONTACTED
from engine.services.context import StepScope
from engine.services.first_contact import latest_day
from engine.services.number_sense import number_problems
from engine.services.quote_sense import WIN_BACK_DAYS, last_valid_day, quote_problems
from engine.services.quoting import GivenQuote, difference_from
from engine.store.deadlines import open_deadlines
from engine.store.quotes import current_quotes

FIRST_CONTACT_BY = "deadline"
ROUTING, ROUTE, INTO_POOL, TO_SPECIALIST = "route_orphan", "route", "pool", "specialist"
CONTACT_DAYS = ("contacted_at", "visited_at", "first_contact_date")
"""When a contact or visit took place."""
FIRST_CONTACT, FIRST_RESULT = "first_contact_date", "contact_result"
AGREED_DAYS = ("next_follow_up_date", "appointment_at")
STAGE_DAYS = ("complete_by", "mend_by", "next_check_date")
"""Days on which something of a stage before the expiry comes back (G-L3, G-S1, K-S2)."""
VISIT = "visit_date"
"""The visit planned with the forecast (P-L3): what is planned for a renewal lies within its cover."""
VALID_UNTIL = "valid_until"
OPENS_ON, CAUSE, NO_CAUSE = "opens_on", "difference_cause", "none"
NOTICE, NO_NOTICE = "notice_channel", "none"
MESSAGES = frozenset({"sms", "wechat"})
FAR_OFF, FAR_OFF_YUAN = Decimal("0.2"), Decimal(200)
"""From where on a difference between forecast and actual quote is notable (domain.md §3.6: store its cause)."""


def sense_problems(scope: StepScope, form: forms.Form, clean: Mapping[str, Any]) -> dict[str, forms.Problem]:
    """Return a problem for each value that the form takes but this renewal cannot."""
    return {
        **_late_days(scope, form, clean),
        **_misdated_contacts(scope, form, clean),
        **_unexplained(scope, form, clean),
        **quote_problems(scope, form, clean),
        **number_problems(scope, form, clean),
        **_unwanted(scope, form, clean),
        **_not_an_orphan(scope, form, clean),
        **_kept_from_life(scope, form, clean),
        **_before_hand_over(scope, form, clean),
        **_late_first_contact(scope, form, clean),
    }


def _late_first_contact(
    scope: StepScope, form: forms.Form, clean: Mapping[str, Any]
) -> dict[str, forms.Problem]:
    """Refuse a first contact of an orphan policy that is asked for later than the rule has it (K-C2)."""
    field = form.field(FIRST_CONTACT_BY) if form.form_id == ROUTING else None
    if field is None or not clean.get(FIRST_CONTACT_BY):
        return {}
    last = latest_day(scope)
    return {field.key: forms.too_late(field, last)} if _day(clean[field.key]) > last else {}


def _unwanted(scope: StepScope, form: forms.Form, clean: Mapping[str, Any]) -> dict[str, forms.Problem]:
    """Block a notice in a way that the customer withdrew consent to (P-L2: "block if no consent")."""
    field, chosen, customer = form.field(NOTICE), clean.get(NOTICE), scope.customer
    if field is None or customer is None or chosen in (None, NO_NOTICE):
        return {}
    if customer.do_not_contact:
        return {NOTICE: forms.unwanted(field, may_write=False)}
    stopped = chosen in MESSAGES and customer.no_messages
    return {NOTICE: forms.unwanted(field, may_write=True)} if stopped else {}


def _late_days(scope: StepScope, form: forms.Form, clean: Mapping[str, Any]) -> dict[str, forms.Problem]:
    expiry = scope.renewal.expiry_date
    last = {name: expiry + timedelta(days=WIN_BACK_DAYS) for name in AGREED_DAYS}
    last[VALID_UNTIL] = last_valid_day(expiry, scope.today)
    last |= dict.fromkeys((OPENS_ON, VISIT, *STAGE_DAYS), max(expiry, scope.today))
    return {
        field.key: forms.too_late(field, last[field.key])
        for field in form.fields
        if field.key in last and _day(clean.get(field.key)) > last[field.key]
    }


def _misdated_contacts(
    scope: StepScope, form: forms.Form, clean: Mapping[str, Any]
) -> dict[str, forms.Problem]:
    """Refuse a contact from before the renewal was listed, and one that a result tells of but is still to come."""
    listed = business_date(scope.instance.started_at, scope.engine.clock.zone)
    found = {
        field.key: forms.before_listed(field, listed)
        for field in form.fields
        if field.key in CONTACT_DAYS and clean.get(field.key) and _day(clean[field.key]) < listed
    }
    first = form.field(FIRST_CONTACT)
    took_place = clean.get(FIRST_RESULT) not in (None, NOT_CONTACTED)
    if first is not None and took_place and _day(clean.get(FIRST_CONTACT)) > scope.today:
        found[FIRST_CONTACT] = forms.too_late(first, scope.today)
    return found


def _day(value: Any) -> date:
    return date.fromisoformat(str(value)[:10]) if value else date.min


def _unexplained(scope: StepScope, form: forms.Form, clean: Mapping[str, Any]) -> dict[str, forms.Problem]:
    field = form.field(CAUSE)
    if field is None or clean.get(CAUSE) != NO_CAUSE or clean.get("result") != "quoted":
        return {}
    held = current_quotes(scope.tx, [scope.renewal.id]).get((scope.renewal.id, QuoteKind.FORECAST))
    difference, expected = difference_from(held, GivenQuote.of_form(clean))
    if difference is None or expected is None or abs(difference) < FAR_OFF_YUAN:
        return {}
    if expected and abs(difference) / expected < FAR_OFF:
        return {}
    return {CAUSE: forms.unexplained(field, difference)}


def _not_an_orphan(scope: StepScope, form: forms.Form, clean: Mapping[str, Any]) -> dict[str, forms.Problem]:
    field = form.field(ROUTE) if form.form_id == ROUTING else None
    if field is None or clean.get(ROUTE) != INTO_POOL or scope.renewal.agent_no is None:
        return {}
    return {ROUTE: forms.not_an_orphan(field)}


def _before_hand_over(
    scope: StepScope, form: forms.Form, clean: Mapping[str, Any]
) -> dict[str, forms.Problem]:
    """Refuse a first contact before the policy was handed to who takes it over (K-L2)."""
    field, told = form.field(FIRST_CONTACT), clean.get(FIRST_CONTACT)
    handed = [task.created_at for task in scope.tasks if task.form_id == form.form_id]
    if field is None or not told or not handed:
        return {}
    clocks = open_deadlines(scope.tx, scope.renewal.id, DeadlineKind.FIRST_CONTACT)
    since = business_date(min([*handed, *(row.started_at for row in clocks)]), scope.engine.clock.zone)
    return {FIRST_CONTACT: forms.too_early(field, since)} if _day(told) < since else {}


def _kept_from_life(scope: StepScope, form: forms.Form, clean: Mapping[str, Any]) -> dict[str, forms.Problem]:
    """Leave one route to an orphan whose customer keeps the data from the life insurer (K-C2; PIPL Art. 23)."""
    field = form.field(ROUTE) if form.form_id == ROUTING and scope.renewal.is_recalled else None
    if field is None or clean.get(ROUTE) in (None, TO_SPECIALIST):
        return {}
    return {ROUTE: forms.kept_from_life_route(field)}
