"""Setup does each step once, begins an interrupted one anew, and lets one run at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from scripts import bootstrap

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = ROOT / "scripts" / "bootstrap.py"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that bootstrap takes for the project, with a `renewals` that writes down what it was asked."""
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "BIN", tmp_path / ".venv" / "bin")
    monkeypatch.delenv("RENEWALS_DATABASE_URL", raising=False)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    renewals = tmp_path / ".venv" / "bin" / "renewals"
    renewals.write_text(
        '#!/bin/sh\necho "$@" >> asked.txt\necho AG001\ntouch var/renewals.db\n[ ! -e refuse ]\n'
    )
    renewals.chmod(0o755)
    return tmp_path


def asked(clone: Path) -> list[str]:
    return (clone / "asked.txt").read_text().splitlines()


def build_demo(clone: Path) -> None:
    bootstrap.demo(clone / ".venv" / "bin" / "renewals", {"RENEWALS_CLOCK": "virtual"})


def test_a_step_is_done_once_and_again_when_its_inputs_change(tmp_path: Path) -> None:
    done: list[str] = []
    stamp = tmp_path / "built" / ".stamp"

    changed = [bootstrap.once(stamp, wanted, lambda: done.append("x")) for wanted in ("one", "one", "two")]

    assert [True, False, True] == changed
    assert ["x", "x"] == done


def test_a_step_that_was_interrupted_is_begun_anew(tmp_path: Path) -> None:
    stamp = tmp_path / ".stamp"
    stamp.write_text("old")

    def broken() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bootstrap.once(stamp, "new", broken)

    assert bootstrap.once(stamp, "old", lambda: None)


def test_the_digest_notices_a_changed_a_new_and_a_missing_file(clone: Path) -> None:
    folder = clone / "sources"
    folder.mkdir()
    (folder / "a.js").write_text("1")
    seen = [bootstrap.digest([folder, clone / "lock"])]

    (folder / "a.js").write_text("2")
    seen.append(bootstrap.digest([folder, clone / "lock"]))
    (folder / "b.js").write_text("")
    seen.append(bootstrap.digest([folder, clone / "lock"]))
    (clone / "lock").write_text("")
    seen.append(bootstrap.digest([folder, clone / "lock"]))

    assert len(set(seen)) == 4


def test_a_second_setup_waits_for_the_first(clone: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with bootstrap.alone():
            order.append("second")

    with bootstrap.alone():
        waiting = threading.Thread(target=second)
        waiting.start()
        time.sleep(0.2)
        order.append("first")
    waiting.join(timeout=10)

    assert ["first", "second"] == order


def test_the_demo_book_is_built_on_the_first_run_and_its_sign_ins_shown_on_each(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build_demo(clone)
    build_demo(clone)

    assert ["demo"] == asked(clone)
    assert "AG001\nAG001\n" == capsys.readouterr().out


def test_a_demo_book_that_was_interrupted_is_built_anew(clone: Path) -> None:
    (clone / "refuse").touch()
    with pytest.raises(SystemExit):
        build_demo(clone)
    (clone / "refuse").unlink()
    (clone / "var" / "renewals.db-wal").touch()

    build_demo(clone)

    assert ["demo", "demo"] == asked(clone)
    assert ["demo.txt", "renewals.db"] == sorted(path.name for path in (clone / "var").iterdir())


def test_a_failing_tool_ends_as_one_sentence_with_its_last_words(clone: Path) -> None:
    command = [sys.executable, "-c", "print('no route to anywhere'); raise SystemExit(3)"]

    with pytest.raises(bootstrap.SetupError) as refused:
        bootstrap.run(command, "Fetching", "Check the network.")

    assert "Fetching failed. Check the network.\n  | no route to anywhere" == str(refused.value)


def test_a_tool_that_is_not_there_is_named_too(clone: Path) -> None:
    with pytest.raises(bootstrap.SetupError, match=r"Fetching did not start .* Check the network\."):
        bootstrap.run([clone / "nothing"], "Fetching", "Check the network.")


def test_the_browser_of_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mine, system, fetched = tmp_path / "mine", tmp_path / "system", tmp_path / "fetched"
    system.touch(mode=0o755)
    fetched.touch(mode=0o755)
    monkeypatch.setattr(bootstrap, "SYSTEM_BROWSERS", [tmp_path / "absent", system])
    monkeypatch.setattr(bootstrap, "UNPACKED_BROWSER", fetched)
    monkeypatch.setenv("CHROMIUM", str(mine))
    found = [bootstrap.find_browser()]

    monkeypatch.delenv("CHROMIUM")
    found.append(bootstrap.find_browser())
    system.unlink()
    found.append(bootstrap.find_browser())
    fetched.unlink()
    found.append(bootstrap.find_browser())

    assert [mine, system, fetched, None] == found


def test_a_mirror_given_to_pip_is_given_to_uv_unless_it_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "mirror:pip")
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    given = [bootstrap.environment()["UV_DEFAULT_INDEX"]]

    monkeypatch.setenv("UV_DEFAULT_INDEX", "mirror:uv")
    given.append(bootstrap.environment()["UV_DEFAULT_INDEX"])

    assert ["mirror:pip", "mirror:uv"] == given


def test_bytecode_is_kept_below_venv_where_none_is_wanted_in_the_tree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    unwanted = bootstrap.environment()

    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
    usual = bootstrap.environment()

    assert str(bootstrap.VENV / ".bytecode") == unwanted["PYTHONPYCACHEPREFIX"]
    assert "PYTHONDONTWRITEBYTECODE" not in unwanted
    assert "PYTHONPYCACHEPREFIX" not in usual


def test_an_unknown_command_is_answered_with_the_known_ones() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "fly"], capture_output=True, text=True, check=False, env=dict(os.environ)
    )

    assert done.returncode == 2
    assert "setup|run|test|lint|bench|clean" in done.stderr


def test_make_lists_what_can_be_made() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)

    for target in ("setup", "run", "test", "lint", "bench", "clean"):
        assert f"make {target}" in done.stdout
