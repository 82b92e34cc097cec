"""Reads the XML of diagrams and tables safely: bounded, no DOCTYPE, entities, network, foreign encodings.

Measured (spiffworkflow.md §2.2): lxml refuses entity bombs by itself but expands small internal entities,
which hide text from a reader of the file; so any DOCTYPE is refused before parsing.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from engine.errors import EngineError
from engine.label import Label

MAX_BYTES = 2 * 1024 * 1024
MAX_TAGS = 60_000
"""Most opening and closing tags of one file; keeps memory flat whatever a file of 2 MB holds."""
MAX_NODES = 300
"""Most flow nodes of one diagram (a chain near 488 breaks the parser, spiffworkflow.md §2.2)."""

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
FLOW_NODES = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "scriptTask",
        "businessRuleTask",
        "sendTask",
        "receiveTask",
    }
    | {"startEvent", "endEvent", "boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent"}
    | {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "complexGateway", "eventBasedGateway"}
    | {"callActivity", "subProcess", "transaction", "adHocSubProcess"}
)
"""Local names of the BPMN elements a token can stand on."""

_DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_PROLOG = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_BOMS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"\x00\x00\xfe\xff", "UTF-32"))


class DiagramError(EngineError):
    """A diagram or table file cannot be accepted; ``rule`` is the code of the finding."""

    code = "bad_diagram"
    zh = "{file}:{element}: {reason_zh}"
    en = "{file}:{element}: {reason_en}"

    def __init__(
        self, *, file: str, reason_zh: str, reason_en: str, element: str = "", rule: str = "bad_diagram"
    ) -> None:
        super().__init__(
            file=file, element=element or "-", reason_zh=reason_zh, reason_en=reason_en, rule=rule
        )


def parse_xml(content: bytes, *, file: str) -> etree._ElementTree:
    """Parse *content* of the file named *file*.

    Raises:
        DiagramError: too large, not UTF-8, has a DOCTYPE, is not well-formed XML, or has too many flow nodes.
    """
    _check_size(content, file)
    body = _utf8(content, file)
    _check_doctype(body, file)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_pis=True,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position if error.position else (0, 0)
        raise DiagramError(
            file=file,
            rule="not_xml",
            reason_zh=f"第 {line} 行第 {column} 列不是合法的 XML{_fault_zh(error)}；请用建模工具重新导出",
            reason_en=f"line {line}, column {column} is not well-formed XML ({error.msg}); export it again",
        ) from error
    tree = root.getroottree()
    _check_tree(tree, file)
    return tree


_FAULTS_ZH: dict[Any, str] = {
    etree.ErrorTypes.ERR_DOCUMENT_EMPTY: "开头不是标签",
    etree.ErrorTypes.ERR_DOCUMENT_END: "结尾之后还有内容",
    etree.ErrorTypes.ERR_TAG_NAME_MISMATCH: "开始与结束标签不配对",
    etree.ErrorTypes.ERR_TAG_NOT_FINISHED: "标签未结束",
    etree.ErrorTypes.ERR_GT_REQUIRED: "缺少“>”",
    etree.ErrorTypes.ERR_LT_REQUIRED: "缺少“<”",
    etree.ErrorTypes.ERR_NAME_REQUIRED: "缺少名称",
    etree.ErrorTypes.ERR_ATTRIBUTE_NOT_STARTED: "属性值没有引号",
    etree.ErrorTypes.ERR_ATTRIBUTE_NOT_FINISHED: "属性值的引号未结束",
    etree.ErrorTypes.ERR_ATTRIBUTE_WITHOUT_VALUE: "属性没有值",
    etree.ErrorTypes.ERR_ATTRIBUTE_REDEFINED: "属性重复",
    etree.ErrorTypes.ERR_LT_IN_ATTRIBUTE: "属性值中有“<”",
    etree.ErrorTypes.ERR_UNDECLARED_ENTITY: "有未定义的实体",
    etree.ErrorTypes.ERR_INVALID_CHAR: "有不允许的字符",
    etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE: "有未声明的命名空间前缀",
}
"""What the XML parser says in English only; other faults are told by their place alone."""


def _fault_zh(error: etree.XMLSyntaxError) -> str:
    said = _FAULTS_ZH.get(error.code)
    return f"（{said}）" if said else ""


def _check_size(content: bytes, file: str) -> None:
    if not content.strip():
        raise DiagramError(
            file=file,
            rule="empty_file",
            reason_zh="文件是空的；请重新导出",
            reason_en="the file is empty; export it again",
        )
    if len(content) > MAX_BYTES:
        raise DiagramError(
            file=file,
            rule="file_too_large",
            reason_zh=f"文件有 {len(content)} 字节，上限 {MAX_BYTES}（2 MB）；请拆成几个流程图",
            reason_en=f"the file has {len(content)} bytes, {MAX_BYTES} (2 MB) are allowed; split the diagram",
        )
    tags = content.count(b"<")
    if tags > MAX_TAGS:
        raise DiagramError(
            file=file,
            rule="file_too_large",
            reason_zh=f"文件含 {tags} 个标签，上限 {MAX_TAGS}；请拆成几个文件",
            reason_en=f"the file has {tags} tags, {MAX_TAGS} are allowed; split it",
        )


def _utf8(content: bytes, file: str) -> bytes:
    """Return *content* without a byte order mark, or refuse any encoding but UTF-8."""
    body = content.removeprefix(b"\xef\xbb\xbf")
    found: str | Label = next((name for mark, name in _BOMS if body.startswith(mark)), "")
    if not found and b"\x00" in body[:200]:
        found = "UTF-16"
    declared = _DECLARED.match(body)
    if not found and declared and declared.group(1).lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
        found = declared.group(1).decode("ascii")
    if not found:
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as error:
            found = Label(f"第 {error.start} 字节", f"byte {error.start}")
    if found:
        said = found if isinstance(found, Label) else Label(found, found)
        raise DiagramError(
            file=file,
            rule="bad_encoding",
            reason_zh=f"文件编码不是 UTF-8（{said.zh}）；请另存为 UTF-8 后重试",
            reason_en=f"the file is not encoded in UTF-8 ({said.en}); save it as UTF-8",
        )
    return body


def _check_doctype(body: bytes, file: str) -> None:
    at = 0
    while match := _PROLOG.match(body, at):
        at = match.end()
    if body[at : at + 9].upper() == b"<!DOCTYPE":
        raise DiagramError(
            file=file,
            rule="doctype",
            reason_zh="文件含 DOCTYPE（可夹带外部实体），不予接受；请删除该行",
            reason_en="the file has a DOCTYPE, which may carry entities; remove that line",
        )


def _check_tree(tree: etree._ElementTree, file: str) -> None:
    if tree.docinfo.doctype:
        raise DiagramError(
            file=file,
            rule="doctype",
            reason_zh="文件含 DOCTYPE，请删除",
            reason_en="the file has a DOCTYPE; remove it",
        )
    nodes = sum(1 for element in tree.iter(f"{{{BPMN}}}*") if etree.QName(element).localname in FLOW_NODES)
    if nodes > MAX_NODES:
        raise DiagramError(
            file=file,
            rule="too_many_nodes",
            reason_zh=f"流程图有 {nodes} 个节点，上限 {MAX_NODES}；请把一部分放进被调用的流程",
            reason_en=f"the diagram has {nodes} nodes, {MAX_NODES} are allowed; call a second process",
        )
