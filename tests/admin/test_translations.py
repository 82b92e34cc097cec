from __future__ import annotations

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "admin" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
SHEETS = re.compile("机构|人员|对接")  # the sheets of the organisation file keep their names
GAP = re.compile(r"%\((\w+)\)s")


def used_texts() -> set[str]:
    """Every text that the console's code and pages translate."""
    found = extract_from_dir(
        ROOT / "admin", METHODS, keywords={"_": None, "gettext": None, "lazy_gettext": None}
    )
    return {text for _file, _line, text, _comments, _context in found if isinstance(text, str)}


def english() -> dict[str, str]:
    with CATALOGUE.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def test_every_text_of_the_console_has_its_english() -> None:
    translated = english()

    missing = {text for text in used_texts() if not translated.get(text)}

    assert len(translated) > 300
    assert set() == missing


def test_no_english_is_kept_for_texts_that_are_gone() -> None:
    assert set() == set(english()) - used_texts()


def test_translations_fill_the_same_gaps_and_are_english() -> None:
    translated = english()

    gaps = {zh for zh, en in translated.items() if set(GAP.findall(zh)) != set(GAP.findall(en))}
    chinese = {en for en in translated.values() if re.search(r"[\u4e00-\u9fff]", SHEETS.sub("", en))}

    assert set() == gaps
    assert set() == chinese


def test_texts_in_the_source_are_chinese() -> None:
    assert [] == [
        text for text in used_texts() if not re.search(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]", text)
    ]
