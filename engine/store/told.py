"""What was written on the forms of many renewals, a few hundred renewals a statement."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

import forms
from engine.clock import business_date
from engine.domain.contacts import TOLD_FORMS, Choice, FormGiven
from engine.domain.price_gap import GapBase, PriceGap
from engine.label import Label
from engine.store.tasks import Submission

AT_ONCE = 500


def forms_given_for(
    session: Session,
    renewal_ids: Sequence[int],
    zone: ZoneInfo,
    *,
    form_ids: Collection[str] = TOLD_FORMS,
) -> dict[int, list[FormGiven]]:
    """Return the forms that tell of contacts and losses (or *form_ids*), by renewal, the oldest first."""
    found: dict[int, list[FormGiven]] = {renewal_id: [] for renewal_id in renewal_ids}
    for start in range(0, len(renewal_ids), AT_ONCE):
        part = renewal_ids[start : start + AT_ONCE]
        rows = session.scalars(
            select(Submission)
            .where(Submission.instance_id.in_(part), Submission.form_id.in_(sorted(form_ids)))
            .order_by(Submission.id)
        )
        for row in rows:
            day = business_date(row.submitted_at, zone)
            given = FormGiven(row.form_id, row.values, row.submitted_at, day, row.submitted_by, _gap(row))
            found[row.instance_id].append(given)
    return found


def _gap(row: Submission) -> PriceGap | None:
    if row.price_gap is None or row.price_gap_to is None:
        return None
    return PriceGap(row.price_gap, GapBase(row.price_gap_to))


def choice_label(known: Mapping[str, forms.Form], choice: Choice | None) -> Label | None:
    """Return the label of a choice in the forms it was made on; the code itself where they know it no more."""
    if choice is None:
        return None
    form = known.get(choice.form_id)
    field = form.field(choice.key) if form else None
    option = field.option(choice.code) if field else None
    return Label(option.label.zh, option.label.en) if option else Label(choice.code, choice.code)
