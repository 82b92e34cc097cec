"""The one refusal of this package: a form definition that must not go live."""

from __future__ import annotations


class FormDefinitionError(Exception):
    """A form definition cannot be used; says which file and field, what is wrong and what to do.

    ``code`` is stable and may be matched by callers; ``zh`` and ``en`` are finished sentences that end
    with the remedy. ``facts`` repeats file, field (empty: the whole form) and both remedies as data.
    """

    def __init__(
        self,
        code: str,
        *,
        file: str,
        field: str,
        zh: str,
        en: str,
        remedy_zh: str,
        remedy_en: str,
    ) -> None:
        self.code = code
        self.facts = {"file": file, "field": field, "remedy_zh": remedy_zh, "remedy_en": remedy_en}
        where_zh = f"表单 {file}，字段 {field}" if field else f"表单 {file}"
        where_en = f"Form {file}, field {field}" if field else f"Form {file}"
        self.zh = f"{where_zh}：{zh}。{remedy_zh}。"
        self.en = f"{where_en}: {en}. {remedy_en}."
        super().__init__(self.en)

    def say(self, lang: str = "zh") -> str:
        """Return the sentence in *lang* (``zh`` or ``en``)."""
        return self.en if lang == "en" else self.zh


def fault_in(
    code: str, file: str, zh: str, en: str, remedy_zh: str, remedy_en: str, *, field: str = ""
) -> FormDefinitionError:
    """Return a complaint about *file* as a whole, or about one of its fields."""
    return FormDefinitionError(
        code, file=file, field=field, zh=zh, en=en, remedy_zh=remedy_zh, remedy_en=remedy_en
    )
