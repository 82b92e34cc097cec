"""Threads that write to one SQLite file get their turns in order."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from engine.errors import Conflict
from engine.store import session as sessions
from engine.store.locks import Turns
from engine.store.session import Store

LONG = 60.0


def test_who_just_had_the_turn_stands_behind_who_waits() -> None:
    turns, order = Turns(), list[str]()

    def wait() -> None:
        with turns.turn(LONG) as has_turn:
            order.append("waited" if has_turn else "gave up")

    with turns.turn(LONG):
        waiter = threading.Thread(target=wait)
        waiter.start()
        while not turns._door.locked():
            pass
        order.append("first")
    with turns.turn(LONG):
        order.append("first again")
    waiter.join()

    assert ["first", "waited", "first again"] == order


def test_whose_turn_does_not_come_is_told() -> None:
    turns = Turns()

    with turns.turn(LONG), turns.turn(0) as has_turn:
        assert not has_turn
    with turns.turn(0) as has_turn:
        assert has_turn


def test_a_writer_whose_turn_does_not_come_gets_a_conflict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "PATIENCE", 0)
    store = Store(f"sqlite:///{tmp_path / 'book.db'}", b"0" * 32)

    with store.transaction(), pytest.raises(Conflict), store.transaction():
        pass

    store.engine.dispose()
