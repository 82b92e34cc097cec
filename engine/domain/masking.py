"""Masked forms of personal data, for every place that shows more than one record.

Every function is total: any text gives a masked text, empty text stays empty, and of two or more
characters something is always hidden. Anything too short for its usual form shows at most its first
character. Masking a masked value hides nothing more and reveals nothing.

Source: threats.md §4 (forms), domain.md §5.
"""

from __future__ import annotations

import re

from engine.domain.vehicle import normalise_id_no, normalise_phone, normalise_plate, normalise_vin

_STAR = "*"
_HIDDEN_AT_LEAST = 3
_ID_NO = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")
_PHONE = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?1[3-9]\d{9}(?![0-9A-Za-z])")
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·\s]?[A-HJ-NP-Z0-9]{5,6}(?![0-9A-Za-z])"
)


def mask_name(text: str) -> str:
    """Return ``张*``: the first character and one star, whatever the length (companies too)."""
    name = text.strip()
    return name[:1] + _STAR if len(name) > 1 else _STAR * len(name)


def mask_phone(text: str) -> str:
    """Return ``138****8000``: the first three and last four digits."""
    return _keep(normalise_phone(text), head=3, tail=4)


def mask_id_no(text: str) -> str:
    """Return ``110***********0011``: the first three and last four of an identity or company number."""
    return _keep(normalise_id_no(text), head=3, tail=4)


def mask_plate(text: str | None) -> str:
    """Return ``京A***45`` (fuel) or ``京A****45`` (new energy): office and last two; no plate, no text."""
    return _keep(normalise_plate(text or "") or "", head=2, tail=2)


def mask_vin(text: str) -> str:
    """Return ``LSV**********4567``: the maker's three characters and the last four, which staff compare."""
    return _keep(normalise_vin(text), head=3, tail=4)


def mask_policy_no(text: str) -> str:
    """Return ``****123456``: four stars and the last six, as letters to customers print it.

    The number of hidden characters is not shown. Numbers under ten characters show the last two at most.
    """
    number = re.sub(r"\s+", "", text)
    if len(number) >= 10:
        return _STAR * 4 + number[-6:]
    return _STAR * 4 + number[-2:] if len(number) > 4 else _STAR * len(number)


def mask_email(text: str) -> str:
    """Return ``z***@x.cn``: first character of the mailbox, and the domain; ``z***`` without an @."""
    address = text.strip()
    mailbox, at, domain = address.rpartition("@")
    if not at:
        mailbox, domain = address, ""
    if not mailbox and not at:
        return ""
    return (mailbox[:1] if len(mailbox) > 1 else "") + _STAR * 3 + at + domain


def mask_text(text: str) -> str:
    """Return free text with the phones, ID numbers and plates in it masked; a name cannot be told from words."""
    text = _ID_NO.sub(lambda found: mask_id_no(found.group()), text)
    text = _PHONE.sub(lambda found: mask_phone(found.group()), text)
    return _PLATE.sub(lambda found: mask_plate(found.group()), text)


def mask_recipient(text: str) -> str:
    """Return ``138****8000`` of whatever a message was sent to, for reports that do not know its channel."""
    return f"{text[:3]}****{text[-4:]}" if len(text) > 7 else "****"


def _keep(text: str, *, head: int, tail: int) -> str:
    """Return *text* with one star for each hidden character between its *head* and its *tail*."""
    hidden = len(text) - head - tail
    if hidden >= _HIDDEN_AT_LEAST:
        return text[:head] + _STAR * hidden + text[-tail:]
    return text[:1] + _STAR * (len(text) - 1) if len(text) > 3 else _STAR * len(text)
