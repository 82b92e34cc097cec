"""Writes organisation files (architecture.md §6.7): the demonstration's, or any other, spoilt at will."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

from engine.domain.demo_people import demo_org
from engine.domain.org import OrgFile

UNIT_HEADER = ["机构代码", "名称", "上级代码", "类型", "主体", "省份", "城市", "生效日期", "失效日期"]
POST_HEADER = ["工号", "姓名", "角色", "机构代码", "上级工号", "手机", "生效日期", "失效日期"]
LIAISON_HEADER = ["职场代码", "专员工号", "组训工号", "生效日期", "失效日期"]

Value = str | float | date | None
Sheets = dict[str, list[list[Value]]]
"""Rows by sheet, the header first: change them, then write them."""


def org_sheets(org: OrgFile | None = None) -> Sheets:
    """Return the three sheets of *org* (the demonstration's by default) as rows of cells."""
    org = org or demo_org()
    return {
        "机构": [
            list(UNIT_HEADER),
            *(
                [
                    unit.code,
                    unit.name,
                    unit.parent_code,
                    str(unit.kind),
                    unit.side.label.zh,
                    unit.province,
                    unit.city,
                    unit.valid_from,
                    unit.valid_to,
                ]
                for unit in org.units
            ),
        ],
        "人员": [
            list(POST_HEADER),
            *(
                [
                    post.employee_no,
                    post.name,
                    str(post.role),
                    post.unit_code,
                    post.manager_no,
                    post.phone,
                    post.valid_from,
                    post.valid_to,
                ]
                for post in org.posts
            ),
        ],
        "对接": [
            list(LIAISON_HEADER),
            *(
                [row.workplace_code, row.specialist_no, row.trainer_no, row.valid_from, row.valid_to]
                for row in org.liaisons
            ),
        ],
    }


def write_sheets(sheets: Mapping[str, Sequence[Sequence[Value]]], path: Path | None = None) -> bytes:
    """Write *sheets* as xlsx and return its bytes, the same for the same cells; to *path* too when given."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2026, 11, 24)})
        bold = book.add_format({"bold": True, "bg_color": "#DCE6F1"})
        day_format = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, 9, 16)
            for row_no, cells in enumerate(rows):
                for column, value in enumerate(cells):
                    if isinstance(value, date):
                        sheet.write_datetime(row_no, column, value, day_format)
                    elif isinstance(value, str):
                        sheet.write_string(row_no, column, value, bold if row_no == 0 else None)
                    elif value is not None:
                        sheet.write_number(row_no, column, value)
    content = buffer.getvalue()
    if path is not None:
        path.write_bytes(content)
    return content


def write_org(path: Path | None = None, org: OrgFile | None = None) -> bytes:
    """Write *org* (the demonstration's by default) as xlsx and return its bytes; to *path* too when given."""
    return write_sheets(org_sheets(org), path)


if __name__ == "__main__":
    write_org(Path(__file__).parents[1] / "data" / "org.xlsx")
