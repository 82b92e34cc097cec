"""A picture decodes within a measure of pixels and a pdf is whole, or it is refused; nothing of it is changed."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from random import Random

import pytest
from PIL import Image

from engine.domain.attachments import FileKind
from engine.domain.soundness import BROKEN_PDF, BROKEN_PICTURE, HUGE_PICTURE, MOST_PIXELS, fault_of
from engine.label import Label
from tests.support.files import JPG, PDF, PNG, pdf, picture

pytestmark = pytest.mark.one_database


def png(width: int, height: int, data: bytes) -> bytes:
    """A PNG that declares a size, whatever its data holds."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def photo() -> bytes:
    """What a phone makes: progressive, with a place and a time in it."""
    out, tags = BytesIO(), Image.Exif()
    tags[0x9003] = "2026:11:24 10:30:00"
    noise = Image.frombytes("L", (640, 480), Random(7).randbytes(640 * 480))
    noise.convert("RGB").save(out, "JPEG", progressive=True, exif=tags)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (FileKind.PNG, PNG),
        (FileKind.JPG, JPG),
        (FileKind.PDF, PDF),
        (FileKind.JPG, photo()),
        (FileKind.JPG, picture("JPEG", (1, 1))),
        (FileKind.PDF, pdf() + b"\r\n\x00\x00"),
        (FileKind.PDF, pdf() + b"2 0 obj\n<<>>\nendobj\n" + pdf()[-30:]),
    ],
)
def test_what_cameras_and_scanners_make_is_sound(kind: FileKind, content: bytes) -> None:
    assert fault_of(kind, content) is None


@pytest.mark.parametrize(
    ("kind", "content", "why"),
    [
        pytest.param(FileKind.PNG, b"\x89PNG\r\n\x1a\n" + bytes(64), BROKEN_PICTURE, id="a mark alone"),
        pytest.param(FileKind.JPG, b"\xff\xd8\xff\xe0" + bytes(64), BROKEN_PICTURE, id="of a jpg"),
        pytest.param(FileKind.JPG, photo()[:9000], BROKEN_PICTURE, id="a cut photograph"),
        pytest.param(FileKind.JPG, photo()[:-40], BROKEN_PICTURE, id="a photograph without its end"),
        pytest.param(FileKind.PNG, PNG[:-20], BROKEN_PICTURE, id="a cut png"),
        pytest.param(FileKind.PNG, PNG[:45] + b"\xff" + PNG[46:], BROKEN_PICTURE, id="a flipped byte"),
        pytest.param(FileKind.JPG, PNG, BROKEN_PICTURE, id="another format than its mark"),
        pytest.param(FileKind.PNG, b"\x89PNG\r\n\x1a\n<script>", BROKEN_PICTURE, id="a page behind a mark"),
        pytest.param(FileKind.PNG, png(10_000, 10_000, bytes(64)), HUGE_PICTURE, id="a small bomb"),
        pytest.param(FileKind.PNG, png(60_000, 60_000, b""), HUGE_PICTURE, id="a large bomb"),
        pytest.param(FileKind.PNG, png(2_000_000_000, 1, b""), HUGE_PICTURE, id="one endless line"),
        pytest.param(FileKind.PDF, b"%PDF-1.7\n" + bytes(64), BROKEN_PDF, id="a pdf's mark alone"),
        pytest.param(FileKind.PDF, PDF[:-12], BROKEN_PDF, id="a cut pdf"),
        pytest.param(FileKind.PDF, b"%PDF-1.7\nstartxref\n99999\n%%EOF", BROKEN_PDF, id="a table beyond"),
        pytest.param(FileKind.PDF, b"%PDF-1.7\nMZ\nstartxref\n9\n%%EOF", BROKEN_PDF, id="no table there"),
    ],
)
def test_what_is_broken_or_huge_is_refused(kind: FileKind, content: bytes, why: Label) -> None:
    assert fault_of(kind, content) is why


def test_the_measure_is_of_pixels_whatever_the_file_weighs() -> None:
    side = 7_071  # nearly fifty million
    fits = png(side, side, bytes((side + 7) // 8 + 1) * side)

    assert len(fits) < 20_000
    assert side * side < MOST_PIXELS
    assert fault_of(FileKind.PNG, fits) is None
    assert fault_of(FileKind.PNG, png(side + 1, side, b"")) is HUGE_PICTURE
