"""What every benchmark is given, and how it hands back what contestants took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scripts.bench.contest import contestants
from scripts.bench.copies import MOST_SEEDS
from scripts.bench.deeds import Told
from scripts.bench.figures import Figure
from scripts.bench.house import House
from scripts.bench.timing import take_turns

Unit = Callable[[str, Mapping[str, Sequence[float]], int], list[Figure]]
"""Turns the seconds of a row into its figures, given how many acts a round had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a benchmark runs, over how many renewals (or rows), and how many rounds count.

    Of a large book so many renewals are made by the engine as *seeds* says; the others are copies.
    """

    house: House
    size: int
    rounds: int
    seeds: int = MOST_SEEDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The figures of a benchmark, and lines worth reading beside them."""

    figures: list[Figure]
    notes: tuple[str, ...] = ()


def compared(setting: Setting, row: str, told: Told, unit: Unit) -> list[Figure]:
    """Let the engine and all it is compared with do one deed in turns."""
    deed, walk = told
    times = take_turns(contestants(deed, walk), rounds=setting.rounds)
    return unit(row, times, walk.count)
