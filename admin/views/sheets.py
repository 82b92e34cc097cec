"""Lists that are taken away as a workbook, under a name that says what they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from flask import Response

from admin.records.files import MIMETYPES, Cell, as_xlsx


def workbook(
    name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], *, above: Sequence[Sequence[Cell]] = ()
) -> Response:
    """Send *rows* as ``name.xlsx``."""
    return Response(
        as_xlsx(header, rows, title=name, above=above),
        content_type=MIMETYPES["xlsx"],
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.xlsx"},
    )
