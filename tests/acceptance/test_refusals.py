"""Diagrams and tables that would run code, hang or never end are refused by name at deploy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.acceptance.desk import Desk, Refused

pytestmark = pytest.mark.one_database

PROCESSES = Path(__file__).resolve().parents[2] / "processes"
SPINE = (PROCESSES / "renewal.bpmn").read_text(encoding="utf-8")
STAGE = (PROCESSES / "stage_preparation.bpmn").read_text(encoding="utf-8")
TABLE = (PROCESSES / "renewability.dmn").read_text(encoding="utf-8")
CODE = "__import__('os').system('touch /tmp/owned')"
SCRIPT = f'<bpmn:scriptTask id="do_harm" name="x"><bpmn:script>{CODE}</bpmn:script></bpmn:scriptTask>'


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """A copy of the shipped set, to be spoiled."""
    folder = tmp_path / "candidate"
    shutil.copytree(PROCESSES, folder)
    return folder


def deploy(desk: Desk, folder: Path) -> str:
    """Deploy as two people; returns the refusal's sentence."""
    before = desk.sql("SELECT count(*) AS n FROM v_audit WHERE action = 'definition_deployed'")
    with pytest.raises(Refused) as refusal:
        desk.run("deploy", str(folder), "--by", "owner", "--approved-by", "second")
    assert refusal.value.code == 1
    assert desk.sql("SELECT count(*) AS n FROM v_audit WHERE action = 'definition_deployed'") == before
    return refusal.value.sentence


def spoil(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_script_task_is_refused_by_its_id(desk: Desk, candidate: Path) -> None:
    spoil(candidate, "stage_preparation.bpmn", "</bpmn:process>", SCRIPT + "</bpmn:process>")

    sentence = deploy(desk, candidate)

    assert "stage_preparation.bpmn:do_harm" in sentence
    assert not Path("/tmp/owned").exists()


def test_code_in_a_condition_is_refused_with_file_and_element(desk: Desk, candidate: Path) -> None:
    start = SPINE.index("<bpmn:conditionExpression")
    condition = SPINE[SPINE.index(">", start) + 1 : SPINE.index("</bpmn:conditionExpression>", start)]
    spoil(candidate, "renewal.bpmn", condition, CODE)

    assert "renewal.bpmn:" in deploy(desk, candidate)


@pytest.mark.parametrize("timer", ["-PT1H", "P", "P1.5M", "3 days", "PT0S", CODE], ids=str)
def test_a_timer_that_is_no_date_is_refused(desk: Desk, candidate: Path, timer: str) -> None:
    spoil(candidate, "renewal.bpmn", ">T(-45)<", f">{timer}<")

    assert "renewal.bpmn:" in deploy(desk, candidate)


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1/evil.dtd">',
    ],
    ids=["entity", "file entity", "outside declaration"],
)
@pytest.mark.parametrize("name", ["renewal.bpmn", "renewability.dmn"])
def test_a_document_type_declaration_is_refused(
    desk: Desk, candidate: Path, name: str, declaration: str
) -> None:
    path = candidate / name
    head, _, rest = path.read_text(encoding="utf-8").partition("?>")
    path.write_text(f"{head}?>{declaration}{rest}", encoding="utf-8")

    sentence = deploy(desk, candidate)

    assert name in sentence
    assert "DOCTYPE" in sentence


def test_something_that_is_not_xml_is_refused(desk: Desk, candidate: Path) -> None:
    (candidate / "stage_summary.bpmn").write_bytes(b"PK\x03\x04 not a diagram")

    assert "stage_summary.bpmn" in deploy(desk, candidate)


@pytest.mark.parametrize("encoding", ["utf-16", "gbk"])
def test_another_encoding_is_refused_by_name(desk: Desk, candidate: Path, encoding: str) -> None:
    text = STAGE.replace('encoding="UTF-8"', f'encoding="{encoding}"')
    (candidate / "stage_preparation.bpmn").write_bytes(text.encode(encoding))

    assert "stage_preparation.bpmn" in deploy(desk, candidate)


def test_a_dangling_flow_is_refused_by_its_id(desk: Desk, candidate: Path) -> None:
    spoil(candidate, "stage_preparation.bpmn", 'targetRef="prepare_visit"', 'targetRef="nowhere"')

    sentence = deploy(desk, candidate)

    assert "stage_preparation.bpmn:" in sentence
    assert "nowhere" in sentence or "prepare_plan" in sentence


def test_a_diagram_that_calls_itself_is_refused(desk: Desk, candidate: Path) -> None:
    spoil(candidate, "renewal.bpmn", 'calledElement="stage_summary"', 'calledElement="renewal"')

    assert "renewal.bpmn:" in deploy(desk, candidate)


def test_a_form_nobody_defined_is_refused(desk: Desk, candidate: Path) -> None:
    spoil(
        candidate,
        "stage_preparation.bpmn",
        'name="form" value="prepare_plan"',
        'name="form" value="no_such_form"',
    )

    sentence = deploy(desk, candidate)

    assert "stage_preparation.bpmn:prepare_plan" in sentence
    assert "no_such_form" in sentence


def test_code_in_a_table_cell_is_refused(desk: Desk, candidate: Path) -> None:
    start = TABLE.index("<inputEntry") if "<inputEntry" in TABLE else TABLE.index(":inputEntry")
    text_at = TABLE.index("text>", start) + len("text>")
    cell = TABLE[text_at : TABLE.index("<", text_at)]
    (candidate / "renewability.dmn").write_text(
        TABLE[:text_at] + CODE + TABLE[text_at + len(cell) :], encoding="utf-8"
    )

    assert "renewability.dmn:" in deploy(desk, candidate)


def test_a_valid_change_needs_a_second_person(desk: Desk, candidate: Path) -> None:
    spoil(candidate, "stage_preparation.bpmn", 'name="准备客户拜访"', 'name="准备拜访"')

    with pytest.raises(Refused) as alone:
        desk.run("deploy", str(candidate), "--by", "owner")
    with pytest.raises(Refused) as oneself:
        desk.run("deploy", str(candidate), "--by", "owner", "--approved-by", "owner")
    done = desk.run("deploy", str(candidate), "--by", "owner", "--approved-by", "second")
    again = desk.run("deploy", str(candidate), "--by", "owner", "--approved-by", "second")

    assert "--approved-by" in alone.value.sentence
    assert "不能审批自己" in oneself.value.sentence
    assert (done["version"], done["new"]) == (2, True)
    assert (again["version"], again["new"]) == (2, False)
