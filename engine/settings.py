"""Settings of one process, read from the environment once; every fault is named at once."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.errors import SettingsError
from engine.label import Label, joined

CHANNELS = ("sms", "email", "letter", "im")
DRIVERS = ("file", "smtp")
DEFAULT_DATABASE = "sqlite:///var/renewals.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says (architecture.md §6.1); ``data_key`` is 32 raw bytes, the master of all keys."""

    database_url: str
    secret_key: str
    data_key: bytes
    virtual_clock: bool | None  # None: as the book stands, which keeps a virtual present or none
    zone: ZoneInfo
    host: str
    port: int
    lang: str
    sink: Path
    secure_cookies: bool
    trusted_hosts: tuple[
        str, ...
    ] = ()  # names the console answers to; empty: this machine's, or any behind 0.0.0.0
    data_key_old: bytes = b""  # the master before a change of it, for `keys rewrap`
    drivers: Mapping[str, str] = field(default_factory=dict)  # channel → driver; the others write to the sink
    smtp_url: str | None = None
    smtp_from: str | None = None
    web_workers: int = 2
    worker_jobs: int = 2  # jobs a worker process runs at the same time
    proxies: int = 0  # reverse proxies in front, whose X-Forwarded-* are believed
    hotline: str = (
        ""  # customer service's number on letters; empty: the letter names the responsible person only
    )
    checkpoints: Path | None = None  # folder of the history's checkpoints; None: none are taken
    checkpoint_key: bytes | None = None  # signs them; None: a key derived from ``data_key`` does

    @property
    def embedded(self) -> bool:
        """Whether this is the one-process default on SQLite."""
        return self.database_url.startswith("sqlite")

    @property
    def database_path(self) -> Path | None:
        """The embedded database's file; None for a server or a database in memory."""
        path = self.database_url.partition(":///")[2].partition("?")[0]
        return Path(path) if self.embedded and path and path != ":memory:" else None


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read ``RENEWALS_*`` from *environ* (default: the process's own).

    Raises:
        SettingsError: one or more values are missing or wrong; all are named.
    """
    env = os.environ if environ is None else environ
    faults: list[Label] = []
    url = _sqlalchemy_url(env.get("RENEWALS_DATABASE_URL", DEFAULT_DATABASE))
    embedded = url.startswith("sqlite")
    if not embedded and not url.startswith("postgresql"):
        scheme = url.partition(":")[0]  # what follows may hold a password
        wanted = ("sqlite:///… 或 postgresql://…", "sqlite:///… or postgresql://…")
        faults.append(_wrong("RENEWALS_DATABASE_URL", f"{scheme}:…", *wanted))
    zone = _zone(env.get("RENEWALS_TIMEZONE", "Asia/Shanghai"), faults)
    named = env.get("RENEWALS_CLOCK")
    clock = _one_of("RENEWALS_CLOCK", named or "system", ("system", "virtual"), faults)
    lang = _one_of("RENEWALS_LANG", env.get("RENEWALS_LANG", "zh"), ("zh", "en"), faults)
    port = _port(env.get("RENEWALS_PORT", "8000"), faults)
    proxies = _count("RENEWALS_PROXIES", env.get("RENEWALS_PROXIES", "0"), faults)
    web_workers = _positive("RENEWALS_WEB_WORKERS", env.get("RENEWALS_WEB_WORKERS", "2"), faults)
    worker_jobs = _positive("RENEWALS_WORKER_JOBS", env.get("RENEWALS_WORKER_JOBS", "2"), faults)
    drivers = _drivers(env, faults)
    home = _home(url)
    secret = _secret("RENEWALS_SECRET_KEY", env, home if embedded else None, faults)
    data_key = _key(
        "RENEWALS_DATA_KEY", _secret("RENEWALS_DATA_KEY", env, home if embedded else None, faults), faults
    )
    checkpoint_key = _key("RENEWALS_CHECKPOINT_KEY", env.get("RENEWALS_CHECKPOINT_KEY", ""), faults)
    data_key_old = _key("RENEWALS_DATA_KEY_OLD", env.get("RENEWALS_DATA_KEY_OLD", ""), faults)
    if faults:
        raise SettingsError(faults=joined(faults))
    return Settings(
        database_url=url,
        secret_key=secret,
        data_key=data_key,
        data_key_old=data_key_old,
        virtual_clock=clock == "virtual" if named else None,
        zone=zone,
        host=env.get("RENEWALS_HOST", "127.0.0.1"),
        port=port,
        lang=lang,
        sink=Path(env.get("RENEWALS_SINK", str(home / "sent.jsonl"))),
        trusted_hosts=tuple(h.strip() for h in env.get("RENEWALS_TRUSTED_HOSTS", "").split(",") if h.strip()),
        proxies=proxies,
        drivers=drivers,
        web_workers=web_workers,
        worker_jobs=worker_jobs,
        smtp_url=env.get("RENEWALS_SMTP_URL"),
        smtp_from=env.get("RENEWALS_SMTP_FROM"),
        hotline=env.get("RENEWALS_HOTLINE", "").strip()[:40],
        checkpoints=_checkpoints(env.get("RENEWALS_CHECKPOINTS"), url),
        checkpoint_key=checkpoint_key or None,
        secure_cookies=env.get("RENEWALS_SECURE_COOKIES", "0" if embedded else "1") == "1",
    )


def _wrong(name: str, value: str, zh: str, en: str) -> Label:
    return Label(f"{name} 的值“{value}”不可用，应为 {zh}", f"{name} is “{value}”; it must be {en}")


def _whole(name: str, value: str, least: int, most: int) -> Label:
    return _wrong(name, value, f"{least}–{most} 的整数", f"a whole number from {least} to {most}")


def _wrong_driver(pair: str) -> Label:
    channels, drivers = "|".join(CHANNELS), "|".join(DRIVERS)
    return _wrong(
        "RENEWALS_DRIVERS",
        pair,
        f"渠道=方式，渠道为 {channels}，方式为 {drivers}",
        f"channel=driver, with {channels} and {drivers}",
    )


def _sqlalchemy_url(url: str) -> str:
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def _home(url: str) -> Path:
    """The folder beside the embedded database, where generated keys and the sink live."""
    path = url.partition(":///")[2].partition("?")[0]
    if url.startswith("sqlite") and path and path != ":memory:":
        return Path(path).parent
    return Path("var")


def _zone(name: str, faults: list[Label]) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        faults.append(
            _wrong(
                "RENEWALS_TIMEZONE",
                name,
                "IANA 时区名，例如 Asia/Shanghai",
                "an IANA name such as Asia/Shanghai",
            )
        )
        return ZoneInfo("UTC")


def _one_of(name: str, value: str, allowed: tuple[str, ...], faults: list[Label]) -> str:
    if value not in allowed:
        faults.append(_wrong(name, value, " 或 ".join(allowed), " or ".join(allowed)))
    return value


def _port(text: str, faults: list[Label]) -> int:
    if text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    faults.append(_whole("RENEWALS_PORT", text, 1, 65535))
    return 0


def _count(name: str, text: str, faults: list[Label]) -> int:
    if text.isdigit() and int(text) < 10:
        return int(text)
    faults.append(_whole(name, text, 0, 9))
    return 0


def _positive(name: str, text: str, faults: list[Label]) -> int:
    if text.isdigit() and 0 < int(text) <= 64:
        return int(text)
    faults.append(_whole(name, text, 1, 64))
    return 1


def _drivers(env: Mapping[str, str], faults: list[Label]) -> dict[str, str]:
    """Read ``channel=driver`` pairs, and see that a driver has what it needs."""
    found: dict[str, str] = {}
    for pair in filter(None, (p.strip() for p in env.get("RENEWALS_DRIVERS", "").split(","))):
        channel, _, driver = pair.partition("=")
        if channel not in CHANNELS or driver not in DRIVERS:
            faults.append(_wrong_driver(pair))
        found[channel] = driver
    if "smtp" in found.values():
        server = urlsplit(env.get("RENEWALS_SMTP_URL", ""))
        if server.scheme not in ("smtp", "smtps") or not server.hostname:
            faults.append(
                Label(
                    "使用 smtp 时，RENEWALS_SMTP_URL 应写作 smtp[s]://[用户:密码@]主机[:端口]",
                    "with smtp, RENEWALS_SMTP_URL must read smtp[s]://[user:password@]host[:port]",
                )
            )
        if "@" not in env.get("RENEWALS_SMTP_FROM", ""):
            faults.append(
                Label(
                    "使用 smtp 时，RENEWALS_SMTP_FROM 应为发件地址，例如 desk@example.com",
                    "with smtp, RENEWALS_SMTP_FROM must be the sender, such as desk@example.com",
                )
            )
    return found


def _secret(name: str, env: Mapping[str, str], home: Path | None, faults: list[Label]) -> str:
    """Take a secret from the environment, or keep a generated one beside the embedded database."""
    if value := env.get(name):
        return value
    if home is None:
        faults.append(
            Label(f"缺少 {name}，使用 PostgreSQL 时必填", f"{name} is missing; it is required on PostgreSQL")
        )
        return ""
    path = home / f"{name.removeprefix('RENEWALS_').lower()}"
    if path.exists():
        return path.read_text().strip()
    home.mkdir(parents=True, exist_ok=True)
    made = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(made)
    except FileExistsError:  # another process was faster: both must use the same key
        return path.read_text().strip()
    return made


def _checkpoints(folder: str | None, url: str) -> Path | None:
    """The folder named, else one beside the embedded database; a server's history has no place by itself."""
    if folder:
        return Path(folder)
    path = url.partition(":///")[2].partition("?")[0]
    if url.startswith("sqlite") and path and path != ":memory:":
        return Path(f"{path}-checkpoints")
    return None


def _key(name: str, text: str, faults: list[Label]) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    if text and len(raw) != 32:
        faults.append(
            Label(
                f"{name} 不可用，应为 32 字节的 base64url 文本",
                f"{name} cannot be used; it must be 32 bytes as base64url",
            )
        )
    return raw
