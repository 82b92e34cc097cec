"""Who steals the database, its backup or the folder beside it reads nobody's name, number, phone or plate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, Table, select, text

from admin.app import create_app
from engine import api
from engine.api import SYSTEM, Engine, StepFailed, actor_of, build_engine
from engine.services import outbox
from engine.spiff import runner
from engine.store.personal import sealed_fields
from engine.tables import Person
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv
from tests.support.console import TODAY, renewal_of, signed_in, task_of
from tests.support.form_samples import POLICY_NO, variants_on

CAR = 55
NAME, OTHER_NAME = "欧阳赛西莉亚", "慕容格桑梅朵"
ID_NO = "110105194912310029"
PHONE, NEW_PHONE, STAFF_PHONE, TYPED = "13712345678", "13787654321", "13611223344", "13655667788"
PLATE, NEW_PLATE = "川QZ7W93", "川QX8V64"
SECRETS = (NAME, OTHER_NAME, ID_NO, PHONE, NEW_PHONE, STAFF_PHONE, TYPED, PLATE, NEW_PLATE)
NOT_PART = ("sent.jsonl", "data_key", "secret_key", "database.url")
"""The letters that left the house, which must say whom they are for, and the keys."""


def spellings(secret: str) -> Iterator[bytes]:
    """The bytes under which *secret* could lie somewhere: plain, in JSON, as PostgreSQL prints bytes, UTF-16."""
    raw = secret.encode()
    yield raw
    yield secret.encode("unicode_escape")
    yield secret.encode("unicode_escape").upper().replace(b"\\U", b"\\u")
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield secret.encode("utf-16-le")
    yield secret.encode("gb18030")


def found_in(content: bytes) -> set[str]:
    return {secret for secret in SECRETS for spelling in spellings(secret) if spelling in content}


@dataclass
class Desk:
    """An installation in which everything happened that could leave a personal value behind."""

    engine: Engine
    home: Path

    def files(self) -> Iterator[tuple[str, bytes]]:
        for path in sorted(self.home.rglob("*")):
            if path.is_file() and path.name not in NOT_PART:
                yield path.name, path.read_bytes()

    def columns(self) -> Iterator[tuple[str, bytes]]:
        """Every column of every table and view, as text."""
        meta = MetaData()
        meta.reflect(self.engine.store.engine, views=True)
        with self.engine.store.engine.connect() as connection:
            for table in meta.tables.values():
                yield from self._of(connection, table)

    def _of(self, connection: Any, table: Table) -> Iterator[tuple[str, bytes]]:
        shared = self.engine.store.is_shared
        for column in table.columns:
            written = f'CAST("{column.name}" AS TEXT)' if shared else f'CAST("{column.name}" AS BLOB)'
            for (value,) in connection.execute(text(f'SELECT {written} FROM "{table.name}"')):
                if value is not None:
                    yield f"{table.name}.{column.name}", value if isinstance(value, bytes) else value.encode()


def row(**more: Any) -> dict[str, Any]:
    whole = {"车主": NAME, "证件号码": ID_NO, "手机": PHONE, "车牌号": PLATE}
    expiry = TODAY + timedelta(days=35)
    return {
        **policy(CAR, expiry, agent="AG001", sub_branch="PC330101", 职场="ZC01"),
        **whole,
        **more,
    }


@pytest.fixture
def desk(book: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    lists(book)
    people(book)
    forms(book, monkeypatch)
    messages(book)
    reads(book)
    return Desk(book, tmp_path / "book")


def lists(engine: Engine) -> None:
    """A new vehicle, its corrected plate, a refused row, a preview that nobody confirms."""
    rows = [row(), row(车架号="LSVTOOSHORT", 车主=OTHER_NAME, 手机=TYPED)]
    for name, found in {"a.csv": rows, "b.csv": [row(车牌号=NEW_PLATE)]}.items():
        batch = api.preview_list(engine, standard_csv(found), name, "standard", actor=SYSTEM)
        api.commit_batch(engine, batch, actor=SYSTEM)
        api.error_file(engine, batch, actor=SYSTEM)
    api.preview_list(engine, standard_csv([row(手机=NEW_PHONE)]), "c.csv", "standard", actor=SYSTEM)


def people(engine: Engine) -> None:
    with engine.store.transaction() as tx:
        tx.scalars(select(Person)).all()[0].phone = STAFF_PHONE


def forms(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A completed task, a draft, a new phone, and a step that fails with what was typed."""
    told = f"{NAME} 的电话改为 {TYPED}，车牌 {NEW_PLATE}"
    dispatch = task_of(engine, CAR, "dispatch_list")
    do(engine, dispatch, answers.dispatch_list(TODAY, agent_no="AG001"))
    contact = task_of(engine, CAR, "record_contact")
    who = actor_of(engine, contact.assignee_no or "")
    api.save_draft(engine, contact.id, {"result": "21", "note": told}, actor=who)
    with monkeypatch.context() as patched, pytest.raises(StepFailed):
        patched.setattr(runner, "complete", lambda *_a, **_k: fail(told))
        do(engine, contact, answers.record_contact(TODAY, "12", note=told))
    do(engine, contact, answers.record_contact(TODAY, "51", note=told, policy_no=POLICY_NO))
    change = task_of(engine, CAR, "update_customer")
    values = variants_on(TODAY)["update_customer"]["changed"]
    do(engine, change, {**values, "new_phone": NEW_PHONE})


def do(engine: Engine, task: Any, values: dict[str, Any]) -> None:
    api.complete_task(engine, task.id, values, actor=actor_of(engine, task.assignee_no or ""))


def fail(told: str) -> None:
    raise ValueError(f"no such thing: {told}")


def messages(engine: Engine) -> None:
    """One in, that speaks of people; one out, to the customer, by a channel that fails."""
    new = {
        "expiry_date": (TODAY + timedelta(days=33)).isoformat(),
        "reason": f"{NAME} {TYPED} 来电更正",
    }
    api.deliver_message(engine, "expiry_changed", str(renewal_of(engine, CAR)), data=new, actor=SYSTEM)
    with engine.store.transaction() as tx:
        outbox.queue(
            tx,
            key="letter:1",
            business_key=None,
            instance_id=None,
            channel="sms",
            template="letter",
            recipient=NEW_PHONE,
            text=f"{NAME}，您的车 {NEW_PLATE} 即将到期",
            audience="customer",
            now=engine.clock.now(),
        )
    api.send_queued(engine, now=engine.clock.now())


def reads(engine: Engine) -> None:
    """Pages with searches, a value in the clear, an export."""
    agent = signed_in(create_app(engine), "AG001")
    for wanted in (NAME, PHONE, NEW_PLATE, NEW_PHONE[-4:]):
        agent.get(f"/renewals?q={wanted}")
    agent.get(f"/renewals/{renewal_of(engine, CAR)}")
    for field in ("name", "phone", "id_no", "plate"):
        who = actor_of(engine, "AG001")
        api.reveal(
            engine, renewal_of(engine, CAR), field, reason=f"核对 {NEW_PHONE}", actor=who, address=None
        )
    signed_in(create_app(engine), "AU01").get("/admin/renewals/export/csv/")


def test_nothing_personal_can_be_read_without_the_keys(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    told = {place: secrets for place, content in desk.columns() if (secrets := found_in(content))}
    kept = {name: secrets for name, content in desk.files() if (secrets := found_in(content))}

    assert {} == told
    assert {} == kept
    assert set() == found_in(caplog.text.encode())


def test_the_values_are_all_there_for_who_has_the_keys(desk: Desk) -> None:
    """The search above would also find nothing in a database where nothing was stored."""
    engine = build_engine(desk.engine.settings)
    with engine.store.reading() as session:
        stored = " ".join(
            str(getattr(row, field.name))
            if field.name != "content"
            else getattr(row, field.name).decode("utf-8-sig")
            for kind, fields in sealed_fields().items()
            for row in session.scalars(select(kind))
            for field in fields
        )
    engine.store.engine.dispose()

    assert set(SECRETS) == {secret for secret in SECRETS if secret in stored}
