"""One form-js component → one Field, or a complaint that names it.

What is accepted is listed here and nothing else is: the browser must never show a control whose value the
server would judge differently, and no definition may carry markup, scripts or addresses.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from typing import Any

from forms.conditions import RESERVED_WORDS, Condition, ConditionError, parse_condition
from forms.model import ONE_CHOICE, SEVERAL_CHOICES, TEXTS, Field, FieldKind, Option, Text
from forms.reader import Reader
from forms.rules import day_bound, lengths, number_rules, pattern

MAX_OPTIONS = 200
# Components that show something and take nothing.
DECORATION = ("text", "separator")
# Components that can carry code, markup, addresses, files or lists of unknown length.
FORBIDDEN = frozenset(
    "html iframe image script button expression documentPreview filepicker dynamiclist table group spacer".split()
)
_KINDS = {
    "textfield": FieldKind.TEXT,
    "textarea": FieldKind.TEXTAREA,
    "number": FieldKind.NUMBER,
    "select": FieldKind.SELECT,
    "radio": FieldKind.RADIO,
    "checklist": FieldKind.CHECKLIST,
    "taglist": FieldKind.TAGLIST,
    "checkbox": FieldKind.CHECKBOX,
}
_KNOWN_TYPES = (*_KINDS, "datetime", *DECORATION)

_COMMON = frozenset("type id key label description layout conditional validate properties".split())
_EXTRA = {
    FieldKind.NUMBER: frozenset({"decimalDigits", "serializeToString"}),
    FieldKind.SELECT: frozenset({"values", "searchable"}),
    FieldKind.RADIO: frozenset({"values"}),
    FieldKind.CHECKLIST: frozenset({"values"}),
    FieldKind.TAGLIST: frozenset({"values"}),
    FieldKind.DATE: frozenset({"subtype", "dateLabel"}),
    FieldKind.DATETIME: frozenset(
        {"subtype", "dateLabel", "timeLabel", "timeInterval", "timeSerializingFormat", "use24h"}
    ),
}
_DECORATION_KEYS = frozenset({"type", "id", "text", "layout", "conditional", "properties"})
_VALIDATE = frozenset("required min max minLength maxLength pattern patternErrorMessage".split())
_PROPERTIES = frozenset(
    "label_en values_en description_en pattern_message_en text_en outcome personal prefill min_date max_date "
    "not_below usual".split()
)

_KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_PATH = re.compile(r"[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39}){0,4}")
# Markup, image or link of Markdown, template of feelers: form-js would render each of them.
_MARKUP = re.compile(r"<[A-Za-z/!?]|\]\(|\{\{|javascript:", re.IGNORECASE)
# Keys that break saved process data, or read as something else than a field in an expression.
_REFUSED_KEYS = RESERVED_WORDS | {"typename", *keyword.kwlist, *keyword.softkwlist}


def read_component(raw: Any, file: str) -> Field | None:
    """Return the field a component stands for, or None for mere decoration.

    Raises:
        FormDefinitionError: the component is outside what forms may carry.
    """
    if not isinstance(raw, Mapping):
        Reader({}, file).refuse(
            "bad_component",
            "“components”中有一项不是对象",
            "an entry of 'components' is not an object",
            "请删除该项",
            "Remove it",
        )
    reader = Reader(raw, file)
    kind = _kind(reader)
    _check_id(reader)
    _check_strings(reader)
    reader.only(reader.part("properties"), _PROPERTIES, "properties.")
    if kind is None:
        reader.only(raw, _DECORATION_KEYS)
        if raw["type"] == "text":
            reader.pair("text", "text_en")
        return None
    reader.only(raw, _COMMON | _EXTRA.get(kind, frozenset()))
    reader.only(reader.part("validate"), _VALIDATE, "validate.")
    return _field(reader, kind)


def read_condition(raw: Mapping[str, Any], file: str) -> Condition | None:
    """Return the parsed ``conditional.hide`` of a component."""
    reader = Reader(raw, file)
    conditional = reader.part("conditional")
    reader.only(conditional, frozenset({"hide"}), "conditional.")
    source = conditional.get("hide")
    if source is None or source == "":
        return None
    try:
        if not isinstance(source, str):
            raise ConditionError("a condition is a text")
        return parse_condition(source)
    except ConditionError as error:
        reader.refuse(
            "condition_refused",
            f"隐藏条件“{str(source)[:80]}”不受支持（{error}）",
            f"the hide condition {str(source)[:80]!r} is not supported ({error})",
            '只能使用 =、!=、list contains(…)、not(…)、and、or，如 =result != "61"',
            'Use only =, !=, list contains(…), not(…), and, or, e.g. =result != "61"',
        )


def _kind(reader: Reader) -> FieldKind | None:
    kind = reader.raw.get("type")
    if kind == "datetime":
        return _day_kind(reader)
    if isinstance(kind, str) and kind in _KINDS:
        return _KINDS[kind]
    if isinstance(kind, str) and kind in DECORATION:
        return None
    known = ", ".join(_KNOWN_TYPES)
    if isinstance(kind, str) and kind in FORBIDDEN:
        reader.refuse(
            "forbidden_component",
            f"不允许使用“{kind}”组件",
            f"components of type {kind!r} are not allowed",
            f"请删除，或改用：{known}",
            f"Remove it or use one of: {known}",
        )
    reader.refuse(
        "unknown_type",
        f"组件类型“{str(kind)[:40]}”无法识别",
        f"the component type {str(kind)[:40]!r} is unknown",
        f"请改用：{known}",
        f"Use one of: {known}",
    )


def _day_kind(reader: Reader) -> FieldKind:
    subtype = reader.raw.get("subtype")
    if subtype == "date":
        return FieldKind.DATE
    if subtype == "datetime" and reader.raw.get("timeSerializingFormat") == "no_timezone":
        return FieldKind.DATETIME
    reader.refuse(
        "bad_datetime",
        "日期组件只能是 date，或 timeSerializingFormat 为 no_timezone 的 datetime",
        "a datetime component has subtype 'date', or 'datetime' with timeSerializingFormat 'no_timezone'",
        "请修改 subtype 与 timeSerializingFormat",
        "Change subtype and timeSerializingFormat",
    )


def _check_id(reader: Reader) -> None:
    component_id = reader.raw.get("id")
    if not isinstance(component_id, str) or not _ID.fullmatch(component_id):
        reader.refuse(
            "missing_id",
            "缺少明确的组件 id（字母开头，仅含字母、数字、下划线）",
            "an explicit id is missing (letters, digits, underscores; starts with a letter)",
            "请填写 id，例如 field_result",
            "Give an id such as field_result",
        )


def _check_strings(reader: Reader) -> None:
    for path, text in _strings(reader.raw, ""):
        if path == "conditional.hide":
            continue
        if text.startswith("="):
            reader.refuse(
                "expression_refused",
                f"“{path}”含有表达式",
                f"{path!r} holds an expression",
                "表达式只能用于 conditional.hide，请改为固定值",
                "Only conditional.hide may hold one; write a fixed value",
            )
        if _MARKUP.search(text) and path != "validate.pattern":
            reader.refuse(
                "markup_refused",
                f"“{path}”含有标记、链接或模板",
                f"{path!r} holds markup, a link or a template",
                "请改为纯文本",
                "Write plain text",
            )


def _strings(part: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(part, str):
        yield path, part
    elif isinstance(part, Mapping):
        for name, value in part.items():
            yield from _strings(value, f"{path}.{name}" if path else str(name))
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from _strings(value, f"{path}[{index}]")


def _field(reader: Reader, kind: FieldKind) -> Field:
    properties, validate = reader.part("properties"), reader.part("validate")
    label = reader.pair("label", "label_en")
    if label is None:
        reader.text(reader.raw, "label")
        raise AssertionError("unreachable: a missing label was refused")
    outcome = reader.flag(properties, "outcome")
    if outcome and kind in TEXTS:
        reader.refuse(
            "outcome_is_text",
            "自由文本不能作为流程结果",
            "free text cannot be an outcome",
            "请改用选择、勾选、日期或数字字段",
            "Use a choice, checkbox, date or number",
        )
    minimum, maximum, decimals = number_rules(reader, kind)
    shortest, longest = lengths(reader, kind)
    shape, shape_message = pattern(reader, kind, longest)
    return Field(
        key=_key(reader),
        kind=kind,
        label=label,
        required=reader.flag(validate, "required"),
        outcome=outcome,
        personal=reader.flag(properties, "personal"),
        description=reader.pair("description", "description_en"),
        options=_options(reader, kind),
        minimum=minimum,
        maximum=maximum,
        decimals=decimals,
        min_length=shortest,
        max_length=longest,
        pattern=shape,
        pattern_message=shape_message,
        min_date=day_bound(reader, kind, "min_date"),
        max_date=day_bound(reader, kind, "max_date"),
        not_below=_optional_text(reader, "not_below", _KEY),
        prefill=_optional_text(reader, "prefill", _PATH),
        condition=read_condition(reader.raw, reader.file),
    )


def _key(reader: Reader) -> str:
    key = reader.raw.get("key")
    if not isinstance(key, str) or not _KEY.fullmatch(key) or len(key) > 60:
        reader.refuse(
            "bad_key",
            f"字段名“{str(key)[:60]}”无效",
            f"the key {str(key)[:60]!r} is not valid",
            "请用小写英文、数字和下划线命名，如 next_follow_up_date",
            "Use lower-case words joined by underscores, such as next_follow_up_date",
        )
    if key in _REFUSED_KEYS:
        reader.refuse(
            "reserved_key",
            f"字段名“{key}”为保留字",
            f"the key {key!r} is reserved",
            "请换一个名称",
            "Choose another name",
        )
    return key


def _options(reader: Reader, kind: FieldKind) -> tuple[Option, ...]:
    if kind not in ONE_CHOICE | SEVERAL_CHOICES:
        return ()
    raw = reader.raw.get("values")
    if not isinstance(raw, list) or not raw or len(raw) > MAX_OPTIONS:
        reader.refuse(
            "missing_values",
            f"选择字段需要 1 至 {MAX_OPTIONS} 个固定选项（values）",
            f"a choice needs 1 to {MAX_OPTIONS} fixed options ('values')",
            "请填写选项的 value 与 label",
            "List the options with value and label",
        )
    english = reader.part("properties").get("values_en")
    if not isinstance(english, Mapping):
        english = {}
    options = tuple(_option(reader, entry, english) for entry in raw)
    values = [option.value for option in options]
    doubled = sorted({value for value in values if values.count(value) > 1})
    if doubled:
        reader.refuse(
            "duplicate_value",
            f"选项值重复：{'、'.join(doubled)}",
            f"option values occur twice: {', '.join(doubled)}",
            "请保证每个 value 唯一",
            "Keep each value once",
        )
    _check_usual(reader, values)
    return options


def _check_usual(reader: Reader, values: list[str]) -> None:
    """``usual`` names, comma by comma, the options that a phone shows as buttons before all others."""
    raw = reader.part("properties").get("usual", "")
    named = raw.split(",") if isinstance(raw, str) and raw else []
    strangers = [value for value in named if value not in values]
    if strangers or not isinstance(raw, str) or len(named) != len(set(named)):
        wrong = ", ".join(strangers) or str(raw)[:60]
        reader.refuse(
            "bad_value",
            f"常用选项“properties.usual”不是本字段的选项或有重复：{wrong}",
            f"properties.usual names no option of this field, or one twice: {wrong}",
            "请用英文逗号分隔本字段已有的选项值，每个一次",
            "List values of this field's options, each once, parted by commas",
        )


def _option(reader: Reader, entry: Any, english: Mapping[str, Any]) -> Option:
    if not isinstance(entry, Mapping) or set(entry) != {"value", "label"}:
        reader.refuse(
            "bad_option",
            "每个选项应只含 value 与 label",
            "every option has a value and a label, nothing else",
            "请改正 values",
            "Correct 'values'",
        )
    value = entry["value"]
    if not isinstance(value, str) or not _VALUE.fullmatch(value):
        reader.refuse(
            "bad_option",
            f"选项值“{str(value)[:40]}”无效",
            f"the option value {str(value)[:40]!r} is not valid",
            "请用不超过 40 位的英文、数字、下划线文本",
            "Use a text of at most 40 letters, digits or underscores",
        )
    return Option(
        value,
        Text(
            reader.text(entry, "label", label=f"values.{value}"),
            reader.text(english, value, label=f"properties.values_en.{value}"),
        ),
    )


def _optional_text(reader: Reader, name: str, shape: re.Pattern[str]) -> str | None:
    value = reader.part("properties").get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not shape.fullmatch(value):
        reader.refuse(
            "bad_value",
            f"“properties.{name}”的值“{str(value)[:60]}”无效",
            f"properties.{name} cannot be {str(value)[:60]!r}",
            "请用小写英文名称（路径以点连接）",
            "Use lower-case names, joined by dots where it is a path",
        )
    return value
