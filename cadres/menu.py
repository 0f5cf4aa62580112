"""The menu: one table, cut to what a cadre's roles may open.

An entry whose URL name is not in the URLconf is absent, so the table may name pages of apps that are not installed.
What is counted beside an entry is told by the callables named in settings.MENU_COUNTS, each of which takes the cadre
and the moment and answers the rows ({"appeals:list": "appeals.menu.waiting"}); the page's frame counts all of them in
one statement.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple, cast

from django.conf import settings
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from cadres.counting import Count
from cadres.models import Cadre
from cadres.roles import ADMINISTRATORS, Role

Rows = Callable[[Cadre, datetime], QuerySet[Any]]

EVERYBODY: Final = frozenset(Role)
BUSINESS: Final = EVERYBODY - ADMINISTRATORS - {Role.CALLER, Role.DISCIPLINE}
VISITING: Final = frozenset({Role.SPECIALIST, Role.TEAM_LEADER})
OVERSEEING: Final = frozenset({Role.OFFICE, Role.SUPERVISOR, Role.LEADER})
ORDERING: Final = OVERSEEING | {Role.HANDLER, Role.HEAD}
HANDING_OVER: Final = frozenset({Role.SUPERVISOR, Role.DISCIPLINE})
SYSADMIN: Final = frozenset({Role.SYSADMIN})
SECADMIN: Final = frozenset({Role.SECADMIN})
AUDITADMIN: Final = frozenset({Role.AUDITADMIN})
ADMINISTRATION: Final = "系统管理"
TABS_ON_PHONE: Final = 5
COUNTED_TO: Final = 999
NOTHING: Final[Mapping[str, int]] = {}


class Entry(NamedTuple):
    """One page in the menu. `tab` is its short name in the bottom bar of phones, "" if it is not offered there."""

    section: str
    label: str
    icon: str
    url_name: str
    roles: frozenset[Role]
    hot: bool = False
    tab: str = ""
    raised: bool = False


ENTRIES: Final = (
    Entry("", "我的工作台", "home", "reports:workbench", EVERYBODY, tab="工作台"),
    Entry("企业包联", "企业名录", "building-factory-2", "enterprises:list", BUSINESS, tab="企业"),
    Entry("企业包联", "包联台账", "heart-handshake", "enterprises:assignments", VISITING | OVERSEEING),
    Entry("企业包联", "未包联企业", "user-off", "enterprises:uncovered", OVERSEEING),
    Entry("企业包联", "专项行动", "flag", "enterprises:campaigns", VISITING | OVERSEEING),
    Entry("企业包联", "生产经营状况", "activity", "enterprises:status", VISITING | OVERSEEING),
    Entry("走访管理", "走访登记", "clipboard-plus", "visits:new", VISITING, tab="记走访", raised=True),
    Entry("走访管理", "走访记录", "clipboard-list", "visits:list", VISITING | OVERSEEING, tab="走访"),
    Entry("诉求管理", "诉求清单", "inbox", "appeals:list", BUSINESS, tab="诉求"),
    Entry("诉求管理", "登记诉求", "message-report", "appeals:new", VISITING | {Role.OFFICE}),
    Entry("诉求管理", "升级督办", "stairs-up", "appeals:escalations", OVERSEEING, hot=True, tab="督办"),
    Entry("诉求管理", "督办单", "file-text", "appeals:orders", ORDERING, hot=True, tab="督办单"),
    Entry("诉求管理", "批示", "writing-sign", "appeals:instructions", ORDERING, hot=True),
    Entry("诉求管理", "移交线索", "shield-check", "appeals:referrals", HANDING_OVER, hot=True, tab="线索"),
    Entry("政策兑现", "惠企政策", "building-bank", "policies:list", BUSINESS),
    Entry("政策兑现", "兑现台账", "coin", "policies:fulfilments", BUSINESS),
    Entry("统计通报", "驾驶舱", "trending-up", "reports:dashboard", OVERSEEING, tab="总览"),
    Entry("统计通报", "每日通报", "report-analytics", "reports:briefings", OVERSEEING, tab="通报"),
    Entry("统计通报", "指标", "chart-bar", "reports:indicators", OVERSEEING),
    Entry("统计通报", "台账下载", "download", "reports:ledgers", BUSINESS | AUDITADMIN),
    Entry("统计通报", "应复工名单", "list-check", "reports:bases", OVERSEEING),
    Entry("统计通报", "数据导入", "database-import", "reports:imports", frozenset({Role.OFFICE})),
    Entry("系统", "消息", "bell", "cadres:inbox", EVERYBODY, tab="消息"),
    Entry("系统", "邮件发送", "send", "cadres:mails", frozenset({Role.SYSADMIN}), tab="邮件"),
    Entry(ADMINISTRATION, "干部", "users", "cadres:cadres", SYSADMIN, tab="干部"),
    Entry(ADMINISTRATION, "单位", "building-bank", "cadres:departments", SYSADMIN, tab="单位"),
    Entry(ADMINISTRATION, "区域", "map-pin", "cadres:regions", SYSADMIN),
    Entry(ADMINISTRATION, "办理时限", "clock", "appeals:limits", SYSADMIN, tab="时限"),
    Entry(ADMINISTRATION, "督办阶梯", "stairs-up", "workflow:ladder", SYSADMIN),
    Entry(ADMINISTRATION, "诉求类别", "list-check", "appeals:categories", SYSADMIN),
    Entry(ADMINISTRATION, "节假日与工作时间", "calendar-event", "workflow:holidays", SYSADMIN),
    Entry(ADMINISTRATION, "角色授权", "user-check", "cadres:roles", SECADMIN, tab="授权"),
    Entry(ADMINISTRATION, "登录锁定", "lock", "cadres:locks", SECADMIN),
    Entry(ADMINISTRATION, "角色权限", "list-check", "cadres:rights", SECADMIN, tab="权限"),
    Entry(ADMINISTRATION, "审计记录", "shield-check", "cadres:audit", AUDITADMIN, tab="审计"),
    Entry(ADMINISTRATION, "审计链校验", "list-check", "cadres:audit_chain", AUDITADMIN, tab="校验"),
)


@dataclass(frozen=True)
class Item:
    """An entry as one cadre sees it on one page."""

    entry: Entry
    url: str
    count: int | None
    current: bool


@dataclass(frozen=True)
class Section:
    heading: str
    items: list[Item]


def items_for(cadre: Cadre, counts: Mapping[str, int] = NOTHING, *, current: str = "", path: str = "") -> list[Item]:
    """The pages this cadre may open, in menu order; `current` and `path` are the shown page's URL name and path.

    `counts`: how many rows each entry counts, by its URL name (`counted`).
    """
    offered = _offered_to(cadre)
    shown = current_entry(current, path, offered)
    return [Item(entry, url, counts.get(entry.url_name), entry == shown) for entry, url in offered.items()]


def counting(cadre: Cadre) -> tuple[tuple[str, str], ...]:
    """URL names of the entries that the cadre sees with a count, each with the name of the callable behind it."""
    counted = settings.MENU_COUNTS
    return tuple((entry.url_name, counted[entry.url_name]) for entry in _offered_to(cadre) if entry.url_name in counted)


def counts(cadre: Cadre, named: Iterable[tuple[str, str]], now: datetime) -> dict[str, Count]:
    """What is counted beside these entries, by their URL names."""
    return {url_name: Count(_rows(name)(cadre, now), to=COUNTED_TO) for url_name, name in named}


def sections(items: Iterable[Item]) -> list[Section]:
    """Items gathered under their headings, in order."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.entry.section, []).append(item)
    return [Section(heading, group) for heading, group in found.items()]


def tabs(items: Iterable[Item]) -> list[Item]:
    """At most five items for the bottom bar of phones, the raised one in the middle."""
    offered = [item for item in items if item.entry.tab]
    raised = [item for item in offered if item.entry.raised][:1]
    plain = [item for item in offered if not item.entry.raised][: TABS_ON_PHONE - len(raised)]
    middle = (len(plain) + 1) // 2
    return plain[:middle] + raised + plain[middle:]


def current_entry(url_name: str, path: str, offered: Mapping[Entry, str]) -> Entry | None:
    """The entry of this very page, or else the one whose address the page lies below, or else the list of its app.

    `offered`: each entry with its address. Of several addresses the longest counts; the root is above everything and
    says nothing.
    """
    if exact := next((entry for entry in offered if entry.url_name == url_name), None):
        return exact
    above = [entry for entry, url in offered.items() if url != "/" and path.startswith(url)]
    if above:
        return max(above, key=lambda entry: len(offered[entry]))
    app_list = f"{url_name.partition(':')[0]}:list"
    return next((entry for entry in offered if entry.url_name == app_list), None)


def _offered_to(cadre: Cadre) -> dict[Entry, str]:
    entries = [(entry, _url(entry.url_name)) for entry in ENTRIES if cadre.holds(*entry.roles)]
    return {entry: url for entry, url in entries if url}


def _url(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


@cache
def _rows(name: str) -> Rows:
    return cast("Rows", import_string(name))
