"""Opaque positions in an ordered list, so that page 400 costs what page 1 costs."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, or_

from engine.errors import BadInput
from engine.label import Label

Key = str | int | date | datetime | None


def pack_position(*values: Key) -> str:
    """Return the position of a row from the values it is ordered by."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def unpack_position(text: str, *kinds: type) -> tuple[Any, ...]:
    """Read a position made by `pack_position`; *kinds* name the types of its values.

    Raises:
        BadInput: somebody changed it by hand.
    """
    try:
        raw = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(raw, list) or len(raw) != len(kinds):
            raise ValueError(text)
        return tuple(_read(value, kind) for value, kind in zip(raw, kinds, strict=True))
    except (ValueError, TypeError, binascii.Error):
        raise BadInput(
            what=Label("翻页位置", "position in the list"),
            value=text[:40],
            reason=Label("请从列表的第一页重新开始。", "start again from the first page of the list."),
        ) from None


def _read(value: object, kind: type) -> object:
    if kind is datetime or kind is date:
        return kind.fromisoformat(str(value))
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(value)
    return value


def beyond(columns: Sequence[tuple[ColumnElement[Any], bool]], values: Sequence[Any]) -> ColumnElement[bool]:
    """Return the clause for rows after *values* in the order of *columns*; the flag says descending."""
    clauses: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for (column, descending), value in zip(columns, values, strict=True):
        clauses.append(and_(*equal, column < value if descending else column > value))
        equal.append(column == value)
    return or_(*clauses)
