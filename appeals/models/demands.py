"""What is demanded of whoever has a case: a text, a date, an answer, and an end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import models

from appeals.order_workflow import IN_FORCE, OWED, STATE_COLOURS, State
from cadres.models import Cadre, Department, DoneBy

if TYPE_CHECKING:
    from datetime import datetime


SOON: Final = timedelta(days=1)  # the yellow light


class Demand(models.Model):
    """Something demanded of the department that leads a case.

    `department` is whom it was put to and stays as it was; `answering` owes the answer now, for a demand goes along
    with the case; while nobody leads it that is the office. `late_at`: when it was found that the date had passed.
    """

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
    late_at = models.DateTimeField("逾期时间", null=True)
    ended_at = models.DateTimeField("办结时间", null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

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

    def light_at(self, now: datetime) -> str:
        """red: the date has passed; yellow: it passes within a day of the clock; grey where no answer is owed."""
        if not self.is_owed:
            return "grey"
        if self.reply_due_at < now:
            return "red"
        return "yellow" if self.reply_due_at <= now + SOON else "green"
