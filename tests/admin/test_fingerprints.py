"""The fingerprint of a definition set is letters and figures to compare, never words to read."""

from __future__ import annotations

import pytest
from flask import Flask

from engine.api import Engine
from tests.support.console import signed_in

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    ("path", "length"),
    [("/", 10), ("/admin/definitions/", 12), ("/admin/definitions/details/?id=1", 64)],
)
def test_a_fingerprint_is_marked_as_code_wherever_it_is_shown(
    app: Flask, book: Engine, path: str, length: int
) -> None:
    page = signed_in(app, "AU01").get(path)

    assert book.latest().digest[:length] in [tag.get_text() for tag in page.find_all("code")]


def test_the_exported_fingerprint_is_plain_text(app: Flask, book: Engine) -> None:
    person = signed_in(app, "AU01")

    sent = person.client.get("/admin/definitions/export/csv/").get_data(as_text=True)

    assert book.latest().digest[:12] in sent
    assert "<code>" not in sent
