"""The quotes of a renewal as a person sees them: forecast and actual apart, with reasons, difference and state."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.codes import Label, QuoteKind, Role
from engine.domain.forecast import Ask
from engine.queries.present import Present
from engine.queries.quote_words import ask_text, cause_text, reason_text, table_text
from engine.store.quotes import Quote, current_quotes, quotes_of
from engine.store.renewals import Renewal

SHOWN_VERSIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownQuote:
    """One version of a quote; money in yuan, premiums without vehicle tax unless said.

    ``difference`` is to ``against``: what the forecast of that version said of the same lines when the quote came.
    """

    kind: str
    version: int
    made_at: datetime
    low: Decimal | None
    mid: Decimal | None
    high: Decimal | None
    ctp: Decimal | None
    commercial: Decimal | None
    tax_low: Decimal | None
    tax_high: Decimal | None
    grade: str | None
    change_rate: Decimal | None
    quote_no: str | None
    valid_until: date | None
    is_expired: bool
    is_stale: bool
    difference: Decimal | None
    against: Decimal | None
    against_version: int | None
    cause: Label | None
    asks: tuple[Label, ...]
    reasons: tuple[Label, ...]
    tables: Label | None
    set_version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotes:
    """What a renewal's pages say of its quotes.

    ``opens_on`` is set while the window is not open: 未到报价期 is a state with a date, never an error.
    ``is_held_back``: an agent does not see a steep rise before the specialist has looked at it (domain.md §3.6).
    """

    forecast: ShownQuote | None
    actual: ShownQuote | None
    opens_on: date | None
    is_held_back: bool
    older: tuple[ShownQuote, ...]


def quotes_shown(session: Session, actor: Actor, renewal: Renewal, present: Present) -> Quotes:
    """Return the quotes of *renewal* for *actor*; one statement."""
    return quotes_told(actor, renewal, quotes_of(session, renewal.id), present)


def quotes_told(actor: Actor, renewal: Renewal, rows: Sequence[Quote], present: Present) -> Quotes:
    """Return the same of quotes that were read already, newest first."""
    forecast, actual = _current(rows, QuoteKind.FORECAST), _current(rows, QuoteKind.ACTUAL)
    held_back = forecast is not None and hides_from(actor, forecast)
    shown = [row for row in rows if not (held_back and row.kind == QuoteKind.FORECAST)]
    opens = renewal.quote_opens_date

    def told(row: Quote) -> ShownQuote:
        return _without_forecast(_shown(row, present)) if held_back else _shown(row, present)

    return Quotes(
        forecast=_shown(forecast, present) if forecast is not None and not held_back else None,
        actual=told(actual) if actual is not None else None,
        opens_on=opens if opens is not None and opens > present.today and actual is None else None,
        is_held_back=held_back,
        older=tuple(told(row) for row in shown if not row.is_current)[:SHOWN_VERSIONS],
    )


def hides_from(actor: Actor, forecast: Quote) -> bool:
    """Whether *actor* sees no figure of *forecast* yet: an agent, until the specialist confirmed a steep rise."""
    return Role.AGENT in actor.roles and Ask.STEEP_RISE in forecast.asks


def holds_back(session: Session, actor: Actor, renewal_id: int) -> bool:
    """Whether *actor* sees no figure of this renewal's forecast yet, as :func:`hides_from`; a statement for agents."""
    return renewal_id in held_back_of(session, actor, [renewal_id])


def held_back_of(session: Session, actor: Actor, renewal_ids: Collection[int]) -> frozenset[int]:
    """Return those of *renewal_ids* whose forecast *actor* sees no figure of yet; a statement for agents."""
    if Role.AGENT not in actor.roles or not renewal_ids:
        return frozenset()
    return frozenset(
        renewal_id
        for (renewal_id, kind), quote in current_quotes(session, renewal_ids).items()
        if kind == QuoteKind.FORECAST and hides_from(actor, quote)
    )


def _without_forecast(actual: ShownQuote) -> ShownQuote:
    """An actual quote without what it is off the forecast by: the difference would give the forecast away."""
    return replace(actual, difference=None, against=None, against_version=None, change_rate=None, cause=None)


def _current(rows: Sequence[Quote], kind: QuoteKind) -> Quote | None:
    return next((row for row in rows if row.kind == kind and row.is_current), None)


def _cents(amount: Decimal | None) -> Decimal | None:
    """An amount with two decimals, as every database gives it."""
    return None if amount is None else amount.quantize(Decimal("0.01"))


def _shown(row: Quote, present: Present) -> ShownQuote:
    return ShownQuote(
        kind=row.kind,
        version=row.version,
        made_at=row.made_at,
        low=_cents(row.low),
        mid=_cents(row.mid),
        high=_cents(row.high),
        ctp=_cents(row.ctp),
        commercial=_cents(row.commercial),
        tax_low=_cents(row.tax_low),
        tax_high=_cents(row.tax_high),
        grade=row.grade,
        change_rate=row.change_rate,
        quote_no=row.quote_no,
        valid_until=row.valid_until,
        is_expired=row.valid_until is not None and row.valid_until < present.today,
        is_stale=row.stale_since is not None,
        difference=_cents(row.difference),
        against=_cents(row.mid - row.difference)
        if row.mid is not None and row.difference is not None
        else None,
        against_version=row.basis.get("forecast_version") if row.difference is not None else None,
        cause=cause_text(row.difference_cause) if row.difference_cause else None,
        asks=tuple(ask_text(code) for code in row.asks),
        reasons=tuple(reason_text(reason) for reason in row.reasons),
        tables=table_text(row.basis.get("rows", {})) if row.basis.get("rows") else None,
        set_version=row.basis.get("set_version"),
    )
