"""Import batches for their pages: the list, one batch with its rows and problems, what it touched.

Who sees which batch, and which of its rows, stands in `engine.store.import_scope` (domain.md §7 case 45).
Cells that hold personal data are masked; the error file, in the sender's own layout, is where they are whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from engine.domain.actor import Actor
from engine.domain.codes import BatchStatus, RowVerdict
from engine.errors import NotFound
from engine.label import Thing
from engine.queries.cell_masks import CellMasks
from engine.queries.keyset import pack_position, unpack_position
from engine.queries.names import actor_names
from engine.queries.scope import renewals_visible_to
from engine.queries.vehicles import shown_plate
from engine.store.import_scope import batches_visible_to, keeps_batch, rows_visible_to
from engine.store.imports import ImportBatch, ImportRow
from engine.store.renewals import Renewal, Vehicle

PAGE = 25
SAMPLE_ROWS = 5
SHOWN_RENEWALS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One batch as lists show it."""

    id: int
    kind: str
    source: str
    file_name: str
    status: str
    read: int
    new: int
    changed: int
    unchanged: int
    rejected: int
    started: int
    warnings: int
    created_at: datetime
    created_by: str
    committed_at: datetime | None
    committed_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchList:
    """One page of batches, newest first."""

    rows: tuple[BatchRow, ...]
    next_position: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProblem:
    """One fault of one cell, in both languages; ``value`` is masked where it is personal."""

    sheet: str | None
    row_no: int
    column: str
    value: str
    level: str
    code: str
    reason: Mapping[str, str]
    remedy: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemKind:
    """How often one kind of fault occurs in a batch; ``reason`` is that of its first occurrence."""

    code: str
    level: str
    column: str
    reason: Mapping[str, str]
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedRenewal:
    """A renewal that a committed batch started, changed or fulfilled, within the reader's scope."""

    id: int
    plate: str | None
    expiry_date: date
    stage: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRead:
    """How one sheet was read; ``name`` None in a csv, ``rows`` None where it was not kept."""

    name: str | None
    header_row: int
    rows: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage:
    """Everything the page of one batch shows; ``samples`` are the first rows of the first sheet.

    ``settled`` rows are carried out or rejected: a commit that was cut off stands between 0 and all.
    ``is_ordered``: a worker was told to commit it and has not ended.
    ``counts`` are of the whole batch, ``seen`` of the rows of the reader's scope; ``is_whole`` where these
    are all of it and the reader may act on it.
    """

    batch: BatchRow
    encoding: str | None
    sheets: tuple[SheetRead, ...]
    is_whole: bool
    renewed: int
    partial: int
    unmatched: int
    too_late: int
    reversed: int
    headers: tuple[str, ...]
    samples: tuple[tuple[int, tuple[str, ...]], ...]
    expiry_samples: tuple[tuple[str, date], ...]
    file_warnings: tuple[ShownProblem, ...]
    counts: Mapping[str, int]
    seen: Mapping[str, int]
    settled: int
    kinds: tuple[ProblemKind, ...]
    problems: tuple[ShownProblem, ...]
    next_position: str | None
    renewals: tuple[TouchedRenewal, ...] = field(default=())
    renewals_total: int = 0
    is_ordered: bool = False


def batch_list(
    session: Session,
    actor: Actor,
    *,
    status: str | None = None,
    kind: str | None = None,
    after: str | None = None,
) -> BatchList:
    """Return one page of the batches *actor* may see.

    Raises:
        BadInput: the position was changed by hand.
    """
    query = select(ImportBatch).where(batches_visible_to(actor)).order_by(ImportBatch.id.desc())
    if status:
        query = query.where(ImportBatch.status == status)
    if kind:
        query = query.where(ImportBatch.kind == kind)
    if after:
        query = query.where(ImportBatch.id < unpack_position(after, int)[0])
    rows = session.scalars(query.limit(PAGE + 1)).all()
    shown = rows[:PAGE]
    names = actor_names(session, {b.created_by for b in shown} | {b.committed_by for b in shown})
    return BatchList(
        rows=tuple(_batch(row, names) for row in shown),
        next_position=pack_position(shown[-1].id) if len(rows) > PAGE else None,
    )


def batch_page(
    session: Session,
    actor: Actor,
    batch_id: int,
    *,
    verdict: str | None = None,
    code: str | None = None,
    after: str | None = None,
) -> BatchPage:
    """Return one batch; problems narrowed to rows of *verdict* and to one problem *code*.

    Raises:
        NotFound: it does not exist or lies outside the scope; both look the same.
        BadInput: the position was changed by hand.
    """
    batch = session.scalar(select(ImportBatch).where(ImportBatch.id == batch_id, batches_visible_to(actor)))
    if batch is None:
        raise NotFound(what=Thing.BATCH, key=batch_id)
    details: Mapping[str, Any] = batch.details
    headers = tuple(details.get("headers", ()))
    mask = CellMasks(batch.source)
    within = (ImportRow.batch_id == batch_id, rows_visible_to(actor))
    faulty = session.scalars(
        select(ImportRow).where(*within, ImportRow.verdict != RowVerdict.ACCEPTED).order_by(ImportRow.id)
    ).all()
    sheets = _sheets(details)
    wanted, next_position = _problem_page(faulty, mask, verdict=verdict, code=code, after=after)
    touched, total = _touched(session, actor, batch_id)
    names = actor_names(session, {batch.created_by, batch.committed_by})
    return BatchPage(
        batch=_batch(batch, names),
        encoding=batch.encoding,
        sheets=sheets,
        is_whole=keeps_batch(session, actor, batch_id),
        renewed=int(details.get("renewed", 0)),
        partial=int(details.get("partial", 0)),
        unmatched=int(details.get("unmatched", 0)),
        too_late=int(details.get("too_late", 0)),
        reversed=int(details.get("reversed", 0)),
        headers=headers,
        samples=_samples(
            session, [*within, ImportRow.sheet.is_not_distinct_from(sheets[0].name)], headers, mask
        ),
        expiry_samples=tuple(
            (raw, date.fromisoformat(day)) for raw, day in details.get("expiry_samples", ())
        ),
        file_warnings=tuple(_shown(mask, p) for p in details.get("file_warnings", ())),
        counts=_counts(session, ImportRow.batch_id == batch_id),
        seen=_counts(session, *within),
        settled=_settled(session, batch_id),
        kinds=_kinds(faulty, mask),
        problems=wanted,
        next_position=next_position,
        renewals=touched,
        is_ordered=batch.status == BatchStatus.PREVIEWED and bool(details.get("ordered_by")),
        renewals_total=total,
    )


def _shown(mask: CellMasks, stored: Mapping[str, Any]) -> ShownProblem:
    """Read a stored problem."""
    raw = mask.problem(stored)
    return ShownProblem(
        sheet=raw.get("sheet"),
        row_no=raw["row"],
        column=str(raw["column"]),
        value=raw["value"],
        level=raw["level"],
        code=raw["code"],
        reason=raw["reason"],
        remedy=raw["remedy"],
    )


def _problem_page(
    rows: Sequence[ImportRow], mask: CellMasks, *, verdict: str | None, code: str | None, after: str | None
) -> tuple[tuple[ShownProblem, ...], str | None]:
    """Return the problems of one page of rows, rejected ones first, and the position of the next page."""
    last = unpack_position(after, int, int) if after else (-1, 0)

    def place(row: ImportRow) -> tuple[int, int]:
        return (int(row.verdict != RowVerdict.REJECTED), row.id)

    kept = [
        row
        for row in rows
        if place(row) > last
        and (not verdict or row.verdict == verdict)
        and (not code or any(p["code"] == code for p in row.problems))
    ]
    kept.sort(key=place)
    shown = kept[:PAGE]
    problems = tuple(
        _shown(mask, raw) for row in shown for raw in row.problems if not code or raw["code"] == code
    )
    return problems, pack_position(*place(shown[-1])) if len(kept) > PAGE else None


def _kinds(rows: Sequence[ImportRow], mask: CellMasks) -> tuple[ProblemKind, ...]:
    first: dict[str, Mapping[str, Any]] = {}
    counts: Counter[str] = Counter()
    for row in rows:
        for raw in row.problems:
            first.setdefault(raw["code"], mask.problem(raw))
        counts.update({raw["code"] for raw in row.problems})
    kinds = [
        ProblemKind(
            code=code, level=raw["level"], column=raw["column"], reason=raw["reason"], rows=counts[code]
        )
        for code, raw in first.items()
    ]
    return tuple(sorted(kinds, key=lambda kind: (kind.level != "error", -kind.rows, kind.code)))


def _sheets(details: Mapping[str, Any]) -> tuple[SheetRead, ...]:
    """Return every sheet read; batches of before kept the first one only."""
    kept = details.get("sheets") or [
        {"name": details.get("sheet"), "header_row": int(details.get("header_row", 1)), "rows": None}
    ]
    return tuple(SheetRead(**sheet) for sheet in kept)


def _samples(
    session: Session, within: Sequence[ColumnElement[bool]], headers: Sequence[str], mask: CellMasks
) -> tuple[tuple[int, tuple[str, ...]], ...]:
    rows = session.scalars(select(ImportRow).where(*within).order_by(ImportRow.id).limit(SAMPLE_ROWS))
    return tuple(
        (row.row_no, tuple(mask.cell(h, str(row.raw.get(h) or "")) for h in headers)) for row in rows
    )


def _counts(session: Session, *within: ColumnElement[bool]) -> Mapping[str, int]:
    rows = session.execute(select(ImportRow.verdict, func.count()).where(*within).group_by(ImportRow.verdict))
    found: dict[str, int] = {row.verdict: row[1] for row in rows}
    return {str(verdict): found.get(verdict, 0) for verdict in RowVerdict}


def _settled(session: Session, batch_id: int) -> int:
    query = select(func.count()).where(ImportRow.batch_id == batch_id, ImportRow.effect.is_not(None))
    return session.scalar(query) or 0


def _touched(session: Session, actor: Actor, batch_id: int) -> tuple[tuple[TouchedRenewal, ...], int]:
    ids = select(ImportRow.renewal_id).where(
        ImportRow.batch_id == batch_id, ImportRow.renewal_id.is_not(None)
    )
    within = [Renewal.id.in_(ids), renewals_visible_to(actor)]
    total = session.scalar(select(func.count()).select_from(Renewal).where(*within)) or 0
    rows = session.execute(
        select(Renewal, Vehicle)
        .join(Vehicle, Vehicle.id == Renewal.vehicle_id)
        .where(*within)
        .order_by(Renewal.expiry_date, Renewal.id)
        .limit(SHOWN_RENEWALS)
    )
    return tuple(
        TouchedRenewal(
            id=renewal.id,
            plate=shown_plate(vehicle.plate),
            expiry_date=renewal.expiry_date,
            stage=renewal.stage,
            state=renewal.state,
        )
        for renewal, vehicle in rows
    ), total


def _batch(row: ImportBatch, names: Mapping[str, str]) -> BatchRow:
    return BatchRow(
        id=row.id,
        kind=row.kind,
        source=row.source,
        file_name=row.file_name,
        status=row.status,
        read=row.read,
        new=row.new,
        changed=row.changed,
        unchanged=row.unchanged,
        rejected=row.rejected,
        started=row.started,
        warnings=row.warnings,
        created_at=row.created_at,
        created_by=names.get(row.created_by, row.created_by),
        committed_at=row.committed_at,
        committed_by=names.get(row.committed_by, row.committed_by) if row.committed_by else None,
    )
