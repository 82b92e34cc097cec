"""The committed sample files: each is read as its sender meant it."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from engine.domain.codes import Line, Role
from engine.domain.demo_people import demo_org
from engine.domain.lists import FileKind, ReadList, read_list
from tests.support.list_samples import DATA, SAMPLES


def read_sample(name: str) -> ReadList:
    return read_list((DATA / name).read_bytes(), name, SAMPLES[name].profile)


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_gives_the_rows_and_rejections_its_generator_planted(name):
    read = read_sample(name)

    rejections = Counter(
        problem.code for row in read.rejected for problem in row.problems if problem.level == "error"
    )
    assert SAMPLES[name].read == read.read
    assert SAMPLES[name].rejected == rejections


@pytest.mark.parametrize("name", SAMPLES)
def test_every_data_row_is_accounted_for_once(name):
    read = read_sample(name)

    accepted = {(row.sheet, row.row_no) for row in read.rows}
    rejected = [(row.sheet, row.row_no) for row in read.rejected]
    assert read.read == len(accepted) + len(rejected)
    assert not accepted & set(rejected)
    assert len(rejected) == len(set(rejected))


@pytest.mark.parametrize("name", SAMPLES)
def test_committed_sample_holds_what_the_generator_writes(name):
    fresh = read_list(SAMPLES[name].write(), name, SAMPLES[name].profile)

    committed = read_sample(name)

    assert (fresh.rows, fresh.rejected, fresh.warnings) == (
        committed.rows,
        committed.rejected,
        committed.warnings,
    )


@pytest.mark.parametrize(
    ("name", "kind", "encoding", "separator"),
    [
        ("standard.csv", FileKind.CSV, "utf-8", ","),
        ("standard_gb18030.csv", FileKind.CSV, "gb18030", ","),
        ("branch_sheet.csv", FileKind.CSV, "gb18030", ";"),
        ("branch_sheet_utf16.txt", FileKind.CSV, "utf-16", "\t"),
        ("core_export.xls", FileKind.XLS, None, None),
        ("core_export.xlsx", FileKind.XLSX, None, None),
    ],
)
def test_kind_encoding_and_separator_are_told(name, kind, encoding, separator):
    read = read_sample(name)

    assert (kind, encoding, separator) == (read.kind, read.encoding, read.separator)


def test_one_standard_list_reads_alike_in_every_file_type():
    csv, gb, xlsx = map(read_sample, ("standard.csv", "standard_gb18030.csv", "standard.xlsx"))

    values = [
        [(row.vin, row.line, row.expiry_date, row.owner_name) for row in r.rows] for r in (csv, gb, xlsx)
    ]
    assert values[0] == values[1] == values[2]
    assert "𠮷野㙍" in {row.owner_name for row in gb.rows}


def test_core_export_takes_title_rows_combined_staff_and_written_amounts():
    read = read_sample("core_export.xlsx")

    first = read.rows[0]
    assert read.header_row == 3
    assert ("续保清单（2026年11月至2027年1月）",) == read.layouts[0].titles[0][:1]
    assert Line.CTP is first.line
    assert 22 == len(first.policy_no)
    assert first.agent_no.startswith("AG0")
    assert all(row.use == row.use.strip() for row in read.rows)
    assert {"城东支公司", "城西支公司"} == {row.sub_branch for row in read.rows}


def test_core_export_settles_each_way_of_writing_the_end_of_cover():
    read = read_sample("core_export.xlsx")

    assert {
        "2026-12-01 24:00": date(2026, 12, 1),
        "2026-12-01 23:59:59": date(2026, 12, 1),
        "2027-01-01 00:00:00": date(2026, 12, 31),
        "2026-12-20 13:30": date(2026, 12, 20),
    } == dict(read.expiry_samples)
    assert ["13:30"] == [f"{row.expiry_time:%H:%M}" for row in read.rows if row.expiry_time]


def test_merged_vehicle_cells_reach_the_second_row_of_the_vehicle():
    read = read_sample("core_export.xlsx")

    by_row = {row.row_no: row for row in read.rows}
    upper, lower = by_row[34], by_row[35]
    assert (Line.CTP, Line.COMMERCIAL) == (upper.line, lower.line)
    assert (upper.vin, upper.plate, upper.owner_name, upper.id_no) == (
        lower.vin,
        lower.plate,
        lower.owner_name,
        lower.id_no,
    )


def test_commercial_template_gives_both_lines_of_one_row():
    read = read_sample("saas_template.xlsx")

    lines = Counter(row.row_no for row in read.rows)
    assert [Line.COMMERCIAL] == [row.line for row in read.rows if row.row_no == 2]
    assert [Line.CTP] == [row.line for row in read.rows if row.row_no == 3]
    assert {1, 2} == set(lines.values())
    assert {None} == {row.policy_no for row in read.rows}


def test_branch_workbook_reads_a_sheet_a_month_and_names_the_one_left_out():
    read = read_sample("branch_sheet.xlsx")

    assert ["11月", "12月"] == [layout.name for layout in read.layouts]
    assert {"11月", "12月"} == {row.sheet for row in read.rows}
    assert ["汇总"] == [problem.value for problem in read.warnings if problem.code == "sheet_ignored"]


def test_branch_dates_agree_in_every_way_of_writing():
    read = read_sample("branch_sheet.csv")

    assert {date(2026, 12, 5)} == {row.expiry_date for row in read.rows if row.row_no <= 6}


@pytest.mark.parametrize("name", SAMPLES)
def test_agents_and_units_of_a_sample_are_those_of_the_demonstration(name):
    org = demo_org()
    agents = {post.employee_no for post in org.posts if post.role is Role.AGENT}
    units = {unit.name for unit in org.units}

    read = read_sample(name)

    assert set() == {row.agent_no for row in read.rows} - agents
    assert set() == {row.sub_branch for row in read.rows if row.sub_branch} - units
    assert set() == {row.workplace for row in read.rows if row.workplace} - units


def test_samples_of_different_senders_hold_different_vehicles():
    vins = {SAMPLES[name].profile: {row.vin for row in read_sample(name).rows} for name in SAMPLES}

    assert len(set().union(*vins.values())) == sum(map(len, vins.values()))
