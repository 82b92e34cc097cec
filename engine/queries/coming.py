"""What a renewal will meet next, earliest first: stages it enters, timers of its stage; pure.

One source for «why it waits» and for the list of what comes, so that the two cannot contradict each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engine.domain.codes import Label, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A timer of the engine: whether it moves the stage, or belongs to a stage that the next one cuts short."""

    name: Label
    then: Label | None
    at: datetime
    day: date
    moves_stage: bool
    in_stage: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """One thing that will happen by itself; ``stage`` where it is the entry of one, closing included.

    ``at`` is None where the whole day is meant.
    """

    day: date
    at: datetime | None
    text: Label
    stage: Stage | None = None


def coming(
    starts: Mapping[Stage, date], expiry_date: date, moments: Sequence[Moment], today: date
) -> tuple[Coming, ...]:
    """Return what comes after *today*, sorted.

    A timer that moves the stage is the entry of that stage; a timer inside a stage that would fire on or
    after the next entry never fires, because the entry ends the stage.
    """
    entries = [
        Coming(day=day, at=None, text=_entry(stage, (day - expiry_date).days), stage=stage)
        for stage, day in starts.items()
        if day > today
    ]
    days = {entry.day for entry in entries}
    next_entry = min(days, default=None)
    others = [
        Coming(day=moment.day, at=moment.at, text=_told(moment))
        for moment in moments
        if not (moment.moves_stage and moment.day in days)
        and not (moment.in_stage and next_entry is not None and moment.day >= next_entry)
    ]
    return tuple(sorted([*entries, *others], key=lambda one: (one.day, one.at is not None, one.text.zh)))


def _entry(stage: Stage, days: int) -> Label:
    mark = f"T{days:+d}"
    if stage is Stage.CLOSED:
        return Label(f"{mark}（脱保挽回期结束）", f"{mark} (win-back period ends)")
    return Label(f"{mark}（进入“{stage.label.zh}”阶段）", f"{mark} (enters the stage “{stage.label.en}”)")


def _told(moment: Moment) -> Label:
    if moment.then is None:
        return moment.name
    return Label(f"{moment.name.zh}（{moment.then.zh}）", f"{moment.name.en} ({moment.then.en})")
