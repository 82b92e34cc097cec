"""Drives the product through its contracts only: the command line, the reporting views, the files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from engine.cli import main
from tests.support import databases

COLUMNS = (
    "保单号,险类,车架号,车牌号,车主,证件号码,手机,厂牌车型,初登日期,使用性质,能源类型,座位数,新车购置价,"
    "起保日期,到期日期,签单日期,保费,三者保额,NCD系数,自主定价系数,出险次数,连续承保年数,支公司,职场,营销员工号,专员工号"
).split(",")


class Refused(AssertionError):
    """A command answered with exit code 1; ``sentence`` is what it said on stderr."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(f"exit {code}: {sentence}")
        self.code = code
        self.sentence = sentence


@dataclass
class Desk:
    """One installation in a folder of its own."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.env = {**databases.environment(self.home), **self.env}

    def run(self, *args: str) -> Any:
        """Run one command with ``--json`` and return what it printed; a refusal raises."""
        result = CliRunner().invoke(main, [*args, "--json"], env=self.env)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        if result.exit_code:
            raise Refused(result.exit_code, result.stderr)
        return json.loads(result.stdout) if result.stdout.strip() else None

    def said(self, *args: str, lang: str = "zh") -> str:
        """Run one command as a person does and return what it printed, on stdout and stderr."""
        result = CliRunner().invoke(main, args, env={**self.env, "RENEWALS_LANG": lang})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    def sql(self, query: str, *params: Any) -> list[dict[str, Any]]:
        """Read one of the reporting views."""
        return databases.read(self.home, query, *params)

    def write(self, name: str, content: bytes) -> str:
        """Put a file beside the database and return its path."""
        path = self.home / name
        path.write_bytes(content)
        return str(path)

    def import_list(self, rows: Iterable[Mapping[str, Any]], *, name: str = "list.csv") -> Any:
        """Import pending policies under the ``standard`` profile."""
        return self.run("import", self.write(name, standard_csv(rows)), "--source", "standard")

    def import_policies(self, rows: Iterable[Mapping[str, Any]], *, name: str = "new.csv") -> Any:
        """Import newly issued policies under the ``standard`` profile."""
        return self.run("import-policies", self.write(name, standard_csv(rows)), "--source", "standard")

    def go_to(self, day: date, hour: int = 0) -> Any:
        """Advance the clock to *hour*:00 Asia/Shanghai of *day*."""
        from datetime import datetime
        from zoneinfo import ZoneInfo

        now = datetime.fromisoformat(self.run("clock", "show")["local"])
        goal = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("Asia/Shanghai"))
        return self.run("clock", "advance", f"PT{int((goal - now).total_seconds())}S")

    def show(self, key: str) -> Any:
        """Show one renewal."""
        return self.run("show", key)

    def open_task(self, key: str, element_id: str) -> Any:
        """Return the one open task of this element in a renewal."""
        found = [t for t in self.show(key)["open_tasks"] if t["element_id"] == element_id]
        assert len(found) == 1, [t["element_id"] for t in self.show(key)["open_tasks"]]
        return found[0]

    def complete(
        self, key: str, element_id: str, values: Mapping[str, Any], *, user: str | None = None
    ) -> Any:
        """Complete a renewal's open task as *user* (default: whom it is assigned to)."""
        task = self.open_task(key, element_id)
        who = user or task["assignee"]
        return self.run("complete", str(task["task_id"]), "--user", who, "--data", json.dumps(values))

    def history(self, instance_id: int) -> list[dict[str, Any]]:
        """Return the audit view's rows of one renewal, oldest first."""
        return self.sql("SELECT * FROM v_audit WHERE instance_id = ? ORDER BY seq", instance_id)


def standard_csv(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Write rows under the ``standard`` exchange format, UTF-8."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


_VIN_VALUES = dict(
    zip(
        "ABCDEFGHJKLMNPRSTUVWXYZ",
        (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9),
        strict=True,
    )
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def vin(number: int) -> str:
    """Return a valid fictional VIN (GB 16735 check digit) for a serial number."""
    text = f"LSVAA418_E2{number:06d}"
    total = sum(
        (int(c) if c.isdigit() else _VIN_VALUES[c]) * w
        for c, w in zip(text, _VIN_WEIGHTS, strict=True)
        if c != "_"
    )
    return text.replace("_", "X" if total % 11 == 10 else str(total % 11))


def policy(
    number: int,
    expiry: date,
    *,
    line: str = "商业",
    agent: str,
    sub_branch: str,
    issued: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """Return one row of the standard format: a private car with plausible figures."""
    start = (
        expiry.replace(year=expiry.year - 1)
        if (expiry.month, expiry.day) != (2, 29)
        else date(expiry.year - 1, 3, 1)
    )
    kind = "1" if line == "商业" else "2"
    return {
        "保单号": f"{'9' if issued else '8'}{kind}0505{expiry:%Y%m}{number:010d}",
        "险类": line,
        "车架号": vin(number),
        "车牌号": f"川A{number % 100000:05d}",
        "车主": f"测试{number}",
        "手机": f"139{number:08d}",
        "厂牌车型": "上汽大众朗逸",
        "初登日期": "2021-05-06",
        "使用性质": "非营业个人客车",
        "能源类型": "燃油",
        "座位数": "5",
        "新车购置价": "128000",
        "起保日期": f"{start:%Y-%m-%d}",
        "到期日期": f"{expiry:%Y-%m-%d}",
        "签单日期": f"{start:%Y-%m-%d}",
        "保费": "3200.00" if line == "商业" else "950.00",
        "三者保额": "2000000" if line == "商业" else "",
        "NCD系数": "0.7" if line == "商业" else "",
        "自主定价系数": "0.85" if line == "商业" else "",
        "出险次数": "0",
        "连续承保年数": "3",
        "支公司": sub_branch,
        "营销员工号": agent,
        **more,
    }
