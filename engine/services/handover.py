"""Hand a person's renewals over: preview by rule, change by hand, confirm, carry out row by row (domain.md §7 case 13).

The preview is frozen: every row keeps a mark of who answered for it, and is refused with the reason when that has
changed meanwhile. Each row is a transaction of its own, written together with what became of it, so that a crash
repeats none; the ticker goes on with what was interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.bootstrap import Engine
from engine.clock import midnight
from engine.domain.actor import SYSTEM, Actor
from engine.domain.codes import (
    DeadlineKind,
    HandoverKind,
    HandoverRowStatus,
    HandoverStatus,
    Role,
    SplitRule,
    TaskStatus,
)
from engine.domain.deadlines import WORKDAYS
from engine.domain.directory import Directory, Responsible
from engine.domain.handover import Taker, split
from engine.domain.succession import successors
from engine.errors import BadInput, Conflict, NotFound
from engine.label import Label, Thing
from engine.services import pool
from engine.services.assignment import FIELDS, assign, responsible_of
from engine.services.context import StepScope
from engine.services.handover_plan import (
    HANDED_ROLES,
    MOVING_ROLES,
    Leaver,
    cases_of,
    mark_of,
    may_hand_over,
    takers_of,
    team_of,
    workplace_of,
)
from engine.services.instances import load_scope
from engine.services.outdated_previews import close_outdated
from engine.store.handover import (
    HELD_ROLES,
    Handover,
    HandoverRow,
    counts_of_handover,
    held_by,
    in_force_for,
    lock_handover,
    lock_handover_row,
    lock_post,
    posts_in_force,
    rows_of_renewals,
    rows_pending,
    tasks_claimed_by,
)
from engine.store.organisation import directory_on
from engine.store.session import Tx

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MOST_ROWS = 5_000
CHUNK = 50
EARLIEST, LATEST = timedelta(days=30), timedelta(days=90)
"""How far back and ahead of today the last day may lie."""
POOL = "pool"
"""What stands for the claim pool where a taker is chosen."""
Progress = Callable[[int], None]

_PLACE = Label("只交接某职场", "one workplace only")
_WHOLE = Label(
    "只有专员调动时可以只交接一个职场；离职须交接全部，请留空",
    "only a specialist who moves hands over one workplace; whoever leaves hands over everything: leave it blank",
)
_PERSON = Label("交接人工号", "number of who hands over")
_TAKER = Label("接手人", "who takes over")
_LAST_DAY = Label("最后在岗日", "last day")
_NOBODY = Label("没有这位在职人员，请核对工号", "nobody with this number serves: check it")
_NO_ROLE = Label(
    "该人员不以营销员、业务主任或专员身份在职；组训随组织机构文件的“对接”交接",
    "this person serves as none of agent, supervisor, specialist; a trainer follows the liaisons of the file",
)
_NO_MOVE = Label(
    "业务主任名下的续保随其岗位，调动请导入组织机构文件；离职可在此交接",
    "a supervisor's renewals follow the post: import the organisation for a move; leaving is done here",
)
_NOT_OURS = Label(
    "只能交接本机构下属的续保", "you may hand over the renewals of those below you in your units only"
)
_TOO_FAR = Label("须在今天前 30 天至今天后 90 天之间", "choose a day from 30 days ago to 90 days ahead")
_IN_FORCE = Label(
    "该人员已有一项确认的交接，请等它完成", "a confirmed hand-over of this person is not finished yet"
)
_NONE = Label("名下没有在办续保，无需交接", "no open renewal is this person's: nothing to hand over")
_MANY = Label(
    f"一次最多 {MOST_ROWS} 笔，请按职场分次交接", f"at most {MOST_ROWS} at once: do it by workplace"
)
_NOT_A_TAKER = Label(
    "不在可接手人员之列（须届时在职、同岗位或其上级）", "is not among those who may take over on that day"
)
_ENDED = Label("续保已结束，无需交接", "the renewal has ended")
_CHANGED = Label("预览后责任人已变更，请另行交接", "who answers for it changed after the preview")
_GONE = Label("接手人已不在职", "whoever was to take over serves no more")


class HandoverOver(Conflict):
    """It was confirmed or dropped already."""

    code = "handover_over"
    zh = "这项交接已确认或已放弃，不能再改。请刷新后查看。"
    en = "This hand-over was confirmed or dropped already and cannot be changed. Reload the page."


def prepare_handover(
    engine: Engine,
    employee_no: str,
    *,
    kind: HandoverKind,
    last_day: date,
    role: Role | None = None,
    workplace: str | None = None,
    actor: Actor,
) -> int:
    """Freeze a proposal of who gets which open renewal of *employee_no* (all, or those of *workplace*).

    *last_day* is the last day on which they are that person's. Returns the number of the hand-over.

    Raises:
        BadInput: the person, the day or the choice will not do; it says which and why.
    """
    now, today = engine.clock.now(), engine.clock.today()
    with engine.store.transaction() as tx:
        leaver = _leaver(directory_on(tx, today), employee_no, role, actor)
        _require_day(last_day, today)
        if kind is not HandoverKind.LEAVE and leaver.role not in MOVING_ROLES:
            raise BadInput(what=_PERSON, value=employee_no, reason=_NO_MOVE)
        if workplace is not None and (kind is HandoverKind.LEAVE or leaver.role is not Role.SPECIALIST):
            raise BadInput(what=_PLACE, value=workplace, reason=_WHOLE)
        if in_force_for(tx, leaver.number) is not None:
            raise BadInput(what=_PERSON, value=employee_no, reason=_IN_FORCE)
        renewals = held_by(tx, leaver.number, leaver.role, workplace=workplace, most=MOST_ROWS + 1)
        if len(renewals) > MOST_ROWS:
            raise BadInput(what=_PERSON, value=employee_no, reason=_MANY)
        if not renewals and kind is not HandoverKind.LEAVE:
            raise BadInput(what=_PERSON, value=employee_no, reason=_NONE)
        directory, takers = _takers(tx, engine, leaver, last_day)
        proposals = split(
            cases_of(tx, renewals, leaver),
            takers,
            leaver_no=leaver.number,
            team_code=team_of(directory, leaver),
            workplace_code=workplace_of(directory, leaver),
        )
        handover = Handover(
            kind=str(kind),
            from_no=leaver.number,
            role=str(leaver.role),
            unit_code=leaver.unit_code,
            last_day=last_day,
            status=str(HandoverStatus.PREPARED),
            created_by=actor.name,
            created_at=now,
            ended_posts=[],
        )
        tx.add(handover)
        tx.write()
        tx.add_all(
            HandoverRow(
                handover_id=handover.id,
                instance_id=row.id,
                to_no=proposals[row.id].to_no,
                rule=str(proposals[row.id].rule),
                seen=mark_of(row),
                changes=[],
                status=str(HandoverRowStatus.PENDING),
            )
            for row in renewals
        )
        tx.record(
            "handover_prepared",
            at=now,
            actor=actor.name,
            subject=leaver.number,
            handover_id=handover.id,
            kind=str(kind),
            role=str(leaver.role),
            last_day=last_day,
            rows=len(renewals),
        )
        return handover.id


def _leaver(directory: Directory, employee_no: str, role: Role | None, actor: Actor) -> Leaver:
    number = directory.number_of(employee_no.strip())
    if number is None:
        raise BadInput(what=_PERSON, value=employee_no[:40], reason=_NOBODY)
    roles = [held for held in HANDED_ROLES if role in (None, held)]
    posts = [(held, post) for held in roles if (post := directory.post_of(number, held))]
    if not posts:
        raise BadInput(what=_PERSON, value=employee_no[:40], reason=_NO_ROLE)
    leavers = [Leaver(number, held, post.unit_code) for held, post in posts]
    found = next((one for one in leavers if may_hand_over(actor, directory, one)), None)
    if found is None:
        raise BadInput(what=_PERSON, value=employee_no[:40], reason=_NOT_OURS)
    return found


def _require_day(last_day: date, today: date) -> None:
    if not today - EARLIEST <= last_day <= today + LATEST:
        raise BadInput(what=_LAST_DAY, value=last_day, reason=_TOO_FAR)


def _takers(
    session: Session, engine: Engine, leaver: Leaver, last_day: date
) -> tuple[Directory, list[Taker]]:
    """Who may take over on the day after the last one, or today if that is over."""
    day = max(last_day + timedelta(days=1), engine.clock.today())
    directory = directory_on(session, day)
    until = engine.workdays().add_workdays(day, WORKDAYS[DeadlineKind.FIRST_CONTACT])
    return directory, takers_of(session, directory, leaver, until=until)


def leaver_of(handover: Handover) -> Leaver:
    """Return whose renewals a hand-over is about."""
    return Leaver(handover.from_no, Role(handover.role), handover.unit_code)


def _locked(tx: Tx, engine: Engine, handover_id: int, actor: Actor) -> Handover:
    """The hand-over, locked, if this person may see it; else it might as well not exist."""
    handover = lock_handover(tx, handover_id)
    directory = directory_on(tx, engine.clock.today())
    if not _reaches(actor, directory, handover):
        raise NotFound(what=Thing.HANDOVER, key=handover_id)
    return handover


def open_handover(engine: Engine, handover_id: int, *, actor: Actor) -> tuple[Taker, ...]:
    """Return who may take the rows of a preview over; nobody once it is confirmed or dropped.

    Raises:
        NotFound: no such hand-over in the actor's reach.
    """
    with engine.store.reading() as session:
        handover = session.get(Handover, handover_id)
        today = engine.clock.today()
        if handover is None or not _reaches(actor, directory_on(session, today), handover):
            raise NotFound(what=Thing.HANDOVER, key=handover_id)
        if handover.status != HandoverStatus.PREPARED:
            return ()
        return tuple(_takers(session, engine, leaver_of(handover), handover.last_day)[1])


def _reaches(actor: Actor, directory: Directory, handover: Handover) -> bool:
    return handover.created_by == actor.name or may_hand_over(actor, directory, leaver_of(handover))


def change_rows(
    engine: Engine, handover_id: int, renewal_ids: Sequence[int], to: str, *, actor: Actor
) -> int:
    """Give the chosen rows to *to* (a number, or :data:`POOL`) instead; returns how many were changed.

    Raises:
        NotFound: no such hand-over in reach. HandoverOver: it was confirmed or dropped.
        BadInput: nothing was chosen, or *to* cannot take over on that day.
    """
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        handover = _locked(tx, engine, handover_id, actor)
        if handover.status != HandoverStatus.PREPARED:
            raise HandoverOver
        if not renewal_ids:
            nothing = Label("没有勾选任何一笔，请勾选后再改", "nothing was ticked: tick the rows to change")
            raise BadInput(what=Thing.RENEWAL, value="", reason=nothing)
        target = _target(tx, engine, handover, to)
        rows = rows_of_renewals(tx, handover_id, renewal_ids[:MOST_ROWS])
        for row in rows:
            row.to_no, row.rule = target, str(SplitRule.BY_HAND)
        if rows:
            tx.record(
                "handover_changed",
                at=now,
                actor=actor.name,
                subject=handover.from_no,
                handover_id=handover_id,
                to=target,
                renewals=[row.instance_id for row in rows],
            )
        return len(rows)


def _target(tx: Tx, engine: Engine, handover: Handover, to: str) -> str | None:
    leaver = leaver_of(handover)
    if to == POOL and leaver.role is Role.AGENT:
        return None
    _, takers = _takers(tx, engine, leaver, handover.last_day)
    number = next((one.number for one in takers if one.number == to), None)
    if number is None:
        raise BadInput(what=_TAKER, value=to[:40], reason=_NOT_A_TAKER)
    return number


def drop_handover(engine: Engine, handover_id: int, *, actor: Actor) -> None:
    """Give a preview up, or call a confirmed one off while its day has not come; the posts it ended go on.

    Raises:
        NotFound: no such hand-over in reach. HandoverOver: it was dropped, or is being carried out.
    """
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        handover = _locked(tx, engine, handover_id, actor)
        waits = handover.status == HandoverStatus.SCHEDULED and handover.due_at and handover.due_at > now
        if handover.status != HandoverStatus.PREPARED and not waits:
            raise HandoverOver
        handover.status, handover.finished_at = str(HandoverStatus.DROPPED), now
        _restore_posts(tx, handover, actor, now)
        tx.record(
            "handover_dropped", at=now, actor=actor.name, subject=handover.from_no, handover_id=handover_id
        )


def _restore_posts(tx: Tx, handover: Handover, actor: Actor, now: datetime) -> None:
    """Let the posts that were ended go on as before, unless somebody changed them since."""
    for ended in handover.ended_posts:
        post = lock_post(tx, ended["id"])
        if post is None or post.valid_to != handover.last_day:
            continue
        post.valid_to = date.fromisoformat(ended["before"]) if ended["before"] else None
        tx.record(
            "post_restored",
            at=now,
            actor=actor.name,
            subject=post.employee_no,
            role=post.role,
            unit=post.unit_code,
        )


def confirm_handover(
    engine: Engine, handover_id: int, *, actor: Actor, by_worker: bool = False
) -> HandoverStatus:
    """Confirm a preview: who leaves serves to the last day, and what was shown is carried out after it.

    Returns ``running`` when the day is over (the caller, or with *by_worker* a worker of a server, carries it
    out), ``scheduled`` when the ticker does on the day.

    Raises:
        NotFound: no such hand-over in reach. HandoverOver: it was confirmed or dropped.
        BadInput: another hand-over of the same person is under way.
    """
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        handover = _locked(tx, engine, handover_id, actor)
        if handover.status != HandoverStatus.PREPARED:
            raise HandoverOver
        if in_force_for(tx, handover.from_no) is not None:
            raise BadInput(what=_PERSON, value=handover.from_no, reason=_IN_FORCE)
        due = midnight(handover.last_day + timedelta(days=1), engine.clock.zone)
        status = HandoverStatus.SCHEDULED if due > now else HandoverStatus.RUNNING
        handover.status, handover.due_at = str(status), due
        handover.confirmed_by, handover.confirmed_at = actor.name, now
        if handover.kind == HandoverKind.LEAVE:
            _end_posts(tx, handover, actor, now)
        tx.record(
            "handover_confirmed",
            at=now,
            actor=actor.name,
            subject=handover.from_no,
            handover_id=handover_id,
            last_day=handover.last_day,
        )
        if status is HandoverStatus.RUNNING and by_worker and engine.store.is_shared:
            tx.enqueue("settle_people", lock="settle_people", once="settle_people")
        return status


def _end_posts(tx: Tx, handover: Handover, actor: Actor, now: datetime) -> None:
    """End the leaver's posts of the role with the last day: from then on nothing is reached any more (case 13)."""
    for post in posts_in_force(tx, handover.from_no, Role(handover.role), handover.last_day):
        before, post.valid_to = post.valid_to, handover.last_day
        ended = {"id": post.id, "before": before.isoformat() if before else None}
        handover.ended_posts = [*handover.ended_posts, ended]
        tx.record(
            "post_ended",
            at=now,
            actor=actor.name,
            subject=post.employee_no,
            role=post.role,
            unit=post.unit_code,
            last_day=handover.last_day,
            before=before,
        )


def carry_out_handover(
    engine: Engine, handover_id: int, *, actor: Actor = SYSTEM, on_progress: Progress | None = None
) -> int:
    """Carry out the pending rows of a confirmed hand-over; safe to run again, also twice at once.

    Returns how many renewals were handed over by this call; 0 for one that is not under way.
    """
    with engine.store.transaction() as tx:
        handover = lock_handover(tx, handover_id)
        now = engine.clock.now()
        is_due = handover.due_at is not None and handover.due_at <= now
        if handover.status == HandoverStatus.SCHEDULED and is_due:
            handover.status = str(HandoverStatus.RUNNING)
            tx.record(
                "handover_begun", at=now, actor=actor.name, subject=handover.from_no, handover_id=handover_id
            )
        if handover.status != HandoverStatus.RUNNING:
            return 0
    done = looked_at = 0
    while rows := _pending(engine, handover_id):
        for row in rows:
            done += _carry(engine, handover, row.id, row.instance_id, actor, now)
            looked_at += 1
            if on_progress is not None:
                on_progress(looked_at)
    _finish(engine, handover_id, actor)
    return done


def _pending(engine: Engine, handover_id: int) -> Sequence[HandoverRow]:
    with engine.store.reading() as session:
        return rows_pending(session, handover_id, limit=CHUNK)


def _carry(
    engine: Engine, handover: Handover, row_id: int, instance_id: int, actor: Actor, now: datetime
) -> int:
    """Hand one renewal over or refuse it, in one transaction; returns 1 when it was handed over."""
    with engine.store.transaction() as tx:
        scope = load_scope(tx, engine, instance_id, actor=actor, now=now)
        row = lock_handover_row(tx, row_id)
        if row.status != HandoverRowStatus.PENDING:
            return 0
        directory = directory_on(tx, scope.today)
        reason = _obstacle(scope, directory, row)
        if reason is not None:
            row.status, row.reason = str(HandoverRowStatus.REFUSED), {"zh": reason.zh, "en": reason.en}
            scope.record(
                "handover_row_refused", subject=handover.from_no, reason=reason.zh, handover_id=handover.id
            )
            return 0
        before = responsible_of(scope.renewal)
        people = people_after(before, directory, leaver_of(handover), row.to_no)
        assign(scope, people, reason=f"handover {handover.id}")
        if row.to_no is None:
            pool.offer(scope)
        row.changes, row.status = changes_between(before, people), str(HandoverRowStatus.DONE)
        told: dict[str, Any] = {"from": handover.from_no, "to": row.to_no, "owner": people.owner_no}
        scope.record(
            "renewal_handed_over",
            subject=handover.from_no,
            handover_id=handover.id,
            kind=handover.kind,
            rule=row.rule,
            confirmed_by=handover.confirmed_by,
            **told,
        )
        return 1


def _obstacle(scope: StepScope, directory: Directory, row: HandoverRow) -> Label | None:
    if scope.renewal.ended_at is not None:
        return _ENDED
    if mark_of(scope.renewal) != row.seen:
        return _CHANGED
    if row.to_no is not None and row.to_no not in directory.posts:
        return _GONE
    return None


def people_after(people: Responsible, directory: Directory, leaver: Leaver, to_no: str | None) -> Responsible:
    """Return who answers for a renewal once *to_no* has it from *leaver*; to_no None: whoever is next in line."""
    if leaver.role is Role.AGENT and to_no is not None and directory.post_of(to_no, Role.AGENT):
        return directory.responsible_for(
            agent_no=to_no,
            sub_branch_code=people.sub_branch_code,
            workplace_code=people.workplace_code,
            specialist_no=people.specialist_no,
        )
    left = _without(people, leaver)
    if to_no is None:
        return successors(directory, left)
    role = next((held for held in (leaver.role, *HELD_ROLES) if directory.post_of(to_no, held)), leaver.role)
    changes: dict[str, Any] = {f"{role}_no": to_no} if role is not Role.AGENT else {}
    if left.owner_no is None:
        changes |= {"owner_no": to_no, "owner_role": role}
    return successors(directory, replace(left, **changes))


def _without(people: Responsible, leaver: Leaver) -> Responsible:
    """The people of a renewal without the leaver; one that loses its agent is an orphan."""
    changes: dict[str, Any] = {}
    if leaver.role is Role.AGENT:
        changes |= {"agent_no": None, "is_orphan": True}
    elif getattr(people, f"{leaver.role}_no") == leaver.number:
        changes[f"{leaver.role}_no"] = None
    if people.owner_no == leaver.number or leaver.role is Role.AGENT:
        changes |= {"owner_no": None, "owner_role": None}
    return replace(people, **changes)


def changes_between(before: Responsible, after: Responsible) -> list[dict[str, Any]]:
    """Return what changes from *before* to *after*, field by field, as a row of a hand-over keeps it."""
    return [
        {"field": name, "from": _plain(old), "to": _plain(new)}
        for name in FIELDS
        if (old := getattr(before, name)) != (new := getattr(after, name))
    ]


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)


def _release(tx: Tx, handover: Handover, actor: Actor, now: datetime) -> None:
    """Give back what the leaver had claimed from a queue: nobody else could do it."""
    for task in tasks_claimed_by(tx, handover.from_no):
        task.status, task.claimed_by, task.claimed_at = str(TaskStatus.OPEN), None, None
        task.version += 1
        tx.record(
            "task_released",
            at=now,
            actor=actor.name,
            instance_id=task.instance_id,
            task_id=task.id,
            subject=task.name,
            action_id=task.action_id,
        )


def _finish(engine: Engine, handover_id: int, actor: Actor) -> None:
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        handover = lock_handover(tx, handover_id)
        if handover.status != HandoverStatus.RUNNING:
            return
        handover.status, handover.finished_at = str(HandoverStatus.DONE), now
        if handover.kind == HandoverKind.LEAVE:
            _release(tx, handover, actor, now)
        close_outdated(tx, handover, actor=actor, now=now)
        counts = counts_of_handover(tx, handover_id)
        tx.record(
            "handover_finished",
            at=now,
            actor=actor.name,
            subject=handover.from_no,
            handover_id=handover_id,
            done=counts.get(HandoverRowStatus.DONE, 0),
            refused=counts.get(HandoverRowStatus.REFUSED, 0),
        )
