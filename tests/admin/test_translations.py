from __future__ import annotations

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask

from admin.i18n import counted, init_i18n

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "admin" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
SHEETS = re.compile("机构|人员|对接")  # the sheets of the organisation file keep their names
GAP = re.compile(r"%\((\w+)\)s")


PLAIN, COUNTED = ("_", "gettext", "lazy_gettext"), ("counted",)
LIMITS = re.compile(
    r"(At most|Tick 1 to|More than|[Tt]he first|First|Only the|Only the next|The) %\(n\)s"
    r"( earliest expiries| letters of this hour| rows| tasks| are listed| to expire)"
)
"""Of a limit, which is never one."""
MANY = re.compile(
    r"%\(\w+\)s (?:\w+ ){0,2}?(?:rows|problems|people|incidents|renewals|days|tasks|contacts|policies|claims|cars|answers"
    r"|letters|files|customers|members|timers|notices|units|liaisons|attempts|items|values|were|are|have|stand)\b"
)
"""What reads wrong of one."""


def texts_of(keywords: tuple[str, ...]) -> set[str]:
    found = extract_from_dir(ROOT / "admin", METHODS, keywords=dict.fromkeys(keywords))
    return {text for _file, _line, text, _comments, _context in found if isinstance(text, str)}


def used_texts() -> set[str]:
    """Every text that the console's code and pages translate."""
    return texts_of(PLAIN + COUNTED)


def forms() -> dict[str, tuple[str, ...]]:
    """The English of each Chinese text: one form, or that of one and that of many."""
    with CATALOGUE.open("rb") as file:
        return {
            message.id if isinstance(message.id, str) else message.id[0]: (
                (message.string,) if isinstance(message.string, str) else tuple(message.string)
            )
            for message in read_po(file)
            if message.id
        }


def english() -> dict[str, str]:
    return {zh: "\n".join(found) if all(found) else "" for zh, found in forms().items()}


def test_every_text_of_the_console_has_its_english() -> None:
    translated = english()

    missing = {text for text in used_texts() if not translated.get(text)}

    assert len(translated) > 300
    assert set() == missing


def test_no_english_is_kept_for_texts_that_are_gone() -> None:
    assert set() == set(english()) - used_texts()


def test_translations_fill_the_same_gaps_and_are_english() -> None:
    translated = english()

    gaps = {
        zh for zh, found in forms().items() for en in found if set(GAP.findall(zh)) != set(GAP.findall(en))
    }
    chinese = {en for en in translated.values() if re.search(r"[\u4e00-\u9fff]", SHEETS.sub("", en))}

    assert set() == gaps
    assert set() == chinese


def test_texts_in_the_source_are_chinese() -> None:
    assert [] == [
        text for text in used_texts() if not re.search(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]", text)
    ]


def test_what_is_counted_has_a_form_of_one_and_one_of_many_and_nothing_else_has() -> None:
    several = {zh for zh, found in forms().items() if len(found) == 2}

    assert texts_of(COUNTED) == several
    assert set() == several & texts_of(PLAIN), "a text is counted everywhere or nowhere"


def test_no_english_text_says_one_tasks() -> None:
    wrong = {
        found[0]
        for found in forms().values()
        if MANY.search(found[0]) and not (len(found) == 1 and LIMITS.search(found[0]))
    }

    assert set() == wrong


def test_the_two_forms_differ_and_the_console_chooses_between_them() -> None:
    assert [] == [found for found in forms().values() if len(found) == 2 and found[0] == found[1]]
    app = Flask(__name__)
    init_i18n(app)
    with app.test_request_context(headers={"Cookie": "lang=en"}):
        assert ["1 task", "2 tasks", "0 tasks"] == [counted("%(n)s 项任务", n=n) for n in (1, 2, 0)]
    with app.test_request_context():
        assert ["1 项任务", "2 项任务"] == [counted("%(n)s 项任务", n=n) for n in (1, 2)]


def _breaks(text: str) -> bool:
    """Whether putting values into *text* fails, as for a percent sign that is not doubled."""
    try:
        text % dict.fromkeys(GAP.findall(text), "1")
    except (ValueError, TypeError, KeyError):
        return True
    return False


def test_the_english_takes_values_wherever_the_chinese_does() -> None:
    """Texts of pages are always filled with values: a bare percent sign in one language breaks the page in it."""
    assert [] == [
        zh for zh, found in forms().items() if not _breaks(zh) and any(_breaks(text) for text in found)
    ]
