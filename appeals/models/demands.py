"""What is demanded of whoever has a case: a text, a date, an answer, and an end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final, Self, TypeVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from appeals.demand_workflow import IN_FORCE, OWED, STATE_COLOURS, State
from appeals.models.appeal import Appeal
from appeals.models.papers import Attachment
from cadres.fetching import QuicklyMade
from cadres.models import Cadre, Department, DoneBy
from cadres.roles import Role
from cadres.search import normalise

if TYPE_CHECKING:
    from datetime import datetime

    from workflow.steps import StepTable

SOON: Final = timedelta(days=1)  # the yellow light


class Demand(QuicklyMade):
    """Something demanded of the department that has a case.

    `department` is whom it was put to and stays as it was; `answering` owes the answer now, for a demand goes along
    with the case; while nobody leads it that is the office. Its status changes only through appeals.demanding, under
    the lock of its case.
    """

    noun: ClassVar[str]
    steps: ClassVar[StepTable]

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="%(class)ss", verbose_name="诉求", editable=False)
    number = models.CharField("编号", max_length=30, unique=True, editable=False)
    round = models.PositiveSmallIntegerField("轮次", editable=False)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, related_name="+", verbose_name="主办单位", editable=False
    )
    answering = models.ForeignKey(
        Department, models.PROTECT, null=True, related_name="+", verbose_name="反馈单位", editable=False
    )
    demand = models.TextField("督办要求", max_length=500)
    issued_at = models.DateTimeField("下达时间")
    reply_due_at = models.DateTimeField("要求反馈时间")
    status = models.CharField("状态", max_length=10, choices=State.choices, default=State.AWAITING)
    reply = models.TextField("反馈内容", max_length=1000, blank=True)
    replied_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="反馈人")
    replied_at = models.DateTimeField("反馈时间", null=True)
    evidence = models.ManyToManyField(Attachment, related_name="+", verbose_name="反馈附件")
    ended_at = models.DateTimeField("办结时间", null=True)
    # Made by the form: sent twice, it is one demand on a case.
    client_id = models.UUIDField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def get_absolute_url(self) -> str:
        return reverse(f"appeals:{self.kind()}", args=(self.pk,))

    @classmethod
    def kind(cls) -> str:
        """How its steps begin, and where the events of its case name it."""
        return str(cls._meta.model_name)

    @property
    def term(self) -> str:
        """Which row of the table of terms says by when it is answered."""
        raise NotImplementedError

    @property
    def is_of_lead(self) -> bool:
        """Whether whoever leads the case owes the answer; otherwise a department that was named."""
        return True

    @property
    def state_label(self) -> str:
        return State(self.status).label

    @property
    def state_colour(self) -> str:
        return STATE_COLOURS.get(State(self.status), "grey")

    @property
    def is_owed(self) -> bool:
        return self.status in OWED

    @property
    def is_in_force(self) -> bool:
        return self.status in IN_FORCE

    @property
    def clock_words(self) -> str:
        """What is said in place of a countdown where no answer is owed; "" where one is."""
        if self.is_owed:
            return ""
        if self.replied_at is None:
            return "未反馈"
        return "逾期反馈" if self.was_late else "按期反馈"

    @property
    def was_late(self) -> bool:
        """Whether the answer came after its date."""
        return self.replied_at is not None and self.replied_at > self.reply_due_at

    def begin_again(self, reply_due_at: datetime) -> None:
        """Another answer is owed by this date; nothing is saved."""
        self.reply_due_at = reply_due_at

    def light_at(self, now: datetime) -> str:
        """red: the date has passed; yellow: it passes within a day of the clock; grey where no answer is owed."""
        if not self.is_owed:
            return "grey"
        if self.reply_due_at < now:
            return "red"
        return "yellow" if self.reply_due_at <= now + SOON else "green"


D = TypeVar("D", bound=Demand)


class DemandQuerySet(models.QuerySet[D]):
    def visible_to(self, cadre: Cadre) -> Self:
        return self.filter(appeal__in=Appeal.objects.visible_to(cadre).values("pk"))

    def in_force(self) -> Self:
        """Neither accepted nor otherwise at an end."""
        return self.filter(status__in=IN_FORCE)

    def owed(self) -> Self:
        return self.filter(status__in=OWED)

    def awaiting(self, cadre: Cadre) -> Self:
        """Those that this cadre has to answer, or to judge the answer of; within the cadre's scope."""
        mine, answer = Q(pk__in=()), self.model.steps[f"{self.model.kind()}_answer"]
        if cadre.department_id and cadre.has_perm(answer.permission):
            visible = Appeal.objects.visible_to(cadre)
            mine |= Q(status__in=OWED, answering=cadre.department_id, appeal__in=visible.values("pk"))
        if cadre.holds(Role.SUPERVISOR) and cadre.region_scope:
            mine |= Q(status=State.ANSWERED, appeal__region_path__startswith=cadre.region_scope)
        return self.filter(mine)

    def of_light(self, light: str, now: datetime) -> Self:
        """Those whose light_at() is red, yellow or green."""
        owed = self.owed()
        if light == "red":
            return owed.filter(reply_due_at__lt=now)
        soon = Q(reply_due_at__lte=now + SOON)
        return owed.filter(soon if light == "yellow" else ~soon, reply_due_at__gte=now)

    def search(self, text: str) -> Self:
        """By its own number, or by what finds its case."""
        return self.filter(self.found_by(text))

    def found_by(self, text: str) -> Q:
        """The condition of search(). Two queries when it is made, none when it is applied."""
        found = Q(appeal__in=Appeal.objects.search(text).values("pk"))
        plain = normalise(text).upper()
        return found | Q(number__contains=plain) if plain.isascii() else found


def constraints_of(kind: str) -> tuple[models.CheckConstraint, ...]:
    """What the database keeps of every demand."""
    return (
        models.CheckConstraint(
            condition=~Q(status__in=(State.ANSWERED, State.ACCEPTED)) | Q(replied_at__isnull=False) & ~Q(reply=""),
            name=f"{kind}_answered_has_its_answer",
        ),
        models.CheckConstraint(
            condition=Q(status__in=sorted(IN_FORCE), ended_at=None)
            | ~Q(status__in=sorted(IN_FORCE)) & Q(ended_at__isnull=False),
            name=f"{kind}_ends_once",
        ),
    )


def indexes_of(kind: str) -> tuple[models.Index, ...]:
    """What waits for a department or to be judged, by its date; the newest first; the list, what is in force first."""
    return (
        models.Index(
            fields=("answering", "reply_due_at", "id"), name=f"{kind}_owed", condition=Q(status__in=sorted(OWED))
        ),
        models.Index(fields=("reply_due_at", "id"), name=f"{kind}_answered", condition=Q(status=State.ANSWERED)),
        models.Index(fields=("-issued_at",), name=f"{kind}_newest"),
        models.Index(F("ended_at").desc(nulls_first=True), "reply_due_at", "id", name=f"{kind}_urgent"),
    )
