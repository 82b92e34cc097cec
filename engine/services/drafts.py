"""Keep what is being typed into a task's form, whatever happens to the task meanwhile or on another page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.storable import require_storable
from engine.errors import Conflict, Forbidden, NotFound, TaskChanged, TaskGone
from engine.services.tasks import name_of_task, own_task, refuse_unheld, require_own
from engine.store.renewals import Renewal
from engine.store.session import Tx
from engine.store.tasks import DraftMark as DraftMark
from engine.store.tasks import UserTask, drafts_of, keep_draft, lock_task


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a save: the draft the page has open from now on, and what happened to the task meanwhile.

    ``others`` are the numbers of the person's other drafts of the task, typed on other pages; ``draft`` is None where
    nothing was kept, because the person gave the form or has too many pages open.
    """

    draft: DraftMark | None
    others: tuple[int, ...]
    happened: Conflict | None


def autosave(
    engine: Engine,
    task_id: int,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    version: int | None = None,
    seen: DraftMark | None = None,
    had_it: bool = False,
) -> Kept:
    """Keep *values* as the person's draft and return what happened to the task meanwhile, nothing while it is open.

    *version* is that of the form the person has open, *seen* the draft. A task that went to somebody else still takes
    the words of whoever had begun, or opened the form while it was theirs (*had_it*: the caller has proof): they are
    that person's own and shown to nobody else.

    Raises:
        NotFound, Forbidden: the task is not for this person, who had neither begun nor opened it.
        Unstorable: a value cannot be kept by every database.
    """
    require_storable(values, "values")
    with engine.store.transaction() as tx:
        task = lock_task(tx, task_id)
        happened = _happened(engine, tx, task, actor, version, had_it=had_it)
        if task.completed_by == actor.name:  # by whom the form was given: nothing is left to be kept
            return Kept(None, (), happened)
        return _kept(tx, task.id, values, actor, engine.clock.now(), seen, happened)


def save_draft(
    engine: Engine, task_id: int, values: Mapping[str, Any], *, actor: Actor, seen: DraftMark | None = None
) -> Kept:
    """Keep what the person typed so far, as :func:`autosave` does for a task that is theirs.

    Raises:
        NotFound, Forbidden: the task is not for this person.
        Unstorable: a value cannot be kept by every database.
    """
    require_storable(values, "values")
    with engine.store.transaction() as tx:
        task = own_task(engine, tx, task_id, actor)
        return _kept(tx, task.id, values, actor, engine.clock.now(), seen, None)


def _kept(
    tx: Tx,
    task_id: int,
    values: Mapping[str, Any],
    actor: Actor,
    at: datetime,
    seen: DraftMark | None,
    happened: Conflict | None,
) -> Kept:
    row = keep_draft(tx, task_id, actor.name, values, at, seen)
    tx.flush()
    mark = DraftMark(row.number, row.version) if row is not None else None
    numbers = (draft.number for draft in drafts_of(tx, task_id, actor.name))
    return Kept(mark, tuple(n for n in numbers if mark is None or n != mark.number), happened)


def _happened(
    engine: Engine, tx: Tx, task: UserTask, actor: Actor, version: int | None, *, had_it: bool
) -> Conflict | None:
    try:
        require_own(engine, tx, task, tx.get_one(Renewal, task.instance_id), actor)
        refuse_unheld(engine, tx, task, actor)
    except (NotFound, Forbidden):
        if not had_it and not drafts_of(tx, task.id, actor.name):
            raise
        return TaskGone(name=name_of_task(engine, tx, task))
    except Conflict as conflict:
        return conflict
    if version is not None and version != task.version:
        return TaskChanged(name=name_of_task(engine, tx, task), seen=version, now=task.version)
    return None
