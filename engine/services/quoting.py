"""Makes and keeps the quotes of a renewal: forecasts by the tariff tables, actual quotes as they come.

Rules: domain.md §0.1 (the two are different things), §3.6 (forecast, recomputing, the four causes of a
difference), §7 cases 35 (stale after a claim) and 36 (before the window opens).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.bootstrap import Deployed
from engine.domain.codes import QuoteKind
from engine.domain.forecast import Forecast, forecast
from engine.domain.quote_ends import first_look
from engine.services.context import StepScope
from engine.services.rating import Answers, ask_tariff, digest_of
from engine.store.quotes import Quote, current_quotes, next_version

START = "start"
UNSTATED = "unstated"
"""Cause of a difference that nobody has given yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenQuote:
    """An actual quote in yuan, as the platform or the specialist gave it; lines not quoted are None."""

    ctp: Decimal | None
    commercial: Decimal | None
    tax: Decimal | None
    total: Decimal | None = None
    quote_no: str | None = None
    valid_until: date | None = None
    cause: str = UNSTATED

    @classmethod
    def of_form(cls, values: Mapping[str, Any]) -> GivenQuote:
        """Return what the form of G-S2 says."""
        until = values.get("valid_until")
        return cls(
            ctp=_money(values.get("ctp_premium")),
            commercial=_money(values.get("commercial_premium")),
            tax=_money(values.get("vessel_tax")),
            quote_no=str(values.get("quote_no") or "") or None,
            valid_until=date.fromisoformat(str(until)[:10]) if until else None,
            cause=str(values.get("difference_cause") or UNSTATED),
        )

    @property
    def premium(self) -> Decimal | None:
        """Both lines without tax; the total when only that was told."""
        parts = [part for part in (self.ctp, self.commercial) if part is not None]
        return sum(parts, Decimal(0)) if parts else self.total


def first_forecast(scope: StepScope) -> None:
    """Keep the first forecast of a renewal that starts, by the tables of its own version."""
    answers, made = _compute(scope, scope.deployed)
    _keep_forecast(scope, answers, made, deployed=scope.deployed, version=1, source=START)


def refresh_forecast(
    scope: StepScope,
    *,
    source: str,
    deployed: Deployed | None = None,
    held: Mapping[tuple[int, str], Quote] | None = None,
) -> bool:
    """Forecast anew after a fact or a table changed; return whether the outcome is another one.

    By the newest tables: a tariff is a fact of the world, whatever version of the process a renewal runs.
    *deployed* is the newest set and *held* are the quotes that stand, for whoever has them at hand.
    An actual quote given before counts as stale from now on (domain.md §7 case 35).
    """
    if scope.renewal.ended_at is not None:
        return False
    deployed = deployed or scope.engine.latest()
    answers, made = _compute(scope, deployed)
    held = held if held is not None else current_quotes(scope.tx, [scope.renewal.id])
    before = held.get((scope.renewal.id, QuoteKind.FORECAST))
    if before is not None and _is_same(before, made):
        before.tables_digest = digest_of(deployed)
        return False
    version = next_version(scope.tx, scope.renewal.id, QuoteKind.FORECAST)
    _keep_forecast(scope, answers, made, deployed=deployed, version=version, source=source)
    actual = held.get((scope.renewal.id, QuoteKind.ACTUAL))
    if actual is not None and before is not None and actual.stale_since is None:
        actual.stale_since = scope.now
        scope.record(
            "quote_stale", subject=actual.quote_no, reason=source, version=actual.version, **scope.told_on
        )
    return True


def keep_own_forecast(scope: StepScope, *, low: Decimal | None, mid: Decimal, high: Decimal | None) -> None:
    """Keep the band a specialist settled on (P-S2) as the newest forecast, unless it is the one that stands."""
    held = current_quotes(scope.tx, [scope.renewal.id]).get((scope.renewal.id, QuoteKind.FORECAST))
    if held is not None and (held.low, held.mid, held.high) == (low, mid, high):
        confirm_forecast(scope, held)
        return
    version = next_version(scope.tx, scope.renewal.id, QuoteKind.FORECAST)
    kept = held.basis if held is not None else {}
    _add(
        scope,
        Quote(
            kind=str(QuoteKind.FORECAST),
            version=version,
            source="P-S2",
            low=low,
            mid=mid,
            high=high,
            tax_low=held.tax_low if held else None,
            tax_high=held.tax_high if held else None,
            grade=None,
            tables_digest=held.tables_digest if held else None,
            asks=[],
            reasons=[{"code": "by_person"}],
            basis=kept,
        ),
    )
    _set_mid(scope, mid, source="P-S2")


def confirm_forecast(scope: StepScope, held: Quote) -> None:
    """Note that a person looked at the forecast that stands and found it right: it asks for nobody any more."""
    held.asks = []
    scope.record("forecast_reviewed", version=held.version)


def keep_actual(scope: StepScope, given: GivenQuote, *, source: str) -> None:
    """Keep an actual quote beside the forecast, with the difference between them and its cause."""
    held = current_quotes(scope.tx, [scope.renewal.id]).get((scope.renewal.id, QuoteKind.FORECAST))
    difference, expected = difference_from(held, given)
    _add(
        scope,
        Quote(
            kind=str(QuoteKind.ACTUAL),
            version=next_version(scope.tx, scope.renewal.id, QuoteKind.ACTUAL),
            source=source,
            mid=given.premium,
            ctp=given.ctp,
            commercial=given.commercial,
            tax_low=given.tax,
            tax_high=given.tax,
            quote_no=given.quote_no,
            valid_until=given.valid_until,
            look_on=first_look(given.valid_until),
            difference=difference,
            difference_cause=given.cause,
            change_rate=_rate(difference, expected),
            asks=[],
            reasons=[],
            basis={"forecast_version": held.version} if held is not None else {},
        ),
    )


def difference_from(held: Quote | None, given: GivenQuote) -> tuple[Decimal | None, Decimal | None]:
    """Return actual minus forecast of the lines that were quoted, and that forecast; None where one is unknown."""
    premium, expected = given.premium, _expected(held, given)
    return (premium - expected if premium is not None and expected is not None else None), expected


def _expected(held: Quote | None, given: GivenQuote) -> Decimal | None:
    """What the forecast said of the lines that were quoted; nothing for a total of unknown lines."""
    if held is None or held.mid is None:
        return None
    if held.ctp is None and held.commercial is None:
        return held.mid
    parts = [
        part
        for part, is_quoted in (
            (held.ctp, given.ctp is not None),
            (held.commercial, given.commercial is not None),
        )
        if is_quoted and part is not None
    ]
    return sum(parts, Decimal(0)) if parts else held.mid


def _rate(difference: Decimal | None, expected: Decimal | None) -> Decimal | None:
    if difference is None or not expected:
        return None
    return (difference / expected).quantize(Decimal("0.0001"))


def _compute(scope: StepScope, deployed: Deployed) -> tuple[Answers, Forecast]:
    answers = ask_tariff(scope, deployed.decisions)
    lines = {line.line for line in scope.lines}
    made = forecast(
        answers.last, answers.tariff, has_commercial="commercial" in lines, has_ctp="ctp" in lines
    )
    return answers, made


def _is_same(before: Quote, made: Forecast) -> bool:
    """Whether the tables and facts say what they said; a specialist's own band is left until they do not."""
    told = before.basis.get("told")
    return told is not None and told == _told(made)


def _told(made: Forecast) -> list[str | None]:
    parts = (made.low, made.mid, made.high, made.ctp, made.tax_low, made.tax_high)
    return [*(None if part is None else format(part, "f") for part in parts), *map(str, made.asks)]


def _keep_forecast(
    scope: StepScope, answers: Answers, made: Forecast, *, deployed: Deployed, version: int, source: str
) -> None:
    _add(
        scope,
        Quote(
            kind=str(QuoteKind.FORECAST),
            version=version,
            source=source,
            low=made.low,
            mid=made.mid,
            high=made.high,
            ctp=made.ctp,
            commercial=made.commercial,
            tax_low=made.tax_low,
            tax_high=made.tax_high,
            grade=str(made.grade) if made.grade else None,
            change_rate=made.change_rate,
            tables_digest=digest_of(deployed),
            asks=[str(ask) for ask in made.asks],
            reasons=[dict(reason) for reason in made.reasons],
            basis=_basis(answers, made, deployed),
        ),
    )
    _set_mid(scope, made.mid, source=source)


def _basis(answers: Answers, made: Forecast, deployed: Deployed) -> dict[str, Any]:
    """Inputs and rows that made a forecast, for the auditor; nothing of a person stands in it."""
    return {
        "told": _told(made),
        "set_version": deployed.version,
        "rows": dict(answers.rows),
        "rating": {name: _plain(value) for name, value in answers.rating.as_fact().items()},
    }


def _add(scope: StepScope, quote: Quote) -> None:
    quote.renewal_id, quote.is_current = scope.renewal.id, True
    quote.made_at, quote.made_by = scope.now, scope.actor.name
    if quote.source == START:
        scope.tx.add_later(quote)  # the renewal it belongs to is not there yet
    else:
        scope.tx.add(quote)
        scope.tx.flush()  # a second fact of the same list must find this version
    scope.record("quote_made", subject=quote.quote_no, **_shown(quote), **scope.told_on)


def _shown(quote: Quote) -> Mapping[str, Any]:
    names = ("kind", "version", "source", "low", "mid", "high", "grade", "difference", "difference_cause")
    return {name: _plain(getattr(quote, name)) for name in names if getattr(quote, name) is not None}


def _set_mid(scope: StepScope, mid: Decimal | None, *, source: str) -> None:
    before = scope.renewal.quote_mid
    if before is not None and mid != before:
        scope.change_fact("quote_mid", before, mid, source=source)
    scope.renewal.quote_mid = mid


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, date) else value


def _money(value: Any) -> Decimal | None:
    try:
        return None if value in (None, "") else Decimal(str(value))
    except InvalidOperation:
        return None
