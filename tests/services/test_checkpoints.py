"""Checkpoints are taken each hour, follow one another, and never cover up what is broken."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.bootstrap import Engine
from engine.domain.actor import SYSTEM
from engine.domain.checkpoint import decode
from engine.errors import BadInput, Conflict
from engine.queries.verification import verify
from engine.scheduler import Ticker
from engine.services import checkpoints, clockwork
from engine.services.checkpoints import (
    CheckpointLost,
    CheckpointNotWritten,
    HistoryBroken,
    NoCheckpointFolder,
)
from engine.store.checkpoints import CheckpointFolder, set_aside
from engine.store.history import CHECKPOINT
from engine.store.session import Store
from tests.support import databases, histories, house
from tests.support.histories import do, file_of, happen, witness


@pytest.fixture(scope="module")
def prepared(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = databases.create(database, tmp_path_factory.mktemp("history"))
    engine = house.empty_house(home)
    happen(engine, 3)
    engine.store.engine.dispose()
    yield home
    databases.drop(home)


@pytest.fixture
def engine(prepared: Path, tmp_path: Path) -> Iterator[Engine]:
    with house.opened(databases.copy(prepared, tmp_path / "house")) as engine:
        yield engine


def later(engine: Engine, **by: int) -> None:
    clockwork.set_clock(engine, engine.clock.now() + timedelta(**by), actor=SYSTEM)


def test_one_is_taken_each_hour_if_anything_happened(engine: Engine) -> None:
    first = checkpoints.checkpoint_if_due(engine)
    at_once = checkpoints.checkpoint_if_due(engine)
    later(engine, minutes=59)
    too_early = checkpoints.checkpoint_if_due(engine)
    later(engine, minutes=1)
    second = checkpoints.checkpoint_if_due(engine)

    assert first is not None and second is not None
    assert (1, 2) == (first.number, second.number)
    assert (None, None) == (at_once, too_early)
    assert checkpoints.take_checkpoint(engine, actor=SYSTEM) is None
    assert verify(engine).is_sound


def test_the_history_records_each_with_its_digest(engine: Engine) -> None:
    taken = witness(engine)

    event = histories.rows(engine)[-1]

    assert (CHECKPOINT, "1") == (event.action, event.subject)
    assert taken.rows == event.payload["rows"] == event.seq - 1
    assert decode(taken.file.read_bytes()).digest == event.payload["digest"]


def test_each_names_the_digest_of_the_one_before(engine: Engine) -> None:
    witness(engine)
    happen(engine, 2)
    witness(engine)

    first, second = (decode(file_of(engine, number).read_bytes()) for number in (1, 2))

    assert first.digest == second.previous


def test_files_are_whole_readable_by_all_and_not_written_over(engine: Engine) -> None:
    taken = witness(engine)

    assert [taken.file] == list(taken.file.parent.iterdir())
    assert 0o444 == taken.file.stat().st_mode & 0o777
    with pytest.raises(FileExistsError):
        CheckpointFolder(taken.file.parent).write(decode(taken.file.read_bytes()))
    taken.file.rename(file_of(engine, 2))
    happen(engine, 1)
    with pytest.raises(CheckpointLost):
        witness(engine)


def test_a_folder_that_takes_nothing_is_said(engine: Engine) -> None:
    assert engine.settings.checkpoints is not None
    engine.settings.checkpoints.write_text("no folder")

    with pytest.raises(CheckpointNotWritten, match="was not written to"):
        witness(engine)


def test_one_that_was_written_but_not_recorded_is_followed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(checkpoints, "_record", crash)
        witness(engine)
    happen(engine, 1)

    assert 2 == witness(engine).number
    assert verify(engine).is_sound


def test_a_broken_history_is_not_signed(engine: Engine) -> None:
    do(engine, "UPDATE history_event SET actor = 'AG001' WHERE seq = 2")

    with pytest.raises(HistoryBroken, match="row 2"):
        witness(engine)
    assert not file_of(engine, 1).exists()


def test_a_history_that_does_not_go_on_from_the_last_one_is_not_signed(engine: Engine) -> None:
    witness(engine)
    do(engine, "UPDATE history_event SET actor = 'AG001' WHERE seq = 2")
    histories.compute_anew(engine, 2)
    happen(engine, 1)

    with pytest.raises(HistoryBroken):
        witness(engine)


@pytest.mark.parametrize("content", [None, b"", b"{}\n"])
def test_a_lost_file_stops_the_series(engine: Engine, content: bytes | None) -> None:
    witness(engine)
    happen(engine, 1)
    file_of(engine, 1).unlink()
    if content is not None:
        file_of(engine, 1).write_bytes(content)

    with pytest.raises(CheckpointLost, match="no sound checkpoint 1"):
        witness(engine)


def test_after_a_restore_a_new_series_begins_with_its_reason(engine: Engine) -> None:
    witness(engine)
    happen(engine, 1)
    with pytest.raises(BadInput):
        checkpoints.take_checkpoint(engine, actor=SYSTEM, restart="restored")
    file_of(engine, 1).unlink()
    with pytest.raises(BadInput):
        checkpoints.take_checkpoint(engine, actor=SYSTEM, restart=" ")

    taken = checkpoints.take_checkpoint(engine, actor=SYSTEM, restart="restored from Sunday's backup")

    assert taken is not None and 1 == taken.number
    assert "restored from Sunday's backup" == histories.rows(engine)[-1].reason
    assert verify(engine).is_sound


def test_a_new_book_begins_a_new_series_and_keeps_the_old_one(engine: Engine) -> None:
    old = witness(engine).file

    for number in (1, 2):
        set_aside(CheckpointFolder(old.parent))
        assert (old.parent / f"former-{number}" / old.name).exists()
        checkpoints.take_checkpoint(engine, actor=SYSTEM, restart="a new book")

    assert verify(engine).is_sound


def test_without_a_folder_none_is_taken(engine: Engine) -> None:
    engine.settings = replace(engine.settings, checkpoints=None)

    assert checkpoints.checkpoint_if_due(engine) is None
    with pytest.raises(NoCheckpointFolder, match="RENEWALS_CHECKPOINTS"):
        checkpoints.take_checkpoint(engine, actor=SYSTEM)
    assert verify(engine).is_sound


def test_two_processes_do_not_take_the_same_one(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "PATIENCE", 0)
    other = Store(engine.settings.database_url, master=engine.settings.data_key)
    with other.alone(checkpoints.LOCK) as hold:
        assert hold is not None

        with pytest.raises(Conflict):
            witness(engine)
        assert checkpoints.checkpoint_if_due(engine) is None
    other.engine.dispose()

    assert 1 == witness(engine).number


def test_what_is_recorded_meanwhile_belongs_to_the_next_one(engine: Engine) -> None:
    def write() -> None:
        with engine.store.transaction() as tx:
            for _ in range(5):
                tx.record("fact_changed", at=engine.clock.now(), actor="SP01", field="x")

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    witness(engine)
    for writer in writers:
        writer.join()
    happen(engine, 1)
    witness(engine)

    assert verify(engine).is_sound


@pytest.mark.one_database
def test_an_auditor_needs_nothing_of_ours_to_check_a_signature(engine: Engine, tmp_path: Path) -> None:
    found = json.loads(witness(engine).file.read_text())
    signature = base64.urlsafe_b64decode(found.pop("signature"))
    message = json.dumps(found, sort_keys=True, separators=(",", ":")).encode()
    der = bytes.fromhex("302a300506032b6570032100") + base64.urlsafe_b64decode(found["key"])
    for name, content in {"message": message, "signature": signature, "key.der": der}.items():
        (tmp_path / name).write_bytes(content)

    done = subprocess.run(
        "openssl pkeyutl -verify -pubin -inkey key.der -keyform DER -rawin -in message -sigfile signature",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    if "not found" in done.stderr:
        pytest.skip("no openssl here")
    assert "Verified Successfully" in done.stdout


def test_the_ticker_takes_them_and_goes_on_when_it_cannot(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    ticker = Ticker(engine, lambda _engine: None, seconds=3600).start()
    ticker.checkpoint()
    file_of(engine, 1).unlink()
    later(engine, hours=1)
    ticker.checkpoint()
    ticker.stop()

    assert not file_of(engine, 1).exists()
    assert "checkpoint_lost" in capsys.readouterr().out
