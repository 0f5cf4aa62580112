"""The life of a lead that was handed over to discipline (移交线索)."""

from __future__ import annotations

from typing import Final

from django.db import models

from workflow.steps import Step, StepTable


class State(models.TextChoices):
    HANDED = "handed", "待受理"
    ACCEPTED = "accepted", "办理中"
    CONCLUDED = "concluded", "已了结"


STATE_COLOURS: Final = {State.HANDED: "orange", State.ACCEPTED: "blue", State.CONCLUDED: "green"}
HANDLE: Final = "appeals.handle_referral"

REFERRAL_STEPS: Final = StepTable(
    initial=State.HANDED,
    steps={
        "hand_over": Step("移交", (State.HANDED,), None, "appeals.hand_over"),
        "accept": Step("受理", (State.HANDED,), State.ACCEPTED, HANDLE),
        "conclude": Step("了结", (State.ACCEPTED,), State.CONCLUDED, HANDLE, ("finding", "conclusion")),
    },
)
