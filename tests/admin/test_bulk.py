"""Many tasks as one act in the console: chosen in the inbox, answered once, each row told, undone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from engine import api
from engine.api import Engine
from engine.tables import Renewal
from tests.services.test_bulk import CARS, hand_outs, list_cars
from tests.support.console import Browser, open_tasks, renewal_of, signed_in, task_of

pytestmark = pytest.mark.one_database


@pytest.fixture
def specialist(book: Engine, app: Flask) -> Browser:
    """Specialist SP01, to whom six more cars were listed."""
    list_cars(book, CARS)
    return signed_in(app, "SP01")


def choose(browser: Browser, tasks: list[int], **more: str) -> None:
    browser.get("/inbox?tab=all")
    browser.submit(browser.form("choose"), {"task": tasks, **more})


def place(browser: Browser) -> str:
    assert browser.page is not None
    return browser.page.request.path


def forms_of(engine: Engine, number: int) -> set[str]:
    return {task.form_id for task in open_tasks(engine, number)}


def test_ticked_tasks_are_answered_once_and_undone(book: Engine, specialist: Browser) -> None:
    choose(specialist, hand_outs(book))
    assert "选定 6 项" in specialist.text
    assert "留空：各行按自己的资料填写。" in specialist.text

    specialist.submit(specialist.form("task-form"), {"category": "normal"})

    assert "已办理" in specialist.text
    assert all("confirm_delivery" in forms_of(book, number) for number in CARS)
    specialist.submit(specialist.form_to(f"{place(specialist)}/undo"), {})
    assert "已撤回 6 项，未能撤回 0 项。" in specialist.text
    assert all({"dispatch_list"} <= forms_of(book, number) for number in CARS)


def test_the_result_tells_what_was_answered_and_leads_to_the_renewals(
    book: Engine, specialist: Browser
) -> None:
    choose(specialist, hand_outs(book))
    assert specialist.soup.find(id="answers") is None

    specialist.submit(specialist.form("task-form"), {"category": "normal"})

    told = specialist.soup.find(id="answers")
    assert told is not None and "一般" in told.get_text()
    links = {str(one["href"]) for one in specialist.soup.select("#main tbody a")}
    assert {f"/renewals/{renewal_of(book, number)}" for number in CARS} == links


def test_of_renewals_that_have_left_the_scope_the_result_tells_nothing(
    book: Engine, specialist: Browser
) -> None:
    choose(specialist, hand_outs(book))
    specialist.submit(specialist.form("task-form"), {"category": "normal"})
    gone = renewal_of(book, CARS[0])
    with book.store.transaction() as tx:
        row = tx.get_one(Renewal, gone)
        row.specialist_no, row.owner_no, row.sub_branch_code = "SP02", "AG009", "PC330102"
        row.workplace_code = "ZC02"
        tx.record("test_moved", at=book.clock.now(), actor="system", instance_id=gone)

    specialist.get(place(specialist))

    assert f"/renewals/{gone}" not in str(specialist.soup)
    assert "不在您的管理范围内" in specialist.text
    assert len(CARS) - 1 == len(specialist.soup.select("#main tbody a"))


def test_an_undo_asks_first_and_counts_what_could_not_be_undone_as_done(
    book: Engine, specialist: Browser
) -> None:
    choose(specialist, hand_outs(book))
    specialist.submit(specialist.form("task-form"), {"category": "normal"})
    undo = specialist.form_to(f"{place(specialist)}/undo")
    asked = undo.find_parent("details")
    assert asked is not None and asked.summary is not None and not asked.has_attr("open")
    assert "撤回这次批量办理" == asked.summary.get_text(strip=True)
    assert "已完成的 6 项" in undo.get_text() and "确认撤回" in undo.get_text()
    for number in CARS[:2]:
        begun = task_of(book, number, "confirm_delivery").id
        api.claim_task(book, begun, actor=api.actor_of(book, "TR01"))

    specialist.submit(undo, {})

    figures = [one.get_text(" ", strip=True) for one in specialist.soup.select(".ui-figure")]
    assert {"2 已完成（未能撤回）", "4 已撤回"} <= set(figures)
    assert not any(one.endswith(" 已完成") for one in figures)
    specialist.get("/bulk")
    done = specialist.soup.select_one("td[data-label='已完成']")
    assert done is not None and "2" == done.get_text(strip=True)


def test_everything_a_filter_keeps_is_chosen_on_the_server(book: Engine, specialist: Browser) -> None:
    specialist.get("/inbox?tab=all&action=P-S1")

    specialist.submit(specialist.form("choose"), {"all": "1"})

    assert "选定 9 项" in specialist.text  # six new cars, and cars 3, 4 and 9 of the book


def test_the_way_back_keeps_the_filter(book: Engine, specialist: Browser) -> None:
    specialist.get("/inbox?tab=all&action=P-S1&sort=due")

    specialist.submit(specialist.form("choose"), {"all": "1"})

    back = specialist.soup.select_one(".ui-trail a")
    assert back is not None
    assert "/inbox?tab=all&action=P-S1&sort=due" == back["href"]


def test_what_is_left_out_is_named(book: Engine, specialist: Browser) -> None:
    choose(specialist, [*hand_outs(book), task_of(book, 9, "final_sweep").id])

    assert "未纳入 1 项" in specialist.text
    assert "表单不同，请另行批量办理" in specialist.text


def test_nothing_ticked_is_said_in_the_inbox(specialist: Browser) -> None:
    choose(specialist, [])

    assert "没有选择任何任务" in specialist.text


def test_wrong_answers_show_the_form_again(book: Engine, specialist: Browser) -> None:
    choose(specialist, hand_outs(book))

    specialist.submit(specialist.form("task-form"), {"category": ""}, status=422)

    assert "必须选择" in specialist.text
    assert all("dispatch_list" in forms_of(book, number) for number in CARS)


@pytest.mark.parametrize("verb", ["", "/undo", "/resume", "/progress"])
def test_anothers_act_is_not_found(book: Engine, app: Flask, specialist: Browser, verb: str) -> None:
    choose(specialist, hand_outs(book))
    path = place(specialist)
    other = signed_in(app, "TR01")
    other.get("/inbox")
    token = str(other.soup.find("input", {"name": "csrf_token"})["value"])  # type: ignore[index]

    if verb in ("", "/progress"):
        assert 404 == other.client.get(path + verb).status_code
    if verb != "/progress":
        assert 404 == other.client.post(path + verb, data={"csrf_token": token}).status_code


def test_after_half_an_hour_there_is_no_undo(book: Engine, specialist: Browser) -> None:
    choose(specialist, hand_outs(book))
    specialist.submit(specialist.form("task-form"), {"category": "normal"})
    api.set_clock(book, book.clock.now() + timedelta(minutes=31), actor=api.SYSTEM)

    specialist.get(place(specialist))

    assert "撤回这次批量办理" not in specialist.text


def test_a_small_act_that_a_crash_left_running_is_gone_on_with(book: Engine, specialist: Browser) -> None:
    actor = api.actor_of(book, "SP01")
    act = api.prepare_bulk(book, hand_outs(book), actor=actor)
    api.order_bulk(book, act, {"category": "normal"}, actor=actor, prefill=api.prefiller(book, actor))

    specialist.get(f"/bulk/{act}")
    specialist.submit(specialist.form_to(f"/bulk/{act}/resume"), {})

    assert "已办理" in specialist.text
    assert all("confirm_delivery" in forms_of(book, number) for number in CARS)


def test_an_act_that_ends_while_its_page_is_read_is_not_taken_for_an_interrupted_one(
    book: Engine, app: Flask, specialist: Browser
) -> None:
    actor = api.actor_of(book, "SP01")
    act = api.prepare_bulk(book, hand_outs(book), actor=actor)
    prefill = api.prefiller(book, actor)
    api.order_bulk(book, act, {"category": "normal"}, actor=actor, prefill=prefill)

    class EndsNow(set[int]):
        """Whoever was at the act is done the moment somebody asks."""

        def __contains__(self, number: object) -> bool:
            api.carry_out(book, act, actor=actor, prefill=prefill)
            return False

    app.extensions["renewals_bulk_acts"] = EndsNow()
    specialist.get(f"/bulk/{act}")

    assert "办理曾中断" not in specialist.text
    assert "已办理" in specialist.text


def test_a_persons_acts_are_listed(book: Engine, specialist: Browser) -> None:
    choose(specialist, hand_outs(book))
    specialist.submit(specialist.form("task-form"), {"category": "normal"})

    specialist.get("/bulk")

    assert "P-S1" in specialist.text
    assert renewal_of(book, CARS[0])
