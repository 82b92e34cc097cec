"""The morning sheet on the screen and as a workbook."""

from __future__ import annotations

import io

import openpyxl
import pytest
from flask import Flask

from tests.support.console import signed_in

pytestmark = pytest.mark.one_database


def test_the_sheet_lists_the_people_and_their_renewals(app: Flask) -> None:
    supervisor = signed_in(app, "SU01")

    supervisor.get("/morning")

    assert "2026-11-24 周二" in supervisor.text
    (person,) = supervisor.soup.select(".book-person")
    assert "高敬之" in person.get_text()
    assert "逾期" in person.get_text()
    assert "测试" not in supervisor.text


def test_the_workbook_holds_the_rows_of_the_page_masked(app: Flask) -> None:
    trainer = signed_in(app, "TR01")
    trainer.get("/morning?unit=ZC01")
    link = trainer.soup.find("a", string="导出（xlsx）")
    assert link is not None

    answer = trainer.client.get(str(link["href"]))

    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    rows = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]
    plates = [one.get_text() for one in trainer.soup.select(".book-morning a.ui-row-link")]
    assert ["钱塘职场", "2026-11-24 00:00:00"] == rows[0][:2]
    assert sheet.cell(3, rows[1].index("保险到期") + 1).is_date
    assert plates == [row[rows[1].index("车牌")] for row in rows[2:]]
    assert not any(cell.startswith(("=", "+", "@", "测试")) for row in rows for cell in row)


def test_a_unit_of_others_is_not_found(app: Flask) -> None:
    signed_in(app, "TR01").get("/morning?unit=ZC02", status=404)


@pytest.mark.parametrize("who", ["AG001", "CC01", "AU01"])
def test_others_hold_no_morning_meeting(app: Flask, who: str) -> None:
    person = signed_in(app, who)
    person.get("/")
    assert person.soup.find("a", href="/morning") is None

    person.get("/morning", status=403)


def test_in_english_the_sheet_is_english(app: Flask) -> None:
    supervisor = signed_in(app, "SU01")
    supervisor.get("/morning")
    form = supervisor.soup.select_one("form.ui-lang")
    assert form is not None
    supervisor.submit(form, {"lang": "en"})

    supervisor.get("/morning")

    assert "Morning sheet" in supervisor.text
    assert "Contacts missing" in supervisor.text
