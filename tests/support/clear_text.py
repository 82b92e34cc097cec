"""Finds clear personal values of customers where only masked ones may stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from engine.bootstrap import Engine
from engine.tables import Customer, HistoryEvent, Vehicle


def clear_values_in_history(engine: Engine) -> list[tuple[str, str]]:
    """Return (action, value) for every clear name, phone, ID number or plate that stands in the history."""
    with engine.store.reading() as session:
        known = {
            value
            for row in session.scalars(select(Customer))
            for value in (row.name, row.phone, row.id_no)
            if value
        } | {row.plate for row in session.scalars(select(Vehicle)) if row.plate}
        said: dict[str, str] = {}
        for event in session.scalars(select(HistoryEvent)):
            for text in _texts([event.payload, event.reason, event.subject]):
                said.setdefault(text, event.action)
    assert known and said
    return sorted({(action, value) for text, action in said.items() for value in known if value in text})


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, held in value.items():
            yield from _texts([key, held])
    elif isinstance(value, list | tuple):
        for held in value:
            yield from _texts(held)
