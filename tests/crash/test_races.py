"""Two at the same moment (threats.md §5 B): one outcome, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from engine import api
from engine.bootstrap import Engine
from engine.errors import EngineError
from tests.acceptance import answers
from tests.acceptance.desk import Desk, policy, standard_csv, vin
from tests.crash import crew


@pytest.fixture
def two(desk: Desk) -> Iterator[tuple[Engine, Engine]]:
    """Two processes' engines on one database."""
    engines = crew.engine_of(desk), crew.engine_of(desk)
    yield engines
    for engine in engines:
        engine.store.engine.dispose()


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run *acts* at the same moment; returns what each gave or the refusal it met."""
    gate = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        gate.wait()
        try:
            results[number] = act()
        except EngineError as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def refusals(results: list[Any]) -> list[str]:
    return [r.code for r in results if isinstance(r, EngineError)]


def test_of_two_claims_one_wins(desk: Desk, two: tuple[Engine, Engine]) -> None:
    desk.import_list([policy(3, crew.TODAY + timedelta(days=40), agent="AG001", sub_branch="PC330101")])
    desk.run("message", "agent_left", "--key", vin(3))
    task = desk.open_task(vin(3), "handle_orphan_route")["task_id"]

    results = together(
        *(
            lambda e=e, who=who: api.claim_task(e, task, actor=api.actor_of(e, who))
            for e, who in zip(two, ("CC01", "CC02"), strict=True)
        )
    )

    assert ["task_taken"] == refusals(results) or ["conflict"] == refusals(results)
    assert "claimed" == desk.sql("SELECT status FROM v_task WHERE task_id = ?", task)[0]["status"]


def test_the_same_answer_twice_is_one_answer(desk: Desk, two: tuple[Engine, Engine]) -> None:
    crew.fill(desk, 1, days_left=50)
    task = desk.open_task(vin(100), "dispatch_list")
    values = answers.dispatch_list(crew.TODAY, agent_no="AG001")

    results = together(
        *(
            lambda e=e: api.complete_task(e, task["task_id"], values, actor=api.actor_of(e, task["assignee"]))
            for e in two
        )
    )

    assert 1 == len(refusals(results)), results
    assert [{"n": 1}] == desk.sql("SELECT count(*) AS n FROM submission WHERE task_id = ?", task["task_id"])


def test_an_answer_and_the_end_of_its_stage_have_one_outcome(desk: Desk, two: tuple[Engine, Engine]) -> None:
    cars = crew.fill(desk, 6, days_left=46)
    tasks = [desk.open_task(car, "dispatch_list") for car in cars]
    crew.make_due(desk, days=1)
    values = answers.dispatch_list(crew.TODAY, agent_no="AG001")

    def answer() -> list[Any]:
        return [
            together(
                lambda t=t: api.complete_task(
                    two[0], t["task_id"], values, actor=api.actor_of(two[0], t["assignee"])
                )
            )[0]
            for t in tasks
        ]

    given, _ = together(answer, lambda: api.tick(two[1]))
    api.tick(two[1])

    for task, result in zip(tasks, given, strict=True):
        (row,) = desk.sql("SELECT status FROM v_task WHERE task_id = ?", task["task_id"])
        kept = desk.sql("SELECT count(*) AS n FROM submission WHERE task_id = ?", task["task_id"])[0]["n"]
        assert kept == (0 if isinstance(result, EngineError) else 1)
        assert ("completed" == row["status"]) == (kept == 1)
    assert 0 == crew.overdue(desk)
    assert set(crew.fired(desk).values()) == {1}


def test_the_same_message_twice_is_one_message(desk: Desk, two: tuple[Engine, Engine]) -> None:
    crew.fill(desk, 1, days_left=40)

    together(
        *(
            lambda e=e: api.deliver_message(
                e, "agent_left", key=vin(100), data={}, message_id="once", actor=api.SYSTEM
            )
            for e in two
        )
    )

    assert [{"n": 1}] == desk.sql("SELECT count(*) AS n FROM inbound_message WHERE id = 'once'")
    said = desk.sql("SELECT count(*) AS n FROM v_audit WHERE action = 'message_received'")
    assert [{"n": 1}] == said


def test_the_same_file_twice_starts_each_car_once(desk: Desk, two: tuple[Engine, Engine]) -> None:
    expiry = crew.TODAY + timedelta(days=50)
    rows = [policy(n, expiry, agent="AG001", sub_branch="PC330101") for n in range(8)]

    def take(engine: Engine) -> Any:
        batch = api.preview_list(engine, standard_csv(rows), "same.csv", "standard", actor=api.SYSTEM)
        return api.commit_batch(engine, batch, actor=api.SYSTEM)

    together(*(lambda e=e: take(e) for e in two))
    take(two[0])

    assert [{"n": 8}] == desk.sql("SELECT count(*) AS n FROM v_instance")
    assert set(crew.keys_left(desk).values()) <= {1}


def test_a_version_deployed_while_lists_start_pins_each_renewal_to_one(
    desk: Desk, two: tuple[Engine, Engine]
) -> None:
    files = api.read_files()
    name = next(n for n in files if n.endswith("renewal.bpmn"))
    changed = {**files, name: files[name].replace(b"</bpmn:definitions>", b"<!-- 2 --></bpmn:definitions>")}

    results = together(
        lambda: api.deploy(two[0], changed, by="owner", approved_by="second"),
        lambda: crew.fill(desk, 12, days_left=50),
    )

    assert [] == refusals(results), results
    rows = desk.sql(
        "SELECT definition_version AS v, count(*) AS n FROM v_instance GROUP BY definition_version"
    )
    assert 12 == sum(row["n"] for row in rows)
    assert {row["v"] for row in rows} <= {1, 2}
