"""The walls of the console: who comes in, what every request must carry, where it may lead."""

from __future__ import annotations

import http.client
import re
import threading
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.serving import make_server

from admin import security
from admin.app import create_app
from engine import api
from engine.api import Engine
from engine.tables import HistoryEvent
from tests.support.console import PASSWORD, Browser, signed_in

pytestmark = pytest.mark.one_database

OPEN = {"/login", "/logout", "/language", "/healthz", "/readyz"}


def address(rule: Rule) -> str:
    """Return an address that *rule* matches."""
    path = re.sub(r"<int:[^>]+>", "1", rule.rule)
    path = re.sub(r"<path:[^>]+>", "x", path)
    return re.sub(r"<[^>]+>", "x", path)


def rules(app: Flask, method: str) -> list[Rule]:
    return [
        rule
        for rule in app.url_map.iter_rules()
        if method in (rule.methods or ()) and not rule.endpoint.endswith("static")
    ]


def token(client: FlaskClient, path: str = "/login") -> str:
    page = client.get(path).get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page[:400]
    return found.group(1)


def try_sign_in(client: FlaskClient, name: str, password: str, **more: str) -> str:
    answer = client.post(
        "/login", data={"username": name, "password": password, "csrf_token": token(client), **more}
    )
    return answer.headers.get("Location", "") if answer.status_code == 303 else ""


# --- default deny ------------------------------------------------------------


def test_every_page_but_the_marked_ones_asks_a_stranger_to_sign_in(app: Flask) -> None:
    client = app.test_client()

    for rule in rules(app, "GET"):
        path = address(rule)
        answer = client.get(path)
        if path in OPEN:
            assert answer.status_code in (200, 503), path
        else:
            assert 303 == answer.status_code, path
            assert answer.headers["Location"].startswith("/login"), path


def test_every_act_of_a_stranger_is_refused(app: Flask) -> None:
    client = app.test_client()

    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for rule in rules(app, method):
            path = address(rule)
            assert client.open(path, method=method).status_code in (400, 401), (method, path)


def test_a_stranger_s_script_is_told_so_instead_of_being_sent_to_a_page(app: Flask) -> None:
    answer = app.test_client().get("/imports/1/progress", headers={"X-Requested-With": "fetch"})

    assert 401 == answer.status_code


@pytest.mark.parametrize("who", ["AD01", "CC01"])
def test_every_act_without_its_token_is_refused(app: Flask, who: str) -> None:
    client = signed_in(app, who).client

    for rule in rules(app, "POST"):
        path = address(rule)
        for body in ({}, {"csrf_token": "foreign"}):
            answer = client.post(path, data=body)
            assert 400 == answer.status_code, (path, answer.status_code)
        plain = client.post(path, data='{"id": 1}', content_type="text/plain")
        assert 400 == plain.status_code, path


def test_nothing_changes_by_reading(app: Flask, book: Engine) -> None:
    client = signed_in(app, "AD01").client

    for rule in rules(app, "POST"):
        if (
            rule.methods
            and "GET" not in rule.methods
            and not any(rule.rule == other.rule for other in rules(app, "GET"))
        ):
            assert 405 == client.get(address(rule)).status_code, rule.rule


# --- sign-in -----------------------------------------------------------------


def test_a_sign_in_gives_a_fresh_session(app: Flask) -> None:
    client = app.test_client()
    before = token(client)
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"

    try_sign_in(client, "AG001", PASSWORD)

    with client.session_transaction() as session:
        assert "planted" not in session
    assert before != token(client, "/account")


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Flask) -> None:
    client = app.test_client()
    answer = client.post(
        "/login", data={"username": "AG001", "password": PASSWORD, "csrf_token": token(client)}
    )

    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie, "the embedded default speaks http"


def test_behind_tls_the_cookie_belongs_to_this_host_alone(book: Engine) -> None:
    from dataclasses import replace

    secure = replace(book, settings=replace(book.settings, secure_cookies=True))
    app = create_app(secure)
    answer = app.test_client().get("/login", base_url="https://localhost")

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert "max-age" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("name", "password"), [("AG001", "wrong"), ("nobody", "wrong"), ("nobody", PASSWORD)]
)
def test_a_wrong_name_and_a_wrong_password_get_the_same_page(app: Flask, name: str, password: str) -> None:
    client = app.test_client()
    page = client.post(
        "/login", data={"username": name, "password": password, "csrf_token": token(client)}
    ).get_data(as_text=True)

    assert "用户名或密码不正确" in page
    assert 1 == page.count('role="alert"')


def test_signing_out_ends_the_session_even_for_somebody_who_kept_the_cookie(app: Flask) -> None:
    person = signed_in(app, "AG001")
    kept = person.client.get_cookie("renewals")
    assert kept is not None
    person.get("/")
    person.submit(person.form_to("/logout"))

    thief = app.test_client()
    thief.set_cookie("renewals", kept.value)

    assert 303 == thief.get("/").status_code


@pytest.mark.parametrize(
    "change",
    [
        lambda book: api.set_active(book, "AG001", False, actor=api.SYSTEM),
        lambda book: api.set_roles(book, "AG001", ["trainer"], actor=api.SYSTEM),
        lambda book: api.set_password(book, "AG001", actor=api.SYSTEM),
    ],
    ids=["account closed", "roles changed", "password reset"],
)
def test_a_change_of_rights_is_felt_at_the_next_request(agent: Browser, book: Engine, change: object) -> None:
    agent.get("/")

    change(book)  # type: ignore[operator]

    assert "/login" in agent.client.get("/").headers["Location"]


def test_somebody_whose_session_ran_out_is_told_why_and_led_back(
    agent: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.services import sign_in

    later = sign_in.wall_now() + timedelta(minutes=31)
    monkeypatch.setattr(sign_in, "wall_now", lambda: later)

    agent.get("/renewals?stage=pool")

    assert "登录已失效" in agent.text
    agent.submit(agent.form("sign-in"), {"username": "AG001", "password": PASSWORD})
    assert agent.page is not None
    assert "/renewals" == agent.page.request.path


def test_wrong_tries_from_one_address_are_slowed_and_right_ones_are_not(app: Flask) -> None:
    client = app.test_client()
    for _ in range(15):
        assert "/" == try_sign_in(app.test_client(), "SP01", PASSWORD)

    statuses = [
        client.post(
            "/login", data={"username": f"guess{n}", "password": "x", "csrf_token": token(client)}
        ).status_code
        for n in range(12)
    ]

    assert [200] * 10 == statuses[:10]
    assert {429} == set(statuses[10:])


def test_ready_made_sign_ins_are_shown_only_where_they_were_set(app: Flask) -> None:
    assert "演示账号" not in app.test_client().get("/login").get_data(as_text=True)
    app.config["DEMO_SIGN_INS"] = [("AG001", "agent", "高敬之")]
    app.config["DEMO_PASSWORD"] = "demo"

    page = app.test_client().get("/login").get_data(as_text=True)

    assert "演示账号" in page
    assert 'data-name="AG001"' in page


# --- where a request may lead ------------------------------------------------


@pytest.mark.parametrize(
    "wished",
    [
        "http://evil.com",
        "http:/evil.com",
        "//evil.com",
        "///evil.com",
        "/\\evil.com",
        "\\/evil.com",
        "\t//evil.com",
        "/\t/evil.com",
        "javascript:alert(1)",
        "https:evil.com",
        " //evil.com",
        "/nowhere-of-ours",
    ],
)
def test_after_signing_in_nobody_is_led_to_another_site(app: Flask, wished: str) -> None:
    assert "/" == try_sign_in(app.test_client(), "AG001", PASSWORD, next=wished)


def test_after_signing_in_a_person_is_led_to_the_page_asked_for(app: Flask) -> None:
    assert "/renewals?stage=pool" == try_sign_in(
        app.test_client(), "AG001", PASSWORD, next="/renewals?stage=pool"
    )


@pytest.mark.parametrize("url", ["http://evil.com", "http:/evil.com", "//evil.com", "/\\evil.com"])
def test_flask_admin_leads_to_pages_of_ours_only(app: Flask, url: str) -> None:
    client = signed_in(app, "AD01").client

    for path in ("/admin/renewals/details/", "/admin/holidays/edit/"):
        answer = client.get(path, query_string={"url": url})
        assert answer.headers["Location"].startswith("/admin/"), answer.headers["Location"]
    page = client.get("/admin/renewals/details/", query_string={"id": "1", "url": url})
    assert not re.search(r'href="[^"]*evil', page.get_data(as_text=True))


# --- headers, hosts, sizes ---------------------------------------------------


@pytest.mark.parametrize("path", ["/login", "/", "/nowhere", "/admin/", "/healthz"])
def test_every_answer_carries_the_security_headers(app: Flask, path: str) -> None:
    headers = signed_in(app, "AD01").client.get(path).headers

    for name, value in security.HEADERS.items():
        assert value == headers[name], name
    assert "no-store" == headers["Cache-Control"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_no_page_has_what_the_content_policy_would_drop(app: Flask) -> None:
    admin, channel = signed_in(app, "AD01"), signed_in(app, "CC01")
    pages = [address(rule) for rule in rules(app, "GET")]

    for person in (admin, channel):
        for path in pages:
            answer = person.client.get(path)
            if answer.mimetype != "text/html":
                continue
            page = answer.get_data(as_text=True)
            assert not re.search(r"<[^>]+\son[a-z]+=", page), path
            assert not re.search(r"<[^>]+\sstyle=", page), path
            assert not re.search(r"<script(?![^>]*(\ssrc=|application/json))[^>]*>", page), path
            assert "javascript:" not in page, path
            assert not re.search(r'(src|href)="(https?:)?//', page), path


def test_an_unknown_host_name_is_refused(app: Flask) -> None:
    answer = app.test_client().get("/login", headers={"Host": "evil.example"})

    assert 400 == answer.status_code


def test_only_upload_pages_take_large_bodies(app: Flask) -> None:
    client = signed_in(app, "CC01").client
    large = b"x" * (security.USUAL_BODY + 1)
    fields = {"csrf_token": token(client, "/imports"), "source": "standard", "kind": "pending"}

    small_page = client.post("/account/password", data=large, content_type="application/octet-stream")
    upload = client.post(
        "/imports", data=multipart(fields, large), content_type="multipart/form-data; boundary=cut"
    )

    assert 413 == small_page.status_code
    assert 413 != upload.status_code


def test_a_body_that_is_too_large_is_refused_in_words_and_breaks_no_connection(app: Flask) -> None:
    person = signed_in(app, "CC01").client
    cookie = person.get_cookie("renewals")
    assert cookie is not None
    large = multipart({"source": "standard"}, b"x" * (security.UPLOAD_BODY + security.MEGABYTE))
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        caller = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
        kind = {"Content-Type": "multipart/form-data; boundary=cut"}
        caller.request("POST", "/imports", large, {**kind, "Cookie": f"renewals={cookie.value}"})
        answer = caller.getresponse()
        said = answer.read().decode()
        stranger = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
        stranger.request("POST", "/imports", large, kind)
        assert 401 == stranger.getresponse().status
    finally:
        server.shutdown()
        thread.join()

    assert 413 == answer.status
    assert "超过上限 50 MB" in said
    assert "61.0 MB" in said


def multipart(fields: dict[str, str], content: bytes) -> bytes:
    """Return a form with one file as a browser sends it."""
    parts = [
        f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n'
    return b"".join([*parts, head, content, b"\r\n--cut--\r\n"])


# --- what is kept ------------------------------------------------------------


def test_comings_and_goings_stand_in_the_history(app: Flask, book: Engine) -> None:
    person = signed_in(app, "AG001")
    person.get("/")
    person.client.get("/admin/")
    person.submit(person.form_to("/logout"))

    with book.store.reading() as session:
        actions = [
            event.action
            for event in session.query(HistoryEvent).filter_by(actor="AG001").order_by(HistoryEvent.seq)
        ]
    assert ["signed_in", "access_refused", "signed_out"] == actions[-3:]


# --- what no database should keep ----------------------------------------------


@pytest.mark.parametrize(
    "path, name", [("/inbox?q=%00", "查找"), ("/inbox?a%00=b", "地址"), ("/renewals?owner=a%00b", "责任人")]
)
def test_an_address_no_database_could_look_for_is_refused_by_name(path: str, name: str, app: Flask) -> None:
    browser = signed_in(app, "CC01")

    browser.get(path, status=400)

    assert f"“{name}”" in browser.text
    assert "空字符" in browser.text


def test_a_typed_nul_is_named(app: Flask) -> None:
    browser = signed_in(app, "CC01")
    page = browser.get("/inbox")
    form = page.find("form", action="/language")
    assert form is not None

    browser.submit(form, {"next": "/in\x00box"}, status=400)

    assert "“地址”" in browser.text
