"""The benchmarks run, their contestants do the same work, and what they print and write can be read."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from engine.cli import main
from engine.cli.installed import Installed
from engine.services.users import actor_today
from engine.store.renewals import Customer, Vehicle
from engine.store.tasks import UserTask
from scripts.bench import load, load_book, load_people, postgres, suite
from scripts.bench.copies import multiply
from scripts.bench.database import Sqlite
from scripts.bench.figures import Result as Measured
from scripts.bench.figures import counted, per_second, text_table
from scripts.bench.house import House
from scripts.bench.timing import NotEquivalent, take_turns

COMPARED = ("step", "fire", "complete", "start", "sweep")


class Fake:
    """A contestant that leaves *left* open."""

    def __init__(self, left: str) -> None:
        self.left = left

    def prepare(self) -> None: ...

    def act(self) -> None: ...

    def opened(self) -> list[list[str]]:
        return [[self.left]]

    def clear(self) -> None: ...


@pytest.fixture(scope="module")
def quick(database: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """Every benchmark once, as small as can be; a contestant that does other work would end it."""
    path = tmp_path_factory.mktemp("bench") / "out" / "bench.json"
    arguments = ["bench", "--quick", "--database", database, "--json-file", str(path)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres, "OPTIONS", (*postgres.OPTIONS, "fsync=off"))  # nothing here is worth a crash
        return CliRunner().invoke(main, arguments), path


def read(path: Path) -> dict[str, dict[str, Any]]:
    return {result["name"]: result for result in json.loads(path.read_text())["results"]}


def test_every_benchmark_runs_and_its_contestants_leave_the_same_tasks(quick: tuple[Result, Path]) -> None:
    ran, path = quick

    assert ran.exception is None, ran.output
    assert list(suite.BENCHMARKS) == list(read(path))


def test_what_people_read_has_a_table_for_each_benchmark(quick: tuple[Result, Path]) -> None:
    ran, path = quick

    lines = ran.stdout.splitlines()

    for name, result in read(path).items():
        head = next(n for n, line in enumerate(lines) if line.startswith(f"{name} — "))
        rows = list(dict.fromkeys(figure["row"] for figure in result["figures"]))
        shown = lines[head + 2 : head + 2 + len(rows)]
        assert rows == [line.strip().partition("  ")[0] for line in shown]


def test_what_machines_read_holds_a_figure_for_each_contestant(
    quick: tuple[Result, Path], database: str
) -> None:
    results = read(quick[1])

    for name in COMPARED:
        columns = {figure["column"] for figure in results[name]["figures"]}
        assert {"engine", "naive", "in memory", "SQL alone"} == columns
    for name, result in results.items():
        assert database == result["database"]
        for figure in result["figures"]:
            assert 0 < figure["low"] <= figure["value"] <= figure["high"]
            assert (figure["ratio"] is None) == (figure["column"] == "engine" or name == "load")


def test_the_plans_of_the_inbox_are_shown(quick: tuple[Result, Path]) -> None:
    notes = read(quick[1])["inbox"]["notes"]

    (found,) = [note for note in notes if note.startswith("due at midnight: statement 1: ")]
    assert "process_instance" in found


def test_people_at_work_show_what_the_server_took_for_each_kind_of_click(
    quick: tuple[Result, Path], database: str
) -> None:
    found = read(quick[1])["load"]
    figures = {(figure["row"], figure["column"]): figure["value"] for figure in found["figures"]}

    if database == "sqlite":
        assert ({}, 1) == (figures, len(found["notes"]))
        return
    for kind in (*load_people.LISTS, *load_people.SEARCHES, load_people.CHOOSE, load_people.LOOK):
        assert figures[kind, "server p50"] <= figures[kind, "server p95"] <= figures[kind, "server max"]
        assert figures[kind, "server p50"] < figures[kind, "client p50"]
        assert 300 == figures[kind, "goal"]
    assert 30 == figures["bulk: complete 6 rows", "goal"]
    assert any("2 people at the same time, 0 s between" in note for note in found["notes"])


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(n) for n in range(100, 0, -1)]

    assert [50, 95, 100] == [load.percentile(values, share) for share in (0.5, 0.95, 1)]
    assert 7 == load.percentile([7.0], 0.95)


def test_a_row_over_its_goal_is_named() -> None:
    figures = [
        counted("fast", "server p95", 100, "ms"),
        counted("fast", "goal", 300, "ms"),
        counted("slow", "server max", 40, "s"),
        counted("slow", "goal", 30, "s"),
    ]

    assert "over the goal: slow" == load.judged(figures)
    assert "every row is within its goal" == load.judged(figures[:2])


def test_every_copied_branch_has_people_and_personal_values_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres, "OPTIONS", (*postgres.OPTIONS, "fsync=off"))
    with suite.furnished("postgresql") as house:
        book = load_book.fill(house, 12)
        with house.engine.store.reading() as session:
            vehicles, customers = (
                session.scalars(select(Vehicle)).all(),
                session.scalars(select(Customer)).all(),
            )
            plates = {vehicle.plate for vehicle in vehicles}
            phones = {customer.phone for customer in customers}
            holders = session.scalars(
                select(UserTask.assignee_no).where(UserTask.assignee_no.endswith("a")).distinct()
            ).all()
            actors = [actor_today(house.engine, session, number or "") for number in holders]

    assert (2, 224, 24, 24) == (book.branches, book.people, len(plates), len(phones))
    assert plates == {load_book.plate_of(vehicle.id) for vehicle in vehicles}
    assert all(customer.name for customer in customers)
    assert actors
    assert all(
        actor and actor.unit_codes and all(code.endswith("a") for code in actor.unit_codes)
        for actor in actors
    )


def test_a_large_book_is_made_of_whole_branches(quick: tuple[Result, Path]) -> None:
    results = read(quick[1])

    assert any(note.startswith("12 live renewals, ") for note in results["inbox"]["notes"])
    assert {"renewals": 12, "rounds": 1} == results["sweep"]["sizes"]


def test_copies_refer_to_copies(tmp_path: Path) -> None:
    house = House(Sqlite(tmp_path), tmp_path)
    house.list_renewals([50, 20])
    house.leave()

    made = multiply(house.database, to=8, seeds=2)

    connection = house.look()
    broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    own = connection.execute(
        "SELECT COUNT(DISTINCT r.id), COUNT(DISTINCT r.branch_code), COUNT(DISTINCT v.vin) "
        "FROM renewal r JOIN vehicle v ON v.id = r.vehicle_id AND v.vin = r.vin "
        "JOIN user_task t ON t.instance_id = r.id AND t.assignee_no = r.specialist_no"
    ).fetchone()
    connection.close()
    assert (8, []) == (made, broken)
    assert (8, 4, 8) == own


def test_contestants_that_do_different_work_are_not_compared() -> None:
    with pytest.raises(NotEquivalent, match=r"engine left .*call.*, naive left .*visit"):
        take_turns({"engine": Fake("call"), "naive": Fake("visit")}, rounds=1)


def test_a_ratio_says_how_often_the_engine_does_what_another_does_once() -> None:
    engine, other = per_second("row", {"engine": [2.0, 1.0], "naive": [4.0, 4.0]}, 8)

    assert (6.0, None) == (engine.value, engine.ratio)
    assert (2.0, 3.0) == (other.value, other.ratio)


def test_a_table_lines_up_its_columns() -> None:
    figures = [counted("一步", "engine", 1234, "B"), counted("two", "naive", 2, "B", 0.5)]
    result = Measured(name="size", title="bytes", database="sqlite", sizes={"rows": 1000}, figures=figures)

    assert text_table(result).splitlines() == [
        "size — bytes (sqlite; 1,000 rows)",
        "          engine        naive",
        "  一步   1,234 B            –",
        "  two          –   2 B (×0.5)",
    ]


def test_an_unknown_benchmark_is_a_usage_error() -> None:
    ran = CliRunner().invoke(main, ["bench", "speed"])

    assert 2 == ran.exit_code
    assert "speed" in ran.stderr


def test_without_the_checkout_the_command_says_where_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENEWALS_LANG", "en")
    entry = EntryPoint("bench", "scripts_elsewhere.bench.command:bench", "renewals.commands")
    monkeypatch.setitem(main.commands, "bench", Installed(entry))

    ran = CliRunner().invoke(main, ["bench", "--quick"])

    assert 1 == ran.exit_code
    assert ran.stderr.startswith("The value “bench” of “command” cannot be used: it is part of a source")
    assert 1 == len(ran.stderr.splitlines())
