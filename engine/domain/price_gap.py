"""How far a competitor's price lies off ours (domain.md §4.1: "price gap %"); pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from engine.label import Label

_PLACES = Decimal("0.0001")


class GapBase(StrEnum):
    """What a competitor's price is compared with."""

    QUOTE = "quote"
    LAST_YEAR = "last_year"

    @property
    def label(self) -> Label:
        """What people call it."""
        return _LABELS[self]


_LABELS = {
    GapBase.QUOTE: Label("我司实际报价", "our actual quote"),
    GapBase.LAST_YEAR: Label("上年保费", "last year's premium"),
}


@dataclass(frozen=True, slots=True)
class PriceGap:
    """``rate`` is (competitor - ours) / ours: negative where the competitor asks less; a fraction of four places."""

    rate: Decimal
    base: GapBase


def price_gap(
    competitor: Decimal | None, *, quoted: Decimal | None, last_year: Decimal | None
) -> PriceGap | None:
    """Return the gap to the actual quote, where there is none to last year's premium; yuan without vehicle tax.

    None without a price or anything to compare it with.
    """
    if competitor is None:
        return None
    for own, base in ((quoted, GapBase.QUOTE), (last_year, GapBase.LAST_YEAR)):
        if own is not None and own > 0:
            return PriceGap(((competitor - own) / own).quantize(_PLACES), base)
    return None
