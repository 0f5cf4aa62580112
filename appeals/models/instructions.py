"""Leaders' instructions (批示) on cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import pgtrigger
from django.db import models
from django.db.models import Q

from appeals.demand_workflow import INSTRUCTION_STEPS
from appeals.models.demands import Demand, DemandQuerySet, constraints_of, indexes_of
from appeals.models.papers import Attachment
from cadres.models import Cadre, DoneBy
from workflow import protection

if TYPE_CHECKING:
    from datetime import datetime

TERM: Final = "instruction"  # its row in the table of terms


class InstructionQuerySet(DemandQuerySet["Instruction"]):
    def of_leader(self, cadre: Cadre) -> Self:
        return self.filter(leader=cadre)


class Instruction(Demand):
    """What a leader wants done about a case, by when; given in the product, or on paper and entered by the office.

    `follows_lead`: put to whoever leads the case, and goes along with it; else to a co-department by name. `returns`
    counts how often an answer was returned: each date that passes without one is a rung of the ladder of its own.
    """

    noun = "批示"
    steps = INSTRUCTION_STEPS

    leader = DoneBy(Cadre, models.PROTECT, related_name="+", verbose_name="批示领导")
    instructed_on = models.DateField("批示日期")
    entered_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="代录人")
    scan = models.ForeignKey(Attachment, models.PROTECT, null=True, related_name="+", verbose_name="批示件")
    follows_lead = models.BooleanField(default=True, editable=False)
    returns = models.PositiveSmallIntegerField("退回次数", default=0, editable=False)

    objects = InstructionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "批示"
        ordering = ("-pk",)
        permissions = (
            ("give_instruction", "可以作出批示"),
            ("enter_instruction", "可以代录批示"),
            ("answer_instruction", "可以反馈批示"),
            ("revoke_instruction", "可以撤销批示"),
        )
        constraints = (
            models.UniqueConstraint(fields=("appeal", "client_id"), name="instruction_once_per_sending"),
            models.CheckConstraint(
                condition=Q(entered_by=None) | Q(scan__isnull=False), name="instruction_entered_has_its_scan"
            ),
            *constraints_of("instruction"),
        )
        indexes = indexes_of("instruction")
        triggers = (
            protection.legal_transition(INSTRUCTION_STEPS),
            pgtrigger.Protect(name="instructions_stay", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def term(self) -> str:
        return TERM

    @property
    def is_of_lead(self) -> bool:
        return self.follows_lead

    def begin_again(self, reply_due_at: datetime) -> None:
        super().begin_again(reply_due_at)
        self.returns += 1
