"""Check the history against itself and against the checkpoints kept outside the database (docs/audit.md)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from engine.bootstrap import Engine
from engine.domain.chain import Chain, ChainRow
from engine.domain.codes import Label
from engine.domain.tampering import Finding, Tampering
from engine.queries.consent_evidence import ConsentEvidence
from engine.queries.form_evidence import FormEvidence
from engine.queries.ledger_evidence import LedgerEvidence
from engine.queries.note_evidence import NoteEvidence
from engine.queries.row_breaks import name_break
from engine.queries.witness_files import WitnessFiles
from engine.store.checkpoints import CheckpointFolder
from engine.store.history import CHECKPOINT
from engine.store.history_rows import rows_from

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Progress = Callable[[int], None]
PROGRESS_EVERY = 1000
LONGEST_SILENCE = timedelta(hours=2)
"""The ticker takes a checkpoint each hour; after this long without one somebody should look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found: figures of what was walked, and the first thing wrong with rows and with files.

    The rows up to ``witnessed`` are covered by a signed checkpoint; for later ones only their chain speaks.
    ``forms`` counts the submitted forms that were compared with what the history says of them, ``notes`` the comments
    and files, ``consents`` the statements of customers. ``first_at`` and ``last_at`` are the times of the first and the
    last row, in UTC; a virtual clock may have been put back between them.
    """

    rows: int
    first_at: str | None
    last_at: str | None
    checkpoints: int
    newest_checkpoint: int | None
    newest_checkpoint_at: str | None
    witnessed: int
    forms: int
    notes: int
    consents: int
    public_key: str
    findings: tuple[Finding, ...]
    warnings: tuple[Label, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify(engine: Engine, *, keys: Collection[str] = (), on_progress: Progress | None = None) -> Verdict:
    """Walk the whole history once and name the first row that is not as it was written.

    In constant memory, but for the numbers of comments and files.

    *keys* are public keys to trust beside the engine's own.
    """
    own = engine.signing_key().public
    place = engine.settings.checkpoints
    witness = WitnessFiles(CheckpointFolder(place) if place else None, {own, *keys})
    with engine.store.reading() as session:
        walk = _Walk(session, witness, on_progress)
        broken = walk.run()
    witness.finish()
    if walk.named is not None:
        witness.compare(*walk.named)
    newest = witness.newest
    return Verdict(
        rows=walk.chain.size,
        first_at=walk.first_at,
        last_at=walk.last_at,
        checkpoints=witness.count,
        newest_checkpoint=newest.number if newest else None,
        newest_checkpoint_at=newest.at if newest else None,
        witnessed=witness.witnessed,
        forms=walk.forms.checked,
        notes=walk.notes.checked,
        consents=walk.consents.checked,
        public_key=own,
        findings=tuple(
            found
            for found in (
                broken,
                walk.forms.fault,
                walk.notes.fault,
                walk.consents.fault,
                walk.ledgers.fault,
                witness.fault,
            )
            if found is not None
        ),
        warnings=tuple(_warnings(walk, witness)),
    )


class _Walk:
    """The rows in order, each against the one before it and against the checkpoint that ends with it."""

    def __init__(self, session: Session, witness: WitnessFiles, on_progress: Progress | None) -> None:
        self.session = session
        self.witness = witness
        self.on_progress = on_progress
        self.chain = Chain()
        self.forms = FormEvidence(session)
        self.notes = NoteEvidence(session)
        self.consents = ConsentEvidence(session)
        self.ledgers = LedgerEvidence(session)
        self.first_at: str | None = None
        self.last_at: str | None = None
        self.named: tuple[int, str] | None = None
        """Number and digest of the last checkpoint that the history itself speaks of."""

    def run(self) -> Finding | None:
        try:
            broken = self._first_break() or self.witness.cut(self.chain)
            if broken is None:
                self.forms.finish()
                self.notes.finish()
                self.consents.finish()
                self.ledgers.finish()
            else:
                self.forms.look()
                self.notes.look()
                self.consents.look()
            return broken
        except DBAPIError as error:
            here = self.chain.size + 1
            return Finding(Tampering.UNREADABLE, here, here, detail=type(error.orig).__name__)

    def _first_break(self) -> Finding | None:
        with closing(rows_from(self.session)) as rows:
            for row in rows:
                if not self.chain.accept(row):
                    return name_break(self.chain, row, lambda seq: rows_from(self.session, seq))
                self._note(row)
                if (rewritten := self.witness.rewritten(self.chain)) is not None:
                    return rewritten
        return None

    def _note(self, row: ChainRow) -> None:
        self.first_at = self.first_at or row.at
        self.last_at = row.at
        self.forms.note(row)
        self.notes.note(row)
        self.consents.note(row)
        self.ledgers.note(row)
        if row.action == CHECKPOINT:
            self.named = _named(row) or self.named
        if self.on_progress is not None and self.chain.size % PROGRESS_EVERY == 0:
            self.on_progress(PROGRESS_EVERY)


def _named(row: ChainRow) -> tuple[int, str] | None:
    payload: Any = row.fields[-1] if row.fields else None
    if not isinstance(payload, dict):
        return None
    match payload.get("number"), payload.get("digest"):
        case int(number), str(digest):
            return number, digest
        case _:
            return None


def _warnings(walk: _Walk, witness: WitnessFiles) -> Iterator[Label]:
    if walk.named is not None and not witness.is_there():
        yield Label(
            f"历史提到检查点 {walk.named[0]}，但此处没有检查点文件夹，末尾是否被截去无从证明。"
            "请把 RENEWALS_CHECKPOINTS 指向存放检查点的文件夹。",
            f"The history names checkpoint {walk.named[0]}, but there is no folder of checkpoints here: a cut end"
            " could not be seen. Let RENEWALS_CHECKPOINTS name the folder that holds them.",
        )
    elif witness.count == 0 and walk.chain.size:
        yield Label(
            "尚无检查点：数据库之外没有任何证明。请运行 renewals audit checkpoint；服务运行时每小时自动签发。",
            "There is no checkpoint yet: nothing outside the database bears witness. Run renewals audit checkpoint;"
            " a running server takes one each hour.",
        )
    if witness.newest is not None and walk.last_at and _is_late(witness.newest.at, walk.last_at):
        yield Label(
            f"自 {witness.newest.at} 起没有新的检查点，而历史已写到 {walk.last_at}；请检查定时器是否在运行。",
            f"There is no checkpoint since {witness.newest.at}, but rows up to {walk.last_at}; see whether the"
            " ticker runs.",
        )


def _is_late(newest: str, last: str) -> bool:
    return datetime.fromisoformat(last) - datetime.fromisoformat(newest) > LONGEST_SILENCE
