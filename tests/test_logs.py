"""What a process writes about itself names no customer."""

from __future__ import annotations

import logging

import pytest
import structlog
from structlog.testing import CapturingLogger

from engine.errors import BadInput
from engine.logs import HIDDEN, guard_logging, without_people

PHONE, ID_NO, PLATE, NAME = "13712345678", "110105194912310029", "川QZ7W93", "欧阳赛西莉亚"


@pytest.fixture(autouse=True)
def guarded() -> None:
    guard_logging()
    guard_logging()


def test_numbers_in_a_line_are_masked(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("any").warning("call %s about %s of %s", PHONE, PLATE, ID_NO)

    assert "call 137****5678 about 川Q***93 of 110***********0029" == caplog.messages[0]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ValueError(f"bad {NAME} {PHONE}"), id="of a library"),
        pytest.param(BadInput(what="phone", value=f"{NAME} {PHONE}", reason="x"), id="of our own"),
        pytest.param(KeyError(NAME), id="a key alone"),
    ],
)
def test_a_traceback_keeps_its_way_and_loses_its_values(
    caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    try:
        raise error
    except Exception:
        logging.getLogger("any").exception("defect")

    assert "test_a_traceback_keeps_its_way" in caplog.text
    assert type(error).__name__ in caplog.text
    assert NAME not in caplog.text and PHONE not in caplog.text


def test_events_of_our_own_hide_personal_keys_and_mask_the_rest() -> None:
    kept = CapturingLogger()
    log = structlog.wrap_logger(kept, processors=[without_people])

    log.info("sent", recipient="AG001", note=f"to {PHONE}", count=3)

    assert {"event": "sent", "recipient": HIDDEN, "note": "to 137****5678", "count": 3} == kept.calls[
        0
    ].kwargs
