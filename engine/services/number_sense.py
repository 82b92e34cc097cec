"""What a checked application says of numbers that fail their check digit (domain.md §1, G-S3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import forms
from engine.domain.check_digits import doubtful_numbers
from engine.services.context import StepScope
from engine.services.quote_sense import EXPLAINED, NOTE

CHECK, VERDICT, CONFIRMED, ITEMS = "verify_application", "verdict", "confirmed", "checked_items"


def number_problems(scope: StepScope, form: forms.Form, clean: Mapping[str, Any]) -> dict[str, forms.Problem]:
    """Ask for a word where a number is ticked as verified that fails its check digit.

    A returned application needs none, nor does an item that nobody ticked. Older and foreign vehicles may have a VIN
    that fails and is right: it is explained, not refused.
    """
    field = form.field(NOTE) if form.form_id == CHECK else None
    if field is None or clean.get(VERDICT) != CONFIRMED or len(str(clean.get(NOTE) or "")) >= EXPLAINED:
        return {}
    ticked = clean.get(ITEMS) or ()
    customer = scope.customer
    doubts = [
        doubt.told
        for doubt in doubtful_numbers(customer.id_no if customer else None, scope.vehicle.vin)
        if doubt.item in ticked
    ]
    if not doubts:
        return {}
    told = forms.Text("；".join(one.zh for one in doubts), "; ".join(one.en for one in doubts))
    return {NOTE: forms.doubtful_number(field, told)}
