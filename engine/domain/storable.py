"""What no door lets in, because one database would take it and another refuse it, or silently change it.

NUL and halves of surrogate pairs in texts, numbers that are not finite or longer than 64 bits, the key
``typename`` (SpiffWorkflow's serializer takes an object with it for one of its own), and nesting without end.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.errors import EngineError
from engine.label import Label

MAX_DEPTH = 20
MAX_TEXT = 100_000
WHOLE_NUMBERS = range(-(2**63), 2**63)
RESERVED_KEYS = frozenset({"typename"})
_UNFIT = re.compile("[\x00\ud800-\udfff]")


class Unstorable(EngineError):
    """A value from outside cannot be kept by every database; nothing was changed."""

    code = "unstorable"
    zh = "“{where}”的内容无法保存：{reason}。请更正后重新提交，本次未作任何修改。"
    en = "“{where}” cannot be kept: {reason}. Correct it and try again; nothing was changed."


def require_storable(value: Any, where: str, *, depth: int = 0) -> None:
    """Let *value* pass if texts, numbers and keys in it, however deep, are kept alike by every database.

    Raises:
        Unstorable: one is not; ``where`` leads to it (``data.customers[2].name``).
    """
    if depth > MAX_DEPTH:
        raise Unstorable(where=where, reason=_TOO_DEEP)
    if isinstance(value, str):
        _require_text(value, where)
    elif isinstance(value, Mapping):
        for key, below in value.items():
            _require_key(key, where)
            require_storable(below, f"{where}.{key}", depth=depth + 1)
    elif isinstance(value, list | tuple):
        for number, below in enumerate(value):
            require_storable(below, f"{where}[{number}]", depth=depth + 1)
    elif isinstance(value, int | float | Decimal):
        _require_number(value, where)


def _require_text(text: str, where: str) -> None:
    if found := _UNFIT.search(text):
        raise Unstorable(where=where, reason=_NUL if found[0] == "\x00" else _HALF)
    if len(text) > MAX_TEXT:
        raise Unstorable(where=where, reason=_TOO_LONG)


def _require_key(key: object, where: str) -> None:
    if not isinstance(key, str):
        raise Unstorable(where=where, reason=Label(f"键 {key!r} 不是文本", f"the key {key!r} is no text"))
    _require_text(key, where)
    if key in RESERVED_KEYS:
        raise Unstorable(
            where=where, reason=Label(f"键名“{key}”为系统保留", f"the key “{key}” is kept for the system")
        )


def _require_number(number: int | float | Decimal, where: str) -> None:
    if isinstance(number, float | Decimal) and not math.isfinite(number):
        raise Unstorable(where=where, reason=_NOT_FINITE)
    if isinstance(number, int) and number not in WHOLE_NUMBERS:
        raise Unstorable(where=where, reason=_TOO_LARGE)


_NUL = Label("文本含有空字符（NUL）", "the text holds a NUL character")
_HALF = Label("文本含有残缺的字符", "the text holds half a character")
_TOO_LONG = Label(f"文本超过 {MAX_TEXT} 个字符", f"the text is longer than {MAX_TEXT} characters")
_NOT_FINITE = Label("不是有限的数", "the number is not finite")
_TOO_LARGE = Label("整数超出 64 位范围", "the number is longer than 64 bits")
_TOO_DEEP = Label(f"嵌套超过 {MAX_DEPTH} 层", f"it is nested more than {MAX_DEPTH} levels deep")
