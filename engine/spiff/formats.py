"""States of every format that was ever stored, as what :mod:`engine.spiff.codec` reads today.

A new format adds one function that turns its predecessor into it; states are brought up one format at a time and
stored in the present one by the next step. ``tests/spiff/states`` keeps states of each format.

1: zlib around JSON; whole trees, predictions included; the callers of sub-processes told with dashes, tasks
   without; the last task's place after a tree's data.
2: JSON; pruned trees; every id as 32 hex digits.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import orjson

from engine.errors import EngineError
from engine.label import Label

FORMAT = 2


class StateUnreadable(EngineError):
    """Stored state is damaged or of an unknown format."""

    code = "state_unreadable"
    zh = "流程实例的存储状态无法读取：{reason}。实例未改动，请联系系统管理员。"
    en = "The stored state of the instance cannot be read: {reason}. Nothing was changed; tell an administrator."


def read(state: bytes) -> tuple[list[Any], dict[str, Any]]:
    """Return the tree of a state and the trees of its sub-processes by the id of their callers.

    Raises:
        StateUnreadable: the bytes are not a state of a known format.
    """
    version, tree, subs = _parts(state)
    if not isinstance(version, int) or not 1 <= version <= FORMAT:
        raise StateUnreadable(reason=Label(f"格式 {version} 未知", f"format {version} is unknown"))
    for older in range(version, FORMAT):
        tree, subs = _NEXT[older](tree, subs)
    return tree, dict(subs)


def _parts(state: bytes) -> tuple[Any, Any, Any]:
    try:
        plain = state if state[:1] == b"[" else zlib.decompress(state)
        version, tree, subs = orjson.loads(plain)
    except (zlib.error, ValueError, TypeError) as error:
        raise StateUnreadable(reason=Label("内容不完整", str(error))) from error
    return version, tree, subs


def _from_1(tree: list[Any], subs: list[Any]) -> tuple[list[Any], list[Any]]:
    return _tree_from_1(tree), [(UUID(caller).hex, _tree_from_1(below)) for caller, below in subs]


def _tree_from_1(tree: list[Any]) -> list[Any]:
    rows, data, _last, success, completed = tree
    return [rows, data, success, completed]


_NEXT: Mapping[int, Callable[[list[Any], list[Any]], tuple[list[Any], list[Any]]]] = {1: _from_1}
