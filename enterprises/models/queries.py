"""Predicates of enterprises that chain: whose they are, where, covered by whom, reported of when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

from django.db import connection, models
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.db.models.functions import Upper
from django.db.models.lookups import Exact
from django.utils import timezone

from cadres.among import among
from cadres.models import Region
from cadres.roles import ASSIGNED, DEPARTMENTAL
from cadres.search import bigrams, holding, normalise, words
from enterprises.rules import credit_code

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from cadres.models import Cadre
    from enterprises.models.assignments import Campaign
    from enterprises.models.enterprise import Enterprise  # noqa: F401 - read by type checkers alone


# Of a code an index finds no shorter part, and hardly any enterprise's lacks one.
SHORTEST_PART_OF_CODE: Final = 3
# DISTINCT would read every enterprise to find a handful of groups.
GROUPS_IN_USE: Final = """
    WITH RECURSIVE used (name) AS (
        (SELECT min(industry_group) FROM enterprises_enterprise WHERE industry_group > '')
        UNION ALL
        SELECT (SELECT min(industry_group) FROM enterprises_enterprise WHERE industry_group > used.name)
        FROM used WHERE used.name IS NOT NULL
    )
    SELECT name FROM used WHERE name IS NOT NULL LIMIT %s
"""


def follows_enterprise(path: str) -> Q:
    """For whoever answers for a region: rows about enterprises that have moved into it, wherever the rows lie.

    After 迁址 the scope is this. What is open goes along, and is seen and handled where the enterprise is now. What had
    ended keeps the region in which it was handled: the office there goes on seeing it, since it answers for it and its
    figures count it. The office where the enterprise is now sees it too, since it must know the enterprise's history,
    but can't act on it, for acts ask for the row's own region. Whoever has neither region sees nothing of it.
    """
    from enterprises.models.enterprise import Enterprise

    return among("enterprise", Enterprise.objects.moved_into(path).order_by().values("pk"))


def of_assigned(cadre: Cadre) -> Q:
    """Rows about enterprises for which the cadre answers."""
    from enterprises.models.enterprise import Enterprise

    return among("enterprise", Enterprise.objects.assigned_to(cadre).order_by().values("pk"))


class EnterpriseQuerySet(models.QuerySet["Enterprise"]):
    def visible_to(self, cadre: Cadre) -> Self:
        """By region for regional roles, by assignment for specialists and team leaders, by case for departments.

        A department also sees the key projects for which it is responsible.
        """
        from enterprises.models.assignments import Access

        today = timezone.localdate()
        scope = Q(pk__in=())
        if cadre.region_scope:
            scope |= Q(region_path__startswith=cadre.region_scope)
        if cadre.holds(*ASSIGNED):
            scope |= Q(pk__in=self._all().assigned_to(cadre).values("pk"))
        if cadre.holds(*DEPARTMENTAL) and cadre.department_id:
            scope |= Q(pk__in=Access.objects.current(today).filter(department=cadre.department_id).values("enterprise"))
            scope |= Q(responsible=cadre.department_id)
        return self.filter(scope)

    def assigned_to(self, cadre: Cadre) -> Self:
        """Enterprises in whose team the cadre is today, in any role."""
        from enterprises.models.assignments import Assignment

        active = Assignment.objects.active(timezone.localdate()).filter(cadre=cadre)
        return self.filter(pk__in=active.values("enterprise"))

    def operating(self) -> Self:
        return self.filter(state="operating")

    def in_region(self, region: Region) -> Self:
        """In the region or below it; a park is another membership than the tree's."""
        if region.kind == Region.Kind.PARK:
            return self.filter(park=region)
        return self.filter(region_path__startswith=region.path)

    def to_be_covered_by(self, campaign: Campaign) -> Self:
        """Operating enterprises that the campaign is to cover."""
        where = Q(pk__in=())
        for region in campaign.regions.all():
            where |= Q(region_path__startswith=region.path)
        chosen = self.operating().filter(where)
        if campaign.kinds:
            chosen = chosen.filter(kind__in=campaign.kinds)
        if campaign.sizes:
            chosen = chosen.filter(size__in=campaign.sizes)
        if campaign.categories:
            chosen = chosen.filter(category__in=campaign.categories)
        if campaign.key_lists:
            chosen = chosen.filter(key_lists__overlap=campaign.key_lists)
        return chosen

    def with_specialist(self, today: date, campaign: Campaign | None = None) -> Self:
        """Those that have an active specialist, in this campaign or in any."""
        from enterprises.models.assignments import has_specialist

        return self.filter(has_specialist(today, campaign))

    def without_specialist(self, today: date, campaign: Campaign | None = None) -> Self:
        from enterprises.models.assignments import has_specialist

        return self.filter(~has_specialist(today, campaign))

    def reported_on(self, day: date, state: str) -> Self:
        return self.filter(self._has_report(day, state=state))

    def unreported_on(self, day: date) -> Self:
        """Those of whose state nothing was reported for the day (未报)."""
        return self.filter(~self._has_report(day))

    def _has_report(self, day: date, **values: str) -> Exists:
        from enterprises.models.status import OperatingStatus

        told = OperatingStatus.objects.on(day).telling_state()
        return Exists(told.filter(enterprise=OuterRef("pk"), **values))

    def with_team_of(self, today: date) -> Self:
        """Each with `team`: its active assignments of running campaigns, with cadre and campaign. One query more."""
        return self.prefetch_related(team_of(today))

    def with_status_of(self, day: date) -> Self:
        """Each with `status`: its report of the day. One query more."""
        return self.prefetch_related(status_of(day))

    def with_main_contact(self) -> Self:
        """Each with `main_contact`. One query more."""
        return self.prefetch_related(main_contact())

    def search(self, text: str) -> Self:
        """By name (two Chinese characters are enough), pinyin initials or credit code; each by its own index.

        What every row found by an index is compared with once more begins with what costs least.
        """
        plain, found = normalise(text).lower(), Q()
        if plain.isascii() and plain.isalnum():
            letters = Q(initials__contains=plain)
            found = letters & Q(holding("initials", bigrams(plain))) if len(plain) > 1 else letters
            found |= _coded(plain.upper())
        return self.filter(found | words("name", text))

    def of_codes(self, codes: Iterable[str]) -> Self:
        """Those with one of these credit codes, in the words of the unique index; others ask the one for parts."""
        in_capitals = self.alias(code_in_capitals=Upper("credit_code"))
        return in_capitals.filter(code_in_capitals__in={code.upper() for code in codes})

    def industry_groups(self, most: int) -> list[str]:
        """The local groups that are in use, in order. Each is looked up in the index behind the one before."""
        with connection.cursor() as cursor:
            cursor.execute(GROUPS_IN_USE, [most])
            return [name for (name,) in cursor.fetchall()]

    def moved_into(self, path: str) -> Self:
        """Those that are in the region of this path now, or below it, and moved at some time (迁址)."""
        relocations: Any = self.model._meta.get_field("relocations").related_model
        return self.filter(region_path__startswith=path, pk__in=relocations.objects.values("enterprise"))

    def _all(self) -> EnterpriseQuerySet:
        return self.model.objects.all()


def _coded(code: str) -> Q:
    """By credit code: a whole one by the unique index, which needs no look at each of its parts."""
    if len(code) >= credit_code.LENGTH:
        return Q(Exact(Upper("credit_code"), code))
    return Q(credit_code__contains=code) if len(code) >= SHORTEST_PART_OF_CODE else Q()


def team_of(today: date) -> Prefetch[Any]:
    """What with_team_of() brings along, for enterprises that were read already."""
    from enterprises.models.assignments import Assignment

    rows = Assignment.objects.active(today).in_running_campaigns(today).select_related("cadre__department", "campaign")
    return Prefetch("assignments", rows.order_by("starts_on", "pk"), to_attr="team")


def status_of(day: date) -> Prefetch[Any]:
    """What with_status_of() brings along."""
    from enterprises.models.status import OperatingStatus

    rows = OperatingStatus.objects.on(day).select_related("reported_by", "reported_by_deputy")
    return Prefetch("statuses", rows, to_attr="reported")


def main_contact() -> Prefetch[Any]:
    """What with_main_contact() brings along."""
    from enterprises.models.contact import Contact

    return Prefetch("contacts", Contact.objects.main(), to_attr="main_contacts")
