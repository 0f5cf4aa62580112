"""The life of a demand, a supervision order (督办单) or a leader's instruction (批示): states, steps, who takes them.

Each step is told by an event of the case, under the same name in appeals.workflow.
"""

from __future__ import annotations

from typing import Final

from django.db import models

from workflow.steps import Step, StepTable

SUPERVISE: Final = "appeals.supervise_appeal"


class State(models.TextChoices):
    AWAITING = "awaiting", "待反馈"
    ANSWERED = "answered", "已反馈"
    RETURNED = "returned", "退回重报"
    ACCEPTED = "accepted", "已办结"
    ENDED = "ended", "随诉求办结"
    RAISED = "raised", "已升级"  # orders alone
    REVOKED = "revoked", "已撤销"


OWED: Final = frozenset({State.AWAITING, State.RETURNED})  # an answer is owed, by a date
IN_FORCE: Final = OWED | {State.ANSWERED}

STATE_COLOURS: Final = {
    State.AWAITING: "orange",
    State.ANSWERED: "blue",
    State.RETURNED: "red",
    State.ACCEPTED: "green",
}

_OWED, _IN_FORCE = (tuple(state for state in State if state in some) for some in (OWED, IN_FORCE))


def _steps(kind: str, *, answer: str, revoke: str) -> dict[str, Step]:
    """What is done with every kind of demand, by the rights to answer it and to revoke it."""
    return {
        f"{kind}_answer": Step("反馈", _OWED, State.ANSWERED, answer),
        f"{kind}_accept": Step("认可", (State.ANSWERED,), State.ACCEPTED, SUPERVISE),
        f"{kind}_return": Step("退回重报", (State.ANSWERED,), State.RETURNED, SUPERVISE),
        f"{kind}_revoke": Step("撤销", _IN_FORCE, State.REVOKED, revoke),
        f"{kind}_end": Step("随诉求办结", _IN_FORCE, State.ENDED, "", system_too=True),
    }


ORDER_STEPS: Final = StepTable(
    initial=State.AWAITING,
    steps={
        **_steps("order", answer="appeals.answer_order", revoke=SUPERVISE),
        # A graver order takes its place.
        "order": Step("升级", _IN_FORCE, State.RAISED, "", system_too=True),
    },
)

INSTRUCTION_STEPS: Final = StepTable(
    initial=State.AWAITING,
    steps=_steps("instruction", answer="appeals.answer_instruction", revoke="appeals.revoke_instruction"),
)
