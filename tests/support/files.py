"""Small sound files to attach, made as cameras and scanners make them."""

from __future__ import annotations

from io import BytesIO

from PIL import Image


def picture(name: str = "PNG", size: tuple[int, int] = (8, 6), **more: object) -> bytes:
    """Return a picture of a format (``PNG``, ``JPEG``) and a size in pixels."""
    out = BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, name, **more)
    return out.getvalue()


def pdf(body: bytes = b"1 0 obj\n<< /Type /Catalog >>\nendobj\n") -> bytes:
    """Return a pdf of one object, whole."""
    head = b"%PDF-1.7\n" + body
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Root 1 0 R >>\n"
    return head + table + b"startxref\n%d\n%%%%EOF\n" % len(head)


PNG, JPG, PDF = picture("PNG"), picture("JPEG"), pdf()
