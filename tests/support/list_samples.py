"""The sample lists of ``tests/data``: what a month of real senders looks like, each with its quirks.

``python -m tests.support.list_samples`` writes them; the same program gives the same content.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.support.lists import Table, book, full_width, table, to_csv, to_xls, to_xlsx

_FROM, _TO = date(2026, 11, 1), date(2027, 1, 31)


@dataclass(frozen=True)
class Sample:
    """A sample file: how to write it, how many data rows it has and how often each code rejects one."""

    profile: str
    write: Callable[[], bytes]
    read: int
    rejected: Mapping[str, int]


def _standard() -> Table:
    sheet = table("standard", book(20, _FROM, _TO, seed=2))
    rows = sheet.rows
    rows[2]["车牌号"] = "川Ａ·Ｄ１２３４５"  # full-width, with the dot of the plate
    rows[4]["车牌号"] = "未上牌"
    rows[6]["车牌号"] = ""
    rows[8]["手机"] = "+86 199-0000-0008"
    rows[10]["证件号码"] = str(rows[10]["证件号码"])[:-1].lower() + "x"
    rows[12]["车架号"] = str(rows[12]["车架号"]).lower()
    rows[14]["车架号"] = "LZZ4AAAAXN000001O"
    rows[16]["到期日期"] = "2027/2/29"
    rows[18]["保费"] = "-950.00"
    rows[20]["营销员工号"] = ""
    rows[22]["NCD系数"] = "NaN"
    rows[24]["车主"] = "𠮷野㙍"
    rows.append(dict(rows[0]))
    return sheet


def _core() -> Table:
    sheet = table("core_export", book(24, _FROM, _TO, seed=3, number_from=201))
    sheet.titles = [
        ["续保清单（2026年11月至2027年1月）"],
        ["机构：城东中心支公司", "", "导出时间：2026-10-25 08:30"],
    ]
    sheet.footers = [["合计", "48"], ["导出人：系统管理员"]]
    rows = sheet.rows
    for at, row in enumerate(rows, 1):
        row |= {"序号": str(at), "使用性质": "家庭自用 ", "险别组合": "主全", "备注": "/"}
    rows[1]["保险止期"] = str(rows[1]["保险止期"]).replace("24:00", "23:59:59")
    rows[3]["保险止期"] = "2027-01-01 00:00:00"
    rows[3]["保险起期"] = "2026-01-01 00:00:00"
    rows[5]["保险止期"] = "2026-12-20 13:30"
    rows[5]["保险起期"] = "2025-12-20 13:30"
    rows[6]["业务员"] = "张伟"  # there are two of that name
    rows[7]["营销员"] = "王芳"
    rows[8]["签单保费(含税)"] = "-1,234.10"
    rows[10]["保单号"] = "6.101E+21"
    rows[12]["使用性质"] = "摩托车 "
    rows[13]["联系电话"] = "199****0013"
    rows[15]["联系电话"] = "02887654321"
    rows[17]["证件号码"] = "*****************X"
    rows[19]["车架号"] = "LZZ******00000019"
    rows[20]["营销员"] = "张伟(AG020)"
    rows[22]["新车购置价"] = "12.88万"
    return sheet


def _core_merged() -> Table:
    sheet = _core()
    for at in range(30, 40, 2):  # one vehicle, two rows, vehicle and owner in merged cells
        for header in ("车架号", "车牌号码", "被保险人", "证件号码"):
            sheet.rows[at + 1][header] = None
            sheet.merges.append((at, at + 1, header))
    sheet.rows[40]["证件号码"] = 5.19999197001011e17  # typed as a number: the last digits are gone
    sheet.rows[42]["保单号"] = 6.101002025e21
    return sheet


def _saas() -> Table:
    sheet = table("saas_template", book(25, _FROM, _TO, seed=4, number_from=301))
    rows = sheet.rows
    rows[0]["交强险到期时间"] = None  # commercial cover only
    rows[1]["商业险到期时间"] = ""
    rows[2] |= {"交强险到期时间": "", "商业险到期时间": ""}
    rows[3]["业务员账号"] = ""
    rows[4]["业务员账号"] = "李敏"
    rows[5]["车架号"] = str(rows[5]["车架号"])[:-1]
    rows[6]["客户电话1"] = ""
    rows[6]["客户电话2"] = "19900000006"
    rows[7]["交强险到期时间"] = date(2027, 1, 1)
    rows[8]["车牌号"] = "川A临12345"
    rows[9]["客户备注"] = '=HYPERLINK("http://example.invalid","点我")'
    rows[9]["商业险到期时间"] = "27-1-5"
    for row in rows[10:15]:
        row["客户电话1"] = "19911112222"  # the agent's own number
    return sheet


def _branch(name: str = "11月", number_from: int = 401) -> Table:
    sheet = table("branch_sheet", book(15, _FROM, _TO, seed=number_from, number_from=number_from))
    sheet.name = name
    rows = sheet.rows
    rows[0]["到期日"] = "20261205"
    rows[1]["到期日"] = "46361"  # Excel serial of 2026-12-05
    rows[2]["到期日"] = "2026/12/5"
    rows[3]["到期日"] = "2026.12.05"
    rows[4]["到期日"] = full_width("2026") + "年" + full_width("12") + "月5日"
    rows[5]["到期日"] = "5/12/2026"
    rows[6]["上年保费"] = full_width("1234") + "．" + full_width("50") + "元"
    rows[7]["险种"] = "交强+商业"
    rows[8]["险种"] = "车损"
    rows[9]["上年保费"] = "1e308"
    rows[10]["出险次数"] = "2次"
    rows[11]["营销员"] = "AG007 陈静"
    rows[12]["保单号码"] = f'="00610100202500{number_from:04d}"'  # the trick that keeps leading zeros
    for row in rows:
        row["起保日期"] = None
    rows.insert(20, {header: header for header in sheet.headers})  # printed pages repeat the header
    sheet.footers = [["小计", "30"]]
    return sheet


def _branch_book() -> bytes:
    summary = Table(
        ("支公司", "职场", "件数"), [{"支公司": "城东支公司", "职场": "钱塘职场", "件数": 30.0}], name="汇总"
    )
    return to_xlsx(_branch("11月"), _branch("12月", 501), summary)


DATA = Path(__file__).parents[1] / "data" / "lists"

_STANDARD = {
    "vin_characters": 1,
    "date_impossible": 1,
    "refund_row": 1,
    "value_missing": 1,
    "figure_not_finite": 1,
    "duplicate_row": 1,
}
_CORE = {"staff_without_number": 2, "refund_row": 1, "policy_no_mangled": 1, "vin_masked": 1}
_MERGED = {
    "staff_without_number": 2,
    "refund_row": 1,
    "policy_no_mangled": 2,
    "vin_masked": 1,
    "id_mangled": 1,
}
_SAAS = {"value_missing": 2, "staff_without_number": 1, "vin_length": 1, "date_two_digit_year": 1}
_BRANCH = {"date_day_first": 1, "line_both": 1, "line_unknown": 1, "figure_unreadable": 1}
_TWICE = dict.fromkeys(_BRANCH, 2)

SAMPLES: Mapping[str, Sample] = {
    "standard.csv": Sample("standard", lambda: to_csv(_standard()), 41, _STANDARD),
    "standard.xlsx": Sample("standard", lambda: to_xlsx(_native(_standard())), 41, _STANDARD),
    "standard_gb18030.csv": Sample(
        "standard", lambda: to_csv(_standard(), encoding="gb18030"), 41, _STANDARD
    ),
    "core_export.xlsx": Sample("core_export", lambda: to_xlsx(_core_merged()), 48, _MERGED),
    "core_export.xls": Sample("core_export", lambda: to_xls(_core()), 48, _CORE),
    "saas_template.xlsx": Sample("saas_template", lambda: to_xlsx(_saas()), 25, _SAAS),
    "branch_sheet.csv": Sample(
        "branch_sheet", lambda: to_csv(_branch(), encoding="gb18030", separator=";"), 30, _BRANCH
    ),
    "branch_sheet_utf16.txt": Sample(
        "branch_sheet", lambda: to_csv(_branch(), encoding="utf-16", separator="\t"), 30, _BRANCH
    ),
    "branch_sheet.xlsx": Sample("branch_sheet", _branch_book, 60, _TWICE),
}
"""Each sample by file name: its profile, its data rows, and how often each code rejects one."""


def _native(sheet: Table) -> Table:
    """Turn the dates of the standard layout into native date cells."""
    for row in sheet.rows:
        for header in ("初登日期", "起保日期", "到期日期", "签单日期"):
            with suppress(ValueError):
                row[header] = date.fromisoformat(str(row[header]))
    return sheet


def main() -> None:
    """Write every sample file."""
    DATA.mkdir(parents=True, exist_ok=True)
    for name, sample in SAMPLES.items():
        (DATA / name).write_bytes(sample.write())


if __name__ == "__main__":
    main()
