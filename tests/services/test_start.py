"""A later start waits for nothing it does not need (issue: console up in under five seconds)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support import databases
from tests.support.console import copy_book

ROOT = Path(__file__).parents[2]
START = """
import sys
from engine.cli import main
try:
    main(["db", "upgrade"])
except SystemExit as done:
    assert not done.code
import engine.scheduler
from admin.app import create_app
from engine.api import build_engine
assert create_app(build_engine()).test_client().get("/healthz").status_code == 200
print(*sorted({"alembic", "xlsxwriter", "openpyxl", "structlog"} & set(sys.modules)))
"""


def test_a_start_on_a_ready_database_loads_no_tool_of_rare_work(prepared_book: Path, tmp_path: Path) -> None:
    home = copy_book(prepared_book, tmp_path / "book")
    env = os.environ | databases.environment(home)

    said = subprocess.run(
        [sys.executable, "-c", START], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )

    assert (0, "") == (said.returncode, said.stderr)
    assert said.stdout.splitlines()[-1] == ""
