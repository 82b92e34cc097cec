"""No name, phone, ID number or plate of a customer stands in clear in the history, whatever was done."""

from __future__ import annotations

import pytest

from engine import api
from engine.api import Engine
from tests.acceptance import answers
from tests.edge_cases.test_case_24_46 import list_cars
from tests.services.test_consents import GIVEN, say
from tests.support.clear_text import clear_values_in_history
from tests.support.console import TODAY, complete, renewal_of
from tests.support.files import PDF
from tests.support.lists import id_no

pytestmark = pytest.mark.one_database

SOLD = {
    "result": "changed",
    "changed_items": ["owner"],
    "new_owner_name": "钱新主",
    "new_owner_phone": "13912340099",
    "transferred_on": str(TODAY),
}


def test_the_history_of_a_worked_book_names_no_customer(book: Engine) -> None:
    agent = api.actor_of(book, "AG001")
    complete(book, 6, "record_contact", answers.record_contact(TODAY, "23"))
    complete(book, 6, "update_customer", answers.update_customer(TODAY, **SOLD))
    for field in ("name", "phone", "plate"):
        reason = "核对 钱新 13912340099 川A00006"
        api.reveal(book, renewal_of(book, 6), field, reason=reason, actor=agent, address="10.0.0.7")
    api.add_comment(book, renewal_of(book, 6), "客户换了号码 13912340099", actor=agent)
    api.attach_file(book, renewal_of(book, 6), "钱新主 川A00006.pdf", PDF, actor=agent)
    say(book, **{**GIVEN, "evidence": "录音 13900000007"})
    complete(book, 5, "record_contact", answers.record_contact(TODAY, "62"))
    api.request_erasure(book, renewal_of(book, 7), reason="13900000007 来电要求删除", actor=agent)
    again = {"车主": "测试5", "手机": "13900000005", "证件号码": id_no(5)}
    list_cars(book, {"number": 81, "days": 50, **again})
    list_cars(book, {"number": 6, "days": 36, "车牌号": "川A99999", "车主": "钱新主", "手机": "13912340099"})

    assert [] == clear_values_in_history(book)
