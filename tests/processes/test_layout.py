"""The diagrams as drawn: complete, free of overlaps, read from left to right.

A process owner reads them at a glance (architecture.md §4); what the eye was shown once stays so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from lxml import etree

from engine.spiff.elements import Element, Elements, Flow, read_elements
from engine.spiff.xmlfile import FLOW_NODES, parse_xml

PROCESSES = Path(__file__).parents[2] / "processes"
FILES = tuple(sorted(path.name for path in PROCESSES.glob("*.bpmn")))
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DI = "{http://www.omg.org/spec/DD/20100524/DI}"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
NAMED = FLOW_NODES | {"sequenceFlow", "lane", "participant"}
SIZES = {"event": (36, 36), "gateway": (50, 50), "task": (100, 80)}
TEXT_MARGIN = 3
"""Pixels by which a label may touch a line: bounds are a little larger than the text in them."""

MAIN_PATHS: Mapping[str, tuple[str, ...]] = {
    "renewal.bpmn": (
        *(
            "import_renewal",
            "assess_renewability",
            "is_renewable",
            "assess_tier",
            "forecast_quote",
            "run_renewal",
        ),
        *("close_lapsed", "closed_lapsed"),
    ),
    "stage_preparation.bpmn": (
        *("begin_preparation", "distribute_list", "dispatch_list", "dispatch_result", "split_preparation"),
        *(
            "prepare_plan",
            "may_visit",
            "prepare_visit",
            "approve_visit_plan",
            "visit_plan_result",
            "finish_preparation",
        ),
    ),
    "stage_follow_up.bpmn": (
        *("begin_follow_up", "needs_late_dispatch", "dispatch_settled_follow_up", "split_follow_up"),
        *("record_contact", "contact_result", "next_step", "verify_application", "verify_result"),
        *("update_customer", "contact_repaired", "finish_contact"),
    ),
    "stage_key_tracking.bpmn": (
        *("begin_key_tracking", "needs_late_dispatch_key", "dispatch_settled_key", "split_key_tracking"),
        *(
            "is_quote_owed",
            "key_contact",
            "key_result",
            "second_visit",
            "second_result",
            "verify_key_application",
        ),
        *("verify_key_result", "finish_key_application"),
    ),
    "stage_summary.bpmn": (
        *("begin_summary", "split_summary", "needs_urgent_dispatch", "urgent_contact", "urgent_result"),
        *("verify_last_application", "verify_last_result", "finish_last_application"),
    ),
    "stage_win_back.bpmn": (
        *(
            "begin_win_back",
            "split_win_back",
            "may_win_back",
            "hand_to_win_back",
            "win_back_wanted",
            "win_back_contact",
        ),
        *("win_back_result", "verify_win_back_application", "verify_win_back_result"),
        "finish_win_back_application",
    ),
    "side_loss.bpmn": ("begin_loss", "has_loss_reason", "tag_lapse_reason", "verify_loss", "finish_loss"),
    "side_exclusion.bpmn": (
        *("begin_exclusion", "confirm_exclusion", "confirm_result", "review_exclusion", "review_result"),
        *("approve_exclusion", "approve_result", "finish_exclusion_by_channel"),
    ),
    "side_orphan.bpmn": (
        *(
            "begin_orphan",
            "handle_orphan_route",
            "route_chosen",
            "handle_orphan_take_over",
            "hand_over_result",
        ),
        *("finish_orphan_hand_over",),
    ),
}
STAGES_IN_ORDER = (
    *("begin_run", "which_stage", "wait_for_t60", "preparation", "wait_for_t45", "follow_up", "wait_for_t30"),
    *("key_tracking", "wait_for_t7", "summary", "wait_for_t1", "win_back", "wait_for_t31", "finish_run"),
)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """Bounds of a shape or a label, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2

    def holds(self, other: Box) -> bool:
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.x + other.width <= self.x + self.width
            and other.y + other.height <= self.y + self.height
        )

    def overlaps(self, other: Box) -> bool:
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )

    def has_on_border(self, point: Point) -> bool:
        x, y = point
        right, bottom = self.x + self.width, self.y + self.height
        on_side = x in (self.x, right) and self.y <= y <= bottom
        return on_side or (y in (self.y, bottom) and self.x <= x <= right)

    def shrunk(self, by: float) -> Box:
        return Box(self.x + by, self.y + by, self.width - 2 * by, self.height - 2 * by)

    def is_crossed_by(self, start: Point, end: Point) -> bool:
        """Whether a horizontal or vertical line passes through the inside."""
        (left, right), (top, bottom) = sorted((start[0], end[0])), sorted((start[1], end[1]))
        across = self.x < right and left < self.x + self.width
        return across and self.y < bottom and top < self.y + self.height


@dataclass(frozen=True)
class Drawing:
    """One diagram file: what it says and how it is drawn."""

    file: str
    elements: Elements
    shapes: Mapping[str, Box]
    edges: Mapping[str, tuple[Point, ...]]
    labels: Mapping[str, Box]

    @property
    def nodes(self) -> tuple[Element, ...]:
        return self.elements.nodes

    def flow(self, source: str, target: str) -> Flow:
        return next(f for f in self.elements.flows if (f.source, f.target) == (source, target))


def _box(node: etree._Element) -> Box:
    return Box(*(float(node.get(name, "")) for name in ("x", "y", "width", "height")))


def _read(file: str) -> Drawing:
    content = (PROCESSES / file).read_bytes()
    root = parse_xml(content, file=file).getroot()
    shapes: dict[str, Box] = {}
    edges: dict[str, tuple[Point, ...]] = {}
    labels: dict[str, Box] = {}
    for drawn in (*root.iter(f"{BPMNDI}BPMNShape"), *root.iter(f"{BPMNDI}BPMNEdge")):
        subject = drawn.get("bpmnElement", "")
        for bounds in drawn.findall(f"{DC}Bounds"):
            shapes[subject] = _box(bounds)
        for bounds in drawn.findall(f"{BPMNDI}BPMNLabel/{DC}Bounds"):
            labels[subject] = _box(bounds)
        points = tuple((float(p.get("x", "")), float(p.get("y", ""))) for p in drawn.findall(f"{DI}waypoint"))
        if points:
            edges[subject] = points
    return Drawing(file, read_elements({file: content}), shapes, edges, labels)


@pytest.fixture(params=FILES)
def drawing(request: pytest.FixtureRequest) -> Drawing:
    return _read(request.param)


def _kind_of_shape(element: Element) -> str:
    if element.kind.endswith("Event"):
        return "event"
    return "gateway" if element.kind.endswith("Gateway") else "task"


def _ink(drawing: Drawing, node: Element) -> Box:
    """The part of a shape's bounds that is drawn on: a diamond leaves its corners free."""
    box = drawing.shapes[node.id]
    return box.shrunk(12) if _kind_of_shape(node) == "gateway" else box


def _all_ids(content: bytes, file: str) -> Iterator[str]:
    root = parse_xml(content, file=file).getroot()
    return (node.get("id", "") for node in root.iter() if isinstance(node.tag, str) and node.get("id"))


def test_every_diagram_has_a_main_path_that_is_checked() -> None:
    assert set(FILES) == set(MAIN_PATHS)


def test_ids_are_unique_over_the_whole_set() -> None:
    counts = Counter(i for file in FILES for i in _all_ids((PROCESSES / file).read_bytes(), file))

    assert [name for name, count in counts.items() if count > 1] == []


def test_every_flow_node_has_a_shape_of_the_usual_size(drawing: Drawing) -> None:
    for node in drawing.nodes:
        box = drawing.shapes[node.id]
        if node.kind != "subProcess":
            assert (box.width, box.height) == SIZES[_kind_of_shape(node)], node.id


def test_nothing_is_left_unconnected(drawing: Drawing) -> None:
    for node in drawing.nodes:
        assert node.incoming or node.kind == "startEvent" or node.attached_to, node.id
        assert node.outgoing or node.kind == "endEvent", node.id


def test_every_flow_is_a_line_of_right_angles_between_its_two_shapes(drawing: Drawing) -> None:
    for flow in drawing.elements.flows:
        points = drawing.edges[flow.id]
        assert len(points) >= 2, flow.id
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(points)), flow.id
        assert drawing.shapes[flow.source].has_on_border(points[0]), flow.id
        assert drawing.shapes[flow.target].has_on_border(points[-1]), flow.id


def test_no_two_shapes_overlap(drawing: Drawing) -> None:
    parents = {node.id: node.parent for node in drawing.nodes}
    hosts = {node.id: node.attached_to for node in drawing.nodes}
    for one, other in combinations(drawing.nodes, 2):
        related = {one.id, other.id} & {parents[one.id], parents[other.id], hosts[one.id], hosts[other.id]}
        if not related:
            assert not drawing.shapes[one.id].overlaps(drawing.shapes[other.id]), (one.id, other.id)


def test_a_sub_process_holds_what_belongs_to_it(drawing: Drawing) -> None:
    for node in drawing.nodes:
        if node.parent:
            assert drawing.shapes[node.parent].holds(drawing.shapes[node.id]), node.id


def test_boundary_events_sit_on_the_bottom_edge_and_lead_downwards(drawing: Drawing) -> None:
    for node in drawing.nodes:
        if node.attached_to is None:
            continue
        host, (x, y) = drawing.shapes[node.attached_to], drawing.shapes[node.id].middle
        assert y == host.y + host.height and host.x < x < host.x + host.width, node.id
        for flow in node.outgoing:
            first, second = drawing.edges[flow][:2]
            assert first[0] == second[0] and first[1] < second[1], flow


def test_no_line_runs_through_a_shape(drawing: Drawing) -> None:
    for flow in drawing.elements.flows:
        for node in drawing.nodes:
            if node.kind == "subProcess":
                continue
            inside = drawing.shapes[node.id].shrunk(1)
            crossed = any(inside.is_crossed_by(a, b) for a, b in pairwise(drawing.edges[flow.id]))
            assert not crossed, (flow.id, node.id)


def test_every_node_of_a_stage_stands_in_its_lane(drawing: Drawing) -> None:
    if not drawing.elements.lanes:
        assert not drawing.elements.user_tasks, "a diagram with user tasks shows who does them"
    for node in drawing.nodes:
        if drawing.elements.lanes:
            (lane,) = node.lanes
            box = drawing.shapes[node.id]
            held = drawing.shapes[lane].holds(box) if node.attached_to is None else True
            assert held, (node.id, lane)


def test_stage_diagrams_have_the_five_lanes_in_order(drawing: Drawing) -> None:
    if not drawing.file.startswith("stage_"):
        return
    lanes = sorted(drawing.elements.lanes, key=lambda lane: drawing.shapes[lane.id].y)
    assert [lane.role for lane in lanes] == ["channel", "specialist", "trainer", "supervisor", "agent"]


def test_named_events_gateways_and_flows_have_a_label_place(drawing: Drawing) -> None:
    named = [node for node in drawing.nodes if node.name and _kind_of_shape(node) != "task"]
    missing = [
        item.id
        for item in (*named, *(f for f in drawing.elements.flows if f.name))
        if item.id not in drawing.labels
    ]

    assert missing == []


def test_no_label_lies_on_a_line_a_shape_or_another_label(drawing: Drawing) -> None:
    small = [node for node in drawing.nodes if node.kind != "subProcess"]
    for subject, label in drawing.labels.items():
        text = label.shrunk(TEXT_MARGIN)
        for flow, points in drawing.edges.items():
            assert not any(text.is_crossed_by(a, b) for a, b in pairwise(points)), (subject, flow)
        for node in small:
            assert not text.overlaps(_ink(drawing, node)), (subject, node.id)
        for other, box in drawing.labels.items():
            assert other == subject or not text.overlaps(box.shrunk(TEXT_MARGIN)), (subject, other)


def test_the_main_path_goes_from_left_to_right(drawing: Drawing) -> None:
    _assert_rightwards(drawing, MAIN_PATHS[drawing.file])


def test_the_stages_stand_on_one_line_from_left_to_right() -> None:
    spine = _read("renewal.bpmn")

    _assert_rightwards(spine, STAGES_IN_ORDER)
    assert len({spine.shapes[name].middle[1] for name in STAGES_IN_ORDER}) == 1


def _assert_rightwards(drawing: Drawing, path: tuple[str, ...]) -> None:
    for source, target in pairwise(path):
        assert drawing.flow(source, target)
        assert drawing.shapes[source].middle[0] < drawing.shapes[target].middle[0], (source, target)


@pytest.mark.parametrize("file", FILES)
def test_whatever_has_a_name_has_an_english_one(file: str) -> None:
    tree = parse_xml((PROCESSES / file).read_bytes(), file=file)
    path = f"{BPMN}extensionElements/{SPIFF}properties/{SPIFF}property[@name='name_en']"

    names = {
        node.get("id"): [found.get("value") for found in node.findall(path)]
        for node in tree.iter()
        if node.get("name") and etree.QName(node).localname in NAMED
    }

    assert len(names) > 5
    assert [] == [key for key, found in names.items() if len(found) != 1 or not found[0]]
    assert [] == [key for key, found in names.items() if any("\u3000" <= c for c in found[0] or "")]
