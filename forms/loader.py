"""A form definition, from file to Form, or a precise complaint.

The check is made where a definition is saved or deployed, so that nobody finds a typo on the phone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forms.coerce import clean_text
from forms.components import DECORATION, read_component
from forms.errors import FormDefinitionError, fault_in
from forms.model import Field, Form, Text
from forms.together import disagreements

MAX_FIELDS = 60
MAX_COMPONENTS = 120
MAX_BYTES = 512_000
MAX_DEPTH = 12
SCHEMA_VERSIONS = range(1, 20)

_FORM_KEYS = frozenset(
    "id type components schemaVersion exporter properties executionPlatform executionPlatformVersion".split()
)
_FLAGS = ("one_by_one", "one_customer")
_FORM_PROPERTIES = frozenset({"title", "title_en", *_FLAGS})
_FORM_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TITLE = re.compile(r"[^<>{}\[\]=]{1,80}")

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
            raise fault_in(
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
    faults = faults or list(disagreements(components, fields, file))
    if faults:
        return faults, None
    flags = {name: bool(schema["properties"].get(name, False)) for name in _FLAGS}
    return [], Form(form_id, title, tuple(fields), schema, **flags)


def _parse(raw: Raw, file: str) -> Mapping[str, Any]:
    if isinstance(raw, Mapping):
        raw = _dump(raw, file)
    if len(raw) > MAX_BYTES:
        raise fault_in(
            "too_big",
            file,
            f"文件超过 {MAX_BYTES // 1000} KB",
            f"the file is larger than {MAX_BYTES // 1000} KB",
            "请拆分表单",
            "Split the form",
        )
    try:
        text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw
        parsed = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        _check_shape(parsed)
    except (ValueError, RecursionError) as error:
        raise fault_in(
            "unreadable",
            file,
            f"内容无法读取（{str(error)[:120]}）",
            f"it cannot be read ({str(error)[:120]})",
            "请用表单设计器重新导出（UTF-8）",
            "Export it again from the form editor, in UTF-8",
        ) from None
    if not isinstance(parsed, dict):
        raise fault_in(
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
        raise fault_in(
            "unreadable",
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


def _check_shape(parsed: Any) -> None:
    waiting = [(parsed, 1)]
    while waiting:
        part, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValueError(f"it is nested deeper than {MAX_DEPTH}")
        if isinstance(part, dict):
            waiting += [(inner, depth + 1) for inner in (*part, *part.values())]
        elif isinstance(part, list):
            waiting += [(inner, depth + 1) for inner in part]
        elif isinstance(part, str) and clean_text(part) is None:
            raise ValueError(f"{part[:30]!r} holds a control character or half a character")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _head(schema: Mapping[str, Any], file: str) -> tuple[str, Text]:
    unknown = sorted(set(schema) - _FORM_KEYS)
    if unknown:
        raise fault_in(
            "unknown_setting",
            file,
            f"设置“{unknown[0]}”不受支持",
            f"the setting {unknown[0]!r} is not supported",
            "请删除该设置",
            "Remove it",
        )
    form_id, stem = schema.get("id"), file.removesuffix(".json")
    if not isinstance(form_id, str) or not _FORM_ID.fullmatch(form_id) or form_id != stem:
        raise fault_in(
            "bad_form_id",
            file,
            f"表单 id “{str(form_id)[:60]}”应与文件名“{stem[:60]}”一致，且只用小写英文和下划线",
            f"the form id {str(form_id)[:60]!r} is not the file name {stem[:60]!r} in lower case with underscores",
            "请改正 id 或文件名",
            "Correct the id or the file name",
        )
    version = schema.get("schemaVersion")
    if isinstance(version, bool) or not isinstance(version, int) or version not in SCHEMA_VERSIONS:
        raise fault_in(
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
            _is_title(zh)
            and _is_title(en)
            and all(isinstance(properties.get(flag, False), bool) for flag in _FLAGS)
        ):
            return Text(str(zh), str(en))
    raise fault_in(
        "missing_title",
        file,
        "缺少中英文标题（properties.title、properties.title_en，纯文本，不超过 80 字）",
        "properties.title and properties.title_en are not both plain texts of at most 80 characters",
        "请补全两个标题；properties 中另外只能有 one_by_one、one_customer（true 或 false）",
        "Give both titles; besides them properties may hold one_by_one and one_customer (true or false) alone",
    )


def _is_title(text: Any) -> bool:
    return isinstance(text, str) and _TITLE.fullmatch(text) is not None


def _components(schema: Mapping[str, Any], file: str) -> list[Any]:
    components = schema.get("components")
    if schema.get("type") != "default" or not isinstance(components, list) or not components:
        raise fault_in(
            "not_a_form",
            file,
            "缺少字段（type 应为 default，components 为非空列表）",
            "there are no fields (type must be 'default', components a list that is not empty)",
            "请用表单设计器重新导出",
            "Export it again from the form editor",
        )
    inputs = sum(not isinstance(part, dict) or part.get("type") not in DECORATION for part in components)
    if inputs > MAX_FIELDS or len(components) > MAX_COMPONENTS:
        raise fault_in(
            "too_many_fields",
            file,
            f"共有 {max(inputs, len(components))} 个组件，字段最多 {MAX_FIELDS} 个",
            f"there are {max(inputs, len(components))} components; a form has at most {MAX_FIELDS} fields",
            "请拆分表单",
            "Split the form",
        )
    return components
