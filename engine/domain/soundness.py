"""Whether a file really is what its first bytes say: a picture decodes, a pdf is whole; pure.

A picture's size is read before it is decoded, so that a small file cannot fill the memory (threats.md §5 E, G). Nothing
of a file is changed: it is kept as it came, what a camera wrote into it included, or refused.
"""

from __future__ import annotations

import re
import warnings
from io import BytesIO

from PIL import Image

from engine.domain.attachments import FileKind
from engine.label import Label

MOST_PIXELS = 50_000_000
"""About 8,600 by 5,800: more than phones and scanners make, and 200 MB when it is decoded."""
THUMB = 8
"""A JPEG is decoded to an eighth of its size: all of its data is read, a small part of the memory is needed."""
_FORMATS = {FileKind.JPG: "JPEG", FileKind.PNG: "PNG"}
_TAIL = 2048
"""So far from a pdf's end its end mark may stand; scanners add some bytes after it."""
_START = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF")
_TABLE = re.compile(rb"\s*(xref\b|\d+\s+\d+\s+obj\b)")

# Announced by Pillow before the size is looked at here; an error, so that it is one way out with the rest.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

BROKEN_PICTURE = Label(
    "图片打不开或不完整，请重新拍照或另存为 jpg、png 后再上传",
    "the picture is broken or not whole: take it anew or save it as jpg or png",
)
HUGE_PICTURE = Label(
    f"图片超过 {MOST_PIXELS // 10_000} 万像素，请缩小后再上传",
    f"the picture has more than {MOST_PIXELS // 1_000_000} megapixels: make it smaller",
)
BROKEN_PDF = Label(
    "pdf 不完整或已损坏，请重新导出或扫描后再上传", "the pdf is broken or not whole: export or scan it anew"
)


def fault_of(kind: FileKind, content: bytes) -> Label | None:
    """Return why *content* is not a sound file of *kind*, to be told to whoever sent it; None when it is."""
    if kind is FileKind.PDF:
        return None if _is_whole_pdf(content) else BROKEN_PDF
    return _fault_of_picture(_FORMATS[kind], content)


def _fault_of_picture(name: str, content: bytes) -> Label | None:
    try:
        with Image.open(BytesIO(content), formats=[name]) as picture:
            picture.verify()  # of a png: every part is there to its end mark
        with Image.open(BytesIO(content), formats=[name]) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                return HUGE_PICTURE
            picture.draft(None, (max(1, width // THUMB), max(1, height // THUMB)))
            picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return HUGE_PICTURE
    except Exception:  # noqa: BLE001 - decoders raise what they like at hostile bytes; all of it means one thing
        return BROKEN_PICTURE
    return BROKEN_PICTURE if name == "JPEG" and _is_cut_jpeg(content) else None


def _is_cut_jpeg(content: bytes) -> bool:
    """Whether the end mark behind the last scan is missing; a decoder that shrinks may do without the rest."""
    return content.rfind(b"\xff\xd9") < content.rfind(b"\xff\xda")


def _is_whole_pdf(content: bytes) -> bool:
    """Whether the end is there and points to a table of what the file holds, which a cut file has lost."""
    found = _START.findall(content[-_TAIL:])
    if not found:
        return False
    start = int(found[-1])
    return 0 < start < len(content) and _TABLE.match(content, start) is not None
