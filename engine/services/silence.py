"""End the contact on every open renewal of a customer who wants no more of it.

Outcome 62 ends the contact of its own renewal by the diagram; a withdrawn consent, and the customer's other cars, end
it here: the open contacts and visits are withdrawn and the process goes on as after 62, what waits for a contact's day
does not wait any more. Source: domain.md §4.2 ("stops tasks & SMS"), §7 case 24; PIPL Art. 15.

It follows the word at once in transactions of their own, and the ticker looks for what is left: a renewal that
somebody was working on, a list that came at the same moment, a customer who was found to be the same later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import DeadlineEnd, DeadlineKind
from engine.domain.contacts import DO_NOT_CONTACT
from engine.errors import Conflict, blamed
from engine.services import incidents
from engine.services.context import StepScope
from engine.services.hosting import RenewalHost
from engine.services.instances import load_scope
from engine.services.passing import pass_task, pass_timer
from engine.services.waits import AGREED_BESIDE_QUOTE, CONTACT_WAITS, QUOTE_WAITS
from engine.store.deadlines import open_deadlines
from engine.store.silence import loud_renewals
from engine.store.tasks import UserTask

SILENCED = "do_not_contact"
"""The reason kept with the tasks, and the fact that the diagrams ask for."""
_ASKED: Mapping[str, Mapping[str, Any]] = {
    "record_contact": {"result": DO_NOT_CONTACT},
    "second_visit": {"result": DO_NOT_CONTACT},
    "joint_visit": {"result": DO_NOT_CONTACT},
    "win_back_contact": {"result": DO_NOT_CONTACT},
    "prepare_visit": {},
    "approve_visit_plan": {"verdict": "approved"},
}
"""The forms of what is said or prepared to be said to a customer, and the outcome by which the process goes on."""
CONTACTS = tuple(_ASKED)
WAITS = CONTACT_WAITS | AGREED_BESIDE_QUOTE | QUOTE_WAITS
_QUOTE, _NOT_POSSIBLE = "give_actual_quote", {"result": "not_possible"}
_LIMIT = 12
BATCH = 200


class _SilentHost(RenewalHost):
    """The wish is recorded already, with its own words: the diagram's operation for outcome 62 adds nothing."""

    def run_operation(self, name: str, element_id: str) -> Mapping[str, object] | None:
        return None if name == "set_do_not_contact" else super().run_operation(name, element_id)


def keep_silence(engine: Engine, *, now: datetime, actor: Actor) -> int:
    """End the contact of customers who want none, each renewal in a transaction of its own; returns how many."""
    with engine.store.reading() as session:
        found = loud_renewals(session, forms=CONTACTS, waits=WAITS, limit=BATCH)
    done = sum(_silence(engine, number, actor, now) for number in found)
    return done + (keep_silence(engine, now=now, actor=actor) if done == BATCH else 0)


def silence_is_due(engine: Engine) -> bool:
    """Whether :func:`keep_silence` has anything to do."""
    with engine.store.reading() as session:
        return bool(loud_renewals(session, forms=CONTACTS, waits=WAITS, limit=1))


def _silence(engine: Engine, renewal_id: int, actor: Actor, now: datetime) -> bool:
    try:
        with engine.store.transaction() as tx:
            fall_silent(load_scope(tx, engine, renewal_id, actor=actor, now=now))
        return True
    except Conflict:
        return False  # somebody works on it; the next tick looks again
    except Exception as error:  # noqa: BLE001 - one bad instance must not keep the others; it is kept
        incidents.raise_incident(
            engine, renewal_id, trigger="message", error=error, actor=actor, now=now, element_id=blamed(error)
        )
        return False


def fall_silent(scope: StepScope) -> None:
    """Withdraw the contacts of one renewal and what waits to open one; the clock of a first contact ends with them."""
    if scope.customer is None or not scope.customer.do_not_contact or scope.renewal.ended_at is not None:
        return
    before = {task.id for task in scope.tasks}
    for _ in range(_LIMIT):
        if not _step_silent(scope):
            break
    for clock in open_deadlines(scope.tx, scope.renewal.id, DeadlineKind.FIRST_CONTACT):
        clock.settled_at, clock.ending = scope.now, str(DeadlineEnd.NOT_WANTED)
    scope.record("contact_stopped", tasks=len(before - {task.id for task in scope.tasks}))


def _step_silent(scope: StepScope) -> bool:
    """Take one contact, wait or quote away, contacts first; False when none is left."""
    task = next((row for row in scope.tasks if row.form_id in _ASKED), None)
    if task is not None:
        _pass(scope, task, _ASKED[task.form_id])
        return True
    timer = next((row for row in scope.timers if row.element_id in WAITS), None)
    if timer is not None:
        pass_timer(scope, timer, reason=SILENCED)
        return True
    quote = next((row for row in scope.tasks if row.form_id == _QUOTE), None)
    if quote is not None:
        _pass(scope, quote, _NOT_POSSIBLE)
    return quote is not None


def _pass(scope: StepScope, task: UserTask, outcome: Mapping[str, Any]) -> None:
    pass_task(scope, task, outcome, reason=SILENCED, host=_SilentHost(scope))
