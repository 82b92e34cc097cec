"""Complete the rows of a bulk act: some in one transaction, written together with what became of them.

A crash therefore repeats none. What does not go through as it is expected to is given up as a whole and done row
by row, each in a transaction of its own, so that a refused row stops no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from engine.domain.actor import Actor
from engine.domain.codes import BulkRowStatus
from engine.errors import EngineError, InvalidForm, NotFound
from engine.label import Label, Thing
from engine.logs import logger
from engine.services import undo
from engine.services.collecting import uncollected
from engine.services.instances import load_scopes
from engine.services.tasks import complete_in_scope, complete_task
from engine.store.bulk import lock_row, lock_rows
from engine.store.deadlines import open_deadline_ids
from engine.store.instances import lock_open

if TYPE_CHECKING:
    from engine.bootstrap import Engine
    from engine.services.context import StepScope
    from engine.store.bulk import BulkRow
    from engine.store.session import Tx

    Answered = tuple[BulkRow, Mapping[str, Any]]


GONE = Label(
    "这项任务或其续保已转给他人，不再由您办理",
    "the task or its renewal went to others and is not yours to do any more",
)


class _Settled(NotFound):
    """Nothing is left to do for the row: somebody else has completed or refused it meanwhile."""


def complete_rows(engine: Engine, rows: Sequence[Answered], *, actor: Actor) -> None:
    """Complete pending rows, each with its answers; every one is done or refused afterwards, by us or another."""
    left = list(rows)
    if len(rows) > 1:
        try:
            with uncollected(), engine.store.transaction() as tx:
                done = _complete_together(tx, engine, rows, actor)
            left = [one for one in rows if one[0].id not in done]
        except Exception as error:  # noqa: BLE001 - row by row it shows again, at the row it belongs to
            logger().info("bulk_chunk_given_up", rows=len(rows), error=type(error).__name__)
            left = list(rows)
    for row, values in left:
        _complete_row(engine, row, values, actor)


def _complete_together(tx: Tx, engine: Engine, rows: Sequence[Answered], actor: Actor) -> set[int]:
    """Complete the rows that need nothing but their step; returns the numbers of those that are settled."""
    instances = lock_open(tx, {row.instance_id for row, _ in rows})
    kept = {row.id: row for row in lock_rows(tx, [row.id for row, _ in rows])}
    scopes = {
        scope.instance.id: scope
        for scope in load_scopes(tx, engine, instances, actor=actor, now=engine.clock.now())
    }
    stood = open_deadline_ids(tx, scopes)
    images: dict[int, tuple[StepScope, undo.Image]] = {}
    for row, values in rows:
        scope = scopes.get(row.instance_id)
        if kept[row.id].status == BulkRowStatus.PENDING and scope is not None and not _is_due(scope):
            image = undo.before(scope, stood[row.instance_id])
            complete_in_scope(scope, row.task_id, values, version=row.task_version)
            undo.stepped(scope, image)
            images[row.id] = scope, image
            del scopes[row.instance_id]  # another row of this renewal is a step, and an undo, of its own
    tx.write()
    stands = open_deadline_ids(tx, {scope.instance.id for scope, _ in images.values()})
    for number, (scope, image) in images.items():
        row = kept[number]
        row.status, row.before = str(BulkRowStatus.DONE), _after(scope, image, row, stands)
    return {number for number, row in kept.items() if row.status != BulkRowStatus.PENDING}


def _after(
    scope: StepScope, image: undo.Image, row: BulkRow, stands: Mapping[int, Sequence[int]]
) -> undo.Image:
    return undo.after(scope, image, row.task_id, stands[row.instance_id])


def _is_due(scope: StepScope) -> bool:
    """Whether a timer comes first, which is a transaction of its own."""
    due = scope.instance.next_due_at
    return due is not None and due <= scope.now


def _complete_row(engine: Engine, row: BulkRow, values: Mapping[str, Any], actor: Actor) -> None:
    @contextmanager
    def around(scope: StepScope) -> Iterator[None]:
        kept = lock_row(scope.tx, row.id)
        if kept.status != BulkRowStatus.PENDING:
            raise _Settled(what=Thing.BULK_ACT, key=row.act_id)
        only = {row.instance_id}
        image = undo.before(scope, open_deadline_ids(scope.tx, only)[row.instance_id])
        yield
        undo.stepped(scope, image)
        kept.status = str(BulkRowStatus.DONE)
        kept.before = _after(scope, image, row, open_deadline_ids(scope.tx, only))

    try:
        complete_task(engine, row.task_id, values, actor=actor, version=row.task_version, around=around)
    except _Settled:
        return
    except InvalidForm as error:
        _refuse(engine, row.id, _wrong(error), actor)
    except NotFound:  # it was the actor's when the choice was frozen
        _refuse(engine, row.id, GONE, actor)
    except EngineError as error:
        _refuse(engine, row.id, Label(error.say("zh"), error.say("en")), actor)


def _refuse(engine: Engine, row_id: int, reason: Label, actor: Actor) -> None:
    with engine.store.transaction() as tx:
        row = lock_row(tx, row_id)
        if row.status != BulkRowStatus.PENDING:
            return
        row.status, row.reason = str(BulkRowStatus.REFUSED), said(reason)
        tx.record(
            "bulk_row_refused",
            at=engine.clock.now(),
            actor=actor.name,
            instance_id=row.instance_id,
            task_id=row.task_id,
            reason=reason.zh,
            act_id=row.act_id,
        )


def _wrong(error: InvalidForm) -> Label:
    """What is wrong with the answers for one row, field by field: its form is not at hand to show it."""
    problems = error.params["problems"].values()
    return Label("".join(one.zh for one in problems), " ".join(one.en for one in problems))


def said(reason: Label) -> dict[str, str]:
    """A reason as a row keeps it."""
    return {"zh": reason.zh, "en": reason.en}
