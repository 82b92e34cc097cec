"""Rows of a list are told apart by sheet and number: counts add up, each row leads to its own vehicle."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from engine import api
from engine.queries.command_line import batch_problems
from engine.tables import ImportBatch, ImportRow, PolicyLine, Renewal
from tests.support.console import TODAY, copy_book, open_book
from tests.support.lists import DESKS, Table, policies_of, table, to_csv, to_xlsx

pytestmark = pytest.mark.one_database

SAMPLES = Path(__file__).parents[1] / "data" / "lists"


@pytest.fixture(scope="module")
def house(prepared_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[api.Engine]:
    """One book for many lists, each of vehicles of its own."""
    engine = open_book(copy_book(prepared_book, tmp_path_factory.mktemp("sheets") / "book"))
    yield engine
    engine.store.engine.dispose()


def preview(engine: api.Engine, content: bytes, source: str = "branch_sheet", **more: Any) -> int:
    return api.preview_list(engine, content, "list.xlsx", source, actor=api.SYSTEM, **more)


def rows_in(engine: api.Engine, batch_id: int) -> list[ImportRow]:
    with engine.store.reading() as session:
        return list(session.scalars(select(ImportRow).where(ImportRow.batch_id == batch_id)))


def add_up(engine: api.Engine, batch_id: int) -> api.ImportReport:
    """Check that all counts of a batch speak of the same rows."""
    report, rows = api.batch_report(engine, batch_id), rows_in(engine, batch_id)
    verdicts = Counter(row.verdict for row in rows)
    assert report.read == len({row.key for row in rows}) == len(rows)
    assert report.read == sum(verdicts.values())
    assert report.rejected == verdicts["rejected"]
    assert report.read == report.new + report.changed + report.unchanged + report.rejected
    return report


def leads_to_its_vehicle(engine: api.Engine, batch_id: int) -> None:
    """Check that every row taken names the vehicle of its renewal."""
    taken = [row for row in rows_in(engine, batch_id) if row.effect != "rejected"]
    with engine.store.reading() as session:
        for row in taken:
            renewal = session.get(Renewal, row.renewal_id)
            assert renewal is not None
            assert (row.vin, row.vin) == (renewal.vin, row.raw["车架号"])


EXAMPLES = count()


@st.composite
def books(draw: st.DrawFn) -> list[Table]:
    """One to three sheets; vehicles recur, some rows are faulty, some vehicles expire twice a year."""
    sheets, first = [], 10_000 + 20 * next(EXAMPLES)
    for name in draw(st.lists(st.sampled_from(["11月", "12月", "1月"]), min_size=1, max_size=3, unique=True)):
        listed = []
        for number in draw(st.lists(st.integers(0, 11), min_size=1, max_size=4)):
            expiry = TODAY + timedelta(days=draw(st.sampled_from([20, 35, 50, 100, 170])))
            lines = policies_of(first + number, expiry, desk=draw(st.sampled_from(DESKS)))
            listed += lines[: draw(st.integers(1, 2))]
        sheet = table("branch_sheet", listed)
        sheet.name = name
        for row in sheet.rows:
            row["险种"] = draw(st.sampled_from([row["险种"]] * 5 + ["车损"]))
            row["支公司"] = draw(st.sampled_from([row["支公司"]] * 5 + ["无此公司"]))
        sheets.append(sheet)
    return sheets


@given(sheets=books())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_counts_of_any_workbook_add_up_and_each_row_leads_to_its_own_vehicle(
    house: api.Engine, sheets: list[Table]
) -> None:
    foretold = add_up(house, batch_id := preview(house, to_xlsx(*sheets)))

    done = api.commit_batch(house, batch_id, actor=api.SYSTEM)

    assert done == add_up(house, batch_id)
    leads_to_its_vehicle(house, batch_id)
    assert (foretold.read, foretold.started) == (done.read, done.started)
    assert foretold.rejected <= done.rejected, "a step may refuse a change that nobody could foretell"


def test_the_workbook_of_two_months_starts_each_of_its_vehicles_once(book: api.Engine) -> None:
    with book.store.reading() as session:
        before = session.scalar(select(func.count()).select_from(Renewal)) or 0
    batch_id = preview(book, (SAMPLES / "branch_sheet.xlsx").read_bytes())
    foretold = add_up(book, batch_id)

    done = api.commit_batch(book, batch_id, actor=api.SYSTEM)

    taken = [row for row in rows_in(book, batch_id) if row.effect != "rejected"]
    assert (60, 8, 52) == (done.read, done.rejected, len(taken))
    assert {"11月", "12月"} == {row.sheet for row in taken}
    assert done == foretold == add_up(book, batch_id)
    leads_to_its_vehicle(book, batch_id)
    with book.store.reading() as session:
        after = session.scalar(select(func.count()).select_from(Renewal)) or 0
        lines = session.scalars(select(PolicyLine).where(PolicyLine.batch_id == batch_id)).all()
    assert done.started == len({row.vin for row in taken}) == after - before
    assert {(line.sheet, line.row_no) for line in lines} == {row.key for row in taken}


def test_a_row_with_two_lines_of_different_periods_is_one_row_and_starts_two_renewals(
    book: api.Engine,
) -> None:
    sheet = table("saas_template", policies_of(9100, TODAY + timedelta(days=30)))
    sheet.rows[0]["商业险到期时间"] = f"{TODAY + timedelta(days=201)} 00:00:00"
    batch_id = preview(book, to_xlsx(sheet), "saas_template")
    foretold = add_up(book, batch_id)

    done = api.commit_batch(book, batch_id, actor=api.SYSTEM)

    assert (1, 1, 2) == (done.read, done.new, done.started)
    assert done == foretold == add_up(book, batch_id)


def test_a_row_that_only_the_organisation_refuses_is_in_the_error_file_of_its_sheet(book: api.Engine) -> None:
    first, second = (table("branch_sheet", policies_of(n, TODAY + timedelta(days=40))) for n in (9200, 9201))
    first.name, second.name = "11月", "12月"
    second.rows[1]["支公司"] = "无此公司"
    batch_id = preview(book, to_xlsx(first, second))

    content = api.error_file(book, batch_id, actor=api.SYSTEM)[1]

    sheets = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert ["12月"] == sheets.sheet_names
    rows = list(sheets.get_sheet_by_name("12月").iter_rows())
    assert 2 == len(rows)
    assert "组织机构中没有该支公司" in rows[1][-1]


def test_the_report_names_the_sheet_of_a_problem_where_a_file_has_several(book: api.Engine) -> None:
    many = preview(book, (SAMPLES / "branch_sheet.xlsx").read_bytes())
    single = preview(book, (SAMPLES / "standard.xlsx").read_bytes(), "standard")

    assert {"11月", "12月"} == {problem["sheet"] for problem in batch_problems(book, many, lang="zh")}
    assert {None} == {problem["sheet"] for problem in batch_problems(book, single, lang="zh")}


def test_a_batch_whose_rows_were_not_all_kept_is_not_committed(book: api.Engine) -> None:
    batch_id = preview(book, (SAMPLES / "branch_sheet.xlsx").read_bytes())
    with book.store.transaction() as tx:
        tx.delete(tx.scalars(select(ImportRow).where(ImportRow.batch_id == batch_id)).first())

    with pytest.raises(api.BadInput, match="upload the file again"):
        api.commit_batch(book, batch_id, actor=api.SYSTEM)

    assert {None, "rejected"} == {row.effect for row in rows_in(book, batch_id)}


@pytest.mark.parametrize(
    "name", ["standard.csv", "core_export.xlsx", "saas_template.xlsx", "branch_sheet.xlsx"]
)
def test_no_row_of_a_sample_is_an_orphan_in_the_demonstration(book: api.Engine, name: str) -> None:
    source = name.partition(".")[0]
    batch_id = api.preview_list(book, (SAMPLES / name).read_bytes(), name, source, actor=api.SYSTEM)

    codes = Counter(problem["code"] for row in rows_in(book, batch_id) for problem in row.problems)
    assert 0 == codes["unknown_agent"] + codes["unknown_unit"]
    assert any(row.verdict == "accepted" for row in rows_in(book, batch_id))


# --- newly issued policies -----------------------------------------------------


def issued_list() -> bytes:
    """New policies: car 5 both lines anew, car 8 compulsory alone, one stranger; in layout `standard`."""
    from tests.acceptance.desk import policy, standard_csv

    year = timedelta(days=365)
    where = {"agent": "NOBODY", "sub_branch": "PC330101", "签单日期": TODAY.isoformat()}
    rows = [
        policy(5, TODAY + timedelta(days=44) + year, issued=True, **where),
        policy(8, TODAY + timedelta(days=12) + year, issued=True, line="交强", **where),
        policy(9300, TODAY + timedelta(days=12) + year, issued=True, **where),
    ]
    assert 3 == len(list(csv.DictReader(io.StringIO(standard_csv(rows).decode("utf-8-sig")))))
    return standard_csv(rows)


def test_a_preview_of_issued_policies_foretells_what_ends_is_partial_and_matches_nothing(
    book: api.Engine,
) -> None:
    batch_id = api.preview_list(book, issued_list(), "new.csv", "standard", kind="issued", actor=api.SYSTEM)
    foretold = add_up(book, batch_id)

    done = api.commit_batch(book, batch_id, actor=api.SYSTEM)

    assert (1, 1, 1) == (foretold.renewed, foretold.partial, foretold.unmatched)
    assert done == foretold == add_up(book, batch_id)


def test_an_issued_policy_is_no_orphan_and_an_unmatched_one_is_told_once(book: api.Engine) -> None:
    batch_id = api.preview_list(book, issued_list(), "new.csv", "standard", kind="issued", actor=api.SYSTEM)
    codes = [problem["code"] for row in rows_in(book, batch_id) for problem in row.problems]
    api.commit_batch(book, batch_id, actor=api.SYSTEM)

    after = [problem["code"] for row in rows_in(book, batch_id) for problem in row.problems]

    assert ["no_renewal"] == codes == after


def test_policies_issued_again_end_nothing_a_second_time(book: api.Engine) -> None:
    first = api.preview_list(book, issued_list(), "new.csv", "standard", kind="issued", actor=api.SYSTEM)
    api.commit_batch(book, first, actor=api.SYSTEM)

    again = api.preview_list(book, issued_list(), "new.csv", "standard", kind="issued", actor=api.SYSTEM)

    report = add_up(book, again)
    assert (3, 0, 0, 0) == (report.unchanged, report.renewed, report.partial, report.unmatched)


def test_a_csv_keeps_no_sheet(book: api.Engine) -> None:
    sheet = table("standard", policies_of(9400, TODAY + timedelta(days=40)))
    batch_id = api.preview_list(book, to_csv(sheet), "list.csv", "standard", actor=api.SYSTEM)

    assert [(None, 2), (None, 3)] == [row.key for row in rows_in(book, batch_id)]
    with book.store.reading() as session:
        assert [{"name": None, "header_row": 1, "rows": 2}] == session.get(ImportBatch, batch_id).details[
            "sheets"
        ]
