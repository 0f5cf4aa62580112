"""More districts, towns and departments for a large city, those of the small one completed alike."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from cadres.models import Cadre, Department, Region
from reports.demo.companies import DAYS
from reports.demo.people import BUREAUS
from reports.models import RiskLevel

if TYPE_CHECKING:
    from random import Random

FIRST_CODE: Final = 990107
PARKS_BEGIN: Final = 990171
OUTER: Final = "东西南北中上下新"
INNER: Final = "山河湖泉岭川原城"
TOWNS: Final = ("镇", "街道", "乡")
TOWN_WORDS: Final = (
    *("和平", "建设", "胜利", "光明", "团结", "新华", "红旗", "友谊", "幸福", "前进", "青松", "白桦", "金沙", "银川"),
    *("玉泉", "龙潭", "凤台", "石桥", "双河", "三岔", "五里", "七星", "九龙", "十里", "桃园", "梨花", "杏林", "枣园"),
)
UNITS: Final = (*BUREAUS, "助企办", "督查室")


def build(random: Random, districts: int, towns: int) -> list[Region]:
    """The districts, those that were there first; each with so many towns."""
    city = Region.objects.get(kind=Region.Kind.CITY)
    found = list(Region.objects.districts())
    for number in range(districts - len(found)):
        code = f"{FIRST_CODE + number + (2 if FIRST_CODE + number >= PARKS_BEGIN else 0)}000000"
        name = f"澜{OUTER[number % len(OUTER)]}{INNER[number // len(OUTER)]}区"
        found.append(Region.objects.create(code=code, name=name, kind=Region.Kind.DISTRICT, parent=city))
    for district in found:
        _add_towns(random, district, towns)
        _add_departments(district)
    return found


def judge(districts: list[Region], now: datetime) -> None:
    """A risk level for every district that has none, since the first day of which status is told."""
    judged = set(RiskLevel.objects.values_list("region", flat=True))
    at = timezone.make_aware(datetime.combine(timezone.localdate(now) - timedelta(days=DAYS), time(9)))
    office = Cadre.objects.get(username="office")
    colours = list(RiskLevel.Colour)
    RiskLevel.objects.bulk_create(
        RiskLevel(
            region=district,
            colour=colours[number % len(colours)],
            starts_on=timezone.localdate(at),
            set_by=office,
            set_at=at,
        )
        for number, district in enumerate(districts)
        if district.pk not in judged
    )


def _add_towns(random: Random, district: Region, towns: int) -> None:
    there = Region.objects.filter(parent=district).count()
    words = random.sample(TOWN_WORDS, max(towns - there, 0))
    made = [
        Region(
            code=f"{district.short_code}{there + number:03d}000",
            name=word + random.choice(TOWNS),
            kind=Region.Kind.TOWN,
            parent=district,
        )
        for number, word in enumerate(words, 1)
    ]
    for town in made:
        town.path = f"{district.path}{town.code}/"
    Region.objects.bulk_create(made)


def _add_departments(district: Region) -> None:
    there = set(Department.objects.filter(region=district).values_list("name", flat=True))
    offices = ("助企办", "督查室")
    Department.objects.bulk_create(
        Department(name=district.name + unit, region=district, handles_appeals=unit not in offices)
        for unit in UNITS
        if district.name + unit not in there
    )
