"""How far the competitor's price on a form lies off ours when it is given in (domain.md §4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.domain.codes import QuoteKind
from engine.domain.contacts import COMPETITOR_FORMS, as_money
from engine.domain.price_gap import PriceGap, price_gap
from engine.services.context import StepScope
from engine.store.quotes import current_quotes

PRICE = "competitor_price"


def gap_told(scope: StepScope, form_id: str, values: Mapping[str, Any]) -> PriceGap | None:
    """Return the gap to the actual quote that stands, or to last year's premium; None where no price is told."""
    competitor = as_money(values.get(PRICE)) if form_id in COMPETITOR_FORMS else None
    if competitor is None:
        return None
    row = scope.renewal
    held = current_quotes(scope.tx, [row.id]).get((row.id, QuoteKind.ACTUAL))
    last_year = (row.premium or Decimal(0)) + (row.ctp_premium or Decimal(0))
    return price_gap(competitor, quoted=held.mid if held is not None else None, last_year=last_year)
