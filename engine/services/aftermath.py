"""What an answer sets off in the process beside the way its own task goes on by; in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.services import hand_over_contact
from engine.services.context import StepScope

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


_EFFECTS: Mapping[str, Callable[[StepScope, Values], None]] = {
    "take_over_orphan": _taken_over,
}
