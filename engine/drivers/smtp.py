"""The SMTP driver. A mail server knows no keys: what breaks after the text was handed over stays unknown."""

from __future__ import annotations

import hashlib
import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as LINES
from urllib.parse import parse_qs, unquote, urlsplit

from engine.drivers.port import FateUnknown, Letter, NotSent, Refused

TIMEOUT = 20
SUBJECT = "【车险续保】通知"  # no names, plates or numbers: subjects travel in the clear
SCHEMES = ("smtp", "smtps")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over; ``tls`` is ``none``, ``starttls`` or ``implicit``."""

    host: str
    port: int
    tls: str
    user: str | None
    password: str | None
    sender: str

    @classmethod
    def from_url(cls, url: str, sender: str) -> SmtpServer:
        """Read ``smtp[s]://[user:password@]host[:port][?starttls=0]``; plain SMTP to another host uses STARTTLS.

        Raises:
            ValueError: the URL names no server.
        """
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise ValueError("smtp://[user:password@]host[:port] | smtps://…")
        asked = parse_qs(parts.query).get("starttls", [None])[0]
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        starttls = asked == "1" if asked is not None else not local
        tls = "implicit" if parts.scheme == "smtps" else "starttls" if starttls else "none"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if tls == "implicit" else 587 if tls == "starttls" else 25),
            tls=tls,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            sender=sender,
        )


class SmtpDriver:
    """Hands each message to one mail server, one connection a message."""

    honours_keys = False

    def __init__(self, server: SmtpServer) -> None:
        self.server = server

    def find(self, key: str) -> str | None:
        """Return None: a mail server cannot be asked what it took."""
        return None

    def send(self, letter: Letter) -> str:
        """Hand one message over and return its Message-ID, which is made from the key.

        Raises:
            NotSent, Refused, FateUnknown: see engine.drivers.port.
        """
        if "@" not in letter.to:
            raise Refused(f"{letter.to}: no e-mail address")
        mail = self._mail(letter)
        try:
            with self._connect() as client:
                self._envelope(client, letter.to)
                self._hand_over(client, mail.as_bytes(policy=LINES))
        except (NotSent, Refused, FateUnknown):
            raise
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(_said(error)) from error
        return str(mail["Message-ID"])[:64]

    def settle(self) -> None:
        """Do nothing: the server answers only when it has the message."""

    def _mail(self, letter: Letter) -> EmailMessage:
        mark = hashlib.sha256(letter.key.encode()).hexdigest()[:32]
        domain = self.server.sender.rpartition("@")[2].rstrip(">")
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.server.sender, letter.to, SUBJECT
        mail["Date"] = letter.at
        mail["Message-ID"] = f"<{mark}@{domain[:28]}>"
        mail.set_content(letter.text)
        return mail

    def _connect(self) -> smtplib.SMTP:
        kind = smtplib.SMTP_SSL if self.server.tls == "implicit" else smtplib.SMTP
        client = kind(self.server.host, self.server.port, timeout=TIMEOUT)
        try:
            if self.server.tls == "starttls":
                client.starttls()
            if self.server.user:
                client.login(self.server.user, self.server.password or "")
            client.ehlo_or_helo_if_needed()
        except BaseException:
            client.close()
            raise
        return client

    def _envelope(self, client: smtplib.SMTP, to: str) -> None:
        address = self.server.sender.rpartition("<")[2].rstrip(">")
        for code, answer in (client.mail(address), client.rcpt(to)):
            _judge(code, answer)

    def _hand_over(self, client: smtplib.SMTP, content: bytes) -> None:
        try:
            code, answer = client.data(content)
        except smtplib.SMTPDataError as error:  # refused before the text was sent
            _judge(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            raise FateUnknown(_said(error)) from error
        else:
            _judge(code, answer)


def _judge(code: int, answer: bytes | str) -> None:
    if 200 <= code < 300:
        return
    said = f"{code} {answer.decode(errors='replace') if isinstance(answer, bytes) else answer}"
    if code >= 500:
        raise Refused(said)
    raise NotSent(said)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
