"""What a quote cannot be, whoever gives it: far off without a word, valid for ever, or another vehicle's.

Source: domain.md §3.6 (a difference has its cause), §0.6 and §1 (win-back ends 30 days after the expiry), §7 case 35
(quotes have a validity). From where on a forecast is doubtful stands nowhere; the figures here are proposals
[inferred 推断], and such a forecast is asked for an explanation, not refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import forms
from engine.domain.codes import QuoteKind
from engine.domain.contacts import as_money
from engine.services.context import StepScope
from engine.store.quotes import current_quotes, is_of_other_vehicle

WIN_BACK_DAYS = 30
"""How long after the expiry a customer is still followed up (domain.md §1)."""
QUOTE_NO, NOTE = "quote_no", "note"
LOW, MID, HIGH = "premium_low", "premium_mid", "premium_high"
WIDE = Decimal(2)
"""How many times the lowest the highest premium of a band may be, and last year's the middle one, without a word."""
NEAR = Decimal("0.2")
"""How far a middle may lie from the system's own forecast to need no word (domain.md §3.6: +20% is looked at)."""
EXPLAINED = 4
"""Characters of an explanation at least."""
_COMPULSORY, _COMMERCIAL = "ctp_only", "commercial_only"


def last_valid_day(expiry: date, today: date) -> date:
    """Return the last day a quote for the cover after *expiry* may be valid on: that on which win-back ends."""
    return max(expiry + timedelta(days=WIN_BACK_DAYS), today)


def belongs_elsewhere(scope: StepScope, quote_no: str) -> bool:
    """Whether an actual quote of another vehicle bears this number."""
    return is_of_other_vehicle(scope.tx, quote_no, scope.renewal.vehicle_id)


def quote_problems(scope: StepScope, form: forms.Form, clean: Mapping[str, Any]) -> dict[str, forms.Problem]:
    """Return what speaks against the quote that *form* tells of."""
    return {**_of_other_vehicle(scope, form, clean), **_unexplained_band(scope, form, clean)}


def _of_other_vehicle(
    scope: StepScope, form: forms.Form, clean: Mapping[str, Any]
) -> dict[str, forms.Problem]:
    field, number = form.field(QUOTE_NO), clean.get(QUOTE_NO)
    if field is None or not number or not belongs_elsewhere(scope, str(number)):
        return {}
    return {QUOTE_NO: forms.quoted_elsewhere(field, str(number))}


def _unexplained_band(
    scope: StepScope, form: forms.Form, clean: Mapping[str, Any]
) -> dict[str, forms.Problem]:
    field = form.field(NOTE) if form.field(MID) is not None else None
    band = [as_money(clean.get(key)) for key in (LOW, MID, HIGH)]
    if field is None or None in band or len(str(clean.get(NOTE) or "")) >= EXPLAINED:
        return {}
    low, mid, high = (amount for amount in band if amount is not None)
    if high > low * WIDE:
        return {NOTE: forms.wide_band(field, low, high)}
    last = _last_year(scope, str(clean.get("cover") or ""))
    if not last or last / WIDE <= mid <= last * WIDE or _is_foretold(scope, mid):
        return {}
    return {NOTE: forms.far_from_last_year(field, mid, last)}


def _last_year(scope: StepScope, cover: str) -> Decimal:
    """What was paid last year for the lines that the plan covers, without the tax; 0 when nobody knows."""
    row = scope.renewal
    commercial = None if cover == _COMPULSORY else row.premium
    compulsory = None if cover == _COMMERCIAL else row.ctp_premium
    return (commercial or Decimal(0)) + (compulsory or Decimal(0))


def _is_foretold(scope: StepScope, mid: Decimal) -> bool:
    held = current_quotes(scope.tx, [scope.renewal.id]).get((scope.renewal.id, QuoteKind.FORECAST))
    return held is not None and bool(held.mid) and abs(mid - (held.mid or 0)) <= (held.mid or 0) * NEAR
