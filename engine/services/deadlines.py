"""Deadlines that people owe when others leave: settled when met, rung once when their time is over.

Looked at with every tick: what was met is settled, renewals that nobody answers for begin to count (domain.md §1
K-C2), and what has passed is told by a work message and on the home page (§7 case 16, §1.5 V-21).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from engine.bootstrap import Engine
from engine.clock import business_date, midnight
from engine.domain.actor import Actor
from engine.domain.codes import DeadlineEnd, DeadlineKind
from engine.domain.deadlines import (
    WORKDAYS,
    branches_of,
    told_of_agent,
    told_of_renewal,
    told_of_vacancy,
    vacant_teams,
)
from engine.domain.directory import Directory
from engine.domain.nodes import FOLLOW_UP, RECHECK
from engine.domain.notice_hours import notice_moments
from engine.services import pool
from engine.services.assignment import responsible_of
from engine.services.first_contact import new_deadline
from engine.services.instances import load_scope
from engine.services.outbox import queue, tell_agent
from engine.store.deadlines import (
    Deadline,
    ended_deadlines,
    lock_deadline,
    open_deadlines,
    open_vacancies,
    passed_deadlines,
    tell,
    unwatched,
)
from engine.store.idle import ended_coachings
from engine.store.organisation import directory_on
from engine.store.renewals import Renewal
from engine.store.session import Tx

BATCH = 200
KEPT = timedelta(days=3)
"""How long an alarm's message may wait: an older one tells nobody anything."""
_TEXTS = {
    DeadlineKind.FIRST_CONTACT: "【车险续保】有转接的续保逾期未联系客户，请登录首页查看并督促。",
    DeadlineKind.POOL: "【车险续保】认领池有续保 5 个工作日无人认领，已向全市开放，请登录首页查看。",
    DeadlineKind.UNOWNED: "【车险续保】有续保超过 3 个工作日无责任人，请登录首页查看并指派。",
    DeadlineKind.RECHECK: "【车险续保】有续保约定今天复查，尚无新的有效联系，请登录首页查看。",
    DeadlineKind.FOLLOW_UP: "【车险续保】有续保约定今天跟进客户，尚无新的有效联系，请登录首页查看。",
    DeadlineKind.COACHING: "【车险续保】有营销员 5 个工作日没有联系记录或到复查日，请登录首页查看并辅导。",
    DeadlineKind.VACANCY: "【车险续保】有营业组的业务主任空缺超过 2 个工作日，请登录首页查看。",
}


_REMINDERS = {DeadlineKind.RECHECK: RECHECK, DeadlineKind.FOLLOW_UP: FOLLOW_UP}
"""Agreed days, and what the message of the day says of them."""


def deadlines_are_due(engine: Engine, now: datetime) -> bool:
    """Whether :func:`keep_deadlines` would find anything."""
    with engine.store.reading() as session:
        return bool(
            passed_deadlines(session, now, limit=1)
            or ended_deadlines(session, limit=1)
            or ended_coachings(session, limit=1)
            or unwatched(session, limit=1)
        )


def keep_deadlines(engine: Engine, *, now: datetime, actor: Actor) -> int:
    """Settle what was met, begin what nobody answers for, ring what has passed; returns how many rang."""
    while _settle(engine, now, actor):
        pass
    _begin(engine, now, actor)
    rung = 0
    while True:
        with engine.store.reading() as session:
            passed = passed_deadlines(session, now, limit=BATCH)
        if not passed:
            return rung
        rung += sum(_ring(engine, number, about, now, actor) for number, about in passed)


def _settle(engine: Engine, now: datetime, actor: Actor) -> int:
    with engine.store.reading() as session:
        if not (ended_deadlines(session, limit=1) or ended_coachings(session, limit=1)):
            return 0
    with engine.store.transaction() as tx:
        found = [*ended_deadlines(tx, limit=BATCH), *ended_coachings(tx, limit=BATCH)]
        for number, ending in found:
            row = lock_deadline(tx, number)
            if row is not None and row.settled_at is None:
                _end(tx, row, DeadlineEnd(ending), now=now, actor=actor.name)
        return len(found)


def _end(tx: Tx, row: Deadline, ending: DeadlineEnd, *, now: datetime, actor: str) -> None:
    row.settled_at, row.ending = now, str(ending)
    about: dict[str, Any] = {"owner": row.owner_no} if row.kind == DeadlineKind.COACHING else {}
    tx.record(
        "deadline_ended",
        at=now,
        actor=actor,
        instance_id=row.instance_id,
        subject=_subject(row) if row.instance_id is None else None,
        kind=row.kind,
        ending=str(ending),
        late=row.rung_at is not None,
        **about,
    )


def _begin(engine: Engine, now: datetime, actor: Actor) -> None:
    """Begin to count for renewals that nobody answers for; orphans among them are offered in the pool."""
    with engine.store.reading() as session:
        found = unwatched(session, limit=BATCH)
    for renewal_id in found:
        with engine.store.transaction() as tx:
            scope = load_scope(tx, engine, renewal_id, actor=actor, now=now)
            is_unowned = scope.renewal.owner_no is None and scope.renewal.ended_at is None
            if not is_unowned or open_deadlines(tx, renewal_id, DeadlineKind.UNOWNED):
                continue
            deadline = new_deadline(scope, DeadlineKind.UNOWNED)
            tx.add(deadline)
            scope.record(
                "nobody_responsible",
                due=business_date(deadline.due_at, engine.clock.zone) - timedelta(days=1),
            )
            if scope.renewal.is_orphan:
                pool.offer(scope)
    if len(found) == BATCH:
        _begin(engine, now, actor)


def _ring(engine: Engine, deadline_id: int, instance_id: int | None, now: datetime, actor: Actor) -> int:
    """Tell those in charge, once: whoever rings marks the row it has locked; the renewal is locked before it."""
    with engine.store.transaction() as tx:
        renewal = None
        if instance_id is not None:
            renewal = load_scope(tx, engine, instance_id, actor=actor, now=now).renewal
        row = lock_deadline(tx, deadline_id)
        if row is None or row.rung_at is not None or row.settled_at is not None:
            return 0
        row.rung_at = now
        directory = directory_on(tx, business_date(now, engine.clock.zone))
        kind = DeadlineKind(row.kind)
        told = _told(directory, row, renewal)
        tell(tx, row, told)
        reminded = _reminded(renewal, told) if kind in _REMINDERS else frozenset()
        if renewal is not None and reminded:
            _remind(tx, engine, renewal.id, _REMINDERS[kind], reminded, now)
        _send(tx, engine, kind, told - reminded, now)
        about: dict[str, Any] = {"kind": row.kind, "told": sorted(told), "owner": row.owner_no}
        tx.record(
            "alarm_raised",
            at=now,
            actor=actor.name,
            instance_id=row.instance_id,
            subject=_subject(row),
            **about,
        )
        return 1


def _subject(row: Deadline) -> str | None:
    """What the history says a deadline is about: an agent to be coached, else the unit."""
    return row.owner_no if row.kind == DeadlineKind.COACHING else row.unit_code


def _told(directory: Directory, row: Deadline, renewal: Renewal | None) -> frozenset[str]:
    """Who hears of it: of a renewal, of an agent, or of a team."""
    kind = DeadlineKind(row.kind)
    if renewal is not None:
        return told_of_renewal(directory, kind, responsible_of(renewal))
    if kind is DeadlineKind.COACHING:
        return told_of_agent(directory, row.owner_no)
    return told_of_vacancy(directory, row.unit_code or "")


def _reminded(renewal: Renewal | None, told: frozenset[str]) -> frozenset[str]:
    """Those among *told* who answer for the renewal themselves."""
    if renewal is None:
        return frozenset()
    return told & {renewal.owner_no, renewal.supervisor_no, renewal.trainer_no, renewal.specialist_no}


def _remind(tx: Tx, engine: Engine, renewal_id: int, node: int, told: Collection[str], now: datetime) -> None:
    """An agreed day is a reminder, not an alarm: it goes with the message of the day."""
    for number in sorted(told):
        tell_agent(tx, agent_no=number, instance_id=renewal_id, node=node, now=now, clock=engine.clock)


def _send(tx: Tx, engine: Engine, kind: DeadlineKind, told: Collection[str], now: datetime) -> None:
    """One message a person, kind and day, however many renewals it is about: the home page lists them."""
    leaves = next(notice_moments(now, engine.clock.zone, gathered=timedelta(0)))
    for number in sorted(told):
        queue(
            tx,
            key=f"{kind}:{leaves.date()}:{number}"[:64],
            business_key=None,
            instance_id=None,
            channel="sms",
            template=f"alarm_{kind}",
            recipient=number,
            text=_TEXTS[kind],
            now=now,
            not_before=leaves,
            expires_at=leaves + KEPT,
        )


def note_vacancies(tx: Tx, engine: Engine, directory: Directory, *, now: datetime, actor: Actor) -> None:
    """Begin to count for teams that lost their supervisor, and settle those that have one again (case 16)."""
    open_now, vacant = open_vacancies(tx), vacant_teams(directory)
    for team in sorted(open_now.keys() - vacant):
        _end(tx, open_now[team], DeadlineEnd.FILLED, now=now, actor=actor.name)
    last = engine.workdays().add_workdays(directory.day, WORKDAYS[DeadlineKind.VACANCY])
    for team in sorted(vacant - open_now.keys()):
        tx.add(
            Deadline(
                kind=str(DeadlineKind.VACANCY),
                unit_code=team,
                branch_code=next(iter(branches_of(directory, directory.nearest(team, "workplace"))), None),
                contacts=0,
                started_at=now,
                due_at=midnight(last + timedelta(days=1), engine.clock.zone),
            )
        )
        tx.record("vacancy_seen", at=now, actor=actor.name, subject=team, due=last)
