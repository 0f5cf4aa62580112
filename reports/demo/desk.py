"""What lies on the office's desk: a correction, issued bulletins, downloads of the week, imports, mails, the log."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cadres.models import AuditRow, Cadre, Mail, Message
from enterprises.models import Enterprise, OperatingStatus
from enterprises.reporting import report_status
from reports import briefing, correcting, issuing
from reports.imports import jobs as imports
from reports.ledgers import asking
from reports.ledgers import jobs as ledgers
from reports.models import Briefing, ImportJob, Recipient

if TYPE_CHECKING:
    from reports.demo.people import Cast

METERED: Final = 40
WEEK: Final = (
    ("appeals", "", 6),
    ("fulfilments", "", 4),
    ("visits", "", 2),
    ("assignments", "", 1),
    ("appeals", "light=red", 0),
)
DIGESTS: Final = ("handler", "handler2", "head", "specialist")
STOPPED_IN: Final = "柳河镇"
CORRECTION: Final = f"{STOPPED_IN}一家企业更正为停产，当日复工户数相应核减。"


class Desk:
    def __init__(self, cast: Cast, now: datetime, *, seed: int) -> None:
        self.cast, self.now, self.today = cast, now, timezone.localdate(now)
        self.office, self.random = cast.named["office"], Random(seed)  # noqa: S311 - invented, not secret

    def work(self) -> None:
        """Each in transactions of its own, as at any desk."""
        self._correct()
        self._issue()
        self._download()
        self._import()
        self._mail()
        self._sign_in()

    def _ago(self, days: int, hour: int) -> datetime:
        at = timezone.make_aware(datetime.combine(self.today - timedelta(days=days), time(hour, 20)))
        return min(at, self.now)

    def _correct(self) -> None:
        """Yesterday's bulletin of the city, corrected this morning, when an enterprise turned out to stand still."""
        last = Briefing.objects.filter(region=self.cast.city).order_by("day", "version").last()
        if last is None:
            return
        at = self._ago(0, 9)
        working = Enterprise.objects.operating().reported_on(last.day, OperatingStatus.State.FULL)
        if stopped := working.filter(region__name=STOPPED_IN).order_by("pk").first():
            state = OperatingStatus.State.NONE
            report_status(stopped, last.day, self.office, at, OperatingStatus.Source.OFFICE, state=state, on_duty=0)
        corrected = correcting.correct(
            last,
            what=CORRECTION,
            asked_by="澜北区助企办",
            approved_by=self.cast.named["leader"],
            now=at,
            by=self.office,
        )
        briefing.sign(corrected, seen_at=corrected.made_at, now=at, by=self.office)

    def _issue(self) -> None:
        """The signed bulletins of the city go to its leaders and to two more."""
        at = self._ago(14, 9)
        for cadre in (self.cast.named["leader-team"], self.cast.named["head"]):
            Recipient.objects.create(region=self.cast.city, cadre=cadre, added_by=self.office, added_at=at)
        for issue in Briefing.objects.filter(region=self.cast.city, version=1).order_by("day"):
            if issue.day < self.today - timedelta(days=1):
                issuing.issue(issue, now=self._ago((self.today - issue.day).days, 18), by=self.office)

    def _download(self) -> None:
        for kind, query, days in WEEK:
            at = self._ago(days, 10)
            asking.ask(kind, query, by=self.office, now=at)
            ledgers.run_next(now=at)

    def _import(self) -> None:
        """Yesterday's electricity, written; a sheet of statuses with faults, waiting; a file that is none."""
        done = self._check(ImportJob.Kind.ELECTRICITY, "供电公司用电量.csv", self._meters(), 1)
        imports.decide(done, ImportJob.State.CONFIRMED, now=self._ago(1, 11))
        imports.run_next(now=self._ago(1, 11))
        self._check(ImportJob.Kind.OPERATING_STATUS, "澜北区企业状况.csv", self._statuses(), 0)
        self._check(ImportJob.Kind.CADRES, "新调入干部.xlsx", "这不是工作簿", 2)

    def _check(self, kind: ImportJob.Kind, name: str, text: str, days: int) -> ImportJob:
        job = imports.take_in(kind, SimpleUploadedFile(name, text.encode()), by=self.office, now=self._ago(days, 10))
        imports.run_next(now=self._ago(days, 10))
        job.refresh_from_db()
        return job

    def _meters(self) -> str:
        day = self.today - timedelta(days=1)
        some = Enterprise.objects.operating().filter(baseline_kwh__gt=0).order_by("pk")[:METERED]
        lines = [
            f"{day},{account},{float(one.baseline_kwh or 0) * self.random.uniform(0.2, 0.5):.2f}"
            for one in some
            for account in one.electricity_accounts
        ]
        return "\n".join(["日期,户号,用电量(kWh)", *lines])

    def _statuses(self) -> str:
        some = Enterprise.objects.operating().filter(region_path__startswith=self.cast.districts[0].path)
        lines = [
            f"{self.today},{one.credit_code},{one.name},{'全面复工' if number % 4 else '开工了'},{one.headcount}"
            for number, one in enumerate(some.order_by("pk")[:12])
        ]
        return "\n".join(["日期,统一社会信用代码,企业名称,复工状态,应到人数", *lines])

    def _mail(self) -> None:
        """The digests of the last days arrived; one address does not take mail any more."""
        for username in DIGESTS:
            cadre = self.cast.named[username]
            for days in (3, 2, 1):
                self._digest(cadre, self.today - timedelta(days=days), days)
        refused = self.cast.named["specialist2"]
        Mail.objects.create(
            recipient=refused,
            kind=Mail.Kind.NOTICE,
            address=refused.email,
            state=Mail.State.FAILED,
            made_at=self._ago(1, 9),
            due_at=self._ago(1, 9),
            attempts=1,
            failure="对方服务器拒收：550 mailbox unavailable",
        )

    def _digest(self, cadre: Cadre, day: date, days: int) -> None:
        told = Message.objects.filter(recipient=cadre, mail=None, at__date=day - timedelta(days=1))
        if told.exists():
            at = self._ago(days, 8)
            row = Mail.objects.create(
                recipient=cadre,
                kind=Mail.Kind.DIGEST,
                address=cadre.email,
                digest_on=day,
                state=Mail.State.SENT,
                made_at=at,
                due_at=at,
                sent_at=at,
                attempts=1,
            )
            told.update(mail=row, in_digest=True, mail_due_at=at)

    def _sign_in(self) -> None:
        """Each morning everybody signs in; once somebody mistypes."""
        rows = [
            AuditRow(
                at=self._ago(days, 8) + timedelta(minutes=number),
                action=AuditRow.Action.SIGN_IN if (number + days) % 9 else AuditRow.Action.SIGN_IN_FAILED,
                cadre=cadre if (number + days) % 9 else None,
                username=cadre.username,
                address=f"10.20.3.{number + 11}",
            )
            for days in (3, 2, 1)
            for number, cadre in enumerate(self.cast.named.values())
        ]
        AuditRow.objects.bulk_create(rows)
