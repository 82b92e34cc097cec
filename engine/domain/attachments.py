"""Which files may be attached, told by their first bytes and never by their name; pure.

Whether the rest of a file keeps what its beginning promises is looked at by engine.domain.soundness.
"""

from __future__ import annotations

import re
from enum import StrEnum

MOST_BYTES = 5 * 1024 * 1024
LONGEST_NAME = 80
_UNFIT = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class FileKind(StrEnum):
    """Photographs and scans; nothing that a browser would run."""

    JPG = "jpg"
    PNG = "png"
    PDF = "pdf"

    @property
    def mimetype(self) -> str:
        """What a browser is told it is."""
        return _TYPES[self]


_TYPES = {FileKind.JPG: "image/jpeg", FileKind.PNG: "image/png", FileKind.PDF: "application/pdf"}
_MARKS = {FileKind.JPG: b"\xff\xd8\xff", FileKind.PNG: b"\x89PNG\r\n\x1a\n", FileKind.PDF: b"%PDF-"}


def kind_of(content: bytes) -> FileKind | None:
    """Return what *content* is by its first bytes; None for anything that may not be attached."""
    return next((kind for kind, mark in _MARKS.items() if content.startswith(mark)), None)


def safe_name(name: str, kind: FileKind) -> str:
    """Return *name* without paths and signs that trick a reader, ending as its *kind* does."""
    plain = _UNFIT.sub("", re.split(r"[/\\]", name)[-1]).strip(" .")
    stem = plain.rpartition(".")[0] or plain
    return f"{stem[:LONGEST_NAME].strip(' .') or 'file'}.{kind}"
