"""What a submitted form changes beyond the process: progress, counters, reasons (domain.md §4.1–4.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.domain.codes import DeadlineKind, OrphanRoute, RenewalState, Stage
from engine.domain.contacts import (
    EFFECTIVE_RESULTS,
    NO_ANSWER,
    NOT_CONTACTED,
    NOT_RENEWABLE,
    REFUSED,
    next_contact_day,
)
from engine.domain.naming import AGENT, ASSIGNEE, SERVICING, TRAINER
from engine.domain.stage import stage_last_day
from engine.services import (
    chasing,
    first_contact,
    orphan_routes,
    phones,
    pool,
    provisional,
    quoting,
    recheck,
    transfers,
)
from engine.services.assignment import DISPATCH, WIN_BACK, hand_to, name_trainer, place_of, roles_of
from engine.services.context import StepScope
from engine.store.organisation import directory_on

Values = Mapping[str, Any]

FAILED_VISIT_RESULTS = frozenset({"31", "32", "33", "34"})
QUOTED_RESULTS = frozenset({"14", "15"})
AGREED = "41"
ENTERED_WITHIN = 2
"""Days after a contact within which it is to be written down."""
INTO_POOL = "pool"
"""The route by which an orphan policy goes into the claim pool (§1.5 V-21) [inferred 推断]."""
_KEY_BY_CATEGORY = {"key": True, "normal": False}
REVIEW = "review"
_BEFORE_CONTACT = (RenewalState.DISPATCH_PENDING, RenewalState.ASSIGNED)


def absorb(scope: StepScope, form_id: str, values: Values) -> None:
    """Apply the consequences of a submission to the renewal's row."""
    effect = _EFFECTS.get(form_id)
    if effect is not None:
        effect(scope, values)


def _dispatched(scope: StepScope, values: Values) -> None:
    """The list reached an agent (P-S1): another agent, or trainer, than listed becomes responsible."""
    listed, trainer = scope.renewal.trainer_no, values.get(TRAINER)
    _name(scope, AGENT, values, reason=DISPATCH)
    if trainer != listed and not scope.renewal.is_recalled:
        name_trainer(scope, trainer, reason=DISPATCH)
    _sorted_as_key(scope, values)
    if scope.renewal.state == RenewalState.DISPATCH_PENDING:
        scope.move_to(RenewalState.ASSIGNED)
    _exclusion(scope, values)


def _sorted_as_key(scope: StepScope, values: Values) -> None:
    """A customer sorted as key, or as normal, is one until the decision table says otherwise (K-S1)."""
    is_key, row = _KEY_BY_CATEGORY.get(str(values.get("category"))), scope.renewal
    if is_key is not None and is_key != row.is_key:
        scope.change_fact("is_key", row.is_key, is_key, source="P-S1")
        row.is_key = is_key


def _name(scope: StepScope, field: str, values: Values, *, reason: str) -> None:
    """Make whom *field* names responsible, in a role that the field and the other answers take."""
    directory = directory_on(scope.tx, scope.today)
    roles = roles_of(scope.renewal, field, values, directory, place_of(scope.renewal))
    hand_to(scope, values.get(field), reason=reason, roles=roles)


def _taken_over(scope: StepScope, values: Values) -> None:
    """A supervisor took an orphan policy over, and serves it himself or named who does (K-L2)."""
    if values.get("result") == "accepted":
        _pass_on(scope, values)
        is_specialists = scope.renewal.owner_role == OrphanRoute.SPECIALIST  # kept from the life insurer
        orphan_routes.settle(scope, OrphanRoute.SPECIALIST if is_specialists else OrphanRoute.SUPERVISOR)
        told = {"result": values.get("contact_result"), "contacted_at": values.get("first_contact_date")}
        if told["result"] not in (None, NOT_CONTACTED):
            _contacted(scope, {**values, **told})


def _pass_on(scope: StepScope, values: Values) -> None:
    """Hand the policy to the servicing agent; what was agreed for the first contact does not move back by it."""
    clock = first_contact.open_clock(scope)
    is_owed = clock is not None and clock.rung_at is None
    by = first_contact.last_day(scope, clock) if clock is not None and is_owed else None
    _name(scope, SERVICING, values, reason="K-L2")
    begun = first_contact.open_clock(scope)
    if (
        by is not None
        and begun is not None
        and begun is not clock
        and by < first_contact.last_day(scope, begun)
    ):
        first_contact.agree(scope, by)


def _routed(scope: StepScope, values: Values) -> None:
    """The channel department named who answers for an orphan policy, or offers it to all who may claim it (K-C2)."""
    if values.get("route") == INTO_POOL:
        pool.offer(scope)
        return
    route, why = values.get("route"), values.get("orphan_reason")
    if route == OrphanRoute.TELESALES:
        orphan_routes.to_telesales(scope, why=why)
    else:
        _name(scope, ASSIGNEE, values, reason="K-C2")
    if route == OrphanRoute.SPECIALIST:
        orphan_routes.settle(scope, OrphanRoute.SPECIALIST, why=why)
    by = _day(values.get("deadline"))
    if by is not None:
        first_contact.agree(scope, by)


def _customer_changed(scope: StepScope, values: Values) -> None:
    """A corrected phone number replaces the listed one; the old value is masked in the history (G-L4).

    It is that of the customer on record: told together with a sale it is the former owner's, and comes first.
    """
    phone, customer = values.get("new_phone"), scope.customer
    if phone and customer is not None and phone != customer.phone:
        phones.correct_number(scope, customer, str(phone), source="G-L4")
    if values.get("new_owner_name"):
        _owner_changed(scope, values)


def _owner_changed(scope: StepScope, values: Values) -> None:
    """The vehicle was sold: its new owner is asked from now on (case 34)."""
    transfers.change_owner(
        scope,
        name=str(values["new_owner_name"]).strip(),
        phone=str(values.get("new_owner_phone") or "") or None,
        on=date.fromisoformat(str(values.get("transferred_on") or scope.today)[:10]),
    )


def _chased(scope: StepScope, values: Values) -> None:
    """The specialist asked for the reason and urged those who are to act (K-S2)."""
    _reason(scope, values)
    scope.renewal.next_check_date = _agreed(scope, "next_check_date", _day(values.get("next_check_date")))
    chasing.chase(scope, values.get("urged_persons") or ())


def _assisted(scope: StepScope, values: Values) -> None:
    """The trainer helped, or asks those above to coordinate (K-L1): they hear of it."""
    if values.get("result") == "escalate":
        chasing.escalate(scope, str(values.get("issue")))


def _checked(scope: StepScope, values: Values) -> None:
    """The specialist found something missing: those reminded hear until when it is to be there (G-S1)."""
    by = scope.renewal.mend_by = _agreed(scope, "mend_by", _day(values.get("mend_by")))
    chasing.chase(scope, values.get("reminded") or (), by=by)


def _file_looked_at(scope: StepScope, values: Values) -> None:
    """What a customer file lacks is to be there by a day (G-L3)."""
    scope.renewal.complete_by = _agreed(scope, "complete_by", _day(values.get("complete_by")))


def _agreed(scope: StepScope, name: str, day: date | None) -> date | None:
    """Return *day*; when the stage ends before it, the history says on which day it really comes back.

    What a file lacks and what is to be mended come back on the stage's last day; the next check falls to the sweep
    that begins the stage after it (S-S1).
    """
    stage = Stage(scope.renewal.stage)
    last = stage_last_day(stage, scope.renewal.expiry_date)
    if day is not None and last is not None and day > max(last, scope.today):
        comes = last + timedelta(days=1) if name == "next_check_date" else max(last, scope.today)
        scope.record("agreed_day_beyond_stage", field=name, agreed=day, comes=comes, stage=str(stage))
    return day


def _application_looked_at(scope: StepScope, values: Values) -> None:
    """An application that was returned is to come again by a day (G-S3); the next contact is due then."""
    scope.renewal.resubmit_by = _day(values.get("resubmit_by"))


def _coached(scope: StepScope, values: Values) -> None:
    """The supervisor coached and may have agreed on a day to look again (G-L2)."""
    recheck.agree(scope, _day(values.get("recheck_date")))


def _handed_to_win_back(scope: StepScope, values: Values) -> None:
    """Who wins the customer back, and until when (S-S4)."""
    _name(scope, ASSIGNEE, values, reason=WIN_BACK)
    scope.renewal.win_back_until = _day(values.get("deadline"))


def _contacted(scope: StepScope, values: Values) -> None:
    """A contact or visit record (§4.2): counters and progress by its result code."""
    row, result = scope.renewal, str(values.get("result") or "")
    row.stage_contacts += 1
    row.last_result = result or None
    row.missed_calls = row.missed_calls + 1 if result == NO_ANSWER else 0
    row.next_contact_date, row.resubmit_by = next_contact_day(values), None
    row.quote_owed = row.quote_owed or bool(values.get("quote_requested"))
    _flag_late_entry(scope, values)
    if result in EFFECTIVE_RESULTS:
        row.contacts += 1
        row.last_contact_at = scope.now
    if result in FAILED_VISIT_RESULTS:
        row.failed_visits += 1
    if result == AGREED:
        scope.advance_to(RenewalState.APPLYING)
    elif result in QUOTED_RESULTS:
        scope.advance_to(RenewalState.QUOTED)
    elif result and result != NOT_CONTACTED and row.state in _BEFORE_CONTACT:
        scope.move_to(RenewalState.FOLLOWING)
    if result == REFUSED:
        _tag_reason(scope, values, "agent")
    if result == provisional.ISSUED:
        provisional.report(scope, str(values.get(provisional.POLICY_NO)))
    if result == NOT_RENEWABLE:
        _exclusion(scope, values)


def _day(value: Any) -> date | None:
    """A date or the day of a moment, as forms give them."""
    return date.fromisoformat(str(value)[:10]) if value else None


def _flag_late_entry(scope: StepScope, values: Values) -> None:
    """Keep how long after the contact it was written down, when that is long (domain.md §7 case 38)."""
    told = str(values.get("contacted_at") or values.get("visited_at") or "")[:10]
    days = (scope.today - date.fromisoformat(told)).days if told else 0
    if days > ENTERED_WITHIN:
        scope.record("late_entry", subject=told, days=days)


def _forecast(scope: StepScope, values: Values) -> None:
    """The forecast band that the specialist settled on with the plan (P-S2)."""
    mid = _money(values.get("premium_mid"))
    if mid is not None:
        low, high = _money(values.get("premium_low")), _money(values.get("premium_high"))
        quoting.keep_own_forecast(scope, low=low, mid=mid, high=high)


def _quoted(scope: StepScope, values: Values) -> None:
    """An actual quote, or why there is none; a window that is not open yet is a day to wait for (case 36)."""
    row = scope.renewal
    row.quote_owed = values.get("not_possible_reason") == "window_not_open"
    if values.get("result") == "quoted":
        row.has_actual_quote = True
        scope.advance_to(RenewalState.QUOTED)
        quoting.keep_actual(scope, quoting.GivenQuote.of_form(values), source="G-S2")
    opens = values.get("opens_on")
    if opens and str(opens) != str(row.quote_opens_date):
        day = date.fromisoformat(str(opens)[:10])
        scope.change_fact("quote_opens_date", row.quote_opens_date, day, source="G-S2")
        row.quote_opens_date = day


def _reason(scope: StepScope, values: Values) -> None:
    _tag_reason(scope, values, "agent")


def _verified(scope: StepScope, values: Values) -> None:
    if values.get("verdict") in ("confirmed", "switched"):
        _tag_reason(scope, values, "specialist")


def _swept(scope: StepScope, values: Values) -> None:
    """The last look before expiry (S-S1) may find the customer gone or the car not renewable.

    A customer who hesitates or is not reached is followed up on a day: the next contact waits for it, and whoever
    answers for the renewal hears of it then.
    """
    day = _day(values.get("next_follow_up_date"))
    if day is not None:
        scope.renewal.next_contact_date = day
    recheck.agree(scope, day, kind=DeadlineKind.FOLLOW_UP)
    _tag_reason(scope, values, "specialist")
    _exclusion(scope, values)


def _tag_reason(scope: StepScope, values: Values, source: str) -> None:
    reason = values.get("reason")
    if reason and str(reason) != scope.renewal.loss_reason:
        scope.change_fact("loss_reason", scope.renewal.loss_reason, str(reason), source=source)
        scope.renewal.loss_reason = str(reason)
    if reason:
        scope.renewal.loss_source = source


def _exclusion(scope: StepScope, values: Values) -> None:
    code = values.get("exclusion_code")
    if code:
        scope.renewal.exclusion_code = str(code)
        scope.renewal.exclusion_evidence = str(values.get("evidence") or "")[:2000]


def _exclusion_reviewed(scope: StepScope, values: Values) -> None:
    """One of those asked agreed to the exclusion, or refused it: then its reason stands no more (X-L1, X-S1, X-C1).

    Were it kept, a renewal that is opened again later would be taken for excluded by it.
    """
    row = scope.renewal
    if values.get("verdict") != "refused":
        _exclusion(scope, values)
        return
    if row.exclusion_code is not None:
        scope.change_fact("exclusion_code", row.exclusion_code, None, source=REVIEW)
    row.exclusion_code = row.exclusion_evidence = None


def _money(value: Any) -> Decimal | None:
    try:
        return None if value in (None, "") else Decimal(str(value))
    except InvalidOperation:
        return None


_EFFECTS: Mapping[str, Callable[[StepScope, Values], None]] = {
    "dispatch_list": _dispatched,
    "take_over_orphan": _taken_over,
    "route_orphan": _routed,
    "update_customer": _customer_changed,
    "record_contact": _contacted,
    "second_visit": _contacted,
    "joint_visit": _contacted,
    "win_back_contact": _contacted,
    "prepare_plan": _forecast,
    "give_actual_quote": _quoted,
    "report_lapse_reason": _reason,
    "lapse_reason": _reason,
    "verify_loss": _verified,
    "verify_lapse_reason": _verified,
    "exclusion_review": _exclusion_reviewed,
    "final_sweep": _swept,
    "chase_policy": _chased,
    "assist_agent": _assisted,
    "check_follow_up": _checked,
    "complete_customer_file": _file_looked_at,
    "verify_application": _application_looked_at,
    "coach_agent": _coached,
    "hand_to_win_back": _handed_to_win_back,
}
