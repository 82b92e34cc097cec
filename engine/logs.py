"""Logs without personal data: what a process writes about itself names no customer.

Events of our own name codes and counts; this is the net under them, and under tracebacks and libraries.
"""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any

from engine.domain.masking import mask_text

PERSONAL = frozenset({"id_no", "name", "phone", "plate", "raw", "recipient", "submitted", "text", "values"})
"""Keys of an event that may hold personal data, whatever they hold."""
HIDDEN = "***"
_HAN = re.compile(r"[\u3400-\u9fff]+(?:·[\u3400-\u9fff]+)*")
_RAISED = re.compile(r"^(?P<kind>\w[\w.]*)(?P<told>: .*)$", re.MULTILINE)


def guard_logging() -> None:
    """Have every log record of the process masked where it is made; a second call changes nothing."""
    make = logging.getLogRecordFactory()
    if getattr(make, "is_guarded", False):
        return

    def guarded(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        with suppress(TypeError, ValueError):  # the handler will say that the record cannot be formatted
            record.msg, record.args = mask_text(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = _traceback(logging.Formatter().formatException(record.exc_info))
        return record

    guarded.is_guarded = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(guarded)


def logger() -> Any:
    """Return the logger for events of our own."""
    import structlog  # a fifth of a second that a start need not wait for

    if not structlog.is_configured():
        structlog.configure(processors=[without_people, *structlog.get_config()["processors"]])
    return structlog.get_logger()


def without_people(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide what the known keys hold, and mask numbers of a person's kind in all other texts (a processor)."""
    for key, value in event.items():
        if key in PERSONAL:
            event[key] = HIDDEN
        elif isinstance(value, str):
            event[key] = mask_text(value)
    return event


def _traceback(text: str) -> str:
    """Keep the way and the kind of a fault; of its message hide what may be a person's.

    A name is not told from other words: Chinese in a message of a library was typed or listed by somebody.
    """
    return _RAISED.sub(lambda found: found["kind"] + _HAN.sub(HIDDEN, found["told"]), mask_text(text))
