"""A process is killed at each of its writes; what it acknowledged is there once, and nobody has to help."""

from __future__ import annotations

import signal
import time

import pytest

from engine import api
from tests.acceptance.desk import Desk
from tests.crash import crew

# Dies with no goodbye when the N-th statement that writes (or the commit itself) is about to run.
DYING = """
import os, sys
from sqlalchemy import event
from engine import api
from engine.settings import load_settings
engine = api.build_engine(load_settings())
left = int(sys.argv[1])
def count(*_):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)
def on_statement(_conn, _cursor, statement, *_rest):
    if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
        count()
event.listen(engine.store.engine, "before_cursor_execute", on_statement)
event.listen(engine.store.engine, "commit", count)
"""
COMPLETE = (
    DYING
    + """
for task in sys.argv[2].split(","):
    number, user = task.split(":")
    values = {"approve": True}
    api.complete_task(engine, int(number), FORM, actor=api.actor_of(engine, user))
    print(number, flush=True)
print("done", flush=True)
"""
)
TICK = (
    DYING
    + """
api.tick(engine)
print("done", flush=True)
"""
)
CARRY_OUT = (
    DYING
    + """
actor = api.actor_of(engine, sys.argv[3])
api.carry_out(engine, int(sys.argv[2]), actor=actor, prefill=api.prefiller(engine, actor))
print("done", flush=True)
"""
)
# Dies after the driver was called and before the message is marked.
DIE_AFTER_SEND = """
import os
from engine import api
from engine.services import outbox
from engine.settings import load_settings
engine = api.build_engine(load_settings())
outbox._mark = lambda *_: os.kill(os.getpid(), 9)
api.tick(engine)
"""


def test_a_batch_of_completions_killed_at_every_write(desk: Desk) -> None:
    cars = crew.fill(desk, 3, days_left=50)
    found = [desk.open_task(car, "dispatch_list") for car in cars]
    tasks = {str(task["task_id"]): task["assignee"] for task in found}
    form = repr(_handed_out())
    acked: set[str] = set()
    point, deaths = 0, 0

    while set(tasks) - acked:
        todo = ",".join(f"{number}:{user}" for number, user in tasks.items() if number not in acked)
        process = crew.bear(desk.home, COMPLETE.replace("FORM", form), str(point), todo)
        said = process.words(120)
        assert process.returncode in (0, -signal.SIGKILL), process.returncode
        deaths += process.returncode == -signal.SIGKILL
        acked |= set(said) - {"done"}
        stored = {
            str(row["task_id"]) for row in desk.sql("SELECT task_id FROM v_task WHERE status = 'completed'")
        }
        assert acked <= stored
        acked |= stored & set(tasks)  # stored, and died before it could say so: the person sees it done
        point += crew.STRIDE

    for number in tasks:
        rows = desk.sql("SELECT count(*) AS n FROM submission WHERE task_id = ?", int(number))
        assert [{"n": 1}] == rows
    assert deaths >= 5
    assert crew.chained(desk)


def test_an_act_on_many_tasks_killed_at_every_write(desk: Desk) -> None:
    cars = crew.fill(desk, 6, days_left=50)
    tasks = [desk.open_task(car, "dispatch_list") for car in cars]
    engine, user = crew.engine_of(desk), tasks[0]["assignee"]
    actor = api.actor_of(engine, user)
    prefill = api.prefiller(engine, actor)
    act = api.prepare_bulk(engine, [task["task_id"] for task in tasks], actor=actor)
    api.order_bulk(engine, act, _handed_out(), actor=actor, prefill=prefill)
    engine.store.engine.dispose()
    small = CARRY_OUT.replace("actor = ", "from engine.services import bulk; bulk.CHUNK = 2; actor = ", 1)
    point, deaths = 0, 0

    while "done" not in (process := crew.bear(desk.home, small, str(point), str(act), user)).words(120):
        assert process.returncode == -signal.SIGKILL
        deaths += 1
        point += crew.STRIDE

    for task in tasks:
        rows = desk.sql("SELECT count(*) AS n FROM submission WHERE task_id = ?", task["task_id"])
        assert [{"n": 1}] == rows
    assert [{"status": "done", "n": 6}] == desk.sql(
        "SELECT status, count(*) AS n FROM bulk_row GROUP BY status"
    )
    assert deaths >= 3
    assert crew.chained(desk)


def test_a_sweep_killed_twenty_times(desk: Desk) -> None:
    cars = crew.fill(desk, crew.DUE)
    crew.make_due(desk)
    started = time.monotonic()

    for point in range(20):
        process = crew.bear(desk.home, TICK, str(point * 3))
        process.words(600)
        assert process.returncode in (0, -signal.SIGKILL)
    desk.run("tick")

    assert 0 == crew.overdue(desk)
    assert 0 == crew.unsent(desk)
    firings = crew.fired(desk)
    assert set(firings.values()) == {1}
    assert len({instance for instance, _, _ in firings}) == len(cars)
    assert set(crew.keys_left(desk).values()) <= {1}
    assert crew.chained(desk)
    print(f"{len(cars)} due, 20 kills, {time.monotonic() - started:.0f} s")


def test_killed_between_the_send_and_the_mark(desk: Desk) -> None:
    crew.fill(desk, 6, days_left=50)

    for _ in range(3):
        process = crew.bear(desk.home, DIE_AFTER_SEND)
        process.words(120)
        assert process.returncode == -signal.SIGKILL or not crew.unsent(desk)
    desk.run("tick")

    assert 0 == crew.unsent(desk)
    left = crew.keys_left(desk)
    assert left
    assert set(left.values()) == {1}
    sent = desk.sql("SELECT count(*) AS n FROM v_outbox WHERE status = 'sent'")
    assert [{"n": len(left)}] == sent


def _handed_out() -> dict[str, object]:
    from tests.acceptance import answers

    return answers.dispatch_list(crew.TODAY, agent_no="AG001")


pytestmark = pytest.mark.slow
