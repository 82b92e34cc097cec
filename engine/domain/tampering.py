"""What can be wrong with a history, said in one sentence that names the rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.domain.codes import Label


class Tampering(StrEnum):
    """How a history or its checkpoints differ from what was written; stable codes."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    CUT = "cut"
    REWRITTEN = "rewritten"
    UNREADABLE = "unreadable"
    FORM_EDITED = "form_edited"
    FORM_ADDED = "form_added"
    COMMENT_EDITED = "comment_edited"
    COMMENT_ADDED = "comment_added"
    FILE_EDITED = "file_edited"
    FILE_ADDED = "file_added"
    CONSENT_EDITED = "consent_edited"
    CONSENT_ADDED = "consent_added"
    LEDGER_EDITED = "ledger_edited"
    LEDGER_ADDED = "ledger_added"
    CHECKPOINT_FORGED = "checkpoint_forged"
    CHECKPOINT_UNKNOWN_KEY = "checkpoint_unknown_key"
    CHECKPOINT_MISSING = "checkpoint_missing"
    CHECKPOINT_REPLACED = "checkpoint_replaced"


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong: rows *first* to *last*, or the checkpoint file *checkpoint*."""

    kind: Tampering
    first: int | None = None
    last: int | None = None
    checkpoint: int | None = None
    other: int | None = None
    detail: str = ""

    def say(self, lang: str) -> str:
        """Return the sentence in *lang*."""
        sentence = _SENTENCES[self.kind].say(lang)
        rows = f"{self.first}" if self.first == self.last else f"{self.first}–{self.last}"
        return sentence.format(rows=rows, checkpoint=self.checkpoint, other=self.other, detail=self.detail)


_ZH_ACT = "请保全数据库与检查点文件，并报告审计员。"
_EN_ACT = "Secure the database and the checkpoint files, and tell the auditor."
_SENTENCES = {
    Tampering.EDITED: Label(
        f"历史第 {{rows}} 行（{{detail}}）与散列链不符：该行被修改或系事后添加，或其前一行被修改并重算了散列。{_ZH_ACT}",
        f"History row {{rows}} ({{detail}}) does not fit the chain: it was edited or put in, or the row before it"
        f" was edited and got a new hash. {_EN_ACT}",
    ),
    Tampering.DELETED: Label(
        f"历史第 {{rows}} 行缺失：被删除。{_ZH_ACT}", f"Missing in the history: {{rows}}, deleted. {_EN_ACT}"
    ),
    Tampering.INSERTED: Label(
        f"历史第 {{rows}} 行（{{detail}}）系事后插入。{_ZH_ACT}",
        f"Put into the history later: {{rows}} ({{detail}}). {_EN_ACT}",
    ),
    Tampering.REORDERED: Label(
        f"历史第 {{rows}} 行与第 {{other}} 行次序被调换：第 {{rows}} 处是第 {{other}} 行的内容。{_ZH_ACT}",
        f"History row {{rows}} holds what belongs at row {{other}}: the order was changed. {_EN_ACT}",
    ),
    Tampering.CUT: Label(
        f"历史第 {{rows}} 行缺失：末尾被截去，检查点 {{checkpoint}} 证明它们存在过。{_ZH_ACT}",
        f"Missing in the history: {{rows}}; the end was cut off, as checkpoint {{checkpoint}} proves. {_EN_ACT}",
    ),
    Tampering.REWRITTEN: Label(
        f"历史第 {{rows}} 行中至少一行被改写并重算了散列链：与已签名的检查点 {{checkpoint}} 不符。{_ZH_ACT}",
        f"Among history rows {{rows}} at least one was changed and the chain computed anew: it differs from the"
        f" signed checkpoint {{checkpoint}}. {_EN_ACT}",
    ),
    Tampering.UNREADABLE: Label(
        f"历史第 {{rows}} 行之后无法读取（{{detail}}）。{_ZH_ACT}",
        f"The history cannot be read from row {{rows}} on ({{detail}}). {_EN_ACT}",
    ),
    Tampering.FORM_EDITED: Label(
        f"任务 {{other}} 提交的表单（内容、提交人、时间或动作）已不是历史第 {{rows}} 行所证明的那一份：被修改或删除。{_ZH_ACT}",
        f"The form submitted for task {{other}} (answers, person, time or action) is not the one that history row"
        f" {{rows}} vouches for: it was edited or deleted. {_EN_ACT}",
    ),
    Tampering.FORM_ADDED: Label(
        f"任务 {{other}} 有一份提交的表单，历史中却没有相应的完成记录：系事后添加。{_ZH_ACT}",
        f"A form is stored for task {{other}}, but the history knows of no completion: it was put in later. {_EN_ACT}",
    ),
    Tampering.COMMENT_EDITED: Label(
        f"续保 {{other}} 的备注 {{detail}} 已不是历史第 {{rows}} 行所证明的那一条：被修改或删除。{_ZH_ACT}",
        f"Comment {{detail}} on renewal {{other}} is not the one that history row {{rows}} vouches for: it was edited"
        f" or deleted. {_EN_ACT}",
    ),
    Tampering.COMMENT_ADDED: Label(
        f"续保 {{other}} 有一条备注 {{detail}}，历史中却没有相应的添加记录：系事后添加。{_ZH_ACT}",
        f"There is a comment {{detail}} on renewal {{other}} that the history does not know of: it was put in later."
        f" {_EN_ACT}",
    ),
    Tampering.FILE_EDITED: Label(
        f"续保 {{other}} 的附件 {{detail}} 已不是历史第 {{rows}} 行所证明的那一份：被替换或删除。{_ZH_ACT}",
        f"File {{detail}} of renewal {{other}} is not the one that history row {{rows}} vouches for: it was replaced or"
        f" deleted. {_EN_ACT}",
    ),
    Tampering.FILE_ADDED: Label(
        f"续保 {{other}} 有一份附件 {{detail}}，历史中却没有相应的添加记录：系事后添加。{_ZH_ACT}",
        f"There is a file {{detail}} of renewal {{other}} that the history does not know of: it was put in later."
        f" {_EN_ACT}",
    ),
    Tampering.CONSENT_EDITED: Label(
        f"续保 {{other}} 上登记的客户同意或撤回（{{detail}}）已不是历史第 {{rows}} 行所证明的那一条：被修改或删除。{_ZH_ACT}",
        f"The customer's consent or withdrawal ({{detail}}) recorded at renewal {{other}} is not the one that history"
        f" row {{rows}} vouches for: it was edited or deleted. {_EN_ACT}",
    ),
    Tampering.CONSENT_ADDED: Label(
        f"续保 {{other}} 上有一条客户同意或撤回（{{detail}}），历史中却没有相应的登记：系事后添加。{_ZH_ACT}",
        f"There is a customer's consent or withdrawal ({{detail}}) at renewal {{other}} that the history does not know"
        f" of: it was put in later. {_EN_ACT}",
    ),
    Tampering.LEDGER_EDITED: Label(
        f"冻结的职场台账 {{detail}} 已不是历史第 {{rows}} 行所证明的那一份：被修改或删除。{_ZH_ACT}",
        f"The frozen ledger {{detail}} is not the one that history row {{rows}} vouches for: it was edited or"
        f" deleted. {_EN_ACT}",
    ),
    Tampering.LEDGER_ADDED: Label(
        f"有一份冻结的职场台账 {{detail}}，历史中却没有相应的冻结记录：系事后添加。{_ZH_ACT}",
        f"There is a frozen ledger {{detail}} that the history does not know of: it was put in later. {_EN_ACT}",
    ),
    Tampering.CHECKPOINT_FORGED: Label(
        f"检查点文件 {{checkpoint}} 不是本系统签发的：内容或签名不符。{_ZH_ACT}",
        f"Checkpoint file {{checkpoint}} is not what was signed: content or signature do not fit. {_EN_ACT}",
    ),
    Tampering.CHECKPOINT_UNKNOWN_KEY: Label(
        "检查点文件 {checkpoint} 由未知公钥 {detail} 签名。若曾更换签名密钥，请用 --key 给出旧公钥；否则请报告审计员。",
        "Checkpoint file {checkpoint} is signed with the unknown key {detail}. Give the old public key with --key"
        " if the key was changed; else tell the auditor.",
    ),
    Tampering.CHECKPOINT_MISSING: Label(
        f"检查点文件 {{checkpoint}} 缺失。请核对 RENEWALS_CHECKPOINTS 是否指向正确的文件夹；若正确，则文件被删除。{_ZH_ACT}",
        f"Checkpoint file {{checkpoint}} is missing. See whether RENEWALS_CHECKPOINTS names the right folder; if so,"
        f" the file was deleted. {_EN_ACT}",
    ),
    Tampering.CHECKPOINT_REPLACED: Label(
        f"检查点文件 {{checkpoint}} 已不是当初写入的那一份。{_ZH_ACT}",
        f"Checkpoint file {{checkpoint}} is not the one that was written first. {_EN_ACT}",
    ),
}
