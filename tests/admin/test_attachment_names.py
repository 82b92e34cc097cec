"""A file is saved under the name the page shows: phones, plates and ID numbers in it stay masked."""

from __future__ import annotations

import base64
from urllib.parse import unquote

import pytest
from flask import Flask

from engine import api
from engine.api import Engine
from tests.support.console import renewal_of, signed_in

pytestmark = pytest.mark.one_database
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.mark.parametrize("who", ["TR01", "AG001", "SP01"])
def test_the_name_on_the_page_is_the_name_of_the_saved_file(book: Engine, app: Flask, who: str) -> None:
    renewal = renewal_of(book, 7)
    api.attach_file(book, renewal, "浙A12345 13912345678.png", DOT, actor=api.actor_of(book, "AG001"))
    person = signed_in(app, who)
    person.get(f"/renewals/{renewal}")
    link = person.soup.select_one("#notes a[download]")
    assert link is not None

    answer = person.client.get(str(link["href"]))

    saved = unquote(answer.headers["Content-Disposition"]).partition("filename*=UTF-8''")[2]
    assert (link.get_text(), DOT) == (saved, answer.data)
    assert "12345" not in saved and saved.endswith(".png")
