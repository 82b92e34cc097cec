"""Take turns: every contestant once a round, so that a noisy machine is unfair to all of them alike."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from time import perf_counter
from typing import Protocol

from scripts.bench.house import Outcome


class Contestant(Protocol):
    """One way to do the same work; only :meth:`act` is timed."""

    def prepare(self) -> None:
        """Bring everything into place."""
        ...

    def act(self) -> None:
        """Do the work."""
        ...

    def opened(self) -> Outcome:
        """Return what people are asked to do after the work."""
        ...

    def clear(self) -> None:
        """Let go of everything."""
        ...


class NotEquivalent(Exception):
    """Two contestants did different work; their times mean nothing beside each other."""


def take_turns(contestants: Mapping[str, Contestant], *, rounds: int) -> dict[str, list[float]]:
    """Return the seconds each contestant took in each round.

    A first round warms up, does not count, and compares what the contestants did; where one round is
    all there is, it counts as well.

    Raises:
        NotEquivalent: one left other open tasks than the first.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    outcomes: dict[str, Outcome] = {}
    warm_ups = 1 if rounds > 1 else 0
    for number in range(warm_ups + rounds):
        for name, contestant in contestants.items():
            contestant.prepare()
            seconds = _timed(contestant)
            if number >= warm_ups:
                times[name].append(seconds)
            if not number:
                outcomes[name] = contestant.opened()
            contestant.clear()
        if not number:
            _compare(outcomes)
    return times


def _timed(contestant: Contestant) -> float:
    gc.collect()
    started = perf_counter()
    contestant.act()
    return perf_counter() - started


def _compare(outcomes: Mapping[str, Outcome]) -> None:
    (first, wanted), *others = outcomes.items()
    for name, found in others:
        if found != wanted:
            shown = next(
                ((mine, theirs) for mine, theirs in zip(wanted, found, strict=False) if mine != theirs),
                (len(wanted), len(found)),
            )
            raise NotEquivalent(f"{first} left {shown[0]}, {name} left {shown[1]}")
