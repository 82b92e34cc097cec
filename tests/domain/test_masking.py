from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.masking import (
    mask_email,
    mask_id_no,
    mask_name,
    mask_phone,
    mask_plate,
    mask_policy_no,
    mask_vin,
)

Mask = Callable[[str], str]
ALL: tuple[Mask, ...] = (
    mask_name,
    mask_phone,
    mask_id_no,
    mask_plate,
    mask_vin,
    mask_policy_no,
    mask_email,
)
every_mask = pytest.mark.parametrize("mask", ALL, ids=lambda mask: mask.__name__)
unmasked = st.text(min_size=2).filter(lambda text: "*" not in text and len(text.strip()) > 1)


@pytest.mark.parametrize(
    ("mask", "clear", "masked"),
    [
        pytest.param(mask_name, "张三", "张*", id="a name of two"),
        pytest.param(mask_name, "欧阳娜娜", "欧*", id="a longer name shows no length"),
        pytest.param(mask_name, "张", "*", id="a name of one"),
        pytest.param(mask_phone, "13800138000", "138****8000", id="a mobile number"),
        pytest.param(mask_phone, "+86 138-0013-8000", "138****8000", id="a written mobile number"),
        pytest.param(mask_phone, "12345", "1****", id="a fragment of a number"),
        pytest.param(mask_id_no, "110101199001010011", "110***********0011", id="an identity number"),
        pytest.param(mask_plate, "京A12345", "京A***45", id="a fuel plate"),
        pytest.param(mask_plate, "沪A·D12345", "沪A****45", id="a new-energy plate"),
        pytest.param(mask_plate, "未上牌", "", id="no plate"),
        pytest.param(mask_vin, "LSVAA49J132041234", "LSV**********1234", id="a VIN"),
        pytest.param(mask_policy_no, "2026330100123456789012", "****789012", id="a policy number"),
        pytest.param(mask_policy_no, "12345678", "****78", id="a short policy number"),
        pytest.param(mask_email, "zhang@x.cn", "z***@x.cn", id="an address"),
        pytest.param(mask_email, "z@x.cn", "***@x.cn", id="a mailbox of one"),
        pytest.param(mask_email, "zhang", "z***", id="no address at all"),
    ],
)
def test_what_is_shown(mask: Mask, clear: str, masked: str) -> None:
    assert masked == mask(clear)


def test_a_missing_plate_masks_to_nothing() -> None:
    assert mask_plate(None) == ""


@every_mask
def test_nothing_gives_nothing(mask: Mask) -> None:
    assert mask("") == ""
    assert mask("  ") == ""


@every_mask
@given(text=unmasked)
def test_no_text_of_two_or_more_comes_back_unmasked(mask: Mask, text: str) -> None:
    assert text not in (mask(text), f" {mask(text)} ")


@every_mask
@given(text=st.text())
def test_masking_twice_is_masking_once_or_less(mask: Mask, text: str) -> None:
    once = mask(text)

    assert _clear(mask(once)) <= _clear(once)


def _clear(masked: str) -> int:
    return len(masked.replace("*", ""))


@pytest.mark.parametrize(
    ("mask", "head", "tail"),
    [(mask_phone, 3, 4), (mask_id_no, 3, 4), (mask_vin, 3, 4), (mask_plate, 2, 2), (mask_policy_no, 0, 6)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
@given(text=st.text("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", min_size=1, max_size=30))
def test_what_stands_between_head_and_tail_is_stars_alone(
    mask: Mask, head: int, tail: int, text: str
) -> None:
    masked = mask(text)

    shown = masked.replace("*", "")
    assert len(shown) <= head + tail
    stars = "*" * (len(masked) - len(shown))
    assert masked == shown[:head] + stars + shown[head:]


@every_mask
@given(secret=st.text("QWERTYUPSDFGHJKLZXCVBNM", min_size=5, max_size=9))
def test_the_hidden_middle_appears_nowhere(mask: Mask, secret: str) -> None:
    clear = f"138{secret}80001111"

    assert secret not in mask(clear)


@given(mailbox=st.text("abcdefghij.", min_size=2, max_size=20))
def test_no_mailbox_survives(mailbox: str) -> None:
    masked = mask_email(f"{mailbox}@example.cn")

    assert f"{mailbox[0]}***@example.cn" == masked
