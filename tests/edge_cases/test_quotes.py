"""Quotes over a renewal's life: forecast, actual, stale, before the window, after a sale (domain.md §3, §7)."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engine import api
from engine.api import Engine
from engine.errors import BadInput, InvalidForm
from engine.services.requoting import requote
from engine.tables import Customer, HistoryEvent, Quote, Renewal, Timer
from tests.acceptance import answers
from tests.acceptance.desk import policy, standard_csv, vin
from tests.support.console import TODAY, at, complete, counted, open_tasks, renewal_of, signed_in, task_of

pytestmark = pytest.mark.one_database

CAR = 7
"""In key tracking, 28 days before expiry, commercial line only."""
SOLD = 6
"""In general follow-up, where customer data are repaired."""
NEW = 400
LOADED = re.compile(
    r"FROM (process_instance|renewal|vehicle|customer|policy_line|timer|user_task|incident)\b"
)
"""Statements that load what a step works with."""


def take(engine: Engine, *rows: dict[str, Any]) -> api.ImportReport:
    batch = api.preview_list(engine, standard_csv(rows), "l.csv", "standard", actor=api.SYSTEM)
    return api.commit_batch(engine, batch, actor=api.SYSTEM)


def row(number: int, days_left: int, **more: Any) -> dict[str, Any]:
    expiry = TODAY + timedelta(days=days_left)
    return policy(number, expiry, agent="AG001", sub_branch="PC330101", **more)


def quotes(engine: Engine, number: int, kind: str = "forecast") -> list[Quote]:
    with engine.store.reading() as session:
        wanted = select(Quote).where(Quote.renewal_id == renewal_of(engine, number), Quote.kind == kind)
        return list(session.scalars(wanted.order_by(Quote.version)))


def current(engine: Engine, number: int, kind: str = "forecast") -> Quote:
    (found,) = [quote for quote in quotes(engine, number, kind) if quote.is_current]
    return found


def renewal(engine: Engine, number: int) -> Renewal:
    with engine.store.reading() as session:
        return session.get_one(Renewal, renewal_of(engine, number))


def events(engine: Engine, number: int, action: str) -> list[HistoryEvent]:
    with engine.store.reading() as session:
        wanted = select(HistoryEvent).where(
            HistoryEvent.instance_id == renewal_of(engine, number), HistoryEvent.action == action
        )
        return list(session.scalars(wanted.order_by(HistoryEvent.seq)))


def give_quote(engine: Engine, number: int, **values: Any) -> None:
    """The agent asks for a quote and the specialist gives it."""
    complete(engine, number, "record_contact", answers.record_contact(TODAY, "11", quote_requested=True))
    complete(engine, number, "give_actual_quote", answers.give_actual_quote(TODAY, **values))


def test_every_renewal_has_a_forecast_from_its_start_on(book: Engine) -> None:
    take(book, row(NEW, 50, 保费="3000", NCD系数="0.8", 自主定价系数="0.9", 出险次数="0", 连续承保年数="2"))

    made = current(book, NEW)

    # one clean year more: NCD 0.8 → 0.7; a target customer's factor goes from 0.9 to 0.8 and 1.0
    assert Decimal(3000) * Decimal("0.97") * 7 / 8 == Decimal("2546.25")
    assert (Decimal(2546), "A", 1) == (made.mid, made.grade, made.version)
    assert made.low is not None and made.high is not None and made.low < made.mid < made.high
    assert renewal(book, NEW).quote_mid == made.mid
    assert {"ncd_level", "self_pricing_range", "forecast_band"} <= set(made.basis["rows"])


def test_a_car_without_last_years_premium_gets_no_number_but_a_question(book: Engine) -> None:
    take(book, row(NEW, 50, 保费=""))

    made = current(book, NEW)

    assert (None, ["no_commercial_premium"]) == (made.mid, made.asks)


def test_the_specialists_own_band_is_a_version_of_its_own(book: Engine) -> None:
    complete(book, 3, "dispatch_list", answers.dispatch_list(TODAY))
    before = current(book, 3)

    complete(book, 3, "prepare_plan", answers.prepare_plan(TODAY))

    made = current(book, 3)
    assert (2, "P-S2", "SP01") == (made.version, made.source, made.made_by)
    assert (Decimal(2900), Decimal(3100), Decimal(3300)) == (made.low, made.mid, made.high)
    assert before.mid != made.mid == renewal(book, 3).quote_mid


def test_an_actual_quote_stands_beside_the_forecast_with_difference_and_cause(
    book: Engine, app: Flask
) -> None:
    foretold = current(book, CAR).mid

    give_quote(book, CAR, commercial_premium="3050", lines="commercial", difference_cause="missed_claim")

    actual = current(book, CAR, "actual")
    assert foretold is not None and actual.mid is not None
    assert (Decimal(3050) - foretold, "missed_claim") == (actual.difference, actual.difference_cause)
    assert current(book, CAR).mid == foretold, "the forecast is not overwritten"
    auditor = signed_in(app, "AU01")
    auditor.get(f"/renewals/{renewal_of(book, CAR)}")
    assert "3,050.00 元" in auditor.text
    assert "出险漏入" in auditor.text
    assert f"当时预测第 1 版 {foretold:,.2f} 元" in auditor.text, "the difference names the forecast it is to"


def test_a_quote_from_another_system_is_kept_with_its_parts(book: Engine) -> None:
    data = {
        "commercial_premium": "2980",
        "quote_no": "Q777",
        "valid_until": "2026-12-10",
        "difference_cause": "tariff_change",
    }

    api.deliver_message(book, "quote_received", vin(CAR), data=data, actor=api.SYSTEM)

    actual = current(book, CAR, "actual")
    assert (Decimal(2980), "Q777", "2026-12-10", "tariff_change") == (
        actual.mid,
        actual.quote_no,
        str(actual.valid_until),
        actual.difference_cause,
    )
    assert "quoted" == renewal(book, CAR).state


def test_case_35_a_claim_after_the_forecast_makes_it_anew_and_the_quote_stale(
    book: Engine, app: Flask
) -> None:
    give_quote(book, CAR)
    before = current(book, CAR)

    take(book, row(CAR, 28, 出险次数="3"))

    after = current(book, CAR)
    assert (before.version + 1, True) == (after.version, after.mid != before.mid)
    assert "many_claims" in after.asks
    assert current(book, CAR, "actual").stale_since is not None
    assert 1 == len(events(book, CAR, "quote_stale"))
    agent = signed_in(app, "AG001")
    agent.get(f"/renewals/{renewal_of(book, CAR)}")
    assert "已过时，资料有变" in agent.text


def test_case_35_a_list_that_says_the_same_makes_no_new_version(book: Engine) -> None:
    before = current(book, CAR)

    take(book, row(CAR, 28, 厂牌车型="大众帕萨特"))

    assert before.version == current(book, CAR).version


def test_case_35_a_list_that_moves_the_expiry_and_the_price_at_once_keeps_one_current_forecast(
    book: Engine,
) -> None:
    take(book, row(CAR, 24, 保费="4100", 出险次数="1"))

    found = quotes(book, CAR)
    assert [*range(1, len(found) + 1)] == [quote.version for quote in found]
    assert 1 == sum(quote.is_current for quote in found)


def test_case_35_an_agent_sees_a_steep_rise_only_after_the_specialist(book: Engine, app: Flask) -> None:
    take(book, row(NEW, 50, 保费="3000", NCD系数="0.5", 自主定价系数="0.9", 出险次数="4", 连续承保年数="5"))
    assert "steep_rise" in current(book, NEW).asks
    agent, specialist = signed_in(app, "AG001"), signed_in(app, "SP01")
    address = f"/renewals/{renewal_of(book, NEW)}"

    agent.get(address)
    assert "涨幅较大，待专员核定后显示" in agent.text
    assert "预测报价第 1 版" not in agent.text, "the history gives no figure away either"
    specialist.get(address)
    assert "比上年贵两成以上" in specialist.text

    complete(book, NEW, "dispatch_list", answers.dispatch_list(TODAY))
    complete(book, NEW, "prepare_plan", answers.prepare_plan(TODAY, premium_high="3900", premium_mid="3700"))
    agent.get(address)
    assert "3,700.00 元" in agent.text


def test_case_36_a_request_before_the_window_waits_for_its_day(book: Engine) -> None:
    opens = TODAY + timedelta(days=5)
    complete(book, CAR, "record_contact", answers.record_contact(TODAY, "11", quote_requested=True))
    closed = {
        "result": "not_possible",
        "not_possible_reason": "window_not_open",
        "opens_on": opens.isoformat(),
    }

    complete(book, CAR, "give_actual_quote", closed)

    assert opens == renewal(book, CAR).quote_opens_date
    assert "give_actual_quote" not in {task.form_id for task in open_tasks(book, CAR)}
    with book.store.reading() as session:
        waits = session.scalars(
            select(Timer.due_at).where(
                Timer.instance_id == renewal_of(book, CAR),
                Timer.element_id == "wait_for_key_quote_window",
                Timer.settled.is_(False),
            )
        ).all()
    assert [opens] == [moment.astimezone(book.clock.zone).date() for moment in waits]

    api.advance_clock(book, to=at(book, opens, 9), actor=api.SYSTEM)
    assert task_of(book, CAR, "give_actual_quote").assignee_no == "SP01"


def test_case_36_a_quote_that_is_owed_is_given_on_its_day_also_in_the_next_stage(book: Engine) -> None:
    opens = TODAY + timedelta(days=8)
    complete(book, SOLD, "record_contact", answers.record_contact(TODAY, "11", quote_requested=True))
    closed = {
        "result": "not_possible",
        "not_possible_reason": "window_not_open",
        "opens_on": opens.isoformat(),
    }
    complete(book, SOLD, "give_actual_quote", closed)

    api.advance_clock(book, to=at(book, opens, 9), actor=api.SYSTEM)

    assert "key_tracking" == renewal(book, SOLD).stage
    assert task_of(book, SOLD, "give_actual_quote").assignee_no == "SP01"


def test_case_36_a_day_after_the_expiry_is_no_day_to_quote_on(book: Engine) -> None:
    complete(book, CAR, "record_contact", answers.record_contact(TODAY, "11", quote_requested=True))
    late = (renewal(book, CAR).expiry_date + timedelta(days=1)).isoformat()
    closed = {"result": "not_possible", "not_possible_reason": "window_not_open", "opens_on": late}

    with pytest.raises(InvalidForm) as refused:
        complete(book, CAR, "give_actual_quote", closed)

    assert {"opens_on"} == set(refused.value.params["problems"])


def test_a_quote_far_off_its_forecast_needs_a_cause(book: Engine) -> None:
    complete(book, CAR, "record_contact", answers.record_contact(TODAY, "11", quote_requested=True))
    far = answers.give_actual_quote(
        TODAY, lines="commercial", commercial_premium="4321", difference_cause="none"
    )

    with pytest.raises(InvalidForm) as refused:
        complete(book, CAR, "give_actual_quote", far)

    assert {"difference_cause"} == set(refused.value.params["problems"])
    complete(book, CAR, "give_actual_quote", far | {"difference_cause": "missed_claim"})


@pytest.mark.parametrize(
    "data", [{}, {"premium": "100", "ctp_premium": "50"}, {"premium": "100", "valid_until": "2026-11-01"}]
)
def test_a_message_that_quotes_nothing_or_nonsense_is_refused(book: Engine, data: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        api.deliver_message(book, "quote_received", vin(CAR), data=data, actor=api.SYSTEM)

    assert not quotes(book, CAR, "actual")
    assert "quoted" != renewal(book, CAR).state


def test_case_34_a_sold_car_gets_its_new_owner_and_loses_the_old_count(book: Engine, app: Flask) -> None:
    before, former = current(book, SOLD), renewal(book, SOLD).customer_id
    complete(book, SOLD, "record_contact", answers.record_contact(TODAY, "23"))
    sold = answers.update_customer(
        TODAY,
        result="changed",
        changed_items=["owner"],
        new_owner_name="新车主",
        new_owner_phone="13900008888",
        transferred_on=(TODAY - timedelta(days=3)).isoformat(),
    )

    complete(book, SOLD, "update_customer", sold)

    row_now, made = renewal(book, SOLD), current(book, SOLD)
    assert former != row_now.customer_id
    with book.store.reading() as session:
        owner = session.get_one(Customer, row_now.customer_id)
        assert ("新车主", "13900008888") == (owner.name, owner.phone)
    assert "transferred" in made.asks
    assert made.version == before.version + 1
    assert ["L603"] == [event.subject for event in events(book, SOLD, "prospect_noted")]


def dearer_tariff() -> dict[str, bytes]:
    files = dict(api.read_files())
    dearer = files["forecast_band.dmn"].replace(b"<text>0.97</text>", b"<text>1.07</text>")
    assert dearer != files["forecast_band.dmn"]
    return files | {"forecast_band.dmn": dearer}


def test_newer_tariff_tables_bring_every_open_forecast_up_to_date(book: Engine, tmp_path: Path) -> None:
    before = current(book, CAR)

    api.deploy(book, dearer_tariff(), by="PO01", approved_by="AP01")
    api.tick(book)

    after = current(book, CAR)
    assert (before.version + 1, "tariff") == (after.version, after.source)
    assert before.mid is not None and after.mid is not None and after.mid > before.mid
    assert {after.tables_digest} == {current(book, number).tables_digest for number in (1, 3, 8)}
    api.tick(book)
    assert after.version == current(book, CAR).version


def test_tables_that_say_the_same_make_no_new_version_and_leave_a_trace(book: Engine) -> None:
    before, files = current(book, CAR), dict(api.read_files())
    files["forecast_band.dmn"] += b"<!-- reworded -->"

    api.deploy(book, files, by="PO01", approved_by="AP01")
    api.tick(book)
    api.tick(book)

    after = current(book, CAR)
    assert (before.version, before.mid) == (after.version, after.mid)
    assert before.tables_digest != after.tables_digest
    with book.store.reading() as session:
        wanted = select(HistoryEvent.payload).where(HistoryEvent.action == "forecasts_requoted")
        (told,) = session.scalars(wanted).all()
    assert 0 < told["looked"]
    assert 0 == told["made"]


def test_many_forecasts_are_brought_up_to_date_by_loads_for_all_of_them(book: Engine) -> None:
    api.deploy(book, dearer_tariff(), by="PO01", approved_by="AP01")

    with counted(book) as sent:
        looked_at = requote(book, now=book.clock.now())

    loads = [text for text in sent if LOADED.search(text)]
    assert len(loads) <= 8 < looked_at
