"""Check frozen ledgers against what the history committed to when they were frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine.domain.chain import ChainRow
from engine.domain.commitment import commit_to_copy
from engine.domain.tampering import Finding, Tampering
from engine.queries.opening import DAMAGED
from engine.store.ledger import FROZEN, LedgerCopy

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class LedgerEvidence:
    """Looks each frozen ledger up as its event comes by; keeps the first fault."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.fault: Finding | None = None
        self._vouched: set[str] = set()

    def note(self, row: ChainRow) -> None:
        """Compare the copy that a row of the history speaks of with what is stored, if it speaks of one."""
        if row.action != FROZEN or row.fields is None:
            return
        subject, payload = str(row.fields[5]), row.fields[-1]
        told: Any = payload if isinstance(payload, dict) else {}
        self._vouched.add(subject)
        if self.fault is None and self._digest(subject) != told.get("digest"):
            self.fault = Finding(Tampering.LEDGER_EDITED, row.seq, row.seq, detail=subject)

    def finish(self) -> None:
        """Look for a copy that no row of the history speaks of; call after the last row."""
        stored = self.session.execute(select(LedgerCopy.workplace_code, LedgerCopy.week)).all()
        added = next((name for one in stored if (name := f"{one[0]}:{one[1]}") not in self._vouched), None)
        if self.fault is None and added is not None:
            self.fault = Finding(Tampering.LEDGER_ADDED, detail=added)

    def _digest(self, subject: str) -> str | None:
        """The hash of the copy as it is now; None when it is gone or cannot be read."""
        code, _, week = subject.rpartition(":")
        query = select(LedgerCopy).where(LedgerCopy.workplace_code == code, LedgerCopy.week == week)
        try:
            copy = self.session.scalar(query)
            if copy is None:
                return None
            digest = commit_to_copy(copy.salt, workplace_code=code, week=week, content=copy.body)
        except DAMAGED:
            return None
        self.session.expunge(copy)
        return digest
