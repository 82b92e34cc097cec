"""Submissions that every shipped form accepts, by form id and by what they lead to.

``SAMPLES[form_id]`` takes the usual way; ``VARIANTS[form_id][name]`` every other one that the process tells
apart. Both are made for ``TODAY``; on another business date use ``samples_on`` or ``variants_on``.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

TODAY = date(2026, 11, 2)
POLICY_NO = "PDAA202611000000000001"
QUOTE_NO = "Q20261102001"
AGENT_NO = "A0001"

Sample = dict[str, Any]


def samples_on(today: date) -> dict[str, Sample]:
    """Return one accepted submission a form, its dates counted from *today*."""
    return {form_id: next(iter(ways.values())) for form_id, ways in variants_on(today).items()}


def variants_on(today: date) -> dict[str, dict[str, Sample]]:
    """Return accepted submissions by form id and variant; the first variant is the usual one."""

    def day(days: int) -> str:
        return (today + timedelta(days=days)).isoformat()

    def at(days: int) -> str:
        return f"{day(days)}T10:30"

    began = f"{day(0)}T00:00"  # over whatever the hour is

    reached = {"channel": "visit", "contacted_at": began, "contact_person": "owner"}
    missed = {"channel": "phone", "contacted_at": began}
    told = {"reason_source": "customer", "recoverable": "no"}
    refused = {
        "result": "61",
        "reason": "L101",
        "competitor": "某财险公司",
        "competitor_price": "3980.00",
    } | told
    excluded = {"result": "71", "exclusion_code": "X03", "evidence": "报废证明 BF-2026-118"}

    def contacts(base: Sample, missed_base: Sample) -> dict[str, Sample]:
        return {
            "interested": base | {"result": "11", "next_follow_up_date": day(3), "quote_requested": True},
            "little_interest": base | {"result": "13", "next_follow_up_date": day(5)},
            "quoted": base | {"result": "14", "next_follow_up_date": day(2), "quote_no": QUOTE_NO},
            "appointed": base | {"result": "16", "appointment_at": at(2), "appointment_place": "客户单位"},
            "no_answer": missed_base | {"result": "21"},
            "dead_number": missed_base | {"result": "22"},
            "not_the_customer": missed_base | {"result": "23"},
            "failed": base | {"result": "31", "competitor_price": "3980.00"},
            "agreed": base | {"result": "41"},
            "issued": base | {"result": "51", "policy_no": POLICY_NO},
            "refused": base | refused,
            "refused_other": base
            | {"result": "61", "reason": "L901", "reason_note": "客户已移居，不再用车"}
            | told,
            "quiet": base | {"result": "62"},
            "not_renewable": missed_base | excluded,
        }

    def contacts_at_take_over() -> dict[str, Sample]:
        found = contacts(
            {"channel": "visit", "contact_person": "owner"} | {"first_contact_date": day(0)},
            {"channel": "phone", "first_contact_date": day(0)},
        )
        for sample in found.values():
            sample |= {
                "contact_result": sample["result"],
                "result": "accepted",
                "servicing_agent_no": AGENT_NO,
            }
            if sample["contact_result"] == "61":  # the verification of the loss asks for these
                for key in ("competitor", "competitor_price"):
                    sample.pop(key, None)
        return {f"told_{way}": sample for way, sample in found.items()}

    visit = {
        "failure_reason": "price",
        "plan_changes": ["cover", "sums"],
        "change_note": "三者保额由三百万调为二百万，去掉不需要的附加险",
        "visited_at": began,
        "channel": "visit",
    }
    joint = {
        "visited_at": began,
        "place": "客户单位",
        "participants": ["agent", "specialist"],
        "customer_opinion": "关注保费变化，认可理赔服务",
        "plan_changes": ["none"],
    }

    def after_visit(base: Sample, *joint_only: str) -> dict[str, Sample]:
        ways = contacts({"contact_person": "owner"}, {})
        kept = (
            "contact_person",
            "next_follow_up_date",
            "appointment_at",
            "appointment_place",
            "policy_no",
            "reason",
            "reason_note",
            *told,
        )
        keys = ("result", *kept, "exclusion_code", "evidence")
        names = ("agreed", "failed", "interested", "appointed", "issued", "refused", "quiet", "not_renewable")
        made = {name: base | {key: ways[name][key] for key in keys if key in ways[name]} for name in names}
        for asked_of_the_willing in ("contact_person", "change_note", *joint_only):
            made["refused"] = {
                key: value for key, value in made["refused"].items() if key != asked_of_the_willing
            }
        return made

    verified = {"method": "call_customer", "reason": "L101", "competitor": "某财险公司", "recoverable": "yes"}
    return {
        "dispatch_list": {
            "normal": {"category": "normal", "agent_no": AGENT_NO},
            "key": {"category": "key", "agent_no": AGENT_NO},
            "orphan": {"category": "orphan"},
            "not_renewable": {"category": "not_renewable"}
            | {k: excluded[k] for k in ("exclusion_code", "evidence")},
        },
        "confirm_delivery": {
            "delivered": {"result": "delivered", "delivered_on": day(0)},
            "not_delivered": {"result": "not_delivered", "undelivered_reason": "on_leave"},
        },
        "prepare_plan": {
            "full": {
                "cover": "full",
                "third_party_sum": "s200",
                "premium_low": "3200.00",
                "premium_mid": "3480.00",
                "premium_high": "3900.00",
                "basis": ["last_policy", "claims"],
                "talking_points": "先谈理赔服务，再谈保费变化的依据",
            },
        },
        "prepare_visit": {
            "visit": {
                "visit_date": day(2),
                "channel": "visit",
                "goal": "present_plan",
                "materials": ["last_policy", "plan", "forecast"],
                "objections": ["price"],
            },
        },
        "approve_visit_plan": {
            "approved": {
                "verdict": "approved",
                "notice_channel": "sms",
                "notice_status": "sent",
                "notice_sent_on": day(0),
            },
            "returned_letter": {
                "verdict": "approved",
                "notice_channel": "letter",
                "notice_status": "returned",
                "notice_sent_on": day(-3),
                "return_reason": "moved",
            },
            "refused": {"verdict": "refused", "refusal_reason": "拜访日期太晚，请提前到本周"},
        },
        "record_contact": contacts(reached, missed),
        "win_back_contact": contacts(reached, missed),
        "give_actual_quote": {
            "quoted": {
                "result": "quoted",
                "quote_no": QUOTE_NO,
                "lines": "both",
                "ctp_premium": "855.00",
                "vessel_tax": "360.00",
                "commercial_premium": "2480.50",
                "ncd": "0.7000",
                "self_pricing": "0.8500",
                "valid_until": day(1),
                "difference_cause": "cover_change",
            },
            "window_closed": {
                "result": "not_possible",
                "not_possible_reason": "window_not_open",
                "opens_on": day(10),
            },
            "refused_cover": {"result": "not_possible", "not_possible_reason": "underwriting"},
        },
        "verify_application": {
            "confirmed": {
                "verdict": "confirmed",
                "checked_items": ["real_name", "id_document", "vin", "cover"],
            },
            "returned": {
                "verdict": "returned",
                "checked_items": ["real_name", "id_document"],
                "defects": ["mobile", "licence"],
                "resubmit_by": day(2),
            },
        },
        "coach_agent": {
            "recheck": {
                "topics": ["application", "accuracy"],
                "method": "face",
                "coached_on": day(0),
                "content": "逐项讲解投保单填写要求",
                "result": "recheck",
                "recheck_date": day(3),
            },
            "solved": {
                "topics": ["contact"],
                "method": "phone",
                "coached_on": day(0),
                "content": "说明首次联系的时限与话术",
                "result": "solved",
            },
        },
        "check_follow_up": {
            "ok": {"result": "ok"},
            "defects": {
                "result": "defects",
                "defects": ["no_contact", "invalid_phone"],
                "reminded": ["agent"],
                "mend_by": day(2),
            },
        },
        "complete_customer_file": {
            "complete": {"result": "complete", "ledger_checked": True, "completeness": 100},
            "incomplete": {
                "result": "incomplete",
                "ledger_checked": True,
                "completeness": 70,
                "missing_items": ["address", "consent"],
                "complete_by": day(5),
            },
        },
        "update_customer": {
            "unchanged": {"result": "unchanged", "next_opportunity": "none"},
            "changed": {
                "result": "changed",
                "changed_items": ["phone", "preference"],
                "new_phone": "13800000000",
                "contact_preference": "evening",
                "next_opportunity": "driver_accident",
                "opportunity_date": day(30),
            },
            "sold": {
                "result": "changed",
                "changed_items": ["owner"],
                "new_owner_name": "新车主",
                "new_owner_phone": "13800000001",
                "transferred_on": day(-3),
                "next_opportunity": "none",
            },
            "agreed": {
                "result": "unchanged",
                "consent_answer": "given",
                "consent_kinds": ["marketing_call", "share_to_life"],
                "consent_method": "signed",
                "consent_evidence": "授权书 2026-0117，存职场档案柜",
                "consent_until": day(365),
                "next_opportunity": "none",
            },
            "withdrew": {
                "result": "unchanged",
                "consent_answer": "withdrawn",
                "consent_kinds": ["marketing_message"],
                "next_opportunity": "none",
            },
        },
        "route_orphan": {
            route: {
                "route": route,
                "assignee_no": AGENT_NO,
                "deadline": day(3),
                "orphan_reason": "agent_left",
            }
            for route in ("supervisor", "new_agent", "specialist")
        }
        | {
            "telesales": {"route": "telesales", "deadline": day(3), "orphan_reason": "agent_left"},
            "pool": {"route": "pool", "orphan_reason": "agent_left"},
        },
        "take_over_orphan": {
            "accepted": {
                "result": "accepted",
                "contact_result": "00",
                "servicing_agent_no": AGENT_NO,
            },
            **contacts_at_take_over(),
            "refused": {"result": "refused", "refuse_reason": "distance"},
        },
        "joint_visit": after_visit(joint, "plan_changes"),
        "chase_policy": {
            "on_track": {"result": "on_track", "next_check_date": day(3)},
            "urged": {"result": "urged", "urged_persons": ["agent"], "next_check_date": day(2)},
            "at_risk": {
                "result": "at_risk",
                "urged_persons": ["agent", "supervisor"],
                "reason": "L101",
                "reason_source": "agent",
                "next_check_date": day(2),
            },
            "lost": {
                "result": "lost",
                "reason": "L201",
                "reason_source": "platform",
                "competitor": "某财险公司",
                "recoverable": "no",
            },
        },
        "assist_agent": {
            "helped": {"result": "helped", "help": ["objection", "material"], "content": "提供报价对比说明"},
            "no_need": {"result": "no_need"},
            "escalate": {
                "result": "escalate",
                "help": ["reason"],
                "content": "客户反映定损争议未处理",
                "issue": "claims",
            },
        },
        "second_visit": after_visit(visit),
        "final_sweep": {
            "issue_today": {
                "disposition": "issue_today",
                "final_quote": "3695.50",
                "support_needed": ["none"],
            },
            "hesitating": {
                "disposition": "hesitating",
                "final_quote": "3695.50",
                "next_follow_up_date": day(1),
                "support_needed": ["price"],
            },
            "switched": told
            | {
                "disposition": "switched",
                "reason": "L101",
                "competitor": "某财险公司",
                "support_needed": ["none"],
            },
            "not_renewable": {
                "disposition": "not_renewable",
                "exclusion_code": "X03",
                "evidence": "报废证明 BF-2026-118",
                "support_needed": ["none"],
            },
            "unreachable": {
                "disposition": "unreachable",
                "next_follow_up_date": day(1),
                "support_needed": ["data"],
            },
        },
        "report_lapse_reason": {
            "recoverable": {"reason": "L101", "recoverable": "yes", "reason_source": "customer"},
            "gone": {
                "reason": "L901",
                "reason_note": "客户出国两年",
                "recoverable": "no",
                "reason_source": "agent",
            },
        },
        "hand_to_win_back": {
            "yes": {"win_back": "yes", "assignee_no": AGENT_NO, "deadline": day(20)},
            "no": {"win_back": "no", "give_up_reason": "lost_confirmed"},
        },
        "verify_lapse_reason": {
            "confirmed": verified | {"verdict": "confirmed"},
            "switched": verified | {"verdict": "switched", "method": "platform"},
            "returned": {
                "verdict": "returned",
                "method": "call_customer",
                "return_reason": "三次致电均未接通",
            },
        },
        "verify_loss": {
            "confirmed": verified | {"verdict": "confirmed", "new_cover_from": day(0)},
            "returned": {
                "verdict": "returned",
                "method": "call_customer",
                "return_reason": "客户表示尚未投保",
            },
        },
        "lapse_reason": {
            "recoverable": {
                "reason": "L101",
                "reason_source": "customer",
                "recoverable": "yes",
                "competitor": "某财险公司",
                "competitor_price": "3980.00",
                "next_opportunity": "motor_next_year",
                "opportunity_date": day(290),
            },
            "gone": {
                "reason": "L501",
                "reason_source": "customer",
                "recoverable": "no",
                "next_opportunity": "none",
            },
        },
        "exclusion_review": {
            "approved": {
                "verdict": "approved",
                "exclusion_code": "X03",
                "evidence_kinds": ["scrap_certificate"],
                "evidence": "报废证明 BF-2026-118",
            },
            "approved_transfer": {
                "verdict": "approved",
                "exclusion_code": "X04",
                "new_owner_checked": True,
                "evidence_kinds": ["transfer_record"],
                "evidence": "过户登记 GH-2026-077",
            },
            "refused": {"verdict": "refused", "exclusion_code": "X03", "refusal_reason": "缺少报废证明"},
        },
    }


VARIANTS = variants_on(TODAY)
SAMPLES = samples_on(TODAY)
