from __future__ import annotations

import pytest

from engine.domain.lists import PROFILES
from engine.domain.lists.profiles import Field
from engine.queries.cell_masks import CellMasks


@pytest.mark.parametrize(
    ("source", "header", "value", "shown"),
    [
        pytest.param("standard", "车主", "张晓敏", "张*", id="a name"),
        pytest.param("standard", "手机（本人）", "13812348000", "138****8000", id="a header with a remark"),
        pytest.param("core_export", "投保人", "李国强", "李*", id="a column that is kept but not read"),
        pytest.param("saas_template", "客户备注", "找他爱人王芳", "找*", id="free text"),
        pytest.param("standard", "联系人", "王芳", "王*", id="a column nobody knows"),
        pytest.param("core_export", "手机", "13812348000", "138****8000", id="another source's header"),
        pytest.param("standard", "车牌号", "浙A12345", "浙A***45", id="a plate"),
        pytest.param(
            "standard", "职场", "张敏 13812348000", "张敏 138****8000", id="a phone in a wrong place"
        ),
        pytest.param(
            "standard", "", "制表 110101199001010011", "制表 110***********0011", id="an ID in a footer"
        ),
        pytest.param(
            "standard", "车架号", "LSVAA4182E2123456", "LSVAA4182E2123456", id="the VIN names the row"
        ),
        pytest.param(
            "standard", "保单号", "610102199001010011", "610102199001010011", id="a policy number does too"
        ),
        pytest.param("standard", "到期日期", "2026-13-01", "2026-13-01", id="a date is no person's"),
        pytest.param(
            "saas_template",
            "交强险到期时间/商业险到期时间",
            "2026-13-01",
            "2026-13-01",
            id="two columns named together",
        ),
    ],
)
def test_a_cell_is_shown_as_its_column_allows(source: str, header: str, value: str, shown: str) -> None:
    assert shown == CellMasks(source).cell(header, value)


def test_no_source_has_a_personal_column_that_is_shown_whole() -> None:
    personal = {Field.OWNER_NAME, Field.ID_NO, Field.PHONE, Field.OTHER_PHONE, Field.PLATE, Field.IGNORED}
    value = "浙A12345678901"

    shown = [
        (source, column.header)
        for source, profile in PROFILES.items()
        for column in profile.columns
        if column.field in personal and CellMasks(source).cell(column.header, value) == value
    ]

    assert [] == shown


def test_the_texts_of_a_problem_do_not_repeat_what_its_value_hides() -> None:
    problem = {
        "column": "手机",
        "value": "138 1234 80",
        "reason": {"zh": "“138 1234 80”不是手机号。", "en": "138 1234 80 is no number of 11 digits."},
        "remedy": {"zh": "请更正。", "en": "Correct it."},
    }

    told = CellMasks("standard").problem(problem)

    assert "138 1234 80" not in str(told)
    assert "11 digits" in told["reason"]["en"]
