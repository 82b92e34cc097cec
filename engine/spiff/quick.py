"""Make SpiffWorkflow's steps cheaper without changing what they do.

What costs half of a step and serves nobody here: ids that are UUID objects, hashed in Python at every look-up
(ours are 32 hex digits), log extras built at every change of state although nothing listens, and a walk
through the whole tree after every completed task to find the few that wait.
``stock()`` puts the originals back for comparisons; tests/spiff/test_quick.py fails when upstream changes them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from SpiffWorkflow import task as upstream
from SpiffWorkflow.util.task import TaskState
from SpiffWorkflow.workflow import Workflow

_ORIGINAL_ID = upstream.uuid4
_ORIGINAL_SET_STATE = upstream.Task._set_state
_ORIGINAL_UPDATE = Workflow.update_waiting_tasks


def new_id() -> str:
    """Return a fresh task id: 32 random hex digits."""
    return os.urandom(16).hex()


def _set_state(self: Any, value: int) -> None:
    """Force set the state on a task, as upstream does, without composing a log record."""
    if value != self._state:
        self.last_state_change = time.time()
        self._state = value


def _update_waiting_tasks(self: Any) -> None:
    """Update all tasks in the WAITING state, as upstream does, without walking the tree."""
    for task in [task for task in self.tasks.values() if task._state == TaskState.WAITING]:
        if task._state == TaskState.WAITING:  # an earlier one may have cancelled it
            task.task_spec._update(task)


def install() -> None:
    """Put the cheaper ways in place, for every task made from now on."""
    upstream.uuid4 = new_id
    upstream.Task._set_state = _set_state
    Workflow.update_waiting_tasks = _update_waiting_tasks


@contextmanager
def stock() -> Iterator[None]:
    """Put upstream's own methods back inside the block."""
    upstream.uuid4, upstream.Task._set_state = _ORIGINAL_ID, _ORIGINAL_SET_STATE
    Workflow.update_waiting_tasks = _ORIGINAL_UPDATE
    try:
        yield
    finally:
        install()


install()
