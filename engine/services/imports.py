"""Lists in two steps: preview (read, judge, store) and commit (facts, renewals), plus the error file.

A commit works through the vehicles in chunks, each one transaction that also marks its rows, so a
crash loses nothing and a second run goes on where the first stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.bootstrap import Engine
from engine.clock import business_date
from engine.domain.actor import Actor
from engine.domain.codes import BatchStatus, Role, RowVerdict
from engine.domain.lists import (
    FileKind,
    PolicyRow,
    Problem,
    ReadList,
    RejectedRow,
    RowKey,
    read_list,
    write_errors,
)
from engine.errors import BadInput, EngineError, Forbidden, NotFound
from engine.label import Label, Thing
from engine.services.carrying import carry_overlooked
from engine.services.double_cover import cover_problems
from engine.services.foreign_numbers import foreign_number_problems
from engine.services.intake import Intake
from engine.services.issued import claim_known, match_issued, predict_issued
from engine.services.issued_texts import UNMATCHED
from engine.services.row_results import RowResult
from engine.services.verdicts import RowsOf, problem_json, verdict_of
from engine.store.import_scope import keeps_batch
from engine.store.imports import ImportBatch, ImportRow, lock_batch, rows_of
from engine.store.organisation import directory_on
from engine.store.session import Tx

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CHUNK = 100
KEPT_WARNINGS = 100
Progress = Callable[[int], None]
KINDS = ("pending", "issued")
DISCARDED = Label("该批次已放弃，请重新上传文件。", "this batch was discarded; upload the file again.")
INCOMPLETE = Label(
    "该批次的行记录不完整，请放弃并重新上传文件。",
    "rows of this batch are missing; discard it and upload the file again.",
)
NOT_TO_COMMIT = Label("只有待确认的批次可以入库。", "only a previewed batch can be committed.")
NOT_TO_DISCARD = Label("只有待确认的批次可以放弃。", "only a previewed batch can be discarded.")


class NoOrganisation(EngineError):
    """A list came before any organisation: no row of it could find its unit or its people."""

    code = "no_organisation"
    zh = "尚未导入组织机构，清单无法落到机构和人员。请先运行 renewals org import 文件.xlsx，再导入清单。"
    en = "No organisation is known, so no row can find its people. Run renewals org import FILE.xlsx first."


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The counts of one batch; rows, but from ``started`` on renewals, warnings and ``unmatched`` excepted.

    ``too_late`` are those of ``started`` whose win-back was over when the list came: recorded and closed.
    ``reversed`` lost their outcome, as the policy it rested on was cancelled.
    """

    batch_id: int
    read: int
    new: int
    changed: int
    unchanged: int
    rejected: int
    started: int
    warnings: int
    renewed: int = 0
    partial: int = 0
    unmatched: int = 0
    too_late: int = 0
    reversed: int = 0


def preview_list(
    engine: Engine, content: bytes, file_name: str, source: str, *, kind: str = "pending", actor: Actor
) -> int:
    """Read and judge a list under profile *source* and store it as a previewed batch; returns the batch id.

    Raises:
        ListFileError: the whole file is refused; nothing is stored.
        NoOrganisation: no organisation was imported yet; nothing is stored.
        Forbidden: the actor may not import.
    """
    _may_import(actor)
    if kind not in KINDS:
        raise BadInput(what="kind", value=kind, reason="pending | issued")
    read = _read(content, file_name, source, kind=kind)
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        directory = directory_on(tx, business_date(now, engine.clock.zone))
        if not directory.units:
            raise NoOrganisation
        told = _told_by_the_book(tx, read.rows) if kind == "pending" else {}
        judged = RowsOf(read, directory, actor, kind=kind).judged(told)
        batch = _batch(read, judged, content)
        batch.kind, batch.source, batch.file_name = kind, source, file_name[:200]
        batch.created_at, batch.created_by = now, actor.name
        tx.add(batch)
        tx.flush()
        for row in judged:
            row.batch_id = batch.id
        tx.add_all(judged)
        tx.flush()  # the prediction reads the stored verdicts
        _predict(tx, engine, batch, read, actor, now)
        tx.record(
            "import_previewed",
            at=now,
            actor=actor.name,
            subject=batch.file_name,
            batch_id=batch.id,
            sha256=read.sha256,
            read=read.read,
            rejected=batch.rejected,
        )
        return batch.id


def _read(content: bytes, file_name: str, source: str, *, kind: str) -> ReadList:
    """Read a list; among newly issued policies, entries that take policies back are rows like others."""
    read = read_list(content, file_name, source)
    return read.with_cancellations() if kind == "issued" else read


def _may_import(actor: Actor) -> None:
    if not actor.is_operator and Role.CHANNEL not in actor.roles:
        raise Forbidden(act=Label("导入清单", "import lists"))


def _require_scope(session: Session, batch: ImportBatch, actor: Actor) -> None:
    """Who acts on a batch answers for all of it; for others it does not exist."""
    if not keeps_batch(session, actor, batch.id):
        raise NotFound(what=Thing.BATCH, key=batch.id)


def _details(read: ReadList) -> dict[str, Any]:
    return {
        "sheet": read.sheet,
        "header_row": read.header_row,
        "headers": list(read.headers),
        "sheets": [
            {"name": layout.name, "header_row": layout.header_row, "rows": layout.rows}
            for layout in read.layouts
        ],
        "expiry_samples": [[raw, day.isoformat()] for raw, day in read.expiry_samples],
        "file_warnings": [problem_json(p) for p in _about_file(read)[:KEPT_WARNINGS]],
    }


def _about_file(read: ReadList) -> list[Problem]:
    """The warnings that belong to no row that is taken: name, sheets, columns, totals passed over."""
    taken = {row.key for row in read.rows}
    return [problem for problem in read.warnings if problem.key not in taken]


def _predict(tx: Tx, engine: Engine, batch: ImportBatch, read: ReadList, actor: Actor, now: datetime) -> None:
    """Say what a commit would do, without doing it."""
    stored = {row.key: row for row in rows_of(tx, batch.id)}
    rows = [row for row in read.rows if stored[row.key].verdict != RowVerdict.REJECTED]
    units = {key: row.unit_code for key, row in stored.items()}
    intake = Intake(tx, engine, batch, units=units, actor=actor, now=now) if batch.kind == "pending" else None
    for chunk in _chunks(_by_vehicle(rows)):
        part = [row for group in chunk for row in group]
        results = intake.predict(part) if intake else predict_issued(tx, engine, part, now=now)
        for result in results:
            _tell_row(batch, stored[result.key], _foretold(result))
        _count(batch, results)


def _foretold(result: RowResult) -> RowResult:
    """Mark what the commit will have to say itself."""
    return result if result.problem is None else replace(result, problem={**result.problem, "foretold": True})


def _batch(read: ReadList, judged: Sequence[ImportRow], content: bytes) -> ImportBatch:
    """A list as it was read and judged, without who sent it."""
    return ImportBatch(
        file_sha256=read.sha256,
        content=content,
        status=str(BatchStatus.PREVIEWED),
        encoding=read.encoding,
        details=_details(read),
        read=read.read,
        rejected=sum(1 for row in judged if row.verdict == RowVerdict.REJECTED),
        warnings=sum(_warnings(row.problems) for row in judged) + len(_about_file(read)),
    )


def _told_by_the_book(tx: Tx, rows: Sequence[PolicyRow]) -> dict[RowKey, list[dict[str, Any]]]:
    """Problems that only show beside what is stored: cover that doubles, numbers of another vehicle."""
    told = cover_problems(tx, rows)
    for key, problems in foreign_number_problems(tx, rows).items():
        told[key] = [*problems, *told.get(key, [])]
    return told


def commit_batch(
    engine: Engine, batch_id: int, *, actor: Actor, on_progress: Progress | None = None
) -> ImportReport:
    """Carry a previewed batch out: facts, changed fields, started renewals; safe to run again after a crash.

    Raises:
        NotFound: no such batch. BadInput: it was discarded. Forbidden: the actor may not import.
    """
    _may_import(actor)
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        batch = lock_batch(tx, batch_id)
        _require_scope(tx, batch, actor)
        if batch.status == BatchStatus.DISCARDED:
            raise BadInput(what=Thing.BATCH, value=batch_id, reason=DISCARDED)
        if batch.status == BatchStatus.COMMITTED:
            return _report(batch)
        rows = _left_to_do(tx, batch, actor, now)
    for chunk in _chunks(_by_vehicle(rows)):
        _commit_chunk(engine, batch_id, batch.kind, [r for group in chunk for r in group], actor, now)
        if on_progress is not None:
            on_progress(sum(len(group) for group in chunk))
    with engine.store.transaction() as tx:
        batch = lock_batch(tx, batch_id)
        batch.status, batch.committed_at, batch.committed_by = str(BatchStatus.COMMITTED), now, actor.name
        report = _report(batch)
        tx.record(
            "import_committed",
            at=now,
            actor=actor.name,
            subject=batch.file_name,
            batch_id=batch_id,
            sha256=batch.file_sha256,
            read=batch.read,
            new=batch.new,
            changed=batch.changed,
            unchanged=batch.unchanged,
            rejected=batch.rejected,
            started=batch.started,
        )
        carry_overlooked(tx, actor=actor, now=now, source=f"batch {batch_id}")
    return report


def _left_to_do(tx: Tx, batch: ImportBatch, actor: Actor, now: datetime) -> list[PolicyRow]:
    """The rows of the list that nothing became of yet; the counts begin with the first of them."""
    stored = rows_of(tx, batch.id)
    if len(stored) != batch.read:  # read by a version that took rows of several sheets for one
        raise BadInput(what=Thing.BATCH, value=batch.id, reason=INCOMPLETE)
    if all(row.effect in (None, "rejected") for row in stored):
        _start_counting(batch, stored)
        _record(tx, "import_started", batch, actor=actor, now=now, rows=batch.read)
    read = _read(batch.content, batch.file_name, batch.source, kind=batch.kind)
    todo = {row.key for row in stored if row.effect is None}
    return [row for row in read.rows if row.key in todo]


def commit_unseen(
    engine: Engine, batch_id: int, *, actor: Actor, on_progress: Progress | None = None
) -> ImportReport:
    """Commit a batch that nobody looks at first; when that is refused before its first row, give the batch up.

    Raises:
        As :func:`commit_batch`.
    """
    try:
        return commit_batch(engine, batch_id, actor=actor, on_progress=on_progress)
    except EngineError:
        _give_up_untouched(engine, batch_id, actor)
        raise


def _give_up_untouched(engine: Engine, batch_id: int, actor: Actor) -> None:
    """Discard a batch nobody is going to confirm; one that was carried out in part may be resumed."""
    with engine.store.transaction() as tx:
        batch = lock_batch(tx, batch_id)
        is_untouched = all(row.effect in (None, "rejected") for row in rows_of(tx, batch_id))
        if batch.status == BatchStatus.PREVIEWED and is_untouched:
            _discard(tx, batch, actor=actor, now=engine.clock.now())


def order_commit(engine: Engine, batch_id: int, *, actor: Actor) -> bool:
    """Have a worker commit the batch; False on the embedded default, where the caller does it.

    Raises:
        NotFound: no such batch. BadInput: it is not waiting to be confirmed. Forbidden: the actor may not import.
    """
    _may_import(actor)
    if not engine.store.is_shared:
        return False
    with engine.store.transaction() as tx:
        batch = lock_batch(tx, batch_id)
        _require_scope(tx, batch, actor)
        if batch.status != BatchStatus.PREVIEWED:
            raise BadInput(what=Thing.BATCH, value=batch_id, reason=NOT_TO_COMMIT)
        batch.details = {**batch.details, "ordered_by": actor.name}
        _record(tx, "import_ordered", batch, actor=actor, now=engine.clock.now())
        tx.enqueue("commit_import", once=f"import:{batch_id}", batch_id=batch_id, actor=actor.name)
    return True


def _commit_chunk(
    engine: Engine, batch_id: int, kind: str, rows: Sequence[PolicyRow], actor: Actor, now: datetime
) -> None:
    with engine.store.transaction() as tx:
        batch = lock_batch(tx, batch_id)
        stored = {row.key: row for row in rows_of(tx, batch_id, [r.row_no for r in rows])}
        if kind == "issued":
            results = match_issued(tx, engine, batch, rows, actor=actor, now=now)
        else:
            units = {key: row.unit_code for key, row in stored.items()}
            results = Intake(tx, engine, batch, units=units, actor=actor, now=now).take(rows)
            started = [result.renewal_id for result in results if result.started and result.renewal_id]
            claim_known(tx, engine, batch, started, actor=actor, now=now)
        for result in results:
            row = stored[result.key]
            row.effect, row.renewal_id = result.effect, result.renewal_id
            _tell_row(batch, row, result)
        _count(batch, results)
        effects = Counter(str(result.effect) for result in results)
        _record(tx, "import_rows_taken", batch, actor=actor, now=now, rows=len(results), **effects)


def _record(tx: Tx, action: str, batch: ImportBatch, *, actor: Actor, now: datetime, **more: Any) -> None:
    tx.record(action, at=now, actor=actor.name, subject=batch.file_name, batch_id=batch.id, **more)


def _tell_row(batch: ImportBatch, row: ImportRow, result: RowResult) -> None:
    """Put what is known of the row now in the place of what the preview foretold."""
    kept = [p for p in row.problems if not p.get("foretold") and p["code"] != UNMATCHED]
    now = kept if result.problem is None else [*kept, result.problem]
    batch.warnings += _warnings(now) - _warnings(row.problems)
    if now != row.problems:
        row.problems = now
    row.verdict = str(RowVerdict.REJECTED if result.effect == "rejected" else verdict_of(now))


def _warnings(problems: Sequence[Mapping[str, Any]]) -> int:
    return sum(1 for problem in problems if problem["level"] == "warning")


def _count(batch: ImportBatch, results: Sequence[RowResult]) -> None:
    for name in ("new", "changed", "unchanged", "rejected"):
        found = sum(1 for result in results if result.effect == name)
        setattr(batch, name, (getattr(batch, name) or 0) + found)
    batch.started = (batch.started or 0) + sum(result.started for result in results)
    found_of = {
        "renewed": sum(result.renewed for result in results),
        "partial": sum(result.partial for result in results),
        "too_late": sum(result.too_late for result in results),
        "reversed": sum(result.reversed for result in results),
        "unmatched": sum(1 for r in results if r.problem is not None and r.problem["code"] == UNMATCHED),
    }
    counts = {name: int(batch.details.get(name, 0)) + found for name, found in found_of.items()}
    batch.details = {**batch.details, **counts}


_COUNTED = ("renewed", "partial", "unmatched", "too_late", "reversed")


def _start_counting(batch: ImportBatch, stored: Sequence[ImportRow]) -> None:
    """Forget what the preview foretold; only rows refused for good are counted already."""
    batch.new = batch.changed = batch.unchanged = batch.started = 0
    batch.rejected = sum(1 for row in stored if row.effect == "rejected")
    batch.details = {**batch.details, **dict.fromkeys(_COUNTED, 0)}


def _by_vehicle(rows: Iterable[PolicyRow]) -> list[list[PolicyRow]]:
    groups: dict[str, list[PolicyRow]] = {}
    for row in rows:
        groups.setdefault(row.vin, []).append(row)
    return list(groups.values())


def _chunks(groups: list[list[PolicyRow]]) -> Iterable[list[list[PolicyRow]]]:
    for start in range(0, len(groups), CHUNK):
        yield groups[start : start + CHUNK]


def _report(batch: ImportBatch) -> ImportReport:
    return ImportReport(
        batch_id=batch.id,
        read=batch.read,
        new=batch.new,
        changed=batch.changed,
        unchanged=batch.unchanged,
        rejected=batch.rejected,
        started=batch.started,
        warnings=batch.warnings,
        renewed=int(batch.details.get("renewed", 0)),
        partial=int(batch.details.get("partial", 0)),
        unmatched=int(batch.details.get("unmatched", 0)),
        too_late=int(batch.details.get("too_late", 0)),
        reversed=int(batch.details.get("reversed", 0)),
    )


def batch_report(engine: Engine, batch_id: int) -> ImportReport:
    """Return the counts of a batch; for a previewed one, what a commit would do."""
    with engine.store.reading() as session:
        batch = session.get(ImportBatch, batch_id)
        if batch is None:
            raise NotFound(what=Thing.BATCH, key=batch_id)
        return _report(batch)


def discard_batch(engine: Engine, batch_id: int, *, actor: Actor) -> None:
    """Give a previewed batch up; the file and its rows stay as a record."""
    _may_import(actor)
    with engine.store.transaction() as tx:
        batch = lock_batch(tx, batch_id)
        _require_scope(tx, batch, actor)
        if batch.status != BatchStatus.PREVIEWED:
            raise BadInput(what=Thing.BATCH, value=batch_id, reason=NOT_TO_DISCARD)
        _discard(tx, batch, actor=actor, now=engine.clock.now())


def _discard(tx: Tx, batch: ImportBatch, *, actor: Actor, now: datetime) -> None:
    batch.status = str(BatchStatus.DISCARDED)
    tx.record("import_discarded", at=now, actor=actor.name, subject=batch.file_name, batch_id=batch.id)


def error_file(engine: Engine, batch_id: int, *, actor: Actor, lang: str = "zh") -> tuple[str, bytes]:
    """Return (file name, content) of the rejected rows in the source's own layout, with reasons.

    Who takes it away is written down first: it holds what the sender wrote, unmasked.
    """
    _may_import(actor)
    with engine.store.transaction() as tx:
        batch = tx.get(ImportBatch, batch_id)
        if batch is None:
            raise NotFound(what=Thing.BATCH, key=batch_id)
        _require_scope(tx, batch, actor)
        content, name, source, kind = batch.content, batch.file_name, batch.source, batch.kind
        extra = [row for row in rows_of(tx, batch_id) if row.verdict == RowVerdict.REJECTED]
        _record(tx, "import_errors_taken", batch, actor=actor, now=engine.clock.now(), rows=len(extra))
    read = _read(content, name, source, kind=kind)
    stem = name.rpartition(".")[0] or name
    suffix = "csv" if read.kind is FileKind.CSV else "xlsx"  # by content; an xls is answered by an xlsx
    return f"{stem}-错误行.{suffix}", write_errors(with_refused(read, extra), lang=lang)


def with_refused(read: ReadList, rows: Sequence[ImportRow]) -> ReadList:
    """Add rows that only the organisation or the commit refused to what the reader had rejected."""
    known = {rejected.key for rejected in read.rejected}
    sheets = {layout.name: place for place, layout in enumerate(read.layouts)}
    more = tuple(
        RejectedRow(
            row.row_no,
            row.raw,
            tuple(
                Problem(
                    row.row_no,
                    p["column"],
                    p["value"],
                    p["code"],
                    p["level"],
                    Label(p["reason"]["zh"], p["reason"]["en"]),
                    Label(p["remedy"]["zh"], p["remedy"]["en"]),
                    row.sheet,
                )
                for p in row.problems
            ),
            row.sheet,
        )
        for row in rows
        if row.key not in known
    )
    rejected = sorted((*read.rejected, *more), key=lambda r: (sheets.get(r.sheet, 0), r.row_no))
    return replace(read, rejected=tuple(rejected))
