"""Who sees which import batch: one rule for home, list, records and detail; rows of the own scope only."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from engine import api
from engine.api import Engine
from tests.acceptance.desk import policy, standard_csv, vin
from tests.admin.test_imports_pages import SAMPLES, batch_id, upload
from tests.support.console import PASSWORD, TODAY, Browser, signed_in

pytestmark = pytest.mark.one_database

GOVERNING = ["AU01", "AD01", "PO01", "AP01"]
EAST, WEST = "PC330101", "PC330102"


def by_command_line(engine: Engine, *units: str) -> int:
    """Preview a list of one faulty car a unit, as the operator does."""
    rows = [
        {
            **policy(60 + n, TODAY + timedelta(days=40), agent="AG001", sub_branch=unit),
            "到期日期": "2027-02-29",
        }
        for n, unit in enumerate(units)
    ]
    return api.preview_list(engine, standard_csv(rows), "cli.csv", "standard", actor=api.SYSTEM)


def numbers(person: Browser, path: str) -> set[int]:
    """The batches that a page links to."""
    person.get(path)
    links = [str(link["href"]) for link in person.soup.select("main a[href*='/imports/']")]
    return {int(found.group(1)) for link in links if (found := re.fullmatch(r"/imports/(\d+)", link))}


def western(app: Flask, engine: Engine, role: str = "channel") -> Browser:
    api.add_user(engine, "WEST", roles=[role], unit_code=WEST, password=PASSWORD, actor=api.SYSTEM)
    return signed_in(app, "WEST")


@pytest.mark.parametrize("who", [*GOVERNING, "CC01"])
def test_batches_of_the_command_line_are_listed_for_the_whole_branch(
    app: Flask, book: Engine, who: str
) -> None:
    number = by_command_line(book, EAST, WEST)
    person = signed_in(app, who)

    assert {1, number} == numbers(person, "/imports")
    person.get(f"/imports/{number}")
    assert vin(60) in person.text or "2027-02-29" in person.text


@pytest.mark.parametrize("who", GOVERNING)
def test_the_link_on_the_home_page_leads_to_the_batches_it_shows(app: Flask, book: Engine, who: str) -> None:
    person = signed_in(app, who)
    person.get("/")
    assert "2026-11.csv" in person.text

    person.get("/imports")

    assert "2026-11.csv" in person.text


@pytest.mark.parametrize("who", ["AU01", "AD01"])
def test_the_record_list_holds_the_same_batches(app: Flask, book: Engine, who: str) -> None:
    number = by_command_line(book, EAST)
    person = signed_in(app, who)

    assert {1, number} == numbers(person, "/admin/imports/")


@pytest.mark.parametrize("who", GOVERNING)
def test_a_batch_of_no_known_unit_is_seen_by_who_governs_the_branch(
    app: Flask, book: Engine, who: str
) -> None:
    number = by_command_line(book, "NOWHERE")

    assert number in numbers(signed_in(app, who), "/imports")
    assert number not in numbers(western(app, book, "auditor"), "/imports")


@pytest.mark.parametrize("role", ["channel", "auditor"])
def test_a_sub_branch_sees_of_a_mixed_batch_that_it_exists_and_its_own_rows(
    app: Flask, book: Engine, role: str
) -> None:
    number = by_command_line(book, EAST, WEST)
    person = western(app, book, role)

    assert number in numbers(person, "/imports")
    person.get(f"/imports/{number}")
    assert "只列出本机构的行" in person.text
    assert ["3"] == [cell.get_text(strip=True) for cell in person.soup.select(".room-problems td.ui-num")]


def test_a_mixed_batch_is_acted_on_by_nobody_of_one_sub_branch_alone(app: Flask, book: Engine) -> None:
    number = by_command_line(book, EAST, WEST)
    person = western(app, book)
    person.get(f"/imports/{number}")
    held = person.soup.find("input", {"name": "csrf_token"})
    assert held is not None

    assert "确认入库" not in person.text
    for act in ("commit", "discard"):
        answer = person.client.post(f"/imports/{number}/{act}", data={"csrf_token": held["value"]})
        assert 404 == answer.status_code, act
    assert 404 == person.client.get(f"/imports/{number}/errors").status_code


def test_a_list_of_the_command_line_may_be_confirmed_by_the_channel_it_concerns(
    app: Flask, book: Engine
) -> None:
    number = by_command_line(book, WEST)
    person = western(app, book)

    person.get(f"/imports/{number}")

    assert "确认入库" in person.text
    assert 200 == person.client.get(f"/imports/{number}/errors").status_code


def test_a_list_without_sub_branches_concerns_the_unit_that_serves_its_agents(
    app: Flask, book: Engine
) -> None:
    content = (SAMPLES / "saas_template.xlsx").read_bytes()
    number = api.preview_list(book, content, "saas.xlsx", "saas_template", actor=api.SYSTEM)

    assert number in numbers(western(app, book), "/imports")


# --- what the page of a batch says -------------------------------------------


def figures(person: Browser) -> dict[str, int]:
    found = person.soup.select(".ui-figure")
    return {f.select("span")[0].get_text(strip=True): int(f.select("strong")[0].get_text()) for f in found}


def test_the_page_names_every_sheet_read_and_its_figures_add_up(app: Flask, book: Engine) -> None:
    person = signed_in(app, "CC01")
    upload(person, (SAMPLES / "branch_sheet.xlsx").read_bytes(), "branch.xlsx", source="branch_sheet")

    shown = figures(person)
    assert (60, 52, 8) == (shown["读取行数"], shown["将新增"], shown["拒绝"])
    sheets = [sheet.get_text(" ", strip=True) for sheet in person.soup.select(".room-sheet")]
    assert ["11月 表头在第 1 行，读取 30 行", "12月 表头在第 1 行，读取 30 行"] == sheets
    assert "12月 · “小计”是合计或落款行" in person.text
    person.get(f"/imports/{batch_id(person)}?verdict=rejected")
    rows = [cell.get_text(" ", strip=True) for cell in person.soup.select(".room-problems td.ui-num")]
    assert {"11月", "12月"} == {row.split()[-1] for row in rows}

    person.submit(person.form_to(f"/imports/{batch_id(person)}/commit"))

    assert shown["将启动续保"] == figures(person)["启动续保"]
    assert f"共 {shown['将启动续保']} 笔" in person.text


def test_the_page_foretells_what_issued_policies_will_do(app: Flask, book: Engine) -> None:
    year = timedelta(days=365)
    new = [
        policy(n, day + year, agent="NOBODY", sub_branch=EAST, issued=True)
        for n, day in ((5, TODAY + timedelta(days=44)), (70, TODAY))
    ]
    person = signed_in(app, "CC01")

    upload(person, standard_csv(new), kind="issued")

    assert "将核销 1 笔续保，部分续保 0 笔，未匹配 1 行。" in person.text
    assert "孤儿单" not in person.text
    shown = figures(person)
    assert shown["读取行数"] == shown["新保单"] + shown["已登记"] + shown["拒绝"]


def test_a_list_under_the_wrong_profile_is_refused_with_the_right_one(app: Flask, book: Engine) -> None:
    person = signed_in(app, "CC01")

    upload(person, (SAMPLES / "core_export.xlsx").read_bytes(), "a.xlsx", source="saas_template", status=400)

    assert "“核心系统导出”" in person.text


def test_an_organisation_sent_as_csv_is_told_that_an_xlsx_is_needed(app: Flask, book: Engine) -> None:
    person = signed_in(app, "AD01")

    upload(person, (SAMPLES / "standard.csv").read_bytes(), "standard.csv", path="/org", status=422)

    assert "须为 .xlsx" in person.text
    assert "清单（内容为" not in person.text
