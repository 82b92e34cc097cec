"""Benchmarks of single acts: step, start, complete, fire, sweep."""

from __future__ import annotations

from collections.abc import Sequence

from engine.services.imports import CHUNK
from engine.services.timers import SWEEP
from scripts.bench import deeds
from scripts.bench.contest import ByEngine
from scripts.bench.copies import multiply, seed_count
from scripts.bench.deeds import PREPARED_DAYS
from scripts.bench.figures import ENGINE, milliseconds, per_second
from scripts.bench.house import FURNISHED
from scripts.bench.setting import Findings, Setting, compared
from scripts.bench.timing import take_turns

STAGE_DAYS = {"preparation": 50, "follow_up": 40, "key_tracking": 20, "summary": 3, "win_back": -10}
"""Days to expiry that lead a new vehicle straight into each stage."""
POOL_DAYS = 75
NIGHT = (61, 46, 31, 8, 0, -30)
"""Days to expiry whose stage ends with the first day: what is due in one night, a sixth of each kind."""
MOST_BY_HAND = 2_000
"""More than this many are left to the engine alone: the others would take hours."""


def step(setting: Setting) -> Findings:
    """Load, step and save in each typical state."""
    house, count = setting.house, setting.size
    figures = compared(setting, "start", deeds.starting(house, count), milliseconds)
    house.restore(FURNISHED)
    groups = [POOL_DAYS, *STAGE_DAYS.values()]
    house.list_renewals([days for days in groups for _ in range(count)])
    house.keep("stages")
    listed = house.renewals()
    ids = [listed[n * count : (n + 1) * count] for n in range(len(groups))]
    told = deeds.firing(house, "stages", ids[0])
    figures += compared(setting, "first stage timer", told, milliseconds)
    for stage, group in zip(STAGE_DAYS, ids[1:], strict=True):
        told = deeds.completing(house, "stages", group)
        figures += compared(setting, f"complete in {stage}", told, milliseconds)
    return Findings(figures=figures)


def start(setting: Setting) -> Findings:
    """Start renewals, one by one, in bulk by template, and through a list."""
    one_by_one = deeds.starting(setting.house, setting.size)
    figures = compared(setting, "one by one", one_by_one, per_second)
    in_bulk = deeds.starting(setting.house, setting.size, batch=CHUNK)
    figures += compared(setting, f"by template, {CHUNK} a transaction", in_bulk, per_second)
    listed = deeds.importing(setting.house, setting.size)
    figures += compared(setting, "through import", listed, per_second)
    return Findings(figures=figures)


def complete(setting: Setting) -> Findings:
    """Complete the task that every new renewal opens first."""
    ids = _prepared(setting)
    told = deeds.completing(setting.house, "prepared", ids)
    return Findings(figures=compared(setting, "dispatch a new renewal", told, per_second))


def fire(setting: Setting) -> Findings:
    """Fire the timer that ends the first stage, one a transaction and in the sweep's batches."""
    ids = _prepared(setting)
    alone = deeds.firing(setting.house, "prepared", ids)
    figures = compared(setting, "1 a transaction", alone, per_second)
    together = deeds.sweeping(setting.house, "prepared", ids)
    figures += compared(setting, f"{SWEEP} a transaction", together, per_second)
    return Findings(figures=figures)


def sweep(setting: Setting) -> Findings:
    """Fire everything that is due in one night, stage changes of every kind."""
    house, kinds = setting.house, len(NIGHT)
    house.restore(FURNISHED)
    seeds = seed_count(setting.size, most=setting.seeds, multiple=kinds)
    house.list_renewals(NIGHT * (seeds // kinds))
    house.leave()
    multiply(house.database, to=setting.size, seeds=seeds)
    house.keep("night")
    ids = house.renewals()
    told = deeds.sweeping(house, "night", ids, kinds=kinds)
    row = "stage changes of a night"
    if len(ids) <= MOST_BY_HAND:
        return Findings(figures=compared(setting, row, told, per_second))
    times = take_turns({ENGINE: ByEngine(told[0])}, rounds=setting.rounds)
    return Findings(figures=per_second(row, times, len(ids)))


def _prepared(setting: Setting) -> Sequence[int]:
    """List renewals that enter preparation, and keep the book."""
    setting.house.restore(FURNISHED)
    setting.house.list_renewals([PREPARED_DAYS] * setting.size)
    setting.house.keep("prepared")
    return setting.house.renewals()
