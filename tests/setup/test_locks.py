"""The lock files say what is installed, by hash, and never from where."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON_LOCKS = [ROOT / "requirements.lock", *sorted((ROOT / "scripts" / "locks").glob("*.txt"))]
NODE_LOCKS = [ROOT / "package-lock.json", ROOT / "tests" / "browser" / "chromium" / "package-lock.json"]
ADDRESS = re.compile(r"https?://|file:|--(extra-)?index|--find-links")


def pins(lock: Path) -> dict[str, set[str]]:
    """Return name → versions of a requirements lock (more than one where the Python version decides)."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)==(\S+)", lock.read_text(), re.MULTILINE):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


@pytest.mark.parametrize(
    "lock", [*PYTHON_LOCKS, *NODE_LOCKS], ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_no_lock_names_a_host(lock: Path) -> None:
    assert ADDRESS.findall(lock.read_text()) == []


@pytest.mark.parametrize("lock", PYTHON_LOCKS, ids=lambda path: path.name)
def test_every_python_package_is_pinned_by_hash(lock: Path) -> None:
    entries = lock.read_text().replace("\\\n", " ").splitlines()

    without = [entry for entry in entries if entry.strip() and "--hash=sha256:" not in entry]

    assert without == []


def test_every_dependency_of_the_project_is_locked_within_its_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["dev"],
        *project["build-system"]["requires"],
    ]
    locked = pins(ROOT / "requirements.lock")

    for text in wanted:
        requirement = Requirement(text)
        versions = locked.get(canonicalize_name(requirement.name), set())
        assert versions, f"{text} is not in requirements.lock; run make lock"
        assert all(requirement.specifier.contains(version) for version in versions), text


@pytest.mark.parametrize("lock", NODE_LOCKS, ids=lambda path: path.parent.name)
def test_every_npm_package_is_pinned_by_hash_and_agrees_with_package_json(lock: Path) -> None:
    content = json.loads(lock.read_text())
    wanted = json.loads(lock.with_name("package.json").read_text())

    packages = {name: entry for name, entry in content["packages"].items() if name}

    assert [name for name, entry in packages.items() if "integrity" not in entry] == []
    for kind in ("dependencies", "devDependencies"):
        for name, version in wanted.get(kind, {}).items():
            assert version == packages[f"node_modules/{name}"]["version"], f"{name}: run make lock"
