"""What a person enters into each form, in the plainest valid way; *today* is the business date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

Values = dict[str, Any]
_QUOTES = count(1)
"""Each quote bears a number of its own: one number is one vehicle's."""


def _soon(today: date, days: int = 2) -> str:
    return (today + timedelta(days=days)).isoformat()


def dispatch_list(today: date, *, agent_no: str = "AG001", **more: Any) -> Values:
    return {"category": "normal", "agent_no": agent_no, **more}


def confirm_delivery(today: date, **more: Any) -> Values:
    return {"result": "delivered", "delivered_on": today.isoformat(), **more}


def prepare_plan(today: date, **more: Any) -> Values:
    return {
        "cover": "full",
        "third_party_sum": "s200",
        "premium_low": "2900",
        "premium_mid": "3100",
        "premium_high": "3300",
        "basis": ["last_policy", "claims"],
        **more,
    }


def prepare_visit(today: date, **more: Any) -> Values:
    return {
        "visit_date": _soon(today),
        "channel": "visit",
        "goal": "present_plan",
        "materials": ["last_policy", "forecast"],
        **more,
    }


def approve_visit_plan(today: date, **more: Any) -> Values:
    return {
        "verdict": "approved",
        "notice_channel": "letter",
        "notice_status": "sent",
        "notice_sent_on": today.isoformat(),
        **more,
    }


def record_contact(today: date, result: str, **more: Any) -> Values:
    values: Values = {
        "result": result,
        "channel": "phone",
        "contacted_at": f"{today}T00:00",
        "contact_person": "owner",
    }
    if result in ("21", "22", "00"):
        del values["contact_person"]
    if result in ("11", "12", "13", "14", "15"):
        values["next_follow_up_date"] = _soon(today)
    if result in ("14", "15"):
        values["quote_no"] = "Q20261120"
    if result == "61":
        values |= {"reason": "L101", "reason_source": "customer", "recoverable": "no"}
    if result == "71":
        values |= {"exclusion_code": "X02", "evidence": "全损定损单"}
    return {**values, **more}


def verify_application(today: date, verdict: str = "confirmed", **more: Any) -> Values:
    values: Values = {"verdict": verdict, "checked_items": ["real_name", "id_document", "vin"]}
    if verdict == "returned":
        values |= {"defects": ["signature"], "resubmit_by": _soon(today)}
    return {**values, **more}


def coach_agent(today: date, **more: Any) -> Values:
    return {
        "topics": ["application"],
        "method": "phone",
        "coached_on": today.isoformat(),
        "content": "逐项说明投保单填写要求",
        "result": "solved",
        **more,
    }


def check_follow_up(today: date, **more: Any) -> Values:
    return {"result": "ok", **more}


def complete_customer_file(today: date, **more: Any) -> Values:
    return {"result": "complete", "ledger_checked": True, "completeness": "95", **more}


def update_customer(today: date, **more: Any) -> Values:
    return {"result": "unchanged", "next_opportunity": "none", **more}


def give_actual_quote(today: date, **more: Any) -> Values:
    return {
        "result": "quoted",
        "quote_no": f"Q2026{next(_QUOTES):06d}",
        "lines": "both",
        "ctp_premium": "855",
        "vessel_tax": "360",
        "commercial_premium": "3050",
        "ncd": "0.6",
        "self_pricing": "0.85",
        "valid_until": _soon(today, 15),
        "difference_cause": "cover_change",
        **more,
    }


def route_orphan(today: date, assignee_no: str, **more: Any) -> Values:
    return {
        "route": "supervisor",
        "assignee_no": assignee_no,
        "deadline": _soon(today, 3),
        "orphan_reason": "agent_left",
        **more,
    }


def take_over_orphan(today: date, servicing_agent_no: str, **more: Any) -> Values:
    return {
        "result": "accepted",
        "contact_result": "00",
        "servicing_agent_no": servicing_agent_no,
        **more,
    }


def lapse_reason(today: date, **more: Any) -> Values:
    return {
        "reason": "L101",
        "reason_source": "customer",
        "recoverable": "no",
        "next_opportunity": "none",
        **more,
    }


def verify_loss(today: date, **more: Any) -> Values:
    return {"verdict": "confirmed", "method": "platform", "reason": "L101", "recoverable": "no", **more}


def exclusion_review(today: date, verdict: str = "approved", **more: Any) -> Values:
    values: Values = {"verdict": verdict, "exclusion_code": "X02"}
    if verdict == "approved":
        values |= {"evidence_kinds": ["system_record"], "evidence": "全损定损单 LP2026"}
    else:
        values["refusal_reason"] = "车辆仍在使用，证据不足"
    return {**values, **more}


ANSWERS: dict[str, Callable[..., Values]] = {
    name: fill
    for name, fill in globals().items()
    if callable(fill)
    and not name.startswith("_")
    and name not in ("Callable", "count", "date", "timedelta", "Any")
}
