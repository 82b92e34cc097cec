"""The walls between the rooms stand: the contracts of .importlinter hold, and they would notice a breach."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINT = Path(sys.executable).with_name("lint-imports")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the import contracts of *folder* on the packages that stand in it."""
    return subprocess.run(
        [LINT, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_import_contract_holds() -> None:
    done = lint_imports(ROOT)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        pytest.param("engine/api.py", "import flask", "engine knows no web", id="engine takes up the web"),
        pytest.param("forms/loader.py", "import sqlalchemy", "forms is pure", id="forms opens a database"),
        pytest.param(
            "admin/app.py",
            "import engine.store",
            "admin enters engine by its doors only",
            id="admin climbs through a window",
        ),
        pytest.param(
            "engine/domain/stage.py",
            "import SpiffWorkflow",
            "SpiffWorkflow has one home",
            id="a rule of the trade knows the process engine",
        ),
        pytest.param(
            "engine/services/tasks.py",
            "import sqlalchemy",
            "SQLAlchemy lives in store and queries",
            id="a service writes its own SQL",
        ),
        pytest.param(
            "engine/domain/stage.py", "import engine.store", "engine layers", id="a lower layer looks up"
        ),
    ],
)
def test_a_breach_is_named(tmp_path: Path, module: str, line: str, contract: str) -> None:
    for name in ("engine", "forms", "admin"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    with (tmp_path / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")

    done = lint_imports(tmp_path)

    assert done.returncode == 1
    assert f"{contract} BROKEN" in done.stdout
