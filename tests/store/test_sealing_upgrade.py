"""An installation of before is sealed by its upgrade: values stay, and no clear byte is left in the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from engine.clock import wall_now
from engine.crypto import STATE, derive
from engine.store import migrate
from engine.store.imports import ImportBatch, ImportRow
from engine.store.outbox import OutboxMessage
from engine.store.renewals import Customer, Vehicle
from engine.store.session import Store
from tests.support import databases

MASTER = bytes(range(32))
COUNT = 1203  # more than two batches
SECRETS = ("欧阳赛西莉亚", "13712345678", "110105194912310029", "川QZ7W93")


@pytest.fixture
def home(database: str, tmp_path: Path) -> Iterator[Path]:
    made = databases.create(database, tmp_path / "old")
    yield made
    databases.drop(made)


@pytest.fixture
def old(home: Path) -> Iterator[Store]:
    """A database at the revision before, with personal data in the clear."""
    store = Store(
        databases.environment(home)["RENEWALS_DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:"),
        MASTER,
    )
    migrate.upgrade(store.engine, MASTER, to="0006")
    with store.engine.begin() as connection:
        for table, rows in clear_rows().items():
            columns = ", ".join(f'"{name}"' for name in rows[0])
            values = ", ".join(f":{name}" for name in rows[0])
            connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), rows)
    yield store
    store.engine.dispose()


def clear_rows() -> dict[str, list[dict[str, Any]]]:
    name, phone, id_no, plate = SECRETS
    now = wall_now().isoformat()
    no = {"phone_doubtful": False, "do_not_contact": False}
    count = dict.fromkeys(("read", "new", "changed", "unchanged", "rejected", "started", "warnings"), 0)
    batch = {"id": 1, "kind": "pending", "source": "standard", "file_name": "a.csv", "file_sha256": "0"}
    return {
        "customer": [
            {"id": 1, "name": name, "id_no": id_no, "phone": phone, **no},
            *({"id": n, "name": f"客户{n}", "id_no": None, "phone": None, **no} for n in range(2, COUNT + 1)),
        ],
        "vehicle": [{"id": 1, "vin": "LSVAA4182E2123456", "plate": plate, "customer_id": 1}],
        "import_batch": [
            {
                **batch,
                **count,
                "content": f"{name},{phone}".encode(),
                "status": "previewed",
                "details": "{}",
                "created_at": now,
                "created_by": "cli",
            }
        ],
        "import_row": [
            {
                "id": 1,
                "batch_id": 1,
                "row_no": 2,
                "verdict": "accepted",
                "raw": f'{{"手机": "{phone}"}}',
                "problems": "[]",
            }
        ],
        "outbox_message": [
            {
                "id": 1,
                "key": "k",
                "channel": "sms",
                "template": "t",
                "recipient": phone,
                "text": f"{name}，您好",
                "status": "sent",
                "attempts": 1,
                "queued_at": now,
                "not_before": now,
            }
        ],
    }


def test_the_upgrade_keeps_every_value_and_makes_it_searchable(old: Store) -> None:
    name, phone, id_no, plate = SECRETS

    migrate.upgrade(old.engine, MASTER)

    with old.reading() as session:
        first = session.get_one(Customer, 1)
        assert (name, id_no, phone) == (first.name, first.id_no, first.phone)
        assert f"客户{COUNT}" == session.get_one(Customer, COUNT).name
        assert plate == session.get_one(Vehicle, 1).plate
        assert f"{name},{phone}".encode() == session.get_one(ImportBatch, 1).content
        row = session.get_one(ImportRow, 1)
        assert ({"手机": phone}, []) == (row.raw, row.problems)
        letter = session.get_one(OutboxMessage, 1)
        assert (phone, f"{name}，您好") == (letter.recipient, letter.text)
        shown = session.execute(text("SELECT recipient_masked FROM v_outbox")).scalar_one()
        assert "137****5678" == shown
        for clause in (Customer.phone.ends_with(session, "5678"), Customer.name.is_(session, name)):
            assert [1] == [row.id for row in session.query(Customer).filter(clause)]
    assert derive(MASTER, STATE) == old.vault.state_key(), "stored states stay valid"


def test_no_clear_byte_stays_in_the_file(old: Store, home: Path, database: str) -> None:
    migrate.upgrade(old.engine, MASTER)

    old.engine.dispose()
    if database == "sqlite":
        content = b"".join(
            path.read_bytes() for path in home.iterdir() if path.name.startswith("renewals.db")
        )
        assert len(content) > 100_000
        assert [] == [secret for secret in SECRETS if secret.encode() in content]


def test_an_upgrade_that_breaks_off_leaves_the_database_as_it_was(
    old: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.vault.Vault.index", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        migrate.upgrade(old.engine, MASTER)

    assert "0006" == migrate.current(old.engine)
    with old.engine.connect() as connection:
        assert SECRETS[0] == connection.execute(text("SELECT name FROM customer WHERE id = 1")).scalar_one()
    monkeypatch.undo()
    assert migrate.head() == migrate.upgrade(old.engine, MASTER)
