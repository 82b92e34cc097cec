"""The workplace renewal ledger as a person sees it: as it is now, page by page or whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.ledger import (
    Counts,
    LedgerHead,
    LedgerRow,
    Period,
    Standing,
    months_of,
    outcomes_of,
    working_period,
)
from engine.domain.org import UnitKind
from engine.domain.reach import oversees_workplace, serves_workplace
from engine.errors import BadInput, NotFound
from engine.label import Label, Thing
from engine.queries.diagram import DeployedOf
from engine.queries.keyset import beyond, pack_position, unpack_position
from engine.queries.ledger_copies import PAGE, CopyLine, copy_lines
from engine.queries.names import people_told_apart, unit_names
from engine.queries.present import Present
from engine.queries.scope import renewals_visible_to
from engine.queries.served import units_to_open_with
from engine.store.ledger import (
    ORDER,
    all_ledger_rows,
    ledger_query,
    ledger_rows,
    of_workplace,
)
from engine.store.organisation import directory_on
from engine.store.renewals import Renewal

SHEET_ROWS = 20_000
SHOWN_WORKPLACES = 200
LONGEST = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerWish:
    """Which workplace's ledger, and which expiry dates: by default the months it works on.

    Where no workplace is asked for it is the person's own, else the one looked at last (``last_seen``) if the person
    serves it or serves none, else the served one with most of the open renewals, else the first by name.
    """

    workplace: str | None = None
    last_seen: str | None = None
    first: date | None = None
    last: date | None = None
    find: str = ""
    after: str | None = None
    limit: int = PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkplaceChoice:
    """A workplace in the person's scope."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPage:
    """One page of a workplace's ledger; ``head`` is None while no workplace is in scope.

    ``first_no`` is the number of the first row shown; ``is_whole`` whether the scope holds all rows of the
    workplace.
    """

    head: LedgerHead | None
    rows: tuple[LedgerRow, ...] = ()
    first_no: int = 1
    is_whole: bool = True
    workplaces: tuple[WorkplaceChoice, ...] = ()
    has_more_workplaces: bool = False
    months: tuple[date, ...] = ()
    copies: tuple[CopyLine, ...] = ()
    next_position: str | None = None


def ledger_page(
    session: Session, actor: Actor, wish: LedgerWish, present: Present, *, deployed_of: DeployedOf
) -> LedgerPage:
    """Return one page of the ledger; some fifteen statements, however many rows.

    Raises:
        NotFound: the workplace is not in *actor*'s scope; it may exist.
        BadInput: the period ends before it begins or is longer than a year, or the position was changed by hand.
    """
    choices = _workplaces(session, actor, present.today)
    if not choices:
        return LedgerPage(head=None)
    shown = [one for one in choices if wish.find in one.name or wish.find == one.code] or choices
    directory = directory_on(session, present.today)
    code = _chosen(wish, choices, shown, units_to_open_with(session, actor, directory, wish.last_seen))
    period = _period(wish, present.today)
    clauses = [renewals_visible_to(actor), *of_workplace(code, period)]
    number, found, position = _window(session, clauses, wish)
    return LedgerPage(
        head=replace(_head(session, code, period, present), counts=_counts(session, clauses, present.today)),
        rows=tuple(
            ledger_rows(
                session,
                found,
                day=present.today,
                zone=present.zone,
                forms_of=lambda set_id: deployed_of(set_id).forms,
            )
        ),
        first_no=number,
        is_whole=oversees_workplace(actor, code) or serves_workplace(actor, directory, code),
        workplaces=_offered(shown, choices, code),
        has_more_workplaces=len(choices) > SHOWN_WORKPLACES,
        months=months_of(working_period(present.today)),
        copies=copy_lines(session, code, present),
        next_position=position,
    )


def ledger_sheet(
    session: Session, actor: Actor, wish: LedgerWish, present: Present, *, deployed_of: DeployedOf
) -> tuple[LedgerHead, list[LedgerRow]]:
    """Return all rows of the ledger that *wish* shows page by page, in the same order, at most 20,000.

    Raises:
        NotFound, BadInput: as :func:`ledger_page`.
    """
    page = ledger_page(session, actor, replace(wish, after=None, limit=0), present, deployed_of=deployed_of)
    if page.head is None:
        raise NotFound(what=Thing.WORKPLACE, key=wish.workplace or "—")
    clauses = [renewals_visible_to(actor), *of_workplace(page.head.workplace_code, page.head.period)]
    rows = all_ledger_rows(
        session,
        *clauses,
        day=present.today,
        zone=present.zone,
        forms_of=lambda set_id: deployed_of(set_id).forms,
        limit=SHEET_ROWS,
    )
    return page.head, list(rows)


def _workplaces(session: Session, actor: Actor, today: date) -> list[WorkplaceChoice]:
    """The workplaces of the scope by name; whoever sees everything is given those of the organisation."""
    if actor.sees_all:
        units = directory_on(session, today).units.values()
        codes = {unit.code for unit in units if unit.kind == UnitKind.WORKPLACE}
    else:
        rows = session.scalars(select(Renewal.workplace_code).where(renewals_visible_to(actor)).distinct())
        codes = {code for code in rows if code}
    names = unit_names(session, codes)
    choices = (WorkplaceChoice(code=code, name=names.get(code, code)) for code in codes)
    return sorted(choices, key=lambda one: (one.name, one.code))


def _chosen(
    wish: LedgerWish,
    choices: Sequence[WorkplaceChoice],
    shown: Sequence[WorkplaceChoice],
    own: Sequence[str],
) -> str:
    """The workplace asked for; the first one found when another is looked for by name."""
    if wish.workplace is None:
        there = {one.code for one in shown}
        return next((code for code in own if code in there), None) or shown[0].code
    if wish.workplace not in {one.code for one in choices}:
        raise NotFound(what=Thing.WORKPLACE, key=wish.workplace)
    return wish.workplace if wish.workplace in {one.code for one in shown} else shown[0].code


def _offered(
    shown: Sequence[WorkplaceChoice], choices: Sequence[WorkplaceChoice], code: str
) -> tuple[WorkplaceChoice, ...]:
    """What may be chosen next: not more than a list can hold, the present one always among it."""
    first = shown[:SHOWN_WORKPLACES]
    present = [one for one in choices if one.code == code and one not in first]
    return (*present, *first)


def _period(wish: LedgerWish, today: date) -> Period:
    if wish.first is None and wish.last is None:
        return working_period(today)
    around = working_period(today)
    first = wish.first or min(around.first, wish.last or around.first)
    last = wish.last or max(around.last, first)
    if last < first or (last - first).days > LONGEST:
        raise BadInput(
            what=Label("期间", "period"),
            value=f"{first} – {last}",
            reason=Label("止于不早于起，且不超过一年。", "end it on or after its start, within a year."),
        )
    return Period(first, last)


def _window(
    session: Session, clauses: Sequence[ColumnElement[bool]], wish: LedgerWish
) -> tuple[int, Sequence[Any], str | None]:
    """The number of the first row, the rows of one page, and where the next one starts."""
    if not wish.limit:
        return 1, [], None
    number, clauses = 1, list(clauses)
    if wish.after:
        day, row_id, before = unpack_position(wish.after, date, int, int)
        clauses.append(beyond(ORDER, (day, row_id)))
        number = before + 1
    found = session.execute(ledger_query(*clauses).limit(wish.limit + 1)).all()
    shown = found[: wish.limit]
    if len(found) <= wish.limit:
        return number, shown, None
    last = shown[-1].Renewal
    return number, shown, pack_position(last.expiry_date, last.id, number + len(shown) - 1)


def _head(session: Session, code: str, period: Period, present: Present) -> LedgerHead:
    liaisons = directory_on(session, present.today).liaisons_of(code)
    trainers = list(dict.fromkeys(one.trainer_no for one in liaisons if one.trainer_no))
    specialists = list(dict.fromkeys(one.specialist_no for one in liaisons if one.specialist_no))
    names = people_told_apart(session, [*trainers, *specialists])
    return LedgerHead(
        workplace_code=code,
        workplace=unit_names(session, [code]).get(code, code),
        trainers=tuple(names.get(number, number) for number in trainers),
        specialists=tuple(names.get(number, number) for number in specialists),
        period=period,
        day=present.today,
    )


def _counts(session: Session, clauses: Sequence[ColumnElement[bool]], today: date) -> Counts:
    """The header's counts over the whole period, by the same rule as ``standing_of``; one statement."""
    known = [one for one in Standing if outcomes_of(one)]
    decided = [(Renewal.outcome.in_(outcomes_of(one)), str(one)) for one in known]
    standing = case(
        *decided, (Renewal.expiry_date < today, str(Standing.LAPSED)), else_=str(Standing.PENDING)
    )
    rows = session.execute(
        select(standing.label("standing"), func.count().label("n")).where(*clauses).group_by("standing")
    )
    found = {row.standing: int(row.n) for row in rows}
    return Counts(
        renewed=found.get(Standing.RENEWED, 0),
        lost=found.get(Standing.LOST, 0),
        lapsed=found.get(Standing.LAPSED, 0),
        pending=found.get(Standing.PENDING, 0),
        excluded=found.get(Standing.EXCLUDED, 0),
    )
