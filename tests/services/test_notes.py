"""Comments and files on a renewal: added once, within the scope, sealed, in the history by their hashes."""

from __future__ import annotations

import hashlib
import io

import pytest
from flask import Flask
from sqlalchemy import select, text

from admin.app import create_app
from engine import api
from engine.api import BadInput, Engine, Forbidden, NotFound
from engine.domain.attachments import MOST_BYTES, FileKind, kind_of, safe_name
from engine.domain.commitment import commit_to_text
from engine.services import keys
from engine.tables import Attachment, Comment, HistoryEvent
from tests.support.console import Browser, renewal_of, signed_in, task_of
from tests.support.files import JPG, PDF, PNG, picture

pytestmark = pytest.mark.one_database

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
CAR = 7


@pytest.fixture
def app(book: Engine) -> Flask:
    return create_app(book)


def comment(engine: Engine, words: str, who: str = "AG001", car: int = CAR, task: int | None = None) -> int:
    return api.add_comment(
        engine, renewal_of(engine, car), words, actor=api.actor_of(engine, who), task_id=task
    )


def attach(engine: Engine, content: bytes = PNG, name: str = "行驶证.png", who: str = "AG001") -> int:
    return api.attach_file(engine, renewal_of(engine, CAR), name, content, actor=api.actor_of(engine, who))


def event(engine: Engine, action: str) -> HistoryEvent:
    with engine.store.reading() as session:
        return session.scalars(select(HistoryEvent).where(HistoryEvent.action == action)).one()


def send(browser: Browser, path: str, name: str, content: bytes) -> str:
    token = str(browser.soup.find("input", {"name": "csrf_token"})["value"])  # type: ignore[index]
    data = {"csrf_token": token, "file": (io.BytesIO(content), name)}
    answer = browser.client.post(path, data=data, follow_redirects=True)
    assert 200 == answer.status_code
    return answer.get_data(as_text=True)


def test_a_comment_is_kept_sealed_and_told_in_the_timeline(book: Engine, app: Flask) -> None:
    number = comment(book, "客户希望周末再谈，电话 13812345678", task=task_of(book, CAR, "record_contact").id)

    with book.store.reading() as session:
        row = session.get_one(Comment, number)
        raw = bytes(session.execute(text("SELECT text_sealed FROM comment")).scalar_one())
        assert "客户希望周末再谈，电话 138****5678" == row.text
        assert "周末".encode() not in raw
        assert (
            commit_to_text(row.salt, number=number, text=row.text)
            == event(book, "comment_added").payload["text_hash"]
        )
    assert "周末" not in str(event(book, "comment_added").payload)
    person = signed_in(app, "SU01")
    person.get(f"/renewals/{renewal_of(book, CAR)}")
    timeline = person.soup.find(id="timeline")
    assert timeline is not None and "客户希望周末再谈，电话 138****5678" in timeline.get_text()


def test_everybody_of_the_scope_reads_it_and_nobody_else(book: Engine, app: Flask) -> None:
    comment(book, "只给同事看")

    for name in ("SU01", "TR01", "SP01", "CC01", "AU01"):
        reader = signed_in(app, name)
        reader.get(f"/renewals/{renewal_of(book, CAR)}")
        assert "只给同事看" in reader.text
    with pytest.raises(NotFound):
        comment(book, "外人", who="AG009")
    with pytest.raises(Forbidden):
        comment(book, "审计员", who="AU01")


@pytest.mark.parametrize("words", ["", "  \n ", "长" * 501])
def test_an_empty_or_endless_comment_is_refused(book: Engine, words: str) -> None:
    with pytest.raises(BadInput, match="500"):
        comment(book, words)


def test_a_task_of_another_renewal_is_no_subject(book: Engine) -> None:
    with pytest.raises(NotFound):
        comment(book, "错位", task=task_of(book, 6, "record_contact").id)


def test_markup_in_a_comment_is_text(book: Engine, app: Flask) -> None:
    comment(book, "<script>alert(1)</script>")
    person = signed_in(app, "AG001")

    person.get(f"/renewals/{renewal_of(book, CAR)}")

    assert "<script>alert(1)</script>" in person.text
    assert "<script>alert" not in str(person.soup.find(id="notes"))


@pytest.mark.parametrize(("content", "kind"), [(PNG, "png"), (JPG, "jpg"), (PDF, "pdf")])
def test_a_file_is_sealed_and_comes_back_as_it_was(book: Engine, content: bytes, kind: str) -> None:
    number = attach(book, content, "证件 13812345678.exe")

    told = event(book, "file_attached").payload
    assert (kind, len(content), hashlib.sha256(content).hexdigest()) == (
        told["kind"],
        told["size"],
        told["sha256"],
    )
    assert "证件" not in str(told)
    with book.store.reading() as session:
        raw = bytes(session.execute(text("SELECT content_sealed FROM attachment")).scalar_one())
    assert content[:8] not in raw
    opened = api.open_file(book, number, actor=api.actor_of(book, "SU01"))
    assert (content, f"证件 138****5678.{kind}") == (opened.content, opened.name)
    assert "SU01" == event(book, "file_opened").actor


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(SVG, "只接受", id="svg"),
        pytest.param(b"<html></html>", "只接受", id="html"),
        pytest.param(b"MZ" + PNG, "只接受", id="a picture behind a program"),
        pytest.param(b"", "请选择文件", id="empty"),
        pytest.param(PDF + bytes(MOST_BYTES), "5 MB", id="too large"),
        pytest.param(PNG[:-20], "图片打不开或不完整", id="a broken picture"),
        pytest.param(picture("PNG", (8_000, 7_000)), "图片超过 5000 万像素", id="too many pixels"),
        pytest.param(PDF[:-12], "pdf 不完整或已损坏", id="a broken pdf"),
    ],
)
def test_what_is_no_picture_or_pdf_is_refused_by_name(book: Engine, content: bytes, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        attach(book, content, "扫描.png")

    assert says in refused.value.say("zh") and "扫描.png" in refused.value.say("zh")


def test_a_renewal_takes_twenty_files(book: Engine) -> None:
    for number in range(20):
        attach(book, name=f"{number}.png")

    with pytest.raises(BadInput, match="20"):
        attach(book)


def test_outside_the_scope_a_file_is_not_found(book: Engine) -> None:
    number = attach(book)

    for act in (
        lambda: api.open_file(book, number, actor=api.actor_of(book, "AG009")),
        lambda: attach(book, who="AG009"),
    ):
        with pytest.raises(NotFound):
            act()


def test_files_are_sealed_anew_when_the_key_changes(book: Engine) -> None:
    number = attach(book)
    admin = api.Actor(name="AD01", roles=frozenset({api.Role.ADMIN}), sees_all=True)
    keys.make_key(book, actor=admin)

    keys.reseal(book, actor=admin)

    assert PNG == api.open_file(book, number, actor=api.actor_of(book, "AG001")).content


def test_the_list_of_files_does_not_read_them(book: Engine) -> None:
    attach(book)

    with book.store.reading() as session:
        row = session.scalars(select(Attachment)).one()
        assert "content_sealed" not in row.__dict__


def test_the_page_adds_both_and_hands_the_file_over_safely(book: Engine, app: Flask) -> None:
    person, renewal = signed_in(app, "AG001"), renewal_of(book, CAR)
    person.get(f"/tasks/{task_of(book, CAR, 'record_contact').id}")
    person.submit(person.form("add-comment"), {"text": "周末再谈"})
    assert "备注已添加" in person.text and "周末再谈" in person.text

    assert "附件已添加" in send(person, f"/renewals/{renewal}/attachments", "../../证<b>.html.png", PNG)
    person.get(f"/renewals/{renewal}")
    link = person.soup.select_one("#notes a[download]")
    assert link is not None
    assert "证b.html.png" == link.get_text()
    answer = person.client.get(str(link["href"]))
    assert (PNG, "image/png", "nosniff", "no-store") == (
        answer.data,
        answer.content_type,
        answer.headers["X-Content-Type-Options"],
        answer.headers["Cache-Control"],
    )
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "只接受" in send(person, f"/renewals/{renewal}/attachments", "x.svg", SVG)


def test_kinds_are_told_by_their_first_bytes() -> None:
    assert [FileKind.PNG, FileKind.JPG, FileKind.PDF, None] == [kind_of(one) for one in (PNG, JPG, PDF, SVG)]


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("a.png", "a.pdf"),
        ("C:\\x\\b.PDF", "b.pdf"),
        ("", "file.pdf"),
        ("..", "file.pdf"),
        ("\u202egnp.exe", "gnp.pdf"),
        ("长" * 200 + ".pdf", "长" * 80 + ".pdf"),
    ],
)
def test_a_name_has_no_path_no_tricks_and_the_right_end(given: str, safe: str) -> None:
    assert safe == safe_name(given, FileKind.PDF)
