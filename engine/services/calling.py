"""Call a customer: the phone number is shown for the call itself, under the same watch as any other look at it.

Source: threats.md §4 (a reveal has a reason and a measure), domain.md §1.5 (contact by phone), PIPL Art. 24 (whoever
asked not to be contacted is not called).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.withheld import Withheld
from engine.errors import Conflict
from engine.services.reveal import PersonalField, disclose
from engine.store.renewals import Customer

PURPOSE = "call"
REASON = "拨打客户电话"
"""Given by the act itself; the history keeps it like a reason somebody typed."""


@dataclass(frozen=True, slots=True)
class NumberToCall:
    """A customer's number in the clear: as it was given, and as a phone dials it (empty when it cannot)."""

    number: str
    dial: str
    is_doubtful: bool


class NotToBeCalled(Conflict):
    """The customer asked not to be contacted: the number is not shown for a call."""

    code = "not_to_be_called"
    zh = "客户已要求不再联系，不能拨打，号码未显示。客户主动来电的，请接听后登记；对此有疑问请联系您的主管。"
    en = "The customer asked not to be contacted: the number is not shown for a call. Ask your supervisor if in doubt."


def phone_to_call(engine: Engine, renewal_id: int, *, actor: Actor, address: str | None) -> NumberToCall:
    """Return the number of a renewal's customer for a call; the history says so first.

    Raises:
        NotFound: no such renewal in *actor*'s scope, or no number is known.
        Forbidden: the actor's roles may not see clear values.
        NotToBeCalled: the customer asked not to be contacted.
        ErasureStands: the customer asked for deletion.
        SharingWithdrawn: the life insurer may no longer be given the number, and the actor is of it.
        TooManyReveals: the hour's measure is full; this attempt is recorded.
    """
    field = PersonalField.PHONE
    row = disclose(
        engine,
        renewal_id,
        field,
        reason=REASON,
        actor=actor,
        address=address,
        check=_may_be_called,
        purpose=PURPOSE,
    )
    number = str(getattr(row, field))
    return NumberToCall(number, dialled(number), is_doubtful=isinstance(row, Customer) and row.phone_doubtful)


def dialled(number: str) -> str:
    """Return *number* as a ``tel:`` address takes it: digits, a leading plus; an extension after a comma.

    Empty when it holds fewer than five digits.
    """
    main, _, extension = re.sub(r"(转|分机|ext\.?|[x#*])", "|", number.strip().lower()).partition("|")
    digits = re.sub(r"[^0-9]", "", main)
    if len(digits) < 5:
        return ""
    more = re.sub(r"[^0-9]", "", extension)
    return f"{'+' if main.startswith('+') else ''}{digits}{',' + more if more else ''}"


def _may_be_called(stopped: Withheld) -> None:
    if stopped.do_not_contact:
        raise NotToBeCalled
