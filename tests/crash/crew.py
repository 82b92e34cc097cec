"""Processes that are killed on purpose, and what must be true afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from engine import api
from engine.bootstrap import Engine
from tests.acceptance.desk import Desk, policy, vin
from tests.crash.nursery import Child
from tests.support import databases

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 10, 1)
DUE = int(os.environ.get("RENEWALS_CRASH_DUE", "24"))
STRIDE = int(os.environ.get("RENEWALS_CRASH_STRIDE", "3"))  # 1: die at every single write


def start(home: Path, code: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a Python process on the installation in *home*; its output is its report."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **databases.environment(home), "PYTHONPATH": str(ROOT), "RENEWALS_LANG": "en"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def bear(home: Path, code: str, *arguments: str) -> Child:
    """Start code that is to die, on the installation in *home*, in a process that has the program imported."""
    environment = {**os.environ, **databases.environment(home), "RENEWALS_LANG": "en"}
    return Child(code, arguments, environment)


@contextmanager
def workers(home: Path, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Run *count* worker processes, and stop them as an operator would."""
    code = "import engine.scheduler as s; s.WORKER_TICK_SECONDS = 0.5; s.worker()"
    crew = [start(home, code) for _ in range(count)]
    try:
        yield crew
    finally:
        for process in crew:
            process.send_signal(signal.SIGTERM)
        for process in crew:
            process.communicate(timeout=60)


def fill(desk: Desk, count: int, *, days_left: int = 61) -> list[str]:
    """Import *count* cars whose next timers are due on one later day; returns their VINs."""
    expiry = TODAY + timedelta(days=days_left)
    rows = [policy(100 + n, expiry, agent="AG001", sub_branch="PC330101") for n in range(count)]
    desk.import_list(rows)
    return [vin(100 + n) for n in range(count)]


def make_due(desk: Desk, days: int = 2) -> None:
    """Move the clock without firing anything."""
    desk.run("clock", "set", f"{TODAY + timedelta(days=days):%Y-%m-%d}T09:00")


def fired(desk: Desk) -> Counter[tuple[int, str, str]]:
    """Count the recorded firings of each timer: (instance, element, planned moment)."""
    rows = desk.sql("SELECT instance_id, subject, payload FROM history_event WHERE action = 'timer_fired'")
    return Counter((r["instance_id"], r["subject"], json.loads(r["payload"])["planned"]) for r in rows)


def overdue(desk: Desk) -> int:
    """Count the instances the sweep still has to look at."""
    now = desk.sql("SELECT now FROM stored_clock")[0]["now"]
    return int(desk.sql("SELECT count(*) AS n FROM process_instance WHERE next_due_at <= ?", now)[0]["n"])


def keys_left(desk: Desk) -> Counter[str]:
    """Count the lines of the sink by key."""
    sink = desk.home / "sent.jsonl"
    lines = sink.read_text().splitlines() if sink.exists() else []
    return Counter(json.loads(line)["key"] for line in lines)


def unsent(desk: Desk) -> int:
    """Count the messages whose time has come and that have neither left nor been withheld."""
    now = desk.sql("SELECT now FROM stored_clock")[0]["now"]
    rows = desk.sql(
        "SELECT count(*) AS n FROM outbox_message WHERE status = 'sending' OR (status = 'queued' AND not_before <= ?)",
        now,
    )
    return int(rows[0]["n"])


def until(is_true: Callable[[], bool], *, seconds: float, pause: float = 0.3) -> bool:
    """Wait until *is_true*, at most *seconds*."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_true():
            return True
        time.sleep(pause)
    return is_true()


def engine_of(desk: Desk) -> Engine:
    """Return an engine of the test's own on the desk's database."""
    from engine.settings import load_settings

    return api.build_engine(load_settings(desk.env))


def chained(desk: Desk) -> bool:
    """Whether the history's numbers have no gap."""
    (row,) = desk.sql("SELECT count(*) AS n, max(seq) AS last FROM history_event")
    return bool(row["n"] == row["last"])
