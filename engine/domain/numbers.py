"""Numbers as people type and read them; pure."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_DECIMALS = re.compile(r"-?\d{1,12}\.\d{1,20}")


def plain_number(text: str) -> str:
    """Return an employee or policy number as it is stored: half-width, without spaces, in capitals.

    Spaces around or within and small letters mean nothing.
    """
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def trimmed(text: object) -> str:
    """Return a factor or rate with the decimals it has, two to four, as people read it: ``0.970000`` is ``0.97``.

    What is no number with decimals stays as it is.
    """
    shown = str(text)
    if not _DECIMALS.fullmatch(shown):
        return shown
    plain = f"{round(Decimal(shown), 4).normalize():f}"
    return plain if len(plain.partition(".")[2]) >= 2 else f"{Decimal(plain):.2f}"
