"""The invented enterprises of 澜川市, who answers for them, and sixty days of their operating status."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.utils import timezone

from cadres.search import initials
from enterprises.models import Assignment, Campaign, Contact, Enterprise, OperatingStatus, Plan
from enterprises.rules.credit_code import check_character
from enterprises.rules.size import size_of
from reports.demo import projects
from reports.demo.people import Cast, Casting

if TYPE_CHECKING:
    from random import Random

    from cadres.models import Cadre

ENTERPRISES: Final = 300
DAYS: Final = 60
UNCOVERED: Final = 9  # enterprises that nobody answers for yet
TAGS: Final = {"专精特新": 7, "出口": 11, "绿色工厂": 23}  # every so many have it
PLAN: Final = """目标：月底前恢复满负荷生产。
措施：协调外地员工返岗，落实用工补贴，每周现场办公一次。
分工：包联领导总负责，专员每日对接。"""

Category = Enterprise.Category


class Trade(NamedTuple):
    """How enterprises of a local industry group are named and classified."""

    industry: str
    suffixes: tuple[str, ...]
    above: str
    below: str
    kind: str = Enterprise.Kind.COMPANY


TRADES: Final = {
    "油田技术服务": Trade("B11", ("油田技术服务", "钻采工程"), Category.SERVICE_ABOVE, Category.OTHER),
    "炼油化工": Trade("C25", ("石化", "炼化科技"), Category.INDUSTRY_ABOVE, Category.INDUSTRY_BELOW),
    "机械制造": Trade("C35", ("机械制造", "装备"), Category.INDUSTRY_ABOVE, Category.INDUSTRY_BELOW),
    "批发零售": Trade("F52", ("商贸", "百货"), Category.TRADE_ABOVE, Category.OTHER),
    "农产品加工": Trade("C13", ("食品", "番茄制品"), Category.FARM_LEADER, Category.INDUSTRY_BELOW),
    "文化旅游": Trade("H61", ("文旅", "酒店管理"), Category.TRADE_ABOVE, Category.OTHER),
    "物流": Trade("G54", ("物流", "运输"), Category.SERVICE_ABOVE, Category.OTHER),
    "建筑": Trade("E47", ("建设工程", "建筑安装"), Category.BUILDING, Category.BUILDING),
    "金融": Trade("J66", ("小额贷款", "融资担保"), Category.SERVICE_ABOVE, Category.OTHER),
}
WORDS: Final = (
    *("天山", "宏达", "远大", "同济", "华盛", "金泰", "恒信", "蓝海", "绿野", "鼎盛", "万通", "昌隆", "瑞丰", "博远"),
    *("正源", "汇川", "凯旋", "新元", "兴业", "安泰", "东方", "长河", "锦程", "嘉禾", "永和", "亚欧", "北辰", "众合"),
)
SPECIAL_NAMES: Final = ("𠮷祥农牧有限公司", "澜川老张记“丝路”餐饮有限公司", "澜川O'Neil流体设备有限公司")


class Companies:
    """Makes the enterprises and everything that lies in time but is no case."""

    def __init__(self, random: Random, cast: Cast, casting: Casting, now: datetime) -> None:
        self.random, self.cast, self.casting, self.now = random, cast, casting, now
        self.today = timezone.localdate(now)
        self.names: set[str] = set()

    def found(self) -> list[Enterprise]:
        made = [self._enterprise(number) for number in range(ENTERPRISES)]
        # Before those that nobody answers for.
        made[-UNCOVERED:-UNCOVERED] = projects.sites(self.cast)
        rows = Enterprise.objects.bulk_create(made)
        for row in rows:
            row.main_contacts = [self._contact(row)]
        Contact.objects.bulk_create(row.main_contacts[0] for row in rows)
        return rows

    def assign(self, enterprises: list[Enterprise]) -> dict[int, Cadre]:
        """Specialists by district in turn, and a leader with three; returns who answers for which enterprise."""
        campaign = Campaign.objects.create(
            name="奋战四个月、千人入千企", starts_on=self._months_ago(60), contact_every_days=14
        )
        campaign.regions.set([self.cast.city])
        turn = dict.fromkeys(self.cast.specialists, 0)
        owners: dict[int, Cadre] = {}
        rows = []
        for enterprise in enterprises[:-UNCOVERED]:
            code = enterprise.region_path.split("/")[1]
            cadre = self._in_turn(code, turn)
            owners[enterprise.pk] = cadre
            rows.append(self._assignment(campaign, enterprise, cadre, Assignment.Role.SPECIALIST))
        leader = self.cast.named["leader-team"]
        mine = [e for e in enterprises if owners.get(e.pk) == self.cast.named["specialist"]][:3]
        rows += [self._assignment(campaign, e, leader, Assignment.Role.LEADER) for e in mine]
        Assignment.objects.bulk_create(rows)
        Plan.objects.bulk_create(self._plan(campaign, enterprise, leader) for enterprise in mine)
        return owners

    def _plan(self, campaign: Campaign, enterprise: Enterprise, leader: Cadre) -> Plan:
        return Plan(
            campaign=campaign,
            enterprise=enterprise,
            text=PLAN,
            starts_on=self.today - timedelta(days=30),
            ends_on=self.today + timedelta(days=60),
            written_by=leader,
            written_at=self.now,
        )

    def report(self, enterprises: list[Enterprise]) -> None:
        """Sixty days of status: more and more resume, most report, today's only as far as the day has come."""
        rows: list[OperatingStatus] = []
        for enterprise in enterprises:
            resumes = self.today - timedelta(days=int(self.random.triangular(-14, DAYS + 10, 10)))
            reliable = self.random.choice((0.8, 0.95, 0.97, 0.99))
            for back in range(DAYS, -1, -1):
                if self.random.random() < reliable:
                    rows += self._status(enterprise, self.today - timedelta(days=back), resumes)
        OperatingStatus.objects.bulk_create(rows, batch_size=5000)

    def _enterprise(self, number: int) -> Enterprise:
        group = self.random.choice(list(TRADES))
        trade = TRADES[group]
        district = self.random.choice(self.cast.districts)
        town = self.random.choice(self.cast.towns[district.code])
        headcount = int(self.random.lognormvariate(4.2, 1.1)) + 3
        revenue = Decimal(int(headcount * self.random.uniform(20, 90)))
        assets = Decimal(int(revenue * Decimal(self.random.uniform(0.5, 2))))
        trader = self.random.random() < 0.08
        name = self._trader_name(town.name) if trader else self._name(number, district.name, trade)
        code = f"91{district.short_code}MA{number:07d}"
        size = size_of(trade.industry[1:], "", headcount, revenue, assets)
        return Enterprise(
            kind=Enterprise.Kind.TRADER if trader else trade.kind,
            name=name,
            initials=initials(name),
            credit_code=code + check_character(code),
            region=town,
            region_path=town.path,
            park=self.random.choice(self.cast.parks) if self.random.random() < 0.2 else None,
            address=f"{district.name}{town.name}{self.random.randrange(1, 300)}号",
            founded_on=date(self.random.randrange(1995, 2025), self.random.randrange(1, 13), 8),
            industry=trade.industry,
            industry_group=group,
            size=size or "",
            category=trade.above if headcount > 60 and not trader else trade.below,
            key_lists=[Enterprise.KeyList.INDUSTRY] if headcount > 300 and trade.industry[0] == "C" else [],
            tags=[tag for tag, every in TAGS.items() if number % every == 0],
            legal_representative=self.casting.name(),
            headcount=headcount,
            revenue_wan=revenue,
            assets_wan=assets,
            electricity_accounts=self._accounts(number),
            baseline_kwh=Decimal(headcount * self.random.randrange(8, 60)),
            state=Enterprise.State.OPERATING if self.random.random() < 0.97 else Enterprise.State.SUSPENDED,
        )

    def _accounts(self, number: int) -> list[str]:
        """Every seventh has a second meter."""
        first = f"9901{number:06d}"
        return [first, f"{first}-2"] if number % 7 == 0 else [first]

    def _contact(self, enterprise: Enterprise) -> Contact:
        return Contact(
            enterprise=enterprise,
            name=self.casting.name(),
            position=self.random.choice(("办公室主任", "生产厂长", "副总经理", "人力资源主管")),
            phone=f"138{self.random.randrange(10**8):08d}",
            is_main=True,
        )

    def _name(self, number: int, district: str, trade: Trade) -> str:
        if number < len(SPECIAL_NAMES):
            return SPECIAL_NAMES[number]
        while True:
            place = self.random.choice(("澜川", district.rstrip("区县")))
            name = f"{place}{self.random.choice(WORDS)}{self.random.choice(trade.suffixes)}有限公司"
            if name not in self.names:
                self.names.add(name)
                return name

    def _trader_name(self, town: str) -> str:
        return f"{town}{self.casting.name()}{self.random.choice(('餐馆', '便利店', '汽修店', '五金店'))}"

    def _in_turn(self, code: str, turn: dict[str, int]) -> Cadre:
        own = self.cast.specialists[code]
        turn[code] += 1
        return own[turn[code] % len(own)]

    def _assignment(self, campaign: Campaign, enterprise: Enterprise, cadre: Cadre, role: str) -> Assignment:
        return Assignment(
            campaign=campaign,
            enterprise=enterprise,
            cadre=cadre,
            role=role,
            starts_on=campaign.starts_on,
            assigned_by=self.cast.named["office"],
            assigned_at=self.now,
        )

    def _months_ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def _status(self, enterprise: Enterprise, day: date, resumes: date) -> list[OperatingStatus]:
        at = datetime.combine(day, time(8), tzinfo=timezone.get_current_timezone())
        at += timedelta(minutes=self.random.randrange(390))
        if at > self.now:
            return []
        values = self._report(enterprise, day, resumes)
        return [OperatingStatus(enterprise=enterprise, day=day, reported_at=at, **values)]

    def _report(self, enterprise: Enterprise, day: date, resumes: date) -> dict[str, Any]:
        since = (day - resumes).days
        share = min(1.0, 0.35 + since * 0.03) if since >= 0 else 0.0
        share *= self.random.uniform(0.93, 1.0)
        states = OperatingStatus.State
        state = states.NONE if since < 0 else states.FULL if share > 0.85 else states.PARTIAL
        due = enterprise.headcount or 0
        idle = Decimal(str(round(self.random.uniform(0.02, 0.08), 3)))
        return {
            "state": state,
            "due": due,
            "on_duty": int(due * share),
            "utilisation": Decimal(str(round(min(118.0, share * self.random.uniform(88, 112)), 1))),
            "kwh": ((enterprise.baseline_kwh or Decimal(0)) * (idle + Decimal(str(round(share, 3))))).quantize(
                Decimal("0.01")
            ),
            "source": self.random.choice((OperatingStatus.Source.IMPORT, OperatingStatus.Source.OFFICE)),
            "reported_by": self.cast.named["office"],
        }
