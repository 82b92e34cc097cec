"""One row of cells becomes policy rows, or a rejection that names every fault of it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from engine.domain.codes import Line
from engine.domain.lists import cells as read
from engine.domain.lists import dates, texts
from engine.domain.lists.header import Header
from engine.domain.lists.model import Cell, Fault, PolicyRow, Problem
from engine.domain.lists.profiles import Field, Profile

# Control characters, the mark of lost text, and halves of surrogate pairs: no database keeps all of them.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd\ud800-\udfff]")

_ENDED = frozenset({"refund_row", "cancelled_row"})

_FORMULA = re.compile(r'\s*[=＝](?!\s*"[^"]*"\s*$)')
"""A formula; ``="0061"`` is none: spreadsheets write digits that are text so."""
_YEAR_DAYS = range(360, 369)
"""Days from first to last covered date that pass for a year; below 360 is short-term (domain.md §0.6)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one row: policies and warnings, or no policy and the problems that reject it."""

    row_no: int
    sheet: str | None
    raw: Mapping[str, str]
    policies: tuple[PolicyRow, ...]
    problems: tuple[Problem, ...]
    sub_branch: str | None = None
    agent_no: str | None = None
    cancels: tuple[PolicyRow, ...] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    field: Field
    place: int
    header: str
    reader: read.Reader
    is_required: bool


def _reader_of(field: Field, profile: Profile) -> read.Reader:
    usual = profile.serial_is_usual
    expiry = partial(dates.read_expiry, convention=profile.expiry, serial_is_usual=usual)
    on_date = partial(dates.read_date, serial_is_usual=usual)
    readers: dict[Field, read.Reader] = {
        Field.POLICY_NO: read.read_policy_no,
        Field.LINE: read.read_line,
        Field.VIN: read.read_vin,
        Field.PLATE: read.read_plate,
        Field.ID_NO: read.read_id_no,
        Field.PHONE: read.read_phone,
        Field.OTHER_PHONE: read.read_phone,
        Field.FIRST_REGISTRATION: partial(on_date, earliest_year=1950),
        Field.SEATS: partial(read.read_figure, figure=read.SEATS),
        Field.NEW_CAR_PRICE: partial(read.read_figure, figure=read.PRICE),
        Field.START_DATE: partial(dates.read_start, serial_is_usual=usual),
        Field.EXPIRY: expiry,
        Field.CTP_EXPIRY: expiry,
        Field.COMMERCIAL_EXPIRY: expiry,
        Field.SIGNED_DATE: partial(on_date, earliest_year=2000),
        Field.PREMIUM: read.read_premium,
        Field.THIRD_PARTY_LIMIT: partial(read.read_figure, figure=read.LIMIT),
        Field.NCD: partial(read.read_figure, figure=read.NCD),
        Field.SELF_PRICING: partial(read.read_figure, figure=read.SELF_PRICING),
        Field.CLAIMS: partial(read.read_figure, figure=read.CLAIMS),
        Field.YEARS_INSURED: partial(read.read_figure, figure=read.YEARS),
        Field.AGENT_NO: read.read_staff_no,
        Field.SPECIALIST_NO: read.read_staff_no,
        Field.ENDORSEMENT: read.read_endorsement,
    }
    return readers.get(field, read.read_text)


class RowJudge:
    """Judges the rows of one sheet; built once from the header, so that a row costs its cells only."""

    def __init__(self, header: Header, profile: Profile) -> None:
        self._profile = profile
        self._headers = header.layout.headers
        self._sheet = header.layout.name
        self._steps = [
            _Step(
                field,
                place,
                self._headers[place],
                _reader_of(field, profile),
                field in profile.required or field in profile.any_of,
            )
            for field, place in sorted(header.places.items(), key=lambda item: item[1])
        ]
        self._tells_end = [step for step in self._steps if step.field in (Field.ENDORSEMENT, Field.PREMIUM)]

    def judge(self, row_no: int, cells: Sequence[Cell]) -> Judged:
        """Judge one row that is not empty."""
        raw = self._raw(cells)
        ended = self._ended(row_no, raw, cells)
        if ended is not None:
            return ended
        problems = self._unfit(row_no, cells)
        values: dict[Field, Any] = {}
        for step in self._steps:
            values[step.field], fault = self._read(step, cells)
            if fault is not None:
                problems.append(self._problem(row_no, fault, step, cells))
        problems += self._across(row_no, values)
        return self._judged(row_no, raw, values, problems)

    def _ended(self, row_no: int, raw: Mapping[str, str], cells: Sequence[Cell]) -> Judged | None:
        """Put a refund or cancellation entry aside, whatever else it says: nobody must act on it as a policy."""
        for step in self._tells_end:
            fault = self._read(step, cells)[1]
            if fault is not None and fault.code in _ENDED:
                values = {each.field: self._read(each, cells)[0] for each in self._steps}
                values[Field.PREMIUM] = fault.facts.get("amount")
                told = [self._problem(row_no, fault, step, cells)]
                judged = self._judged(row_no, raw, values, told)
                return replace(judged, cancels=self._cancels(row_no, raw, values, fault))
        return None

    def _cancels(
        self, row_no: int, raw: Mapping[str, str], values: dict[Field, Any], fault: Fault
    ) -> tuple[PolicyRow, ...]:
        """The policies the entry takes back; none where it says in words that it is another endorsement."""
        names_all = all(values.get(field) for field in (Field.POLICY_NO, Field.VIN, Field.LINE, Field.EXPIRY))
        if not names_all or (fault.code == "refund_row" and values.get(Field.ENDORSEMENT)):
            return ()
        policy = _policy(row_no, values[Field.LINE], values[Field.EXPIRY], values, raw, self._sheet)
        return (replace(policy, is_cancelled=True),)

    def _read(self, step: _Step, cells: Sequence[Cell]) -> read.Reading:
        cell = cells[step.place] if step.place < len(cells) else ""
        if read.is_empty(cell):
            is_missing = step.field in self._profile.required
            if is_missing:
                return None, Fault("vin_missing" if step.field is Field.VIN else "value_missing")
            return None, None
        if isinstance(cell, float) and not math.isfinite(cell):
            return None, Fault("figure_not_finite")
        if isinstance(cell, str) and "#" in cell and read.clean(cell).upper() in read.CELL_ERRORS:
            return None, Fault("cell_error", level="error" if step.is_required else "warning")
        if isinstance(cell, str) and _FORMULA.match(cell):
            return None, Fault("formula_text", level="error" if step.is_required else "warning")
        return step.reader(cell)

    def _unfit(self, row_no: int, cells: Sequence[Cell]) -> list[Problem]:
        """Return the faults of a row as such: unfit characters in any cell, more cells than columns."""
        problems = []
        if _UNFIT.search("\n".join(cell for cell in cells if isinstance(cell, str))):
            for header, cell in zip(self._headers, cells, strict=False):
                found = _UNFIT.search(cell) if isinstance(cell, str) else None
                if found:
                    fault = Fault("garbled_text" if found[0] == "\ufffd" else "control_character")
                    problems.append(self._told(row_no, fault, header, str(cell)))
        if len(cells) > len(self._headers):
            facts = {"count": len(cells), "width": len(self._headers)}
            extra = read.as_text(cells[-1])
            problems.append(self._told(row_no, Fault("too_many_cells", facts), self._headers[-1], extra))
        return problems

    def _across(self, row_no: int, values: dict[Field, Any]) -> list[Problem]:
        """Return the faults that show between columns."""
        if self._profile.any_of and not any(values.get(field) for field in self._profile.any_of):
            headers = "/".join(self._profile.header_of(field) for field in self._profile.any_of)
            return [self._told(row_no, Fault("value_missing"), headers, "")]
        start, expiry = values.get(Field.START_DATE), values.get(Field.EXPIRY)
        if start is None or expiry is None:
            return []
        header = next(step.header for step in self._steps if step.field is Field.EXPIRY)
        facts = {"start": start.isoformat(), "expiry": expiry[0].isoformat()}
        days = (expiry[0] - start).days + 1
        if days < 1:
            return [self._told(row_no, Fault("date_order", facts), header, facts["expiry"])]
        if days not in _YEAR_DAYS:
            return [self._told(row_no, Fault("term_unusual", {"days": days}), header, facts["expiry"])]
        return []

    def _judged(
        self, row_no: int, raw: Mapping[str, str], values: dict[Field, Any], problems: list[Problem]
    ) -> Judged:
        policies: tuple[PolicyRow, ...] = ()
        if not any(problem.level == "error" for problem in problems):
            policies = tuple(
                _policy(row_no, line, expiry, values, raw, self._sheet) for line, expiry in _lines(values)
            )
        sub_branch, agent_no = values.get(Field.SUB_BRANCH), values.get(Field.AGENT_NO)
        return Judged(row_no, self._sheet, raw, policies, tuple(problems), sub_branch, agent_no)

    def _raw(self, cells: Sequence[Cell]) -> dict[str, str]:
        raw = dict.fromkeys(self._headers, "")
        for header, cell in zip(self._headers, cells, strict=False):
            if cell != "":
                text = read.as_text(cell)
                raw[header] = text if text.isprintable() else _UNFIT.sub("\ufffd", text)
        return raw

    def _problem(self, row_no: int, fault: Fault, step: _Step, cells: Sequence[Cell]) -> Problem:
        cell = cells[step.place] if step.place < len(cells) else ""
        return self._told(row_no, fault, step.header, read.as_text(cell))

    def _told(self, row_no: int, fault: Fault, column: str, value: str) -> Problem:
        return texts.problem(fault, row_no=row_no, column=column, value=value, sheet=self._sheet)


def _lines(values: dict[Field, Any]) -> list[tuple[Line, Any]]:
    """Return each line of the row with its expiry: one by the line column, or one for each expiry column."""
    if Field.LINE in values:
        return [(values[Field.LINE], values[Field.EXPIRY])]
    both = [(Line.CTP, values.get(Field.CTP_EXPIRY)), (Line.COMMERCIAL, values.get(Field.COMMERCIAL_EXPIRY))]
    return [(line, expiry) for line, expiry in both if expiry]


def _policy(
    row_no: int, line: Line, expiry: Any, values: dict[Field, Any], raw: Mapping[str, str], sheet: str | None
) -> PolicyRow:
    get = values.get
    return PolicyRow(
        row_no=row_no,
        policy_no=get(Field.POLICY_NO),
        line=line,
        vin=values[Field.VIN],
        plate=get(Field.PLATE),
        owner_name=get(Field.OWNER_NAME),
        id_no=get(Field.ID_NO),
        phone=get(Field.PHONE) or get(Field.OTHER_PHONE),
        make_model=get(Field.MAKE_MODEL),
        first_registration=get(Field.FIRST_REGISTRATION),
        use=get(Field.USE),
        energy=get(Field.ENERGY),
        seats=get(Field.SEATS),
        new_car_price=get(Field.NEW_CAR_PRICE),
        start_date=get(Field.START_DATE),
        expiry_date=expiry[0],
        expiry_time=expiry[1],
        signed_date=get(Field.SIGNED_DATE),
        premium=get(Field.PREMIUM),
        third_party_limit=get(Field.THIRD_PARTY_LIMIT),
        ncd=get(Field.NCD),
        self_pricing=get(Field.SELF_PRICING),
        claims=get(Field.CLAIMS),
        years_insured=get(Field.YEARS_INSURED),
        sub_branch=get(Field.SUB_BRANCH),
        workplace=get(Field.WORKPLACE),
        agent_no=get(Field.AGENT_NO),
        specialist_no=get(Field.SPECIALIST_NO),
        raw=raw,
        sheet=sheet,
    )
