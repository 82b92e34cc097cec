from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import api
from engine.queries.command_line import batch_problems
from tests.acceptance.desk import policy, standard_csv, vin
from tests.support.console import TODAY

CARS = range(60, 66)
EXPIRY = TODAY + timedelta(days=40)
SECRETS = ("13812348000", "110101199001010011", "钱晓敏", "孙大圣")


@pytest.fixture
def batch(book: api.Engine) -> int:
    """A list with persons in every place a list may have them: columns, free text, faulty cells."""
    said: dict[str, Any] = {"手机": "13812348000", "证件号码": ""}
    rows = [policy(n, EXPIRY, agent="AG001", sub_branch="PC330101", 车主=f"钱晓敏{n}", **said) for n in CARS]
    rows[0]["证件号码"] = "110101199001010011X"
    rows[1]["保费"] = "13812348000"
    header, *lines = standard_csv(rows).decode().splitlines()
    content = "\n".join([f"联系人,{header}", *(f"孙大圣,{line}" for line in lines)]).encode()
    return api.preview_list(book, content, "2026-12.csv", "standard", actor=api.SYSTEM)


def test_the_page_of_a_batch_names_rows_and_no_persons(book: api.Engine, batch: int) -> None:
    with book.store.reading() as session:
        page = api.batch_page(session, api.SYSTEM, batch)

    assert page.samples and page.problems and page.kinds
    assert vin(60) in str(page.samples)
    assert [] == [secret for secret in SECRETS if secret in str(page)]


def test_the_report_of_the_command_line_names_rows_and_no_persons(book: api.Engine, batch: int) -> None:
    problems = [row for lang in ("zh", "en") for row in batch_problems(book, batch, lang=lang)]

    assert {"phone_shared"} < {problem["code"] for problem in problems}
    assert [] == [secret for secret in SECRETS if secret in str(problems)]


def test_the_error_file_keeps_what_its_owner_wrote(book: api.Engine, batch: int) -> None:
    _name, content = api.error_file(book, batch, actor=api.SYSTEM)

    assert "钱晓敏" in content.decode("utf-8-sig")
