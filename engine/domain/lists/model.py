"""What a list file becomes: rows, problems, refusals. Plain values, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from engine.domain.codes import Label, Line
from engine.errors import EngineError

Cell = str | float | bool | date | datetime | time
"""One cell as the file gives it: text, number, truth value, date or time of day."""

Level = Literal["error", "warning"]

RowKey = tuple[str | None, int]
"""What tells a row of a file from all others: its sheet (None in a csv) and the number a spreadsheet shows."""


class FileKind(StrEnum):
    """What the content of a file is, whatever its name says."""

    CSV = "csv"
    XLSX = "xlsx"
    XLS = "xls"


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One policy line of one vehicle, as read and normalised from a list.

    Amounts are yuan. Dates are business dates, Asia/Shanghai; `expiry_date` is the last covered date and
    `expiry_time` is given only where cover ends within that day (immediate-effect policies).
    `row_no` is the row number a spreadsheet shows; a row holding both lines gives two of these.
    `is_cancelled` marks a row that takes the policy back; its premium is then negative, or None where the row
    says in words that the policy was cancelled.
    """

    row_no: int
    policy_no: str | None
    line: Line
    vin: str
    plate: str | None
    owner_name: str | None
    id_no: str | None
    phone: str | None
    make_model: str | None
    first_registration: date | None
    use: str | None
    energy: str | None
    seats: int | None
    new_car_price: Decimal | None
    start_date: date | None
    expiry_date: date
    expiry_time: time | None
    signed_date: date | None
    premium: Decimal | None
    third_party_limit: Decimal | None
    ncd: Decimal | None
    self_pricing: Decimal | None
    claims: int | None
    years_insured: int | None
    sub_branch: str | None
    workplace: str | None
    agent_no: str | None
    specialist_no: str | None
    raw: Mapping[str, str]
    sheet: str | None = None
    is_cancelled: bool = False

    @property
    def key(self) -> RowKey:
        """Where the row stands in its file; both policies of one row share it."""
        return self.sheet, self.row_no


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one value of one row, why, and what to do about it."""

    row_no: int
    column: str
    value: str
    code: str
    level: Level
    reason: Label
    remedy: Label
    sheet: str | None = None

    @property
    def key(self) -> RowKey:
        """Where the row stands in its file; row 0 is the file or sheet as a whole."""
        return self.sheet, self.row_no


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row nothing is taken from; `problems` holds at least one error, and its warnings too.

    `sub_branch` and `agent_no` are as listed, where they could be read: they tell whose row it is.
    `cancels` are the policies that a refund or cancellation entry takes back.
    """

    row_no: int
    raw: Mapping[str, str]
    problems: tuple[Problem, ...]
    sheet: str | None = None
    sub_branch: str | None = None
    agent_no: str | None = None
    cancels: tuple[PolicyRow, ...] = ()

    @property
    def key(self) -> RowKey:
        """Where the row stands in its file."""
        return self.sheet, self.row_no


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """Where the header of one sheet stands and what stands above it; a csv file is one nameless sheet."""

    name: str | None
    header_row: int
    headers: tuple[str, ...]
    titles: tuple[tuple[str, ...], ...] = ()
    rows: int = 0
    """Data rows read below the header."""


@dataclass(frozen=True, slots=True)
class ReadList:
    """A whole list file, read and judged.

    Every one of the `read` data rows is either rejected or gives one or two `rows`. `headers`, `header_row`
    and `sheet` are those of the first sheet read; `layouts` holds all of them. `expiry_samples` pairs one
    expiry date as written, of each way of writing met, with the last covered date read from it.
    """

    file_name: str
    sha256: str
    profile: str
    encoding: str | None
    sheet: str | None
    header_row: int
    headers: tuple[str, ...]
    read: int
    rows: tuple[PolicyRow, ...]
    rejected: tuple[RejectedRow, ...]
    warnings: tuple[Problem, ...]
    expiry_samples: tuple[tuple[str, date], ...]
    kind: FileKind = FileKind.CSV
    separator: str | None = None
    layouts: tuple[SheetLayout, ...] = ()

    def with_cancellations(self) -> ReadList:
        """Return the list with the entries that take policies back among its rows, in file order after the others."""
        taken = tuple(policy for row in self.rejected for policy in row.cancels)
        rejected = tuple(row for row in self.rejected if not row.cancels)
        return replace(self, rows=(*self.rows, *taken), rejected=rejected)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a value cannot be taken as it is; `level` overrides the usual one of the code."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    level: Level | None = None


class ListFileError(EngineError):
    """A whole file is refused; nothing of it was read.

    One class with many codes: `code` is set per refusal, `reason` and `remedy` are finished sentences.
    """

    code = "list_refused"

    def __init__(self, code: str, reason: Label, remedy: Label, **facts: Any) -> None:
        self.code = code  # type: ignore[misc]  # the codes are those of texts.REFUSALS
        self.reason = reason
        self.remedy = remedy
        super().__init__(**facts)

    def say(self, lang: str = "zh") -> str:
        """Return reason and remedy in *lang*; facts stand in them already."""
        return f"{self.reason.say(lang)}{'' if lang != 'en' else ' '}{self.remedy.say(lang)}"
