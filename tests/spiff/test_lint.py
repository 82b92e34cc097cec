"""Every rule has a sample under ``bad/`` that it refuses by name, and a neighbour under ``good/`` that passes.

A sample is one file, or a folder that is a whole set; its name is ``<code>--<variant>``.
"""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from engine.services.facts import FACTS
from engine.services.operations import CATALOGUE
from engine.services.publish import read_files
from engine.spiff.findings import RULES, WARNINGS, Finding
from engine.spiff.lint import lint_set
from engine.spiff.xmlfile import DiagramError, parse_xml

HERE = Path(__file__).parent
FORMS = frozenset({"record_contact"})
OPERATIONS = frozenset({"record_renewal"})
NAMES = {".bpmn": "renewal.bpmn", ".dmn": "customer_tier.dmn"}
READER_CODES = {
    "doctype", "not_xml", "empty_file", "bad_encoding", "file_too_large", "too_many_nodes", "not_dmn",
    "one_decision_a_file", "dmn_logic", "hit_policy", "dmn_type", "output_name", "dmn_shape", "bad_cell", "cell_kind",
}  # fmt: skip
"""Codes of files that cannot be read as what they claim to be."""
SAMPLES = sorted((HERE / "bad").iterdir())


def _set(path: Path) -> dict[str, bytes]:
    if path.is_dir():
        return {file.name: file.read_bytes() for file in sorted(path.iterdir())}
    return {NAMES[path.suffix]: path.read_bytes()}


def _lint(files: dict[str, bytes]) -> list[Finding]:
    return lint_set(files, FORMS, OPERATIONS, FACTS)


def _code(sample: Path) -> str:
    return sample.name.split(".")[0].split("--")[0]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_bad_sample_is_refused_by_name(sample: Path) -> None:
    findings = [finding for finding in _lint(_set(sample)) if finding.code == _code(sample)]

    assert findings, [finding.code for finding in _lint(_set(sample))]
    for finding in findings:
        assert finding.level == ("warning" if finding.code in WARNINGS else "error")
        assert finding.file in _set(sample)
        assert finding.zh != finding.en
        assert str(finding) == f"{finding.file}:{finding.element}: {finding.zh}"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_its_good_neighbour_passes(sample: Path) -> None:
    findings = _lint(_set(HERE / "good" / sample.name))

    assert [] == [
        str(finding) for finding in findings if finding.level == "error" or finding.code == _code(sample)
    ]


def test_every_rule_has_a_bad_sample() -> None:
    shown_elsewhere = {"parser_refused", "file_too_large", "no_root"}

    assert set(RULES) | READER_CODES == {_code(sample) for sample in SAMPLES} | shown_elsewhere


def test_every_text_says_what_to_do_in_two_languages() -> None:
    for code, (zh, en) in RULES.items():
        assert any("\u4e00" <= sign <= "\u9fff" for sign in zh) or "{" in zh, code
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in en), code


def test_the_element_at_fault_is_named() -> None:
    named = {
        "bad/xor_no_condition.bpmn": "flow_yes",
        "bad/reserved_id--end.bpmn": "End",
        "bad/pre_script.bpmn": "confirm_quote",
        "bad/join_waits_forever--xor_split.bpmn": "join_work",
        "bad/parallel_merge--xor_merge.bpmn": "join_work",
        "bad/boundary_unattached.bpmn": "give_up",
        "bad/timer_duration--negative.bpmn": "wait_for_day",
        "bad/bad_cell--smart_quotes.dmn": "row_1",
        "bad/dmn_overlap--boundary.dmn": "row_2",
    }

    for sample, element in named.items():
        assert element in {finding.element for finding in _lint(_set(HERE / sample))}, sample


def test_an_expression_is_blamed_with_its_column() -> None:
    (finding,) = [
        f for f in _lint(_set(HERE / "bad" / "bad_expression--full_width.bpmn")) if f.code == "bad_expression"
    ]

    assert "第 16 列" in finding.zh
    assert "column 16" in finding.en


def test_code_hidden_by_character_references_is_seen() -> None:
    good = (HERE / "good" / "bad_expression--import.bpmn").read_text(encoding="utf-8")
    hidden = good.replace("renewal.visits &gt; 3", "&#95;&#95;import&#95;&#95;('os')")

    codes = {finding.code for finding in _lint({"renewal.bpmn": hidden.encode()})}

    assert "bad_expression" in codes


def test_several_faults_are_all_named_at_once() -> None:
    bad = (HERE / "bad" / "xor_no_default.bpmn").read_text(encoding="utf-8")
    worse = bad.replace('value="record_contact"', 'value="gone"').replace("renewal.is_key", "renewl.is_key")

    codes = {finding.code for finding in _lint({"renewal.bpmn": worse.encode()})}

    assert {"xor_no_default", "unknown_form", "unknown_name"} <= codes


def test_a_set_without_its_main_process_is_refused_when_one_is_asked_for() -> None:
    files = _set(HERE / "good" / "process_file_name.bpmn")

    assert [] == lint_set(files, FORMS, OPERATIONS, FACTS, root="renewal")
    assert ["no_root"] == [f.code for f in lint_set({}, FORMS, OPERATIONS, FACTS, root="renewal")]


def test_what_lies_behind_a_cut_is_not_told_of_one_by_one() -> None:
    bundle = read_files()
    files = {name: content for name, content in bundle.items() if not name.startswith("forms/")}
    forms = frozenset(Path(name).stem for name in bundle.keys() - files.keys())
    name = "stage_follow_up.bpmn"
    flow = b'sequenceFlow id="begin_follow_up_to_needs_late_dispatch"'
    assert flow in files[name]
    cut = files | {name: files[name].replace(flow, flow.replace(b"sequenceFlow", b"sequenceFlowX"))}

    told = [(finding.code, finding.element) for finding in lint_set(cut, forms, frozenset(CATALOGUE), FACTS)]

    assert {
        ("unsupported_element", "stage_follow_up"),
        ("dead_end", "begin_follow_up"),
        ("unreachable", "needs_late_dispatch"),
    } == set(told)


BOMBS = {
    "fifty megabytes": b"<a>" + b"x" * (50 * 1024 * 1024) + b"</a>",
    "ten thousand nodes": b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p">'
    + b"".join(b'<endEvent id="e%d"/>' % n for n in range(10_000))
    + b"</process></definitions>",
    "two megabytes of empty tags": b"<a>" + b"<b/>" * 500_000 + b"</a>",
    "nested ten thousand deep": b"<a>" * 10_000 + b"</a>" * 10_000,
    "billion laughs": b'<!DOCTYPE z [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, (b"&a%d;" % (n - 1) if n else b"&a;") * 10) for n in range(12))
    + b"]><z>&a11;</z>",
    "quadratic blow-up": b'<!DOCTYPE z [<!ENTITY a "'
    + b"x" * 100_000
    + b'">]><z>'
    + b"&a;" * 10_000
    + b"</z>",
    "external entity": b'<!DOCTYPE z [<!ENTITY a SYSTEM "file:///etc/hostname">]><z>&a;</z>',
    "external document type": b'<!DOCTYPE z SYSTEM "http://127.0.0.1:9/z.dtd"><z/>',
    "parameter entity": b'<!DOCTYPE z [<!ENTITY % a SYSTEM "file:///etc/hostname"> %a;]><z/>',
    "utf-16 without a mark": "<z/>".encode("utf-16-le"),
    "gbk declared": '<?xml version="1.0" encoding="GBK"?><z>续保</z>'.encode("gbk"),
    "gbk undeclared": "<z>续保</z>".encode("gbk"),
    "utf-7 declared": b'<?xml version="1.0" encoding="UTF-7"?><z/>',
    "a picture": b"\x89PNG\r\n\x1a\n" + b"\x00" * 64,
    "nothing": b"",
    "one long attribute": b'<z a="' + b"x" * 1_500_000 + b'"/>',
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("name", ["renewal.bpmn", "customer_tier.dmn"])
def test_a_hostile_file_is_refused_soon_and_in_little_memory(name: str, content: bytes) -> None:
    tracemalloc.start()
    began = time.perf_counter()

    findings = _lint({name: content})

    took = time.perf_counter() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert any(finding.level == "error" and finding.file == name for finding in findings)
    assert took < 2
    assert peak < 64 * 1024 * 1024


def test_an_entity_is_never_expanded() -> None:
    content = b'<!DOCTYPE z [<!ENTITY a SYSTEM "file:///etc/hostname">]><z>&a;</z>'

    with pytest.raises(DiagramError) as refused:
        parse_xml(content, file="renewal.bpmn")

    assert "doctype" == refused.value.params["rule"]
    assert "DOCTYPE" in refused.value.say("zh")
