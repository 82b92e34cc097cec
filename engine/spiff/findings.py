"""What the linter can say: one rule a code, each with the fault and the remedy in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.spiff.xmlfile import DiagramError

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of a candidate set; an ``error`` keeps it from being deployed."""

    file: str
    element: str
    """Id of the element, or ``-`` for the whole file."""
    code: str
    level: Level
    zh: str
    en: str

    def say(self, lang: str = "zh") -> str:
        """Return ``file:element: message`` in *lang* (``zh`` or ``en``)."""
        return f"{self.file}:{self.element}: {self.en if lang == 'en' else self.zh}"

    def __str__(self) -> str:
        return self.say("zh")


def found(code: str, file: str, element: str, **facts: object) -> Finding:
    """Return the finding of rule *code* at *element*, its texts filled with *facts*."""
    zh, en = RULES[code]
    level: Level = "warning" if code in WARNINGS else "error"
    return Finding(file, element or "-", code, level, zh.format(**facts), en.format(**facts))


def of_error(error: DiagramError) -> Finding:
    """Return what a reader refused as a finding."""
    facts = error.params
    return Finding(
        facts["file"], facts["element"], facts["rule"], "error", facts["reason_zh"], facts["reason_en"]
    )


WARNINGS = frozenset({"dmn_gap", "process_file_name", "side_path_joins", "unknown_property"})
"""Rules that do not keep a set from being deployed."""

RULES: Mapping[str, tuple[str, str]] = {
    # --- files -------------------------------------------------------------------------------------------
    "file_kind": (
        "不是 .bpmn 或 .dmn 文件；请移出该目录",
        "this is neither a .bpmn nor a .dmn file; take it out of the set",
    ),
    "not_bpmn": (
        "不是 BPMN 2.0 文件（根元素是“{tag}”）；请用建模工具重新导出",
        "this is no BPMN 2.0 file (its root is “{tag}”); export it again",
    ),
    "no_process": (
        "文件里没有流程；请画一个流程或删除文件",
        "the file holds no process; draw one or remove it",
    ),
    "no_root": (
        "这套文件里没有主流程“{root}”；请补上 {root}.bpmn",
        "the set lacks the main process “{root}”; add {root}.bpmn",
    ),
    "process_file_name": (
        "流程编号“{id}”与文件名“{stem}”不同；请改成一致",
        "the process id “{id}” differs from the file name “{stem}”; make them the same",
    ),
    "not_executable": (
        "流程没有勾选“可执行”（isExecutable）；请勾选",
        "the process is not marked executable (isExecutable); mark it",
    ),
    "parser_refused": ("流程引擎不接受：{reason_zh}", "the process engine refuses it: {reason_en}"),
    # --- code positions ----------------------------------------------------------------------------------
    "script_task": (
        "不允许脚本任务；请改为服务任务，并在 operation 中填写已登记的操作",
        "script tasks are not allowed; use a service task that names an operation",
    ),
    "pre_script": (
        "不允许前置脚本（preScript）；请删除",
        "a preScript is not allowed; remove it",
    ),
    "post_script": (
        "不允许后置脚本（postScript）；请删除",
        "a postScript is not allowed; remove it",
    ),
    "service_operator": (
        "不允许 serviceTaskOperator；请改为扩展属性 operation",
        "serviceTaskOperator is not allowed; use the extension property operation",
    ),
    "spiff_extension": (
        "不支持扩展“{tag}”；只能用 spiffworkflow:properties",
        "the extension “{tag}” is not supported; use spiffworkflow:properties only",
    ),
    "foreign_extension": (
        "不支持其他工具的扩展“{tag}”（可夹带代码）；请删除",
        "the extension “{tag}” of another tool may carry code; remove it",
    ),
    "standard_loop": (
        "不允许循环标记；请用互斥网关画出有次数限制的回路",
        "a loop marker is not allowed; draw a bounded loop with an exclusive gateway",
    ),
    "multi_instance": (
        "不允许多实例标记；请为每个对象画出任务，或改用服务任务",
        "a multi-instance marker is not allowed; draw the tasks, or use a service task",
    ),
    "conditional_event": (
        "不允许条件事件；请用定时事件加互斥网关",
        "conditional events are not allowed; use a timer and an exclusive gateway",
    ),
    "correlation": (
        "不允许关联表达式“{tag}”；消息按车架号和保单号自动对应，请删除",
        "“{tag}” is not allowed; messages are matched by vehicle and policy number, remove it",
    ),
    "expression_language": (
        "表达式语言“{language}”不可用；请删除该设置",
        "the expression language “{language}” cannot be used; remove the setting",
    ),
    "mixed_expression": (
        "表达式里夹有标签“{tag}”；请只留文字",
        "the expression holds the tag “{tag}”; keep plain text only",
    ),
    "repeated_part": (
        "“{tag}”出现了 {count} 次，只能有一个；请删除多余的",
        "“{tag}” stands here {count} times; keep one",
    ),
    # --- what the product does not draw ------------------------------------------------------------------
    "plain_task": (
        "普通任务（task）没有执行人；请改为用户任务或服务任务",
        "a plain task has nobody to do it; make it a user task or a service task",
    ),
    "manual_task": (
        "不支持手工任务；请改为用户任务",
        "manual tasks are not supported; make it a user task",
    ),
    "task_kind": (
        "不支持“{tag}”；请改为用户任务、服务任务或消息事件",
        "“{tag}” is not supported; use a user task, a service task or a message event",
    ),
    "gateway_kind": (
        "不支持“{tag}”；只能用互斥网关和并行网关",
        "“{tag}” is not supported; use exclusive and parallel gateways only",
    ),
    "event_subprocess": (
        "不允许事件子流程（会影响其他实例）；请改为边界事件",
        "event sub-processes are not allowed; use a boundary event",
    ),
    "subprocess_kind": (
        "不支持“{tag}”；请改为普通子流程或调用活动",
        "“{tag}” is not supported; use a sub-process or a call activity",
    ),
    "event_kind": (
        "{kind} 上不能用“{tag}”；请用：{allowed}",
        "“{tag}” cannot stand on a {kind}; use one of: {allowed}",
    ),
    "event_missing": (
        "事件没有定义；请选择：{allowed}",
        "the event has no definition; choose one of: {allowed}",
    ),
    "compensation": ("不支持补偿；请删除补偿标记", "compensation is not supported; remove the marker"),
    "data_element": (
        "不支持数据元素“{tag}”；数据来自表单和台账，请删除",
        "the data element “{tag}” is not supported; data come from forms and tables, remove it",
    ),
    "unsupported_element": (
        "不支持元素“{tag}”；请删除",
        "the element “{tag}” is not supported; remove it",
    ),
    # --- ids ---------------------------------------------------------------------------------------------
    "missing_id": ("元素“{tag}”没有编号；请填写", "the element “{tag}” has no id; give it one"),
    "duplicate_id": (
        "编号“{id}”重复（另见 {other}）；请改成全套唯一",
        "the id “{id}” is used twice (also in {other}); make it unique over the set",
    ),
    "bad_id": (
        "编号“{id}”只能用英文字母、数字和下划线，且以字母开头；请改名",
        "the id “{id}” may hold letters, digits and underscores and starts with a letter; rename it",
    ),
    "reserved_id": (
        "编号“{id}”是保留字或资料名称；请改成动词加宾语，如 confirm_quote",
        "the id “{id}” is reserved or names a fact; rename it verb_object, as confirm_quote",
    ),
    # --- flows -------------------------------------------------------------------------------------------
    "no_start": ("没有开始事件；请画一个", "there is no start event; draw one"),
    "several_starts": (
        "有 {count} 个开始事件（{ids}）；请只留一个",
        "there are {count} start events ({ids}); keep one",
    ),
    "no_end": ("没有结束事件；请画一个", "there is no end event; draw one"),
    "dangling_flow": (
        "连线的{end_zh}“{ref}”不存在；请重新连接或删除",
        "the {end_en} “{ref}” of the flow does not exist; connect it again or remove it",
    ),
    "flow_across": (
        "连线跨越了子流程边界（“{source}”→“{target}”）；请用边界事件或在同一层连接",
        "the flow crosses the edge of a sub-process (“{source}” → “{target}”); connect within one level",
    ),
    "start_has_incoming": (
        "开始事件不能有进入的连线；请删除",
        "a start event has no incoming flow; remove it",
    ),
    "end_has_outgoing": ("结束事件不能有离开的连线；请删除", "an end event has no outgoing flow; remove it"),
    "unreachable": (
        "从开始事件到不了这里；请连上或删除",
        "it cannot be reached from the start event; connect it or remove it",
    ),
    "dead_end": (
        "路径在此中断，没有通向结束事件的连线；请补上",
        "the path stops here without an end event; draw the flow on",
    ),
    "never_ends": (
        "从这里永远到不了结束事件；请给回路画一个出口",
        "no end event can be reached from here; give the loop a way out",
    ),
    "implicit_split": (
        "有 {count} 条离开的连线；请先接网关，再分支",
        "it has {count} outgoing flows; put a gateway behind it",
    ),
    "condition_misplaced": (
        "条件只能写在互斥网关的分支上；请删除条件或加网关",
        "a condition goes on a branch of an exclusive gateway; remove it or add the gateway",
    ),
    "xor_no_default": (
        "互斥网关没有默认分支；请指定一条，否则条件都不成立时会停住",
        "the exclusive gateway has no default flow; choose one, or it stops when no condition holds",
    ),
    "xor_bad_default": (
        "默认分支“{ref}”不是该网关的连线；请重新指定",
        "the default flow “{ref}” does not leave this gateway; choose again",
    ),
    "xor_no_condition": (
        "分支“{flow}”没有条件；请填写，或设为默认分支",
        "the branch “{flow}” has no condition; write one, or make it the default",
    ),
    "xor_default_condition": (
        "默认分支“{flow}”不能有条件；请删除条件",
        "the default flow “{flow}” cannot have a condition; remove it",
    ),
    "join_waits_forever": (
        "并行汇合会永远等待：进入的分支不会全部到达；请改为互斥网关，或从并行网关分出",
        "the parallel join waits for ever: its branches do not all arrive; use an exclusive gateway or split in parallel",
    ),
    "parallel_merge": (
        "并行的分支在这里没有汇合，后面会执行多次；请先用并行网关汇合",
        "parallel branches meet here without a join, what follows runs twice; join them by a parallel gateway",
    ),
    "parallel_in_loop": (
        "并行网关处在回路中；请把回路或并行部分移到被调用的流程里",
        "the parallel gateway stands in a loop; move the loop or the parallel part into a called process",
    ),
    "endless_loop": (
        "回路（{ids}）里没有用户任务、定时或消息等待，会无休止地转；请加等待或去掉回路",
        "the loop ({ids}) holds no user task, timer or message, it would spin for ever; add a wait or cut it",
    ),
    "side_path_joins": (
        "非中断事件“{event}”的支路并入了主路径，后面会执行多次；请让支路单独结束",
        "the path of the non-interrupting event “{event}” joins the main path, what follows runs twice; end it apart",
    ),
    "chain_too_long": (
        "一条路径上有 {count} 个节点，上限 {limit}；请把一部分放进被调用的流程",
        "one path has {count} nodes, {limit} are allowed; move a part into a called process",
    ),
    # --- boundary events, calls ---------------------------------------------------------------------------
    "boundary_unattached": (
        "边界事件所附着的“{ref}”不存在；请重新附着到任务或子流程",
        "the boundary event sits on “{ref}”, which does not exist; attach it to a task or sub-process",
    ),
    "boundary_host": (
        "边界事件附着在“{ref}”（{kind}）上；只能附着在任务、调用活动或子流程上",
        "the boundary event sits on “{ref}” ({kind}); it goes on a task, call activity or sub-process",
    ),
    "boundary_has_incoming": (
        "边界事件不能有进入的连线；请删除",
        "a boundary event has no incoming flow; remove it",
    ),
    "call_nothing": ("调用活动没有填写被调用的流程；请填写", "the call activity names no process; name one"),
    "call_missing": (
        "被调用的流程“{called}”不在这套文件里；请补上文件或改名",
        "the called process “{called}” is not in the set; add its file or correct the name",
    ),
    "call_recursion": (
        "流程经由 {path} 又调用到自己，永不结束；请去掉这个调用",
        "the process calls itself by way of {path} and never ends; remove the call",
    ),
    # --- people and terms --------------------------------------------------------------------------------
    "no_lane": (
        "用户任务不在任何泳道里；请放进负责角色的泳道",
        "the user task stands in no lane; put it into the lane of a role",
    ),
    "lane_role": (
        "泳道“{lane}”的编号没有以角色代码结尾；请改为 {roles} 之一结尾",
        "the id of the lane “{lane}” does not end with a role code; end it with one of {roles}",
    ),
    "two_lanes": (
        "元素同时在泳道 {lanes} 里；请只留一个",
        "the element stands in the lanes {lanes}; keep one",
    ),
    "lane_ghost": (
        "泳道列出了不存在的元素“{ref}”；请重新保存流程图",
        "the lane lists “{ref}”, which does not exist; save the diagram again",
    ),
    "no_action_id": (
        "用户任务没有动作编号；请填写扩展属性 action_id，如 G-L1",
        "the user task has no action id; fill in the extension property action_id, as G-L1",
    ),
    "bad_action_id": (
        "动作编号“{value}”写法不对；应如 G-L1、P-S2",
        "the action id “{value}” is not well formed; write it as G-L1 or P-S2",
    ),
    "no_form": (
        "用户任务没有表单；请填写扩展属性 form",
        "the user task has no form; fill in the property form",
    ),
    "unknown_form": (
        "没有表单“{form}”；请核对 forms/ 下的文件名",
        "there is no form “{form}”; check the file names under forms/",
    ),
    "no_operation": (
        "服务任务没有操作；请填写扩展属性 operation",
        "the service task names no operation; fill in the property operation",
    ),
    "unknown_operation": (
        "没有登记操作“{operation}”；可用的操作：{known}",
        "there is no operation “{operation}”; known are: {known}",
    ),
    "no_decision": (
        "业务规则任务没有决策表；请填写扩展属性 decision",
        "the business rule task names no decision; fill in the property decision",
    ),
    "unknown_decision": (
        "没有决策表“{decision}”；请补上 .dmn 文件或改名",
        "there is no decision “{decision}”; add its .dmn file or correct the name",
    ),
    "no_message": (
        "消息事件没有指明消息；请选择一个",
        "the message event names no message; choose one",
    ),
    "unknown_message": (
        "没有消息“{message}”；可用的消息：{known}",
        "there is no message “{message}”; known are: {known}",
    ),
    "unknown_property": (
        "不认识扩展属性“{name}”，不起作用；可用：{known}",
        "the extension property “{name}” is not known and does nothing; known are: {known}",
    ),
    "duplicate_property": (
        "扩展属性“{name}”写了两次；请只留一个",
        "the extension property “{name}” is given twice; keep one",
    ),
    "bad_expression": ("{position_zh}：{reason_zh}", "{position_en}: {reason_en}"),
    "expression_kind": (
        "{position_zh}“{text}”得到{found_zh}，这里需要{wanted_zh}；请改写",
        "{position_en} “{text}” gives {found_en}, {wanted_en} is wanted; rewrite it",
    ),
    "unknown_name": (
        "{position_zh}“{text}”用到未知名称“{name}”；可用：{known}，以及用户任务、服务任务和决策的编号",
        "{position_en} “{text}” uses the unknown name “{name}”; known are: {known}, and ids of tasks and decisions",
    ),
    "result_not_available": (
        "{position_zh}“{text}”不能用任务结果“{name}”；这里只有资料：{known}",
        "{position_en} “{text}” cannot use the result “{name}”; only facts exist here: {known}",
    ),
    "unknown_field": (
        "{position_zh}“{text}”：“{name}”没有字段“{field}”；可用：{known}",
        "{position_en} “{text}”: “{name}” has no field “{field}”; known are: {known}",
    ),
    "active_not_available": (
        "{position_zh}“{text}”不能用 active；只有条件和定时可以问元素是否在办",
        "{position_en} “{text}” cannot use active; only conditions and timers may ask what is active",
    ),
    "unknown_element": (
        "{position_zh}“{text}”问到本图没有的元素“{name}”；active 只能问本图的用户任务、等待事件和调用",
        "{position_en} “{text}” asks about “{name}”, which this diagram does not hold; active knows user tasks, waits and calls of the same diagram",
    ),
    "timer_missing": (
        "定时事件没有日期；请在 timeDate 写表达式，如 T(-45)",
        "the timer has no date; write an expression into timeDate, as T(-45)",
    ),
    "timer_duration": (
        "不能用时长“{text}”（{reason_zh}）；请在 timeDate 写日期表达式，如 workday(today, 1)",
        "the duration “{text}” cannot be used ({reason_en}); write a date into timeDate, as workday(today, 1)",
    ),
    "timer_cycle": (
        "不能用循环定时“{text}”；请画有次数限制的回路，时间写在 timeDate",
        "the cycle “{text}” cannot be used; draw a bounded loop with a date in timeDate",
    ),
    # --- decision tables ---------------------------------------------------------------------------------
    "duplicate_decision": (
        "决策编号“{id}”在 {other} 里已有；请改名",
        "the decision id “{id}” is already used in {other}; rename it",
    ),
    "dmn_overlap": (
        "第 {first} 行与第 {second} 行可能同时适用，命中策略 {policy} 不允许；请改成互斥",
        "rows {first} and {second} can apply together, which {policy} does not allow; make them exclusive",
    ),
    "dmn_gap": (
        "没有任何一行适用于：{example}；结果将为空，请补一行",
        "no row applies to: {example}; the result will be empty, add a row",
    ),
    "dmn_unreachable": (
        "第 {row} 行在给定的取值范围内永不适用；请核对条件或取值列表",
        "row {row} can never apply to the declared values; check its conditions or the list of values",
    ),
}
"""Code → texts. Codes of unreadable files come from :class:`~engine.spiff.xmlfile.DiagramError` besides."""
