"""Reading a raw component with complaints that name file, field, reason and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from forms.errors import FormDefinitionError
from forms.model import Text

MAX_LABEL = 200


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
