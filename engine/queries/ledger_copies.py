"""The copies of the workplace ledgers that are frozen week by week, as a person sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import business_date
from engine.domain.actor import Actor
from engine.domain.codes import Role
from engine.domain.commitment import commit_to_copy
from engine.domain.ledger import LedgerHead, LedgerRow, Period, count, row_from_json
from engine.domain.reach import oversees_workplace, serves_workplace
from engine.errors import NotFound
from engine.label import Thing
from engine.queries.keyset import pack_position, unpack_position
from engine.queries.names import actor_names
from engine.queries.present import Present
from engine.queries.scope import renewals_visible_to
from engine.store.ledger import AT_ONCE, LedgerCopy, confirmations_of, copies_of, digest_of, find_copy
from engine.store.organisation import directory_on
from engine.store.renewals import Renewal

LEDGER_READERS = frozenset(Role) - {Role.AGENT}
"""Who keeps or reads a workplace's book; an agent has the own list of renewals."""
PAGE = 50
SHOWN_COPIES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLine:
    """One frozen copy in the list; ``is_late`` when it was made after the day it was due."""

    id: int
    week: str
    frozen_at: datetime
    rows: int
    is_late: bool
    confirmed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Who confirmed a copy, as what, and when."""

    who: str
    role: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPage:
    """One page of a frozen copy; ``is_sound`` tells that it says what the history committed to.

    ``seen`` of its ``kept`` rows lie in the person's scope.
    """

    id: int
    week: str
    head: LedgerHead
    rows: tuple[LedgerRow, ...]
    first_no: int
    frozen_at: datetime
    due_at: datetime
    digest: str | None
    is_sound: bool
    is_whole: bool
    seen: int
    kept: int
    may_confirm: bool
    confirmed: tuple[Confirmation, ...]
    next_position: str | None


def copy_lines(session: Session, code: str, present: Present) -> tuple[CopyLine, ...]:
    """Return the newest copies of a workplace with who confirmed them; three statements."""
    copies = copies_of(session, code, limit=SHOWN_COPIES)
    words = confirmations_of(session, [copy.id for copy in copies])
    names = actor_names(session, {word.confirmed_by for word in words})
    confirmed: dict[int, list[str]] = {}
    for word in words:
        confirmed.setdefault(word.copy_id, []).append(names.get(word.confirmed_by, word.confirmed_by))
    return tuple(
        CopyLine(
            id=copy.id,
            week=copy.week,
            frozen_at=copy.frozen_at,
            rows=copy.row_count,
            is_late=_is_late(copy, present),
            confirmed_by=tuple(confirmed.get(copy.id, ())),
        )
        for copy in copies
    )


def _is_late(copy: LedgerCopy, present: Present) -> bool:
    frozen, due = (business_date(moment, present.zone) for moment in (copy.frozen_at, copy.due_at))
    return frozen > due


def copy_page(
    session: Session,
    actor: Actor,
    copy_id: int,
    present: Present,
    *,
    after: str | None = None,
    limit: int | None = PAGE,
) -> CopyPage:
    """Return one page of a frozen copy, or all of it without *limit*: the rows of *actor*'s scope.

    Whoever oversees the workplace sees all of it; others the rows they answered for then, or that are in their
    scope now.

    Raises:
        NotFound: no such copy, or no row of it is in *actor*'s scope; both look the same.
        BadInput: the position was changed by hand.
    """
    copy = find_copy(session, copy_id)
    directory = directory_on(session, present.today)
    content = copy.body
    kept = [row_from_json(row) for row in content["rows"]]
    rows = kept if oversees_workplace(actor, copy.workplace_code) else _rows_of(session, actor, kept)
    serves = serves_workplace(actor, directory, copy.workplace_code)
    if not actor.roles & LEDGER_READERS or not (rows or rows is kept or serves):
        raise NotFound(what=Thing.LEDGER_COPY, key=copy_id)
    start = unpack_position(after, int)[0] if after else 0
    end = len(rows) if limit is None else start + limit
    digest = digest_of(session, copy)
    confirmed = _confirmations(session, copy)
    return CopyPage(
        id=copy.id,
        week=copy.week,
        head=LedgerHead(
            workplace_code=copy.workplace_code,
            workplace=copy.workplace,
            trainers=tuple(content["trainers"]),
            specialists=tuple(content["specialists"]),
            period=Period(copy.period_first, copy.period_last),
            day=date.fromisoformat(content["day"]),
            counts=count(row.standing for row in rows),
        ),
        rows=tuple(rows[start:end]),
        first_no=start + 1,
        frozen_at=copy.frozen_at,
        due_at=copy.due_at,
        digest=digest,
        is_sound=digest == _digest_of(copy, content),
        is_whole=len(rows) == len(kept),
        seen=len(rows),
        kept=len(kept),
        may_confirm=serves and all(actor.name != name for name, _ in confirmed),
        confirmed=tuple(one for _, one in confirmed),
        next_position=pack_position(end) if end < len(rows) else None,
    )


def _rows_of(session: Session, actor: Actor, kept: Sequence[LedgerRow]) -> list[LedgerRow]:
    ids = [row.renewal_id for row in kept]
    now = {
        renewal_id
        for start in range(0, len(ids), AT_ONCE)
        for renewal_id in session.scalars(
            select(Renewal.id).where(renewals_visible_to(actor), Renewal.id.in_(ids[start : start + AT_ONCE]))
        )
    }
    return [row for row in kept if row.renewal_id in now or actor.numbers & set(row.numbers)]


def _digest_of(copy: LedgerCopy, content: Mapping[str, Any]) -> str:
    return commit_to_copy(copy.salt, workplace_code=copy.workplace_code, week=copy.week, content=content)


def _confirmations(session: Session, copy: LedgerCopy) -> list[tuple[str, Confirmation]]:
    words = confirmations_of(session, [copy.id])
    names = actor_names(session, {word.confirmed_by for word in words})
    return [
        (
            word.confirmed_by,
            Confirmation(
                who=names.get(word.confirmed_by, word.confirmed_by), role=word.role, at=word.confirmed_at
            ),
        )
        for word in words
    ]
