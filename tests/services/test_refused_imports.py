"""A list that cannot be taken at all says so in one sentence and leaves nothing that waits for somebody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from engine import api
from engine.services import imports
from engine.tables import ImportBatch
from tests.acceptance.desk import policy, standard_csv
from tests.support import databases
from tests.support.house import empty_house

ROWS = [policy(n, date(2026, 12, 1), agent="AG001", sub_branch="PC330101") for n in range(300, 303)]


@pytest.fixture
def house(database: str, tmp_path: Path) -> Iterator[api.Engine]:
    """An engine that knows no organisation yet."""
    home = databases.create(database, tmp_path)
    engine = empty_house(home)
    yield engine
    engine.store.engine.dispose()
    databases.drop(home)


def batches(engine: api.Engine) -> list[str]:
    with engine.store.reading() as session:
        return list(session.scalars(select(ImportBatch.status).order_by(ImportBatch.id)))


@pytest.mark.parametrize("kind", ["pending", "issued"])
def test_a_list_before_any_organisation_is_refused_in_one_sentence(house: api.Engine, kind: str) -> None:
    with pytest.raises(imports.NoOrganisation) as refused:
        api.preview_list(house, standard_csv(ROWS), "l.csv", "standard", kind=kind, actor=api.SYSTEM)

    assert "renewals org import" in refused.value.say("zh")
    assert "renewals org import" in refused.value.say("en")
    assert [] == batches(house)


def test_a_commit_refused_before_its_first_row_leaves_no_preview_behind(
    book: api.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = api.preview_list(book, standard_csv(ROWS), "l.csv", "standard", actor=api.SYSTEM)
    monkeypatch.setattr(imports, "_commit_chunk", _refuse)

    with pytest.raises(api.Conflict):
        imports.commit_unseen(book, batch, actor=api.SYSTEM)

    assert ["committed", "discarded"] == batches(book)


def test_a_commit_refused_half_way_can_go_on_later(book: api.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = api.preview_list(book, standard_csv(ROWS), "l.csv", "standard", actor=api.SYSTEM)
    real, calls = imports._commit_chunk, iter([True, False])
    monkeypatch.setattr(imports, "CHUNK", 1)
    monkeypatch.setattr(imports, "_commit_chunk", lambda *a: real(*a) if next(calls) else _refuse())
    with pytest.raises(api.Conflict):
        imports.commit_unseen(book, batch, actor=api.SYSTEM)
    monkeypatch.setattr(imports, "_commit_chunk", real)

    report = api.commit_batch(book, batch, actor=api.SYSTEM)

    assert (3, 3) == (report.new, report.started)


def _refuse(*_args: object) -> None:
    raise api.Conflict(what="database")
