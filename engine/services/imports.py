"""Lists in two steps: preview (read, judge, store) and commit (facts, renewals), plus the error file.

A commit works through the vehicles in chunks, each one transaction that also marks its rows, so a
crash loses nothing and a second run goes on where the first stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.bootstrap import Engine
from engine.clock import business_date
from engine.domain.actor import Actor
from engine.domain.codes import BatchStatus, Label, Role, RowVerdict
from engine.domain.directory import Directory
from engine.domain.lists import FileKind, PolicyRow, Problem, ReadList, RejectedRow, read_list, write_errors
from engine.errors import BadInput, Forbidden, NotFound
from engine.services.double_cover import cover_problems
from engine.services.intake import Intake, RowResult
from engine.services.issued import match_issued
from engine.store.accounts import units_of_name
from engine.store.imports import ImportBatch, ImportRow, lock_batch, rows_of
from engine.store.organisation import directory_on
from engine.store.session import Tx

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CHUNK = 100
Progress = Callable[[int], None]
KINDS = ("pending", "issued")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The counts of one batch; rows unless said otherwise (``started`` and ``renewed``: renewals)."""

    batch_id: int
    read: int
    new: int
    changed: int
    unchanged: int
    rejected: int
    started: int
    warnings: int
    renewed: int = 0


def preview_list(
    engine: Engine, content: bytes, file_name: str, source: str, *, kind: str = "pending", actor: Actor
) -> int:
    """Read and judge a list under profile *source* and store it as a previewed batch; returns the batch id.

    Raises:
        ListFileError: the whole file is refused; nothing is stored.
        Forbidden: the actor may not import.
    """
    _may_import(actor)
    if kind not in KINDS:
        raise BadInput(what="kind", value=kind, reason="pending | issued")
    read = read_list(content, file_name, source)
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        directory = directory_on(tx, business_date(now, engine.clock.zone))
        doubled = cover_problems(tx, read.rows) if kind == "pending" else {}
        judged = _judge(read, directory, actor, doubled)
        batch = ImportBatch(
            kind=kind,
            source=source,
            file_name=file_name[:200],
            file_sha256=read.sha256,
            content=content,
            status=str(BatchStatus.PREVIEWED),
            encoding=read.encoding,
            details=_details(read),
            read=read.read,
            rejected=sum(1 for r in judged if r.verdict == RowVerdict.REJECTED),
            warnings=sum(1 for r in judged for p in r.problems if p["level"] == "warning")
            + _file_warnings(read),
            created_at=now,
            created_by=actor.name,
        )
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


def _may_import(actor: Actor) -> None:
    if not actor.is_operator and Role.CHANNEL not in actor.roles:
        raise Forbidden(act="导入清单")


def _require_scope(session: Session, batch: ImportBatch, actor: Actor) -> None:
    """A batch belongs to the units of who uploaded it; outside them it does not exist."""
    if actor.sees_all or batch.created_by == actor.name:
        return
    if not units_of_name(session, batch.created_by) & actor.unit_codes:
        raise NotFound(what="批次", key=batch.id)


def _details(read: ReadList) -> dict[str, Any]:
    return {
        "sheet": read.sheet,
        "header_row": read.header_row,
        "headers": list(read.headers),
        "expiry_samples": [[raw, day.isoformat()] for raw, day in read.expiry_samples],
        "file_warnings": [problem_json(p) for p in read.warnings if p.row_no <= read.header_row],
    }


def _file_warnings(read: ReadList) -> int:
    return sum(1 for p in read.warnings if p.row_no <= read.header_row)


def problem_json(problem: Problem) -> dict[str, Any]:
    """Return a problem as the batch stores it, in both languages."""
    return {
        "row": problem.row_no,
        "column": problem.column,
        "value": problem.value,
        "code": problem.code,
        "level": problem.level,
        "reason": {"zh": problem.reason.zh, "en": problem.reason.en},
        "remedy": {"zh": problem.remedy.zh, "en": problem.remedy.en},
    }


def _judge(
    read: ReadList, directory: Directory, actor: Actor, doubled: Mapping[int, list[dict[str, Any]]]
) -> list[ImportRow]:
    """Make one stored row per source row, with its problems (*doubled*: those of stored cover) and verdict."""
    problems = {row_no: list(found) for row_no, found in doubled.items()}
    for warning in read.warnings:
        problems.setdefault(warning.row_no, []).append(problem_json(warning))
    made: dict[int, ImportRow] = {}
    for row in read.rows:
        found = problems.get(row.row_no, []) + org_problems(row, directory, actor)
        refused = any(p["level"] == "error" for p in found)
        verdict = RowVerdict.REJECTED if refused else RowVerdict.WARNED if found else RowVerdict.ACCEPTED
        if row.row_no in made:  # a row with both lines gives two policy rows and one stored row
            continue
        made[row.row_no] = ImportRow(
            row_no=row.row_no,
            verdict=str(verdict),
            effect="rejected" if refused else None,
            vin=row.vin,
            policy_no=row.policy_no,
            raw=dict(row.raw),
            problems=found,
        )
    for rejected in read.rejected:
        made[rejected.row_no] = ImportRow(
            row_no=rejected.row_no,
            verdict=str(RowVerdict.REJECTED),
            effect="rejected",
            vin=None,
            policy_no=None,
            raw=dict(rejected.raw),
            problems=[problem_json(p) for p in rejected.problems],
        )
    return [made[number] for number in sorted(made)]


def org_problems(row: PolicyRow, directory: Directory, actor: Actor) -> list[dict[str, Any]]:
    """Judge a row against the organisation: unknown or foreign unit (error), unknown agent (warning)."""
    found = []
    unit = unit_code(directory, row.sub_branch)
    if row.sub_branch and unit is None:
        found.append(_org_problem(row, "支公司", row.sub_branch, "unknown_unit", "error"))
    elif unit is not None and not actor.sees_all and unit not in actor.unit_codes:
        found.append(_org_problem(row, "支公司", row.sub_branch or "", "foreign_unit", "error"))
    if row.agent_no and directory.post_of(row.agent_no, Role.AGENT) is None:
        found.append(_org_problem(row, "营销员工号", row.agent_no, "unknown_agent", "warning"))
    return found


_ORG_TEXTS = {
    "unknown_unit": (
        "组织机构中没有该支公司。",
        "请核对代码或全称，或先导入组织机构。",
        "The organisation has no such sub-branch.",
        "Check the code or full name, or import the organisation first.",
    ),
    "foreign_unit": (
        "该支公司不在您的管理范围内。",
        "请由该机构的渠道合作部导入。",
        "This sub-branch is outside your scope.",
        "Let its own channel department import the row.",
    ),
    "unknown_agent": (
        "营销员不在职或不存在，将按孤儿单处理。",
        "请核对工号；如已离职，由业务主任接手。",
        "The agent is not serving; the policy is treated as an orphan.",
        "Check the number; a supervisor takes over a leaver's policies.",
    ),
}


def _org_problem(row: PolicyRow, column: str, value: str, code: str, level: str) -> dict[str, Any]:
    reason_zh, remedy_zh, reason_en, remedy_en = _ORG_TEXTS[code]
    return {
        "row": row.row_no,
        "column": column,
        "value": value,
        "code": code,
        "level": level,
        "reason": {"zh": reason_zh, "en": reason_en},
        "remedy": {"zh": remedy_zh, "en": remedy_en},
    }


def unit_code(directory: Directory, text: str | None) -> str | None:
    """Return the code of the property insurer's unit given by code or by its full, unique name."""
    if not text:
        return None
    if text in directory.units:
        return text
    named = [u.code for u in directory.units.values() if u.name == text]
    return named[0] if len(named) == 1 else None


def _predict(tx: Tx, engine: Engine, batch: ImportBatch, read: ReadList, actor: Actor, now: datetime) -> None:
    """Say what a commit would do, without doing it."""
    rejected = {row.row_no for row in rows_of(tx, batch.id) if row.verdict == RowVerdict.REJECTED}
    rows = [row for row in read.rows if row.row_no not in rejected]
    if batch.kind == "issued":
        return
    intake = Intake(tx, engine, batch, actor=actor, now=now)
    for chunk in _chunks(_by_vehicle(rows)):
        for result in intake.predict([row for group in chunk for row in group]):
            _count(batch, result)


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
            raise BadInput(what="批次", value=batch_id, reason="该批次已放弃，请重新上传文件。")
        if batch.status == BatchStatus.COMMITTED:
            return _report(batch)
        if all(row.effect in (None, "rejected") for row in rows_of(tx, batch_id)):
            batch.new = batch.changed = batch.unchanged = batch.started = 0
        read = read_list(batch.content, batch.file_name, batch.source)
        todo = {row.row_no for row in rows_of(tx, batch_id) if row.effect is None}
        kind = batch.kind
    rows = [row for row in read.rows if row.row_no in todo]
    renewed = 0
    for chunk in _chunks(_by_vehicle(rows)):
        renewed += _commit_chunk(engine, batch_id, kind, [r for group in chunk for r in group], actor, now)
        if on_progress is not None:
            on_progress(sum(len(group) for group in chunk))
    with engine.store.transaction() as tx:
        batch = lock_batch(tx, batch_id)
        batch.status, batch.committed_at, batch.committed_by = str(BatchStatus.COMMITTED), now, actor.name
        batch.details = {**batch.details, "renewed": renewed}
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
    return report


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
            raise BadInput(what="批次", value=batch_id, reason="只有待确认的批次可以入库。")
        batch.details = {**batch.details, "ordered_by": actor.name}
        tx.enqueue("commit_import", once=f"import:{batch_id}", batch_id=batch_id, actor=actor.name)
    return True


def _commit_chunk(
    engine: Engine, batch_id: int, kind: str, rows: Sequence[PolicyRow], actor: Actor, now: datetime
) -> int:
    with engine.store.transaction() as tx:
        batch = lock_batch(tx, batch_id)
        stored = {row.row_no: row for row in rows_of(tx, batch_id, [r.row_no for r in rows])}
        if kind == "issued":
            results = match_issued(tx, engine, batch, rows, actor=actor, now=now)
        else:
            results = Intake(tx, engine, batch, actor=actor, now=now).take(rows)
        for result in results:
            row = stored[result.row_no]
            row.effect, row.renewal_id = result.effect, result.renewal_id
            if result.problem is not None:
                row.problems = [*row.problems, result.problem]
                if result.effect == "rejected":
                    row.verdict = str(RowVerdict.REJECTED)
                elif row.verdict == RowVerdict.ACCEPTED:
                    row.verdict = str(RowVerdict.WARNED)
                batch.warnings += result.effect != "rejected"
            _count(batch, result)
        return sum(result.renewed for result in results)


def _count(batch: ImportBatch, result: RowResult) -> None:
    for name in ("new", "changed", "unchanged", "rejected"):
        if result.effect == name:
            setattr(batch, name, (getattr(batch, name) or 0) + 1)
    batch.started = (batch.started or 0) + result.started


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
    )


def batch_report(engine: Engine, batch_id: int) -> ImportReport:
    """Return the counts of a batch; for a previewed one, what a commit would do."""
    with engine.store.reading() as session:
        batch = session.get(ImportBatch, batch_id)
        if batch is None:
            raise NotFound(what="批次", key=batch_id)
        return _report(batch)


def discard_batch(engine: Engine, batch_id: int, *, actor: Actor) -> None:
    """Give a previewed batch up; the file and its rows stay as a record."""
    _may_import(actor)
    with engine.store.transaction() as tx:
        batch = lock_batch(tx, batch_id)
        _require_scope(tx, batch, actor)
        if batch.status != BatchStatus.PREVIEWED:
            raise BadInput(what="批次", value=batch_id, reason="只有待确认的批次可以放弃。")
        batch.status = str(BatchStatus.DISCARDED)
        tx.record(
            "import_discarded",
            at=engine.clock.now(),
            actor=actor.name,
            subject=batch.file_name,
            batch_id=batch_id,
        )


def error_file(engine: Engine, batch_id: int, *, actor: Actor, lang: str = "zh") -> tuple[str, bytes]:
    """Return (file name, content) of the rejected rows in the source's own layout, with reasons."""
    _may_import(actor)
    with engine.store.reading() as session:
        batch = session.get(ImportBatch, batch_id)
        if batch is None:
            raise NotFound(what="批次", key=batch_id)
        _require_scope(session, batch, actor)
        content, name, source = batch.content, batch.file_name, batch.source
        extra = [row for row in rows_of(session, batch_id) if row.verdict == RowVerdict.REJECTED]
    read = read_list(content, name, source)
    stem = name.rpartition(".")[0] or name
    suffix = "csv" if read.kind is FileKind.CSV else "xlsx"  # by content; an xls is answered by an xlsx
    return f"{stem}-错误行.{suffix}", write_errors(with_refused(read, extra), lang=lang)


def with_refused(read: ReadList, rows: Sequence[ImportRow]) -> ReadList:
    """Add rows that only the organisation or the commit refused to what the reader had rejected."""
    known = {r.row_no for r in read.rejected}
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
                )
                for p in row.problems
            ),
        )
        for row in rows
        if row.row_no not in known
    )
    return replace(read, rejected=tuple(sorted((*read.rejected, *more), key=lambda r: r.row_no)))
