"""What is wrong with one value, in both languages: the field, the reason, the remedy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from forms.model import DAYS, ONE_CHOICE, SEVERAL_CHOICES, Field, FieldKind, Text


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value was not accepted. ``code`` is stable; the sentences name the field and the remedy."""

    code: str
    zh: str
    en: str

    def say(self, lang: str = "zh") -> str:
        """Return the sentence in *lang* (``zh`` or ``en``)."""
        return self.en if lang == "en" else self.zh


def _about(field: Field, code: str, zh: str, en: str) -> Problem:
    return Problem(code, f"“{field.label.zh}”{zh}。", f"“{field.label.en}” {en}.")


def required(field: Field) -> Problem:
    """The field must be filled in."""
    if field.kind is FieldKind.CHECKBOX:
        return _about(field, "required", "须勾选后才能提交", "must be ticked before you can submit")
    if field.kind in ONE_CHOICE:
        return _about(field, "required", "必须选择，请选择一项", "is required: choose one")
    if field.kind in SEVERAL_CHOICES:
        return _about(field, "required", "必须选择，请至少勾选一项", "is required: tick at least one")
    if field.kind in DAYS:
        return _about(field, "required", "必须填写，请选择日期", "is required: choose a date")
    return _about(field, "required", "必须填写，请补充", "is required: fill it in")


def wrong_type(field: Field) -> Problem:
    """The value has another shape than the field takes."""
    expected = {
        FieldKind.NUMBER: Text("数字", "a number"),
        FieldKind.CHECKBOX: Text("勾选或不勾选", "ticked or not"),
        FieldKind.SELECT: Text("一个选项", "one option"),
        FieldKind.RADIO: Text("一个选项", "one option"),
        FieldKind.CHECKLIST: Text("若干选项", "a list of options"),
        FieldKind.TAGLIST: Text("若干选项", "a list of options"),
    }.get(field.kind, Text("文本", "a text"))
    return _about(
        field,
        "wrong_type",
        f"的内容格式不对，应为{expected.zh}，请重新填写",
        f"must be {expected.en}: enter it again",
    )


def bad_character(field: Field) -> Problem:
    """The text holds a character that cannot be stored or shown."""
    return _about(
        field,
        "bad_character",
        "含有无法保存的特殊字符，请删除后手工输入",
        "holds a character that cannot be kept: remove it and type the text",
    )


def too_long(field: Field, length: int) -> Problem:
    """The text is longer than allowed."""
    most = field.max_length
    return _about(
        field,
        "too_long",
        f"最多 {most} 个字，现有 {length} 个，请精简",
        f"takes at most {most} characters, there are {length}: shorten it",
    )


def too_short(field: Field) -> Problem:
    """The text is shorter than allowed."""
    least = field.min_length
    return _about(
        field, "too_short", f"至少 {least} 个字，请写完整", f"needs at least {least} characters: complete it"
    )


def bad_pattern(field: Field) -> Problem:
    """The text does not have the required form."""
    message = field.pattern_message or Text("格式不符，请核对", "check the format")
    return _about(field, "bad_pattern", f"格式不对：{message.zh}", f"has the wrong format: {message.en}")


def not_a_number(field: Field) -> Problem:
    """The value cannot be read as a plain decimal number."""
    return _about(
        field,
        "not_a_number",
        "不是数字，请只填数字，如 4210.50",
        "is not a number: use digits only, such as 4210.50",
    )


def too_many_decimals(field: Field) -> Problem:
    """The number has more decimals than the field takes."""
    if field.decimals == 0:
        return _about(
            field, "too_many_decimals", "应为整数，请去掉小数", "must be a whole number: drop the decimals"
        )
    return _about(
        field,
        "too_many_decimals",
        f"最多 {field.decimals} 位小数，请四舍五入",
        f"takes at most {field.decimals} decimals: round it",
    )


def out_of_range(field: Field, least: Decimal, most: Decimal, *, below: bool) -> Problem:
    """The number is below the least or above the most allowed value."""
    return _about(
        field,
        "too_small" if below else "too_big",
        f"应在 {least:f} 至 {most:f} 之间，请核对",
        f"must lie between {least:f} and {most:f}: check it",
    )


def not_a_choice(field: Field) -> Problem:
    """The value is not among the options."""
    return _about(
        field,
        "not_a_choice",
        "的选项无效，请从列表中重新选择",
        "has no such option: choose again from the list",
    )


def not_a_date(field: Field) -> Problem:
    """The value is not a date of the calendar, or not an ISO one."""
    shape = "2026-11-05T10:30" if field.kind is FieldKind.DATETIME else "2026-11-05"
    return _about(
        field,
        "not_a_date",
        f"不是有效日期，请按 {shape} 的格式填写",
        f"is not a valid date: write it as {shape}",
    )


def too_early(field: Field, least: date) -> Problem:
    """The day lies before the first one allowed."""
    return _about(
        field,
        "too_early",
        f"不能早于 {least.isoformat()}，请重新选择",
        f"must not be before {least.isoformat()}: choose another day",
    )


def too_late(field: Field, most: date) -> Problem:
    """The day lies after the last one allowed."""
    return _about(
        field,
        "too_late",
        f"不能晚于 {most.isoformat()}，请重新选择",
        f"must not be after {most.isoformat()}: choose another day",
    )


def moment_over(field: Field, now: datetime) -> Problem:
    """The moment is over, though it is to come."""
    return _about(
        field,
        "too_early",
        f"已经过去（现在是 {now:%Y-%m-%d %H:%M}），请填写此后的时间",
        f"is over (it is {now:%Y-%m-%d %H:%M} now): choose a later time",
    )


def moment_ahead(field: Field, now: datetime) -> Problem:
    """The moment has not come, though it tells of something that happened."""
    return _about(
        field,
        "too_late",
        f"还没有到（现在是 {now:%Y-%m-%d %H:%M}），请填写实际发生的时间",
        f"has not come yet (it is {now:%Y-%m-%d %H:%M} now): give the time at which it took place",
    )


def before_listed(field: Field, listed: date) -> Problem:
    """The contact lies before the day on which the renewal was listed."""
    return _about(
        field,
        "before_listed",
        f"早于本笔续保列入清单的日期 {listed.isoformat()}，不是本次续保的联系，请核对",
        f"lies before {listed.isoformat()}, when this renewal was listed, and is no contact of it: check the date",
    )


def below_other(field: Field, other: Field) -> Problem:
    """The value is lower than that of the field it must reach."""
    return _about(
        field,
        "below_other",
        f"不能小于“{other.label.zh}”，请核对两处",
        f"must not be below “{other.label.en}”: check both",
    )


def not_serving(field: Field, number: str, role: Text) -> Problem:
    """The number is nobody's who serves in that role today."""
    return _about(
        field,
        "not_serving",
        f"填的“{number}”不是在职{role.zh}的工号，请核对或另选在职人员",
        f"is “{number}”, which is no serving {role.en}'s number: check it or name somebody who serves",
    )


def wrong_role(field: Field, number: str, held: Text, wanted: Text) -> Problem:
    """The number is somebody's who serves in another role than the field, or the chosen route, is for."""
    return _about(
        field,
        "wrong_role",
        f"填的“{number}”是在职{held.zh}，岗位不符，此处须填在职{wanted.zh}的工号",
        f"is “{number}”, a serving {held.en}, whose role does not fit: name a serving {wanted.en}",
    )


def serves_elsewhere(field: Field, number: str, role: Text, unit: str) -> Problem:
    """The number is somebody's of the right role who neither serves the renewal's workplace nor lies in reach."""
    return _about(
        field,
        "serves_elsewhere",
        f"填的“{number}”是“{unit}”的{role.zh}，属于其他职场或机构，不能由您指派，请另选服务本职场的人员",
        f"is “{number}”, a {role.en} of “{unit}”, another workplace or unit that you cannot assign to: "
        "name somebody who serves this workplace",
    )


def expiring_policy(field: Field) -> Problem:
    """The number given as that of the new policy is that of the one which expires."""
    return _about(
        field,
        "expiring_policy",
        "填的是即将到期的保单，请填新签保单的号码",
        "is the policy that expires: give the number of the new one",
    )


def unexplained(field: Field, difference: Decimal) -> Problem:
    """A figure lies far off what was expected, and no cause is given."""
    told = f"{difference:+,.2f}"
    return _about(
        field,
        "unexplained",
        f"不能选“无明显差异”：与预测相差 {told} 元，请核对金额或选择原因",
        f"cannot be “no notable difference”: it is {told} yuan off the forecast; check the amounts or choose a cause",
    )


def quoted_elsewhere(field: Field, number: str) -> Problem:
    """The number is that of a quote for another vehicle; whose is not said."""
    return _about(
        field,
        "quoted_elsewhere",
        f"“{number}”已登记为另一辆车的实际报价，一个报价单号只属于一辆车，请核对平台上的单号",
        f"“{number}” is already kept as the actual quote of another vehicle: check the number on the platform",
    )


def wide_band(field: Field, low: Decimal, high: Decimal) -> Problem:
    """The forecast's ends lie far apart, and nothing says why."""
    return _about(
        field,
        "wide_band",
        f"须说明理由：预测保费从 {low:,.2f} 元到 {high:,.2f} 元，高低相差一倍以上；请核对金额，或写明原因（至少 4 个字）",
        f"must say why: the forecast runs from {low:,.2f} to {high:,.2f} yuan, more than twice as much; check the "
        "amounts or explain (at least 4 characters)",
    )


def far_from_last_year(field: Field, mid: Decimal, last: Decimal) -> Problem:
    """The forecast is less than half or more than twice of last year's premium, and nothing says why."""
    return _about(
        field,
        "far_from_last_year",
        f"须说明理由：预测保费 {mid:,.2f} 元与上年 {last:,.2f} 元相差一倍以上；请核对金额，或写明原因（至少 4 个字）",
        f"must say why: the forecast of {mid:,.2f} yuan is less than half or more than twice of last year's "
        f"{last:,.2f}; check the amounts or explain (at least 4 characters)",
    )


def doubtful_number(field: Field, told: Text) -> Problem:
    """A number that was ticked as verified fails its check digit, and nothing says why it is right; *told* masks it."""
    return _about(
        field,
        "doubtful_number",
        f"须说明理由：{told.zh}；请改选“退回补充”，或写明核对后为何无误（至少 4 个字，如进口车、旧车）",
        f"must say why: {told.en}; return the application, or explain why it is right (at least 4 characters, "
        "as for an imported or old car)",
    )


def unwanted(field: Field, *, may_write: bool) -> Problem:
    """The customer withdrew consent to being told in this way; *may_write*: a letter is still welcome."""
    zh, en = (
        ("到期函或“不通知”", "the expiry letter or no notice") if may_write else ("“不通知”", "no notice")
    )
    return _about(
        field,
        "unwanted",
        f"不能选这一项：客户已撤回同意，请改选{zh}",
        f"cannot be this: the customer withdrew consent; choose {en}",
    )


def not_an_orphan(field: Field) -> Problem:
    """A policy that an agent answers for cannot be offered to others."""
    return _about(
        field,
        "not_an_orphan",
        "不能选“放入认领池”：已有营销员负责这笔续保，请选其他路径",
        "cannot be the claim pool: an agent answers for this renewal; choose another route",
    )


def kept_from_life(field: Field) -> Problem:
    """The customer withdrew sharing with the life insurer: a specialist alone may be named."""
    return _about(
        field,
        "kept_from_life",
        "只能填交叉销售专员的工号：客户已撤回向寿险公司提供信息的同意，不能交给寿险人员",
        "must be a cross-selling specialist's number: the customer withdrew sharing with the life insurer",
    )


def kept_from_life_route(field: Field) -> Problem:
    """The customer withdrew sharing with the life insurer: the specialist serves the orphan directly."""
    return _about(
        field,
        "kept_from_life_route",
        "只能选“专员直接服务”：客户已撤回向寿险公司提供信息的同意",
        "must be “Specialist serves directly”: the customer withdrew sharing with the life insurer",
    )


def unknown_field(name: str) -> Problem:
    """A value was sent for a field the form does not have."""
    return Problem(
        "unknown_field",
        f"表单中没有字段“{name}”。请刷新页面后重新填写。",
        f"The form has no field “{name}”. Reload the page and fill it in again.",
    )


def not_values() -> Problem:
    """What was sent is not a set of named values."""
    return Problem(
        "not_values",
        "提交的内容不是表单数据。请刷新页面后重新填写。",
        "What was sent is not form data. Reload the page and fill it in again.",
    )
