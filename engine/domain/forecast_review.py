"""Who looks at a forecast that asks for a person, and which figures a person may settle on; pure.

Source: domain.md §3.6 (a steep rise is looked at before the agent sees it, missing inputs ask for a person), §7
case 16 (the channel department stands in where nobody is named).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from engine.domain.actor import Actor
from engine.domain.codes import Role
from engine.errors import BadInput
from engine.label import Label

MOST_PREMIUM = Decimal(1_000_000)
"""As the form of P-S2 has it; yuan."""
_CENT = Decimal("0.01")
BAND: Mapping[str, Label] = {
    "low": Label("预测保费 低", "forecast premium, low"),
    "mid": Label("预测保费 中", "forecast premium, middle"),
    "high": Label("预测保费 高", "forecast premium, high"),
}


@dataclass(frozen=True, slots=True)
class Band:
    """A forecast as a person settled on it; yuan, both lines, without the vehicle tax."""

    low: Decimal
    mid: Decimal
    high: Decimal


def may_review(actor: Actor, specialist_no: str | None) -> bool:
    """Whether *actor* reviews forecasts of renewals of this specialist, in scope: the specialist, or who stands in."""
    return Role.SPECIALIST in actor.roles or (Role.CHANNEL in actor.roles and specialist_no is None)


def band_of(typed: Mapping[str, str]) -> Band:
    """Return the band that was *typed* as ``low``, ``mid`` and ``high``.

    Raises:
        BadInput: a figure is missing, no amount in whole cents, out of bounds, or they do not rise.
    """
    low, mid, high = (_amount(name, typed.get(name, "")) for name in BAND)
    if mid < low:
        raise BadInput(what=BAND["mid"], value=mid, reason=_not_below("low"))
    if high < mid:
        raise BadInput(what=BAND["high"], value=high, reason=_not_below("mid"))
    return Band(low, mid, high)


def _not_below(name: str) -> Label:
    other = BAND[name]
    return Label(f"不能小于{other.zh}。", f"it may not lie below {other.en}.")


def _amount(name: str, text: str) -> Decimal:
    try:
        amount = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 < amount <= MOST_PREMIUM or amount != round(amount, 2):
        reason = Label(
            f"请填写大于 0、不超过 {MOST_PREMIUM:,} 的金额（元），至多两位小数。",
            f"give an amount in yuan above 0 and up to {MOST_PREMIUM:,}, with two decimals at most.",
        )
        raise BadInput(what=BAND[name], value=text.strip()[:20], reason=reason)
    return amount.quantize(_CENT)
