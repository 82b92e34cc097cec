"""Sentences of what people do in the inbox beside completing tasks: put off, hand on, take back, keep views."""

from __future__ import annotations

from engine.domain.codes import Label
from engine.queries.saying import says, task_en, task_zh, tells
from engine.queries.words import Happening, Kind, Words


def _numbered(number: object, words: Words) -> str:
    """A name with its number: two people of one name hand tasks to each other."""
    name = words.person(number)
    return name if str(number) in name.split() else f"{name} {number}"


def _noted(event: Happening, words: Words) -> Label:
    """What a note stands at: a task, or the renewal."""
    if not event.subject:
        return Label("续保", "the renewal")
    return Label(f"任务{task_zh(event)}", f"the task {task_en(event, words)}")


@says("comment_added", Kind.TASK)
def _comment(event: Happening, words: Words) -> Label:
    of, text = _noted(event, words), words.comments.get(int(event["comment_id"] or 0))
    zh, en = f"{event.who} 备注{of.zh}", f"{event.who} commented on {of.en}"
    return Label(f"{zh}：{text}", f"{en}: {text}") if text else Label(zh, en)


@says("file_attached", Kind.TASK)
def _attached(event: Happening, words: Words) -> Label:
    of = _noted(event, words)
    return Label(
        f"{event.who} 为{of.zh}添加了附件（{event['kind']}）",
        f"{event.who} added a file ({event['kind']}) to {of.en}",
    )


@says("notes_erased", Kind.FACT)
def _erased(event: Happening, _words: Words) -> Label:
    comments, files = len(event["comments"] or ()), len(event["attachments"] or ())
    return Label(
        f"留存期已满，按客户的删除请求清除了备注 {comments} 条、附件 {files} 个",
        f"The law has them kept no longer: {comments} comments and {files} files were erased at the customer's request",
    )


tells("file_opened", Kind.SYSTEM, "{who} 打开了附件（{kind}）", "{who} opened a file ({kind})")


@says("view_saved", Kind.SYSTEM)
def _view_saved(event: Happening, _words: Words) -> Label:
    shared = event["shared_in"]
    return Label(
        f"{event.who} 保存了待办视图“{event.subject}”" + (f"，在 {shared} 内共享" if shared else ""),
        f"{event.who} saved the inbox view “{event.subject}”" + (f", shared in {shared}" if shared else ""),
    )


tells(
    "view_dropped", Kind.SYSTEM, "{who} 删除了待办视图“{subject}”", "{who} dropped the inbox view “{subject}”"
)


@says("task_put_off", Kind.TASK)
def _put_off(event: Happening, words: Words) -> Label:
    beyond = event["beyond"]
    return Label(
        f"{event.who} 将任务{task_zh(event)}推迟到 {event['until']} 跟进"
        + (f"（晚于最后一天 {beyond}）" if beyond else ""),
        f"{event.who} put {task_en(event, words)} off to {event['until']}"
        + (f" (after its last day, {beyond})" if beyond else ""),
    )


tells("task_resumed", Kind.TASK, "{who} 取消了任务{task}的推迟", "{who} took {task} up again")


@says("task_delegated", Kind.TASK)
def _delegated(event: Happening, words: Words) -> Label:
    giver, taker = _numbered(event["from"], words), _numbered(event["to"], words)
    return Label(
        f"{giver} 的任务{task_zh(event)}委托 {taker} 代办",
        f"Task {task_en(event, words)} of {giver} was handed to {taker}",
    )


@says("task_taken_back", Kind.TASK)
def _taken_back(event: Happening, words: Words) -> Label:
    colleague, principal = _numbered(event["from"], words), _numbered(event["to"], words)
    return Label(
        f"委托 {colleague} 代办的任务{task_zh(event)}已收回，由 {principal} 办理",
        f"Task {task_en(event, words)}, handed to {colleague}, was taken back by {principal}",
    )


@says("task_handed_back", Kind.TASK)
def _handed_back(event: Happening, words: Words) -> Label:
    colleague, principal = _numbered(event["from"], words), _numbered(event["to"], words)
    return Label(
        f"{colleague} 将受托的任务{task_zh(event)}交还 {principal}",
        f"{colleague} handed {task_en(event, words)} back to {principal}",
    )
