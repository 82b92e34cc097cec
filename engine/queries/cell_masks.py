"""Cells of a list as a page or report may show them; pure.

A list reaches people who need the row, the column and the reason. VIN and policy number stay, they name
the row; names, phones, ID numbers and plates are masked; a column that is not read, or text that holds a
number of a person's kind, is not trusted. Whole cells are found in the error file, in the sender's layout.
Source: threats.md §4; domain.md §5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.domain.lists import PROFILES, Field
from engine.domain.lists.profiles import bare_key, header_key
from engine.domain.masking import mask_id_no, mask_name, mask_phone, mask_plate, mask_text

MASKS: Mapping[Field, Callable[[str], str]] = {
    Field.OWNER_NAME: mask_name,
    Field.ID_NO: mask_id_no,
    Field.PHONE: mask_phone,
    Field.OTHER_PHONE: mask_phone,
    Field.PLATE: mask_plate,
    Field.IGNORED: mask_name,
}
_NAMES_THE_ROW = frozenset({Field.POLICY_NO, Field.VIN})
_SHORT = 3


class CellMasks:
    """Masks the cells of one source's lists."""

    def __init__(self, source: str) -> None:
        own = PROFILES[source].aliases if source in PROFILES else {}
        others = [profile.aliases for profile in PROFILES.values() if profile.code != source]
        self._aliases = (own, *others)

    def cell(self, header: str, value: str) -> str:
        """Return the cell under *header* as it may be shown."""
        field = self._field(header) if header else None
        if not value or field in _NAMES_THE_ROW:
            return value
        if header and (field is None or field in MASKS):
            return MASKS[field or Field.IGNORED](value)
        return mask_text(value)

    def problem(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stored problem with its value masked, also where its texts repeat it."""
        value = str(stored["value"])
        shown = self.cell(str(stored["column"]), value)
        if shown == value:
            return dict(stored)
        texts = {
            part: {lang: _retold(text, value, shown) for lang, text in stored[part].items()}
            for part in ("reason", "remedy")
        }
        return {**stored, "value": shown, **texts}

    def _field(self, header: str) -> Field | None:
        """What the column is taken as: by its header, without a remark in brackets, or by a part of it."""
        key = header_key(header)
        for aliases in self._aliases:
            for name in (key, bare_key(key), *key.split("/")):
                if name in aliases:
                    return aliases[name][0]
        return None


def _retold(text: str, value: str, shown: str) -> str:
    """Return *text* with *shown* for *value*; a short value only where it is quoted, lest it hit a figure."""
    text = text.replace(f"“{value}”", f"“{shown}”")
    return text.replace(value, shown) if len(value) > _SHORT else text
