"""The enterprises of a large city with their contacts, who answers for them, and 25 days of their operating status."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.utils import timezone

from cadres import copying
from cadres.models import Cadre, Region
from cadres.search import initials
from enterprises.models import Assignment, Campaign, Contact, Enterprise, OperatingStatus
from enterprises.rules.credit_code import check_character
from enterprises.rules.size import size_of
from reports.demo.bulk import sql
from reports.demo.companies import TAGS, TRADES, Trade
from reports.models import BaseEntry, BaseList
from workflow.worktime import load_calendar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from reports.demo.bulk.people import Crowd
    from reports.demo.bulk.size import Size
    from reports.demo.people import Casting

FIRST_NUMBER: Final = 1_000_000  # in credit codes and electricity accounts, far from those of the small city
BRANDS: Final = (
    "天宏远同华金恒蓝绿鼎万昌瑞博正汇凯新兴安东锦嘉永亚北众德信诚达泰利丰盛荣富康源通顺祥和盈佳美瑾卓越智慧创联"
)
TRADERS: Final = ("餐馆", "便利店", "汽修店", "五金店")
POSITIONS: Final = ("办公室主任", "生产厂长", "副总经理", "人力资源主管")
TRADER_SHARE, COVERED_SHARE, OPERATING_SHARE, PARK_SHARE = 0.08, 0.97, 0.97, 0.2
REPORTED_SHARE: Final = 0.96
DAYS: Final = 25

ENTERPRISE: Final = (
    *("id", "kind", "name", "initials", "credit_code", "code_exception", "region_id", "region_path", "park_id"),
    *("address", "founded_on", "industry", "industry_group", "size", "size_entered", "category", "key_lists"),
    *("legal_representative", "headcount", "revenue_wan", "assets_wan", "electricity_accounts", "baseline_kwh"),
    *("state", "tags", "project_code", "project_level", "construction", "stage", "last_contact_on", "version"),
)
CONTACT: Final = ("enterprise_id", "name", "position", "phone", "is_main", "note", "version")
ASSIGNMENT: Final = (
    "campaign_id",
    "enterprise_id",
    "cadre_id",
    "role",
    "starts_on",
    "reason",
    "assigned_by_id",
    "assigned_at",
)
GROWN: Final = ("place", "id", "district", "region_id", "region_path", "specialist", "contact", "brand", "contacted_on")


class Place(NamedTuple):
    """Where an enterprise may lie."""

    number: int  # of the district
    district: Region
    town: Region


class Grown(NamedTuple):
    """An enterprise as the copies of cases need it."""

    row: tuple[Any, ...]
    contact: str
    brand: str
    place: Place
    specialist: Cadre | None


@cache
def initials_of(part: str) -> str:
    return initials(part)


def spelt(*parts: str) -> str:
    """The initials of a name from those of its parts, none of which is read in another way beside the others."""
    return "".join(map(initials_of, parts))


class Companies:
    def __init__(self, random: Random, casting: Casting, districts: list[Region], crowd: Crowd, now: datetime) -> None:
        self.random, self.casting, self.crowd, self.now = random, casting, crowd, now
        self.today = timezone.localdate(now)
        towns = Region.objects.filter(parent__in=districts).order_by("pk").select_related("parent")
        numbers = {district.pk: number for number, district in enumerate(districts)}
        self.places = [Place(numbers[town.parent.pk], town.parent, town) for town in towns if town.parent]
        self.parks = list(Region.objects.parks())
        self.turn = dict.fromkeys(crowd.specialists, 0)
        self.names: set[str] = set()
        calendar = load_calendar()
        worked = [day for back in range(1, 46) if calendar.is_working_day(day := self.today - timedelta(days=back))]
        self.lately = [day for day in worked if day > self.today - timedelta(days=14)]
        self.long_ago = worked[len(self.lately) :]

    def build(self, size: Size) -> None:
        count = size.enterprises - Enterprise.objects.count()
        first = sql.reserve(Enterprise, count)
        grown = [self._enterprise(first + number, number) for number in range(count)]
        copying.copy_in(Enterprise._meta.db_table, ENTERPRISE, (one.row for one in grown))
        sql.analyse(Enterprise)
        copying.copy_in(Contact._meta.db_table, CONTACT, (self._contact(one) for one in grown))
        copying.copy_in(Assignment._meta.db_table, ASSIGNMENT, self._assignments(grown))
        self._remember(grown)
        self._list_in_bases(first)
        self._report(size, count)

    def _enterprise(self, pk: int, number: int) -> Grown:
        draw, place = self.random.random, self.random.choice(self.places)
        group = self.random.choice(tuple(TRADES))
        trade, trader = TRADES[group], draw() < TRADER_SHARE
        headcount = int(self.random.lognormvariate(4.2, 1.1)) + 3
        revenue = Decimal(int(headcount * self.random.uniform(20, 90)))
        assets = Decimal(int(float(revenue) * self.random.uniform(0.5, 2)))
        brand, name, letters = self._trader(place) if trader else self._company(place, trade)
        code = f"91{place.district.short_code}MA{FIRST_NUMBER + number:07d}"
        serial, town = f"{FIRST_NUMBER + number:08d}", place.town
        row = (
            *(pk, Enterprise.Kind.TRADER if trader else trade.kind, name, letters, code + check_character(code), ""),
            *(town.pk, town.path, self.random.choice(self.parks).pk if draw() < PARK_SHARE else None),
            f"{place.district.name}{town.name}{self.random.randrange(1, 300)}号",
            date(self.random.randrange(1995, 2025), self.random.randrange(1, 13), 8),
            *(trade.industry, group, size_of(trade.industry[1:], "", headcount, revenue, assets) or "", False),
            trade.above if headcount > 60 and not trader else trade.below,
            [Enterprise.KeyList.INDUSTRY.value] if headcount > 300 and trade.industry[0] == "C" else [],
            *(
                self.casting.name(),
                headcount,
                revenue,
                assets,
                [f"9901{serial}"],
                headcount * self.random.randrange(8, 60),
            ),
            Enterprise.State.OPERATING if draw() < OPERATING_SHARE else Enterprise.State.SUSPENDED,
            [tag for tag, every in TAGS.items() if number % every == 0],
            *("", "", "", "", self._last_contact(), 1),
        )
        specialist = self._in_turn(place.district.pk) if draw() < COVERED_SHARE else None
        return Grown(row, self.casting.name(), brand, place, specialist)

    def _company(self, place: Place, trade: Trade) -> tuple[str, str, str]:
        """Brand, name and initials; no name comes twice."""
        where = self.random.choice(("澜川", place.district.name.rstrip("区县")))
        while True:
            brand = "".join(self.random.sample(BRANDS, self.random.choice((2, 2, 2, 3))))
            suffix = self.random.choice(trade.suffixes)
            name = f"{where}{brand}{suffix}有限公司"
            if name not in self.names:
                self.names.add(name)
                return brand, name, spelt(where, *brand, suffix, "有限公司")

    def _trader(self, place: Place) -> tuple[str, str, str]:
        brand = self.casting.name()
        shop = self.random.choice(TRADERS)
        return brand, f"{place.town.name}{brand}{shop}", spelt(place.town.name, *brand, shop)

    def _last_contact(self) -> date | None:
        """Most within the fortnight that is asked for, some long ago, a few never."""
        share = self.random.random()
        if share > 0.97:
            return None
        return self.random.choice(self.lately if share < 0.88 else self.long_ago)

    def _in_turn(self, district: int) -> Cadre:
        own = self.crowd.specialists[district]
        self.turn[district] += 1
        return own[self.turn[district] % len(own)]

    def _contact(self, one: Grown) -> tuple[Any, ...]:
        phone = f"138{self.random.randrange(10**8):08d}"
        return one.row[0], one.contact, self.random.choice(POSITIONS), phone, True, "", 1

    def _assignments(self, grown: list[Grown]) -> Iterator[tuple[Any, ...]]:
        """Specialists for most, and a leader for those that are on a list of key enterprises."""
        campaign, office = Campaign.objects.earliest("pk"), Cadre.objects.get(username="office")
        since = (campaign.starts_on, "", office.pk, self.now.isoformat())
        key_lists = ENTERPRISE.index("key_lists")
        for number, one in enumerate(grown):
            if one.specialist:
                yield campaign.pk, one.row[0], one.specialist.pk, Assignment.Role.SPECIALIST, *since
            if one.row[key_lists]:
                leader = self.crowd.leaders[number % len(self.crowd.leaders)]
                yield campaign.pk, one.row[0], leader.pk, Assignment.Role.LEADER, *since

    def _remember(self, grown: list[Grown]) -> None:
        """A table by which the copies of cases find an enterprise, its people and its place."""
        sql.run(
            "CREATE TEMP TABLE grown (place int PRIMARY KEY, id bigint, district int, region_id bigint,"
            " region_path text, specialist bigint, contact text, brand text, contacted_on date) ON COMMIT DROP"
        )
        last_contact = ENTERPRISE.index("last_contact_on")
        owned = [(one, one.specialist) for one in grown if one.specialist]
        values = (
            (
                *(number, one.row[0], one.place.number, one.place.town.pk, one.place.town.path),
                *(specialist.pk, one.contact, one.brand, one.row[last_contact]),
            )
            for number, (one, specialist) in enumerate(owned)
        )
        copying.copy_in("grown", GROWN, values)
        sql.analyse("grown")

    def _list_in_bases(self, first: int) -> None:
        """Before the first bulletin what is registered belongs to the lists from their beginning."""
        values = {
            "base_id": "base.id",
            "enterprise_id": "new.id",
            "region_id": "new.region_id",
            "park_id": "new.park_id",
            "joined_on": "base.starts_on",
        }
        source = (
            f"FROM {BaseList._meta.db_table} base CROSS JOIN {Enterprise._meta.db_table} new"
            f" WHERE new.id >= {first} AND new.state = 'operating' ORDER BY base.id, new.id"
        )
        sql.insert(BaseEntry, values, source)

    def _report(self, size: Size, count: int) -> None:
        """More and more resume, most report; of today only what has come in by now."""
        office = Cadre.objects.get(username="office").pk
        wanted = (size.statuses - OperatingStatus.objects.count()) / (count * REPORTED_SHARE)
        days = [self.today - timedelta(days=back) for back in range(min(round(wanted), DAYS * 4), -1, -1)]
        sql.run("CREATE TEMP TABLE days (number int PRIMARY KEY, day date, begins timestamptz) ON COMMIT DROP")
        told = ((-(self.today - day).days, day, self._eight(day)) for day in days)
        copying.copy_in("days", ("number", "day", "begins"), told)
        values = {
            "enterprise_id": "enterprise",
            "day": "day",
            "state": "CASE WHEN since < 0 THEN 'none' WHEN share > 0.85 THEN 'full' ELSE 'partial' END",
            "due": "headcount",
            "on_duty": "floor(headcount * share)",
            "utilisation": "round(least(118, share * (88 + 24 * luck))::numeric, 1)",
            "kwh": "round((baseline_kwh * (0.02 + 0.06 * luck + share)::numeric), 2)",
            "source": "CASE WHEN luck < 0.5 THEN 'import' ELSE 'office' END",
            "reported_by_id": str(office),
            "reported_at": "told_at",
        }
        source = f"""
            FROM (
                SELECT *,
                    CASE WHEN since < 0 THEN 0 ELSE least(1, 0.35 + since * 0.03) * (0.93 + 0.07 * luck) END AS share
                FROM (
                    SELECT new.id AS enterprise, day, headcount, baseline_kwh,
                        number + 40 - floor(55 * {sql.draw("new.id - first.id", 11)} ^ 2) AS since,
                        {sql.draw("(new.id - first.id) * 128 - number", 12)} AS luck,
                        begins + floor(390 * {sql.draw("(new.id - first.id) * 128 - number", 13)}) * interval '1 minute'
                            AS told_at
                    FROM days CROSS JOIN {Enterprise._meta.db_table} new
                    CROSS JOIN (SELECT min(id) AS id FROM grown) first
                    WHERE new.id >= first.id
                      AND {sql.draw("(new.id - first.id) * 128 - number", 14)} < {REPORTED_SHARE}
                ) AS drawn
            ) AS told
            WHERE told_at <= '{self.now.isoformat()}' ORDER BY day, enterprise
        """
        sql.insert(OperatingStatus, values, source)

    def _eight(self, day: date) -> datetime:
        return timezone.make_aware(datetime.combine(day, time(8)))
