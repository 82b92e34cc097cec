"""Complete many tasks of one form with the same answers: choose, look, carry out, undo (architecture.md §4).

The choice is frozen with the version of each task.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import forms
from engine.bootstrap import Engine
from engine.clock import business_date
from engine.domain.actor import Actor
from engine.domain.codes import BulkRowStatus, BulkStatus, TaskStatus
from engine.domain.storable import require_storable
from engine.errors import BadInput, InvalidForm, NotFound
from engine.label import Label, Thing
from engine.services import undo
from engine.services.access import sees
from engine.services.bulk_rows import complete_rows, said
from engine.services.instances import load_scope
from engine.services.tasks import may_do, was_handed_on_by
from engine.store.bulk import BulkAct, BulkRow, NewBulkRow, add_rows, counts_of, lock_act, lock_row, rows_with
from engine.store.session import Tx
from engine.store.tasks import UserTask, chosen_tasks

if TYPE_CHECKING:
    from engine.store.tasks import Chosen

LOOKED_AT = 10
"""Rows that an answer is tried on, and whose own values the form knows, before an act is carried out."""
MOST_AT_ONCE = 5_000
UNDO_WITHIN = timedelta(minutes=30)
CHUNK = 25
"""Rows of one transaction: enough to spare round trips, few enough that nobody waits for them."""
Prefill = Callable[[Collection[int]], Mapping[int, Mapping[str, Any]]]
"""What the forms of tasks open with, by the task's number; nothing is known of a task that is left out."""
Progress = Callable[[int], None]
"""Told now and then how many rows are settled; what it raises ends the work there."""

NOT_YOURS = Label("不是您的任务", "it is not yours to do")
HANDED_ON = Label("已委托他人代办，请先收回", "it was handed to a colleague: take it back first")
CLOSED = Label("任务已办结或已不需要", "it is closed or no longer needed")
HELD = Label("已被他人领取", "somebody else has claimed it")
OTHER_CUSTOMER = Label("是另一位客户的，请另行办理", "it is another customer's: do it by itself")
OTHER_FORM = Label("表单不同，请另行批量办理", "its form is another: choose those by themselves")
_EMPTY = Label("没有选择任何任务，请勾选后再试", "Nothing was chosen: tick what you want to do")
_MANY = Label(
    f"一次最多 {MOST_AT_ONCE} 项，请缩小筛选范围", f"At most {MOST_AT_ONCE} at once: narrow the filter"
)
_NONE_LEFT = Label("所选任务都不能办理", "None of the chosen tasks can be done")
_OVER = Label("这次批量办理已提交过", "This bulk completion was ordered already")
_NOT_DONE = Label(
    "这次批量办理尚未完成或已撤回", "This bulk completion is not finished, or was undone already"
)
_OF_CUSTOMER = Label(
    "这些答案关乎客户本人，不能批量撤回，请逐件更正",
    "These answers are about the customer and cannot be undone at once: correct each",
)
_TOO_LATE = Label("已超过 30 分钟，不能撤回", "More than 30 minutes have passed: it can no longer be undone")


class BulkRefused(BadInput):
    """A choice of tasks, or what is asked of it, will not do."""

    code = "bulk_refused"
    zh = "{reason}。"
    en = "{reason}."


def prepare_bulk(
    engine: Engine,
    task_ids: Sequence[int],
    *,
    actor: Actor,
    form_id: str | None = None,
    came_from: str | None = None,
) -> int:
    """Freeze a choice of tasks and return its act; what cannot be done is kept with the reason.

    Of tasks with several forms those of *form_id* (else of the most frequent one) are taken. *came_from* is the
    address of the list they were chosen in, for the way back.

    Raises:
        BulkRefused: nothing, too much, or nothing that can be done at once was chosen.
    """
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        chosen = _chosen(tx, task_ids, actor)
        obstacles = [_obstacle(one, actor) for one in chosen]
        doable = [one for one, obstacle in zip(chosen, obstacles, strict=True) if obstacle is None]
        if not doable:
            raise BulkRefused(reason=_NONE_LEFT)
        set_id, form_id = _commonest(engine, doable, form_id)
        form = engine.deployed(set_id).forms[form_id]
        first = next(one for one in doable if (one.definition_set_id, one.task.form_id) == (set_id, form_id))
        act = BulkAct(
            form_id=form_id,
            action_id=first.task.action_id,
            task_name=form.title.zh,
            definition_set_id=set_id,
            status=str(BulkStatus.PREPARED),
            came_from=came_from,
            created_by=actor.name,
            created_at=now,
        )
        tx.add(act)
        tx.write()
        stranger = _stranger(engine, form, first)
        rows = [_row(one, obstacle or stranger(one)) for one, obstacle in zip(chosen, obstacles, strict=True)]
        left_out = sum(1 for row in rows if row.reason is not None)
        add_rows(tx, act.id, rows)
        tx.record(
            "bulk_prepared",
            at=now,
            actor=actor.name,
            subject=act.task_name,
            act_id=act.id,
            form_id=form_id,
            rows=len(chosen) - left_out,
            left_out=left_out,
        )
        return act.id


def _chosen(tx: Tx, task_ids: Sequence[int], actor: Actor) -> list[Chosen]:
    """The chosen tasks that this person may know of; others might as well not exist."""
    wanted = list(dict.fromkeys(task_ids))
    if not wanted:
        raise BulkRefused(reason=_EMPTY)
    if len(wanted) > MOST_AT_ONCE:
        raise BulkRefused(reason=_MANY)
    found = chosen_tasks(tx, wanted)
    known = [found[number] for number in wanted if number in found]
    return [one for one in known if sees(actor, one.renewal) or may_do(actor, one.task, one.renewal)]


def _obstacle(one: Chosen, actor: Actor) -> Label | None:
    """Why a chosen task cannot be done by this person at all."""
    task = one.task
    if not may_do(actor, task, one.renewal):
        return HANDED_ON if was_handed_on_by(actor, task) else NOT_YOURS
    if task.status not in (TaskStatus.OPEN, TaskStatus.CLAIMED):
        return CLOSED
    if task.status == TaskStatus.CLAIMED and task.claimed_by != actor.name:
        return HELD
    return None


def _commonest(engine: Engine, doable: Sequence[Chosen], form_id: str | None) -> tuple[int, str]:
    """The version and form most of the tasks have that can be completed at once (of *form_id*, if given)."""
    counted: dict[tuple[int, str], int] = {}
    alone: forms.Form | None = None
    groups: dict[tuple[int, str], list[Chosen]] = {}
    for one in doable:
        groups.setdefault((one.definition_set_id, one.task.form_id), []).append(one)
    for (set_id, found), group in groups.items():
        form = engine.deployed(set_id).forms[found]
        if form.one_by_one and not (form.one_customer and _is_of_one_customer(group)):
            alone = form
        elif form_id in (None, found):
            counted[set_id, found] = len(group)
    if counted:
        return max(counted, key=lambda key: (counted[key], key))
    raise BulkRefused(reason=_NONE_LEFT if alone is None else _one_by_one(alone))


def _is_of_one_customer(group: Sequence[Chosen]) -> bool:
    customers = {one.customer_id for one in group}
    return len(customers) == 1 and None not in customers


def _one_by_one(form: forms.Form) -> Label:
    if form.one_customer:
        return Label(
            f"“{form.title.zh}”须按客户如实填写：只有同一客户的几辆车可以一起办理",
            f"“{form.title.en}” is about one customer: only the cars of the same customer go together",
        )
    return Label(
        f"“{form.title.zh}”须逐件如实填写，不能批量办理",
        f"“{form.title.en}” needs answers of its own for each task and cannot be done in bulk",
    )


def _stranger(engine: Engine, form: forms.Form, first: Chosen) -> Callable[[Chosen], Label | None]:
    """Return what says why a task does not go together with *first*, whose form is *form*."""
    fits = _alike(engine, form)

    def why(one: Chosen) -> Label | None:
        if not fits(one.definition_set_id, one.task.form_id):
            return OTHER_FORM
        return OTHER_CUSTOMER if form.one_by_one and one.customer_id != first.customer_id else None

    return why


def _alike(engine: Engine, ours: forms.Form) -> Callable[[int, str], bool]:
    """Return what says whether a form of a version asks the same as *ours*; each is compared once."""

    @cache
    def fits(set_id: int, form_id: str) -> bool:
        return engine.deployed(set_id).forms.get(form_id) == ours

    return fits


def _row(one: Chosen, reason: Label | None) -> NewBulkRow:
    status = BulkRowStatus.PENDING if reason is None else BulkRowStatus.EXCEPTED
    return NewBulkRow(
        task_id=one.task.id,
        instance_id=one.task.instance_id,
        task_version=one.task.version,
        status=str(status),
        reason=said(reason) if reason is not None else None,
    )


def order_bulk(
    engine: Engine,
    act_id: int,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    prefill: Prefill,
    by_worker: bool = False,
) -> bool:
    """Take the answers for all rows; True when a worker carries them out, False when the caller has to.

    What is left blank and known of each renewal is filled in row by row. The first row is checked at once.
    *by_worker* asks for a worker, which only a server has.

    Raises:
        NotFound: no such act of this person. BulkRefused: it is not waiting for answers.
        InvalidForm: the answers would be refused. Unstorable: a value cannot be kept by every database.
    """
    require_storable(values, "values")
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        act = lock_act(tx, act_id, actor.name)
        if act.status != BulkStatus.PREPARED:
            raise BulkRefused(reason=_OVER)
        _check_some(engine, tx, act, values, prefill, now)
        act.values, act.status, act.ordered_at = dict(values), str(BulkStatus.RUNNING), now
        tx.record("bulk_ordered", at=now, actor=actor.name, subject=act.task_name, act_id=act.id)
        is_queued = by_worker and engine.store.is_shared
        if is_queued:
            tx.enqueue("bulk_complete", once=f"bulk:{act_id}", act_id=act_id, actor=actor.name)
        return is_queued


def _check_some(
    engine: Engine, tx: Tx, act: BulkAct, values: Mapping[str, Any], prefill: Prefill, now: datetime
) -> None:
    """Refuse what fits none of the first rows, before anything runs; a row that it does not fit fails alone."""
    some = rows_with(tx, act.id, BulkRowStatus.PENDING, limit=LOOKED_AT)
    if not some:
        raise BulkRefused(reason=_NONE_LEFT)
    form = engine.deployed(act.definition_set_id).forms[act.form_id]
    today, local = business_date(now, engine.clock.zone), now.astimezone(engine.clock.zone)
    looks = (
        forms.check(form, answers, today=today, now=local)
        for _, answers in _answered(form, values, prefill, some)
    )
    checked = min(looks, key=lambda found: len(found.problems))
    if checked.problems:
        names = Label(
            "、".join(_label(form, key).zh for key in checked.problems),
            ", ".join(_label(form, key).en for key in checked.problems),
        )
        raise InvalidForm(
            count=len(checked.problems), fields=names, problems=dict(checked.problems), form=form
        )


def _label(form: forms.Form, key: str) -> Label:
    field = form.field(key)
    return Label(field.label.zh, field.label.en) if field is not None else Label(key, key)


def _answered(
    form: forms.Form, values: Mapping[str, Any], prefill: Prefill, rows: Sequence[BulkRow]
) -> list[tuple[BulkRow, dict[str, Any]]]:
    """The rows with their answers; nobody looks what the forms open with where every such field was answered."""
    is_left = any(field.prefill and values.get(field.key) in (None, "", []) for field in form.fields)
    known = prefill([row.task_id for row in rows]) if is_left else {}
    return [(row, completed_values(form, values, known.get(row.task_id, {}))) for row in rows]


def completed_values(form: forms.Form, values: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return *values* with the blank fields of *form* filled by what is *known* of one row."""
    filled = {key: value for key, value in values.items() if value not in (None, "", [])}
    blank = {field.key: known[field.key] for field in form.fields if field.key in known}
    return {**blank, **filled}


def carry_out(
    engine: Engine, act_id: int, *, actor: Actor, prefill: Prefill, on_progress: Progress | None = None
) -> None:
    """Complete the pending rows of an ordered act, some at a time; safe to run again after a crash.

    Raises:
        NotFound: no such act of this person.
    """
    with engine.store.reading() as session:
        act = session.get(BulkAct, act_id)
        if act is None or act.created_by != actor.name:
            raise NotFound(what=Thing.BULK_ACT, key=act_id)
        values = act.values or {}
        form = engine.deployed(act.definition_set_id).forms[act.form_id]
    if act.status != BulkStatus.RUNNING:
        return
    done = 0
    while rows := _pending(engine, act_id):
        complete_rows(engine, _answered(form, values, prefill, rows), actor=actor)
        done += len(rows)
        if on_progress is not None:
            on_progress(done)
    _finish(engine, act_id, actor)


def _pending(engine: Engine, act_id: int) -> Sequence[BulkRow]:
    with engine.store.reading() as session:
        return rows_with(session, act_id, BulkRowStatus.PENDING, limit=CHUNK)


def _finish(engine: Engine, act_id: int, actor: Actor) -> None:
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        act = lock_act(tx, act_id, actor.name)
        if act.status != BulkStatus.RUNNING:
            return
        act.status, act.finished_at = str(BulkStatus.DONE), now
        counts = counts_of(tx, act_id)
        tx.record(
            "bulk_finished",
            at=now,
            actor=actor.name,
            subject=act.task_name,
            act_id=act_id,
            done=counts.get(BulkRowStatus.DONE, 0),
            refused=counts.get(BulkRowStatus.REFUSED, 0),
        )


def undo_bulk(engine: Engine, act_id: int, *, actor: Actor) -> dict[str, int]:
    """Take every completed row back on which nothing was built; returns how many rows stand how.

    Raises:
        NotFound: no such act of this person. BulkRefused: it was not carried out, or 30 minutes ago and more.
    """
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        act = lock_act(tx, act_id, actor.name)
        if act.status != BulkStatus.DONE or act.finished_at is None:
            raise BulkRefused(reason=_NOT_DONE)
        if engine.deployed(act.definition_set_id).forms[act.form_id].one_by_one:
            raise BulkRefused(reason=_OF_CUSTOMER)
        if now > act.finished_at + UNDO_WITHIN:
            raise BulkRefused(reason=_TOO_LATE)
    while rows := _done_rows(engine, act_id):
        for row in rows:
            _undo_row(engine, row.id, row.instance_id, actor, now)
    with engine.store.transaction() as tx:
        act = lock_act(tx, act_id, actor.name)
        counts = counts_of(tx, act_id)
        if act.status == BulkStatus.UNDONE:
            return counts
        act.status, act.undone_at = str(BulkStatus.UNDONE), now
        tx.record(
            "bulk_undone",
            at=now,
            actor=actor.name,
            subject=act.task_name,
            act_id=act_id,
            undone=counts.get(BulkRowStatus.UNDONE, 0),
            kept=counts.get(BulkRowStatus.KEPT, 0),
        )
    return counts


def _done_rows(engine: Engine, act_id: int) -> Sequence[BulkRow]:
    with engine.store.reading() as session:
        return rows_with(session, act_id, BulkRowStatus.DONE, limit=CHUNK)


def _undo_row(engine: Engine, row_id: int, instance_id: int, actor: Actor, now: datetime) -> None:
    with engine.store.transaction() as tx:
        scope = load_scope(tx, engine, instance_id, actor=actor, now=now)
        row = lock_row(tx, row_id)
        if row.status != BulkRowStatus.DONE:
            return
        image = row.before or {}
        reason = undo.obstacle(scope, image)
        if reason is None:
            undo.put_back(scope, image, reason=f"bulk:{row.act_id}")
            row.status = str(BulkRowStatus.UNDONE)
            return
        row.status, row.reason = str(BulkRowStatus.KEPT), said(reason)
        scope.record(
            "bulk_row_kept",
            task_id=row.task_id,
            subject=_name_of(tx, row),
            reason=reason.zh,
            act_id=row.act_id,
        )


def _name_of(tx: Tx, row: BulkRow) -> str:
    return tx.get_one(UserTask, row.task_id).name
