"""Take one step of one renewal back: keep how it was before, and put it back while nothing was built on it.

The history keeps both: nothing in it is changed. What was submitted stays as evidence of the task that was
completed; the task is asked anew.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from engine.domain.codes import DeadlineEnd, DeadlineKind, TaskStatus
from engine.label import Label
from engine.services.assignment import FIELDS
from engine.services.context import StepScope
from engine.store.deadlines import Deadline, lock_deadline, open_deadlines
from engine.store.instances import Timer
from engine.store.plain import columns, mark_of, names_of, restore
from engine.store.renewals import Renewal
from engine.store.tasks import UserTask, has_draft

Image = dict[str, Any]

WENT_ON = Label("该续保之后又有新的进展", "the renewal has moved on since")
OFFERED = Label("此后有人把它放入了认领池", "somebody has offered it in the claim pool since")
BEING_DONE = Label("由它产生的任务已有人着手办理", "somebody has begun a task that it opened")
SHARING_CHANGED = Label(
    "之后客户改变了向寿险公司提供信息的意愿，续保已转他人",
    "the customer has said otherwise since on sharing with the life insurer, and others have the renewal",
)
TOLD = Label("已据此向外发送消息", "a message was sent because of it")
_MOVING = ("path", "next_due_at", "ended_at")
_OF_TASK = (
    "status",
    "assignee_no",
    "claimed_by",
    "claimed_at",
    "delegated_by",
    "principal_no",
    "follow_up_at",
    "due_at",
)
_FACTS = frozenset({"loss_reason", "quote_mid", "quote_opens_date"})
"""Columns of a renewal whose every change the history tells as a fact."""
_FRESH = frozenset({"version", "created_at", "completed_at", "completed_by"})


def before(scope: StepScope, deadlines: Sequence[int]) -> Image:
    """Return what a step may change of this renewal, as it is now; plain values, to be stored.

    *deadlines* are the numbers of its open ones.
    """
    return {
        "state": b64encode(scope.instance.state).decode(),
        "instance": columns(scope.instance, _MOVING),
        "renewal": columns(scope.renewal, names_of(Renewal)),
        "timers": [timer.id for timer in scope.timers],
        "tasks": {str(task.id): columns(task, _OF_TASK) for task in scope.tasks},
        "deadlines": list(deadlines),
        "told": _outgoing(scope),
    }


def stepped(scope: StepScope, image: Image) -> None:
    """Note in *image*, right after the step, whether it had messages sent; others may share its transaction."""
    image["told"] = _outgoing(scope) > image["told"]


def after(scope: StepScope, image: Image, task_id: int, deadlines: Sequence[int]) -> Image:
    """Add to *image* what the step left, once it is written: by that it is seen whether anything followed.

    *deadlines* are the numbers of those that are open now.
    """
    known = set(image["timers"])
    return {
        **image,
        "task": task_id,
        "lock_version": scope.instance.lock_version,
        "planned": [timer.id for timer in scope.timers if timer.id not in known],
        "opened": {task.id: task.version for task in scope.tasks if str(task.id) not in image["tasks"]},
        "begun": [number for number in deadlines if number not in image["deadlines"]],
        "left": _mark(scope, image),
    }


def _mark(scope: StepScope, image: Mapping[str, Any]) -> str:
    """A mark of the renewal and of the tasks that stood before: another one tells that somebody changed them."""
    tasks = {key: scope.tx.get_one(UserTask, int(key)).version for key in image["tasks"]}
    versions = ",".join(f"{key}:{tasks[key]}" for key in sorted(tasks))
    return f"{mark_of(scope.renewal, names_of(Renewal))} {versions}"


def obstacle(scope: StepScope, image: Mapping[str, Any]) -> Label | None:
    """Return why the step cannot be taken back any more; None when it can."""
    if scope.instance.lock_version != image["lock_version"]:
        return WENT_ON
    if scope.renewal.is_recalled != image["renewal"].get("is_recalled", False):
        return SHARING_CHANGED
    if image.get("left") != _mark(scope, image):
        return WENT_ON
    begun = (lock_deadline(scope.tx, number) for number in image["begun"])
    if image["told"] or any(row is not None and row.rung_at is not None for row in begun):
        return TOLD
    known = {*image["begun"], *image["deadlines"]}
    if any(row.id not in known for row in open_deadlines(scope.tx, scope.renewal.id, DeadlineKind.POOL)):
        return OFFERED
    tasks = (scope.tx.get_one(UserTask, int(key)) for key in image["opened"])
    if any(
        task.version != image["opened"][str(task.id)]
        or task.status != TaskStatus.OPEN
        or has_draft(scope.tx, task.id)
        for task in tasks
    ):
        return BEING_DONE
    return None


def put_back(scope: StepScope, image: Mapping[str, Any], *, reason: str) -> None:
    """Make the renewal what it was before the step; call only without an :func:`obstacle`."""
    state_before = scope.renewal.state
    scope.instance.state = b64decode(image["state"])
    restore(scope.instance, image["instance"])
    done = scope.tx.get_one(UserTask, image["task"])
    _put_facts_back(scope, image["renewal"], reason=reason, source=done.action_id)
    _put_timers_back(scope, image)
    _put_deadlines_back(scope, image, reason=reason)
    for key in image["opened"]:
        _withdraw(scope, scope.tx.get_one(UserTask, int(key)))
    for key, was in image["tasks"].items():
        if int(key) != done.id:
            _reopen(scope, scope.tx.get_one(UserTask, int(key)), was, reason=reason)
    scope.record(
        "task_completion_undone",
        task_id=done.id,
        subject=done.name,
        reason=reason,
        action_id=done.action_id,
        element_id=done.element_id,
    )
    if scope.renewal.state != state_before:
        moved: dict[str, Any] = {"from": state_before, "to": scope.renewal.state}
        scope.record("state_changed", **moved)
    _ask_anew(scope, done, image["tasks"][str(done.id)])


def _put_facts_back(scope: StepScope, was: Mapping[str, Any], *, reason: str, source: str) -> None:
    """Give the renewal its columns back; each person, unit and fact that changes so is told by itself."""
    now = columns(scope.renewal, was)
    restore(scope.renewal, was)
    for name in (name for name in was if was[name] != now[name]):
        change: dict[str, Any] = {"field": name, "from": now[name], "to": was[name]}
        if name in FIELDS:
            scope.record("responsible_changed", reason=reason, **change)
        elif name in _FACTS:
            scope.record("fact_changed", reason=reason, source=source, **change)


def _put_deadlines_back(scope: StepScope, image: Mapping[str, Any], *, reason: str) -> None:
    """Let the deadlines that stood go on with their own time, and end those that the step began."""
    for number in image["begun"]:
        row = lock_deadline(scope.tx, number)
        if row is not None and row.settled_at is None:
            row.settled_at, row.ending = scope.now, str(DeadlineEnd.UNDONE)
            _tell_of(scope, "deadline_ended", row, reason, ending=row.ending, late=False)
    for number in image["deadlines"]:
        row = lock_deadline(scope.tx, number)
        if row is not None and row.settled_at is not None:
            row.settled_at, row.ending = None, None
            _tell_of(scope, "deadline_resumed", row, reason, owner=row.owner_no, due=row.due_at)


def _tell_of(scope: StepScope, action: str, row: Deadline, reason: str, **more: Any) -> None:
    scope.record(action, reason=reason, kind=row.kind, **more)


def _put_timers_back(scope: StepScope, image: Mapping[str, Any]) -> None:
    for number in image["timers"]:
        timer = scope.tx.get_one(Timer, number)
        timer.settled, timer.fired_at, timer.cancelled_at = False, None, None
    for number in image["planned"]:
        timer = scope.tx.get_one(Timer, number)
        timer.settled, timer.cancelled_at = True, scope.now


def _withdraw(scope: StepScope, task: UserTask) -> None:
    task.status, task.version, task.completed_at = str(TaskStatus.WITHDRAWN), task.version + 1, scope.now
    scope.record(
        "task_withdrawn",
        task_id=task.id,
        subject=task.name,
        action_id=task.action_id,
        element_id=task.element_id,
        assignee=task.assignee_no,
    )


def _reopen(scope: StepScope, task: UserTask, was: Mapping[str, Any], *, reason: str) -> None:
    now = columns(task, _OF_TASK)
    if now == was:
        return
    restore(task, was)
    task.completed_at, task.version = None, task.version + 1
    if now["assignee_no"] != was["assignee_no"]:
        move: dict[str, Any] = {"from": now["assignee_no"], "to": was["assignee_no"]}
        scope.record("task_reassigned", about=task, subject=task.name, reason=reason, **move)
    if now["due_at"] != was["due_at"]:
        due: dict[str, Any] = {"from": now["due_at"], "to": was["due_at"]}
        scope.record(
            "task_due_moved", about=task, subject=task.name, reason=reason, action_id=task.action_id, **due
        )


def _ask_anew(scope: StepScope, done: UserTask, was: Mapping[str, Any]) -> None:
    """Open the task again as one of its own: the form given for the first one stays evidence of that."""
    done.status, done.version = str(TaskStatus.WITHDRAWN), done.version + 1
    copied = {name: getattr(done, name) for name in names_of(UserTask) if name not in _FRESH}
    again = UserTask(**copied, created_at=scope.now, version=1)
    restore(again, was)
    scope.tx.add(again)
    scope.record(
        "task_opened",
        about=again,
        subject=again.name,
        element_id=again.element_id,
        action_id=again.action_id,
        role=again.role,
        assignee=again.assignee_no,
        due=again.due_at,
    )


def _outgoing(scope: StepScope) -> int:
    return len(scope.tx.outgoing) + len(scope.tx.notices)
