"""A list file from bytes to judged rows: kind, encoding, header, rows, the file as a whole."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import PurePath

from engine.domain.lists import texts
from engine.domain.lists.across import mark_shared_phones, reject_repeats
from engine.domain.lists.cells import as_text, clean, is_empty
from engine.domain.lists.delimited import read_delimited
from engine.domain.lists.header import Header, fill_merged, find_header, known_headers
from engine.domain.lists.judge import Judged, RowJudge
from engine.domain.lists.model import Cell, Fault, FileKind, Problem, ReadList, RejectedRow
from engine.domain.lists.profiles import PROFILES, Field, Profile
from engine.domain.lists.source import (
    HEADER_DEPTH,
    MAX_ROWS,
    Refused,
    Sheet,
    Source,
    kind_of,
    without_stray_mark,
)
from engine.domain.lists.workbook import read_workbook

_SAMPLES = 8
"""Ways of writing an expiry shown in the preview for confirmation."""

_FOOTER = re.compile(
    r"^(?:合计|总计|小计|共\s?\d+\s?[条行件]|制表|审核|导出(?:时间|人|日期)|打印|注[::]|备注[::]|说明[::])"
)

# Never filled from a merge: a figure would be counted twice, a number or a line would belong to the wrong policy.
_FILLED = frozenset(Field) - {Field.POLICY_NO, Field.LINE, Field.PREMIUM, Field.IGNORED}

_MISFITS = frozenset({"header_not_found", "columns_missing"})
"""Refusals that another profile may not have."""

_EXTENSIONS = {
    ".csv": FileKind.CSV,
    ".txt": FileKind.CSV,
    ".tsv": FileKind.CSV,
    ".xlsx": FileKind.XLSX,
    ".xlsm": FileKind.XLSX,
    ".xls": FileKind.XLS,
}


def read_list(content: bytes, file_name: str, profile: str) -> ReadList:
    """Read and judge a pending-renewal list; pure in the bytes, the name and the profile.

    Args:
        content: the file as uploaded, csv, xlsx or xls whatever its name says.
        file_name: as the sender calls it; only told, never opened.
        profile: a code of `PROFILES`.

    Raises:
        ListFileError: the file as a whole cannot be read; nothing of it is taken.
    """
    if profile not in PROFILES:
        raise texts.refusal("unknown_profile", profile=profile, known="、".join(PROFILES))
    chosen = PROFILES[profile]
    try:
        source = _open(content, chosen)
        return _read(source, content, file_name, chosen)
    except Refused as refused:
        facts = {"file": file_name, **refused.facts}
        if refused.code in _MISFITS:
            facts |= _suggestion(source, content, chosen)
        raise texts.refusal(refused.code, **facts) from refused


def _suggestion(source: Source, content: bytes, chosen: Profile) -> dict[str, str]:
    """Return, as facts of a refusal, the other profile whose header the file carries whole."""
    others = [profile for profile in PROFILES.values() if profile is not chosen]
    fits = [(fit, other) for other in others if (fit := _fit(source, content, other)) is not None]
    if not fits:
        return {"suggestion": "", "suggestion_en": ""}
    best = max(fits, key=lambda found: found[0])[1]
    return {
        "suggested": best.code,
        "suggestion": f"表头与“{best.name.zh}”（{best.code}）相符，请改选该来源格式；如并非该来源，",
        "suggestion_en": f"The header is that of “{best.name.en}” ({best.code}): choose that profile. If not: ",
    }


def _fit(source: Source, content: bytes, profile: Profile) -> tuple[int, int] | None:
    """Return columns read and, negative, columns nobody knows of the sheet that fits best; None if none does."""
    fits = []
    try:
        sheets = _open(content, profile).sheets if source.kind is FileKind.CSV else source.sheets
        for sheet in sheets:
            header = find_header(sheet, profile) if sheet.is_visible else None
            if header is not None and not header.missing(profile):
                fits.append((len(header.places), -len(header.unknown)))
    except Refused:  # what the other profile cannot read it does not fit
        return None
    return max(fits, default=None)


def _open(content: bytes, profile: Profile) -> Source:
    content = without_stray_mark(content)
    kind = kind_of(content)
    if kind is FileKind.CSV:
        return read_delimited(content, lambda cells: known_headers(cells, profile))
    return Source(kind, read_workbook(content, kind))


def _read(source: Source, content: bytes, file_name: str, profile: Profile) -> ReadList:
    chosen, left_out = _choose_sheets(source, profile)
    notes = [*_about_name(file_name, source.kind), *left_out]
    judged: list[Judged] = []
    for sheet, header in chosen:
        part, footers = _judge_sheet(sheet, header, profile)
        judged += part
        notes += [*_about_columns(header), *footers]
    if not judged:
        raise Refused("no_rows")
    if len(judged) > MAX_ROWS:
        raise Refused("too_many_rows", limit=MAX_ROWS)
    judged = mark_shared_phones(reject_repeats(judged))

    first = chosen[0][1].layout
    counts = Counter(row.sheet for row in judged)
    accepted = [row for row in judged if row.policies]
    return ReadList(
        file_name=file_name,
        sha256=hashlib.sha256(content).hexdigest(),
        profile=profile.code,
        encoding=source.encoding,
        sheet=first.name,
        header_row=first.header_row,
        headers=first.headers,
        read=len(judged),
        rows=tuple(policy for row in accepted for policy in row.policies),
        rejected=tuple(
            RejectedRow(
                row.row_no, row.raw, row.problems, row.sheet, row.sub_branch, row.agent_no, row.cancels
            )
            for row in judged
            if not row.policies
        ),
        warnings=(*notes, *(problem for row in accepted for problem in row.problems)),
        expiry_samples=_samples(accepted, chosen),
        kind=source.kind,
        separator=source.separator,
        layouts=tuple(replace(header.layout, rows=counts[header.layout.name]) for _sheet, header in chosen),
    )


def _choose_sheets(source: Source, profile: Profile) -> tuple[list[tuple[Sheet, Header]], list[Problem]]:
    """Return the sheets to read with their headers, and a note on each other sheet that is not empty."""
    filled = [sheet for sheet in source.sheets if sheet.rows]
    found = [
        (sheet, header)
        for sheet in filled
        if sheet.is_visible and (header := find_header(sheet, profile)) is not None
    ]
    if not found:
        raise _no_header(filled, source, profile)
    if profile.every_sheet:  # a summary sheet may share a few headers; a list has vehicles
        found = [pair for pair in found if Field.VIN in pair[1].places] or found
    else:
        found = [max(found, key=lambda pair: len(pair[1].places))]  # the first of equals
    for sheet, header in found:
        _check_complete(sheet, header, profile)
    read = {sheet.name for sheet, _header in found}
    return found, [
        _note("sheet_ignored", 0, "", sheet.name or "", sheet.name)
        for sheet in filled
        if sheet.name not in read
    ]


def _no_header(filled: list[Sheet], source: Source, profile: Profile) -> Refused:
    first = filled[0].rows[0][1] if filled else []
    required = [profile.header_of(field) for field in (*profile.required, *profile.any_of)]
    return Refused(
        "header_not_found",
        depth=HEADER_DEPTH,
        profile=profile.name.zh,
        profile_en=profile.name.en,
        found="、".join(as_text(cell) for cell in first[:12]) or "-",
        encoding=source.encoding or source.kind.value,
        required="、".join(required),
    )


def _check_complete(sheet: Sheet, header: Header, profile: Profile) -> None:
    missing = header.missing(profile)
    if missing:
        raise Refused(
            "columns_missing",
            missing="、".join(missing),
            found="、".join(header.layout.headers),
            sheet=f"的工作表“{sheet.name}”" if sheet.name else "",
            sheet_en=f", sheet “{sheet.name}”," if sheet.name else "",
        )


def _judge_sheet(sheet: Sheet, header: Header, profile: Profile) -> tuple[list[Judged], list[Problem]]:
    """Judge the rows below the header; totals and footers are noted, a header repeated by paging is passed over."""
    fill_merged(sheet, header, _FILLED)
    judge = RowJudge(header, profile)
    judged: list[Judged] = []
    footers: list[Problem] = []
    for row_no, cells in sheet.rows:
        if row_no <= header.layout.header_row or tuple(cells) == header.key or all(map(is_empty, cells)):
            continue
        footer = _footer(cells, header)
        if footer is None:
            judged.append(judge.judge(row_no, cells))
        else:
            footers.append(_note("summary_row", row_no, "", footer, sheet.name))
    return judged, footers


def _footer(cells: list[Cell], header: Header) -> str | None:
    """Return the word that marks a row without a vehicle as a total or a footer; a name may follow it."""
    first = next(clean(cell) for cell in map(as_text, cells) if not is_empty(cell))
    found = _FOOTER.match(first)
    if found is None:
        return None
    vin_at = header.places[Field.VIN]
    has_vehicle = 0 < vin_at < len(cells) and not is_empty(cells[vin_at])
    return None if has_vehicle else found.group()


def _about_name(file_name: str, kind: FileKind) -> Iterator[Problem]:
    extension = PurePath(file_name).suffix.lower()
    if _EXTENSIONS.get(extension) is not kind:
        fault = Fault("extension_differs", {"extension": extension, "kind": kind.value})
        yield texts.problem(fault, row_no=0, column="", value=file_name, sheet=None)


def _about_columns(header: Header) -> Iterator[Problem]:
    layout = header.layout
    for column in header.unknown:
        yield _note("column_unknown", layout.header_row, column, "", layout.name)


def _note(code: str, row_no: int, column: str, value: str, sheet: str | None) -> Problem:
    return texts.problem(Fault(code), row_no=row_no, column=column, value=value, sheet=sheet)


_EXPIRY_FIELDS = (Field.EXPIRY, Field.CTP_EXPIRY, Field.COMMERCIAL_EXPIRY)


def _samples(accepted: Iterable[Judged], chosen: list[tuple[Sheet, Header]]) -> tuple[tuple[str, date], ...]:
    """Return one expiry as written of each way of writing met, with the date read from it."""
    headers = {
        (header.layout.name, field): header.layout.headers[place]
        for _sheet, header in chosen
        for field, place in header.places.items()
        if field in _EXPIRY_FIELDS
    }
    found: dict[str, tuple[str, date]] = {}
    for row in accepted:
        for policy in row.policies:
            own = Field.CTP_EXPIRY if policy.line == "ctp" else Field.COMMERCIAL_EXPIRY
            header = headers.get((row.sheet, Field.EXPIRY)) or headers[row.sheet, own]
            written = row.raw[header]
            way = re.sub(r"\d", "9", written[:10]) + written[10:]  # digits of the date, the time as it is
            found.setdefault(way, (written, policy.expiry_date))
        if len(found) >= _SAMPLES:
            break
    return tuple(found.values())[:_SAMPLES]
