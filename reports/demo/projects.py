"""The invented key projects (重点工程) of 澜川市: sites that are enterprises of their kind, most without a code."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from cadres.search import initials
from enterprises.models import Enterprise

if TYPE_CHECKING:
    from reports.demo.people import Cast

PROVINCE, CITY = Enterprise.ProjectLevel.PROVINCE, Enterprise.ProjectLevel.CITY
OLD, NEW = Enterprise.Construction.CONTINUED, Enterprise.Construction.NEW
Stage = Enterprise.Stage


class Site(NamedTuple):
    """A project as it is told: where, what, how far, and which bureau answers for it."""

    district: int
    name: str
    level: str
    construction: str
    stage: str
    bureau: str
    group: str
    industry: str
    headcount: int


SITES: Final = (
    Site(0, "澜川至云台高速公路项目", PROVINCE, OLD, Stage.STARTED, "交通局", "建筑", "E48", 620),
    Site(0, "澜北新能源装备产业园项目", PROVINCE, NEW, Stage.SIGNED, "工信局", "机械制造", "C38", 35),
    Site(1, "澜南冷链物流港二期项目", CITY, OLD, Stage.COMPLETED, "商务局", "物流", "G59", 140),
    Site(1, "南湖片区老旧小区改造项目", CITY, NEW, Stage.STARTED, "住建局", "建筑", "E47", 210),
    Site(2, "石化工业园百万吨乙烯配套项目", PROVINCE, OLD, Stage.PRODUCING, "工信局", "炼油化工", "C26", 480),
    Site(2, "澜东污水处理厂提标改造项目", CITY, NEW, Stage.STARTED, "住建局", "建筑", "E48", 95),
    Site(3, "云台县抽水蓄能电站项目", PROVINCE, NEW, Stage.STARTED, "发改委", "建筑", "E48", 350),
    Site(4, "红柳县番茄深加工基地项目", CITY, OLD, Stage.COMPLETED, "农业农村局", "农产品加工", "C13", 120),
)  # fmt: skip


def sites(cast: Cast) -> list[Enterprise]:
    """The rows, not stored yet."""
    return [_site(cast, number, site) for number, site in enumerate(SITES, start=1)]


def _site(cast: Cast, number: int, site: Site) -> Enterprise:
    district = cast.districts[site.district]
    town = cast.towns[district.code][number % len(cast.towns[district.code])]
    return Enterprise(
        kind=Enterprise.Kind.PROJECT,
        name=site.name,
        initials=initials(site.name),
        region=town,
        region_path=town.path,
        park=cast.parks[1] if "石化工业园" in site.name else None,
        address=f"{district.name}{town.name}",
        industry=site.industry,
        industry_group=site.group,
        category=Enterprise.Category.PROJECT,
        key_lists=[Enterprise.KeyList.PROJECT],
        headcount=site.headcount,
        baseline_kwh=Decimal(site.headcount * 30),
        project_code=f"26{number:02d}-{district.short_code}-04-01-{470100 + number * 37}",
        project_level=site.level,
        construction=site.construction,
        stage=site.stage,
        responsible=cast.bureaus[site.bureau],
    )
