"""What an answer sets off in the process beside the way its own task goes on by; in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.domain.codes import MessageName
from engine.services import assignment, hand_over_contact
from engine.services.announcing import announce
from engine.services.context import StepScope
from engine.services.facts import is_handing_over

Values = Mapping[str, Any]


def follow_up(scope: StepScope, form_id: str, values: Values) -> None:
    """Carry out what the answers to *form_id* ask for elsewhere in the process; the task itself is done."""
    effect = _EFFECTS.get(form_id)
    if effect is not None:
        effect(scope, values)


def _taken_over(scope: StepScope, values: Values) -> None:
    """The supervisor reached the customer, or tried to, while taking an orphan policy over (K-L2)."""
    if values.get("result") == "accepted":
        hand_over_contact.follow(scope, values)


def _sorted(scope: StepScope, values: Values) -> None:
    """The specialist sorted the policy as an orphan (P-S1): it goes the way of one (domain.md §7 case 13)."""
    if values.get("category") == "orphan":
        _lost_its_agent(scope)


def _not_delivered(scope: StepScope, values: Values) -> None:
    """The list could not be delivered as the agent has left (P-L1)."""
    if values.get("undelivered_reason") == "left":
        _lost_its_agent(scope)


def _lost_its_agent(scope: StepScope) -> None:
    """Hand the policy to whoever is next in line and ask for its route, unless that is under way or settled."""
    row = scope.renewal
    is_seen_to = row.is_orphan and is_handing_over(scope)
    if row.is_recalled or row.ended_at is not None or is_seen_to:
        return
    agent = str(row.agent_no or "")
    if not announce(scope, MessageName.AGENT_LEFT):
        assignment.agent_left(scope, agent)


_EFFECTS: Mapping[str, Callable[[StepScope, Values], None]] = {
    "take_over_orphan": _taken_over,
    "dispatch_list": _sorted,
    "confirm_delivery": _not_delivered,
}
