"""The quotes that books and sheets show: the current forecast and the current actual quote."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from sqlalchemy.orm import Session

from engine.domain.codes import QuoteKind
from engine.store.quotes import Quote, current_quotes

Quotes = tuple[Decimal | None, Decimal | None]
"""Middle of the forecast without tax, and everything the customer would pay by the actual quote; yuan."""


def latest_quotes(session: Session, renewal_ids: Collection[int]) -> Mapping[int, Quotes]:
    """Return the newest forecast and actual quote of each renewal; one statement."""
    if not renewal_ids:
        return {}
    held = current_quotes(session, renewal_ids)
    return {
        renewal_id: (
            _premium(held.get((renewal_id, QuoteKind.FORECAST))),
            _total(held.get((renewal_id, QuoteKind.ACTUAL))),
        )
        for renewal_id in renewal_ids
    }


def _premium(quote: Quote | None) -> Decimal | None:
    return quote.mid if quote is not None else None


def _total(quote: Quote | None) -> Decimal | None:
    if quote is None or quote.mid is None:
        return None
    return quote.mid + (quote.tax_low or Decimal(0))
