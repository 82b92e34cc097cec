"""Each habit of a row: accepted, warned or rejected, with column, value, reason and remedy."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from engine.domain.codes import Line
from engine.domain.lists import PROFILES, Field, ReadList, read_list
from tests.support.lists import mobile, plate, policies_of, table, to_csv, to_xlsx, vin

EXPIRY = date(2026, 12, 31)


def read_one(profile: str = "standard", *, as_xlsx: bool = False, **changes) -> ReadList:
    """Read a file of one sound row with *changes* by header."""
    sheet = table(profile, policies_of(1, EXPIRY)[:1])
    sheet.rows[0] |= changes
    return read_list(to_xlsx(sheet) if as_xlsx else to_csv(sheet), "x.xlsx" if as_xlsx else "x.csv", profile)


def errors(read: ReadList) -> list[str]:
    return [problem.code for row in read.rejected for problem in row.problems if problem.level == "error"]


def warnings(read: ReadList) -> list[str]:
    return [problem.code for problem in read.warnings]


@pytest.mark.parametrize("profile", PROFILES)
def test_sound_row_is_taken_without_a_word(profile):
    read = read_one(profile)

    assert 1 == len(read.rows)
    assert ((), ()) == (read.rejected, read.warnings)


def test_rejection_names_row_column_value_reason_and_remedy():
    read = read_one(车架号="LZZ1AAAA")

    problem = read.rejected[0].problems[0]
    assert (2, "车架号", "LZZ1AAAA", "vin_length") == (
        problem.row_no,
        problem.column,
        problem.value,
        problem.code,
    )
    assert "17位" in problem.reason.zh
    assert "17 characters, this has 8" in problem.reason.en
    assert problem.remedy.zh
    assert problem.remedy.en


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("保单号", "", "value_missing"),
        ("保单号", "6.10E+21", "policy_no_mangled"),
        ("保单号", "6.1010020250000E+21", "policy_no_mangled"),
        ("险类", "", "value_missing"),
        ("险类", "意外", "line_unknown"),
        ("险类", "交强+商业", "line_both"),
        ("车架号", "", "vin_missing"),
        ("车架号", "LZZ1AAAA0N0O00001", "vin_characters"),
        ("车架号", "LZZ1AAAA0N000000", "vin_length"),
        ("车架号", "LZZ1********00001", "vin_masked"),
        ("车架号", "LZZ1AAAA汉N000001", "vin_length"),
        ("证件号码", "1.1010119900307E+17", "id_mangled"),
        ("到期日期", "", "value_missing"),
        ("到期日期", "2026/2/29", "date_impossible"),
        ("到期日期", "2026-13-01", "date_impossible"),
        ("到期日期", "26-1-5", "date_two_digit_year"),
        ("到期日期", "31/12/2026", "date_day_first"),
        ("到期日期", "2026-12-31 25:00", "date_unreadable"),
        ("到期日期", "2026-12-31 24:01", "date_unreadable"),
        ("到期日期", "2026-12-31T00:00:00Z", "date_unreadable"),
        ("到期日期", "明年", "date_unreadable"),
        ("到期日期", "2206-12-31", "date_out_of_range"),
        ("到期日期", "1926-12-31", "date_out_of_range"),
        ("到期日期", "99999", "date_unreadable"),
        ("起保日期", "2027-01-01", "date_order"),
        ("保费", "abc", "figure_unreadable"),
        ("保费", "1.234,10", "figure_unreadable"),
        ("保费", "12,34.10", "figure_unreadable"),
        ("保费", "99999999", "figure_absurd"),
        ("保费", "NaN", "figure_not_finite"),
        ("保费", "-Infinity", "figure_not_finite"),
        ("NCD系数", "-0.7", "figure_absurd"),
        ("座位数", "5.5", "figure_not_whole"),
        ("座位数", "5000", "figure_absurd"),
        ("出险次数", "-1", "figure_absurd"),
        ("新车购置价", "-1", "figure_absurd"),
        ("营销员工号", "", "value_missing"),
        ("营销员工号", "王芳", "staff_without_number"),
        ("营销员工号", "80012345王芳80012346", "staff_ambiguous"),
        ("营销员工号", "A01;DROP", "staff_format"),
        ("专员工号", "张伟", "staff_without_number"),
        ("支公司", "", "value_missing"),
        ("支公司", "#N/A", "cell_error"),
        ("车主", "张\x00三", "control_character"),
        ("车主", "张\ufffd三", "garbled_text"),
        ("车主", "张" * 201, "text_too_long"),
    ],
)
def test_row_is_rejected_for(header, value, code):
    read = read_one(**{header: value})

    assert (code in errors(read), ()) == (True, read.rows)


@pytest.mark.parametrize(
    ("header", "value", "code", "attribute", "kept"),
    [
        ("车架号", "LSVAA4182E2123456", "vin_check_digit", "vin", "LSVAA4182E2123456"),
        ("车牌号", "未上牌", "plate_none", "plate", None),
        ("车牌号", "川A临12345", "plate_temporary", "plate", "川A临12345"),
        ("车牌号", "川A1234", "plate_format", "plate", "川A1234"),
        ("保单号", "6101002025000000000000", "policy_no_rounded", "policy_no", "6101002025000000000000"),
        ("保单号", "保单一号", "policy_no_format", "policy_no", "保单一号"),
        ("证件号码", "519999196002070011", "id_check_digit", "id_no", "519999196002070011"),
        ("证件号码", "519999600207001", "id_old_form", "id_no", "519999600207001"),
        ("证件号码", "E12345678", "id_format", "id_no", "E12345678"),
        ("证件号码", "519999********0011", "id_masked", "id_no", None),
        ("手机", "199****0001", "phone_masked", "phone", None),
        ("手机", "1.99E+10", "phone_mangled", "phone", None),
        ("手机", "028-87654321", "phone_format", "phone", "02887654321"),
        ("手机", "19900000001/19900000002", "phone_several", "phone", "19900000001"),
        ("NCD系数", "2.5", "figure_unusual", "ncd", Decimal("2.500000")),
        ("新车购置价", "12.88", "figure_unusual", "new_car_price", Decimal("12.88")),
        ("新车购置价", "#N/A", "cell_error", "new_car_price", None),
        ("到期日期", "46387", "date_serial", "expiry_date", EXPIRY),
        ("起保日期", "2026-07-01", "term_unusual", "start_date", date(2026, 7, 1)),
    ],
)
def test_row_is_taken_with_a_warning_for(header, value, code, attribute, kept):
    read = read_one(**{header: value})

    assert [code] == warnings(read)
    assert kept == getattr(read.rows[0], attribute)


@pytest.mark.parametrize(
    ("header", "value", "attribute", "kept"),
    [
        ("保单号", '="0061010020250001"', "policy_no", "0061010020250001"),
        ("保单号", "'0061010020250001", "policy_no", "0061010020250001"),
        ("保单号", "6101002025000000000001\t", "policy_no", "6101002025000000000001"),
        ("险类", "  机动车商业保险 ", "line", Line.COMMERCIAL),
        ("险类", "强制险", "line", Line.CTP),
        ("车架号", f" {vin(3).lower()} ", "vin", vin(3)),
        ("车牌号", "川Ａ·Ｄ１２３４５", "plate", "川AD12345"),
        ("车牌号", "川AD12345", "plate", "川AD12345"),
        ("车牌号", "", "plate", None),
        ("车牌号", "-", "plate", None),
        ("证件号码", "51999919600207002x", "id_no", "51999919600207002X"),
        ("手机", "+86 199-0000-0001", "phone", "19900000001"),
        ("手机", "１９９０００００００１", "phone", "19900000001"),
        ("车主", " 阿卜杜拉·买买提　", "owner_name", "阿卜杜拉·买买提"),
        ("车主", "甲乙（集团）有限公司", "owner_name", "甲乙（集团）有限公司"),
        ("座位数", "5座", "seats", 5),
        ("座位数", "", "seats", None),
        ("保费", "1,234.10", "premium", Decimal("1234.10")),
        ("保费", "￥１２３４．５０元", "premium", Decimal("1234.50")),
        ("保费", "0", "premium", Decimal("0.00")),
        ("三者保额", "200万", "third_party_limit", Decimal("2000000.00")),
        ("到期日期", "2026-12-31 24:00", "expiry_date", EXPIRY),
        ("到期日期", "2026-12-31 23:59:59", "expiry_date", EXPIRY),
        ("到期日期", "2026-12-31 00:00:00", "expiry_date", EXPIRY),
        ("到期日期", "2026年12月31日24时", "expiry_date", EXPIRY),
        ("到期日期", "2026/12/31 13:30", "expiry_time", time(13, 30)),
        ("到期日期", "20261231", "expiry_date", EXPIRY),
        ("起保日期", "2025-12-31 24:00", "start_date", date(2026, 1, 1)),
        ("营销员工号", "000123", "agent_no", "000123"),
        ("营销员工号", "80012345+王芳", "agent_no", "80012345"),
        ("营销员工号", "王芳（80012345）", "agent_no", "80012345"),
        ("营销员工号", "[80012345]王芳", "agent_no", "80012345"),
        ("营销员工号", "GX-0012王芳", "agent_no", "GX-0012"),
        ("专员工号", "", "specialist_no", None),
    ],
)
def test_row_is_taken_and_normalised(header, value, attribute, kept):
    read = read_one(**{header: value})

    assert kept == getattr(read.rows[0], attribute)
    assert set(warnings(read)) <= {"vin_check_digit", "id_check_digit", "term_unusual"}


@pytest.mark.parametrize(
    ("written", "standard", "core", "saas"),
    [
        ("2026-12-31 24:00", "2026-12-31", "2026-12-31", "2026-12-31"),
        ("2026-12-31 23:59:59", "2026-12-31", "2026-12-31", "2026-12-31"),
        ("2026-12-31", "2026-12-31", "2026-12-31", "2026-12-30"),
        ("2027-01-01 00:00:00", "2027-01-01", "2026-12-31", "2026-12-31"),
        ("2026-12-31 13:30", "2026-12-31", "2026-12-31", "2026-12-31"),
        ("2028-03-01 00:00", "2028-03-01", "2028-02-29", "2028-02-29"),
    ],
)
def test_end_of_cover_is_settled_by_the_convention_of_the_source(written, standard, core, saas):
    settled = [
        read_one("standard", 到期日期=written, 起保日期=""),
        read_one("core_export", 保险止期=written, 保险起期=""),
        read_one("saas_template", 交强险到期时间=written),
    ]

    assert [standard, core, saas] == [read.rows[0].expiry_date.isoformat() for read in settled]


def test_refund_row_is_put_aside_with_nothing_to_do_whatever_else_is_wrong():
    read = read_one(保费="(1,234.10)", 车架号="", 到期日期="")

    problem = read.rejected[0].problems[0]
    assert ["refund_row"] == errors(read)
    assert "无需处理" in problem.remedy.zh


@pytest.mark.parametrize(
    ("written", "premium", "code", "cancels"),
    [
        pytest.param("退保", "1000", "cancelled_row", [None], id="said in words"),
        pytest.param("16-退保", "-1000", "cancelled_row", [None], id="by code and word"),
        pytest.param("13", "1000", "cancelled_row", [None], id="by code alone"),
        pytest.param("批减", "-100", "refund_row", [], id="another endorsement takes nothing back"),
        pytest.param("", "-1000", "refund_row", [Decimal(-1000)], id="a negative premium alone"),
    ],
)
def test_an_entry_tells_which_policy_it_takes_back(written, premium, code, cancels):
    read = read_one("core_export", **{"批改类型": written, "签单保费(含税)": premium})

    assert [code] == errors(read)
    assert cancels == [policy.premium for policy in read.rejected[0].cancels]
    assert len(cancels) == len(read.with_cancellations().rows)


def test_number_cells_of_identifiers_are_refused_or_doubted():
    read = read_one(as_xlsx=True, 证件号码=519999196002070011.0)
    mangled = read_one(as_xlsx=True, 保单号=6.101002025e21)
    short = read_one(as_xlsx=True, 营销员工号=123.0, 手机=19900000001.0)

    assert ["id_mangled"] == errors(read)
    assert ["policy_no_mangled"] == errors(mangled)
    assert ["number_cell"] == warnings(short)
    assert ("123", "19900000001") == (short.rows[0].agent_no, short.rows[0].phone)


def test_native_cells_of_a_workbook_are_read():
    read = read_one(as_xlsx=True, 到期日期=date(2026, 12, 31), 保费=1234.1, 座位数=5.0, 起保日期=46023.0)

    row = read.rows[0]
    assert (EXPIRY, Decimal("1234.10"), 5) == (row.expiry_date, row.premium, row.seats)
    assert (date(2026, 1, 1), ["date_serial"]) == (row.start_date, warnings(read))
    assert ("2026-12-31", "1234.1", "5") == (row.raw["到期日期"], row.raw["保费"], row.raw["座位数"])


def test_absurd_number_cell_is_rejected():
    assert ["figure_absurd"] == errors(read_one(as_xlsx=True, 保费=1e308))


def read_many(policies, profile="standard", **changes_of_last):
    sheet = table(profile, policies)
    sheet.rows[-1] |= changes_of_last
    return read_list(to_csv(sheet), "x.csv", profile)


def test_second_copy_of_a_row_is_rejected_and_names_the_first():
    sound = policies_of(1, EXPIRY)

    read = read_many([*sound, sound[0]])

    assert 2 == len(read.rows)
    assert ["duplicate_row"] == errors(read)
    assert "第 2 行" in read.rejected[0].problems[-1].reason.zh


def test_same_vehicle_line_and_expiry_under_another_number_is_a_copy():
    sound = policies_of(1, EXPIRY)

    read = read_many([*sound, sound[1]], 保单号="610500202500000000999X")

    assert ["duplicate_row"] == errors(read)
    assert "到期日" in read.rejected[0].problems[-1].reason.zh


def test_same_number_on_another_vehicle_is_a_copy():
    read = read_many([*policies_of(1, EXPIRY), policies_of(1, EXPIRY)[0]], 车架号=vin(77))

    assert ["duplicate_row"] == errors(read)


def test_another_expiry_of_the_same_vehicle_and_line_is_double_cover_not_a_copy():
    later = policies_of(1, date(2027, 1, 15))[0]

    read = read_many([*policies_of(1, EXPIRY), later], 保单号="610100202600000000001X")

    assert 3 == len(read.rows)
    assert ["double_cover"] == warnings(read)


def test_phone_of_more_than_three_customers_is_doubted():
    policies = [policies_of(number, EXPIRY)[0] for number in range(1, 6)]
    sheet = table("standard", policies)
    for row in sheet.rows[:4]:
        row["手机"] = mobile(1)

    read = read_list(to_csv(sheet), "x.csv", "standard")

    assert [2, 3, 4, 5] == [p.row_no for p in read.warnings if p.code == "phone_shared"]


def test_two_policies_of_one_owner_do_not_make_his_phone_doubtful():
    policies = [policy for number in range(1, 4) for policy in policies_of(number, EXPIRY)]
    sheet = table("standard", policies)
    for row in sheet.rows:
        row["手机"] = mobile(1)

    assert () == read_list(to_csv(sheet), "x.csv", "standard").warnings


def test_more_cells_than_columns_means_a_shifted_row():
    content = to_csv(table("standard", policies_of(1, EXPIRY)[:1])).rstrip() + b",x,y\n"

    read = read_list(content, "x.csv", "standard")

    assert "too_many_cells" in errors(read)


def test_second_phone_stands_in_for_a_missing_first():
    read = read_one("saas_template", 客户电话1="", 客户电话2="19900000009")

    assert "19900000009" == read.rows[0].phone


def test_row_of_the_commercial_template_without_any_expiry_is_rejected():
    read = read_one("saas_template", 交强险到期时间="")

    assert ["value_missing"] == errors(read)
    assert "交强险到期时间/商业险到期时间" == read.rejected[0].problems[0].column


def test_one_bad_expiry_rejects_the_whole_row_of_both_lines():
    read = read_many(policies_of(1, EXPIRY), "saas_template", 商业险到期时间="2027-02-30 00:00:00")

    assert ((), ["date_impossible"]) == (read.rows, errors(read))


def test_row_of_both_lines_that_repeats_one_brings_the_other():
    sheet = table("saas_template", policies_of(1, EXPIRY))
    sheet.rows.insert(0, sheet.rows[0] | {"商业险到期时间": ""})

    read = read_list(to_csv(sheet), "x.csv", "saas_template")

    assert [(2, Line.CTP), (3, Line.COMMERCIAL)] == [(row.row_no, row.line) for row in read.rows]
    assert ([], ["duplicate_row"]) == (errors(read), warnings(read))


@pytest.mark.parametrize("number", range(12))
def test_new_energy_plates_of_eight_places_pass(number):
    read = read_one(车牌号=plate(number, is_new_energy=True))

    assert [] == warnings(read)


def test_required_fields_have_a_column_in_every_profile():
    for profile in PROFILES.values():
        fields = {column.field for column in profile.columns}
        assert {*profile.required, *profile.any_of, Field.VIN, Field.AGENT_NO} <= fields
