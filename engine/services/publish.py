"""Lint and deploy definition sets: immutable, content-addressed, four eyes after the first."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import forms
from engine.bootstrap import Deployed, Engine, pack, parse_deployed
from engine.domain.codes import Role
from engine.errors import BadInput, DeploymentRefused
from engine.label import Label, Thing
from engine.services.facts import FACTS
from engine.services.operations import CATALOGUE
from engine.services.users import actor_today
from engine.spiff.lint import Finding, lint_set
from engine.store.definitions import DefinitionSet, latest_id
from engine.store.people import user_by_name
from engine.store.session import Tx

MAX_FILES = 400
MAX_NOTE = 200
ROOT = "renewal"
DEPLOYERS = frozenset({Role.PROCESS_OWNER, Role.ADMIN})
APPROVERS = frozenset({Role.APPROVER, Role.PROCESS_OWNER})
HERE = Path(__file__).resolve().parents[2]
OWN_PROCESSES = HERE / "processes"
OWN_FORMS = HERE / "forms" / "definitions"


@dataclass(frozen=True, slots=True)
class DeployReport:
    """What a deployment did; ``new`` is False when the set was already the newest."""

    set_id: int
    version: int
    digest: str
    new: bool
    warnings: tuple[Finding, ...]


def read_files(path: Path | None = None) -> dict[str, bytes]:
    """Read ``*.bpmn``, ``*.dmn`` and ``forms/*.json`` under *path* (default: the project's own).

    Without own forms the project's ``forms/definitions`` are taken.

    Raises:
        BadInput: the folder does not exist or holds no diagram.
    """
    folder = path or OWN_PROCESSES
    if not folder.is_dir():
        raise BadInput(
            what=Thing.FOLDER,
            value=str(folder),
            reason=Label("目录不存在，请核对路径。", "there is no such folder; check the path."),
        )
    files = {p.name: p.read_bytes() for kind in ("*.bpmn", "*.dmn") for p in sorted(folder.glob(kind))}
    own = folder / "forms"
    source = own if own.is_dir() and any(own.glob("*.json")) else OWN_FORMS
    files |= {f"forms/{p.name}": p.read_bytes() for p in sorted(source.glob("*.json"))}
    if not any(name.endswith(".bpmn") for name in files):
        raise BadInput(
            what=Thing.FOLDER,
            value=str(folder),
            reason=Label(
                "其中没有 *.bpmn 文件，请给出流程图所在的目录。",
                "it holds no *.bpmn file; name the folder of the diagrams.",
            ),
        )
    return files


def lint_files(files: Mapping[str, bytes], *, root: str | None = None) -> list[Finding]:
    """Return every problem of a candidate set, errors first; no database needed.

    With *root* the set must hold that process: a deployment needs it, a look at one file does not.
    """
    form_ids, findings = _check_forms(files)
    diagrams = {name: content for name, content in files.items() if not name.startswith("forms/")}
    findings += lint_set(diagrams, forms=form_ids, operations=frozenset(CATALOGUE), facts=FACTS, root=root)
    return sorted(findings, key=lambda f: (f.level != "error", f.file, f.element or "", f.code))


def _check_forms(files: Mapping[str, bytes]) -> tuple[frozenset[str], list[Finding]]:
    ids, findings = set(), []
    for name, content in files.items():
        if not name.startswith("forms/"):
            continue
        form_id = name.removeprefix("forms/").removesuffix(".json")
        ids.add(form_id)
        try:
            forms.load_form(content, name=form_id)
        except forms.FormDefinitionError as error:
            findings.append(
                Finding(
                    file=name,
                    element=form_id,
                    code=error.code,
                    level="error",
                    zh=error.say("zh"),
                    en=error.say("en"),
                )
            )
    return frozenset(ids), findings


def deploy(
    engine: Engine,
    files: Mapping[str, bytes],
    *,
    by: str,
    approved_by: str | None = None,
    note: str | None = None,
) -> DeployReport:
    """Lint and deploy *files* as a new version; an unchanged set makes none.

    The first set of an empty database needs no approval, only a deployer who is known; later ones need a
    second person.

    Raises:
        DeploymentRefused: findings, a missing approval, or an approval by the deployer; nothing is deployed.
    """
    _require_size(files, note)
    findings = [*_without_errors(files), *kept_whole(parse_deployed(files))]
    digest = digest_of(files)
    now = engine.clock.now()
    with engine.store.transaction() as tx:
        newest = latest_id(tx)
        if newest is not None:
            row = tx.get_one(DefinitionSet, newest)
            if row.digest == digest:
                return DeployReport(row.id, row.version, digest, new=False, warnings=tuple(findings))
            _check_people(engine, tx, by, approved_by)
            version = row.version + 1
        else:
            _require_person(engine, tx, by, DEPLOYERS)
            version = 1
        made = _row(files, findings, version, digest)
        made.deployed_at, made.deployed_by, made.approved_by, made.note = now, by, approved_by, note
        tx.add(made)
        tx.flush()
        tx.record(
            "definition_deployed",
            at=now,
            actor=by,
            subject=f"v{version}",
            reason=note,
            version=version,
            digest=digest,
            approved_by=approved_by,
        )
        return DeployReport(made.id, version, digest, new=True, warnings=tuple(findings))


def _require_size(files: Mapping[str, bytes], note: str | None) -> None:
    if note is not None and len(note) > MAX_NOTE:
        raise DeploymentRefused(
            reason_zh=f"说明超过 {MAX_NOTE} 个字符，请缩短。",
            reason_en=f"the note is longer than {MAX_NOTE} characters.",
        )
    if len(files) > MAX_FILES:
        raise DeploymentRefused(
            reason_zh=f"文件超过 {MAX_FILES} 个，请减少后重试。",
            reason_en=f"more than {MAX_FILES} files; use fewer.",
        )


def _without_errors(files: Mapping[str, bytes]) -> list[Finding]:
    """The findings of *files*, all of them warnings; a set with errors is refused."""
    findings = lint_files(files, root=ROOT)
    errors = [f for f in findings if f.level == "error"]
    if errors:
        raise DeploymentRefused(
            reason_zh="发现以下问题：\n" + "\n".join(f"{f.file}:{f.element}: {f.zh}" for f in errors),
            reason_en="these problems were found:\n"
            + "\n".join(f"{f.file}:{f.element}: {f.en}" for f in errors),
        )
    return findings


def _row(files: Mapping[str, bytes], findings: Sequence[Finding], version: int, digest: str) -> DefinitionSet:
    """The new version, without who deploys it."""
    return DefinitionSet(
        version=version,
        digest=digest,
        bundle=pack(files),
        files=[{"name": n, "sha256": hashlib.sha256(c).hexdigest()} for n, c in sorted(files.items())],
        warnings=[
            {"file": f.file, "element": f.element, "code": f.code, "zh": f.zh, "en": f.en} for f in findings
        ],
    )


def kept_whole(deployed: Deployed) -> list[Finding]:
    """Say which processes keep their whole state, and why: their steps cost more."""
    by_id = deployed.process.elements.by_id
    found = []
    for process_id, element in deployed.process.kept_whole.items():
        node = by_id.get(element.partition(".")[0])
        found.append(
            Finding(
                file=node.file if node else "",
                element=node.id if node else element,
                code="state_kept_whole",
                level="warning",
                zh=f"流程 {process_id} 含此类元素，运行状态须完整保存，每一步的存储与耗时都会增加。",
                en=f"Because of this element the state of {process_id} is kept whole: its steps cost more.",
            )
        )
    return found


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 that addresses a set by its content."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{name}\0{hashlib.sha256(files[name]).hexdigest()}\0".encode())
    return whole.hexdigest()


def _check_people(engine: Engine, tx: Tx, by: str, approved_by: str | None) -> None:
    """Four eyes: another known person with the right role must have approved."""
    if not approved_by:
        raise DeploymentRefused(
            reason_zh="非首次发布须由另一人审批，请加 --approved-by 审批人",
            reason_en="a set after the first needs a second person: add --approved-by USER",
        )
    if approved_by == by:
        raise DeploymentRefused(
            reason_zh="发布人不能审批自己的版本，请由另一人审批。",
            reason_en="the deployer cannot approve it; another person must.",
        )
    _require_person(engine, tx, by, DEPLOYERS)
    _require_person(engine, tx, approved_by, APPROVERS)


def _require_person(engine: Engine, tx: Tx, name: str, roles: frozenset[Role]) -> None:
    """The history names who deployed and who approved: they must be people with a role for it."""
    user, person = user_by_name(tx, name), actor_today(engine, tx, name)
    if person is None or (user is not None and not user.active):
        raise DeploymentRefused(
            reason_zh=f"用户“{name}”不存在或已停用，请先用 renewals user add 添加，或核对用户名。",
            reason_en=f"user “{name}” is unknown or inactive; add it with renewals user add, or check the name.",
        )
    if not roles & person.roles:
        raise DeploymentRefused(
            reason_zh=f"用户“{name}”没有所需角色（{'、'.join(sorted(roles))}），请换一人。",
            reason_en=f"user “{name}” lacks the role ({', '.join(sorted(roles))}); choose another person.",
        )
