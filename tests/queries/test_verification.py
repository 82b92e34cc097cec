"""Whoever owns the database can change its history, but not so that nobody sees it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from engine.bootstrap import Engine
from engine.crypto import SigningKey
from engine.domain.actor import SYSTEM
from engine.domain.checkpoint import decode
from engine.domain.tampering import Finding, Tampering
from engine.queries.verification import Verdict, verify
from engine.services import checkpoints
from tests.support import databases, histories, house
from tests.support.histories import do


@pytest.fixture(scope="module")
def prepared(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Thirty rows, and checkpoints over the first ten and twenty."""
    home = databases.create(database, tmp_path_factory.mktemp("history"))
    engine = house.empty_house(home)
    for day in range(3):
        histories.happen(engine, 8, day=day)
        if day < 2:
            histories.witness(engine)
    engine.store.engine.dispose()
    yield home
    databases.drop(home)


@pytest.fixture
def engine(prepared: Path, tmp_path: Path) -> Iterator[Engine]:
    with house.opened(databases.copy(prepared, tmp_path / "house")) as engine:
        yield engine


def finding(engine: Engine) -> Finding:
    """Return the first thing that is wrong."""
    verdict = verify(engine)
    assert not verdict.is_sound
    return verdict.findings[0]


def test_an_untouched_history_is_sound(engine: Engine) -> None:
    verdict = verify(engine)

    assert verdict.is_sound, verdict.findings
    assert (len(histories.rows(engine)), 2) == (verdict.rows, verdict.checkpoints)
    assert 0 < verdict.witnessed < verdict.rows
    assert () == verdict.warnings
    assert "2026-10-01T04:00:00.000000+00:00" == verdict.last_at


@pytest.mark.parametrize(
    ("column", "value"),
    [
        pytest.param("at", "'2026-10-01 09:00:00.000000+00:00'", id="time"),
        pytest.param("actor", "'AG001'", id="actor"),
        pytest.param("action", "'task_completed'", id="kind"),
        pytest.param("instance_id", "77", id="renewal"),
        pytest.param("task_id", "77", id="task"),
        pytest.param("subject", "NULL", id="subject"),
        pytest.param("reason", "'别的'", id="reason"),
        pytest.param(
            "payload", """'{"field":"premium","from":"10.00","to":"99.50","day":0}'""", id="payload"
        ),
        pytest.param("payload", """'{"to":"1","field":"premium","from":"1"}'""", id="keys of the payload"),
        pytest.param("hash", f"'{'a' * 64}'", id="hash"),
    ],
)
def test_an_edited_column_is_found(engine: Engine, column: str, value: str) -> None:
    do(engine, f"UPDATE history_event SET {column} = {value} WHERE seq = 5")

    assert Tampering.EDITED is finding(engine).kind
    assert (5, 5) == (finding(engine).first, finding(engine).last)


def test_a_key_that_stands_twice_in_a_payload_is_found(engine: Engine) -> None:
    stored = orjson.dumps(histories.rows(engine)[4].payload).decode()
    twice = stored.replace('{"field"', '{"to":"0","field"')
    do(engine, f"UPDATE history_event SET payload = '{twice}' WHERE seq = 5")

    assert (Tampering.EDITED, 5) == (finding(engine).kind, finding(engine).first)


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        pytest.param("UPDATE history_event SET payload = '{' WHERE seq = 5", Tampering.EDITED, id="no JSON"),
        pytest.param("UPDATE history_event SET actor = x'ff00' WHERE seq = 5", Tampering.EDITED, id="bytes"),
        pytest.param(
            "UPDATE history_event SET actor = CAST(x'ff' AS TEXT) WHERE seq = 5",
            Tampering.UNREADABLE,
            id="no UTF-8",
        ),
    ],
)
@pytest.mark.one_database
def test_what_no_program_writes_is_named_and_not_a_crash(
    engine: Engine, statement: str, kind: Tampering
) -> None:
    do(engine, statement)

    assert kind is finding(engine).kind


def test_a_deleted_row_is_found(engine: Engine) -> None:
    do(engine, "DELETE FROM history_event WHERE seq = 5")

    assert Finding(Tampering.DELETED, 5, 5) == finding(engine)


def test_deleted_rows_are_found_though_the_rest_was_renumbered(engine: Engine) -> None:
    do(engine, "DELETE FROM history_event WHERE seq IN (5, 6, 7)")
    histories.move_up(engine, 8, -3)

    assert Finding(Tampering.DELETED, 5, 7) == finding(engine)


@pytest.mark.parametrize("other", [6, 9])
def test_swapped_rows_are_found(engine: Engine, other: int) -> None:
    do(
        engine,
        "UPDATE history_event SET seq = -1 WHERE seq = 5",
        f"UPDATE history_event SET seq = 5 WHERE seq = {other}",
        f"UPDATE history_event SET seq = {other} WHERE seq = -1",
    )

    assert Finding(Tampering.REORDERED, 5, 5, other=other) == finding(engine)


def test_swapped_contents_are_found_though_the_hashes_stayed(engine: Engine) -> None:
    columns = "at, actor, action, instance_id, task_id, subject, reason, payload"
    do(
        engine,
        f"CREATE TEMPORARY TABLE held AS SELECT seq, {columns} FROM history_event WHERE seq IN (5, 8)",
        *(
            f"UPDATE history_event SET ({columns}) = (SELECT {columns} FROM held WHERE seq = {other})"
            f" WHERE seq = {here}"
            for here, other in ((5, 8), (8, 5))
        ),
    )

    assert Finding(Tampering.REORDERED, 5, 5, other=8) == finding(engine)


def test_an_inserted_row_is_found_though_its_own_hash_fits(engine: Engine) -> None:
    histories.put_in(engine, 5)

    found = finding(engine)

    assert (Tampering.INSERTED, 5, 5) == (found.kind, found.first, found.last)


def test_a_copy_of_an_old_row_at_the_end_is_found_and_nobody_else_accused(engine: Engine) -> None:
    columns = "at, actor, action, instance_id, task_id, subject, reason, payload"
    end = len(histories.rows(engine)) + 1
    do(
        engine,
        f"INSERT INTO history_event (seq, hash, {columns}) SELECT {end}, 'ab', {columns} FROM history_event"
        " WHERE seq = 5",
    )

    found = finding(engine)

    assert (Tampering.INSERTED, end, end) == (found.kind, found.first, found.last)


def test_a_row_before_the_first_is_found(engine: Engine) -> None:
    do(
        engine,
        "INSERT INTO history_event (seq, at, actor, action, payload, hash)"
        " SELECT -3, at, actor, action, payload, hash FROM history_event WHERE seq = 1",
    )

    assert (Tampering.INSERTED, -3) == (finding(engine).kind, finding(engine).first)


def test_a_cut_end_is_found_by_the_newest_checkpoint(engine: Engine) -> None:
    covered = verify(engine).witnessed
    do(engine, f"DELETE FROM history_event WHERE seq > {covered - 2}")

    assert Finding(Tampering.CUT, covered - 1, covered, checkpoint=2) == finding(engine)


def test_an_emptied_history_is_found(engine: Engine) -> None:
    covered = verify(engine).witnessed
    do(engine, "DELETE FROM history_event")

    assert Finding(Tampering.CUT, 1, covered, checkpoint=2) == finding(engine)


@pytest.mark.parametrize("first", [1, 5, 15])
def test_a_chain_computed_anew_is_found_by_the_next_checkpoint(engine: Engine, first: int) -> None:
    do(engine, f"UPDATE history_event SET actor = 'AG001' WHERE seq = {first}")
    histories.compute_anew(engine, first)

    found = finding(engine)

    assert Tampering.REWRITTEN is found.kind
    assert found.first is not None and found.last is not None
    assert found.first <= first <= found.last
    assert (1 if first < 10 else 2) == found.checkpoint


def test_rows_after_the_newest_checkpoint_have_no_witness_and_that_is_said(engine: Engine) -> None:
    covered = verify(engine).witnessed
    do(engine, f"UPDATE history_event SET actor = 'AG001' WHERE seq = {covered + 3}")
    histories.compute_anew(engine, covered + 3)

    verdict = verify(engine)

    assert verdict.is_sound
    assert covered == verdict.witnessed


def test_a_forged_checkpoint_is_found(engine: Engine) -> None:
    file = histories.file_of(engine, 1)
    forged = decode(file.read_bytes())
    file.unlink()
    file.write_bytes(replace(forged, at="2026-10-01T00:00:00.000000+00:00").encode())

    assert Finding(Tampering.CHECKPOINT_FORGED, checkpoint=1) == finding(engine)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[1]\n", id="another JSON"),
        pytest.param(b'{"number":1}\n', id="half of it"),
        pytest.param(b"\xff\xfe", id="no text"),
    ],
)
def test_a_file_that_is_no_checkpoint_is_named(engine: Engine, content: bytes) -> None:
    file = histories.file_of(engine, 2)
    file.unlink()
    file.write_bytes(content)

    assert Finding(Tampering.CHECKPOINT_FORGED, checkpoint=2) == finding(engine)


def test_a_checkpoint_signed_with_a_strange_key_is_found(engine: Engine) -> None:
    thief = SigningKey(b"t" * 32)
    do(engine, "UPDATE history_event SET actor = 'AG001' WHERE seq = 15")
    histories.compute_anew(engine, 15)
    file = histories.file_of(engine, 2)
    made = replace(decode(file.read_bytes()), key=thief.public)
    file.unlink()
    file.write_bytes(replace(made, signature=thief.sign(made.signed())).encode())

    assert Tampering.CHECKPOINT_UNKNOWN_KEY is finding(engine).kind
    assert 2 == finding(engine).checkpoint


@pytest.mark.parametrize("number", [1, 2])
def test_a_deleted_checkpoint_is_found(engine: Engine, number: int) -> None:
    histories.file_of(engine, number).unlink()

    assert Finding(Tampering.CHECKPOINT_MISSING, checkpoint=number) == finding(engine)


def test_an_older_checkpoint_under_another_number_is_found(engine: Engine) -> None:
    file = histories.file_of(engine, 2)
    file.unlink()
    file.write_bytes(histories.file_of(engine, 1).read_bytes())

    assert Finding(Tampering.CHECKPOINT_FORGED, checkpoint=2) == finding(engine)


def test_a_checkpoint_that_was_truly_signed_but_is_another_is_found(engine: Engine) -> None:
    key = engine.signing_key()
    file = histories.file_of(engine, 1)
    made = replace(decode(file.read_bytes()), at="2026-10-01T00:00:00.000000+00:00")
    file.unlink()
    file.write_bytes(replace(made, signature=key.sign(made.signed())).encode())

    assert Finding(Tampering.CHECKPOINT_REPLACED, checkpoint=1) == finding(engine)


def test_without_any_folder_the_missing_witness_is_said(engine: Engine) -> None:
    place = engine.settings.checkpoints
    assert place is not None
    place.rename(place.with_name("elsewhere"))

    verdict = verify(engine)

    assert verdict.is_sound
    assert "checkpoint 2" in verdict.warnings[0].en


def test_a_long_time_without_a_checkpoint_is_said(engine: Engine) -> None:
    for day in range(2):
        histories.happen(engine, 2, day=day)

    assert "There is no checkpoint since" in verify(engine).warnings[0].en


def test_keys_of_former_times_are_given(engine: Engine) -> None:
    old = engine.signing_key().public
    engine.settings = replace(engine.settings, checkpoint_key=b"n" * 32)

    assert Tampering.CHECKPOINT_UNKNOWN_KEY is finding(engine).kind
    assert verify(engine, keys=[old]).is_sound


def test_a_changed_key_goes_on_after_the_old_one(engine: Engine) -> None:
    old = engine.signing_key().public
    engine.settings = replace(engine.settings, checkpoint_key=b"n" * 32)

    taken = checkpoints.take_checkpoint(engine, actor=SYSTEM)

    assert taken is not None and 3 == taken.number
    assert base64.urlsafe_b64decode(taken.public_key) != base64.urlsafe_b64decode(old)
    assert verify(engine, keys=[old]).is_sound


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", list(Tampering))
@pytest.mark.one_database
def test_every_finding_says_which_row_or_file(kind: Tampering, lang: str) -> None:
    said = Finding(kind, 18, 21, checkpoint=7, other=30, detail="x").say(lang)

    expected = {
        "checkpoint": "7",
        "form_added": "30",
        "ledger_added": "x",
        "comment_added": "30",
        "consent_added": "30",
        "file_added": "30",
    }
    assert next((told for start, told in expected.items() if kind.startswith(start)), "18–21") in said
    assert "{" not in said


def test_figures_are_of_all_rows_in_little_memory(engine: Engine) -> None:
    seen: list[int] = []

    histories.happen(engine, 2500)
    verdict: Verdict = verify(engine, on_progress=seen.append)

    assert 2 == len(seen)
    assert verdict.rows == len(histories.rows(engine))
