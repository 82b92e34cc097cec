"""Kept filters of the inbox: private or shared within the unit, always under the viewer's own scope."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from engine import api
from engine.api import BadInput, Engine, NotFound
from engine.tables import HistoryEvent
from tests.support.console import Browser, signed_in

pytestmark = pytest.mark.one_database


def save(browser: Browser, name: str, **more: str) -> None:
    browser.submit(browser.form("save-view"), {"name": name, **more})


def names(browser: Browser) -> list[str]:
    return [link.get_text() for link in browser.soup.select(".ui-view a")]


def keep(engine: Engine, who: str, name: str, *, shared: bool = False, replaces: bool = False) -> int:
    actor, query = api.actor_of(engine, who), {"tab": "all"}
    return api.save_view(engine, name, query, shared=shared, replaces=replaces, actor=actor)


def test_a_view_keeps_the_drawer_the_conditions_and_the_order_but_no_search(app: Flask) -> None:
    person = signed_in(app, "SP01")
    person.get("/inbox?tab=all&stage=summary&key=0&sort=expiry&q=川A00009")

    save(person, "总结阶段")

    assert "视图已保存" in person.text
    person.get("/inbox")
    (link,) = person.soup.select(".ui-view a")
    assert "/inbox?tab=all&stage=summary&key=0&sort=expiry" == link["href"]
    person.get(str(link["href"]))
    assert person.soup.select_one(".ui-view-on") is not None


def test_a_private_view_is_the_persons_alone_and_a_shared_one_the_units(book: Engine, app: Flask) -> None:
    keep(book, "SU01", "我的")
    keep(book, "SU01", "组里的", shared=True)

    mate, trainer, stranger = (signed_in(app, name) for name in ("AG001", "TR01", "AG009"))
    for browser in (mate, trainer, stranger):
        browser.get("/inbox")

    assert ["组里的"] == names(mate)
    assert [] == names(trainer), "the unit above does not get it"
    assert [] == names(stranger)


def test_what_a_unit_above_shares_reaches_those_below(book: Engine, app: Flask) -> None:
    keep(book, "TR01", "职场的", shared=True)

    agent = signed_in(app, "AG001")
    agent.get("/inbox")

    assert ["职场的"] == names(agent)
    assert [] == agent.soup.select(".ui-view form"), "only its owner drops it"


def test_a_shared_view_shows_everybody_their_own_tasks(book: Engine, app: Flask) -> None:
    keep(book, "SU01", "全部", shared=True)
    agent = signed_in(app, "AG001")
    agent.get("/inbox?tab=all")
    own = [link["href"] for link in agent.soup.select("a.ui-row-link")]

    agent.get("/inbox")
    agent.get(str(agent.soup.select(".ui-view a")[0]["href"]))

    assert own and own == [link["href"] for link in agent.soup.select("a.ui-row-link")]


def test_the_same_name_replaces_and_dropping_forgets(book: Engine, app: Flask) -> None:
    first = keep(book, "AG001", "逾期")
    assert first == keep(book, "AG001", "逾期", replaces=True)
    agent = signed_in(app, "AG001")
    agent.get("/inbox")

    agent.submit(agent.form_to(f"/inbox/views/{first}/drop"))

    assert "视图已删除" in agent.text and [] == names(agent)
    with book.store.reading() as session:
        wanted = select(HistoryEvent.action).where(HistoryEvent.action.in_(["view_saved", "view_dropped"]))
        assert ["view_saved", "view_saved", "view_dropped"] == list(
            session.scalars(wanted.order_by(HistoryEvent.seq))
        )


def test_a_name_that_is_taken_replaces_nothing_unless_asked_and_what_is_shared_stays_shared(
    book: Engine, app: Flask
) -> None:
    keep(book, "SU01", "全组", shared=True)
    person = signed_in(app, "SU01")
    person.get("/inbox?tab=late")

    save(person, "全组")

    assert "您已有同名视图" in person.text and "替换同名视图" in person.text
    assert ("/inbox?tab=all", "共享") == shown(person)

    person.get("/inbox?tab=late")
    save(person, "全组", replaces="1")

    person.get("/inbox")
    assert ("/inbox?tab=late", "共享") == shown(person)


def shown(browser: Browser) -> tuple[str, str]:
    (view,) = browser.soup.select(".ui-view")
    (link,) = view.select("a")
    return str(link["href"]), view.select(".ui-sub-inline")[0].get_text()


def test_somebody_elses_view_is_not_found(book: Engine) -> None:
    shared = keep(book, "SU01", "组里的", shared=True)

    with pytest.raises(NotFound):
        api.drop_view(book, shared, actor=api.actor_of(book, "AG001"))


@pytest.mark.parametrize("name", ["", "   ", "长" * 21])
def test_a_name_that_will_not_do_is_refused(book: Engine, name: str) -> None:
    with pytest.raises(BadInput, match="characters"):
        keep(book, "AG001", name)


def test_more_than_thirty_are_refused(book: Engine) -> None:
    for number in range(30):
        keep(book, "AG001", f"视图{number}")

    with pytest.raises(BadInput) as refused:
        keep(book, "AG001", "又一个")

    assert "30" in refused.value.say("zh")


def test_a_filter_that_cannot_be_read_is_not_kept(app: Flask) -> None:
    person = signed_in(app, "SP01")
    person.get("/inbox?stage=nonsense")

    save(person, "坏的")

    assert "阶段" in person.text and "无法识别" in person.text
    person.get("/inbox")
    assert [] == names(person)
