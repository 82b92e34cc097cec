"""Keep what is being typed into a task's form, whatever happens to the task meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.storable import require_storable
from engine.errors import Conflict, Forbidden, NotFound, TaskChanged, TaskGone
from engine.services.tasks import name_of_task, refuse_unheld, require_own
from engine.store.renewals import Renewal
from engine.store.session import Tx
from engine.store.tasks import UserTask, draft_of, keep_draft, lock_task


def autosave(
    engine: Engine, task_id: int, values: Mapping[str, Any], *, actor: Actor, version: int | None = None
) -> Conflict | None:
    """Keep *values* as the person's draft and return what happened to the task meanwhile, None while it is open.

    *version* is that of the form the person has open. A task that went to somebody else still takes the words of
    whoever had begun: they are that person's own and shown to nobody else.

    Raises:
        NotFound, Forbidden: the task is not for this person, who had not begun it either.
        Unstorable: a value cannot be kept by every database.
    """
    require_storable(values, "values")
    with engine.store.transaction() as tx:
        task = lock_task(tx, task_id)
        happened = _happened(engine, tx, task, actor, version)
        if task.completed_by != actor.name:  # by whom the form was given: nothing is left to be kept
            keep_draft(tx, task.id, actor.name, values, engine.clock.now())
        return happened


def _happened(engine: Engine, tx: Tx, task: UserTask, actor: Actor, version: int | None) -> Conflict | None:
    try:
        require_own(engine, tx, task, tx.get_one(Renewal, task.instance_id), actor)
        refuse_unheld(engine, tx, task, actor)
    except (NotFound, Forbidden):
        if draft_of(tx, task.id, actor.name) is None:
            raise
        return TaskGone(name=name_of_task(engine, tx, task))
    except Conflict as conflict:
        return conflict
    if version is not None and version != task.version:
        return TaskChanged(name=name_of_task(engine, tx, task), seen=version, now=task.version)
    return None
