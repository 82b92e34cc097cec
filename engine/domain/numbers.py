"""Numbers as people type them: spaces around or within and small letters mean nothing."""

from __future__ import annotations

import unicodedata


def plain_number(text: str) -> str:
    """Return an employee or policy number as it is stored: half-width, without spaces, in capitals."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()
