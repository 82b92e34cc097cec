"""Outside effects: queued in the step's transaction, delivered afterwards, once per key."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from engine.bootstrap import Engine
from engine.domain.codes import OutboxStatus
from engine.store.outbox import OutboxMessage, ids_to_send, lock_message
from engine.store.session import Tx

BATCH = 200


def queue(
    tx: Tx,
    *,
    key: str,
    business_key: str | None,
    instance_id: int | None,
    channel: str,
    template: str,
    recipient: str,
    text: str,
    now: datetime,
    not_before: datetime | None = None,
) -> None:
    """Queue one message; the same *key* is never queued twice."""
    tx.send(
        OutboxMessage(
            key=key,
            business_key=business_key,
            instance_id=instance_id,
            channel=channel,
            template=template,
            recipient=recipient,
            text=text,
            status=str(OutboxStatus.QUEUED),
            queued_at=now,
            not_before=not_before or now,
        )
    )


def send_queued(engine: Engine, *, now: datetime) -> int:
    """Deliver what is due; returns how many left. A message whose renewal ended is withheld."""
    with engine.store.reading() as session:
        ids = ids_to_send(session, now, limit=BATCH)
    sent = 0
    for message_id in ids:
        sent += _send_one(engine, message_id, now)
    return sent


def _send_one(engine: Engine, message_id: int, now: datetime) -> int:
    with engine.store.transaction() as tx:
        message, ended = lock_message(tx, message_id)
        if message.status != OutboxStatus.QUEUED:
            return 0
        if ended:
            message.status = str(OutboxStatus.WITHHELD)
            tx.record(
                "message_withheld",
                at=now,
                actor="system",
                instance_id=message.instance_id,
                subject=message.key,
            )
            return 0
        message.attempts += 1
        _DRIVERS["file"](engine.settings.sink, message, now)
        message.status, message.sent_at, message.provider_id = (
            str(OutboxStatus.SENT),
            now,
            f"file-{message.id}",
        )
        tx.record(
            "message_sent",
            at=now,
            actor="system",
            instance_id=message.instance_id,
            subject=message.key,
            channel=message.channel,
            template=message.template,
        )
    return 1


def _to_file(path: Path, message: OutboxMessage, now: datetime) -> None:
    """Append one JSON line (architecture.md §6.6)."""
    line = {
        "key": message.key,
        "channel": message.channel,
        "to": message.recipient,
        "text": message.text,
        "at": now.isoformat(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as sink:
        sink.write(json.dumps(line, ensure_ascii=False) + "\n")
        sink.flush()
        os.fsync(sink.fileno())


_DRIVERS: dict[str, Callable[[Path, OutboxMessage, datetime], None]] = {"file": _to_file}
