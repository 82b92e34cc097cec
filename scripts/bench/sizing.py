"""Benchmark of space: bytes of one instance's state in each stage, and of the whole book per renewal."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

from engine.domain.codes import Stage
from engine.errors import EngineError
from engine.services import clockwork
from engine.store.instances import next_due_at
from scripts.bench import deeds, stock
from scripts.bench.acting import POOL_DAYS, STAGE_DAYS
from scripts.bench.contest import NAIVE
from scripts.bench.figures import ENGINE, Figure, counted
from scripts.bench.house import FURNISHED, TODAY, House, at
from scripts.bench.quiet import QuietWorld
from scripts.bench.setting import Findings, Setting


def size(setting: Setting) -> Findings:
    """Weigh states on arrival in each stage, after a life through all of them, and the book."""
    house, count = setting.house, setting.size
    house.restore(FURNISHED)
    house.leave()
    empty = house.database.size()
    stages = {"pool": POOL_DAYS, **STAGE_DAYS}
    house.list_renewals([days for days in stages.values() for _ in range(count)])
    figures: list[Figure] = []
    listed = house.renewals()
    for n, stage in enumerate(stages):
        figures += _state(house, stage, listed[n * count : (n + 1) * count])
    house.leave()
    whole = (house.database.size() - empty) / (len(stages) * count)
    figures += [counted("book per renewal, on arrival", ENGINE, whole, "B")]
    return Findings(figures=figures + _lived(house, count, empty))


def _state(house: House, stage: str, ids: Sequence[int]) -> list[Figure]:
    state = mean(_states(house, ids))
    now = at(TODAY)
    process = house.deployed.process
    workflow = stock.start(process, QuietWorld(house, ids[0]).host(now), now)
    naive = len(stock.stock_serializer().serialize_json(workflow).encode())
    row = f"state, new in {stage}"
    return [
        counted(row, ENGINE, state, "B"),
        counted(row, NAIVE, naive, "B", naive / state),
    ]


def _lived(house: House, count: int, empty: int) -> list[Figure]:
    """Let renewals live from the pool to win-back, people doing what is asked first in each stage."""
    house.restore(FURNISHED)
    house.list_renewals([POOL_DAYS] * count)
    while _stage(house) != Stage.WIN_BACK:
        with house.engine.store.reading() as session:
            due = next_due_at(session)
        if due is None:
            break
        house.clock.moment = due
        clockwork.tick(house.engine)
        for one in deeds.first_tasks(house):
            _answer(house, one)
    states = _states(house, house.renewals())
    house.leave()
    whole = (house.database.size() - empty) / count
    return [
        counted("state, lived to win_back", ENGINE, mean(states), "B"),
        counted("book per renewal, lived to win_back", ENGINE, whole, "B"),
    ]


def _answer(house: House, one: deeds.Chosen) -> None:
    try:
        deeds.complete_each(house, [one], deeds.answers(house, one.form_id))
    except EngineError:
        return  # what one day's answers do not fit stays open, as in life


def _stage(house: House) -> str:
    connection = house.look()
    cursor = connection.cursor()
    cursor.execute("SELECT stage FROM renewal ORDER BY id LIMIT 1")
    (stage,) = cursor.fetchone()
    connection.close()
    return str(stage)


def _states(house: House, ids: Sequence[int]) -> list[int]:
    """Return the bytes of the state of each of these instances."""
    connection = house.look()
    cursor = connection.cursor()
    cursor.execute("SELECT id, LENGTH(state) FROM process_instance ORDER BY id")
    found = dict(cursor.fetchall())
    connection.close()
    return [found[one] for one in ids]
