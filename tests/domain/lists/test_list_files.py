"""Whole files: encodings, separators, headers, sheets; what is refused says why and what to do."""

from __future__ import annotations

import codecs
from datetime import date

import pytest

from engine.domain.lists import PROFILES, REFUSALS, FileKind, ListFileError, read_list
from engine.errors import EngineError
from tests.support.lists import Table, policies_of, table, to_csv, to_xls, to_xlsx

EXPIRY = date(2026, 12, 31)


def sound(profile: str = "standard", vehicles: int = 2) -> Table:
    return table(profile, [policy for n in range(1, vehicles + 1) for policy in policies_of(n, EXPIRY)])


def refusal_of(content: bytes, name: str = "清单.csv", profile: str = "standard") -> ListFileError:
    with pytest.raises(ListFileError) as caught:
        read_list(content, name, profile)
    return caught.value


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_text_is_read_in_every_encoding_and_separator_and_both_are_told(encoding, separator, told):
    read = read_list(to_csv(sound(), encoding=encoding, separator=separator), "a.csv", "standard")

    assert (4, told, separator) == (len(read.rows), read.encoding, read.separator)
    assert "保单号" == read.headers[0]
    assert () == read.warnings


def test_big_endian_utf16_is_read_by_its_mark():
    content = codecs.BOM_UTF16_BE + to_csv(sound(), encoding="utf-16-be")

    assert 4 == len(read_list(content, "a.csv", "standard").rows)


def test_header_is_found_below_titles_in_any_order_and_dress():
    sheet = sound()
    sheet.titles = [["十一月续保清单"], [], ["制表：渠道部"]]
    dressed = {
        "保单号": "*保单号",
        "保费": "保费（元）",
        "到期日期": "到期日期\n(YYYY-MM-DD)",
        "险类": "险类(交强|商业)",
        "车架号": "ＶＩＮ",
    }
    sheet.rows = [{dressed.get(key, key): value for key, value in row.items()} for row in sheet.rows]
    sheet.headers = tuple(reversed([dressed.get(header, header) for header in sheet.headers]))

    read = read_list(to_csv(sheet), "a.csv", "standard")

    assert (4, 4, ()) == (read.header_row, len(read.rows), read.warnings)
    assert 5 == read.rows[0].row_no
    assert read.rows[0].premium is not None


def test_unknown_column_is_ignored_with_one_warning():
    sheet = sound()
    sheet.headers = (*sheet.headers, "心情", "幸运数字")

    read = read_list(to_csv(sheet), "a.csv", "standard")

    assert [("column_unknown", "心情", 1), ("column_unknown", "幸运数字", 1)] == [
        (problem.code, problem.column, problem.row_no) for problem in read.warnings
    ]
    assert "心情" in read.rows[0].raw


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_reads_its_own_layout_in_every_file_type(profile):
    sheet = sound(profile)

    reads = [
        read_list(content, name, profile)
        for content, name in ((to_csv(sheet), "a.csv"), (to_xlsx(sheet), "a.xlsx"), (to_xls(sheet), "a.xls"))
    ]

    assert [FileKind.CSV, FileKind.XLSX, FileKind.XLS] == [read.kind for read in reads]
    assert [4, 4, 4] == [len(read.rows) for read in reads]
    assert [()] * 3 == [read.warnings for read in reads]


def test_kind_is_told_by_content_not_by_name():
    as_text = read_list(to_csv(sound()), "清单.xlsx", "standard")
    as_book = read_list(to_xlsx(sound()), "清单.csv", "standard")

    assert (FileKind.CSV, FileKind.XLSX) == (as_text.kind, as_book.kind)
    assert ["extension_differs"] == [problem.code for problem in as_text.warnings]
    assert ["extension_differs"] == [problem.code for problem in as_book.warnings]


def test_stray_byte_order_mark_before_a_workbook_is_passed_over():
    assert 4 == len(read_list(b"\xff\xfe" + to_xlsx(sound()), "a.xlsx", "standard").rows)


def test_only_the_list_sheet_is_read_and_the_others_are_named():
    note = Table(("说明",), [{"说明": "请勿修改"}], name="说明")
    copy = sound()
    copy.name = "备份"

    read = read_list(to_xlsx(note, sound(), copy, hidden=["备份"]), "a.xlsx", "standard")

    assert ("Sheet1", 4) == (read.sheet, len(read.rows))
    assert ["说明", "备份"] == [problem.value for problem in read.warnings]


def test_blank_rows_repeated_headers_and_totals_are_no_policies():
    sheet = sound()
    sheet.rows[1:1] = [{}, {header: header for header in sheet.headers}]
    sheet.footers = [["合计", "4"], ["制表人：李静"]]

    read = read_list(to_csv(sheet), "a.csv", "standard")

    assert (4, 4) == (read.read, len(read.rows))
    assert ["summary_row", "summary_row"] == [problem.code for problem in read.warnings]


def test_values_with_line_breaks_keep_the_row_number_a_spreadsheet_shows():
    sheet = sound()
    sheet.rows[0]["车主"] = "甲乙\n有限公司"

    read = read_list(to_csv(sheet), "a.csv", "standard")

    assert [2, 3, 4, 5] == [row.row_no for row in read.rows]
    assert "甲乙 有限公司" == read.rows[0].owner_name


def test_same_bytes_give_the_same_answer_and_hash():
    content = to_xlsx(sound())

    assert read_list(content, "a.xlsx", "standard") == read_list(content, "a.xlsx", "standard")
    assert 64 == len(read_list(content, "a.xlsx", "standard").sha256)


def without(header: str) -> bytes:
    sheet = sound()
    sheet.headers = tuple(each for each in sheet.headers if each != header)
    return to_csv(sheet)


def test_missing_required_columns_are_named_with_the_columns_found():
    refused = refusal_of(without("车架号"))

    assert "columns_missing" == refused.code
    assert "车架号" in refused.say("zh")
    assert "保单号、险类、车牌号" in refused.say("zh")
    assert "lacks the required columns 车架号" in refused.say("en")


def test_missing_columns_of_a_sheet_name_the_sheet():
    sheet = sound("branch_sheet")
    sheet.headers = tuple(header for header in sheet.headers if header != "到期日")
    sheet.name = "11月"

    refused = refusal_of(to_xlsx(sheet), "a.xlsx", "branch_sheet")

    assert ("columns_missing", True) == (refused.code, "“11月”" in refused.reason.zh)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"", "file_empty", id="no bytes"),
        pytest.param(b" \r\n\r\n", "file_empty", id="blank lines"),
        pytest.param(to_csv(Table(sound().headers, [])), "no_rows", id="header only"),
        pytest.param(b"%PDF-1.7 ...", "file_kind", id="pdf"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "file_kind", id="picture"),
        pytest.param(b"<html><table><tr><td>1", "file_kind", id="web page called xls"),
        pytest.param(b'<?xml version="1.0"?><Workbook/>', "file_kind", id="xml spreadsheet"),
        pytest.param(bytes(range(128)) * 2 + b"\0" * 900, "file_kind", id="binary"),
        pytest.param("甲,乙\n1,2\n".encode(), "header_not_found", id="another table"),
        pytest.param("保單號,險類\n".encode("big5"), "header_not_found", id="big5"),
        pytest.param(b"\xff" * 40, "encoding_unknown", id="no encoding fits"),
        pytest.param(b"\xff\xfe\x00\xd8", "encoding_unknown", id="lone surrogate in utf-16"),
        pytest.param(
            to_csv(sound()).replace("保费".encode(), b"typename"), "column_reserved", id="reserved name"
        ),
        pytest.param(
            to_csv(sound()).replace("保费".encode(), b"a\x00b"), "column_reserved", id="NUL in a header"
        ),
        pytest.param(
            to_csv(sound()).replace("签单日期".encode(), "到期日期".encode()), "column_twice", id="twice"
        ),
        pytest.param(to_csv(sound()).replace(b"950.00", b'"950.00'), "csv_broken", id="open quotation"),
        pytest.param(to_csv(sound()) + b"," * 500 + b"x", "too_many_columns", id="very wide row"),
        pytest.param(b"PK\x03\x04 not a zip", "file_broken", id="broken zip"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "file_broken", id="broken xls"),
        pytest.param(b"x" * (50 * 2**20 + 1), "file_too_large", id="over 50 MB"),
    ],
)
def test_file_is_refused_by_name_reason_and_remedy(content, code):
    refused = refusal_of(content)

    assert isinstance(refused, EngineError)
    assert code == refused.code
    assert "清单.csv" in refused.say("zh")
    assert refused.remedy.zh in refused.say("zh")
    assert refused.remedy.en in refused.say("en")


def test_unknown_profile_is_refused_with_the_known_ones():
    refused = refusal_of(to_csv(sound()), profile="excel")

    assert ("unknown_profile", True) == (refused.code, "core_export" in refused.say("en"))


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8], ids=["without mark", "with mark"])
def test_utf8_with_a_damaged_byte_is_refused_by_line_not_read_as_another_encoding(mark):
    lines = (mark + to_csv(sound())).split(b"\r\n")
    lines[3] = lines[3].replace("家庭".encode(), "家庭".encode()[:-1])

    refused = refusal_of(b"\r\n".join(lines))

    assert ("encoding_damaged", 4) == (refused.code, refused.params["row"])


def test_too_many_rows_are_refused():
    assert "too_many_rows" == refusal_of(to_csv(sound()) + b"x\r\n" * 100_200).code


def test_braces_in_a_file_name_are_only_text():
    refused = refusal_of(b"", "{0.__class__}{x}.csv")

    assert "{0.__class__}{x}.csv" in refused.say()


def test_every_refusal_and_problem_speaks_both_languages():
    from engine.domain.lists import PROBLEMS

    for text in (*REFUSALS.values(), *PROBLEMS.values()):
        assert all((text.reason.zh, text.reason.en, text.remedy.zh, text.remedy.en))
        assert text.reason.zh.endswith("。") or text.reason.zh.endswith("）")
