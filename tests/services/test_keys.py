"""A new key takes over while everything stays readable; a rotation that was stopped goes on."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from engine.api import (
    SYSTEM,
    Actor,
    Engine,
    Forbidden,
    Role,
    SettingsError,
    actor_of,
    build_engine,
    complete_task,
)
from engine.services import keys
from engine.store.history import HistoryEvent
from engine.store.personal import sealed_fields
from engine.store.renewals import Customer
from engine.vault import WrongMasterKey, prefix_of
from tests.acceptance import answers
from tests.support.console import TODAY, task_of

ADMIN = Actor(name="AD01", display_name="管理员", roles=frozenset({Role.ADMIN}))


def sealed_values(engine: Engine) -> list[bytes]:
    with engine.store.engine.connect() as connection:
        return [
            value
            for kind, fields in sealed_fields().items()
            for row in connection.execute(select(*(kind.__table__.c[field.column] for field in fields)))
            for value in row
            if value is not None
        ]


def clear_values(engine: Engine) -> list[Any]:
    with engine.store.reading() as session:
        return [
            getattr(row, field.name)
            for kind, fields in sealed_fields().items()
            for row in session.scalars(select(kind).order_by(kind.id))
            for field in fields
        ]


def test_a_rotation_seals_everything_anew_and_changes_no_value(book: Engine) -> None:
    before, indexes = clear_values(book), index_of_first(book)

    number = keys.make_key(book, actor=ADMIN)
    done = keys.reseal(book, actor=ADMIN)

    assert before == clear_values(book)
    assert indexes == index_of_first(book)
    assert done.rows > 50 and done.refused == 0
    assert {prefix_of(number)} == {value[:5] for value in sealed_values(book)}
    assert 0 == keys.list_keys(book).stale
    with book.store.reading() as session:
        told = session.scalars(select(HistoryEvent.action).order_by(HistoryEvent.seq.desc()).limit(20)).all()
    since = told[: told.index("keys_rotated")]
    assert "keys_resealed" == since[0]
    assert {"rows_resealed"} == set(since[1:]), "each batch says so in its own transaction"


def index_of_first(engine: Engine) -> bytes | None:
    with engine.store.reading() as session:
        return session.scalars(select(Customer.phone_index).order_by(Customer.id)).first()


def test_a_rotation_killed_half_way_is_finished_later(book: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    before = clear_values(book)
    number = keys.make_key(book, actor=ADMIN)
    monkeypatch.setattr(keys, "BATCH", 3)
    batches = 0

    def die(_rows: int) -> None:
        nonlocal batches
        batches += 1
        if batches == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keys.reseal(book, actor=ADMIN, on_progress=die)
    other = build_engine(book.settings)  # another process goes on; both keys are in use meanwhile
    assert before == clear_values(other)
    left = keys.list_keys(other).stale
    done = keys.reseal(other, actor=ADMIN)

    assert left == done.rows > 0
    assert {prefix_of(number)} == {value[:5] for value in sealed_values(other)}
    assert before == clear_values(other) == clear_values(book)
    other.store.engine.dispose()


def test_work_goes_on_in_a_process_that_knows_the_old_key_alone(book: Engine) -> None:
    other = build_engine(book.settings)
    keys.make_key(other, actor=ADMIN)
    keys.reseal(other, actor=ADMIN)
    other.store.engine.dispose()

    task = task_of(book, 7, "record_contact")
    complete_task(
        book, task.id, answers.record_contact(TODAY, "12"), actor=actor_of(book, task.assignee_no or "")
    )

    assert clear_values(book)


def test_a_value_that_does_not_open_is_left_and_counted(book: Engine) -> None:
    table = Customer.__table__
    with book.store.engine.begin() as connection:
        ids = connection.execute(select(table.c.id).order_by(table.c.id).limit(2)).scalars().all()
        taken = connection.execute(select(table.c.name_sealed).where(table.c.id == ids[0])).scalar_one()
        connection.execute(table.update().where(table.c.id == ids[1]).values(name_sealed=taken))

    keys.make_key(book, actor=ADMIN)
    done = keys.reseal(book, actor=ADMIN)

    assert 1 == done.refused
    assert 1 == keys.list_keys(book).stale


def test_a_change_of_the_master_leaves_states_and_values_valid(book: Engine) -> None:
    before, new = clear_values(book), os.urandom(32)
    old = book.settings.data_key
    changed = build_engine(replace(book.settings, data_key=new))
    with pytest.raises(WrongMasterKey):
        clear_values(changed)
    with pytest.raises(SettingsError, match="RENEWALS_DATA_KEY_OLD"):
        keys.rewrap_keys(changed, actor=SYSTEM)
    changed.settings = replace(changed.settings, data_key_old=old)

    assert keys.rewrap_keys(changed, actor=SYSTEM) >= 3

    assert before == clear_values(changed)
    task = task_of(changed, 7, "record_contact")
    complete_task(
        changed,
        task.id,
        answers.record_contact(TODAY, "12"),
        actor=actor_of(changed, task.assignee_no or ""),
    )
    changed.store.engine.dispose()


def test_only_keepers_touch_the_keys(book: Engine) -> None:
    agent = Actor(name="AG001", display_name="张", roles=frozenset({Role.AGENT}))

    for act in (keys.make_key, keys.reseal, keys.rewrap_keys):
        with pytest.raises(Forbidden):
            act(book, actor=agent)  # type: ignore[operator]
