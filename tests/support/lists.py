"""Writes pending-renewal lists as their senders would: fictional people and vehicles, real bad habits.

The same input gives the same bytes. The committed sample files are those of `tests.support.list_samples`.
Every name, number and address is made up: identity numbers carry a district that does not exist.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import xlsxwriter
import xlwt

from engine.domain import vehicle
from engine.domain.codes import Line, Role
from engine.domain.demo_people import demo_org, people_in
from engine.domain.lists import PROFILES, Field, PolicyRow

Cell = str | float | date | datetime | None

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = (
    "伟",
    "芳",
    "秀英",
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "洋",
    "艳",
    "勇",
    "军",
    "杰",
    "娟",
    "涛",
    "超",
    "明",
    "霞",
    "平",
    "刚",
)
_CARS = (
    ("大众汽车SVW71810BU轿车", "燃油", 5, "128000"),
    ("比亚迪BYD7009BEV纯电动轿车", "纯电", 5, "149800"),
    ("五菱LZW6450多用途乘用车", "燃油", 7, "58800"),
    ("东风日产DFL7168轿车", "燃油", 5, "109800"),
    ("理想LXA6500插电式混合动力", "插混", 6, "339800"),
)
_SERIAL = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def vin(number: int) -> str:
    """Return the fictional VIN of *number*, check digit right."""
    bare = f"LZZ{number % 7}AAAA0N{number:07d}"
    return bare[:8] + str(vehicle.vin_check_digit(bare)) + bare[9:]


def plate(number: int, *, is_new_energy: bool = False) -> str:
    """Return a plate: seven places, eight for new energy."""
    letter = _SERIAL[number % len(_SERIAL)]
    return f"川AD{number % 100_000:05d}" if is_new_energy else f"川{letter}{number % 100_000:05d}"


def id_no(number: int) -> str:
    """Return an identity number of a district that does not exist, check digit right."""
    born = date(1960, 1, 1) + timedelta(days=number * 37 % 14_000)
    first = f"519999{born:%Y%m%d}{number % 1000:03d}"
    return first + str(vehicle.id_check_digit(first))


def mobile(number: int) -> str:
    """Return a mobile number in the right form."""
    return f"1990{number % 10_000_000:07d}"


def person(number: int) -> str:
    """Return a common name."""
    return _SURNAMES[number % len(_SURNAMES)] + _GIVEN[number // len(_SURNAMES) % len(_GIVEN)]


@dataclass(frozen=True)
class Desk:
    """An agent of the demonstration's organisation (also `tests/data/org.xlsx`), and the units that answer."""

    agent_no: str
    workplace: str
    sub_branch: str
    specialist_no: str


def _desks() -> tuple[Desk, ...]:
    org = demo_org()
    names = {unit.code: unit.name for unit in org.units}
    parents = {unit.code: unit.parent_code for unit in org.units}
    specialists = {post.employee_no: post.unit_code for post in people_in(org, Role.SPECIALIST)}
    serving = {liaison.workplace_code: liaison.specialist_no or "" for liaison in org.liaisons}
    desks = []
    for agent in people_in(org, Role.AGENT):
        workplace = parents[agent.unit_code] or ""
        specialist = serving[workplace]
        desks.append(Desk(agent.employee_no, names[workplace], names[specialists[specialist]], specialist))
    return tuple(desks)


DESKS = _desks()


def policies_of(number: int, expiry: date, *, desk: Desk = DESKS[0]) -> list[PolicyRow]:
    """Return the compulsory and the commercial policy of one fictional vehicle, both expiring on *expiry*."""
    model, energy, seats, price = _CARS[number % len(_CARS)]
    start = expiry + timedelta(days=1)
    start = start.replace(year=start.year - 1, day=min(start.day, 28) if start.month == 2 else start.day)
    shared = PolicyRow(
        row_no=0,
        policy_no=f"610100{expiry.year - 1}{number:012d}",
        line=Line.CTP,
        vin=vin(number),
        plate=plate(number, is_new_energy=energy != "燃油"),
        owner_name=person(number),
        id_no=id_no(number),
        phone=mobile(number),
        make_model=model,
        first_registration=date(2015 + number % 9, 1 + number % 12, 1 + number % 28),
        use="家庭自用",
        energy=energy,
        seats=seats,
        new_car_price=Decimal(price).quantize(Decimal("0.01")),
        start_date=start,
        expiry_date=expiry,
        expiry_time=None,
        signed_date=start - timedelta(days=number % 20),
        premium=Decimal("950.00") if seats < 6 else Decimal("1100.00"),
        third_party_limit=None,
        ncd=None,
        self_pricing=None,
        claims=number % 4,
        years_insured=number % 6,
        sub_branch=desk.sub_branch,
        workplace=desk.workplace,
        agent_no=desk.agent_no,
        specialist_no=desk.specialist_no,
        raw={},
    )
    commercial = replace(
        shared,
        policy_no=f"610500{expiry.year - 1}{number:012d}",
        line=Line.COMMERCIAL,
        premium=Decimal(180_000 + number * 137 % 400_000) / 100,
        third_party_limit=Decimal("2000000.00"),
        ncd=Decimal("0.700000"),
        self_pricing=Decimal("0.950000"),
    )
    return [shared, commercial]


def book(count: int, first: date, last: date, *, seed: int = 1, number_from: int = 1) -> list[PolicyRow]:
    """Return both policies of *count* vehicles, expiries spread over *first* to *last*."""
    draw = random.Random(seed)
    span = (last - first).days
    return [
        policy
        for number in range(number_from, number_from + count)
        for policy in policies_of(
            number, first + timedelta(days=draw.randint(0, span)), desk=draw.choice(DESKS)
        )
    ]


# --- layouts -----------------------------------------------------------------------------------------------


@dataclass
class Table:
    """One sheet to be written: rows as header → cell, titles above, merges as (first, last, column) of `rows`."""

    headers: tuple[str, ...]
    rows: list[dict[str, Cell]]
    titles: list[list[str]] = field(default_factory=list)
    footers: list[list[str]] = field(default_factory=list)
    merges: list[tuple[int, int, str]] = field(default_factory=list)
    name: str = "Sheet1"

    def grid(self) -> list[list[Cell]]:
        """Return everything as rows of cells."""
        body = [[row.get(header) for header in self.headers] for row in self.rows]
        return [*self.titles, list(self.headers), *body, *self.footers]


_LINES = {
    "standard": {Line.CTP: "交强", Line.COMMERCIAL: "商业"},
    "core_export": {Line.CTP: "机动车交通事故责任强制保险 ", Line.COMMERCIAL: "机动车综合商业保险  "},
    "branch_sheet": {Line.CTP: "交强险", Line.COMMERCIAL: "商业险"},
}


def full_width(text: str) -> str:
    """Return *text* with its ASCII digits and letters full-width, as an input method leaves them."""
    return "".join(chr(ord(char) + 0xFEE0) if char.isascii() and char.isalnum() else char for char in text)


def _chinese_date(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def write_value(profile: str, at: Field, policy: PolicyRow) -> Cell:
    """Return one value as the sender of *profile* writes it."""
    if at is Field.LINE:
        return _LINES[profile][policy.line]
    value = getattr(policy, at.value, None)
    if value is None:
        return None
    if profile == "core_export":
        return _core_value(at, value)
    if at is Field.EXPIRY and profile == "branch_sheet":
        return _chinese_date(value)
    if at is Field.PHONE and profile == "branch_sheet":
        return full_width(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _core_value(at: Field, value: object) -> Cell:
    if at is Field.EXPIRY:
        return f"{value} 24:00"
    if at is Field.START_DATE:
        return f"{value} 00:00:00"
    if at in {Field.AGENT_NO, Field.SPECIALIST_NO}:
        return f"{value}{person(hash_of(str(value)))}"
    if isinstance(value, Decimal) and at not in {Field.NCD, Field.SELF_PRICING}:
        return f"{value:,.2f}"
    return str(value)


def hash_of(text: str) -> int:
    """Return a small number that depends on *text* alone."""
    return sum(map(ord, text))


def row_per_line(profile: str, policies: Iterable[PolicyRow]) -> list[dict[str, Cell]]:
    """Return rows of a profile that gives each policy a row of its own."""
    columns = [column for column in PROFILES[profile].columns if column.field is not Field.IGNORED]
    return [
        {column.header: write_value(profile, column.field, policy) for column in columns}
        for policy in policies
    ]


def row_per_vehicle(policies: Iterable[PolicyRow]) -> list[dict[str, Cell]]:
    """Return rows of the commercial template: both lines of a vehicle on one row, expiry at 00:00:00 of the next day."""
    rows: dict[str, dict[str, Cell]] = {}
    for policy in policies:
        row = rows.setdefault(policy.vin, _saas_vehicle(policy))
        at = Field.CTP_EXPIRY if policy.line is Line.CTP else Field.COMMERCIAL_EXPIRY
        row[PROFILES["saas_template"].header_of(at)] = f"{policy.expiry_date + timedelta(days=1)} 00:00:00"
    return list(rows.values())


def _saas_vehicle(policy: PolicyRow) -> dict[str, Cell]:
    row: dict[str, Cell] = {}
    for column in PROFILES["saas_template"].columns:
        value = getattr(policy, column.field.value, None)
        row[column.header] = value.isoformat() if isinstance(value, date) else value
    return row | {"发动机号": f"E{policy.vin[-6:]}", "去年投保公司": "本公司", "业务员姓名": "张伟"}


def table(profile: str, policies: Iterable[PolicyRow]) -> Table:
    """Return *policies* in the layout of *profile*, without any quirk beyond its own conventions."""
    rows = row_per_vehicle(policies) if profile == "saas_template" else row_per_line(profile, policies)
    return Table(PROFILES[profile].headers, rows)


# --- files -------------------------------------------------------------------------------------------------


def to_csv(sheet: Table, *, encoding: str = "utf-8", separator: str = ",") -> bytes:
    """Return the table as separated text."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    writer.writerows([["" if cell is None else cell for cell in row] for row in sheet.grid()])
    return text.getvalue().encode(encoding)


def to_xlsx(*sheets: Table, hidden: Sequence[str] = ()) -> bytes:
    """Return the tables as a workbook; strings are text cells, dates and numbers native ones."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book_:
        book_.set_properties({"created": datetime(2026, 1, 1)})
        formats = {
            date: book_.add_format({"num_format": "yyyy-mm-dd"}),
            datetime: book_.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        for sheet in sheets:
            page = book_.add_worksheet(sheet.name)
            if sheet.name in hidden:
                page.hide()
            for row_at, row in enumerate(sheet.grid()):
                for column_at, cell in enumerate(row):
                    _write_cell(page, (row_at, column_at), cell, formats)
            for title_at, title in enumerate(sheet.titles):
                if len(title) == 1:
                    page.merge_range(title_at, 0, title_at, len(sheet.headers) - 1, title[0])
            for first, last, header in sheet.merges:
                top, column_at = len(sheet.titles) + 1, sheet.headers.index(header)
                page.merge_range(top + first, column_at, top + last, column_at, sheet.rows[first][header])
    return content.getvalue()


def _write_cell(page: object, at: tuple[int, int], cell: Cell, formats: Mapping[type, object]) -> None:
    if isinstance(cell, str):
        page.write_string(*at, cell)
    elif isinstance(cell, date):
        page.write_datetime(*at, cell, formats[type(cell)])
    elif cell is not None:
        page.write_number(*at, cell)


def to_xls(sheet: Table) -> bytes:
    """Return the table as an old Excel 97 workbook."""
    book_ = xlwt.Workbook(encoding="utf-8")
    page = book_.add_sheet(sheet.name)
    styles = {
        date: xlwt.easyxf(num_format_str="yyyy-mm-dd"),
        datetime: xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm:ss"),
    }
    for row_at, row in enumerate(sheet.grid()):
        for column_at, cell in enumerate(row):
            is_title = row_at < len(sheet.titles) and len(row) == 1
            if is_title:
                page.write_merge(row_at, row_at, 0, len(sheet.headers) - 1, cell)
            elif cell is not None:
                page.write(
                    row_at, column_at, cell, *((styles[type(cell)],) if isinstance(cell, date) else ())
                )
    content = io.BytesIO()
    book_.save(content)
    return content.getvalue()
