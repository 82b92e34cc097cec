"""Somebody is away: a colleague of the same role does the tasks meanwhile (domain.md §7 case 15).

Nothing is reassigned: the tasks stay the absent person's, both may do them, and the history names who did.
"""

from __future__ import annotations

from datetime import date, timedelta

from engine.bootstrap import Engine
from engine.domain.actor import Actor
from engine.domain.codes import WORKING_ROLES, Role
from engine.domain.delegation import substitutes_for
from engine.domain.directory import Directory
from engine.errors import BadInput, Forbidden, NotFound
from engine.label import Label, Thing
from engine.store.absence import Absence, overlapping
from engine.store.organisation import directory_on

LONGEST = timedelta(days=90)
SUPERIORS = frozenset({Role.SUPERVISOR, Role.TRAINER, Role.CHANNEL, Role.ADMIN})

_NOBODY = Label("没有这位在职人员，请核对工号", "nobody with this number serves: check it")
_NOT_OURS = Label("只能登记本人或本机构下属的请假", "you may arrange your own absence and those of your unit")
_SELF = Label("替办人不能是本人", "the substitute must be somebody else")
_UNFIT = Label(
    "替办人须为请假人所在职场（分公司）同岗位的在职人员；跨职场须由上级在其管辖范围内登记",
    "the substitute must serve in the same role in the same workplace or branch; across them a superior arranges it"
    " within the own units",
)
_BACKWARDS = Label(
    "结束日期不能早于开始日期，也不能早于今天", "the last day lies before the first day or before today"
)
_TOO_LONG = Label("一次最多 90 天", "at most 90 days at once")
_TAKEN = Label(
    "本人或替办人在此期间已登记请假", "this person or the substitute is away in that period already"
)


def arrange_absence(
    engine: Engine, employee_no: str, substitute_no: str, *, first: date, last: date, actor: Actor
) -> int:
    """Let *substitute_no* do the tasks of *employee_no* from *first* to *last*, both included; returns its number.

    Raises:
        BadInput: a number, a role or a day will not do; it says which and why.
    """
    now, today = engine.clock.now(), engine.clock.today()
    with engine.store.transaction() as tx:
        directory = directory_on(tx, today)
        away = _number(directory, employee_no, actor)
        substitute = directory.number_of(substitute_no)
        _require_substitute(directory, away, substitute, substitute_no, actor)
        if first > last or last < today:
            raise BadInput(what=_LAST_DAY, value=last, reason=_BACKWARDS)
        if last - first >= LONGEST:
            raise BadInput(what=_LAST_DAY, value=last, reason=_TOO_LONG)
        if overlapping(tx, [away, str(substitute)], first, last) is not None:
            raise BadInput(what=_FIRST_DAY, value=first, reason=_TAKEN)
        absence = Absence(
            employee_no=away,
            substitute_no=str(substitute),
            first_day=first,
            last_day=last,
            created_by=actor.name,
            created_at=now,
        )
        tx.add(absence)
        tx.write()
        tx.record(
            "absence_arranged",
            at=now,
            actor=actor.name,
            subject=away,
            substitute=absence.substitute_no,
            first=first,
            last=last,
            absence_id=absence.id,
        )
        return absence.id


_FIRST_DAY = Label("开始日期", "first day")
_LAST_DAY = Label("结束日期", "last day")
_END = Label(
    "结束他人的请假（须由请假人本人或其上级结束）",
    "end the absence of somebody you stand in for: that person or a superior does",
)
_AWAY = Label("请假人工号", "number of who is away")
_SUBSTITUTE = Label("替办人工号", "number of the substitute")


def _number(directory: Directory, employee_no: str, actor: Actor) -> str:
    """The number of who is away as it is stored; the actor's own, or one of the actor's units."""
    number = directory.number_of(employee_no)
    if number is None or not any(directory.post_of(number, role) for role in WORKING_ROLES):
        raise BadInput(what=_AWAY, value=employee_no, reason=_NOBODY)
    if not _answers_for(directory, number, actor):
        raise BadInput(what=_AWAY, value=employee_no, reason=_NOT_OURS)
    return number


def _answers_for(directory: Directory, number: str, actor: Actor) -> bool:
    """Whether *actor* arranges the absences of this person: the own ones, or as a superior of the unit."""
    if number == actor.employee_no or actor.is_operator:
        return True
    return _is_superior(directory, number, actor)


def _is_superior(directory: Directory, number: str, actor: Actor) -> bool:
    posts = [post for role in WORKING_ROLES if (post := directory.post_of(number, role))]
    in_units = actor.sees_all or any(post.unit_code in actor.unit_codes for post in posts)
    return bool(actor.roles & SUPERIORS) and in_units


def may_substitute(directory: Directory, away: str, actor: Actor) -> frozenset[str]:
    """Return who may be named as the substitute of *away* by *actor*: a superior chooses among all of his units."""
    is_superior = away != actor.employee_no and _is_superior(directory, away, actor)
    every = (
        frozenset(directory.units) if actor.is_operator or (is_superior and actor.sees_all) else frozenset()
    )
    return substitutes_for(directory, away, within=every | (actor.unit_codes if is_superior else frozenset()))


def _require_substitute(
    directory: Directory, away: str, substitute: str | None, typed: str, actor: Actor
) -> None:
    if substitute is None:
        raise BadInput(what=_SUBSTITUTE, value=typed, reason=_NOBODY)
    if substitute == away:
        raise BadInput(what=_SUBSTITUTE, value=typed, reason=_SELF)
    if substitute not in may_substitute(directory, away, actor):
        raise BadInput(what=_SUBSTITUTE, value=typed, reason=_UNFIT)


def end_absence(engine: Engine, absence_id: int, *, actor: Actor) -> None:
    """Call an absence off, or cut it short: from now on the tasks are the person's alone.

    Raises:
        NotFound: no such absence that concerns this person. Forbidden: the substitute does not end it.
    """
    now, today = engine.clock.now(), engine.clock.today()
    with engine.store.transaction() as tx:
        absence = tx.get(Absence, absence_id, with_for_update=True)
        if absence is None or absence.ended_at is not None:
            raise NotFound(what=Thing.ABSENCE, key=absence_id)
        if not _may_end(directory_on(tx, today), absence, actor):
            if actor.employee_no == absence.substitute_no:
                raise Forbidden(act=_END)
            raise NotFound(what=Thing.ABSENCE, key=absence_id)
        absence.ended_at, absence.ended_by = now, actor.name
        tx.record(
            "absence_ended",
            at=now,
            actor=actor.name,
            subject=absence.employee_no,
            substitute=absence.substitute_no,
            absence_id=absence_id,
        )


def _may_end(directory: Directory, absence: Absence, actor: Actor) -> bool:
    """Whoever is away, or a superior of today; that somebody arranged it once gives no say, nor does standing in."""
    return _answers_for(directory, absence.employee_no, actor)
