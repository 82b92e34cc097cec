"""The demonstration's organisation: a city branch, its life insurer and fictional people.

Pure and deterministic: the same arguments always give the same people, on every machine. Companies,
people and telephone numbers are invented; cities are real so that regional tables apply.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random

from engine.domain.codes import Role
from engine.domain.org import LiaisonEntry, OrgFile, PostEntry, Side, UnitEntry, UnitKind

BRANCH = "PC3301"
"""Code of the city branch, the unit the demonstration is about."""

_PROVINCE, _CITY = "浙江", "杭州"
_DISTRICTS = ("城东", "城西", "滨江", "临江", "湖滨", "桥北")
_WORKPLACES = ("钱塘", "望江", "文晖", "凤起", "之江", "西溪", "采荷", "拱宸", "丁桥", "翠苑")
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余"
    "叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段"
    "雷黎史龙陶贺顾毛郝龚邵万钱严"
)
_GIVEN = tuple(
    """
    建国 淑芬 志远 雅琴 文博 思雨 海燕 国强 丽华 俊杰 晓东 美玲 立新 春梅 浩然
    佳怡 永刚 红霞 子轩 梦琪 德明 秀兰 振宇 慧敏 一鸣 若曦 家豪 雪莲 明辉 静怡
    晨曦 凤英 天佑 诗涵 长青 玉珍 启航 婉清 少华 月娥 敬之 素芳 宏图 依诺 向阳
    巧云 致和 采薇 守诚 语桐
    """.split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSize:
    """How large the demonstration is; the defaults are its published size: 40 agents in 5 workplaces."""

    sub_branches: int = 2
    workplaces: int = 5
    teams_per_workplace: int = 2
    agents_per_team: int = 4
    specialists: int = 3
    channel_staff: int = 2


DEFAULT_SIZE = DemoSize()


@dataclass(slots=True)
class _Hiring:
    """Hands out names and telephone numbers in a fixed order and collects the posts."""

    random: Random
    since: date
    posts: list[PostEntry] = field(default_factory=list)

    def hire(self, employee_no: str, role: Role, unit: str, manager: str | None = None) -> str:
        """Add a post and return its holder's number."""
        self.posts.append(
            PostEntry(
                employee_no=employee_no,
                name=self.random.choice(_SURNAMES) + self.random.choice(_GIVEN),
                role=role,
                unit_code=unit,
                manager_no=manager,
                phone=f"1990000{len(self.posts) + 1:04}",
                valid_from=self.since,
            )
        )
        return employee_no


def demo_org(
    size: DemoSize = DEFAULT_SIZE, *, seed: int = 20261124, since: date = date(2025, 1, 1)
) -> OrgFile:
    """Return the organisation, in force from *since* on, open-ended.

    Numbers tell the role: CC channel, SP specialist, TR trainer, SU supervisor, AG agent, PO process
    owner, AP approver, AU auditor, AD administrator; then a running number. Two agents share one name.
    """
    hiring = _Hiring(Random(seed), since)
    units = [*_property_units(size, since), *_life_units(size, since)]
    _hire_branch(hiring, size)
    specialists = [
        hiring.hire(f"SP{n + 1:02}", Role.SPECIALIST, _sub_branch(n % size.sub_branches))
        for n in range(size.specialists)
    ]
    liaisons = []
    for place in range(size.workplaces):
        trainer = hiring.hire(f"TR{place + 1:02}", Role.TRAINER, _workplace(place))
        _hire_teams(hiring, size, place)
        liaisons.append(
            LiaisonEntry(
                workplace_code=_workplace(place),
                specialist_no=specialists[place % len(specialists)] if specialists else None,
                trainer_no=trainer,
                valid_from=since,
            )
        )
    return OrgFile(tuple(units), tuple(_with_namesakes(hiring.posts)), tuple(liaisons))


def people_in(org: OrgFile, role: Role) -> tuple[PostEntry, ...]:
    """Return the posts of *role*, in the order of their numbers."""
    return tuple(sorted((post for post in org.posts if post.role is role), key=lambda post: post.employee_no))


def _hire_branch(hiring: _Hiring, size: DemoSize) -> None:
    for n in range(size.channel_staff):
        hiring.hire(f"CC{n + 1:02}", Role.CHANNEL, f"{BRANCH}-QD")
    for number, role in (
        ("PO01", Role.PROCESS_OWNER),
        ("AP01", Role.APPROVER),
        ("AU01", Role.AUDITOR),
        ("AD01", Role.ADMIN),
    ):
        hiring.hire(number, role, BRANCH)


def _hire_teams(hiring: _Hiring, size: DemoSize, place: int) -> None:
    for team in range(size.teams_per_workplace):
        number = place * size.teams_per_workplace + team
        unit = _team(place, team)
        supervisor = hiring.hire(f"SU{number + 1:02}", Role.SUPERVISOR, unit)
        for agent in range(size.agents_per_team):
            running = number * size.agents_per_team + agent + 1
            hiring.hire(f"AG{running:03}", Role.AGENT, unit, supervisor)


def _with_namesakes(posts: list[PostEntry]) -> list[PostEntry]:
    """Give the second agent the name of the first: real lists hold namesakes (domain.md §7 case 41)."""
    agents = [place for place, post in enumerate(posts) if post.role is Role.AGENT]
    if len(agents) > 1:
        posts[agents[1]] = replace(posts[agents[1]], name=posts[agents[0]].name)
    return posts


def _property_units(size: DemoSize, since: date) -> Iterator[UnitEntry]:
    def unit(code: str, name: str, parent: str | None, kind: UnitKind) -> UnitEntry:
        return _unit(code, name, parent, kind, Side.PC, since)

    yield unit("PC", "启明财险总公司", None, UnitKind.HEAD)
    yield unit("PC33", f"启明财险{_PROVINCE}分公司", "PC", UnitKind.BRANCH)
    yield unit(BRANCH, f"启明财险{_CITY}中心支公司", "PC33", UnitKind.BRANCH)
    yield unit(f"{BRANCH}-QD", "渠道合作部", BRANCH, UnitKind.DEPARTMENT)
    for n in range(size.sub_branches):
        yield unit(_sub_branch(n), f"{_pick(_DISTRICTS, n)}支公司", BRANCH, UnitKind.SUB_BRANCH)


def _life_units(size: DemoSize, since: date) -> Iterator[UnitEntry]:
    def unit(code: str, name: str, parent: str | None, kind: UnitKind) -> UnitEntry:
        return _unit(code, name, parent, kind, Side.LIFE, since)

    yield unit("LF", "启明人寿总公司", None, UnitKind.HEAD)
    yield unit("LF3301", f"启明人寿{_CITY}分公司", "LF", UnitKind.LIFE_BRANCH)
    yield unit("LF3301-GX", "个险营业部", "LF3301", UnitKind.DEPARTMENT)
    for place in range(size.workplaces):
        name = f"{_pick(_WORKPLACES, place)}职场"
        yield unit(_workplace(place), name, "LF3301-GX", UnitKind.WORKPLACE)
        for team in range(size.teams_per_workplace):
            yield unit(_team(place, team), f"{name}{team + 1}组", _workplace(place), UnitKind.TEAM)


def _unit(code: str, name: str, parent: str | None, kind: UnitKind, side: Side, since: date) -> UnitEntry:
    local = kind is not UnitKind.HEAD
    return UnitEntry(
        code=code,
        name=name,
        parent_code=parent,
        kind=kind,
        side=side,
        province=_PROVINCE if local else None,
        city=_CITY if local and code != "PC33" else None,
        valid_from=since,
    )


def _sub_branch(n: int) -> str:
    return f"{BRANCH}{n + 1:02}"


def _workplace(place: int) -> str:
    return f"ZC{place + 1:02}"


def _team(place: int, team: int) -> str:
    return f"{_workplace(place)}-{team + 1}"


def _pick(names: tuple[str, ...], n: int) -> str:
    """The *n*-th name; beyond the list it is numbered on."""
    turn, place = divmod(n, len(names))
    return names[place] if turn == 0 else f"{names[place]}{turn + 1}"
