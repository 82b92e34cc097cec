"""One form-js component → one Field, or a complaint that names it.

What is accepted is listed here and nothing else is: the browser must never show a control whose value the
server would judge differently, and no definition may carry markup, scripts or addresses.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from forms.conditions import RESERVED_WORDS, Condition, ConditionError, parse_condition
from forms.errors import FormDefinitionError
from forms.model import DAYS, ONE_CHOICE, SEVERAL_CHOICES, TEXTS, DayBound, Field, FieldKind, Option, Text

MAX_OPTIONS = 200
MAX_LABEL = 200
DEFAULT_MAX_LENGTH = {FieldKind.TEXT: 200, FieldKind.TEXTAREA: 1_000}
MAX_TEXT = 4_000
MAX_PATTERN = 200
MAX_PATTERN_TEXT = 100
MAX_DECIMALS = 6

# Components that show something and take nothing.
DECORATION = frozenset({"text", "separator"})
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
_KNOWN_TYPES = (*_KINDS, "datetime", *sorted(DECORATION))

_COMMON = frozenset(
    "type id key label description layout conditional validate properties appearance versionTag".split()
)
_EXTRA = {
    FieldKind.NUMBER: frozenset({"decimalDigits", "increment", "serializeToString"}),
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
_VALIDATE = frozenset(
    "required min max minLength maxLength pattern patternErrorMessage validationType".split()
)
_PROPERTIES = frozenset(
    "label_en values_en description_en pattern_message_en text_en outcome personal prefill min_date max_date "
    "not_below".split()
)

_KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_PATH = re.compile(r"[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39}){0,4}")
_DAY_BOUND = re.compile(r"today(?:([+-])(\d{1,4}))?")
# Markup, image or link of Markdown, template of feelers: form-js would render each of them.
_MARKUP = re.compile(r"<[A-Za-z/!?]|\]\(|\{\{|javascript:", re.IGNORECASE)
# Keys that break saved process data, or read as something else than a field in an expression.
_REFUSED_KEYS = RESERVED_WORDS | {"typename", *keyword.kwlist, *keyword.softkwlist}


class Reader:
    """Reads one component; every complaint carries the file and the field."""

    def __init__(self, raw: Mapping[str, Any], file: str) -> None:
        self.raw = raw
        self.file = file
        self.name = str(raw.get("key") or raw.get("id") or raw.get("type") or "?")[:60]

    def refuse(self, code: str, zh: str, en: str, remedy_zh: str, remedy_en: str) -> NoReturn:
        """Raise the complaint *code* about this component."""
        raise FormDefinitionError(
            code,
            file=self.file,
            field=self.name,
            zh=zh,
            en=en,
            remedy_zh=remedy_zh,
            remedy_en=remedy_en,
        )

    def part(self, name: str) -> Mapping[str, Any]:
        """Return a mapping of the component, empty when absent."""
        part = self.raw.get(name)
        if part is None:
            return {}
        if not isinstance(part, Mapping):
            self.refuse(
                "bad_value",
                f"“{name}”应为对象",
                f"{name!r} must be an object",
                "请按示例改写",
                "Write it as in the shipped forms",
            )
        return part

    def only(self, part: Mapping[str, Any], allowed: frozenset[str], where: str = "") -> None:
        """Refuse the first name in *part* that is not *allowed*."""
        for name in part:
            if name not in allowed:
                self.refuse(
                    "unknown_setting",
                    f"设置“{where}{name}”不受支持",
                    f"the setting {where + str(name)!r} is not supported",
                    f"请删除，或改用：{'、'.join(sorted(allowed))}",
                    f"Remove it or use one of: {', '.join(sorted(allowed))}",
                )

    def flag(self, part: Mapping[str, Any], name: str) -> bool:
        """Return a truth value; the form editor writes custom properties as text."""
        value = part.get(name, False)
        if value in (True, "true"):
            return True
        if value in (False, "false", None):
            return False
        self.refuse(
            "bad_value",
            f"“{name}”应为 true 或 false",
            f"{name!r} must be true or false",
            "请改正该值",
            "Correct the value",
        )

    def text(self, part: Mapping[str, Any], name: str, *, label: str = "") -> str:
        """Return a plain text that is there, short and free of markup."""
        value = part.get(name)
        shown = label or name
        if not isinstance(value, str) or not value.strip():
            self.refuse(
                "missing_text",
                f"缺少“{shown}”",
                f"{shown!r} is missing",
                f"请填写“{shown}”（中英文都需要）",
                f"Give {shown!r}; both languages are needed",
            )
        if len(value) > MAX_LABEL and name not in ("text", "text_en", "description", "description_en"):
            self.refuse(
                "text_too_long",
                f"“{shown}”超过 {MAX_LABEL} 个字符",
                f"{shown!r} has more than {MAX_LABEL} characters",
                "请缩短",
                "Shorten it",
            )
        return value

    def pair(self, zh: str, en: str) -> Text | None:
        """Return an optional text in both languages: *zh* on the component, *en* in its properties."""
        properties = self.part("properties")
        if zh not in self.raw and en not in properties:
            return None
        return Text(self.text(self.raw, zh), self.text(properties, en, label=f"properties.{en}"))


def read_component(raw: Any, file: str) -> Field | None:
    """Return the field a component stands for, or None for mere decoration.

    Raises:
        FormDefinitionError: the component is outside what forms may carry.
    """
    if not isinstance(raw, Mapping):
        raise FormDefinitionError(
            "bad_component",
            file=file,
            field="",
            zh="“components”中有一项不是对象",
            en="an entry of 'components' is not an object",
            remedy_zh="请删除该项",
            remedy_en="Remove it",
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
        "a datetime component must have subtype 'date', or 'datetime' with timeSerializingFormat 'no_timezone'",
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
    minimum, maximum, decimals = _number_rules(reader, kind)
    shortest, longest = _lengths(reader, kind)
    pattern, pattern_message = _pattern(reader, kind, longest)
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
        pattern=pattern,
        pattern_message=pattern_message,
        min_date=_day_bound(reader, kind, "min_date"),
        max_date=_day_bound(reader, kind, "max_date"),
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
    return options


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


def _number_rules(reader: Reader, kind: FieldKind) -> tuple[Decimal | None, Decimal | None, int]:
    validate = reader.part("validate")
    if kind is not FieldKind.NUMBER:
        for name in ("min", "max"):
            if name in validate:
                _misplaced(reader, f"validate.{name}")
        return None, None, 0
    digits = reader.raw.get("decimalDigits", 0)
    if isinstance(digits, bool) or not isinstance(digits, int) or not 0 <= digits <= MAX_DECIMALS:
        reader.refuse(
            "bad_value",
            f"小数位数应为 0 至 {MAX_DECIMALS} 的整数",
            f"decimalDigits must be a whole number from 0 to {MAX_DECIMALS}",
            "请改正 decimalDigits",
            "Correct decimalDigits",
        )
    minimum, maximum = _bound(reader, "min"), _bound(reader, "max")
    if minimum is not None and maximum is not None and minimum > maximum:
        reader.refuse(
            "bad_bounds",
            "最小值大于最大值",
            "the minimum is above the maximum",
            "请改正 min 与 max",
            "Correct min and max",
        )
    return minimum, maximum, digits


def _bound(reader: Reader, name: str) -> Decimal | None:
    value = reader.part("validate").get(name)
    if value is None:
        return None
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except (InvalidOperation, ValueError):
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= Decimal(10) ** 12:
        reader.refuse(
            "bad_bounds",
            f"“validate.{name}”不是可用的数字",
            f"validate.{name} is not a usable number",
            "请填写数字",
            "Give a number",
        )
    return number


def _lengths(reader: Reader, kind: FieldKind) -> tuple[int, int]:
    validate = reader.part("validate")
    if kind not in TEXTS:
        for name in ("minLength", "maxLength"):
            if name in validate:
                _misplaced(reader, f"validate.{name}")
        return 0, 0
    shortest = validate.get("minLength", 0)
    longest = validate.get("maxLength", DEFAULT_MAX_LENGTH[kind])
    for length in (shortest, longest):
        if isinstance(length, bool) or not isinstance(length, int) or not 0 <= length <= MAX_TEXT:
            reader.refuse(
                "bad_bounds",
                f"文本长度应为 0 至 {MAX_TEXT} 的整数",
                f"text lengths are whole numbers from 0 to {MAX_TEXT}",
                "请改正 minLength、maxLength",
                "Correct minLength and maxLength",
            )
    if shortest > longest or longest == 0:
        reader.refuse(
            "bad_bounds",
            "最小长度大于最大长度",
            "the shortest length is above the longest",
            "请改正 minLength、maxLength",
            "Correct minLength and maxLength",
        )
    return shortest, longest


def _pattern(reader: Reader, kind: FieldKind, longest: int) -> tuple[re.Pattern[str] | None, Text | None]:
    validate, properties = reader.part("validate"), reader.part("properties")
    if "pattern" not in validate:
        return None, None
    if kind is not FieldKind.TEXT:
        _misplaced(reader, "validate.pattern")
    source = validate["pattern"]
    fault = pattern_fault(source, longest)
    if fault is not None:
        reader.refuse(
            "bad_pattern",
            f"格式规则“{str(source)[:60]}”不可用：{fault.zh}",
            f"the pattern {str(source)[:60]!r} cannot be used: {fault.en}",
            "请写成以 ^ 开头、以 $ 结尾的简单规则，如 ^[0-9A-Z]{10,30}$",
            "Write a simple one from ^ to $, such as ^[0-9A-Z]{10,30}$",
        )
    message = Text(
        reader.text(validate, "patternErrorMessage", label="validate.patternErrorMessage"),
        reader.text(properties, "pattern_message_en", label="properties.pattern_message_en"),
    )
    return re.compile(source, re.ASCII), message


def pattern_fault(source: Any, longest: int) -> Text | None:
    """Return why a pattern is refused: it must mean the same to Python and the browser, and stay fast."""
    if not isinstance(source, str) or len(source) > MAX_PATTERN:
        return Text(
            f"应为不超过 {MAX_PATTERN} 个字符的文本", f"it must be a text of at most {MAX_PATTERN} characters"
        )
    if longest > MAX_PATTERN_TEXT:
        return Text(
            f"带格式规则的字段须设 maxLength（不超过 {MAX_PATTERN_TEXT}）",
            f"a field with a pattern needs a maxLength of at most {MAX_PATTERN_TEXT}",
        )
    if not (source.startswith("^") and source.endswith("$")) or source.endswith(r"\$"):
        return Text("未用 ^ 和 $ 锚定", "it is not anchored by ^ and $")
    inner = re.sub(r"\[(?:\\.|[^\]\\])+\]", "C", source[1:-1])
    if re.search(r"\\[^dwsDWS.\-()/+*?\[\]{}|^$\\]|\(\?|[\^$]", inner):
        return Text("含有不支持的写法", "it holds a construct that is not supported")
    if re.search(r"\)[*+{]", inner):
        return Text("括号后不可重复", "a group may not be repeated")
    if len(re.findall(r"[*+?]|\{\d*,\d*\}", re.sub(r"\\.", "C", inner))) > 3:
        return Text("可变重复超过 3 处", "it has more than 3 repetitions of variable length")
    if "|" in re.sub(r"\([^()]*\)", "", re.sub(r"\\.", "C", inner)):
        return Text("最外层不可用“|”，请加括号", "'|' outside parentheses escapes the anchors")
    try:
        re.compile(source, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        return Text(f"语法错误（{error}）", f"it does not compile ({error})")
    return None


def _day_bound(reader: Reader, kind: FieldKind, name: str) -> DayBound | None:
    value = reader.part("properties").get(name)
    if value is None:
        return None
    if kind not in DAYS:
        _misplaced(reader, f"properties.{name}")
    match = _DAY_BOUND.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        reader.refuse(
            "bad_day_bound",
            f"“properties.{name}”应为 today、today+天数 或 today-天数",
            f"properties.{name} must be today, today+N or today-N",
            "请改正",
            "Correct it",
        )
    sign, days = match.groups()
    return DayBound(int(f"{sign}{days}") if days else 0)


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


def _misplaced(reader: Reader, name: str) -> NoReturn:
    reader.refuse(
        "misplaced_rule",
        f"“{name}”不适用于该类型的字段",
        f"{name!r} does not apply to a field of this type",
        "请删除该设置",
        "Remove it",
    )
