"""The visits of the last weeks: each enterprise every few days, by the one who answers for it."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.utils import timezone

from appeals.models import Appeal
from enterprises.models import Enterprise
from policies.models import Policy
from visits.following import follow_up
from visits.models import Visit
from workflow.models import Counter
from workflow.worktime import load_calendar

if TYPE_CHECKING:
    from random import Random

    from cadres.models import Cadre

WEEKS: Final = 5
TELLING: Final = 60
FOLLOWED: Final = 8
SUMMARIES: Final = (
    "车间正常生产，订单排到下月，重点了解了用工和原料情况。",
    "查看了安全生产台账和防疫物资，企业负责人介绍了近期订单。",
    "宣讲了稳岗返还和租金减免政策，企业正在准备材料。",
    "了解上次反映问题的办理进度，企业表示总体满意。",
)
NEWS: Final = (
    "承办单位已经上门看过，企业正在补材料，等下周答复。",
    "企业说问题缓解了一半，剩下的还要部门协调。",
    "与企业核对了最新情况，诉求仍然成立，盼尽快办理。",
)


class Rounds:
    def __init__(self, random: Random, owners: dict[int, Cadre], now: datetime) -> None:
        self.random, self.owners, self.now = random, owners, now
        self.today = timezone.localdate(now)
        self.calendar = load_calendar()

    def log(self, enterprises: list[Enterprise]) -> int:
        """Store the visits in the order of days and join them with the appeals of the same day; returns how many."""
        visits = sorted(
            (visit for enterprise in enterprises if enterprise.pk in self.owners for visit in self._visits(enterprise)),
            key=lambda visit: visit.visited_on,
        )
        self._number(visits)
        Visit.objects.bulk_create(visits)
        self._join_appeals(visits)
        self._remember_contact(visits)
        return len(visits)

    def tell(self) -> None:
        """Let the visits of the last days tell of policies, of the next contact, and of appeals followed up."""
        days = (self.today - timedelta(days=7), self.today - timedelta(days=1))
        visits = list(Visit.objects.filter(visited_on__range=days).select_related("cadre").order_by("-pk")[:TELLING])
        policies = list(Policy.objects.in_force(self.today).values_list("pk", flat=True))
        explained = [
            Visit.policies.through(visit_id=visit.pk, policy_id=pk)
            for visit in visits
            for pk in self.random.sample(policies, min(2, len(policies)))
        ]
        Visit.policies.through.objects.bulk_create(explained)
        for visit in visits[::2]:
            visit.next_contact_on = self.today + timedelta(days=self.random.randrange(0, 8))
            visit.next_contact_manner = self.random.choice(Visit.Manner.values)
        Visit.objects.bulk_update(visits, ["next_contact_on", "next_contact_manner"])
        self._follow_up(visits)

    def _follow_up(self, visits: list[Visit]) -> None:
        """Say something of an appeal that was open at a visit and still is; of a few."""
        followed = 0
        for visit in visits:
            waiting = Appeal.objects.visible_to(visit.cadre).filter(enterprise=visit.enterprise_id).open()
            earlier = waiting.filter(submitted_at__lt=visit.logged_at).order_by("pk").first()
            if earlier and followed < FOLLOWED:
                follow_up(visit, {earlier.pk: self.random.choice(NEWS)}, by=visit.cadre, now=visit.logged_at)
                followed += 1

    def _visits(self, enterprise: Enterprise) -> list[Visit]:
        raised = Appeal.objects.filter(enterprise=enterprise).values_list("created_at", flat=True)
        days = {timezone.localdate(at) for at in raised}
        day = self.today - timedelta(days=self.random.randrange(0, 22))
        while day > self.today - timedelta(weeks=WEEKS):
            if self.calendar.is_working_day(day):
                days.add(day)
            day -= timedelta(days=self.random.randrange(9, 18))
        return [visit for day in sorted(days) if (visit := self._visit(enterprise, day)).logged_at <= self.now]

    def _visit(self, enterprise: Enterprise, day: date) -> Visit:
        cadre = self.owners[enterprise.pk]
        arrived = time(self.random.choice((9, 10, 14, 15)), self.random.choice((0, 10, 30)))
        logged = timezone.make_aware(datetime.combine(day, arrived)) + timedelta(minutes=50)
        return Visit(
            client_id=UUID(int=self.random.getrandbits(128), version=4),
            cadre=cadre,
            entered_by=cadre,
            enterprise=enterprise,
            region_path=enterprise.region_path,
            visited_on=day,
            arrived_at=arrived,
            left_at=time(arrived.hour, 45),
            manner=self.random.choice((Visit.Manner.ON_SITE, Visit.Manner.ON_SITE, Visit.Manner.PHONE)),
            receiver_name=enterprise.contact_name,
            receiver_title=self.random.choice(("厂长", "办公室主任", "副总经理")),
            summary=self.random.choice(SUMMARIES),
            begun_at=logged - timedelta(minutes=5),
            logged_at=logged,
        )

    def _number(self, visits: list[Visit]) -> None:
        by_series: defaultdict[str, list[Visit]] = defaultdict(list)
        for visit in visits:
            by_series[f"ZF{visit.region_path.split('/')[-2][:6]}{visit.visited_on:%Y%m%d}"].append(visit)
        for series, some in by_series.items():
            first = Counter.take(series, len(some))
            for number, visit in enumerate(some, first):
                visit.number = f"{series}{number:04d}"

    def _join_appeals(self, visits: list[Visit]) -> None:
        of_day = {(visit.enterprise_id, visit.visited_on): visit.pk for visit in visits}
        links = []
        for pk, enterprise, at in Appeal.objects.values_list("pk", "enterprise", "created_at"):
            if visit := of_day.get((enterprise, timezone.localdate(at))):
                links.append(Visit.appeals.through(visit_id=visit, appeal_id=pk))
        Visit.appeals.through.objects.bulk_create(links)

    def _remember_contact(self, visits: list[Visit]) -> None:
        last = {visit.enterprise_id: visit.visited_on for visit in visits}
        rows = [Enterprise(pk=pk, last_contact_on=day) for pk, day in last.items()]
        Enterprise.objects.bulk_update(rows, ["last_contact_on"])
