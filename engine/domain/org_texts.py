"""Every complaint about an organisation file, by stable code, and the list that collects them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.domain.codes import Label
from engine.domain.lists.texts import refusal, shown
from engine.domain.org import OrgProblem
from engine.errors import EngineError

_FIX = ("请更正后重新导入。", "Correct it and import the file again.")
_LOOK = ("请核对。", "Please check.")

_Said = tuple[tuple[str, str], tuple[str, str]]

ERRORS: dict[str, _Said] = {
    # sheets and columns
    "sheet_missing": (
        ("缺少工作表“{value}”。", "The sheet “{value}” is missing."),
        ("文件须含“机构”“人员”“对接”三个工作表。", "The file needs the sheets 机构, 人员 and 对接."),
    ),
    "sheet_empty": (
        ("工作表“{value}”没有数据行。", "The sheet “{value}” has no data row."),
        ("请填写后重新导入。", "Fill it in and import the file again."),
    ),
    "column_missing": (
        ("缺少“{value}”列。", "The column “{value}” is missing."),
        ("请按模板补齐该列。", "Add it as in the template."),
    ),
    "column_twice": (
        ("“{value}”列出现了两次。", "The column “{value}” stands twice."),
        ("请删除其中一列。", "Delete one of them."),
    ),
    # values
    "value_missing": (
        ("“{column}”为空。", "“{column}” is empty."),
        ("请补填。", "Fill it in."),
    ),
    "number_cell": (
        (
            "“{value}”是数字格式，开头的0可能已丢失。",
            "“{value}” is a number cell: leading zeros may be lost.",
        ),
        (
            "请将该列设为“文本”格式并重新填写编号。",
            "Format the column as text and enter the code again.",
        ),
    ),
    "code_format": (
        (
            "编号“{value}”含不允许的字符或超过64位。",
            "The code “{value}” has characters it may not have, or over 64.",
        ),
        ("编号只能由字母、数字及 _ . @ - 组成。", "Use letters, digits and _ . @ - only."),
    ),
    "text_too_long": (
        ("文字超过 {limit} 个字符。", "The text has more than {limit} characters."),
        ("请缩短。", "Shorten it."),
    ),
    "date_unreadable": (
        ("日期“{value}”无法识别。", "The date “{value}” cannot be read."),
        ("请写成 YYYY-MM-DD，例如 2026-12-31。", "Write YYYY-MM-DD, for example 2026-12-31."),
    ),
    "period_reversed": (
        (
            "失效日期 {value} 早于生效日期 {start}。",
            "The last day {value} lies before the first day {start}.",
        ),
        _FIX,
    ),
    # units
    "kind_unknown": (
        ("类型“{value}”无法识别。", "The kind “{value}” is not known."),
        ("请填写：{known}。", "Use one of: {known}."),
    ),
    "side_unknown": (
        ("主体“{value}”无法识别。", "The company “{value}” is not known."),
        ("请填写“财险”或“寿险”。", "Enter 财险 (property) or 寿险 (life)."),
    ),
    "side_wrong": (
        (
            "类型 {kind} 只能属于{expected}，实填“{value}”。",
            "A {kind} belongs to the {expected_en} insurer, not “{value}”.",
        ),
        _FIX,
    ),
    "parent_unknown": (
        ("上级代码“{value}”不在“机构”表中。", "There is no unit “{value}” to stand above this one."),
        ("请补录上级机构，或更正上级代码。", "Add the superior unit or correct its code."),
    ),
    "unit_cycle": (
        (
            "机构“{value}”经上级又回到自身，形成循环。",
            "The unit “{value}” stands above itself: the tree has a cycle.",
        ),
        ("请更正循环中的上级代码。", "Correct one of the superior codes on the way."),
    ),
    "unit_twice": (
        (
            "机构代码“{value}”与第 {other} 行有效期重叠。",
            "The unit “{value}” stands in row {other} too, for an overlapping period.",
        ),
        ("同一代码的有效期须首尾相接，不得重叠。", "Periods of one code may follow each other, not overlap."),
    ),
    # people
    "role_missing": (
        ("{name}没有角色。", "{name} has no role."),
        ("请填写：{known}。", "Use one of: {known}."),
    ),
    "role_unknown": (
        ("角色“{value}”无法识别。", "The role “{value}” is not known."),
        ("请填写：{known}。", "Use one of: {known}."),
    ),
    "number_reserved": (
        ("工号“{value}”为系统保留。", "The number “{value}” is reserved for the system."),
        ("请更换工号。", "Give another number."),
    ),
    "unit_unknown": (
        ("机构代码“{value}”不在“机构”表中。", "There is no unit “{value}”."),
        ("请补录机构，或更正机构代码。", "Add the unit or correct the code."),
    ),
    "role_side_wrong": (
        (
            "{role}属于{expected}，不能任职于{side}机构“{value}”。",
            "A {role_en} belongs to the {expected_en} insurer; “{value}” is a unit of the other.",
        ),
        ("请更正角色或机构代码。", "Correct the role or the unit."),
    ),
    "agent_without_workplace": (
        (
            "营销员所在机构“{value}”及其上级中没有职场。",
            "Neither “{value}” nor a unit above it is a workplace.",
        ),
        ("请将营销员挂在职场或职场下的营业组。", "Place the agent in a workplace or in a team of one."),
    ),
    "post_twice": (
        (
            "工号“{value}”的同一任职与第 {other} 行有效期重叠。",
            "The same post of “{value}” stands in row {other} too, for an overlapping period.",
        ),
        ("请删除其中一行，或调整有效期。", "Delete one row or change its period."),
    ),
    "agent_twice": (
        (
            "营销员“{value}”与第 {other} 行同时任职于两个机构。",
            "The agent “{value}” is in another unit at the same time (row {other}).",
        ),
        (
            "营销员同一时间只能属于一个机构，请调整有效期。",
            "An agent belongs to one unit at a time: change a period.",
        ),
    ),
    "name_differs": (
        (
            "工号“{number}”在第 {other} 行的姓名不同。",
            "The number “{number}” has another name in row {other}.",
        ),
        (
            "一个工号只能对应一人；同名人员请用不同工号。",
            "One number is one person: correct the name or the number.",
        ),
    ),
    "manager_unknown": (
        ("上级工号“{value}”不在“人员”表中。", "There is nobody with the number “{value}”."),
        ("请补录该人员，或更正上级工号。", "Add the superior or correct the number."),
    ),
    "manager_cycle": (
        ("工号“{value}”经上级又回到自身，形成循环。", "“{value}” is his own superior by way of others."),
        ("请更正循环中的上级工号。", "Correct one of the superiors on the way."),
    ),
    # liaisons
    "workplace_unknown": (
        ("职场代码“{value}”不在“机构”表中。", "There is no workplace “{value}”."),
        ("请补录职场，或更正职场代码。", "Add the workplace or correct the code."),
    ),
    "workplace_kind": (
        ("机构“{value}”不是职场。", "The unit “{value}” is no workplace."),
        ("对接关系只能建立在类型为 workplace 的机构上。", "Only units of the kind workplace have liaisons."),
    ),
    "liaison_nobody": (
        ("专员工号与组训工号均为空。", "Neither a specialist nor a trainer is given."),
        ("请至少填写一个，或删除该行。", "Give one of them or delete the row."),
    ),
    "liaison_person_unknown": (
        ("工号“{value}”不在“人员”表中。", "There is nobody with the number “{value}”."),
        ("请补录该人员，或更正工号。", "Add the person or correct the number."),
    ),
    "liaison_role_wrong": (
        ("工号“{value}”没有“{role}”角色。", "“{value}” is no {role_en}."),
        ("请更正工号，或在“人员”表中补录该角色。", "Correct the number or add the role in 人员."),
    ),
    "liaison_twice": (
        ("与第 {other} 行的对接关系重复且有效期重叠。", "Repeats row {other} for an overlapping period."),
        ("请删除其中一行。", "Delete one of the rows."),
    ),
}

WARNINGS: dict[str, _Said] = {
    "sheet_unknown": (
        ("工作表“{value}”不在模板中，已忽略。", "The sheet “{value}” is not of the template and was ignored."),
        _LOOK,
    ),
    "column_unknown": (
        ("“{value}”列不在模板中，已忽略。", "The column “{value}” is not of the template and was ignored."),
        _LOOK,
    ),
    "column_absent": (
        ("没有“{value}”列，按空白处理。", "There is no column “{value}”; it counts as empty."),
        _LOOK,
    ),
    "start_missing": (
        ("生效日期为空，按 {start} 起生效。", "The first day is empty; {start} was taken."),
        _LOOK,
    ),
    "unit_without_parent": (
        ("机构“{value}”没有上级，将成为独立的根机构。", "The unit “{value}” has no superior and becomes a root."),
        _LOOK,
    ),
    "parent_unusual": (
        ("{kind} 通常不直接隶属于 {parent}。", "A {kind} does not usually stand under a {parent}."),
        _LOOK,
    ),
    "parent_other_side": (
        ("上级机构“{value}”属于另一主体。", "The superior unit “{value}” belongs to the other insurer."),
        _LOOK,
    ),
    "parent_not_in_force": (
        ("上级机构“{value}”在该机构有效期内从未有效。", "The superior unit “{value}” is never in force during this period."),
        _LOOK,
    ),
    "unit_not_in_force": (
        ("机构“{value}”在任职期间从未有效。", "The unit “{value}” is never in force during this post."),
        _LOOK,
    ),
    "phone_format": (
        ("手机号不是11位手机号，无法发送短信。", "The number is no 11-digit mobile number; no SMS can be sent."),
        _LOOK,
    ),
    "phone_differs": (
        ("工号“{number}”在第 {other} 行的手机号不同，以后一行为准。", "“{number}” has another phone in row {other}; the later row counts."),
        _LOOK,
    ),
    "manager_role": (
        ("上级“{value}”不是寿险业务主任。", "The superior “{value}” is no agency supervisor."),
        _LOOK,
    ),
    "agent_without_manager": (
        ("营销员没有上级业务主任，任务将按空缺规则流转。", "The agent has no supervisor; tasks fall back as in a vacancy."),
        _LOOK,
    ),
    "workplace_without_liaison": (
        ("职场“{value}”没有对接专员或组训，任务将进入渠道合作部队列。", "The workplace “{value}” has no liaison; tasks go to the channel queue."),
        ("请在“对接”表中补录。", "Add it in the sheet 对接."),
    ),
    "liaison_not_in_force": (
        ("工号“{value}”在对接期间从未任该角色。", "“{value}” never holds the role during this period."),
        _LOOK,
    ),
}  # fmt: skip

REFUSALS: dict[str, _Said] = {
    # the whole file; other refusals are worded as those of a list
    "file_kind": (
        ("文件“{file}”不是 xlsx 工作簿（内容为：{kind}）。", "The file “{file}” is no xlsx workbook (its content: {kind})."),
        (
            "组织机构文件须为 .xlsx，含“机构”“人员”“对接”三个工作表；请用 Excel 另存为 .xlsx 后上传。",
            "The organisation needs an .xlsx with the sheets 机构, 人员 and 对接; save it as that and upload it.",
        ),
    ),
    "file_too_large": (
        ("文件“{file}”有 {size} MB，上限 {limit} MB。", "The file “{file}” has {size} MB, the limit is {limit} MB."),
        ("请删除三个工作表以外的内容后重新导入。", "Delete what is not of the three sheets and import the file again."),
    ),
}  # fmt: skip


class OrgFileError(EngineError):
    """An organisation file has problems; all of them are in ``problems`` and nothing was taken."""

    code = "org_file_refused"

    def __init__(self, file_name: str, problems: Iterable[OrgProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(file=file_name, count=len(self.problems))

    def say(self, lang: str = "zh") -> str:
        """Return the number of problems and the first of them; ``problems`` holds the rest."""
        first = self.problems[0].say(lang)
        if lang == "en":
            return f"The organisation file “{self.params['file']}” has {len(self.problems)} problem(s); nothing was imported. First: {first}"
        return f"组织机构文件“{self.params['file']}”有 {len(self.problems)} 处问题，未导入任何内容。首处：{first}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something was found."""

    sheet: str | None = None
    row: int | None = None
    column: str | None = None


@dataclass(slots=True)
class Findings:
    """What reading and checking found, in the order of finding."""

    problems: list[OrgProblem] = field(default_factory=list)
    warnings: list[OrgProblem] = field(default_factory=list)

    def error(self, code: str, place: Place, value: object = "", **facts: object) -> None:
        """Add a problem that refuses the file."""
        self.problems.append(_problem(code, ERRORS[code], place, value, facts))

    def warn(self, code: str, place: Place, value: object = "", **facts: object) -> None:
        """Add something a person should look at."""
        self.warnings.append(_problem(code, WARNINGS[code], place, value, facts))


def refused_file(code: str, file_name: str, facts: Mapping[str, object]) -> OrgProblem:
    """Return the problem of a file that cannot be opened at all."""
    facts = {"file": shown(file_name), **facts}
    if code in REFUSALS:
        return _problem(code, REFUSALS[code], Place(), "", facts)
    said = refusal(code, **facts)
    return OrgProblem(
        sheet=None, row=None, column=None, value="", code=code, reason=said.reason, remedy=said.remedy
    )


def _problem(code: str, said: _Said, place: Place, value: object, facts: Mapping[str, object]) -> OrgProblem:
    reason, remedy = said
    quoted = shown(str(value))
    facts = {"column": place.column, "value": quoted, **facts}
    return OrgProblem(
        sheet=place.sheet,
        row=place.row,
        column=place.column,
        value=quoted,
        code=code,
        reason=Label(*(text.format(**facts) for text in reason)),
        remedy=Label(*(text.format(**facts) for text in remedy)),
    )
