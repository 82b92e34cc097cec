"""Which regular expressions a text field may carry."""

from __future__ import annotations

import re
from typing import Any

from forms.model import Text

MAX_PATTERN = 200
MAX_PATTERN_TEXT = 100


def pattern_fault(source: Any, longest: int) -> Text | None:
    """Return why a pattern is refused: it must mean the same to Python and the browser, and stay fast."""
    if not isinstance(source, str) or len(source) > MAX_PATTERN:
        return Text(
            f"应为不超过 {MAX_PATTERN} 个字符的文本", f"it is no text of at most {MAX_PATTERN} characters"
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
