"""The organisation as an xlsx file: sheets 机构, 人员 and 对接 (architecture.md §6.7) become checked entries.

失效日期 is the last valid day, inclusive; empty (or a year from 9000 on, as old systems write it) means open.
Every problem of the whole file is found and told at once; a file with one problem gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from engine.domain.actor import SYSTEM_NAME
from engine.domain.codes import Role
from engine.domain.lists.cells import as_text, clean, half_width, is_empty
from engine.domain.lists.dates import read_moment
from engine.domain.lists.model import Cell, FileKind
from engine.domain.lists.source import Refused, Sheet, kind_of, without_stray_mark
from engine.domain.lists.workbook import read_workbook
from engine.domain.org import (
    OPEN_START,
    LiaisonEntry,
    OrgFile,
    OrgProblem,
    PostEntry,
    Side,
    UnitEntry,
    UnitKind,
)
from engine.domain.org_checks import LIAISONS, POSTS, UNITS, Draft, Placed, check
from engine.domain.org_texts import Findings, OrgFileError, Place, refused_file
from engine.domain.vehicle import normalise_phone, phone_ok

__all__ = ["LIAISON_COLUMNS", "POST_COLUMNS", "UNIT_COLUMNS", "OrgFile", "OrgFileError", "read_org"]

UNIT_COLUMNS = ("机构代码", "名称", "上级代码", "类型", "主体", "省份", "城市", "生效日期", "失效日期")
POST_COLUMNS = ("工号", "姓名", "角色", "机构代码", "上级工号", "手机", "生效日期", "失效日期")
LIAISON_COLUMNS = ("职场代码", "专员工号", "组训工号", "生效日期", "失效日期")

_MAY_BE_ABSENT = frozenset({"省份", "城市", "上级工号", "手机", "生效日期", "失效日期"})
_OPEN_FROM_YEAR = 9000
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_LONGEST_NAME = 200
_LONGEST_REGION = 64

_KINDS = {word: kind for kind in UnitKind for word in (kind.value, kind.label.zh)}
_SIDES = {word: side for side in Side for word in (side.value, side.label.zh)}
_ROLES = {word: role for role in Role for word in (role.value, role.label.zh)}

T = TypeVar("T")


def read_org(content: bytes, file_name: str) -> OrgFile:
    """Read and check an organisation file; pure in its arguments.

    Raises:
        OrgFileError: the file cannot be opened, or has problems; ``problems`` holds all of them.
    """
    findings = Findings()
    sheets = _sheets(_open(content, file_name), findings)
    units, broken_units = _read(sheets[UNITS], _unit, findings)
    posts, broken_people = _read(sheets[POSTS], _post, findings)
    liaisons, _ = _read(sheets[LIAISONS], _liaison, findings)
    check(Draft(units, posts, liaisons, broken_units, broken_people), findings)
    if findings.problems:
        raise OrgFileError(file_name, sorted(findings.problems, key=_reading_order))
    return OrgFile(
        tuple(placed.entry for placed in units),
        tuple(placed.entry for placed in posts),
        tuple(placed.entry for placed in liaisons),
        tuple(sorted(findings.warnings, key=_reading_order)),
    )


def _reading_order(problem: OrgProblem) -> tuple[int, int]:
    sheets = (UNITS, POSTS, LIAISONS)
    place = sheets.index(problem.sheet) if problem.sheet in sheets else len(sheets)
    return place, problem.row or 0


def _open(content: bytes, file_name: str) -> tuple[Sheet, ...]:
    try:
        content = without_stray_mark(content)
        kind = kind_of(content)
        if kind is FileKind.CSV:
            raise Refused("file_kind", kind="csv")
        return read_workbook(content, kind)
    except Refused as refused:
        raise OrgFileError(file_name, [refused_file(refused.code, file_name, refused.facts)]) from refused


@dataclass(frozen=True, slots=True)
class _Table:
    """One sheet: its name, and per row the cells by column."""

    name: str
    rows: tuple[tuple[int, Mapping[str, Cell]], ...]


def _sheets(found: tuple[Sheet, ...], findings: Findings) -> dict[str, _Table]:
    """Return the three sheets; a missing one is a problem and counts as empty."""
    columns = {UNITS: UNIT_COLUMNS, POSTS: POST_COLUMNS, LIAISONS: LIAISON_COLUMNS}
    by_name = {clean(sheet.name or ""): sheet for sheet in found}
    for name, sheet in by_name.items():
        if name not in columns and sheet.rows:
            findings.warn("sheet_unknown", Place(name), name)
    tables = {}
    for name, expected in columns.items():
        if name in by_name:
            tables[name] = _table(name, by_name[name], expected, findings)
        else:
            findings.error("sheet_missing", Place(name), name)
            tables[name] = _Table(name, ())
    return tables


def _table(name: str, sheet: Sheet, expected: tuple[str, ...], findings: Findings) -> _Table:
    if not sheet.rows:
        findings.error("sheet_empty", Place(name), name)
        return _Table(name, ())
    header_row, header = sheet.rows[0]
    headers = [re.sub(r"\s", "", half_width(clean(as_text(cell)))) for cell in header]
    before = len(findings.problems)
    for word in expected:
        place = Place(name, header_row, word)
        if headers.count(word) > 1:
            findings.error("column_twice", place, word)
        elif word not in headers and word in _MAY_BE_ABSENT:
            findings.warn("column_absent", place, word)
        elif word not in headers:
            findings.error("column_missing", place, word)
    for word in headers:
        if word and word not in expected:
            findings.warn("column_unknown", Place(name, header_row, word), word)
    rows = tuple((row, dict(zip(headers, cells, strict=False))) for row, cells in sheet.rows[1:])
    rows = tuple((row, cells) for row, cells in rows if not all(map(is_empty, cells.values())))
    if not rows and name != LIAISONS:
        findings.error("sheet_empty", Place(name), name)
    # Rows under a broken header would only repeat its complaint.
    return _Table(name, rows if len(findings.problems) == before else ())


E = TypeVar("E", UnitEntry, PostEntry, LiaisonEntry)


def _read(
    table: _Table, build: Callable[[_Row], E | None], findings: Findings
) -> tuple[list[Placed[E]], frozenset[str]]:
    """Return the entries of *table* and the codes of the rows that gave none."""
    placed: list[Placed[E]] = []
    broken: set[str] = set()
    for number, cells in table.rows:
        row = _Row(table.name, number, cells, findings)
        entry = build(row)
        if entry is not None and row.is_sound:
            placed.append(Placed(number, entry))
        else:
            broken.add(row.key)
    return placed, frozenset(broken)


class _Row:
    """Reads the cells of one row and complains about them; ``key`` is the code in its first column."""

    def __init__(self, sheet: str, number: int, cells: Mapping[str, Cell], findings: Findings) -> None:
        self.sheet, self.number, self.cells, self.findings = sheet, number, cells, findings
        self.is_sound = True
        self.key = ""

    def cell(self, column: str) -> Cell | None:
        """Return the cell, None when it is empty."""
        cell = self.cells.get(column)
        return None if cell is None or is_empty(cell) else cell

    def place(self, column: str) -> Place:
        """Return where *column* of this row is."""
        return Place(self.sheet, self.number, column)

    def error(self, code: str, column: str, value: object = "", **facts: object) -> None:
        """Complain about *column*; the row gives no entry then."""
        self.is_sound = False
        self.findings.error(code, self.place(column), value, **facts)

    def text(self, column: str, longest: int, *, required: bool = False) -> str | None:
        """Read free text."""
        cell = self.cell(column)
        if cell is None:
            if required:
                self.error("value_missing", column)
            return None
        text = clean(as_text(cell))
        if len(text) > longest:
            self.error("text_too_long", column, text, limit=longest)
        return text

    def code(self, column: str, *, required: bool = False) -> str | None:
        """Read an identifier: text only, since a number cell has lost its leading zeros."""
        cell = self.cell(column)
        if cell is None:
            if required:
                self.error("value_missing", column)
            return None
        code = half_width(clean(as_text(cell)))
        if not isinstance(cell, str):
            self.error("number_cell", column, code)
        elif not _CODE.fullmatch(code):
            self.error("code_format", column, code)
        return code

    def choice(self, column: str, words: Mapping[str, T], fault: str) -> T | None:
        """Read a member of a closed list, by its code or its Chinese label."""
        cell = self.cell(column)
        if cell is None:
            self.error("value_missing", column)
            return None
        word = half_width(clean(as_text(cell)))
        found = words.get(word) or words.get(word.lower())
        if found is None:
            self.error(fault, column, word, known=_known(words))
        return found

    def day(self, column: str) -> date | None:
        """Read a date; empty and far-future ones give None."""
        cell = self.cell(column)
        if cell is None:
            return None
        moment, _ = read_moment(cell)
        if moment is None:
            self.error("date_unreadable", column, clean(as_text(cell)))
            return None
        return None if moment.day.year >= _OPEN_FROM_YEAR else moment.day

    def period(self) -> tuple[date, date | None]:
        """Read 生效日期 and 失效日期, both inclusive."""
        start, end = self.day("生效日期"), self.day("失效日期")
        if start is None and self.cell("生效日期") is None:
            start = OPEN_START
            self.findings.warn("start_missing", self.place("生效日期"), start=OPEN_START)
        if start is None:
            self.is_sound = False
            return OPEN_START, end
        if end is not None and end < start:
            self.error("period_reversed", "失效日期", end, start=start)
        return start, end


def _known(words: Mapping[str, object]) -> str:
    return ", ".join(word for word in words if word.isascii())


def _unit(row: _Row) -> UnitEntry | None:
    code = row.code("机构代码", required=True)
    row.key = code or ""
    name = row.text("名称", _LONGEST_NAME, required=True)
    parent = row.code("上级代码")
    kind = row.choice("类型", _KINDS, "kind_unknown")
    side = row.choice("主体", _SIDES, "side_unknown")
    province, city = row.text("省份", _LONGEST_REGION), row.text("城市", _LONGEST_REGION)
    start, end = row.period()
    if code is None or name is None or kind is None or side is None:
        return None
    return UnitEntry(
        code=code,
        name=name,
        parent_code=parent,
        kind=kind,
        side=side,
        province=province,
        city=city,
        valid_from=start,
        valid_to=end,
    )


def _post(row: _Row) -> PostEntry | None:
    number = row.code("工号", required=True)
    row.key = number or ""
    if number is not None and number.lower() == SYSTEM_NAME:
        row.error("number_reserved", "工号", number)
    name = row.text("姓名", _LONGEST_NAME, required=True)
    role = _role(row, name)
    unit = row.code("机构代码", required=True)
    manager = row.code("上级工号")
    phone = _phone(row)
    start, end = row.period()
    if number is None or name is None or role is None or unit is None:
        return None
    return PostEntry(
        employee_no=number,
        name=name,
        role=role,
        unit_code=unit,
        manager_no=manager,
        phone=phone,
        valid_from=start,
        valid_to=end,
    )


def _role(row: _Row, name: str | None) -> Role | None:
    if row.cell("角色") is None:
        row.error("role_missing", "角色", name=name or "—", known=_known(_ROLES))
        return None
    return row.choice("角色", _ROLES, "role_unknown")


def _phone(row: _Row) -> str | None:
    """Read a mobile number; one written as a number is whole, for it never starts with 0."""
    text = row.text("手机", _LONGEST_REGION)
    if text is None:
        return None
    phone = normalise_phone(text)
    if not phone_ok(phone):
        row.findings.warn("phone_format", row.place("手机"))
    return phone


def _liaison(row: _Row) -> LiaisonEntry | None:
    workplace = row.code("职场代码", required=True)
    specialist, trainer = row.code("专员工号"), row.code("组训工号")
    start, end = row.period()
    if workplace is None:
        return None
    return LiaisonEntry(
        workplace_code=workplace,
        specialist_no=specialist,
        trainer_no=trainer,
        valid_from=start,
        valid_to=end,
    )
