"""The consents of a customer as the file shows them: where each kind stands, and everything that was said."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from engine.domain.consents import ConsentKind, ConsentMethod, ConsentState, deciding, holding, standing
from engine.label import Label
from engine.queries.names import actor_names
from engine.store.consents import Consent, consents_of
from engine.store.renewals import STOPS, Customer


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentLine:
    """Where one kind stands, and in words what that allows.

    ``said_on`` is the day of the word that counts, or of the consent that ran out; None where none was recorded.
    """

    kind: ConsentKind
    label: Label
    wording: Label
    state: ConsentState
    says: Label
    said_on: date | None
    valid_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWord:
    """One statement as it was recorded; ``evidence`` says where the proof lies."""

    what: Label
    is_given: bool
    said_on: date
    valid_until: date | None
    method: Label
    wording: str
    evidence: str | None
    by: str
    at: datetime
    renewal_id: int
    task_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consents:
    """All kinds, and the statements recorded within the reader's scope, the newest first."""

    lines: tuple[ConsentLine, ...]
    words: tuple[ConsentWord, ...]

    @property
    def all_answered(self) -> bool:
        """Whether the customer was asked about every kind, whatever the answer."""
        return all(line.state is not ConsentState.UNASKED for line in self.lines)


def consents_shown(
    session: Session, members: Sequence[Customer], today: date, *, seen: Collection[int]
) -> Consents:
    """Return what the rows *members*, which are one customer, agreed to; two statements.

    Where a kind stands holds for every row, wherever the word was taken. Who took it, where and with what proof is
    told of the rows *seen* alone: the others lie outside the reader's scope.
    """
    rows = consents_of(session, [row.id for row in members])
    told = [row for row in rows if row.customer_id in seen]
    names = actor_names(session, {row.recorded_by for row in told})
    return Consents(
        lines=tuple(_line(kind, rows, members, today) for kind in ConsentKind),
        words=tuple(_word(row, names) for row in reversed(told)),
    )


def _line(
    kind: ConsentKind, rows: Sequence[Consent], members: Sequence[Customer], today: date
) -> ConsentLine:
    statements = [row.statement for row in rows]
    last, state = (
        holding(statements, kind, today) or deciding(statements, kind),
        standing(statements, kind, today),
    )
    if any(getattr(row, STOPS[kind]) for row in members):
        state = (
            ConsentState.WITHDRAWN
        )  # also of before consents were kept, or of a row that was found to be the same
        last = None if last is not None and last.is_given else last
    return ConsentLine(
        kind=kind,
        label=kind.label,
        wording=kind.wording,
        state=state,
        says=kind.unasked if state is ConsentState.UNASKED else state.label,
        said_on=last.said_on if last else None,
        valid_until=last.valid_until if last else None,
    )


def _word(row: Consent, names: Mapping[str, str]) -> ConsentWord:
    return ConsentWord(
        what=ConsentKind(row.kind).label,
        is_given=row.is_given,
        said_on=row.said_on,
        valid_until=row.valid_until,
        method=ConsentMethod(row.method).label,
        wording=row.wording,
        evidence=row.evidence,
        by=names.get(row.recorded_by, row.recorded_by),
        at=row.recorded_at,
        renewal_id=row.instance_id,
        task_id=row.task_id,
    )
