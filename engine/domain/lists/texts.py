"""Every complaint about a list, by stable code: its level, its reason and its remedy in both languages.

Templates are filled with the facts of the case (``str.format`` fields).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.domain.codes import Label
from engine.domain.lists.model import Fault, Level, ListFileError, Problem

_SHOWN = 120
"""Longest piece of a value quoted in a problem."""
_SHOWN_OF_FILE = 600
"""Longest list of columns quoted in a refusal."""


@dataclass(frozen=True, slots=True)
class Text:
    """Reason and remedy of one code."""

    reason: Label
    remedy: Label
    level: Level = "error"


def _error(reason: tuple[str, str], remedy: tuple[str, str]) -> Text:
    return Text(Label(*reason), Label(*remedy))


def _warning(reason: tuple[str, str], remedy: tuple[str, str]) -> Text:
    return Text(Label(*reason), Label(*remedy), "warning")


_AS_TEXT = (
    "请将该列设为“文本”格式后从源系统重新导出，不要在 Excel 中直接打开 csv 再保存。",
    "Format the column as text and export again; do not open and save the csv in Excel.",
)
_CORRECT = ("请核对后更正并重新导入该行。", "Check, correct and import the row again.")
_CHECK = ("请核对；此项不影响接收。", "Please check; this does not stop the row.")

PROBLEMS: dict[str, Text] = {
    # values of any column
    "value_missing": _error(
        ("必填列“{column}”为空。", "The required column “{column}” is empty."),
        ("请补填后重新导入该行。", "Fill it in and import the row again."),
    ),
    "control_character": _error(
        (
            "单元格含不可见控制字符（如 NUL），内容可能已损坏。",
            "The cell holds a control character such as NUL; its content may be damaged.",
        ),
        ("请重新录入该单元格。", "Type the cell again."),
    ),
    "garbled_text": _error(
        ("单元格含乱码字符“\ufffd”，原文已丢失。", "The cell holds “\ufffd”: its original text was lost."),
        ("请从源系统按 UTF-8 或 GB18030 重新导出。", "Export again as UTF-8 or GB18030."),
    ),
    "cell_error": _error(
        ("单元格是公式错误值 {value}。", "The cell is the formula error {value}."),
        ("请改为实际值（粘贴为数值）后重新导入。", "Replace it by the actual value (paste as values)."),
    ),
    "formula_text": _error(
        ("单元格是公式，不是值，未采用。", "The cell holds a formula, not a value; it is not taken."),
        ("请改为实际值（粘贴为数值）后重新导入。", "Replace it by the actual value (paste as values)."),
    ),
    "text_too_long": _error(
        (
            "内容长 {length} 字，上限 {limit} 字。",
            "The text has {length} characters, at most {limit} are taken.",
        ),
        ("请缩短，并检查是否有引号未闭合导致多格合并。", "Shorten it; look for a quotation mark left open."),
    ),
    "too_many_cells": _error(
        (
            "本行有 {count} 格，多于表头的 {width} 列，内容已错位。",
            "The row has {count} cells, more than the {width} columns of the header: its values are shifted.",
        ),
        ("请检查未加引号的分隔符，修正后重新导入。", "Look for a separator without quotation marks."),
    ),
    # policy
    "policy_no_mangled": _error(
        (
            "保单号“{value}”已被 Excel 转成数字，末位丢失。",
            "Excel turned the policy number “{value}” into a number; its last digits are gone.",
        ),
        _AS_TEXT,
    ),
    "policy_no_rounded": _warning(
        (
            "保单号第15位之后全为0，可能曾被转成数字。",
            "All digits after the 15th are 0: the number may have been rounded.",
        ),
        _CHECK,
    ),
    "policy_no_format": _warning(
        (
            "保单号“{value}”含字母、数字以外的字符或长度异常。",
            "The policy number “{value}” has unusual characters or length.",
        ),
        _CHECK,
    ),
    "number_cell": _warning(
        ("该格为数字格式，开头的0可能已丢失。", "The cell is a number: leading zeros may be lost."),
        ("请核对；建议将该列设为“文本”格式。", "Please check; format the column as text."),
    ),
    "line_unknown": _error(
        ("险类“{value}”无法识别。", "The line “{value}” is not known."),
        ("请填写“交强”或“商业”。", "Enter 交强 (compulsory) or 商业 (commercial)."),
    ),
    "line_both": _error(
        ("险类“{value}”同时包含交强与商业。", "The line “{value}” names both lines."),
        ("请将交强险与商业险分为两行。", "Give each line a row of its own."),
    ),
    "refund_row": _error(
        (
            "保费为负（{value}），是退保或批减产生的冲减行。",
            "The premium is negative ({value}): a refund entry.",
        ),
        ("无需处理；冲减行不参与续保。", "Nothing needs doing; refund entries take no part in renewal."),
    ),
    "cancelled_row": _error(
        ("该行注明“{value}”：保单已退保、解除或注销。", "The row says “{value}”: the policy was cancelled."),
        (
            "无需处理；已失效的保单不参与续保。如已续保，请在“新签保单”中导入该行以撤回。",
            "Nothing needs doing; such policies take no part in renewal. To take a renewal back, import the row "
            "among the newly issued policies.",
        ),
    ),
    "duplicate_row": _error(
        ("与{where}重复（{what}相同）。", "Repeats {where_en} (same {what_en})."),
        (
            "无需处理，已保留先出现的一行；若两行内容不同，请保留正确的一行。",
            "The first row was kept; if they differ, keep the right one.",
        ),
    ),
    "double_cover": _warning(
        (
            "同一车辆同一险类在{where}已有另一到期日的保单，疑似重复投保。",
            "The vehicle has another policy of this line with another expiry date in {where_en}.",
        ),
        ("请核实；将以到期较晚的保单为准。", "Please verify; the later-expiring policy will be the base."),
    ),
    # vehicle
    "vin_missing": _error(
        ("车架号为空。", "The VIN is empty."),
        ("请补填17位车架号。", "Enter the 17-character VIN."),
    ),
    "vin_masked": _error(
        ("车架号“{value}”被掩码。", "The VIN “{value}” is masked."),
        ("请用有权限的账号导出完整车架号。", "Export the full VIN with an account that may see it."),
    ),
    "vin_length": _error(
        ("车架号应为17位，实为{length}位。", "A VIN has 17 characters, this has {length}."),
        ("请对照行驶证更正。", "Correct it from the vehicle licence."),
    ),
    "vin_characters": _error(
        (
            "车架号含不允许的字符：{bad}（车架号不含 I、O、Q）。",
            "The VIN holds {bad}, which no VIN may (no I, O, Q).",
        ),
        (
            "请对照行驶证更正，注意 1 与 I、0 与 O。",
            "Correct it from the vehicle licence; mind 1 and I, 0 and O.",
        ),
    ),
    "vin_check_digit": _warning(
        (
            "车架号校验位（第9位）应为 {expected}。",
            "The check digit of the VIN (position 9) should be {expected}.",
        ),
        (
            "请对照行驶证核对；进口车可能无校验位，此项不影响接收。",
            "Compare with the licence; imported cars may have none. This does not stop the row.",
        ),
    ),
    "plate_none": _warning(
        ("车辆未上牌（“{value}”）。", "The vehicle has no plate (“{value}”)."),
        ("上牌后请更新；车辆以车架号为准。", "Update it once there is one; the VIN identifies the vehicle."),
    ),
    "plate_temporary": _warning(
        ("车牌为临时号牌。", "The plate is temporary."),
        (
            "取得正式号牌后请更新；此项不影响接收。",
            "Update it when the final plate is there; this does not stop the row.",
        ),
    ),
    "plate_format": _warning(
        (
            "车牌不符合7位燃油或8位新能源号牌格式。",
            "The plate is neither a 7-place fuel nor an 8-place new-energy plate.",
        ),
        _CHECK,
    ),
    # holder and staff
    "id_mangled": _error(
        (
            "证件号码为数字格式，15位之后的数字已丢失。",
            "The identity number is a number cell: its digits after the 15th are gone.",
        ),
        _AS_TEXT,
    ),
    "id_masked": _warning(
        ("证件号码被掩码，未采用。", "The identity number is masked and was left out."),
        ("请用有权限的账号补录。", "Add it with an account that may see it."),
    ),
    "id_old_form": _warning(
        ("证件号码为15位旧号。", "The identity number has the old 15-digit form."),
        (
            "请更新为18位号码；此项不影响接收。",
            "Replace it by the 18-digit number; this does not stop the row.",
        ),
    ),
    "id_check_digit": _warning(
        ("证件号码出生日期或校验位不正确。", "Birth date or check digit of the identity number is wrong."),
        _CHECK,
    ),
    "id_format": _warning(
        (
            "证件号码既非身份证号，也非统一社会信用代码。",
            "The number is neither a resident identity number nor a credit code.",
        ),
        (
            "如为护照等其他证件可忽略；此项不影响接收。",
            "Ignore this for passports and the like; this does not stop the row.",
        ),
    ),
    "phone_masked": _warning(
        ("手机号被掩码，未采用。", "The phone number is masked and was left out."),
        ("请用有权限的账号补录。", "Add it with an account that may see it."),
    ),
    "phone_mangled": _warning(
        (
            "手机号已被 Excel 转成科学计数，未采用。",
            "Excel turned the phone number into scientific form; it was left out.",
        ),
        _AS_TEXT,
    ),
    "phone_format": _warning(
        (
            "不是11位手机号，无法发送短信。",
            "This is no 11-digit mobile number; no SMS can be sent.",
        ),
        ("请向客户核实；此项不影响接收。", "Verify with the customer; this does not stop the row."),
    ),
    "phone_several": _warning(
        ("一格内有多个号码，采用第一个。", "The cell holds several numbers; the first was taken."),
        _CHECK,
    ),
    "phone_shared": _warning(
        (
            "该号码在本清单中对应 {count} 位客户，号码存疑。",
            "This number belongs to {count} customers of this list: it is doubtful.",
        ),
        ("请核实是否为业务员本人号码。", "Verify that it is not an agent's own number."),
    ),
    "staff_without_number": _error(
        (
            "“{value}”只有姓名、没有工号；同名人员无法区分。",
            "“{value}” is a name without an employee number; people of one name cannot be told apart.",
        ),
        ("请补填工号（可写成“工号+姓名”）。", "Give the employee number (“number+name” will do)."),
    ),
    "staff_ambiguous": _error(
        (
            "“{value}”中有多个编号，无法确定工号。",
            "“{value}” holds several numbers; which is the employee's?",
        ),
        ("请只保留一个工号。", "Leave one employee number."),
    ),
    "staff_format": _error(
        ("工号“{value}”含不允许的字符。", "The employee number “{value}” has characters it may not have."),
        ("工号只能由字母、数字及 _ . @ - 组成。", "Use letters, digits and _ . @ - only."),
    ),
    # dates
    "date_unreadable": _error(
        ("日期“{value}”无法识别。", "The date “{value}” cannot be read."),
        ("请写成 YYYY-MM-DD，例如 2026-12-31。", "Write YYYY-MM-DD, for example 2026-12-31."),
    ),
    "date_impossible": _error(
        ("日期“{value}”不存在。", "There is no date “{value}”."),
        ("请核对年月日后更正。", "Check year, month and day."),
    ),
    "date_two_digit_year": _error(
        ("日期“{value}”的年份不是四位。", "The year of “{value}” has not four digits."),
        ("请写成 YYYY-MM-DD。", "Write YYYY-MM-DD."),
    ),
    "date_day_first": _error(
        (
            "日期“{value}”的年份在最后，月和日无法确定。",
            "The year of “{value}” stands last: month and day are uncertain.",
        ),
        ("请写成 YYYY-MM-DD。", "Write YYYY-MM-DD."),
    ),
    "date_out_of_range": _error(
        (
            "日期 {value} 不在合理范围（{low}—{high}年）。",
            "The date {value} is not between {low} and {high}.",
        ),
        _CORRECT,
    ),
    "date_order": _error(
        (
            "起保日期 {start} 晚于到期日期 {expiry}。",
            "Cover starts on {start}, after it expires on {expiry}.",
        ),
        _CORRECT,
    ),
    "date_serial": _warning(
        ("“{value}”按 Excel 日期序列号读作 {date}。", "“{value}” was read as the Excel serial of {date}."),
        ("请核对；建议设为日期格式。", "Please check; format the column as a date."),
    ),
    "expiry_without_time": _warning(
        (
            "到期时间“{value}”没有时刻，按来源惯例读作最后承保日 {date}。",
            "The expiry “{value}” has no time of day; by the source's convention the last covered date is {date}.",
        ),
        _CHECK,
    ),
    "term_unusual": _warning(
        ("保险期间为 {days} 天，不是一年。", "The term is {days} days, not a year."),
        _CHECK,
    ),
    # figures
    "figure_unreadable": _error(
        ("“{value}”不是数字。", "“{value}” is no number."),
        ("请填写数字，例如 1234.10。", "Enter a number such as 1234.10."),
    ),
    "figure_not_finite": _error(
        ("“{value}”不是有限的数（NaN 或无穷大）。", "“{value}” is not a finite number."),
        ("请填写实际数值或留空。", "Enter the actual number or leave it empty."),
    ),
    "figure_not_whole": _error(
        ("“{value}”应为整数。", "“{value}” should be a whole number."),
        _CORRECT,
    ),
    "figure_absurd": _error(
        (
            "数值 {value} 超出合理范围（{low}—{high}）。",
            "The figure {value} is not between {low} and {high}.",
        ),
        _CORRECT,
    ),
    "figure_unusual": _warning(
        (
            "数值 {value} 不在常见范围（{low}—{high}）。",
            "The figure {value} is outside the usual {low} to {high}.",
        ),
        _CHECK,
    ),
    # about columns, sheets and the file
    "column_unknown": _warning(
        ("列“{column}”不在模板中，已忽略。", "The column “{column}” is not of this layout and was ignored."),
        (
            "无需处理；如应采用，请改为模板中的列名。",
            "Nothing needs doing; rename it if it was meant to be read.",
        ),
    ),
    "summary_row": _warning(
        (
            "“{value}”是合计或落款行，未作为保单读取。",
            "“{value}” is a total or a footer and was not read as a policy.",
        ),
        ("无需处理。", "Nothing needs doing."),
    ),
    "sheet_ignored": _warning(
        ("工作表“{sheet}”未读取。", "The sheet “{sheet}” was not read."),
        ("如其中有保单，请单独成文件导入。", "If it holds policies, import it as a file of its own."),
    ),
    "extension_differs": _warning(
        (
            "文件扩展名为“{extension}”，内容实为 {kind}，已按内容读取。",
            "The name ends in “{extension}” but the content is {kind}; it was read as that.",
        ),
        ("建议更正扩展名。", "Correct the extension."),
    ),
}

REFUSALS: dict[str, Text] = {
    "unknown_profile": _error(
        ("没有来源格式“{profile}”。", "There is no source profile “{profile}”."),
        ("可用模板：{known}。", "Use one of: {known}."),
    ),
    "file_empty": _error(
        ("文件“{file}”是空的。", "The file “{file}” is empty."),
        ("请重新导出后再上传。", "Export it again."),
    ),
    "file_too_large": _error(
        (
            "文件“{file}”有 {size} MB，上限 {limit} MB。",
            "The file “{file}” has {size} MB, the limit is {limit} MB.",
        ),
        ("请按机构或到期月拆分后分别导入。", "Split it by branch or expiry month."),
    ),
    "file_expands": _error(
        (
            "文件“{file}”解压后约 {size} MB，超出上限（{limit} MB 或 {ratio} 倍），可能是压缩炸弹。",
            "The file “{file}” unpacks to about {size} MB, beyond the limit ({limit} MB or {ratio} times): it may be a zip bomb.",
        ),
        (
            "请新建工作簿，仅粘贴数据区域后另存为 .xlsx。",
            "Paste the data alone into a new workbook and save it as .xlsx.",
        ),
    ),
    "file_too_heavy": _error(
        (
            "读取文件“{file}”所需内存或时间超出上限。",
            "Reading the file “{file}” takes more memory or time than allowed.",
        ),
        (
            "请删除数据区域以外的空行、空列后另存为 .xlsx，或拆分后导入。",
            "Delete empty rows and columns beyond the data, save as .xlsx, or split the file.",
        ),
    ),
    "file_broken": _error(
        (
            "文件“{file}”已损坏，无法作为 {kind} 打开。",
            "The file “{file}” is damaged and cannot be opened as {kind}.",
        ),
        (
            "请重新下载或重新导出；可在 Excel 中打开后另存为 .xlsx。",
            "Download or export it again, or open it in Excel and save as .xlsx.",
        ),
    ),
    "file_encrypted": _error(
        ("文件“{file}”设有打开密码。", "The file “{file}” is protected by a password."),
        ("请在 Excel 中取消密码后重新上传。", "Remove the password in Excel and upload it again."),
    ),
    "file_kind": _error(
        (
            "文件“{file}”不是 xlsx、xls 或 csv 清单（内容为：{kind}）。",
            "The file “{file}” is no xlsx, xls or csv list (its content: {kind}).",
        ),
        ("请在 Excel 中打开后另存为 .xlsx，再上传。", "Open it in Excel, save it as .xlsx and upload that."),
    ),
    "encoding_unknown": _error(
        (
            "文件“{file}”的文字编码不是 UTF-8、GB18030 或 UTF-16。",
            "The text of “{file}” is neither UTF-8 nor GB18030 nor UTF-16.",
        ),
        ("请另存为“CSV UTF-8”后重新上传。", "Save it as “CSV UTF-8” and upload it again."),
    ),
    "encoding_damaged": _error(
        (
            "文件“{file}”应为 UTF-8，但第 {row} 行有损坏的字节。",
            "The file “{file}” should be UTF-8 but line {row} holds damaged bytes.",
        ),
        (
            "请从源系统重新导出；不要拼接不同编码的文件。",
            "Export it again; do not join files of different encodings.",
        ),
    ),
    "csv_broken": _error(
        (
            "文件“{file}”第 {row} 行附近引号未闭合或格式错误，无法可靠分列。",
            "Near line {row} of “{file}” a quotation mark is left open or misplaced.",
        ),
        ("请修正该行的引号，或另存为 .xlsx 后上传。", "Mend the quotation marks, or save as .xlsx."),
    ),
    "header_not_found": _error(
        (
            "文件“{file}”前 {depth} 行中没有“{profile}”格式的表头。读到的首行：{found}。（编码：{encoding}）",
            "The first {depth} rows of “{file}” hold no header of the profile “{profile_en}”. First row read: {found}. (Encoding: {encoding})",
        ),
        (
            "{suggestion}请核对来源格式；表头应包含：{required}。",
            "{suggestion_en}Check the profile; the header should hold: {required}.",
        ),
    ),
    "columns_missing": _error(
        (
            "文件“{file}”{sheet}缺少必需列：{missing}。读到的列：{found}。",
            "The file “{file}”{sheet_en} lacks the required columns {missing}. Columns found: {found}.",
        ),
        (
            "{suggestion}请补齐这些列，或选择正确的来源格式。",
            "{suggestion_en}Add them, or choose the right source profile.",
        ),
    ),
    "column_twice": _error(
        (
            "文件“{file}”中列“{column}”出现了两次，无法确定采用哪一列。",
            "The column “{column}” stands twice in “{file}”.",
        ),
        ("请删除或改名其中一列。", "Delete or rename one of them."),
    ),
    "column_reserved": _error(
        (
            "文件“{file}”的列名“{column}”不允许使用（系统保留或含控制字符）。",
            "The file “{file}” has a column “{column}”, a reserved name or one with control characters.",
        ),
        ("请改名或删除该列。", "Rename or delete that column."),
    ),
    "too_many_columns": _error(
        ("文件“{file}”超过 {limit} 列。", "The file “{file}” has more than {limit} columns."),
        ("请删除数据区域右侧的内容。", "Delete what stands to the right of the data."),
    ),
    "too_many_rows": _error(
        ("文件“{file}”超过 {limit} 行。", "The file “{file}” has more than {limit} rows."),
        ("请按机构或到期月拆分后分别导入。", "Split it by branch or expiry month."),
    ),
    "no_rows": _error(
        ("文件“{file}”只有表头，没有任何数据行。", "The file “{file}” has a header but no data row."),
        ("请确认导出条件后重新导出。", "Check the export's conditions and export again."),
    ),
}


def _filled(label: Label, facts: dict[str, Any]) -> Label:
    return Label(label.zh.format(**facts), label.en.format(**facts))


def shown(text: str, longest: int = _SHOWN) -> str:
    """Return *text* fit for a message and for every database: bounded, without control characters."""
    kept = text[:longest]
    if not kept.isprintable():
        kept = "".join(char if char.isprintable() else "\ufffd" for char in kept)
    return kept + ("…" if len(text) > longest else "")


def problem(fault: Fault, *, row_no: int, column: str, value: str, sheet: str | None) -> Problem:
    """Return the complaint of *fault* about one value, in words."""
    text = PROBLEMS[fault.code]
    value = shown(value)
    facts = {"column": column, "value": value, "sheet": sheet, **fault.facts}
    return Problem(
        row_no=row_no,
        column=column,
        value=value,
        code=fault.code,
        level=fault.level or text.level,
        reason=_filled(text.reason, facts),
        remedy=_filled(text.remedy, facts),
        sheet=sheet,
    )


def refusal(code: str, **facts: Any) -> ListFileError:
    """Return the refusal of a whole file, ready to be raised."""
    text = REFUSALS[code]
    clean = {
        key: shown(value, _SHOWN_OF_FILE) if isinstance(value, str) else value for key, value in facts.items()
    }
    return ListFileError(code, _filled(text.reason, clean), _filled(text.remedy, clean), **facts)
