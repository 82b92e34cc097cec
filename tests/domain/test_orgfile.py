from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.codes import Role
from engine.domain.demo_people import DemoSize, demo_org, people_in
from engine.domain.org import LiaisonEntry, OrgFile, Side, UnitKind, in_period
from engine.domain.orgfile import OrgFileError, read_org
from tests.support.org import Sheets, Value, org_sheets, write_org, write_sheets

DATA = Path(__file__).parents[1] / "data"
SMALL = DemoSize(workplaces=2, teams_per_workplace=1, agents_per_team=2, specialists=1)


def small() -> Sheets:
    """A small organisation, ready to be spoilt; 人员: CC CC PO AP AU AD SP TR SU AG AG TR SU AG AG from row 2."""
    return org_sheets(demo_org(SMALL))


def row_of(sheets: Sheets, sheet: str, code: str) -> int:
    """The number a spreadsheet shows for the first row that begins with *code*."""
    return next(n for n, cells in enumerate(sheets[sheet], 1) if cells[0] == code)


def put(sheets: Sheets, sheet: str, code: str, column: str, value: Value) -> int:
    """Change one cell of the row that begins with *code* and return the row's number."""
    row = row_of(sheets, sheet, code)
    sheets[sheet][row - 1][sheets[sheet][0].index(column)] = value
    return row


def problems(sheets: Sheets) -> list[tuple[str | None, int | None, str | None, str]]:
    """Where and what a refused file complains about."""
    with pytest.raises(OrgFileError) as refusal:
        read_org(write_sheets(sheets), "组织.xlsx")
    return [(p.sheet, p.row, p.column, p.code) for p in refusal.value.problems]


def warnings(sheets: Sheets) -> list[tuple[str | None, str]]:
    return [(w.sheet, w.code) for w in read_org(write_sheets(sheets), "组织.xlsx").warnings]


def test_the_demonstration_survives_being_written_and_read() -> None:
    read = read_org(write_org(), "org.xlsx")

    assert demo_org() == read


def test_the_sample_file_is_the_demonstration() -> None:
    read = read_org((DATA / "org.xlsx").read_bytes(), "org.xlsx")

    assert demo_org() == read


@given(
    size=st.builds(
        DemoSize,
        sub_branches=st.integers(1, 8),
        workplaces=st.integers(1, 12),
        teams_per_workplace=st.integers(1, 3),
        agents_per_team=st.integers(1, 3),
        specialists=st.integers(1, 5),
        channel_staff=st.integers(0, 3),
    ),
    seed=st.integers(0, 10**6),
)
def test_everybody_of_a_demonstration_has_a_number_a_unit_and_a_superior(size: DemoSize, seed: int) -> None:
    org = demo_org(size, seed=seed)

    numbers = [post.employee_no for post in org.posts]
    assert len(numbers) == len(set(numbers))
    assert {post.unit_code for post in org.posts} <= {unit.code for unit in org.units}
    assert {agent.manager_no for agent in people_in(org, Role.AGENT)} <= set(numbers)
    assert size.workplaces * size.teams_per_workplace * size.agents_per_team == len(
        people_in(org, Role.AGENT)
    )


def test_two_agents_of_the_demonstration_share_one_name() -> None:
    first, second, *_ = people_in(demo_org(), Role.AGENT)

    assert first.name == second.name
    assert first.employee_no != second.employee_no


def test_codes_keep_their_zeros_and_words_become_codes() -> None:
    sheets = small()
    put(sheets, "人员", "SP01", "工号", "0031205")
    for row in sheets["对接"][1:]:
        row[1] = "0031205"
    put(sheets, "人员", "0031205", "角色", "交叉销售专员")

    read = read_org(write_sheets(sheets), "组织.xlsx")

    assert [post.employee_no for post in people_in(read, Role.SPECIALIST)] == ["0031205"]
    assert {unit.side for unit in read.units if unit.kind is UnitKind.WORKPLACE} == {Side.LIFE}


def test_the_last_valid_day_is_included() -> None:
    sheets = small()
    put(sheets, "人员", "AG001", "失效日期", date(2026, 11, 30))

    agent = people_in(read_org(write_sheets(sheets), "组织.xlsx"), Role.AGENT)[0]

    assert in_period(agent, date(2026, 11, 30))
    assert not in_period(agent, date(2026, 12, 1))


@pytest.mark.parametrize("written", ["2026-03-01", "2026/3/1", "20260301", "2026年3月1日", date(2026, 3, 1)])
def test_dates_are_read_as_people_write_them(written: Value) -> None:
    sheets = small()
    put(sheets, "人员", "AG001", "生效日期", written)

    agent = people_in(read_org(write_sheets(sheets), "组织.xlsx"), Role.AGENT)[0]

    assert date(2026, 3, 1) == agent.valid_from


def test_a_last_day_in_the_year_9999_means_open() -> None:
    sheets = small()
    put(sheets, "人员", "AG001", "失效日期", "9999-12-31")

    agent = people_in(read_org(write_sheets(sheets), "组织.xlsx"), Role.AGENT)[0]

    assert agent.valid_to is None


def test_a_code_may_change_its_name_and_superior_from_one_period_to_the_next() -> None:
    sheets = small()
    put(sheets, "机构", "ZC02-1", "失效日期", date(2026, 6, 30))
    sheets["机构"].append(["ZC02-1", "新组", "ZC01", "team", "寿险", "浙江", "杭州", date(2026, 7, 1), None])

    read = read_org(write_sheets(sheets), "组织.xlsx")

    assert [unit.parent_code for unit in read.units if unit.code == "ZC02-1"] == ["ZC02", "ZC01"]


def test_a_cycle_of_two_periods_that_never_meet_is_none() -> None:
    sheets = small()
    put(sheets, "机构", "PC33", "失效日期", date(2025, 12, 31))
    put(sheets, "机构", "PC3301", "失效日期", date(2025, 12, 31))
    sheets["机构"] += [
        ["PC33", "省", "PC3301", "branch", "财险", None, None, date(2026, 1, 1), None],
        ["PC3301", "市", "PC", "branch", "财险", None, None, date(2026, 1, 1), None],
    ]

    read = read_org(write_sheets(sheets), "组织.xlsx")

    assert len(read.units) == len(sheets["机构"]) - 1


@pytest.mark.parametrize(
    ("sheet", "code", "column", "value", "fault"),
    [
        pytest.param("机构", "ZC01", "上级代码", 7.0, "number_cell", id="a unit code as a number"),
        pytest.param("机构", "PC33", "名称", None, "value_missing", id="a unit without a name"),
        pytest.param("机构", "PC330101", "上级代码", "NOPE", "parent_unknown", id="an unknown superior unit"),
        pytest.param("机构", "PC330101", "类型", "office", "kind_unknown", id="an unknown kind"),
        pytest.param("机构", "PC330101", "主体", "证券", "side_unknown", id="an unknown company"),
        pytest.param("机构", "PC330101", "主体", "寿险", "side_wrong", id="a sub-branch of the life insurer"),
        pytest.param("机构", "PC330101", "生效日期", "soon", "date_unreadable", id="an unreadable date"),
        pytest.param("机构", "PC330101", "失效日期", date(2024, 1, 1), "period_reversed", id="a reversed period"),
        pytest.param("人员", "AG001", "工号", None, "value_missing", id="a person without a number"),
        pytest.param("人员", "AG001", "工号", 31205.0, "number_cell", id="an employee number as a number"),
        pytest.param("人员", "AG001", "工号", "工号一", "code_format", id="an employee number in words"),
        pytest.param("人员", "AG001", "工号", "System", "number_reserved", id="the system's own name"),
        pytest.param("人员", "AG001", "姓名", "字" * 201, "text_too_long", id="an endless name"),
        pytest.param("人员", "AG001", "角色", None, "role_missing", id="a person without a role"),
        pytest.param("人员", "AG001", "角色", "boss", "role_unknown", id="an unknown role"),
        pytest.param("人员", "AG001", "机构代码", "NOPE", "unit_unknown", id="an unknown unit of a person"),
        pytest.param("人员", "AG001", "机构代码", "LF3301", "agent_without_workplace", id="an agent outside any workplace"),
        pytest.param("人员", "AG001", "上级工号", "NOPE", "manager_unknown", id="an unknown superior"),
        pytest.param("人员", "SU01", "上级工号", "SU01", "manager_cycle", id="one's own superior"),
        pytest.param("人员", "SP01", "机构代码", "ZC01", "role_side_wrong", id="a specialist in the life insurer"),
        pytest.param("人员", "TR01", "机构代码", "PC330101", "role_side_wrong", id="a trainer in the property insurer"),
        pytest.param("对接", "ZC01", "职场代码", "NOPE", "workplace_unknown", id="a liaison to no workplace"),
        pytest.param("对接", "ZC01", "职场代码", "ZC01-1", "workplace_kind", id="a liaison to a team"),
        pytest.param("对接", "ZC01", "专员工号", "NOPE", "liaison_person_unknown", id="a liaison to nobody known"),
        pytest.param("对接", "ZC01", "专员工号", "TR01", "liaison_role_wrong", id="a trainer as specialist"),
    ],
)  # fmt: skip
def test_one_wrong_cell_is_one_problem_with_its_place(
    sheet: str, code: str, column: str, value: Value, fault: str
) -> None:
    sheets = small()
    row = put(sheets, sheet, code, column, value)

    found = problems(sheets)

    assert (sheet, row, column, fault) in found
    assert {(sheet, row)} == {(place[0], place[1]) for place in found}


def test_a_cycle_of_units_is_named_at_each_of_its_members() -> None:
    sheets = small()
    put(sheets, "机构", "PC33", "上级代码", "PC3301")

    found = problems(sheets)

    assert [
        ("机构", row_of(sheets, "机构", code), "上级代码", "unit_cycle") for code in ("PC33", "PC3301")
    ] == found


def test_a_code_twice_at_one_time_is_refused() -> None:
    sheets = small()
    sheets["机构"].append(list(sheets["机构"][row_of(sheets, "机构", "ZC01") - 1]))

    found = problems(sheets)

    assert [("机构", len(sheets["机构"]), "机构代码", "unit_twice")] == found


def test_an_agent_in_two_units_at_one_time_is_refused() -> None:
    sheets = small()
    agent = list(sheets["人员"][row_of(sheets, "人员", "AG001") - 1])
    agent[3] = "ZC02-1"
    sheets["人员"].append(agent)

    found = problems(sheets)

    assert [("人员", len(sheets["人员"]), "机构代码", "agent_twice")] == found


def test_one_number_of_two_people_is_refused() -> None:
    sheets = small()
    put(sheets, "人员", "AG002", "工号", "AG001")
    sheets["人员"][row_of(sheets, "人员", "AG001")][1] = "另一人"

    found = {fault for _, _, _, fault in problems(sheets)}

    assert {"post_twice", "name_differs"} == found


def test_a_liaison_of_nobody_and_one_given_twice_are_refused() -> None:
    sheets = small()
    sheets["对接"] += [list(sheets["对接"][1]), ["ZC02", None, None, date(2025, 1, 1), None]]

    found = problems(sheets)

    assert {("对接", 4, "职场代码", "liaison_twice"), ("对接", 5, "专员工号", "liaison_nobody")} == set(found)


def test_all_problems_are_told_at_once() -> None:
    sheets = small()
    put(sheets, "机构", "ZC02", "类型", "office")
    put(sheets, "人员", "AG001", "角色", None)
    put(sheets, "对接", "ZC01", "组训工号", "NOPE")

    with pytest.raises(OrgFileError) as refusal:
        read_org(write_sheets(sheets), "组织.xlsx")

    assert [p.code for p in refusal.value.problems] == [
        "kind_unknown",
        "role_missing",
        "liaison_person_unknown",
    ]
    assert "组织.xlsx" in refusal.value.say("zh")
    assert "3 处" in refusal.value.say("zh")
    assert refusal.value.problems[0].say("zh") in refusal.value.say("zh")


def test_every_problem_says_what_to_do_in_both_languages() -> None:
    sheets = small()
    put(sheets, "机构", "PC330101", "主体", "寿险")

    with pytest.raises(OrgFileError) as refusal:
        read_org(write_sheets(sheets), "组织.xlsx")

    (problem,) = refusal.value.problems
    assert problem.say("zh") == (
        "工作表“机构”第 6 行“主体”列：类型 sub_branch 只能属于财险，实填“寿险”。请更正后重新导入。"
    )
    assert problem.say("en").startswith("sheet “机构”, row 6, column “主体”: A sub_branch belongs to")


@pytest.mark.parametrize("sheet", ["机构", "人员", "对接"])
def test_a_missing_sheet_is_refused(sheet: str) -> None:
    sheets = small()
    del sheets[sheet]

    assert (sheet, None, None, "sheet_missing") in problems(sheets)


def test_a_missing_required_column_is_refused_once() -> None:
    sheets = small()
    for row in sheets["人员"]:
        del row[2]

    found = [place for place in problems(sheets) if place[0] == "人员"]

    assert found == [("人员", 1, "角色", "column_missing")]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        pytest.param(b"", "file_empty", id="nothing"),
        pytest.param("工号,姓名\n1,张".encode(), "file_kind", id="a csv"),
        pytest.param(b"PK\x03\x04 broken", "file_broken", id="a broken zip"),
        pytest.param(write_org()[:-900], "file_broken", id="half a workbook"),
        pytest.param(b"%PDF-1.7", "file_kind", id="a pdf"),
    ],
)
def test_what_is_no_workbook_is_refused(content: bytes, fault: str) -> None:
    with pytest.raises(OrgFileError) as refusal:
        read_org(content, "组织.xlsx")

    assert [fault] == [problem.code for problem in refusal.value.problems]
    assert "组织.xlsx" in refusal.value.say("zh")


@pytest.mark.parametrize(
    ("sheet", "code", "column", "value", "warning"),
    [
        ("机构", "ZC01", "上级代码", None, "unit_without_parent"),
        ("机构", "ZC01", "上级代码", "LF", "parent_unusual"),
        ("机构", "LF3301", "上级代码", "PC", "parent_other_side"),
        ("机构", "PC33", "失效日期", date(2024, 12, 31), "parent_not_in_force"),
        ("机构", "PC330101", "生效日期", None, "start_missing"),
        ("人员", "AG001", "手机", "0571-88880000", "phone_format"),
        ("人员", "AG001", "上级工号", None, "agent_without_manager"),
        ("人员", "AG001", "上级工号", "TR01", "manager_role"),
        ("人员", "AG001", "失效日期", date(2025, 1, 1), None),
        ("对接", "ZC01", "失效日期", date(2025, 1, 1), None),
    ],
)
def test_what_is_only_odd_is_a_warning(
    sheet: str, code: str, column: str, value: Value, warning: str | None
) -> None:
    sheets = small()
    if warning == "parent_not_in_force":
        put(sheets, sheet, code, "生效日期", date(2024, 1, 1))
    put(sheets, sheet, code, column, value)

    found = warnings(sheets)

    assert ([(sheet, warning)] if warning else []) == found[:1]


def test_a_workplace_nobody_serves_is_a_warning() -> None:
    sheets = small()
    del sheets["对接"][-1]

    assert warnings(sheets) == [("机构", "workplace_without_liaison")]


def test_unknown_sheets_and_columns_are_ignored_with_a_warning() -> None:
    sheets = small()
    sheets["说明"] = [["本表由人力资源部维护"]]
    for row in sheets["对接"]:
        row.append("备注")

    assert {("说明", "sheet_unknown"), ("对接", "column_unknown")} == set(warnings(sheets))


def test_a_file_without_the_optional_columns_is_read() -> None:
    org = demo_org(SMALL)
    plain = OrgFile(
        tuple(replace(unit, province=None, city=None, valid_from=date(2000, 1, 1)) for unit in org.units),
        tuple(replace(post, phone=None, valid_from=date(2000, 1, 1)) for post in org.posts),
        tuple(replace(row, valid_from=date(2000, 1, 1)) for row in org.liaisons),
    )
    sheets = org_sheets(plain)
    for name, kept in (("机构", 5), ("人员", 5), ("对接", 3)):
        sheets[name] = [row[:kept] for row in sheets[name]]

    read = read_org(write_sheets(sheets), "组织.xlsx")

    assert (plain.units, plain.posts, plain.liaisons) == (read.units, read.posts, read.liaisons)
    assert isinstance(read.liaisons[0], LiaisonEntry)


@pytest.mark.parametrize("content", ["工号,姓名\n1,张".encode(), b"%PDF-1.7"], ids=["csv", "pdf"])
def test_a_file_that_is_no_workbook_is_told_that_an_xlsx_is_needed(content: bytes) -> None:
    with pytest.raises(OrgFileError) as caught:
        read_org(content, "org.csv")

    said = caught.value.say("zh")
    assert "不是 xlsx 工作簿" in said
    assert "须为 .xlsx" in said
    assert "清单" not in said
    assert ".xlsx" in caught.value.say("en")
