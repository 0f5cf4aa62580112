"""The life of a supervision order (督办单): its states, its steps, and who takes them.

Each step is told by an event of the case, under the same name in appeals.workflow.
"""

from __future__ import annotations

from typing import Final

from django.db import models

from workflow.steps import Step, StepTable

SUPERVISE: Final = "appeals.supervise_appeal"
ANSWER: Final = "appeals.answer_order"


class State(models.TextChoices):
    AWAITING = "awaiting", "待反馈"
    ANSWERED = "answered", "已反馈"
    RETURNED = "returned", "退回重报"
    ACCEPTED = "accepted", "已办结"
    ENDED = "ended", "随诉求办结"
    RAISED = "raised", "已升级"
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

ORDER_STEPS: Final = StepTable(
    initial=State.AWAITING,
    steps={
        "order_answer": Step("反馈", _OWED, State.ANSWERED, ANSWER),
        "order_accept": Step("认可", (State.ANSWERED,), State.ACCEPTED, SUPERVISE),
        "order_return": Step("退回重报", (State.ANSWERED,), State.RETURNED, SUPERVISE),
        "order_revoke": Step("撤销", _IN_FORCE, State.REVOKED, SUPERVISE),
        # A graver order takes its place.
        "order": Step("升级", _IN_FORCE, State.RAISED, "", system_too=True),
        "order_end": Step("随诉求办结", _IN_FORCE, State.ENDED, "", system_too=True),
    },
)
EVENTS: Final = ("order", "order_answer", "order_accept", "order_return", "order_revoke", "order_late", "order_end")
