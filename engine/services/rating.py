"""Asks the tariff tables of a set: the fact ``rating``, the answers of a forecast, the day quoting opens.

The row is chosen by the first day of the new policy, the day after the expiry (domain.md §3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from engine.bootstrap import Deployed
from engine.domain.codes import Line
from engine.domain.decision import Decision, DecisionFault
from engine.domain.directory import Directory
from engine.domain.expression import ExpressionFault
from engine.domain.expression_values import largest, smallest
from engine.domain.forecast import LastYear, Tariff
from engine.domain.rating import (
    CLEAN_YEARS,
    Rating,
    claims_history,
    clean_years_rewarded,
    energy_kind,
    float_code,
    plain_region,
    province_of,
)
from engine.services.context import StepScope
from engine.store.organisation import directory_on
from engine.store.renewals import PolicyLine

TABLES = ("ctp_base", "ctp_float", "ncd_level", "self_pricing_range", "forecast_band", "vehicle_tax")
"""The tables a forecast rests on."""
TARGET_TIERS = frozenset({"mid", "low"})
YEAR = timedelta(days=365)
START_DATE = "rating.start_date"
"""What the column asks by which the rows of a table are in force."""
DEFAULT_WINDOW = 60
"""Days before expiry on which quoting opens when no table says otherwise (domain.md §3.7)."""
_FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "has": lambda value: value is not None,
    "min": smallest,
    "max": largest,
}

Tables = Mapping[str, Decision]


@dataclass(frozen=True, slots=True)
class Answers:
    """What the tables said, and which rows of which tables said it (table → row numbers)."""

    rating: Rating
    last: LastYear
    tariff: Tariff
    rows: Mapping[str, list[int]]


def digest_of(deployed: Deployed) -> str:
    """Return what tells the tariff tables of one set from others: a digest over their files."""
    return _digest(tuple(deployed.files.get(f"{name}.dmn", b"") for name in TABLES))


@lru_cache(maxsize=16)
def _digest(contents: tuple[bytes, ...]) -> str:
    """Return the digest over the files of :data:`TABLES`; asked for every renewal that starts."""
    found = hashlib.sha256()
    for name, content in zip(TABLES, contents, strict=True):
        found.update(name.encode() + b"\0" + content + b"\0")
    return found.hexdigest()[:32]


def rating_fact(scope: StepScope) -> Mapping[str, object]:
    """Return the fact ``rating`` for the headline line of a renewal."""
    line = Line.CTP if scope.renewal.lines == Line.CTP else Line.COMMERCIAL
    return replace(_Asker(scope, scope.deployed.decisions).rating(), line=str(line)).as_fact()


def ask_tariff(scope: StepScope, tables: Tables) -> Answers:
    """Return what *tables* say of the renewal's next year."""
    return _Asker(scope, tables).answers()


def quote_opens(tables: Tables, city: str | None, due: Mapping[Line, date]) -> date | None:
    """Return the first day on which every line of *due* (line → last covered date) can be quoted.

    Commercial and compulsory cover have windows of their own in a city (table ``quote_window``, domain.md §3.7).
    """
    table = tables.get("quote_window")
    days = []
    for line, expiry in due.items():
        asked = {"rating": {"city": city, "line": str(line), "start_date": expiry + timedelta(days=1)}}
        found = table.evaluate(asked, _FUNCTIONS) if table is not None else {}
        told = found.get("days") if isinstance(found, Mapping) else None
        days.append(expiry - timedelta(days=int(str(told)) if told is not None else DEFAULT_WINDOW))
    return max(days, default=None)


def city_of(directory: Directory, *units: str | None) -> str | None:
    """Return the city of the first of *units* that has one, its superior units included."""
    for code in units:
        for unit in directory.ancestors(code):
            if unit.city:
                return plain_region(unit.city)
    return None


def _province_of_unit(directory: Directory, *units: str | None) -> str | None:
    found = (unit.province for code in units for unit in directory.ancestors(code) if unit.province)
    return next(found, None)


class _Asker:
    """Puts one renewal's facts to the tables."""

    def __init__(self, scope: StepScope, tables: Tables) -> None:
        self.scope, self.tables = scope, tables
        self.rows: dict[str, list[int]] = {}
        self._told: dict[tuple[str, Rating], tuple[Mapping[str, object], list[int]]] = {}
        self.commercial = _line(scope, Line.COMMERCIAL)
        self.ctp = _line(scope, Line.CTP)
        main = self.commercial or self.ctp
        self.history = claims_history(
            last_level=self._level(self.commercial.ncd if self.commercial else None),
            insured_years=main.years_insured if main else None,
            claims=main.claims if main else None,
            is_transferred=self.is_transferred,
        )

    def rating(self) -> Rating:
        """What the tables may ask, the float code included (it needs two of them first)."""
        scope, vehicle = self.scope, self.scope.vehicle
        directory = directory_on(scope.tx, scope.today)
        units = (scope.renewal.sub_branch_code, scope.renewal.branch_code)
        history = self.history
        energy = energy_kind(vehicle.energy, vehicle.plate)
        before = Rating(
            province=province_of(vehicle.plate, _province_of_unit(directory, *units)),
            city=city_of(directory, *units),
            line=str(Line.CTP),
            start_date=scope.renewal.expiry_date + timedelta(days=1),
            use=vehicle.use or None,
            seats=vehicle.seats,
            energy=energy,
            is_new_energy=energy != "fuel",
            displacement=None,
            insured_years=history.insured_years,
            claims_1y=history.claims_1y,
            claims_3y=history.claims_3y,
            claims_4y=history.claims_4y,
            float_code="A0",
            is_target=scope.renewal.tier in TARGET_TIERS,
        )
        return replace(before, float_code=self._float_code(before))

    @property
    def is_transferred(self) -> bool:
        """Whether the vehicle changed hands during the expiring policy (domain.md §7 case 34)."""
        told, main = self.scope.vehicle.transferred_on, self.commercial or self.ctp
        return told is not None and (main is None or main.start_date is None or told >= main.start_date)

    def answers(self) -> Answers:
        """Put every question of a forecast."""
        rating = self.rating()
        last = self._last_year(rating)
        return Answers(rating, last, self._tariff(rating), self.rows)

    def _last_year(self, rating: Rating) -> LastYear:
        commercial, main = self.commercial, self.commercial or self.ctp
        return LastYear(
            commercial=self.scope.renewal.premium,
            ctp=self.scope.renewal.ctp_premium,
            ncd=commercial.ncd if commercial else None,
            self_pricing=commercial.self_pricing if commercial else None,
            claims=main.claims if main else None,
            is_exact=self.history.is_exact,
            is_new_energy=rating.is_new_energy,
            is_transferred=self.is_transferred,
        )

    def _tariff(self, rating: Rating) -> Tariff:
        base, ctp = self._ask("ctp_base", rating), self._ask("ctp_float", rating)
        ncd, tax = self._ask("ncd_level", rating), self._ask("vehicle_tax", rating)
        limits, band = self._ask("self_pricing_range", rating), self._ask("forecast_band", rating)
        level = _number(ncd.get("level"))
        return Tariff(
            ctp_base=_number(base.get("base")),
            float_code=rating.float_code,
            float_rate=_number(ctp.get("rate")),
            ncd_level=None if level is None else int(level),
            ncd=_number(ncd.get("factor")),
            range_low=_number(limits.get("low")),
            range_high=_number(limits.get("high")),
            drift=_number(band.get("drift")),
            below=_number(band.get("below")),
            above=_number(band.get("above")),
            tax_low=_number(tax.get("low")),
            tax_high=_number(tax.get("high")),
        )

    def _float_code(self, rating: Rating) -> str:
        base = _number(self._ask("ctp_base", rating).get("base"))
        rates = {code: self._rate(replace(rating, float_code=code)) for code in CLEAN_YEARS}
        main = self.ctp or self.commercial
        return float_code(
            claims=main.claims if main else None,
            clean_before=clean_years_rewarded(
                self.scope.renewal.ctp_premium,
                base,
                {code: rate for code, rate in rates.items() if rate is not None},
            ),
            is_transferred=self.is_transferred,
            is_new=rating.insured_years == 0,
        )

    def _rate(self, rating: Rating) -> Decimal | None:
        return _number(self._ask("ctp_float", rating).get("rate"))

    def _ask(self, table_id: str, rating: Rating) -> Mapping[str, object]:
        """Return what a table says; the same question is put once, and the last one asked is the one noted."""
        table = self.tables.get(table_id)
        if table is None:
            return {}
        key = (table_id, rating)
        if key not in self._told:
            try:
                decided = table.decide({"rating": rating.as_fact()}, _FUNCTIONS)
            except (DecisionFault, ExpressionFault):
                return {}  # a faulty table gives no number and stops nobody's renewal: a person is asked
            told = decided.value if isinstance(decided.value, Mapping) else {}
            self._told[key] = (told, [rule.number for rule in decided.rules])
        answer, self.rows[table_id] = self._told[key]
        return answer

    def _level(self, factor: Decimal | None) -> int | None:
        """Return the NCD level that carries *factor*, by the rows in force when the expiring policy began."""
        table, told = self.tables.get("ncd_level"), self.commercial.start_date if self.commercial else None
        began = told or self.scope.renewal.expiry_date - YEAR
        return level_of(table, factor, began) if table is not None and factor is not None else None


def level_of(table: Decision, factor: Decimal, began: date) -> int | None:
    """Return the level that carries *factor* in the rows of *table* for policies from *began*; None for no row's."""
    places = {output.name: at for at, output in enumerate(table.outputs)}
    if not {"level", "factor"} <= set(places):
        return None
    dated = [at for at, column in enumerate(table.inputs) if column.expression.text == START_DATE]
    for rule in table.rules:
        is_in_force = all(rule.tests[at].test(began) for at in dated)
        if is_in_force and _number(rule.results[places["factor"]]) == factor:
            return int(str(rule.results[places["level"]]))
    return None


def _line(scope: StepScope, kind: Line) -> PolicyLine | None:
    return next((line for line in scope.lines if line.line == kind), None)


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
