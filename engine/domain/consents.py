"""What a customer agreed to, by kind, and where that stands on a day; pure.

Source: domain.md §4.7 (同意状态), §4.9 and §5: PIPL Art. 13–16 (consent, withdrawn as easily as given), Art. 23 (giving
data to the life insurer needs a separate consent), the rules on commercial messages and calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from engine.label import Label

WORDING = "2026-11"
"""Version of the texts in :class:`ConsentKind`; kept with each statement, to be raised when a text changes."""


class ConsentKind(StrEnum):
    """What is agreed to; each kind is asked, given and withdrawn by itself."""

    MARKETING_CALL = "marketing_call"
    MARKETING_MESSAGE = "marketing_message"
    SHARE_TO_LIFE = "share_to_life"

    @property
    def label(self) -> Label:
        """What it is called."""
        return _KINDS[self][0]

    @property
    def unasked(self) -> Label:
        """What holds while the customer was not asked (PIPL Art. 13: serving the policy in force needs no consent)."""
        return _UNASKED[self]

    @property
    def wording(self) -> Label:
        """What the customer is asked, version :data:`WORDING`."""
        return _KINDS[self][1]


class ConsentMethod(StrEnum):
    """How a statement was made."""

    SIGNED = "signed"
    RECORDED = "recorded"
    SMS = "sms"
    WECHAT = "wechat"
    TOLD = "told"
    CONTACT = "contact"
    ERASURE = "erasure"

    @property
    def label(self) -> Label:
        """What it is called."""
        return _METHODS[self]


class ConsentState(StrEnum):
    """Where a kind of consent stands."""

    UNASKED = "unasked"
    GIVEN = "given"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> Label:
        """What it is called."""
        return _STATES[self]


PROVABLE = (ConsentMethod.SIGNED, ConsentMethod.RECORDED, ConsentMethod.SMS, ConsentMethod.WECHAT)
"""How consent may be given: each leaves something that proves it. A withdrawal needs no proof."""
CONTACT_KINDS = (ConsentKind.MARKETING_CALL, ConsentKind.MARKETING_MESSAGE)
"""What somebody withdraws who wants no more contact (domain.md §4.2, outcome 62)."""

_KINDS = {
    ConsentKind.MARKETING_CALL: (
        Label("电话与上门营销", "Sales calls and visits"),
        Label(
            "同意我公司就车险续保及相关产品致电或上门介绍",
            "May we call or visit you about renewing your motor cover and related products?",
        ),
    ),
    ConsentKind.MARKETING_MESSAGE: (
        Label("短信与微信营销", "Sales messages"),
        Label(
            "同意我公司以短信、微信发送续保优惠及产品信息，可随时回复拒收",
            "May we send you offers by SMS or WeChat? You can opt out by a reply at any time.",
        ),
    ),
    ConsentKind.SHARE_TO_LIFE: (
        Label("向寿险公司提供信息（单独同意）", "Sharing with the life insurer (separate consent)"),
        Label(
            "单独同意将姓名、电话、车辆及保单信息提供给寿险公司及其营销员，用于续保服务",
            "May we give your name, phone, vehicle and policy to the life insurer and its agents for the renewal?",
        ),
    ),
}
_UNASKED = {
    ConsentKind.MARKETING_CALL: Label(
        "未登记：仅限现有保单的续保服务联系，不得推销其他产品",
        "Not asked: contact only to serve and renew the policy in force, no other sales",
    ),
    ConsentKind.MARKETING_MESSAGE: Label(
        "未登记：仅限到期提醒等保单服务信息，不得发送营销信息",
        "Not asked: only messages that serve the policy, such as its expiry; no offers",
    ),
    ConsentKind.SHARE_TO_LIFE: Label(
        "未登记：请征得单独同意后登记",
        "Not asked: ask for the separate consent and record it",
    ),
}
_METHODS = {
    ConsentMethod.SIGNED: Label("书面签署", "Signed on paper"),
    ConsentMethod.RECORDED: Label("电话录音", "Recorded call"),
    ConsentMethod.SMS: Label("短信回复", "Reply by SMS"),
    ConsentMethod.WECHAT: Label("微信回复", "Reply by WeChat"),
    ConsentMethod.TOLD: Label("口头告知", "Said so"),
    ConsentMethod.CONTACT: Label("联系时要求不再联系", "Asked for no more contact"),
    ConsentMethod.ERASURE: Label("要求删除个人信息", "Asked for deletion"),
}
_STATES = {
    ConsentState.UNASKED: Label("未登记", "Not asked"),
    ConsentState.GIVEN: Label("已同意", "Given"),
    ConsentState.EXPIRED: Label("已到期", "Expired"),
    ConsentState.WITHDRAWN: Label("已撤回", "Withdrawn"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One thing the customer said of one kind; ``valid_until`` is the last day on which a consent holds."""

    kind: ConsentKind
    is_given: bool
    said_on: date
    valid_until: date | None = None


def deciding(statements: Iterable[Statement], kind: ConsentKind) -> Statement | None:
    """Return the one of *statements* (in the order they were recorded) that counts for *kind*, or None.

    The latest day of the answer counts, whenever it was recorded; of one day, what was recorded last.
    """
    found: Statement | None = None
    for one in statements:
        if one.kind is kind and (found is None or one.said_on >= found.said_on):
            found = one
    return found


def has_run_out(one: Statement, today: date) -> bool:
    """Whether *one* is a consent whose last day is over."""
    return one.is_given and one.valid_until is not None and one.valid_until < today


def holding(statements: Iterable[Statement], kind: ConsentKind, today: date) -> Statement | None:
    """Return the one of *statements* that counts for *kind* on *today*, or None.

    A consent that has run out counts no more: what stood before it holds again.
    """
    return deciding([one for one in statements if not has_run_out(one, today)], kind)


def standing(statements: Iterable[Statement], kind: ConsentKind, today: date) -> ConsentState:
    """Return where *kind* stands on *today*, by the one of *statements* that counts (:func:`holding`)."""
    known = tuple(statements)
    last = holding(known, kind, today)
    if last is None:
        return ConsentState.UNASKED if deciding(known, kind) is None else ConsentState.EXPIRED
    return ConsentState.GIVEN if last.is_given else ConsentState.WITHDRAWN
