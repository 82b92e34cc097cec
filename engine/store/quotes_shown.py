"""The quotes that books and sheets show, in one place, whatever tables they stand in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.domain.contacts import quote_total
from engine.store.renewals import Renewal
from engine.store.tasks import Submission

Quotes = tuple[Decimal | None, Decimal | None]
"""Middle of the forecast, and the actual quote: everything the customer would pay; yuan."""


def latest_quotes(session: Session, renewal_ids: Collection[int]) -> Mapping[int, Quotes]:
    """Return the newest forecast and actual quote of each renewal; two statements.

    The forecast is the renewal's own figure, the actual one what the specialist last wrote on the form G-S2.
    """
    if not renewal_ids:
        return {}
    forecasts = session.execute(
        select(Renewal.id, Renewal.quote_mid).where(Renewal.id.in_(renewal_ids))
    ).all()
    actual: dict[int, Decimal | None] = {}
    given = select(Submission).where(
        Submission.instance_id.in_(renewal_ids), Submission.form_id == "give_actual_quote"
    )
    for row in session.scalars(given.order_by(Submission.id)):
        actual[row.instance_id] = quote_total(row.values) or actual.get(row.instance_id)
    return {row.id: (row.quote_mid, actual.get(row.id)) for row in forecasts}
