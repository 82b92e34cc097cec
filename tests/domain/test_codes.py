"""Closed lists: every member speaks both languages, whatever other lists hold the same code."""

from __future__ import annotations

from enum import StrEnum

import pytest

from engine.domain import codes

LISTS = [c for c in vars(codes).values() if isinstance(c, type) and issubclass(c, StrEnum) and len(c)]


@pytest.mark.parametrize("closed_list", LISTS, ids=lambda c: c.__name__)
def test_every_member_has_a_label_in_both_languages(closed_list: type[StrEnum]) -> None:
    for member in closed_list:
        assert codes.LABELS[member].zh and codes.LABELS[member].en


def test_lists_that_share_a_code_keep_their_own_texts() -> None:
    assert codes.TaskStatus.WITHDRAWN.label.zh == "已撤回"
    assert codes.RenewalState.WITHDRAWN.label.zh == "撤销"
