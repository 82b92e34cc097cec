"""Who is asked to look at a forecast outside of the preparation stage, and what becomes of it (domain.md §3.6)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine import api
from engine.api import Engine
from engine.errors import BadInput, Forbidden, NotFound
from engine.tables import HistoryEvent, Quote, Renewal
from tests.acceptance.desk import policy, standard_csv
from tests.support.console import TODAY, renewal_of, signed_in

STEEP = {"保费": "3000", "NCD系数": "0.5", "自主定价系数": "0.9", "出险次数": "4", "连续承保年数": "5"}
LATE, DEARER, UNKNOWN = 410, 411, 412
"""Cars that come so late that no plan is prepared: two whose forecast rises, one without a figure."""


@pytest.fixture
def late(book: Engine) -> Engine:
    """The book with three forecasts in key tracking that ask for a person."""
    listed = [(LATE, STEEP), (DEARER, STEEP | {"保费": "5000"}), (UNKNOWN, {"保费": ""})]
    rows = [
        policy(number, TODAY + timedelta(days=20), agent="AG001", sub_branch="PC330101", **more)
        for number, more in listed
    ]
    batch = api.preview_list(book, standard_csv(rows), "l.csv", "standard", actor=api.SYSTEM)
    api.commit_batch(book, batch, actor=api.SYSTEM)
    return book


def forecast(engine: Engine, number: int) -> Quote:
    with engine.store.reading() as session:
        wanted = select(Quote).where(
            Quote.renewal_id == renewal_of(engine, number), Quote.kind == "forecast", Quote.is_current
        )
        return session.scalars(wanted).one()


def told(engine: Engine, number: int, action: str) -> int:
    with engine.store.reading() as session:
        wanted = select(func.count()).where(
            HistoryEvent.instance_id == renewal_of(engine, number), HistoryEvent.action == action
        )
        return session.scalar(wanted) or 0


def review(engine: Engine, number: int, *, who: str = "SP01", version: int = 1, **more: str) -> None:
    typed = {"low": "3000", "mid": "3200", "high": "3400"} | more
    actor = api.actor_of(engine, who)
    api.review_forecast(engine, renewal_of(engine, number), api.band_of(typed), version=version, actor=actor)


def waiting(engine: Engine, who: str) -> list[int]:
    with engine.store.reading() as session:
        actor, present = api.actor_of(engine, who), api.Present.of(engine.clock)
        page = api.forecasts_to_review(session, actor, present, limit=100)
        assert page.count == len(page.rows)
        return [row.renewal_id for row in page.rows]


def test_the_specialist_is_asked_for_the_highest_premium_first_and_nobody_else_is(late: Engine) -> None:
    asked = waiting(late, "SP01")

    ours = [renewal_of(late, number) for number in (DEARER, LATE, UNKNOWN)]
    assert ours == [number for number in asked if number in ours]
    assert [] == waiting(late, "AG001") == waiting(late, "SU01") == waiting(late, "AU01")
    assert [] == waiting(late, "CC01"), "a specialist is named"


def test_where_no_specialist_is_named_the_channel_department_is_asked(late: Engine) -> None:
    with late.store.transaction() as tx:
        tx.get_one(Renewal, renewal_of(late, LATE)).specialist_no = None
        tx.record("clock_moved", at=late.clock.now(), actor="test", to="")

    assert [renewal_of(late, LATE)] == waiting(late, "CC01")
    review(late, LATE, who="CC01")
    assert [] == waiting(late, "CC01")


def test_own_figures_are_a_version_of_their_own_and_the_same_ones_a_confirmation(late: Engine) -> None:
    review(late, LATE)
    before = forecast(late, DEARER)
    assert before.mid is not None
    review(late, DEARER, low=str(before.low), mid=str(before.mid), high=str(before.high))

    own, same = forecast(late, LATE), forecast(late, DEARER)
    assert (2, Decimal(3200), [], "SP01") == (own.version, own.mid, own.asks, own.made_by)
    assert (1, before.mid, []) == (same.version, same.mid, same.asks)
    assert (2, 0) == (told(late, LATE, "quote_made"), told(late, LATE, "forecast_reviewed"))
    assert (1, 1) == (told(late, DEARER, "quote_made"), told(late, DEARER, "forecast_reviewed"))


def test_a_second_review_of_the_same_forecast_changes_nothing(late: Engine) -> None:
    review(late, LATE)

    for version in (1, 2):
        with pytest.raises(api.ForecastReviewed):
            review(late, LATE, version=version, mid="3300")

    assert Decimal(3200) == forecast(late, LATE).mid


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("who", "refusal"), [("AG001", Forbidden), ("SU01", Forbidden), ("AG009", NotFound), ("CC01", Forbidden)]
)
def test_others_do_not_settle_it(late: Engine, who: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        review(late, LATE, who=who)

    assert "steep_rise" in forecast(late, LATE).asks


@pytest.mark.one_database
@pytest.mark.parametrize(
    "typed",
    [{"mid": ""}, {"mid": "x"}, {"mid": "NaN"}, {"low": "0"}, {"high": "1000001"}, {"mid": "3200.123"},
     {"mid": "2999"}, {"high": "3199"}, {"low": "-1"}],
)  # fmt: skip
def test_figures_that_are_none_are_refused_with_the_remedy(late: Engine, typed: dict[str, str]) -> None:
    with pytest.raises(BadInput) as refused:
        review(late, LATE, **typed)

    assert "预测保费" in refused.value.say()


def accept(engine: Engine, chosen: list[tuple[int, int]], who: str = "SP01") -> dict[int, bool]:
    found = api.accept_forecasts(engine, chosen, actor=api.actor_of(engine, who))
    return {one.renewal_id: one.reason is None for one in found}


def test_many_are_accepted_as_they_are_and_one_that_cannot_be_stops_no_other(late: Engine) -> None:
    ids = {number: renewal_of(late, number) for number in (LATE, DEARER, UNKNOWN, 22)}

    done = accept(late, [(ids[LATE], 1), (ids[DEARER], 7), (ids[UNKNOWN], 1), (ids[22], 1)])

    assert {ids[LATE]: True, ids[DEARER]: False, ids[UNKNOWN]: False, ids[22]: False} == done
    assert ([], 1) == (forecast(late, LATE).asks, told(late, LATE, "forecast_reviewed"))
    assert forecast(late, DEARER).asks, "it is another version than the one that was seen"


@pytest.mark.one_database
def test_nothing_or_too_much_is_not_accepted(late: Engine) -> None:
    for chosen in ([], [(number, 1) for number in range(api.MOST_REVIEWED + 1)]):
        with pytest.raises(BadInput):
            accept(late, chosen)
    with pytest.raises(Forbidden):
        accept(late, [(renewal_of(late, LATE), 1)], who="AG001")


@pytest.mark.one_database
def test_the_specialist_finds_it_at_home_and_settles_it_on_the_page(late: Engine, app: Flask) -> None:
    specialist, agent = signed_in(app, "SP01"), signed_in(app, "AG001")
    address = f"/renewals/{renewal_of(late, LATE)}"
    specialist.get("/")
    assert "比上年贵两成以上" in specialist.text
    assert specialist.soup.find("a", href=f"{address}#review")
    agent.get(address)
    assert agent.soup.find(id="review") is None

    specialist.get(address)
    form = specialist.form_to(f"{address}/forecast")
    specialist.submit(form, {"mid": "1"}, status=400)
    assert "不能小于预测保费 低" in specialist.text
    assert "1" == specialist.form_to(f"{address}/forecast").find("input", {"name": "mid"})["value"]  # type: ignore[index]
    specialist.submit(
        specialist.form_to(f"{address}/forecast"), {"low": "3600", "mid": "3700", "high": "3800"}
    )

    assert "已核定" in specialist.text
    agent.get(address)
    assert "3,700.00 元" in agent.text


@pytest.mark.one_database
def test_all_that_have_a_figure_are_accepted_without_ticking(late: Engine, app: Flask) -> None:
    specialist = signed_in(app, "SP01")
    specialist.get("/forecasts")
    assert "没有预测数" in specialist.text

    specialist.submit(specialist.form("accept"), {"all": "1"})

    assert [] == forecast(late, LATE).asks == forecast(late, DEARER).asks
    assert forecast(late, UNKNOWN).asks
    specialist.submit(
        specialist.form("accept"), {"forecast": [f"{renewal_of(late, LATE)}:1", "x:1", "9999999:1"]}
    )
    assert "刚由他人核定" in specialist.text
    assert "找不到" in specialist.text
    named = [link["href"] for link in specialist.soup.select(".ui-message-warning a")]
    assert [f"/renewals/{renewal_of(late, LATE)}"] == named, "the one of the own scope is named and led to"
    signed_in(app, "AG001").get("/forecasts", status=403)


@pytest.mark.one_database
def test_the_list_and_the_form_speak_english(late: Engine, app: Flask) -> None:
    specialist = signed_in(app, "SP01")
    specialist.get("/")
    specialist.submit(specialist.form_to("/language"), {"lang": "en"})

    for address in ("/forecasts", f"/renewals/{renewal_of(late, LATE)}"):
        specialist.get(address)
        assert "more than 20 % dearer than last year" in specialist.text
    assert "Review the forecast" in specialist.text
