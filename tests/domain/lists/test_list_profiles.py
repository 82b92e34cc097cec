"""A file under the wrong profile is refused with the name of the one it fits."""

from __future__ import annotations

from datetime import date

import pytest

from engine.domain.lists import PROFILES, ListFileError, read_list
from tests.support.lists import policies_of, table, to_csv, to_xlsx

EXPIRY = date(2026, 12, 31)


def refused(content: bytes, name: str, profile: str) -> ListFileError:
    with pytest.raises(ListFileError) as caught:
        read_list(content, name, profile)
    return caught.value


@pytest.mark.parametrize("as_book", [True, False], ids=["xlsx", "csv"])
@pytest.mark.parametrize(
    ("sent", "chosen"),
    [
        ("core_export", "saas_template"),
        ("saas_template", "standard"),
        ("branch_sheet", "core_export"),
        ("standard", "saas_template"),
    ],
)
def test_a_header_of_another_profile_is_refused_with_that_profiles_name(sent, chosen, as_book):
    sheet = table(sent, policies_of(1, EXPIRY))
    content, name = (to_xlsx(sheet), "a.xlsx") if as_book else (to_csv(sheet), "a.csv")

    error = refused(content, name, chosen)

    assert f"“{PROFILES[sent].name.zh}”（{sent}）" in error.say("zh")
    assert f"“{PROFILES[sent].name.en}” ({sent})" in error.say("en")


def test_a_header_of_no_profile_is_refused_without_a_guess():
    error = refused("甲,乙\n1,2\n".encode(), "a.csv", "standard")

    assert not any(f"（{code}）" in error.say("zh") for code in PROFILES)
    assert "请核对来源格式" in error.say("zh")
