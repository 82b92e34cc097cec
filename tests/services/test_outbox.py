"""What leaves the house: once for each key, in order, and not when it lost its reason."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from engine.bootstrap import Engine
from engine.domain.actor import SYSTEM, Actor
from engine.domain.codes import Role
from engine.drivers.port import FateUnknown, Letter, NotSent, Refused
from engine.drivers.smtp import SmtpDriver, SmtpServer
from engine.errors import BadInput, Forbidden
from engine.queries.timeline import entries_of
from engine.services import outbox
from engine.store.history import HistoryEvent
from engine.store.instances import ProcessInstance
from engine.store.outbox import OutboxMessage
from engine.store.people import Post
from engine.store.renewals import Customer, Renewal
from tests.support.console import renewal_of

ADMIN = Actor(name="AD01", display_name="管理员", roles=frozenset({Role.ADMIN}), sees_all=True)


@dataclass
class Provider:
    """A gateway whose mood the test sets."""

    honours_keys: bool = False
    fault: Exception | None = None
    taken: list[str] = field(default_factory=list)

    def find(self, key: str) -> str | None:
        return None

    def send(self, letter: Letter) -> str:
        if self.fault is not None:
            raise self.fault
        self.taken.append(letter.key)
        return f"id-{len(self.taken)}"

    def settle(self) -> None:
        pass


@pytest.fixture
def provider(book: Engine) -> Provider:
    made = Provider()
    book.drivers["email"] = made  # type: ignore[index]
    return made


def put(engine: Engine, key: str, **more: Any) -> None:
    given = {
        "business_key": key.split(":", maxsplit=1)[0],
        "instance_id": None,
        "channel": "email",
        "template": "agent_new_list",
        "recipient": "a@example.com",
        "text": "您有1位客户",
        "now": engine.clock.now(),
    }
    with engine.store.transaction() as tx:
        outbox.queue(tx, key=key, **(given | more))


def row(engine: Engine, key: str) -> OutboxMessage:
    with engine.store.reading() as session:
        return session.query(OutboxMessage).filter_by(key=key).one()


def send(engine: Engine, later: timedelta = timedelta(0)) -> int:
    return outbox.send_queued(engine, now=engine.clock.now() + later)


def leave_behind(engine: Engine, key: str) -> None:
    """As a sender does that dies between the driver's call and the mark."""
    with engine.store.transaction() as tx:
        message = tx.query(OutboxMessage).filter_by(key=key).one()
        message.status, message.attempts, message.sending_by = "sending", 1, "gone:1"


def events(engine: Engine, key: str) -> list[str]:
    with engine.store.reading() as session:
        return [
            e.action for e in session.query(HistoryEvent).filter_by(subject=key).order_by(HistoryEvent.seq)
        ]


def lines(engine: Engine, key: str) -> list[dict[str, Any]]:
    sink = engine.settings.sink
    found = [json.loads(line) for line in sink.read_text().splitlines()] if sink.exists() else []
    return [line for line in found if line["key"] == key]


def test_a_message_is_marked_as_being_sent_before_its_driver_is_called(book: Engine) -> None:
    seen: list[tuple[str, int]] = []

    class Watching(Provider):
        def send(self, letter: Letter) -> str:
            seen.append((row(book, letter.key).status, row(book, letter.key).attempts))
            return "id"

    book.drivers["email"] = Watching()  # type: ignore[index]
    put(book, "A:1")

    assert 1 == send(book)

    assert [("sending", 1)] == seen
    assert ("sent", "id", None) == (
        row(book, "A:1").status,
        row(book, "A:1").provider_id,
        row(book, "A:1").sending_by,
    )


def test_what_a_crash_left_is_not_repeated_where_the_receiver_knows_no_keys(
    book: Engine, provider: Provider
) -> None:
    put(book, "A:1")
    leave_behind(book, "A:1")

    assert 0 == send(book)

    assert ("unknown", []) == (row(book, "A:1").status, provider.taken)
    assert ["message_unknown"] == events(book, "A:1")
    assert 0 == send(book, timedelta(days=1))


@pytest.mark.parametrize("left", [True, False], ids=["the line is there", "the line is not there"])
def test_what_a_crash_left_has_one_line_in_the_file(book: Engine, left: bool) -> None:
    put(book, "A:1", channel="sms", recipient="AG001")
    if left:
        letter = Letter(key="A:1", channel="sms", to="AG001", text="x", at=book.clock.now(), again=False)
        book.drivers["sms"].send(letter)
    leave_behind(book, "A:1")

    assert 1 == send(book)

    assert 1 == len(lines(book, "A:1"))
    assert "sent" == row(book, "A:1").status


def test_an_operator_resends_or_dismisses_what_is_unknown(book: Engine, provider: Provider) -> None:
    for key in ("A:1", "B:1"):
        put(book, key)
        leave_behind(book, key)
    send(book)

    outbox.resend_message(book, row(book, "A:1").id, actor=ADMIN, reason="客户说没收到")
    outbox.dismiss_message(book, row(book, "B:1").id, actor=ADMIN, reason="已电话告知")
    send(book)

    assert ["A:1"] == provider.taken
    assert ["message_unknown", "message_resent", "message_sent"] == events(book, "A:1")
    assert ("withheld", "dismissed") == (row(book, "B:1").status, row(book, "B:1").withheld_for)
    with pytest.raises(BadInput):
        outbox.resend_message(book, row(book, "A:1").id, actor=ADMIN, reason="again")
    with pytest.raises(Forbidden):
        outbox.dismiss_message(book, row(book, "A:1").id, actor=Actor(name="AG001"), reason="no")


def test_a_provider_that_is_away_for_an_hour_gets_everything_afterwards_in_order(
    book: Engine, provider: Provider
) -> None:
    keys = [f"{policy}:{n}" for n in (1, 2) for policy in "ABCDE"]
    for key in keys:
        put(book, key)
    provider.fault = NotSent("503")

    for minute in range(0, 60, 5):
        assert 0 == send(book, timedelta(minutes=minute))
    provider.fault = None
    for minute in range(60, 240, 5):
        send(book, timedelta(minutes=minute))

    assert sorted(keys) == sorted(provider.taken)
    for policy in "ABCDE":
        assert [f"{policy}:1", f"{policy}:2"] == [key for key in provider.taken if key[0] == policy]


def test_tries_that_are_used_up_end_as_failed_and_are_shown(book: Engine, provider: Provider) -> None:
    put(book, "A:1")
    provider.fault = NotSent("503")

    for hours in range(24):
        send(book, timedelta(hours=hours))

    assert ("failed", outbox.MAX_ATTEMPTS, "503") == (
        row(book, "A:1").status,
        row(book, "A:1").attempts,
        row(book, "A:1").fault,
    )
    tries = ["message_attempt_failed"] * (outbox.MAX_ATTEMPTS - 1)
    assert [*tries, "message_failed"] == events(book, "A:1")


def test_a_refusal_is_final_at_once(book: Engine, provider: Provider) -> None:
    put(book, "A:1")
    provider.fault = Refused("550 no such user")

    send(book)

    assert ("failed", 1) == (row(book, "A:1").status, row(book, "A:1").attempts)


def _end(engine: Engine, instance_id: int) -> None:
    with engine.store.transaction() as tx:
        tx.get_one(ProcessInstance, instance_id).ended_at = engine.clock.now()


def _opt_out(engine: Engine, instance_id: int) -> None:
    with engine.store.transaction() as tx:
        customer = tx.get_one(Customer, tx.get_one(Renewal, instance_id).customer_id)
        customer.do_not_contact = True


@pytest.mark.parametrize(
    ("happening", "audience", "expected"),
    [
        pytest.param(_end, "staff", "renewal_closed", id="the renewal closed"),
        pytest.param(_opt_out, "customer", "opted_out", id="the customer opted out"),
        pytest.param(_opt_out, "staff", None, id="the customer opted out, a colleague is told"),
    ],
)
def test_a_message_that_lost_its_reason_is_withheld(
    book: Engine, provider: Provider, happening: Any, audience: str, expected: str | None
) -> None:
    instance_id = renewal_of(book, 5)
    put(book, "A:1", instance_id=instance_id, audience=audience)
    happening(book, instance_id)

    send(book)

    assert expected == row(book, "A:1").withheld_for
    assert ([] if expected else ["A:1"]) == provider.taken
    if expected:
        assert ["message_withheld"] == events(book, "A:1")


def test_an_expired_message_is_withheld(book: Engine, provider: Provider) -> None:
    put(book, "A:1", expires_at=book.clock.now() + timedelta(hours=1))

    send(book, timedelta(hours=1))

    assert ("expired", []) == (row(book, "A:1").withheld_for, provider.taken)


def test_while_one_process_delivers_another_does_not(
    book: Engine, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(book, "A:1")
    monkeypatch.setattr(book.store, "alone", _impatient(book.store.alone))

    with book.store.alone("outbox") as hold:
        assert hold is not None
        assert 0 == send(book)
        assert [] == provider.taken
    assert 1 == send(book)


def _impatient(alone: Any) -> Any:
    return lambda name, patience=0: alone(name)


# --- mail --------------------------------------------------------------------


class Inbox:
    """A mail server that keeps what it takes, and answers as the test says."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.answer == "hang up":
            _server.transport.abort()
            return "250 lost"
        if self.answer.startswith("250"):
            self.mails.append(envelope)
        return self.answer


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, SmtpDriver]]:
    kept = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port, ready_timeout=10)
    controller.start()
    yield kept, SmtpDriver(SmtpServer.from_url(f"smtp://127.0.0.1:{port}", "续保 <desk@example.com>"))
    controller.stop()


def letter(key: str = "A:1", to: str = "a@example.com") -> Letter:
    return Letter(
        key=key, channel="email", to=to, text="您有1位客户", at=datetime.now().astimezone(), again=False
    )


def test_mail_carries_a_message_id_made_from_the_key(inbox: tuple[Inbox, SmtpDriver]) -> None:
    kept, driver = inbox

    first, second, other = (driver.send(letter(key)) for key in ("A:1", "A:1", "B:1"))

    assert first == second != other
    content = kept.mails[0].content
    assert isinstance(content, bytes)
    assert f"Message-ID: {first}".encode() in content
    assert b"A:1" not in content
    assert ["a@example.com"] == kept.mails[0].rcpt_tos


@pytest.mark.parametrize(
    ("answer", "error"),
    [("451 later", NotSent), ("554 never", Refused), ("hang up", FateUnknown)],
)
def test_what_a_mail_server_answers_decides_the_fate(
    inbox: tuple[Inbox, SmtpDriver], answer: str, error: type[Exception]
) -> None:
    kept, driver = inbox
    kept.answer = answer

    with pytest.raises(error):
        driver.send(letter())


def test_mail_to_nobody_and_a_server_that_is_away(inbox: tuple[Inbox, SmtpDriver], tmp_path: Path) -> None:
    _, driver = inbox
    with pytest.raises(Refused):
        driver.send(letter(to="AG001"))
    with pytest.raises(NotSent):
        SmtpDriver(SmtpServer.from_url("smtp://127.0.0.1:1", "desk@example.com")).send(letter())


def test_an_outsider_may_not_touch_messages(book: Engine) -> None:
    with pytest.raises(Forbidden):
        outbox.resend_message(book, 1, actor=Actor(name="AG001"), reason="x")
    with pytest.raises(BadInput):
        outbox.resend_message(book, 1, actor=SYSTEM, reason=" ")


def test_nothing_leaves_for_somebody_who_serves_no_more(book: Engine, provider: Provider) -> None:
    with book.store.transaction() as tx:
        post = tx.query(Post).filter_by(employee_no="AG001").one()
        post.valid_to = book.clock.today() - timedelta(days=1)
    put(book, "gone:1", recipient="AG001")
    put(book, "here:1", recipient="AG002")
    put(book, "outside:1", recipient="AG001", audience="customer")

    send(book)

    assert provider.taken == ["here:1", "outside:1"]
    left_out = row(book, "gone:1")
    assert (left_out.status, left_out.withheld_for) == ("withheld", "recipient_left")


@pytest.mark.one_database
def test_the_history_says_to_which_colleague_a_message_went_and_about_what(
    book: Engine, provider: Provider
) -> None:
    put(book, "agent_new_list:AG001:x", recipient="AG001")
    put(book, "to:customer", recipient="13800001111", audience="customer", template="reminder")
    put(book, "late", recipient="AG001", template="task_urged", expires_at=book.clock.now())
    send(book)

    with book.store.reading() as session:
        rows = session.query(HistoryEvent).filter(HistoryEvent.action.like("message_%")).all()
        entries = entries_of(session, rows, deployed=None, operations={}, zone=book.clock.zone)
    told = [(entry.text.zh, entry.text.en) for entry in entries]
    assert (
        "已发出给寿险营销员 高敬之 AG001 的电子邮件“清单与到期提醒”",
        "A message by e-mail to 高敬之 AG001 (life agent) about new lists and coming expiries was sent",
    ) in told
    assert any(zh == "已发出给客户的电子邮件" for zh, _ in told)
    assert "给寿险营销员 高敬之 AG001 的电子邮件“催办提醒”已扣留，未发出：已过时效" in [zh for zh, _ in told]
    assert not [row for row in rows if "13800001111" in str(row.payload) + str(row.reason)]
