"""A form definition, from file to Form, or a precise complaint.

The check is made where a definition is saved or deployed, so that nobody finds a typo on the phone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from forms.components import read_component, read_condition
from forms.conditions import Condition, Equals, Has, OneOf
from forms.errors import FormDefinitionError
from forms.model import DAYS, ONE_CHOICE, SEVERAL_CHOICES, Field, FieldKind, Form, Text

MAX_FIELDS = 60
MAX_COMPONENTS = 120
MAX_BYTES = 512_000
MAX_CASES = 20_000
MAX_LITERALS = 10
SCHEMA_VERSIONS = range(1, 20)

_FORM_KEYS = frozenset(
    "id type components schemaVersion exporter properties executionPlatform executionPlatformVersion".split()
)
_FORM_PROPERTIES = frozenset({"title", "title_en"})
_FORM_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_MARKUP_FREE = re.compile(r"[^<>{}\[\]=]{1,80}")

Raw = Mapping[str, Any] | str | bytes


def load_form(raw: Raw, *, name: str) -> Form:
    """Return the form a definition describes.

    Args:
        raw: the form-js schema as JSON text, UTF-8 bytes or an already parsed mapping.
        name: the form id, or the file name it comes from; used in complaints.

    Raises:
        FormDefinitionError: the first fault found, naming file, field and remedy.
    """
    found, form = _read(raw, name)
    if form is None:
        raise found[0]
    return form


def form_faults(raw: Raw, *, name: str) -> tuple[FormDefinitionError, ...]:
    """Return every fault of a definition, at most one a field; empty when it may go live."""
    return tuple(_read(raw, name)[0])


def load_forms(source: Path | str | Mapping[str, Raw]) -> Mapping[str, Form]:
    """Return all forms of a directory of ``*.json`` files, or of a mapping file name → definition, by id.

    Raises:
        FormDefinitionError: the first fault of the first faulty file, or two files with one form id.
    """
    if isinstance(source, Mapping):
        definitions: Mapping[str, Raw] = source
    else:
        definitions = {path.name: path.read_bytes() for path in sorted(Path(source).glob("*.json"))}
    forms: dict[str, Form] = {}
    for name, raw in definitions.items():
        form = load_form(raw, name=name)
        if form.form_id in forms:
            raise _fault(
                "duplicate_form",
                name,
                f"表单 id “{form.form_id}”已被另一文件使用",
                f"the form id {form.form_id!r} is already taken by another file",
                "请保留其中一个",
                "Keep one of them",
            )
        forms[form.form_id] = form
    return forms


def _read(raw: Raw, name: str) -> tuple[list[FormDefinitionError], Form | None]:
    file = name if name.endswith(".json") else f"{name}.json"
    try:
        schema = _parse(raw, file)
        form_id, title = _head(schema, file)
        components = _components(schema, file)
    except FormDefinitionError as fault:
        return [fault], None
    faults: list[FormDefinitionError] = []
    fields: list[Field] = []
    for component in components:
        try:
            field = read_component(component, file)
        except FormDefinitionError as fault:
            faults.append(fault)
        else:
            fields.extend([field] if field else [])
    faults = faults or list(_together(components, fields, file))
    if faults:
        return faults, None
    return [], Form(form_id, title, tuple(fields), schema)


def _fault(
    code: str, file: str, zh: str, en: str, remedy_zh: str, remedy_en: str, *, field: str = ""
) -> FormDefinitionError:
    return FormDefinitionError(
        code, file=file, field=field, zh=zh, en=en, remedy_zh=remedy_zh, remedy_en=remedy_en
    )


def _parse(raw: Raw, file: str) -> Mapping[str, Any]:
    if isinstance(raw, Mapping):
        raw = _dump(raw, file)
    if len(raw) > MAX_BYTES:
        raise _fault(
            "too_big",
            file,
            f"文件超过 {MAX_BYTES // 1000} KB",
            f"the file is larger than {MAX_BYTES // 1000} KB",
            "请拆分表单",
            "Split the form",
        )
    try:
        text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw
        text.encode()
        parsed = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _fault(
            "not_json",
            file,
            f"不是有效的 JSON（{str(error)[:120]}）",
            f"it is not valid JSON ({str(error)[:120]})",
            "请用表单设计器重新导出（UTF-8）",
            "Export it again from the form editor, in UTF-8",
        ) from None
    if not isinstance(parsed, dict):
        raise _fault(
            "not_a_form",
            file,
            "内容不是表单对象",
            "the content is not a form object",
            "请用表单设计器重新导出",
            "Export it again from the form editor",
        )
    return parsed


def _dump(raw: Mapping[str, Any], file: str) -> str:
    try:
        return json.dumps(raw, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise _fault(
            "not_json",
            file,
            f"含有无法写成 JSON 的值（{str(error)[:120]}）",
            f"it holds a value that JSON cannot carry ({str(error)[:120]})",
            "请只使用文本、数字、真假值、列表和对象",
            "Use texts, numbers, truth values, lists and objects only",
        ) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        doubled = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{doubled!r} occurs twice in one object")
    for name in names:
        if name == "typename" or name.startswith("__"):
            raise ValueError(f"the name {name!r} is not allowed")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _head(schema: Mapping[str, Any], file: str) -> tuple[str, Text]:
    unknown = sorted(set(schema) - _FORM_KEYS)
    if unknown:
        raise _fault(
            "unknown_setting",
            file,
            f"设置“{unknown[0]}”不受支持",
            f"the setting {unknown[0]!r} is not supported",
            "请删除该设置",
            "Remove it",
        )
    form_id, stem = schema.get("id"), file.removesuffix(".json")
    if not isinstance(form_id, str) or not _FORM_ID.fullmatch(form_id) or form_id != stem:
        raise _fault(
            "bad_form_id",
            file,
            f"表单 id “{str(form_id)[:60]}”应与文件名“{stem[:60]}”一致，且只用小写英文和下划线",
            f"the form id {str(form_id)[:60]!r} must equal the file name {stem[:60]!r}, lower-case with underscores",
            "请改正 id 或文件名",
            "Correct the id or the file name",
        )
    version = schema.get("schemaVersion")
    if isinstance(version, bool) or not isinstance(version, int) or version not in SCHEMA_VERSIONS:
        raise _fault(
            "bad_schema_version",
            file,
            f"schemaVersion 应为 1 至 {SCHEMA_VERSIONS[-1]}",
            f"schemaVersion must be 1 to {SCHEMA_VERSIONS[-1]}",
            "请用本系统的表单设计器导出",
            "Export it from the form editor of this product",
        )
    return form_id, _title(schema, file)


def _title(schema: Mapping[str, Any], file: str) -> Text:
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and set(properties) <= _FORM_PROPERTIES:
        zh, en = properties.get("title"), properties.get("title_en")
        if (
            isinstance(zh, str)
            and isinstance(en, str)
            and _MARKUP_FREE.fullmatch(zh)
            and _MARKUP_FREE.fullmatch(en)
        ):
            return Text(zh, en)
    raise _fault(
        "missing_title",
        file,
        "缺少中英文标题（properties.title、properties.title_en，纯文本，不超过 80 字）",
        "the titles properties.title and properties.title_en are missing or not plain texts of at most 80 characters",
        "请补全两个标题，并删除 properties 中的其他内容",
        "Give both titles and nothing else in properties",
    )


def _components(schema: Mapping[str, Any], file: str) -> list[Any]:
    components = schema.get("components")
    if schema.get("type") != "default" or not isinstance(components, list) or not components:
        raise _fault(
            "not_a_form",
            file,
            "缺少字段（type 应为 default，components 为非空列表）",
            "there are no fields (type must be 'default', components a list that is not empty)",
            "请用表单设计器重新导出",
            "Export it again from the form editor",
        )
    inputs = sum(
        1 for part in components if isinstance(part, dict) and part.get("type") not in ("text", "separator")
    )
    if inputs > MAX_FIELDS or len(components) > MAX_COMPONENTS:
        raise _fault(
            "too_many_fields",
            file,
            f"共有 {max(inputs, len(components))} 个组件，字段最多 {MAX_FIELDS} 个",
            f"there are {max(inputs, len(components))} components; a form has at most {MAX_FIELDS} fields",
            "请拆分表单",
            "Split the form",
        )
    return components


def _together(components: list[Any], fields: list[Field], file: str) -> Iterator[FormDefinitionError]:
    """Yield what only shows when the fields are seen side by side."""
    if not fields:
        yield _fault(
            "not_a_form",
            file,
            "没有任何可填写的字段",
            "there is no field to fill in",
            "请添加字段",
            "Add a field",
        )
    yield from _duplicates([part["id"] for part in components], "duplicate_id", file)
    yield from _duplicates([field.key for field in fields], "duplicate_key", file)
    known: dict[str, Field] = {}
    by_key = {field.key: field for field in reversed(fields)}
    for component in components:
        field = by_key.get(component.get("key", ""))
        condition = field.condition if field else read_condition(component, file)
        where = str(component.get("key") or component["id"])
        if condition is not None:
            yield from _condition_faults(condition, where, known, file)
        if field is not None:
            yield from _reach_faults(field, known, file)
            known[field.key] = field


def _duplicates(names: list[str], code: str, file: str) -> Iterator[FormDefinitionError]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield _fault(
            code,
            file,
            f"“{name}”重复出现",
            f"{name!r} occurs more than once",
            "请保证唯一",
            "Keep it once",
            field=name,
        )


def _reach_faults(field: Field, known: Mapping[str, Field], file: str) -> Iterator[FormDefinitionError]:
    if field.not_below is None:
        return
    other = known.get(field.not_below)
    if other is None or other.kind is not field.kind or field.kind not in DAYS | {FieldKind.NUMBER}:
        yield _fault(
            "bad_not_below",
            file,
            f"not_below 指向的“{field.not_below}”须是排在前面的同类数字或日期字段",
            f"not_below names {field.not_below!r}, which must be an earlier number or date field of the same kind",
            "请改正 properties.not_below",
            "Correct properties.not_below",
            field=field.key,
        )


def _condition_faults(
    condition: Condition, where: str, known: Mapping[str, Field], file: str
) -> Iterator[FormDefinitionError]:
    for test in condition.tests():
        other = known.get(test.key)
        fault = _test_fault(test, other)
        if fault is not None:
            yield _fault(
                "condition_refused",
                file,
                f"隐藏条件中的“{test.key}”：{fault.zh}",
                f"{test.key!r} in the hide condition: {fault.en}",
                "请改正条件或调整字段顺序",
                "Correct the condition or the order of the fields",
                field=where,
            )
            return
    for key in sorted(condition.keys):
        parent = known[key].condition
        if parent is not None and not _follows(parent, condition, known):
            yield _fault(
                "condition_outlives_parent",
                file,
                f"字段“{key}”隐藏时，本字段可能仍然显示",
                f"this field may still show while {key!r} is hidden",
                f"请在条件前加上：({parent.source[1:]}) or …",
                f"Begin the condition with: ({parent.source[1:]}) or …",
                field=where,
            )
            return


def _test_fault(test: Equals | OneOf | Has, other: Field | None) -> Text | None:
    if other is None:
        return Text("不是排在前面的字段", "it is not the key of an earlier field")
    literals = test.literals if isinstance(test, OneOf) else (test.literal,)
    if other.kind is FieldKind.CHECKBOX:
        if isinstance(test, Equals) and isinstance(test.literal, bool):
            return None
        return Text("勾选字段只能与 true 或 false 比较", "a checkbox is compared with true or false")
    wanted = SEVERAL_CHOICES if isinstance(test, Has) else ONE_CHOICE
    if other.kind not in wanted:
        return Text("该类型的字段不能这样比较", "a field of this type is not compared this way")
    strangers = [str(literal) for literal in literals if literal not in other.values]
    if strangers:
        return Text(f"没有选项“{strangers[0]}”", f"it has no option {strangers[0]!r}")
    return None


def _follows(parent: Condition, child: Condition, known: Mapping[str, Field]) -> bool:
    """Tell whether the child is hidden in every case in which the parent is.

    form-js keeps what was typed into a field that is hidden later and evaluates conditions on it, while the
    server drops it. With this rule both come to the same answer.
    """
    literals: dict[str, set[Any]] = {}
    for test in (*parent.tests(), *child.tests()):
        literals.setdefault(test.key, set()).update(
            test.literals if isinstance(test, OneOf) else {test.literal}
        )
    if any(len(seen) > MAX_LITERALS for key, seen in literals.items() if known[key].kind in SEVERAL_CHOICES):
        return False
    domains = [_domain(known[key], seen) for key, seen in literals.items()]
    if prod(len(domain) for domain in domains) > MAX_CASES:
        return False
    assignments = (dict(zip(literals, case, strict=True)) for case in product(*domains))
    return all(child.hides(values) for values in assignments if parent.hides(values))


def _domain(field: Field, literals: set[Any]) -> list[Any]:
    """Return the cases that matter: each literal asked for, one value that is none of them, no value."""
    if field.kind is FieldKind.CHECKBOX:
        return [False, True]
    if field.kind in ONE_CHOICE:
        return [None, "", *sorted(literals)]
    subsets: list[list[str]] = [[]]
    for literal in sorted(literals):
        subsets += [[*subset, literal] for subset in subsets]
    return subsets
