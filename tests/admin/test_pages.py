from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from engine.api import Engine
from tests.acceptance.desk import vin
from tests.support.console import Browser, renewal_of, signed_in, task_of

pytestmark = pytest.mark.one_database

# Words that stay Latin on a Chinese page: product and vehicle names, codes, the switch itself.
LATIN = re.compile(r"[A-Za-z]{2,}")
ALLOWED = re.compile(
    r"English|VIN|csv|xlsx?|BPMN|[A-Z]{1,2}-[A-Z]{1,2}\d+|[A-Z]{2}\d{2,}|LSV\S*|T[-+]\d+|2026-11\.csv|ZC\d+|MB|PDF",
    re.I,
)


def english_words(browser: Browser) -> list[str]:
    """Latin words a Chinese reader would stumble over, attributes people hear or see included."""
    soup = browser.soup
    for gone in soup(["script", "style", "code"]):
        gone.decompose()
    seen = [soup.get_text(" ")]
    for tag in soup.find_all(True):
        seen += [
            str(tag[name])
            for name in ("title", "placeholder", "aria-label", "alt", "data-busy")
            if tag.has_attr(name)
        ]
    return LATIN.findall(ALLOWED.sub(" ", " ".join(seen)))


@pytest.mark.parametrize("who", ["AG001", "SU01", "TR01", "SP01", "CC01", "PO01", "AP01", "AU01", "AD01"])
def test_every_role_reads_its_pages_in_chinese(app: Flask, book: Engine, who: str) -> None:
    person = signed_in(app, who)
    task = task_of(book, 8, "chase_policy")

    for path in (
        "/",
        "/renewals",
        "/renewals?stage=pool&open=all",
        f"/renewals/{renewal_of(book, 8)}",
        f"/tasks/{task.id}",
        "/inbox",
        "/inbox?tab=all",
        "/inbox?tab=done",
        "/inbox?tab=claimable&q=none",
    ):
        person.get(path)
        assert [] == english_words(person), path


def test_in_english_only_names_and_the_diagrams_words_stay_chinese(app: Flask, book: Engine) -> None:
    person = signed_in(app, "SP01")
    person.get("/")
    person.submit(person.form_to("/language"), {"lang": "en"})
    task = task_of(book, 8, "chase_policy")

    for path in ("/", "/inbox", "/renewals", f"/renewals/{renewal_of(book, 8)}", f"/tasks/{task.id}"):
        page = person.get(path)
        assert page.html is not None
        assert "en" == page.html["lang"]
        assert [] == chinese_frame(page), path


def chinese_frame(page: BeautifulSoup) -> list[str]:
    """Chinese texts of headings, labels, buttons and menus: what the console itself says."""
    frame = page.select(
        "h1 ~ p, h2, th, dt, label > span, button, .ui-menu, .ui-tabs, .ui-empty, .ui-chip, .ui-state"
    )
    texts = [tag.get_text(" ", strip=True) for tag in frame if "中文" not in tag.get_text()]
    people = re.compile(r"[\u4e00-\u9fff]{2,4}(?=$| ·)|测\*|川A\S+|上汽大众朗逸")
    return [text for text in texts if re.search(r"[\u4e00-\u9fff]", people.sub("", text))]


def test_strangers_are_sent_to_the_sign_in_page(app: Flask, book: Engine) -> None:
    client: FlaskClient = app.test_client()

    for path in ("/", "/inbox", "/renewals", f"/renewals/{renewal_of(book, 8)}", "/tasks/1"):
        answer = client.get(path)
        assert 303 == answer.status_code
        assert answer.headers["Location"].startswith("/login")


@pytest.mark.parametrize(
    "path",
    [
        "/renewals/{other}",
        "/renewals/{other}/diagram/renewal.bpmn",
        "/tasks/{task}",
        "/renewals/999999",
        "/tasks/999999",
    ],
)
def test_what_is_not_ones_own_does_not_exist_and_the_attempt_is_recorded(
    app: Flask, book: Engine, agent: Browser, path: str
) -> None:
    target = path.format(other=renewal_of(book, 22), task=task_of(book, 22, "record_contact").id)

    agent.get(target, status=404)

    assert "找不到" in agent.text
    assert [("AG001", f"GET {target}"[:64])] == refusals(book)


def refusals(engine: Engine) -> list[tuple[str, str | None]]:
    from sqlalchemy import select

    from engine.tables import HistoryEvent

    with engine.store.reading() as session:
        rows = session.scalars(select(HistoryEvent).where(HistoryEvent.action == "access_refused"))
        return [(row.actor, row.subject) for row in rows]


def test_filters_of_the_address_that_mean_nothing_are_named_and_keep_nothing(agent: Browser) -> None:
    agent.get("/renewals?stage=nowhere&from=2026-13-45&open=all")

    assert "没有“nowhere”这个选项" in agent.text
    assert "日期“2026-13-45”无法识别" in agent.text
    assert "共 11 笔" not in agent.text
    assert not agent.soup.select(".ui-table tbody tr")


def test_a_position_made_up_by_hand_is_a_bad_request(agent: Browser) -> None:
    agent.get("/inbox?after=bm9uc2Vuc2U", status=400)

    assert "请从列表的第一页重新开始" in agent.text


def test_numbers_of_the_home_page_lead_to_lists_of_that_many(agent: Browser) -> None:
    home = agent.get("/")
    links = [
        (int(figure.strong.get_text()), str(figure["href"]))
        for figure in home.select("a.ui-figure")
        if figure.strong is not None
    ]
    cells = [(int(cell.get_text()), str(cell["href"])) for cell in home.select(".ui-matrix td a")]

    for count, href in links:
        assert count == len(agent.get(href).select(".ui-table tbody tr")), href
    for count, href in cells:
        assert count == len(agent.get(href).select(".ui-table tbody tr")), href


def test_no_page_shows_what_is_masked(app: Flask, book: Engine) -> None:
    person = signed_in(app, "SP01")

    for path in ("/", "/inbox?tab=all", "/renewals", f"/renewals/{renewal_of(book, 8)}"):
        person.get(path)
        assert person.page is not None
        body = person.page.get_data(as_text=True)
        assert not re.search(r"川A0000[89]|测试\d|139\d{8}", body), path
        assert vin(8) not in body, path


def test_pages_carry_no_inline_script_or_style(app: Flask, book: Engine) -> None:
    person = signed_in(app, "SP01")

    for path in (
        "/",
        "/inbox",
        "/renewals",
        f"/renewals/{renewal_of(book, 8)}",
        f"/tasks/{task_of(book, 8, 'chase_policy').id}",
    ):
        page = person.get(path)
        assert not [t for t in page("script") if not t.get("src") and t.get("type") != "application/json"], (
            path
        )
        assert not page("style"), path
        assert not [
            t.name for t in page.find_all(True) if any(a == "style" or a.startswith("on") for a in t.attrs)
        ], path


def test_probes_answer_without_a_sign_in(app: Flask) -> None:
    client = app.test_client()

    assert {"status": "ok"} == client.get("/healthz").json
    assert {"status": "ok", "definition_version": 1} == client.get("/readyz").json


def test_a_console_without_a_database_is_not_ready(tmp_path_factory: pytest.TempPathFactory) -> None:
    from admin.app import create_app
    from tests.support.console import open_book

    client = create_app(open_book(tmp_path_factory.mktemp("empty"))).test_client()

    answer = client.get("/readyz")

    assert 503 == answer.status_code
    assert answer.json is not None
    assert "database_not_ready" == answer.json["code"]
    assert 200 == client.get("/healthz").status_code


def test_a_defect_shows_a_number_and_no_traceback(app: Flask, agent: Browser) -> None:
    from engine.errors import EngineError

    def breaks() -> str:
        raise RuntimeError("secret detail")

    app.view_functions["home.index"] = breaks

    agent.get("/", status=500)

    assert re.search(r"编号 ?： ?[0-9A-F]{8}", agent.text)
    assert "secret detail" not in agent.text
    assert EngineError.code not in agent.text


def test_when_the_database_is_gone_people_are_told_in_their_language(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    from admin.app import create_app
    from tests.support.console import open_book

    app = create_app(open_book(tmp_path_factory.mktemp("gone")))
    client = app.test_client()

    answer = client.get("/", headers={"Cookie": "lang=zh"}, follow_redirects=True)
    signing_in = Browser(client)
    signing_in.page = client.get("/login")

    assert answer.status_code in (200, 500, 503)
    assert "Traceback" not in answer.get_data(as_text=True)
    signing_in.submit(signing_in.form("sign-in"), {"username": "AG001", "password": "x" * 12}, status=500)
    assert "系统出现故障" in signing_in.text


@pytest.mark.parametrize("path", ["/renewals/{n}", "/tasks/{n}", "/imports/{n}"])
def test_a_number_that_no_row_can_have_leads_nowhere(path: str, app: Flask) -> None:
    signed_in(app, "AU01").get(path.format(n="9" * 23), status=404)


def test_the_timeline_leads_to_the_forms_and_names_the_row_it_came_from(app: Flask, book: Engine) -> None:
    auditor = signed_in(app, "AU01")
    auditor.get(f"/renewals/{renewal_of(book, 8)}")

    assert "清单批次 1 第 8 行" in auditor.text or "清单批次 1 第 9 行" in auditor.text
    (link, *_) = [a for a in auditor.soup.select("#timeline a") if a.get_text() == "查看表单"]
    auditor.get(str(link["href"]))
    assert "联系" in auditor.text or "下发" in auditor.text
    assert "cli" not in auditor.text


@pytest.mark.parametrize("who", ["AG001", "SP01", "CC01", "TR01", "SU01", "PO01", "AP01", "AU01", "AD01"])
def test_nothing_on_the_home_page_leads_to_a_refusal(app: Flask, who: str) -> None:
    person = signed_in(app, who)
    person.get("/")
    links = {str(link["href"]) for link in person.soup.select("a[href^='/']")}

    assert links
    assert {} == {link: status for link in links if (status := person.client.get(link).status_code) >= 400}
