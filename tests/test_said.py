"""Every refusal of the engine is whole in both languages: no Chinese in English, no English sentence in Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import engine.api
import engine.crypto
import engine.scheduler
import engine.spiff.codec
import engine.spiff.lint_terms
from engine.errors import EngineError
from engine.label import Label
from engine.settings import SettingsError, load_settings

ROOT = Path(__file__).resolve().parent.parent
HAN = re.compile(r"[一-鿿]")
SENTENCE = re.compile(r"(?:\b[A-Za-z]+\b[ ,]+){3,}")
"""Four English words in a row; shorter is a name, a code, a command."""
COMMANDS = re.compile(r"renewals [a-z][a-z -]*(--[a-z-]+)*|make [a-z]+")


def classes(base: type[EngineError] = EngineError) -> Iterator[type[EngineError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from classes(kind)


def bare(template: str) -> str:
    return COMMANDS.sub("", re.sub(r"\{[^}]*\}", "", template))


@pytest.mark.parametrize(
    "kind", sorted(set(classes()), key=lambda kind: kind.__name__), ids=lambda k: k.__name__
)
def test_the_template_of_a_refusal_is_whole_in_each_language(kind: type[EngineError]) -> None:
    assert HAN.search(bare(kind.en)) is None
    assert SENTENCE.search(bare(kind.zh)) is None


def raised() -> Iterator[tuple[str, ast.Call]]:
    """Every construction of a refusal in the source."""
    names = {kind.__name__ for kind in classes()} | {"EngineError"}
    for path in sorted((ROOT / "engine").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


SITES = list(raised())


def texts(node: ast.AST) -> Iterator[str]:
    """The fixed texts a refusal is given outside a Label: those that one language alone would have."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Label":
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from texts(child)


def test_there_are_refusals_to_look_at() -> None:
    assert len(SITES) > 60


@pytest.mark.parametrize("site", SITES, ids=[name for name, _ in SITES])
def test_what_a_refusal_is_given_is_said_in_both_languages(site: tuple[str, ast.Call]) -> None:
    for keyword in site[1].keywords:
        for text in texts(keyword.value):
            if (keyword.arg or "").endswith(("_zh", "zh")):
                assert SENTENCE.search(bare(text)) is None, text
            else:
                assert HAN.search(text) is None, text
                if not (keyword.arg or "").endswith("en"):
                    assert SENTENCE.search(bare(text)) is None, text


def labels() -> Iterator[tuple[str, str, str]]:
    """Every Label with two fixed texts in the source, f-strings included."""
    for path in sorted((ROOT / "engine").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Label" and len(node.args) == 2:
                zh, en = ("".join(texts(arg)) for arg in node.args)
                yield f"{path.relative_to(ROOT)}:{node.lineno}", zh, en


def test_no_label_mixes_the_languages() -> None:
    mixed = [where for where, zh, en in labels() if HAN.search(en) or SENTENCE.search(COMMANDS.sub("", zh))]

    assert [] == mixed


WRONG_SETTINGS: dict[str, Any] = {
    "RENEWALS_TIMEZONE": "Asia/Atlantis",
    "RENEWALS_DATA_KEY": "short",
    "RENEWALS_DATABASE_URL": "mysql://root:secret@host/x",
    "RENEWALS_PORT": "http",
    "RENEWALS_CLOCK": "sundial",
    "RENEWALS_LANG": "fr",
    "RENEWALS_PROXIES": "many",
    "RENEWALS_WEB_WORKERS": "0",
    "RENEWALS_DRIVERS": "pigeon=smtp",
}


@pytest.mark.parametrize("name", WRONG_SETTINGS)
def test_a_wrong_setting_is_named_in_the_reader_s_language(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"RENEWALS_DATABASE_URL": f"sqlite:///{tmp_path}/x.db", name: WRONG_SETTINGS[name]})

    zh, en = refused.value.say("zh"), refused.value.say("en")
    assert name in zh and name in en
    assert HAN.search(en) is None
    assert SENTENCE.search(bare(zh)) is None
    assert "secret" not in zh + en


def test_a_missing_key_is_said_once_in_each_language() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"RENEWALS_DATABASE_URL": "postgresql://db/x"})

    assert "required" not in refused.value.say("zh")
    assert HAN.search(refused.value.say("en")) is None


def test_a_refusal_inside_a_refusal_is_said_in_the_same_language() -> None:
    inner = engine.api.NotFound(what=Label("任务", "task"), key=7)
    outer = engine.api.StepFailed(element="x", incident=1, reason=inner)

    assert "No task “7”" in outer.say("en") and HAN.search(outer.say("en")) is None
    assert "找不到任务" in outer.say("zh")
