"""Check the statements of consent against what the history said when they were recorded."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine.domain.chain import ChainRow, instant_text
from engine.domain.tampering import Finding, Tampering
from engine.queries.opening import readable
from engine.store.consents import CONSENTED, WITHDRAWN, Consent, commitment_to

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

AT_ONCE = 500
Facts = tuple[Any, ...]
"""What the event says of a statement: renewal, task, time, person, kind, direction, days, how and text."""


class ConsentEvidence:
    """Looks statements up, some hundred at a time; keeps the first fault.

    Since each has a salt, its event holds its number and a hash over all of it. Of the others, from before, the
    event's own facts are compared; neither the proof nor the customer stands there.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.checked = 0
        self.fault: Finding | None = None
        self._waiting: dict[int, tuple[ChainRow, str]] = {}
        self._vouched: set[int] = set()
        self._older: dict[Facts, list[int]] = {}

    def note(self, row: ChainRow) -> None:
        """Remember what a row of the history says of a statement, if it does."""
        if row.action not in (CONSENTED, WITHDRAWN) or row.fields is None:
            return
        told: Any = row.fields[-1] if isinstance(row.fields[-1], dict) else {}
        number, digest = told.get("consent_id"), told.get("consent_hash")
        if isinstance(number, int) and isinstance(digest, str):
            self._waiting[number] = row, digest
            self._vouched.add(number)
        else:
            self._older.setdefault(_told(row, told), []).append(row.seq)
        if len(self._waiting) >= AT_ONCE:
            self.look()

    def look(self) -> None:
        """Compare what was noted with what is stored."""
        found = readable(list(self._waiting), self._digests)
        self.checked += len(self._waiting)
        for number, (row, digest) in self._waiting.items():
            if found.get(number) != digest:
                self._keep(_edited(row.seq, _renewal(row), str(number)))
        self._waiting.clear()

    def finish(self) -> None:
        """Look for statements that no row of the history speaks of; call after the last row."""
        self.look()
        self.checked += sum(map(len, self._older.values()))
        numbers = self.session.scalars(select(Consent.id).order_by(Consent.id)).all()
        added = [number for number in numbers if number not in self._vouched]
        unknown = [number for number in added if not self._is_of_before(number)]
        for facts, rows in self._older.items():
            for seq in rows:
                self._keep(_edited(seq, facts[0], str(facts[6])))
        if unknown:
            renewal = self.session.scalar(select(Consent.instance_id).where(Consent.id == unknown[0]))
            self._keep(Finding(Tampering.CONSENT_ADDED, other=renewal, detail=str(unknown[0])))

    def _is_of_before(self, number: int) -> bool:
        """Whether an event without a hash speaks of the statement; that event is used up then."""
        facts = readable([number], self._facts).get(number)
        rows = self._older.get(facts) if facts is not None else None
        if not rows:
            return False
        rows.pop(0)
        return True

    def _keep(self, finding: Finding) -> None:
        self.fault = self.fault or finding

    def _digests(self, numbers: Collection[int]) -> dict[int, str]:
        rows = self.session.scalars(select(Consent).where(Consent.id.in_(numbers))).all()
        found = {row.id: commitment_to(row) for row in rows if row.salt is not None}
        self.session.expunge_all()
        return found

    def _facts(self, numbers: Collection[int]) -> dict[int, Facts]:
        rows = self.session.scalars(
            select(Consent).where(Consent.id.in_(numbers), Consent.salt.is_(None))
        ).all()
        return {row.id: _stored(row) for row in rows}


def _edited(seq: int, renewal_id: int | None, detail: str) -> Finding:
    return Finding(Tampering.CONSENT_EDITED, seq, seq, other=renewal_id, detail=detail)


def _renewal(row: ChainRow) -> int | None:
    return row.fields[3] if row.fields is not None else None


def _told(row: ChainRow, told: Any) -> Facts:
    at, by, action, instance_id, task_id, *_ = row.fields or ()
    names = ("said_on", "valid_until", "method", "wording")
    return instance_id, task_id, at, by, told.get("kind"), action == CONSENTED, *map(told.get, names)


def _stored(row: Consent) -> Facts:
    until = row.valid_until.isoformat() if row.valid_until else None
    at, day = instant_text(row.recorded_at), row.said_on.isoformat()
    where = (row.instance_id, row.task_id, at, row.recorded_by)
    return *where, row.kind, row.is_given, day, until, row.method, row.wording
