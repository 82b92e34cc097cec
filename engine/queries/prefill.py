"""The facts a form may be opened with: what the tables say, then what colleagues wrote on earlier forms; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.domain.actor import Actor
from engine.domain.codes import Line, Role, Stage
from engine.domain.contacts import CONTACT_FORMS, DEAD_NUMBER, NOT_THE_CUSTOMER, outcome_of, quote_total
from engine.domain.stage import stage_last_day
from engine.queries.file_state import FileState
from engine.queries.present import Present
from engine.queries.quotes import Quotes
from engine.store.renewals import Customer, PolicyLine, Renewal, Vehicle
from engine.store.tasks import Submission

WIN_BACK = timedelta(days=30)
COMPLETE_WITHIN = timedelta(days=7)
"""The day proposed for what a customer's file lacks; whoever checks the file may choose another."""
UNCONTACTED = timedelta(days=7)
"""So long a customer may go without a recorded contact before a check (G-S1) flags it."""

FROM_LINES = frozenset({"policy", "plan"})
FROM_QUOTES = frozenset({"forecast"})
FROM_FILE = frozenset({"file"})
UNWRITTEN = frozenset(
    "today now actor agent trainer renewal policy vehicle exclusion win_back forecast".split()
)
"""Groups of facts: those the expiring policies answer, those the quotes do, those the customer's file does, and those
no earlier form does."""

_CONTACTS = ("record_contact", "second_visit", "joint_visit", "win_back_contact")
_LOSSES = ("verify_loss", "verify_lapse_reason", "report_lapse_reason", "lapse_reason")

_FAILURES: Mapping[str, str] = {"31": "price", "32": "competitor", "33": "service", "34": "other"}
_ORPHAN_ROUTES: Mapping[str, str] = {Role.SUPERVISOR: "supervisor", Role.SPECIALIST: "specialist"}
_ONE_LINE: Mapping[str, str] = {Line.CTP: "ctp_only", Line.COMMERCIAL: "commercial_only"}
_FILE_CHECK = ("complete_customer_file",)
_CHECK = ("check_follow_up",)
_UNSEEN_BY_SYSTEM = ("address", "other")
"""Missing items of a customer's file that no table tells: they stay missing until somebody says otherwise."""
_STILL_TO_COME = frozenset({"plan.visit_date", "orphan.deadline"})
"""Days that a form takes from today on only: one that has passed is no answer any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphaned:
    """How a policy lost its agent; ``by_leaving`` when the agent left (domain.md §7 case 13)."""

    since: datetime
    former_agent_no: str | None
    by_leaving: bool


# fact → (field, forms it may stand on); the newest answer counts.
_WRITTEN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "plan.category": ("category", ("dispatch_list",)),
    "plan.cover": ("cover", ("prepare_plan",)),
    "plan.third_party_sum": ("third_party_sum", ("prepare_plan",)),
    "plan.channel": ("channel", ("prepare_visit",)),
    "plan.visit_date": ("visit_date", ("prepare_visit",)),
    "plan.notice_channel": ("notice_channel", ("approve_visit_plan",)),
    "quote.quote_no": ("quote_no", ("give_actual_quote",)),
    "contact.competitor_price": ("competitor_price", _CONTACTS),
    "loss.competitor": ("competitor", (*_LOSSES, "final_sweep", "chase_policy", *_CONTACTS)),
    "loss.competitor_price": ("competitor_price", (*_LOSSES, *_CONTACTS)),
    "loss.recoverable": ("recoverable", _LOSSES),
    "loss.new_cover_from": ("new_cover_from", ("verify_loss",)),
    "orphan.route": ("route", ("route_orphan",)),
    "orphan.assignee_no": ("assignee_no", ("route_orphan",)),
    "orphan.deadline": ("deadline", ("route_orphan",)),
    "orphan.reason": ("orphan_reason", ("route_orphan",)),
    "application.application_no": ("application_no", _CONTACTS),
    "customer.meeting_place": ("appointment_place", _CONTACTS),
    "customer.contact_preference": ("contact_preference", ("update_customer",)),
}


def facts_for_form(
    renewal: Renewal,
    vehicle: Vehicle,
    lines: Sequence[PolicyLine],
    submissions: Sequence[Submission],
    actor: Actor,
    present: Present,
    *,
    orphaned: Orphaned | None = None,
    due_date: date | None = None,
    quotes: Quotes | None = None,
    file: FileState | None = None,
    customer: Customer | None = None,
) -> Mapping[str, Any]:
    """Return the facts by dotted path; *submissions* stand newest first, *due_date* is the task's."""
    facts = _from_tables(renewal, vehicle, lines, actor, present)
    facts["plan"] = _plan(renewal, lines)
    facts["orphan"] = _orphan(renewal, orphaned, due_date, present)
    facts["contact"] = {"failure_reason": _FAILURES.get(str(_newest(submissions, "result", _CONTACTS)))}
    for path, (key, form_ids) in _WRITTEN.items():
        group, _, name = path.partition(".")
        rows = _since(submissions, orphaned) if group == "orphan" else submissions
        value = _newest(rows, key, form_ids)
        if value is not None and not (path in _STILL_TO_COME and str(value) < present.today.isoformat()):
            facts.setdefault(group, {})[name] = value
    facts["check"] = {"defects": _defects(submissions, customer, present)}
    facts["forecast"] = _forecast(quotes)
    if quotes is not None and quotes.is_held_back:
        facts["quote"]["mid"] = None  # domain.md §3.6: not before the specialist has looked at it
    facts["file"] = _file(file, submissions, present, renewal)
    if not renewal.has_actual_quote:
        facts["quote"].pop("quote_no", None)  # that quote is over (G-S2)
    total = _quote_total(submissions)
    if total is not None:
        facts["quote"]["total"] = total
    return facts


def _defects(submissions: Sequence[Submission], customer: Customer | None, present: Present) -> list[str]:
    """What a check of the follow-up (G-S1) finds missing, then what the last one found that no table tells of."""
    called = next((row for row in submissions if row.form_id in CONTACT_FORMS), None)
    last = called.submitted_at.astimezone(present.zone).date() if called is not None else None
    found = {
        "no_contact": last is None or last < present.today - UNCONTACTED,
        "invalid_phone": customer is None
        or customer.phone_sealed is None
        or customer.phone_doubtful
        or _is_dead(submissions),
        "missing_id": customer is None or customer.id_no_sealed is None,
    }
    before = _newest(submissions, "defects", _CHECK) or ()
    return [
        *(code for code, holds in found.items() if holds),
        *(code for code in before if code not in found),
    ]


def _is_dead(submissions: Sequence[Submission]) -> bool:
    """Whether the last contact found the number dead or another's, and nobody corrected it since."""
    told = (*CONTACT_FORMS, "update_customer")
    row = next((row for row in submissions if row.form_id in told), None)
    return row is not None and outcome_of(row.values) in (DEAD_NUMBER, NOT_THE_CUSTOMER)


def _forecast(quotes: Quotes | None) -> dict[str, Any]:
    """The band of the forecast that stands, and why it is what it is, in the language of the desk."""
    held = quotes.forecast if quotes is not None else None
    if held is None:
        return {"low": None, "high": None, "reasons_text": None}
    text = "；".join(reason.zh for reason in held.reasons)[:300]
    return {"low": held.low, "high": held.high, "reasons_text": text or None}


def _file(
    file: FileState | None, submissions: Sequence[Submission], present: Present, renewal: Renewal
) -> dict[str, Any]:
    """How complete the customer's file is by now; what was missing before and no table tells of still is.

    The day proposed for it does not lie beyond the stage, which ends the wait for it.
    """
    if file is None:
        return {}
    before = _newest(submissions, "missing_items", _FILE_CHECK) or ()
    missing = [
        *file.items,
        *(code for code in before if code in _UNSEEN_BY_SYSTEM and code not in file.items),
    ]
    return {
        "completeness": file.percent,
        "missing": missing,
        "result": "incomplete" if missing else "complete",
        "complete_by": _within_stage(present.today + COMPLETE_WITHIN, renewal, present.today),
    }


def _within_stage(day: date, renewal: Renewal, today: date) -> date:
    last = stage_last_day(Stage(renewal.stage), renewal.expiry_date) if renewal.stage else None
    return day if last is None else min(day, max(last, today))


def _since(submissions: Sequence[Submission], orphaned: Orphaned | None) -> Sequence[Submission]:
    """What was written since the policy lost its agent: an earlier hand-over answers nothing for this one."""
    return [row for row in submissions if orphaned is None or row.submitted_at >= orphaned.since]


def _plan(renewal: Renewal, lines: Sequence[PolicyLine]) -> dict[str, Any]:
    """Proposals from last year's policy and the renewal's marks."""
    limit = next((line.third_party_limit for line in lines if line.line == Line.COMMERCIAL), None)
    return {
        "category": "orphan" if renewal.is_orphan else "key" if renewal.is_key else None,
        "cover": _ONE_LINE.get(renewal.lines),
        "third_party_sum": f"s{limit / 10_000:.0f}" if limit else None,
    }


def _orphan(
    renewal: Renewal, orphaned: Orphaned | None, due_date: date | None, present: Present
) -> dict[str, Any]:
    """Who stands in for the missing agent, until when somebody must answer, and how it came to it."""
    if not renewal.is_orphan:
        return {"route": None, "assignee_no": None, "deadline": None, "reason": None}
    return {
        "route": _ORPHAN_ROUTES.get(renewal.owner_role or ""),
        "assignee_no": renewal.owner_no,
        "deadline": _first_contact_by(renewal, due_date, present.today),
        "reason": "agent_left" if orphaned and orphaned.by_leaving else None,
        "since": orphaned.since.astimezone(present.zone).date() if orphaned else None,
        "former_agent_no": orphaned.former_agent_no if orphaned else None,
    }


def _first_contact_by(renewal: Renewal, due_date: date | None, today: date) -> date | None:
    """The task's own last day, while it is still to come and, before the expiry, within the cover."""
    if due_date is None or due_date < today:
        return None
    return min(due_date, renewal.expiry_date) if today <= renewal.expiry_date else due_date


def _newest(submissions: Sequence[Submission], key: str, form_ids: tuple[str, ...]) -> Any:
    return next(
        (
            row.values[key]
            for row in submissions
            if row.form_id in form_ids and row.values.get(key) not in (None, "", [])
        ),
        None,
    )


def _quote_total(submissions: Sequence[Submission]) -> Decimal | None:
    """Everything the customer pays by the last actual quote."""
    row = next((r for r in submissions if r.form_id == "give_actual_quote"), None)
    return None if row is None else quote_total(row.values)


def _from_tables(
    renewal: Renewal, vehicle: Vehicle, lines: Sequence[PolicyLine], actor: Actor, present: Present
) -> dict[str, Any]:
    commercial = next((line for line in lines if line.line == Line.COMMERCIAL), None)
    main = commercial or (lines[0] if lines else None)
    return {
        "today": present.today,
        "now": present.now.astimezone(present.zone).replace(tzinfo=None),
        "actor": {"employee_no": actor.employee_no},
        # While the customer keeps the data from the life insurer the specialist takes the agent's place.
        "agent": {"employee_no": renewal.specialist_no if renewal.is_recalled else renewal.agent_no},
        "trainer": {"employee_no": renewal.trainer_no},
        "renewal": {
            "expiry_date": renewal.expiry_date,
            "lines": renewal.lines,
            "is_orphan": renewal.is_orphan,
        },
        "policy": {
            "premium": renewal.premium,
            "ctp_premium": renewal.ctp_premium,
            "claims": main.claims if main else None,
            "ncd": commercial.ncd if commercial else None,
            "self_pricing": commercial.self_pricing if commercial else None,
        },
        "vehicle": {"price": vehicle.new_car_price, "use": vehicle.use, "energy": vehicle.energy},
        "quote": {"mid": renewal.quote_mid, "opens_date": renewal.quote_opens_date},
        "loss": {"reason": renewal.loss_reason, "source": renewal.loss_source},
        "exclusion": {"code": renewal.exclusion_code, "evidence": renewal.exclusion_evidence},
        "win_back": {"deadline": renewal.expiry_date + WIN_BACK},
    }
