"""Take signed checkpoints of the history and keep them outside the database (docs/audit.md)."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from engine.bootstrap import Engine
from engine.crypto import is_signed
from engine.domain.actor import SYSTEM, Actor
from engine.domain.chain import Chain, instant_text
from engine.domain.checkpoint import FIRST, Checkpoint, NotACheckpoint, checkpoint_of, decode
from engine.errors import BadInput, Conflict, EngineError
from engine.label import Label
from engine.store.checkpoints import CheckpointFolder
from engine.store.history import CHECKPOINT, HistoryEvent, last_seq, newest_checkpoint
from engine.store.history_rows import rows_from

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

EVERY = timedelta(hours=1)
LOCK = "checkpoint"
PATIENCE = 10


class NoCheckpointFolder(EngineError):
    """The settings name no folder for checkpoints."""

    code = "no_checkpoint_folder"
    zh = "没有存放检查点的文件夹。请设置 RENEWALS_CHECKPOINTS，指向数据库之外、数据库管理员不能改写的文件夹。"
    en = (
        "There is no folder for checkpoints. Set RENEWALS_CHECKPOINTS to one outside the database that its"
        " administrator cannot write to."
    )


class HistoryBroken(EngineError):
    """The history does not go on from the last checkpoint; a broken one is not signed."""

    code = "history_broken"
    zh = (
        "未签发检查点：历史第 {row} 行与散列链或上一个检查点不符。请运行 renewals audit verify 并报告审计员。"
    )
    en = (
        "No checkpoint was signed: history row {row} fits neither the chain nor the last checkpoint. Run renewals"
        " audit verify and tell the auditor."
    )


class CheckpointLost(EngineError):
    """The last checkpoint file is missing or not ours, so that no other can follow it."""

    code = "checkpoint_lost"
    zh = (
        "未签发检查点：{folder} 中没有完好的检查点 {number}。请核对 RENEWALS_CHECKPOINTS；"
        "若数据库是从备份恢复的，请移走旧文件，再运行 renewals audit checkpoint --restart 原因。"
    )
    en = (
        "No checkpoint was signed: {folder} holds no sound checkpoint {number}. See RENEWALS_CHECKPOINTS; if the"
        " database was restored from a backup, move the old files away and run renewals audit checkpoint"
        " --restart REASON."
    )


class CheckpointNotWritten(EngineError):
    """The folder could not be written to."""

    code = "checkpoint_not_written"
    zh = "检查点未写入 {folder}：{reason}。请检查 RENEWALS_CHECKPOINTS 的权限与磁盘空间；下一次将重试。"
    en = (
        "The checkpoint was not written to {folder}: {reason}. See to the rights of RENEWALS_CHECKPOINTS and the"
        " space on its disk; the next turn tries again."
    )


@dataclass(frozen=True, slots=True)
class CheckpointTaken:
    """A checkpoint that was written; *rows* of the history are covered by it."""

    number: int
    rows: int
    root: str
    file: Path
    public_key: str


def checkpoint_if_due(engine: Engine) -> CheckpointTaken | None:
    """Take a checkpoint when the last one is an hour old (by the engine's clock) and something happened since.

    Raises:
        HistoryBroken, CheckpointLost, CheckpointNotWritten: as :func:`take_checkpoint`.
    """
    if engine.settings.checkpoints is None or not _is_due(engine):
        return None
    try:
        return take_checkpoint(engine, actor=SYSTEM)
    except Conflict:
        return None  # another process is at it


def _is_due(engine: Engine) -> bool:
    now = engine.clock.now()
    with engine.store.reading() as session:
        newest, last = newest_checkpoint(session), last_seq(session)
    if newest is None:
        return last > 0
    return last > newest.seq and not newest.at <= now < newest.at + EVERY


def take_checkpoint(engine: Engine, *, actor: Actor, restart: str | None = None) -> CheckpointTaken | None:
    """Walk the history on from the last checkpoint, sign where it stands now, and record that.

    With *restart* (a reason) a new series begins in an empty folder. Returns None when nothing happened since.

    Raises:
        NoCheckpointFolder: the settings name none.
        CheckpointLost: the file that the new one would have to follow is missing or not ours.
        HistoryBroken: the rows since then are not as they were written.
        CheckpointNotWritten: the folder does not take it.
        BadInput: a restart in a folder that is not empty, or without a reason.
        Conflict: another process is at it.
    """
    if engine.settings.checkpoints is None:
        raise NoCheckpointFolder
    folder = CheckpointFolder(engine.settings.checkpoints)
    key = engine.signing_key()
    with engine.store.alone(LOCK, patience=PATIENCE) as hold:
        if hold is None:
            raise Conflict(what="checkpoint")
        with engine.store.reading() as session:
            newest = None
            if restart is None:
                newest = _newest(folder, newest_checkpoint(session), key.public)
            else:
                _require_fresh(folder, restart)
            chain = _walk_on(session, newest)
        if chain is None:
            return None
        now = engine.clock.now()
        made = checkpoint_of(
            chain,
            number=newest.number + 1 if newest else 1,
            at=instant_text(now),
            previous=newest.digest if newest else FIRST,
            key=key.public,
        )
        made = replace(made, signature=key.sign(made.signed()))
        file = _write(folder, made)
        _record(engine, made, actor=actor, now=now, reason=restart)
    return CheckpointTaken(made.number, made.rows, made.root, file, made.key)


def _newest(folder: CheckpointFolder, named: HistoryEvent | None, own_key: str) -> Checkpoint | None:
    """Return the folder's last checkpoint, if it is ours or the history knows it (the key may have changed).

    It may be one further than the history says: a crash came between its writing and its recording.
    """
    numbers = folder.numbers()
    known = named.payload if named is not None else {"number": 0}
    if not numbers and named is None:
        return None
    if not numbers or numbers[-1] < known["number"]:
        raise CheckpointLost(folder=folder.path, number=known["number"])
    try:
        newest = decode(folder.read(numbers[-1]))
    except NotACheckpoint as error:
        raise CheckpointLost(folder=folder.path, number=numbers[-1]) from error
    is_known = newest.digest == known.get("digest")
    is_newer = newest.number > known["number"] and newest.key == own_key
    is_itself = newest.number == numbers[-1] and is_signed(newest.signed(), newest.signature, by=newest.key)
    if not (is_known or is_newer) or not is_itself:
        raise CheckpointLost(folder=folder.path, number=numbers[-1])
    return newest


def _require_fresh(folder: CheckpointFolder, reason: str) -> None:
    if not reason.strip():
        raise BadInput(what="--restart", value=reason, reason=Label("请写明原因。", "give a reason."))
    if folder.numbers():
        raise BadInput(
            what="RENEWALS_CHECKPOINTS",
            value=folder.path,
            reason=Label(
                "文件夹中还有检查点，请先移走并妥善保存。", "move the checkpoints in it away and keep them."
            ),
        )


def _write(folder: CheckpointFolder, made: Checkpoint) -> Path:
    try:
        return folder.write(made)
    except OSError as error:
        raise CheckpointNotWritten(folder=folder.path, reason=error.strerror or str(error)) from error


def _walk_on(session: Session, newest: Checkpoint | None) -> Chain | None:
    """Return the chain with the rows after *newest*; None when there are none but the record of *newest*."""
    chain, happened = newest.chain() if newest else Chain(), False
    with closing(rows_from(session, newest.rows if newest else None)) as rows:
        if newest is not None:
            last = next(rows, None)
            if last is None or (last.seq, last.hash) != (newest.rows, newest.head):
                raise HistoryBroken(row=newest.rows)
        for row in rows:
            if not chain.accept(row):
                raise HistoryBroken(row=chain.size + 1)
            happened = happened or row.action != CHECKPOINT
    return chain if happened else None


def _record(engine: Engine, made: Checkpoint, *, actor: Actor, now: datetime, reason: str | None) -> None:
    with engine.store.transaction() as tx:
        tx.record(
            CHECKPOINT,
            at=now,
            actor=actor.name,
            subject=str(made.number),
            reason=reason,
            number=made.number,
            rows=made.rows,
            root=made.root,
            digest=made.digest,
        )


def taken_text(taken: CheckpointTaken, lang: str) -> str:
    """Say which checkpoint was taken, in one line."""
    if lang == "en":
        head = f"Checkpoint {taken.number} over {taken.rows} rows: {taken.file}"
        return f"{head}, root {taken.root}, public key {taken.public_key}"
    head = f"检查点 {taken.number}，共 {taken.rows} 行：{taken.file}"
    return f"{head}，根 {taken.root}，公钥 {taken.public_key}"
