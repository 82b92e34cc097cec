from __future__ import annotations

from typing import Any

import pytest

from engine.api import (
    CATALOGUE,
    SYSTEM,
    Engine,
    Kind,
    NotFound,
    Present,
    RenewalPage,
    actor_of,
    deliver_message,
    diagram_of,
    renewal_page,
    timeline,
)
from engine.queries.timeline import Timeline
from tests.acceptance import answers
from tests.acceptance.desk import vin
from tests.support.console import DAYS_LEFT, TODAY, complete, counted, renewal_of

OPERATIONS = {name: operation.label for name, operation in CATALOGUE.items()}


def show(engine: Engine, number: int, who: str = "AG001") -> RenewalPage:
    with engine.store.reading() as session:
        return renewal_page(
            session,
            actor_of(engine, who),
            renewal_of(engine, number),
            Present.of(engine.clock),
            deployed_of=engine.deployed,
        )


def history(engine: Engine, number: int, who: str = "AG001", **more: Any) -> Timeline:
    with engine.store.reading() as session:
        return timeline(
            session,
            actor_of(engine, who),
            renewal_of(engine, number),
            deployed_of=engine.deployed,
            operations=OPERATIONS,
            zone=engine.clock.zone,
            **more,
        )


def test_the_header_says_vehicle_customer_and_days_masked(still_book: Engine) -> None:
    page = show(still_book, 8)

    assert ("川A***08", "LSV**********0008", "测*", "139****0008") == (
        page.plate,
        page.vin,
        page.customer,
        page.phone,
    )
    assert (12, "key_tracking", "following", 1) == (page.days_left, page.stage, page.state, page.contacts)
    assert ["commercial", "ctp"] == sorted(line.line for line in page.lines)
    assert {"****000008"} == {line.policy_no for line in page.lines}


def test_the_responsible_people_are_named_and_one_of_them_is_the_owner(still_book: Engine) -> None:
    people = show(still_book, 8).people

    assert [("agent", "高敬之", True), ("supervisor", "熊雅琴", False)] == [
        (person.role, person.name, person.is_owner) for person in people[:2]
    ]


def test_the_diagram_knows_the_path_the_place_and_the_version(still_book: Engine) -> None:
    path = show(still_book, 8).path

    assert 1 == path.version
    assert "renewal" == path.sheets[0].id
    assert ["stage_key_tracking"] == [sheet.id for sheet in path.sheets if sheet.is_live]
    assert "chase_policy" in path.live
    assert "key_contact" in path.passed
    assert path.flows
    assert set(path.flows) <= set(still_book.latest().process.elements.flow_by_id)


def test_why_it_waits_names_the_first_task_due(still_book: Engine) -> None:
    assert "等待谭雪莲办理" in show(still_book, 8).waiting.zh
    assert "未到期池" not in show(still_book, 1).waiting.zh
    assert "将自动进入“准备”阶段" in show(still_book, 1).waiting.zh


def test_an_ended_renewal_waits_for_nothing(book: Engine) -> None:
    deliver_message(book, "policy_renewed", vin(8), data={"policy_no": "9105052027"}, actor=SYSTEM)

    page = show(book, 8)

    assert "结果为“已续保”" in page.waiting.zh
    assert () == page.tasks
    assert () == page.coming
    assert () == page.path.live


@pytest.mark.parametrize("who", ["AG009", "TR01"])
def test_outside_the_scope_a_renewal_does_not_exist(still_book: Engine, who: str) -> None:
    number = 8 if who == "AG009" else 22

    with pytest.raises(NotFound):
        show(still_book, number, who)
    with pytest.raises(NotFound):
        history(still_book, number, who)


def test_a_diagram_is_given_only_with_the_renewal_and_only_if_it_exists(still_book: Engine) -> None:
    with still_book.store.reading() as session:
        found = diagram_of(
            session,
            actor_of(still_book, "AU01"),
            renewal_of(still_book, 8),
            "stage_summary",
            deployed_of=still_book.deployed,
        )
        assert b"<bpmn" in found
        for who, process in (("AG009", "stage_summary"), ("AU01", "../engine/api"), ("AU01", "forms/x")):
            with pytest.raises(NotFound):
                diagram_of(
                    session,
                    actor_of(still_book, who),
                    renewal_of(still_book, 8),
                    process,
                    deployed_of=still_book.deployed,
                )


def test_the_timeline_tells_everything_newest_first(still_book: Engine) -> None:
    entries = history(still_book, 8, limit=200).entries

    assert sorted((entry.seq for entry in entries), reverse=True) == [entry.seq for entry in entries]
    told = [entry.text.zh for entry in entries]
    assert "续保开始（来源：清单批次 1 第 9 行），到期日 2026-12-06，按流程第 1 版办理" == told[-1]
    assert "清单晚到，跳过“准备”阶段" in told
    assert any(text.startswith("高敬之 AG001 完成了任务") and "（G-L1），结果：" in text for text in told)
    assert not [text for text in told if "川A00008" in text or vin(8) in text]


@pytest.mark.parametrize("kind", list(Kind))
def test_the_timeline_is_filtered_by_kind(still_book: Engine, kind: Kind) -> None:
    everything = history(still_book, 8, limit=200).entries

    chosen = history(still_book, 8, limit=200, kind=kind).entries

    assert [e.seq for e in everything if e.kind is kind] == [e.seq for e in chosen]


def test_pages_of_the_timeline_follow_one_another(still_book: Engine) -> None:
    whole = [entry.seq for entry in history(still_book, 8, limit=200).entries]

    walked: list[int] = []
    position = None
    while True:
        page = history(still_book, 8, limit=7, after=position)
        walked += [entry.seq for entry in page.entries]
        position = page.next_position
        if position is None:
            break

    assert whole == walked


def test_the_page_and_its_timeline_take_few_statements(still_book: Engine) -> None:
    person, present, key = (
        actor_of(still_book, "AU01"),
        Present.of(still_book.clock),
        renewal_of(still_book, 8),
    )
    with still_book.store.reading() as session:  # the set is parsed and the keys are read
        renewal_page(session, person, key, present, deployed_of=still_book.deployed)

    with still_book.store.reading() as session, counted(still_book) as page:
        renewal_page(session, person, key, present, deployed_of=still_book.deployed)
    with still_book.store.reading() as session, counted(still_book) as past:
        timeline(
            session,
            person,
            key,
            deployed_of=still_book.deployed,
            operations=OPERATIONS,
            zone=still_book.clock.zone,
        )

    assert len(page) <= 10
    assert len(past) <= 6


def test_a_confirmed_application_is_not_told_in_the_words_of_a_confirmed_loss(book: Engine) -> None:
    complete(book, 7, "record_contact", answers.record_contact(TODAY, "41"))
    complete(book, 7, "verify_application", answers.verify_application(TODAY))

    said = [entry.text.zh for entry in history(book, 7).entries if "核实" in entry.text.zh]

    assert any(text.endswith("结果：核实无误") for text in said), said
    assert not any("确认流失" in text for text in said)


def test_now_and_next_say_the_same(still_book: Engine) -> None:
    for car in DAYS_LEFT:
        page = show(still_book, car, "AU01")
        days = [one.day for one in page.coming]

        assert sorted(days) == days, car
        if page.coming and not page.tasks:
            assert days[0].isoformat() in page.waiting.zh, car
