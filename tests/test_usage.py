"""A wrongly used command is told so in the user's language; exit code 2."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from engine.cli import main

WRONG = {
    "unknown command": (["nonsense"], "nonsense"),
    "unknown option": (["tick", "--fast"], "--fast"),
    "missing argument": (["show"], "KEY"),
    "missing subcommand": (["clock"], "advance、set、show"),
    "missing option": (["claim", "1"], "--user"),
    "not of the list": (["tasks", "--role", "king"], "channel、specialist"),
    "not a state": (["tasks", "--state", "nonsense"], "open、claimed、completed、missed、withdrawn"),
    "not a number": (["claim", "abc", "--user", "x"], "整数"),
    "no such file": (["import", "nowhere.csv", "--source", "standard"], "不存在"),
    "too much": (["tick", "now"], "参数过多"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_usage_is_told_in_chinese(name: str) -> None:
    arguments, said = WRONG[name]

    ran = CliRunner().invoke(main, arguments, env={"RENEWALS_LANG": "zh"})

    assert 2 == ran.exit_code
    assert said in ran.stderr
    assert "--help" in ran.stderr
    words = set(re.findall(r"[A-Za-z]{3,}", ran.stderr)) - {"renewals", "help"}
    assert not words & {"Error", "Usage", "Invalid", "Missing", "such", "option", "command"}


def test_an_english_user_reads_click_s_own_words() -> None:
    ran = CliRunner().invoke(main, ["nonsense"], env={"RENEWALS_LANG": "en"})

    assert 2 == ran.exit_code
    assert "No such command" in ran.stderr
