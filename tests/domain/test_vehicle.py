import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.vehicle import (
    PlateKind,
    VinFault,
    credit_code_ok,
    id_check_digit,
    id_no_ok,
    normalise_id_no,
    normalise_phone,
    normalise_plate,
    normalise_vin,
    phone_ok,
    plate_kind,
    vin_check_digit,
    vin_check_digit_ok,
    vin_fault,
)

VIN_ALPHABET = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"


@pytest.mark.parametrize("vin", ["1M8GDM9AXKP042788", "11111111111111111"])
def test_a_right_check_digit_is_recognised(vin: str) -> None:
    assert vin_check_digit_ok(vin)


@pytest.mark.parametrize(
    ("vin", "fault"),
    [
        ("", VinFault.MISSING),
        ("LSV*********41234", VinFault.MASKED),
        ("LSVAA49J13204123", VinFault.LENGTH),
        ("LSVAA49J1320412345", VinFault.LENGTH),
        ("LSVAA49J1I2041234", VinFault.CHARACTERS),
        ("LSVAA49J1O2041234", VinFault.CHARACTERS),
        ("LSVAA49J1Q2041234", VinFault.CHARACTERS),
        ("LSVAA49J1车2041234", VinFault.CHARACTERS),
        ("LSVAA49J132041234", None),
    ],
)
def test_a_vin_has_seventeen_places_without_i_o_and_q(vin: str, fault: VinFault | None) -> None:
    assert fault == vin_fault(vin)


@given(
    vin=st.text(VIN_ALPHABET, min_size=17, max_size=17),
    place=st.integers(0, 16),
    other=st.sampled_from("0123456789"),
)
def test_a_mistyped_digit_of_a_vin_is_noticed(vin: str, place: int, other: str) -> None:
    right = vin[:8] + str(vin_check_digit(vin)) + vin[9:]

    mistyped = right[:place] + other + right[place + 1 :]

    digits_differ = right[place].isdigit() and right[place] != other
    assert vin_check_digit_ok(right)
    assert not (digits_differ and vin_check_digit_ok(mistyped))


@pytest.mark.parametrize(
    ("written", "plate", "kind"),
    [
        pytest.param("京A·12345", "京A12345", PlateKind.FUEL, id="fuel, seven places"),
        pytest.param("沪 a d12345", "沪AD12345", PlateKind.NEW_ENERGY, id="new energy, small"),
        pytest.param("粤B12345D", "粤B12345D", PlateKind.NEW_ENERGY, id="new energy, large"),
        pytest.param("浙Ａ１２３４５", "浙A12345", PlateKind.FUEL, id="full width"),
        pytest.param("京A1234学", "京A1234学", PlateKind.FUEL, id="a driving school's"),
        pytest.param("临京A1234", "临京A1234", PlateKind.TEMPORARY, id="temporary"),
        pytest.param("浙A1234O", "浙A1234O", PlateKind.UNRECOGNISED, id="no plate holds an O"),
        pytest.param("未上牌", None, PlateKind.NONE, id="not registered yet"),
        pytest.param(" ", None, PlateKind.NONE, id="blank"),
    ],
)
def test_plates_are_told_apart(written: str, plate: str | None, kind: PlateKind) -> None:
    found = normalise_plate(written)

    assert plate == found
    assert kind is plate_kind(found)


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("11010519491231002X", True),
        ("11010519491231002x", True),
        ("110105 19491231 002X", True),
        ("110105194912310021", False),
        ("110105194913310022", False),
        ("110105491231002", False),
        ("", False),
    ],
)
def test_an_identity_number_has_a_real_birth_date_and_a_right_check_digit(number: str, right: bool) -> None:
    assert right == id_no_ok(number)


@given(day=st.dates(), area=st.integers(110000, 659999), running=st.integers(0, 999))
def test_every_number_with_its_own_check_digit_is_right(day: object, area: int, running: int) -> None:
    first = f"{area}{str(day).replace('-', '')}{running:03}"

    assert id_no_ok(first + str(id_check_digit(first)))


def test_a_company_is_known_by_its_credit_code() -> None:
    assert credit_code_ok("91350100M000100Y43")
    assert not credit_code_ok("91350100M000100Y44")
    assert not credit_code_ok("91350100I000100Y43")


@pytest.mark.parametrize(
    ("written", "number", "mobile"),
    [
        ("+86 138-0013-8000", "13800138000", True),
        ("8613800138000", "13800138000", True),
        ("008613800138000", "13800138000", True),
        ("１３８００１３８０００", "13800138000", True),
        ("（0571）8888-0000", "057188880000", False),
        ("12800138000", "12800138000", False),
        ("", "", False),
    ],
)
def test_telephone_numbers_are_brought_to_one_form(written: str, number: str, mobile: bool) -> None:
    assert number == normalise_phone(written)
    assert mobile == phone_ok(written)


@given(text=st.text())
def test_any_text_is_judged_without_an_error(text: str) -> None:
    vin, plate = normalise_vin(text), normalise_plate(text)

    assert (vin_fault(vin) is None) == (vin_check_digit(vin) is not None)
    assert isinstance(plate_kind(plate), PlateKind)
    assert id_no_ok(text) == id_no_ok(normalise_id_no(text))
    assert isinstance(credit_code_ok(text) or phone_ok(text), bool)


@given(text=st.text())
def test_bringing_to_one_form_twice_changes_nothing(text: str) -> None:
    for normalise in (normalise_vin, normalise_id_no):
        once = normalise(text)
        assert once == normalise(once)
