"""What a message may carry: the keys of each of the seven, and what their values must be.

A message comes from another system; what it says becomes a fact without a person looking at it, so that
an unknown key or code is refused by name instead of being kept or dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import forms
from engine.domain.codes import MessageName, RenewalState
from engine.domain.numbers import plain_number
from engine.errors import BadInput
from engine.label import Label, one_of

MAX_CODE, MAX_TEXT = 64, 2000
MAX_PREMIUM = 10_000_000
Forms = Mapping[str, forms.Form]
Read = Callable[[Any, Forms], Any]


class _Wrong(Exception):
    """A value cannot be used; the label says what would do."""

    def __init__(self, wanted: Label) -> None:
        super().__init__(wanted.en)
        self.wanted = wanted


@dataclass(frozen=True, slots=True)
class _Key:
    """One key of a message: how its value is read, and the reason why it cannot be left out."""

    read: Read
    required: Label | None = None


def checked_data(name: MessageName, data: Mapping[str, Any], known_forms: Forms) -> dict[str, Any]:
    """Return the data of message *name* as they may be kept; a key with the value null counts as not given.

    Raises:
        BadInput: a key is unknown, or a value is of the wrong kind; key and value are named.
    """
    keys = _KEYS[name]
    for key in data:
        if key not in keys:
            raise BadInput(what="data", value=str(key)[:40], reason=_known_keys(name))
    clean: dict[str, Any] = {}
    for key, rule in keys.items():
        given = data.get(key)
        if given is None:
            continue
        try:
            clean[key] = rule.read(given, known_forms)
        except _Wrong as wrong:
            raise BadInput(what=key, value=str(given)[:40], reason=wrong.wanted) from None
    return clean


def require_complete(name: MessageName, data: Mapping[str, Any]) -> None:
    """Let a message from outside pass if it brings what it must; a list of policies is its own evidence.

    Raises:
        BadInput: a key is missing.
    """
    for key, rule in _KEYS[name].items():
        if rule.required is not None and data.get(key) is None:
            raise BadInput(what=key, value="", reason=rule.required)


def _known_keys(name: MessageName) -> Label:
    said, keys = name.label, tuple(_KEYS[name])
    return Label(
        f"消息“{said.zh}”没有这个键，可用的键：{'、'.join(keys)}。",
        f"the message “{said.en}” has no such key; it knows {', '.join(keys)}.",
    )


def _text(most: int) -> Read:
    def read(value: Any, _forms: Forms) -> str:
        text = value.strip() if isinstance(value, str) else ""
        if not text or len(text) > most or not all(c.isprintable() or c == "\n" for c in text):
            raise _Wrong(Label(f"请给出 1–{most} 个字符的文本。", f"give a text of 1–{most} characters."))
        return text

    return read


def _number(value: Any, _forms: Forms) -> str:
    number = plain_number(value) if isinstance(value, str) else ""
    if not number or len(number) > MAX_CODE or not number.isprintable():
        raise _Wrong(
            Label(
                f"请给出 1–{MAX_CODE} 个字符的号码文本。",
                f"give a number as text of 1–{MAX_CODE} characters.",
            )
        )
    return number


def _choice(field_key: str) -> Read:
    """A code the deployed forms offer under *field_key*: the process owner keeps the list there."""

    def read(value: Any, known: Forms) -> str:
        code = value.strip() if isinstance(value, str) else ""
        allowed = _offered(known, field_key)
        if not code or len(code) > MAX_CODE or (allowed and code not in allowed):
            raise _Wrong(one_of(allowed) if allowed else Label("请给出代码文本。", "give a code as text."))
        return code

    return read


def _offered(known: Forms, field_key: str) -> tuple[str, ...]:
    fields: Iterable[forms.Field] = (f for form in known.values() for f in form.fields)
    return tuple(sorted({value for field in fields if field.key == field_key for value in field.values}))


def _outcome(value: Any, _forms: Forms) -> str:
    allowed = (RenewalState.RENEWED, RenewalState.WON_BACK)
    if value not in allowed:
        raise _Wrong(one_of(allowed))
    return str(value)


def _day(value: Any, _forms: Forms) -> str:
    day = _read_day(
        value, Label("请给出 YYYY-MM-DD 格式的最后承保日。", "give the last covered day as YYYY-MM-DD.")
    )
    if not date(2000, 1, 1) <= day <= date(2100, 12, 31):
        raise _Wrong(
            Label(
                "到期日应在 2000 至 2100 年之间，请核对。",
                "an expiry date lies between 2000 and 2100; check it.",
            )
        )
    return day.isoformat()


def _valid_until(value: Any, _forms: Forms) -> str:
    wanted = Label("请给出 YYYY-MM-DD 格式的报价有效期。", "give the quote's last valid day as YYYY-MM-DD.")
    return _read_day(value, wanted).isoformat()


def _read_day(value: Any, wanted: Label) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _Wrong(wanted) from None


def _money(value: Any, _forms: Forms) -> str:
    wanted = Label(
        "请给出以元为单位、0 到一千万之间的金额。", "give an amount in yuan between 0 and ten million."
    )
    try:
        amount = Decimal(str(value)) if isinstance(value, str | int | float) else Decimal("NaN")
    except InvalidOperation:
        raise _Wrong(wanted) from None
    if isinstance(value, bool) or not amount.is_finite() or not 0 <= amount < MAX_PREMIUM:
        raise _Wrong(wanted)
    return str(amount)


_POLICY_NEEDED = Label(
    "须给出新保单号 policy_no；没有新保单不能登记为已续保，请等待新签保单清单，或用 import-policies 导入。",
    "name the new policy in policy_no; nothing is renewed without a policy: "
    "import it with import-policies, or wait for it.",
)
_DATE_NEEDED = Label("须给出新的到期日，格式 YYYY-MM-DD。", "give the new expiry date as YYYY-MM-DD.")
_KEYS: Mapping[MessageName, Mapping[str, _Key]] = {
    MessageName.POLICY_RENEWED: {"policy_no": _Key(_number, _POLICY_NEEDED), "outcome": _Key(_outcome)},
    MessageName.POLICY_LOST: {"reason": _Key(_choice("reason")), "source": _Key(_text(MAX_CODE))},
    MessageName.POLICY_EXCLUDED: {
        "code": _Key(_choice("exclusion_code")),
        "reason": _Key(_choice("exclusion_code")),
        "evidence": _Key(_text(MAX_TEXT)),
    },
    MessageName.EXPIRY_CHANGED: {"expiry_date": _Key(_day, _DATE_NEEDED), "reason": _Key(_text(MAX_TEXT))},
    MessageName.AGENT_LEFT: {"agent_no": _Key(_number)},
    MessageName.LIST_WITHDRAWN: {"reason": _Key(_text(MAX_TEXT))},
    MessageName.QUOTE_RECEIVED: {
        "premium": _Key(_money),
        "amount": _Key(_money),
        "ctp_premium": _Key(_money),
        "commercial_premium": _Key(_money),
        "vessel_tax": _Key(_money),
        "quote_no": _Key(_number),
        "valid_until": _Key(_valid_until),
        "difference_cause": _Key(_choice("difference_cause")),
    },
}
