"""The order in which a renewal's progress goes, and that it does not go back; pure. Source: domain.md §4.3."""

from __future__ import annotations

from engine.domain.codes import RenewalState

ORDER = (
    RenewalState.DISPATCH_PENDING,
    RenewalState.ASSIGNED,
    RenewalState.FOLLOWING,
    RenewalState.QUOTED,
    RenewalState.APPLYING,
)
"""From the list to the application. What ends a renewal is set by itself, not reached step by step."""
_AFRESH = frozenset({RenewalState.LAPSED})
"""After the expiry the way begins anew: the first step of the win-back counts, whichever it is."""


def is_progress(now: RenewalState, to: RenewalState) -> bool:
    """Whether going from *now* to *to* is a step forward; a half-renewed vehicle (PARTIAL) keeps saying so."""
    if now in _AFRESH:
        return to in ORDER
    return now in ORDER and to in ORDER and ORDER.index(to) > ORDER.index(now)
