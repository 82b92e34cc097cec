"""What holds of every list: round trips in each layout, idempotent normalising, nothing raised but refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.domain.codes import Line
from engine.domain.lists import PROFILES, ExpiryConvention, Field, ListFileError, PolicyRow, read_list
from engine.domain.lists import cells as read
from engine.domain.lists.dates import Moment, last_covered, read_moment
from tests.support.lists import full_width, id_no, mobile, plate, policies_of, table, to_csv, to_xlsx, vin

numbers = st.integers(min_value=1, max_value=9_999_999)
days = st.dates(min_value=date(2001, 1, 2), max_value=date(2099, 12, 30))
names = st.text("赵钱孙李阿卜杜拉·买提（）𠮷", min_size=1, max_size=12)


def money(high: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(30, high, places=2)


@st.composite
def policies(draw) -> PolicyRow:
    number, expiry = draw(numbers), draw(days)
    start = expiry - timedelta(days=draw(st.integers(359, 367)))
    return PolicyRow(
        row_no=2,
        policy_no=draw(st.from_regex(r"[A-Z]{0,4}[0-9]{17}[1-9]", fullmatch=True)),
        line=draw(st.sampled_from(Line)),
        vin=vin(number),
        plate=plate(number, is_new_energy=draw(st.booleans())),
        owner_name=draw(names),
        id_no=id_no(number),
        phone=mobile(number),
        make_model=draw(names),
        first_registration=draw(st.dates(date(1990, 1, 1), date(2030, 1, 1))),
        use="家庭自用",
        energy=draw(st.sampled_from(("燃油", "纯电", "插混"))),
        seats=draw(st.integers(1, 60)),
        new_car_price=draw(money(9_000_000)),
        start_date=max(start, date(2000, 1, 1)),
        expiry_date=expiry,
        expiry_time=None,
        signed_date=max(start, date(2000, 1, 1)),
        premium=draw(money(190_000)),
        third_party_limit=draw(st.sampled_from((Decimal("1000000.00"), Decimal("3000000.00")))),
        ncd=draw(st.decimals("0.5", "2", places=6)),
        self_pricing=draw(st.decimals("0.5", "1.5", places=6)),
        claims=draw(st.integers(0, 20)),
        years_insured=draw(st.integers(0, 30)),
        sub_branch="城东支公司",
        workplace=draw(names),
        agent_no=draw(st.from_regex(r"[A-Z]{0,2}[0-9]{4,10}", fullmatch=True)),
        specialist_no=draw(st.from_regex(r"0[0-9]{4,10}", fullmatch=True)),
        raw={},
    )


def as_the_profile_holds_it(policy: PolicyRow, profile: str) -> PolicyRow:
    """Return the policy without what the layout has no column for."""
    held = {column.field.value for column in PROFILES[profile].columns} | {"line", "expiry_date"}
    lost = {
        field.value: None for field in Field if field.value in PolicyRow.__slots__ and field.value not in held
    }
    return replace(policy, **lost)


@pytest.mark.parametrize("profile", PROFILES)
@given(policy=policies())
@settings(max_examples=80, deadline=None)
def test_policy_written_in_a_layout_is_read_with_the_same_values(profile, policy):
    content = to_csv(table(profile, [policy]))

    found = read_list(content, "x.csv", profile)

    assert () == found.rejected
    assert as_the_profile_holds_it(policy, profile) == replace(found.rows[0], raw={})


@pytest.mark.parametrize("profile", PROFILES)
@given(policy=policies())
@settings(max_examples=5, deadline=None)
def test_workbook_and_text_of_one_list_say_the_same(profile, policy):
    sheet = table(profile, [policy])

    by_book = read_list(to_xlsx(sheet), "x.xlsx", profile)
    by_text = read_list(to_csv(sheet), "x.csv", profile)

    assert [replace(row, raw={}, sheet=None) for row in by_book.rows] == [
        replace(row, raw={}) for row in by_text.rows
    ]


@given(st.text(max_size=40))
def test_cleaning_twice_is_cleaning_once(text):
    assert read.clean(text) == read.clean(read.clean(text))


READERS = [
    read.read_text,
    read.read_line,
    read.read_policy_no,
    read.read_staff_no,
    read.read_vin,
    read.read_plate,
    read.read_id_no,
    read.read_phone,
    read.read_premium,
]


@pytest.mark.parametrize("reader", READERS)
@given(cell=st.text(max_size=40) | st.floats() | st.dates() | st.datetimes() | st.times() | st.booleans())
@settings(max_examples=150)
def test_reader_is_total_and_reading_its_own_answer_changes_nothing(reader, cell):
    value, fault = reader(cell)

    assert value is not None or fault is not None
    if isinstance(value, str) and not read.is_empty(value):
        assert value == reader(value)[0]


@given(st.text(max_size=30) | st.floats() | st.times())
def test_reading_a_date_never_raises(cell):
    moment, fault = read_moment(cell)

    assert (moment is None) == (fault is not None)


@given(days)
def test_every_way_of_writing_a_date_is_that_date(day):
    serial = (day - date(1899, 12, 30)).days
    ways = [
        day,
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}.{day.month:02}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        full_width(f"{day.year}年{day.month}月{day.day}日"),
        f"{day:%Y%m%d}000000"[:8],
        str(serial),
        float(serial),
        float(f"{day:%Y%m%d}"),
    ]

    assert {Moment(day)} == {read_moment(way)[0] for way in ways}


@given(days, st.sampled_from(ExpiryConvention))
def test_every_way_of_ending_a_day_is_its_last_covered_date(day, convention):
    following = day + timedelta(days=1)

    assert (day, None) == last_covered(read_moment(f"{day} 24:00")[0], convention)
    assert (day, None) == last_covered(read_moment(f"{day} 23:59:59")[0], convention)
    assert (day, time(13, 30)) == last_covered(read_moment(f"{day} 13:30")[0], convention)
    if convention is not ExpiryConvention.DATE_ONLY:
        assert (day, None) == last_covered(read_moment(f"{following} 00:00:00")[0], convention)


@given(
    st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_text_bytes_are_read_or_refused_by_name(content):
    try:
        read_list(content, "x.csv", "standard")
    except ListFileError as error:
        assert error.say("zh")
        assert error.say("en")


@given(rows=st.lists(st.lists(st.text(max_size=12), min_size=26, max_size=26), min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_cells_under_the_header_are_judged_row_by_row(rows):
    sheet = table("standard", policies_of(1, date(2026, 12, 31))[:1])
    sheet.rows += [dict(zip(sheet.headers, row, strict=True)) for row in rows]

    try:
        found = read_list(to_csv(sheet, encoding="utf-8").replace(b"\x00", b""), "x.csv", "standard")
    except (ListFileError, UnicodeEncodeError):
        return
    assert found.read == len({row.row_no for row in found.rows}) + len(found.rejected)
