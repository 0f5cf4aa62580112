"""The text of a bulletin in its customary form, made from its figures alone."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from cadres.models import Region
from reports.indicators import rounded

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from reports.snapshot import CaseLine, Line, ListChange, NamedCase, PolicyLine, Snapshot

BEST_AND_WORST: Final = 3  # or half of the regions, where there are fewer than six
CHANGES_NAMED: Final = 20
PLACES: Final = {1: ("第一位", "末位"), 2: ("前两位", "后两位"), 3: ("前三位", "后三位")}
LAST_CHARACTERS: Final = "市区县旗"


def whole(kind: str, name: str) -> str:
    """全市, 全区, 全县: how the region calls all of itself."""
    if kind == Region.Kind.CITY:
        return "全市"
    return f"全{name[-1]}" if name[-1] in LAST_CHARACTERS else "全区"


def below(kind: str) -> str:
    """What the regions one step below are called together."""
    return "区县" if kind == Region.Kind.CITY else "镇街"


def text_of(snapshot: Snapshot) -> str:
    """Paragraphs, one a line."""
    paragraphs = (
        _resumption(snapshot),
        _groups(snapshot),
        _work(snapshot),
        _ranking(snapshot),
        _changes(snapshot.changes),
        _appeals(snapshot),
        _named(snapshot.named),
        _policies(snapshot.policies_total),
    )
    return "\n".join(paragraph for paragraph in paragraphs if paragraph)


def moment(at: datetime) -> str:
    """11月18日15时, with minutes where they are not zero."""
    local = timezone.localtime(at)
    minutes = f"{local.minute}分" if local.minute else ""
    return f"{local.month}月{local.day}日{local.hour}时{minutes}"


def points(difference: Decimal | None) -> str:
    """提高1.8个百分点, 下降0.4个百分点, 持平; nothing where there is no day before."""
    if difference is None:
        return ""
    if difference == 0:
        return "与前一日持平"
    return f"较前一日{'提高' if difference > 0 else '下降'}{abs(difference)}个百分点"


def index_change(difference: Decimal | None) -> str:
    """Of an index, which has no unit."""
    if difference is None:
        return ""
    if difference == 0:
        return "与前一日持平"
    return f"较前一日{'提高' if difference > 0 else '下降'}{abs(difference)}"


def _resumption(snapshot: Snapshot) -> str:
    total, all_of = snapshot.total, whole(snapshot.region_kind, snapshot.region_name)
    if not total.base:
        return f"截至{moment(snapshot.as_of)}，{all_of}没有应复工企业。"
    parts = [
        f"截至{moment(snapshot.as_of)}，{all_of}应复工{total.base}家",
        f"累计复工{total.resumed}家（全面复工{total.full}家，部分复工{total.resumed - total.full}家）",
        f"复工率{total.resumption.text}",
        points(total.points),
        _movement(total),
    ]
    reported = f"当日上报{total.reported}家，上报率{total.reporting.text}；"
    carried = f"沿用此前3日内状况{total.carried}家，未报{total.silent}家。"
    return "，".join(part for part in parts if part) + "。" + reported + carried


def _movement(total: Line) -> str:
    if total.added is None:
        return ""
    return f"当日新增复工{total.added}家" + (f"、减少{total.lost}家" if total.lost else "")


def _groups(snapshot: Snapshot) -> str:
    """Statistical groups in their order, where there is more than one."""
    groups = [line for line in snapshot.groups if line.base]
    if len(groups) < 2:
        return ""
    return f"其中，{'；'.join(_group(line) for line in groups)}。"


def _group(line: Line) -> str:
    said = (f"{line.name}累计复工{line.resumed}家", f"复工率{line.resumption.text}", points(line.points))
    return "，".join(part for part in said if part)


def _work(snapshot: Snapshot) -> str:
    """People, capacity and electricity, as far as anything was reported."""
    sums, total, said = snapshot.total.sums, snapshot.total, []
    if sums.due:
        said.append(f"报了人数的企业应到岗{sums.due}人，已返岗{sums.on_duty}人，返岗率{sums.attendance.text}")
    if sums.capacity:
        said.append(f"产能利用率{sums.utilisation.text}")
    if total.power and snapshot.power_day:
        day = snapshot.power_day
        change = index_change(Decimal(total.power_change)) if total.power_change else ""
        index = f"复工电力指数{total.power}（{day.month}月{day.day}日用电数据）"
        said.append("，".join(part for part in (index, change) if part))
    return f"{'；'.join(said)}。" if said else ""


def _ranking(snapshot: Snapshot) -> str:
    kind, parts = below(snapshot.region_kind), [_best_and_worst(snapshot)]
    if snapshot.unranked:
        names = "、".join(f"{line.name}（{line.reporting.text}）" for line in snapshot.unranked)
        parts.append(f"上报率低于90%、暂不排名的{kind}：{names}。")
    return "".join(parts)


def _best_and_worst(snapshot: Snapshot) -> str:
    kind, ranked = below(snapshot.region_kind), snapshot.ranked
    few = min(BEST_AND_WORST, len(ranked) // 2)
    if not few:
        return ""
    if ranked[-1].rank == 1:
        return f"参加排名的{len(ranked)}个{kind}复工率均为{ranked[0].resumption.text}。"
    first, last = PLACES[few]
    return f"{kind}复工率{first}为：{_rates(ranked[:few])}；{last}为：{_rates(ranked[-few:])}。"


def _rates(lines: Iterable[Line]) -> str:
    return "、".join(f"{line.name}（{line.resumption.text}）" for line in lines)


def _changes(changes: list[ListChange]) -> str:
    left = [change for change in changes if not change.joined]
    joined = [change for change in changes if change.joined]
    parts = [f"{verb}{len(some)}家（{_by_name(some)}）" for verb, some in (("移出", left), ("列入", joined)) if some]
    return f"应复工名单当日{'，'.join(parts)}。" if parts else ""


def _by_name(changes: list[ListChange]) -> str:
    shown = "；".join(f"{change.name}，{change.because}" for change in changes[:CHANGES_NAMED])
    return shown if len(changes) <= CHANGES_NAMED else f"{shown}；其余{len(changes) - CHANGES_NAMED}家见附表"


def _appeals(snapshot: Snapshot) -> str:
    cases: CaseLine = snapshot.cases
    since = moment(snapshot.as_of_before)
    month = f"；本月按时办结率{cases.timeliness.text}" if cases.month_due else ""
    return f"{since}以来，新增企业诉求{cases.new}件，办结{cases.settled}件；尚有超期未办结{cases.overdue}件{month}。"


def _named(cases: list[NamedCase]) -> str:
    if not cases:
        return ""
    told = "；".join(
        f"{case.enterprise}“{case.title}”（{case.number}，主办单位{case.lead or '未定'}，超期{case.days_overdue}天）"
        for case in cases
    )
    return f"四级督办诉求{len(cases)}件：{told}。"


def _policies(total: PolicyLine) -> str:
    """How far the policies have come, where anybody is entitled to anything."""
    if not total.entitled:
        return ""
    rows = f"惠企政策应享{total.entitled}条，涉及企业{total.enterprises}家，已兑现{total.granted}条"
    rows += f"，应享未享{total.outstanding}条"
    money = f"核定{_wan(total.approved)}万元，拨付{_wan(total.paid)}万元，兑现率{total.payout.text}"
    return f"{rows}，政策覆盖率{total.coverage.text}" + (f"；{money}。" if total.approved else "。")


def _wan(yuan: str) -> str:
    return f"{rounded(Fraction(yuan or 0) / 10_000, 2):f}"
