"""What is said of rows of newly issued policies that fulfil nothing or take nothing back."""

from __future__ import annotations

from typing import Any

from engine.domain.codes import Label
from engine.domain.lists import PolicyRow
from engine.domain.masking import mask_policy_no

UNMATCHED = "no_renewal"
"""Code of the warning on a new policy that fulfils no renewal."""


def unmatched(row: PolicyRow) -> dict[str, Any]:
    """Warn of a policy that fulfils no renewal."""
    return _about(
        row,
        column="车架号",
        value=row.vin,
        code=UNMATCHED,
        level="warning",
        reason=Label("没有与之对应的待续保记录。", "No pending renewal matches this policy."),
        remedy=Label(
            "如为新保或转入可忽略；否则请核对车架号与起保日期。",
            "Ignore it for new business; else check VIN and inception date.",
        ),
    )


def taken_back(row: PolicyRow) -> dict[str, Any]:
    """Tell that a renewal loses its outcome with this policy."""
    return _about(
        row,
        column="保单号",
        value=row.policy_no or "",
        code="renewal_taken_back",
        level="warning",
        reason=Label(
            "该保单已退保或注销：撤回已登记的续保结果，脱保未超过 30 天的恢复跟进。",
            "This policy was cancelled: the renewal loses its outcome, and is followed up again up to 30 days after expiry.",
        ),
        remedy=Label(
            "请联系客户了解原因；如退保有误，请重新出单后导入新保单。",
            "Ask the customer why; if the cancellation is an error, issue a new policy and import it.",
        ),
    )


def nothing_to_cancel(row: PolicyRow) -> dict[str, Any]:
    """Refuse to take back a policy that the book does not hold."""
    number = mask_policy_no(row.policy_no or "")
    return _about(
        row,
        column="保单号",
        value=row.policy_no or "",
        code="nothing_to_cancel",
        level="error",
        reason=Label(
            f"退保（冲减）行对应的保单 {number} 未登记。",
            f"Policy {number}, which this entry takes back, is not on record.",
        ),
        remedy=Label(
            "如该保单从未导入，无需处理；否则请核对保单号，并先导入原保单。",
            "If it was never imported nothing needs doing; else check the number and import the policy first.",
        ),
    )


def partial_refund(row: PolicyRow) -> dict[str, Any]:
    """Refuse to take a refund of less than half the premium for a cancellation."""
    return _about(
        row,
        column="保费",
        value=str(row.premium),
        code="partial_refund",
        level="error",
        reason=Label(
            f"冲减 {row.premium} 元不足原保费的一半，视为批减，保单仍然有效。",
            f"The refund of {row.premium} is less than half the premium: a reduction; the policy stays in force.",
        ),
        remedy=Label(
            "无需处理；如确已退保，请用带“批改类型”列的核心系统导出注明退保后重新导入。",
            "Nothing needs doing; if it was cancelled, import the core export that names the kind of endorsement.",
        ),
    )


def _about(
    row: PolicyRow, *, column: str, value: str, code: str, level: str, reason: Label, remedy: Label
) -> dict[str, Any]:
    return {
        "sheet": row.sheet,
        "row": row.row_no,
        "column": column,
        "value": value,
        "code": code,
        "level": level,
        "reason": {"zh": reason.zh, "en": reason.en},
        "remedy": {"zh": remedy.zh, "en": remedy.en},
    }
