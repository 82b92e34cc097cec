"""The error file: the sender's own layout, rejected rows only, harmless to open, good to mend and send again."""

from __future__ import annotations

import csv
import io

import pytest
from python_calamine import CalamineWorkbook

from engine.domain.lists import ReadList, read_list, write_errors
from engine.domain.lists.errors_file import neutral
from tests.support.list_samples import DATA, SAMPLES
from tests.support.lists import to_csv


def read_sample(name: str) -> ReadList:
    return read_list((DATA / name).read_bytes(), name, SAMPLES[name].profile)


def grid_of(content: bytes) -> dict[str, list[list[str]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: list(book.get_sheet_by_name(name).iter_rows()) for name in book.sheet_names}


@pytest.mark.parametrize("name", SAMPLES)
def test_error_file_read_again_gives_the_same_rejections(name):
    read = read_sample(name)

    again = read_list(write_errors(read, lang="zh"), name, read.profile)

    lone = {"duplicate_row"}  # its first copy is not in the error file
    codes = [{p.code for p in row.problems if p.level == "error"} for row in read.rejected]
    assert [each for each in codes if each != lone] == [
        {p.code for p in row.problems if p.level == "error"} for row in again.rejected
    ]
    assert not {"column_unknown"} & {problem.code for problem in again.warnings}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_error_file_keeps_titles_columns_and_adds_reason_and_remedy(lang):
    read = read_sample("core_export.xlsx")

    rows = grid_of(write_errors(read, lang=lang))["Sheet1"]

    assert "续保清单（2026年11月至2027年1月）" == rows[0][0]
    assert [*read.headers, {"zh": "错误信息", "en": "Error"}[lang]] == rows[2]
    assert len(read.rejected) == len(rows) - 3
    problem = read.rejected[0].problems[0]
    assert problem.reason.say(lang) in rows[3][-1]
    assert problem.remedy.say(lang) in rows[3][-1]


def test_text_list_keeps_separator_and_encoding():
    content = write_errors(read_sample("branch_sheet.csv"), lang="zh")

    rows = list(csv.reader(io.StringIO(content.decode("gb18030"), newline=""), delimiter=";"))
    assert ("序号", "错误信息", 5) == (rows[0][0], rows[0][-1], len(rows))


def test_utf8_error_file_carries_the_mark_a_spreadsheet_needs():
    assert write_errors(read_sample("standard.csv"), lang="zh").startswith(b"\xef\xbb\xbf")


def test_sheets_keep_their_own_rejected_rows():
    read = read_sample("branch_sheet.xlsx")

    sheets = grid_of(write_errors(read, lang="zh"))

    assert {"11月": 5, "12月": 5} == {name: len(rows) for name, rows in sheets.items()}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝"])
@pytest.mark.parametrize("as_book", [True, False], ids=["xlsx", "csv"])
def test_no_cell_of_the_error_file_can_be_a_formula(start, as_book):
    name = "standard.xlsx" if as_book else "standard.csv"
    sheet = read_sample(name)
    raw = dict.fromkeys(sheet.headers, f"{start}1+1")
    row = sheet.rejected[0]
    poisoned = type(row)(row.row_no, raw, row.problems, row.sheet)
    read = type(sheet)(
        **{field: getattr(sheet, field) for field in sheet.__slots__} | {"rejected": (poisoned,)}
    )

    content = write_errors(read, lang="zh")

    if as_book:
        cells = [cell for cells in grid_of(content)["Sheet1"] for cell in cells]
    else:
        cells = [
            cell for line in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in line
        ]
    assert not [cell for cell in cells if str(cell).startswith(start)]
    assert any(str(cell).startswith("'" + start) for cell in cells)


def test_mended_row_of_the_error_file_is_taken():
    read = read_sample("standard.csv")
    lines = list(csv.reader(io.StringIO(write_errors(read).decode("utf-8-sig"), newline="")))
    header, bad = lines[0], next(line for line in lines if "不存在" in line[-1])
    bad[header.index("到期日期")] = "2027-02-28"

    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, bad])
    again = read_list(text.getvalue().encode(), "mended.csv", "standard")

    assert (1, ()) == (len(again.rows), again.rejected)


def test_same_list_gives_the_same_error_file():
    read = read_sample("core_export.xlsx")

    assert write_errors(read) == write_errors(read)


def test_neutral_text_is_left_alone():
    assert "张三" == neutral("张三")


def test_error_file_of_a_clean_list_has_the_header_only():
    from datetime import date

    from tests.support.lists import policies_of, table

    read = read_list(to_csv(table("standard", policies_of(1, date(2026, 12, 31)))), "a.csv", "standard")

    assert 1 == len(write_errors(read).decode("utf-8-sig").splitlines())
