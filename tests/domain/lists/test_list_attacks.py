"""Files made to hurt are refused by name; nothing of them reaches the memory of the reader's caller."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import date
from time import monotonic

import pytest
import xlwt

from engine.domain.lists import ListFileError, read_list
from tests.support.lists import policies_of, table, to_xlsx

SHEET = "xl/worksheets/sheet1.xml"


def book(*, sheet_xml: bytes | None = None, **others: bytes) -> bytes:
    """Return a sound workbook with its sheet (or other parts) replaced."""
    parts = {SHEET: sheet_xml} if sheet_xml is not None else {}
    parts |= {name.replace("__", "/") + ".xml": content for name, content in others.items()}
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(to_xlsx(sound()))) as old,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, parts.get(name, old.read(name)))
    return content.getvalue()


def sound():
    return table("standard", policies_of(1, date(2026, 12, 31)))


def sheet_of(rows: bytes) -> bytes:
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return b'<?xml version="1.0"?><worksheet ' + space + b"><sheetData>" + rows + b"</sheetData></worksheet>"


def original_sheet() -> bytes:
    with zipfile.ZipFile(io.BytesIO(to_xlsx(sound()))) as archive:
        return archive.read(SHEET)


def refused(content: bytes, name: str = "x.xlsx") -> str:
    began = monotonic()
    with pytest.raises(ListFileError) as caught:
        read_list(content, name, "standard")
    assert monotonic() - began < 30
    assert name in caught.value.say("zh")
    return caught.value.code


def test_zip_bomb_is_refused_before_it_is_unpacked():
    assert "file_expands" == refused(book(sheet_xml=b" " * (201 * 2**20)))


def test_smaller_bomb_is_refused_by_its_ratio():
    assert "file_expands" == refused(book(sheet_xml=b" " * (60 * 2**20)))


def test_archive_that_lies_about_its_size_is_stopped():
    content = bytearray(book(sheet_xml=sheet_of(b"<row>" + b" " * (300 * 2**20) + b"</row>")))
    real = struct.pack("<I", 300 * 2**20 + len(sheet_of(b"<row></row>")))
    assert real in content
    lying = bytes(content).replace(real, struct.pack("<I", 1000))

    assert refused(lying) in {"file_broken", "file_too_heavy", "header_not_found"}


def test_cells_in_the_farthest_corner_cannot_fill_the_memory():
    rows = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'

    assert refused(book(sheet_xml=sheet_of(rows))) in {"file_too_heavy", "too_many_columns"}


def test_declared_dimension_alone_does_no_harm():
    xml = original_sheet()
    declared = (
        xml[: xml.index(b"<dimension")]
        + b'<dimension ref="A1:XFD1048576"/>'
        + xml[xml.index(b"<sheetViews") :]
    )

    assert 2 == len(read_list(book(sheet_xml=declared), "x.xlsx", "standard").rows)


def test_one_long_text_repeated_without_end_is_stopped():
    rows = b"".join(b'<row><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>' for _ in range(200_000))
    strings = (
        b'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b"<si><t>" + b"x" * 32_000 + b"</t></si></sst>"
    )

    content = book(sheet_xml=sheet_of(rows), xl__sharedStrings=strings)

    assert refused(content) in {"file_too_heavy", "too_many_rows"}


def test_entities_are_not_expanded():
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    rows = b'<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>'

    assert refused(book(sheet_xml=bomb + sheet_of(rows).split(b"?>", 1)[1])) in {
        "file_broken",
        "header_not_found",
    }


def test_old_workbook_with_far_cells_cannot_end_the_process():
    old = xlwt.Workbook()
    page = old.add_sheet("s")
    page.write(0, 0, "保单号")
    page.write(65535, 255, "x")
    content = io.BytesIO()
    old.save(content)

    assert refused(content.getvalue(), "x.xls") in {"file_too_heavy", "too_many_columns"}


@pytest.mark.parametrize("name", ["word/document.xml", "xl/workbook.bin", "content.xml"])
def test_other_archives_are_no_lists(name):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, "<x/>")

    assert "file_kind" == refused(content.getvalue())


def test_damaged_old_workbooks_are_refused_or_read_but_never_end_the_process():
    sample = io.BytesIO()
    old = xlwt.Workbook()
    page = old.add_sheet("s")
    for row_at, row in enumerate(sound().grid()):
        for column_at, cell in enumerate(row):
            page.write(row_at, column_at, cell)
    old.save(sample)
    sound_bytes = sample.getvalue()

    for offset in range(512, len(sound_bytes), len(sound_bytes) // 25):
        damaged = sound_bytes[:offset] + b"\xff" * 8 + sound_bytes[offset + 8 :]
        try:
            read_list(damaged, "x.xls", "standard")
        except ListFileError as error:
            assert error.code in {
                "file_broken",
                "file_too_heavy",
                "header_not_found",
                "columns_missing",
                "no_rows",
            }


def test_a_formula_is_named_left_out_and_never_run():
    sheet = sound()
    sheet.rows[0]["车主"] = '=cmd|"/c calc"!A1'

    read = read_list(to_xlsx(sheet), "x.xlsx", "standard")

    assert read.rows[0].owner_name is None
    assert ["formula_text"] == [problem.code for problem in read.warnings if problem.column == "车主"]
