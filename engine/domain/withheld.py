"""To whom values and files of a customer are shown in the clear; pure.

Source: domain.md §5, §7 case 44; PIPL Art. 15, 23, 47; docs/rights.md, docs/personal-data.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from engine.domain.actor import Actor
from engine.domain.codes import Role
from engine.label import Label

ONLY_WORKING = Label(
    "附件只由经办岗位打开；您可以看到名称、大小和校验值，据此与历史核对。",
    "Files are opened by those who work on the renewal. You see name, size and hash, to compare with the history.",
)
SHARING_WITHDRAWN = Label(
    "客户已撤回向寿险公司提供个人信息的同意，附件不再向寿险人员打开；请交由交叉销售专员办理。",
    "The customer withdrew that the life insurer gets the data: its people open no file. Ask the specialist.",
)
ERASURE_STANDS = Label(
    "客户已要求删除个人信息，附件不再向寿险人员打开；依法留存的证据由交叉销售专员和渠道合作部查阅。",
    "The customer asked for deletion: people of the life insurer open no file; what the law has kept is with the"
    " specialist and the channel department.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """What a customer stopped, on whichever of the customer's rows it was recorded."""

    do_not_contact: bool = False
    no_sharing: bool = False
    erasure_asked_on: date | None = None
    kept_until: date | None = None


def may_reveal(actor: Actor) -> bool:
    """Whether *actor* works with customers: administrators and auditors never see clear values."""
    return bool(actor.working_roles) and not actor.roles & {Role.ADMIN, Role.AUDITOR}


def is_of_life(actor: Actor) -> bool:
    """Whether *actor* works for the life insurer alone (domain.md §1, roles)."""
    return not actor.roles & {Role.CHANNEL, Role.SPECIALIST}


def file_closed(actor: Actor, withheld: Withheld) -> Label | None:
    """Return why *actor* may not open a file of the customer's renewal, or None.

    A file may show a document of identity. Who decides on a request for deletion needs its proof: specialists and
    the channel department still open files then.
    """
    if not may_reveal(actor):
        return ONLY_WORKING
    if not is_of_life(actor):
        return None
    if withheld.erasure_asked_on is not None:
        return ERASURE_STANDS
    return SHARING_WITHDRAWN if withheld.no_sharing else None
