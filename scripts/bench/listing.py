"""Benchmark of a pending list: preview and commit, the first time and when it comes again."""

from __future__ import annotations

from functools import partial

from engine.domain.demo_vehicles import pending_csv
from scripts.bench.contest import Deed, contestants
from scripts.bench.deeds import LISTED
from scripts.bench.figures import Figure, per_second
from scripts.bench.house import FURNISHED, cars
from scripts.bench.setting import Findings, Setting
from scripts.bench.timing import take_turns

ALIVE = (75, 50, 40, 20, 3, -10)
"""Days to expiry of the vehicles, in turns: every stage is entered."""


def import_list(setting: Setting) -> Findings:
    """Read a list of *size* rows (two lines a vehicle), carry it out, and do both again."""
    house = setting.house
    vehicles = max(1, setting.size // 2)
    content = pending_csv(cars([ALIVE[n % len(ALIVE)] for n in range(vehicles)]))

    def measured(row: str, deed: Deed) -> list[Figure]:
        times = take_turns(contestants(deed), rounds=setting.rounds)
        return per_second(row, times, 2 * vehicles)

    def preview(snapshot: str) -> Deed:
        return Deed(house=house, snapshot=snapshot, now=LISTED, do=partial(house.preview, content))

    def commit(snapshot: str) -> Deed:
        """Preview on top of *snapshot*, keep that, and leave the commit to be measured."""
        house.restore(snapshot)
        batch = house.preview(content)
        kept = f"{snapshot}-previewed"
        house.keep(kept)
        return Deed(house=house, snapshot=kept, now=LISTED, do=partial(house.commit, batch))

    figures = measured("preview, all new", preview(FURNISHED))
    first = commit(FURNISHED)
    figures += measured("commit, all new", first)
    house.restore(first.snapshot)
    first.do()
    house.keep("listed")
    figures += measured("preview, all known", preview("listed"))
    figures += measured("commit, all known", commit("listed"))
    return Findings(figures=figures)
