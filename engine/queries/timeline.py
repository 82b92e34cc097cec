"""Everything that happened to one renewal, newest first, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bootstrap import Deployed
from engine.domain.actor import SYSTEM_NAME, Actor
from engine.domain.codes import Label, QuoteKind
from engine.label import joined
from engine.queries.diagram import DeployedOf, label_of
from engine.queries.keyset import pack_position, unpack_position
from engine.queries.names import actor_names, people_told_apart, unit_names
from engine.queries.quotes import holds_back
from engine.queries.scope import find_renewal
from engine.queries.sentences import actions_of, sentence
from engine.queries.sentences_of_messages import addressee
from engine.queries.sentences_people import mentioned
from engine.queries.words import Happening, Kind, Words, choice_labels
from engine.store.history import HistoryEvent
from engine.store.instances import ProcessInstance
from engine.store.notes import comment_texts

PAGE = 40
VIEWED = "record_viewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened, ``at`` aware UTC; ``by_system`` when the diagram did it, whoever set it off."""

    seq: int
    at: datetime
    who: str
    by_system: bool
    kind: Kind
    text: Label
    reason: Label | None
    task_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A page of a renewal's history."""

    entries: tuple[Entry, ...]
    next_position: str | None


def timeline(
    session: Session,
    actor: Actor,
    renewal_id: int,
    *,
    deployed_of: DeployedOf,
    operations: Mapping[str, Label],
    zone: ZoneInfo,
    kind: Kind | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> Timeline:
    """Return one page of a renewal's history; six statements whatever it holds, one more for comments and for agents.

    Raises:
        NotFound: the renewal lies outside *actor*'s scope.
        BadInput: the position was changed by hand.
    """
    renewal = find_renewal(session, actor, renewal_id)
    wanted = select(HistoryEvent).where(HistoryEvent.instance_id == renewal.id)
    # Who looked is shown to whom asks for such entries; elsewhere it would bury what happened.
    asked = HistoryEvent.action.in_(actions_of(kind)) if kind else HistoryEvent.action != VIEWED
    wanted = wanted.where(asked)
    if after:
        (seq,) = unpack_position(after, int)
        wanted = wanted.where(HistoryEvent.seq < seq)
    rows = session.scalars(wanted.order_by(HistoryEvent.seq.desc()).limit(limit + 1)).all()
    hidden = holds_back(session, actor, renewal.id)
    shown = [row for row in rows[:limit] if not (hidden and _tells_forecast(row))]
    set_id = session.scalar(select(ProcessInstance.definition_set_id).where(ProcessInstance.id == renewal.id))
    deployed = deployed_of(set_id) if set_id is not None else None
    return Timeline(
        entries=entries_of(
            session,
            shown,
            deployed=deployed,
            operations=operations,
            zone=zone,
            comments=comment_texts(session, _comments(shown)),
        ),
        next_position=pack_position(rows[limit - 1].seq) if len(rows) > limit else None,
    )


def entries_of(
    session: Session,
    rows: Sequence[HistoryEvent],
    *,
    deployed: Deployed | None,
    operations: Mapping[str, Label],
    zone: ZoneInfo,
    comments: Mapping[int, str] | None = None,
) -> tuple[Entry, ...]:
    """Return what *rows* say, whatever they belong to; *deployed* gives the names of diagram elements.

    *comments* are texts by number, for a reader who may see them.
    """
    words = replace(_words(session, rows, deployed, operations, zone), comments=comments or {})
    return tuple(_entry(row, words) for row in rows)


def _tells_forecast(row: HistoryEvent) -> bool:
    """Whether an entry gives a forecast's figure away before the specialist has looked at it (domain.md §3.6)."""
    if row.action == "quote_made":
        return row.payload.get("kind") == QuoteKind.FORECAST or "difference" in row.payload
    return row.action == "fact_changed" and row.payload.get("field") == "quote_mid"


def _comments(rows: Iterable[HistoryEvent]) -> set[int]:
    return {int(row.payload["comment_id"]) for row in rows if row.action == "comment_added"}


def _entry(row: HistoryEvent, words: Words) -> Entry:
    who = words.actors.get(row.actor, row.actor)
    kind, text = sentence(
        Happening(
            action=row.action,
            who=who,
            by_system=row.actor == SYSTEM_NAME,
            subject=row.subject,
            payload=row.payload,
            reason=row.reason,
        ),
        words,
    )
    return Entry(
        seq=row.seq,
        at=row.at,
        who=who,
        by_system=row.actor == SYSTEM_NAME or row.action in _CONSEQUENCES,
        kind=kind,
        text=text,
        reason=words.reason(row.reason) if row.reason and row.action in _REASONED else None,
        task_id=row.task_id if row.action == "task_completed" else None,
    )


# What follows from an act by the diagram, not by the will of whoever acted.
_CONSEQUENCES = frozenset(
    {"task_opened", "stage_entered", "stage_skipped", "decision_made", "operation_done", "list_distributed"}
)
# Other reasons are the engine's own notes (an agent's number, a fault's text), not something said to people.
_REASONED = frozenset(
    {
        "fact_changed",
        "definition_deployed",
        VIEWED,
        "personal_revealed",
        "reveal_refused",
        "task_put_off",
        "task_delegated",
    }
)


def _words(
    session: Session,
    rows: Sequence[HistoryEvent],
    deployed: Deployed | None,
    operations: Mapping[str, Label],
    zone: ZoneInfo,
) -> Words:
    people, units = _mentioned(rows)
    return Words(
        people=people_told_apart(session, people),
        actors=actor_names(session, {row.actor for row in rows}),
        units=unit_names(session, units),
        elements={e.id: label_of(e.id, deployed) for e in _elements(deployed) if e.name} if deployed else {},
        options=choice_labels(deployed.forms.values()) if deployed else {},
        answers=_answers(rows, deployed),
        operations=operations,
        zone=zone,
        actions=_actions(deployed) if deployed else {},
    )


def _actions(deployed: Deployed) -> dict[str, Label]:
    """The name of each action: of the task that carries it, or of all of them where they are called differently."""
    names: dict[str, dict[Label, None]] = {}
    for element in _elements(deployed):
        if element.name and (action := element.properties.get("action_id")):
            names.setdefault(action, {})[label_of(element.id, deployed)] = None
    return {action: joined(found, zh="或", en=" or ") for action, found in names.items()}


def _answers(
    rows: Sequence[HistoryEvent], deployed: Deployed | None
) -> dict[str, Mapping[tuple[str, str], Label]]:
    """Labels of the forms that *rows* were answered on, as the pinned set has them."""
    known = deployed.forms if deployed else {}
    named = {str(row.payload["form_id"]) for row in rows if row.payload.get("form_id")}
    return {form_id: choice_labels([known[form_id]]) for form_id in named if form_id in known}


def _elements(deployed: Deployed) -> Iterable[Any]:
    return deployed.process.elements.by_id.values()


_NAMING = ("assignee", "owner", "recipient", "on_behalf_of")
_MOVES = frozenset(
    {"responsible_changed", "task_reassigned", "task_delegated", "task_taken_back", "task_handed_back"}
)


def _mentioned(rows: Iterable[HistoryEvent]) -> tuple[set[str], set[str]]:
    """Employee numbers and unit codes that the payloads name."""
    people: set[str] = set()
    units: set[str] = set()
    for row in rows:
        payload = row.payload
        people |= {str(payload[key]) for key in _NAMING if payload.get(key)}
        if row.action in _MOVES:
            ends = {str(payload[key]) for key in ("from", "to") if payload.get(key)}
            (units if str(payload.get("field", "")).endswith("_code") else people).update(ends)
        if row.action.startswith("message_") and (number := addressee(row.subject, payload)):
            people.add(number)
        named, placed = mentioned(row.action, row.subject, payload)
        people |= named
        units |= placed
    return people, units
