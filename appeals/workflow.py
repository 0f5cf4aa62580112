"""The life of an appeal (困难诉求): statuses, steps, who owns a status and which clock runs in it."""

from __future__ import annotations

from typing import Final

from django.db import models

from workflow.models import Rung, Trigger
from workflow.steps import Step, StepTable


class Status(models.TextChoices):
    DRAFT = "draft", "草稿"
    PENDING = "pending", "待受理"
    ASSIGNED = "assigned", "待签收"
    HANDLING = "handling", "办理中"
    REVIEWING = "reviewing", "待审核"
    CONFIRMING = "confirming", "待确认"
    CLOSING = "closing", "待销号"
    CLOSED = "closed", "已销号"
    DECLINED = "declined", "不予受理"
    WITHDRAWN = "withdrawn", "已撤回"


FINAL: Final = frozenset({Status.CLOSED, Status.DECLINED, Status.WITHDRAWN})
UNENDED: Final = frozenset(Status) - FINAL
OPEN: Final = UNENDED - {Status.DRAFT}

# The handling clock runs here (in 待受理 only after the first 转办); elsewhere it stands still.
RUNNING: Final = frozenset({Status.PENDING, Status.ASSIGNED, Status.HANDLING, Status.REVIEWING})
# 办结: the answer was approved and is not refused since.
SETTLED: Final = frozenset({Status.CONFIRMING, Status.CLOSING, Status.CLOSED})

SUPERVISED_AFTER_BOUNCES: Final = 2  # then only a supervisor assigns, and bounce is refused
SUPERVISING: Final = ("reassign", "urge", "order", "instruction")  # what the queue calls 我已督办
SUPERVISED_FROM_LEVEL: Final = 2  # an open appeal of this 督办级别 waits for the supervisor

# Who has to act in a status, and the trigger of the ladder that watches the waiting there.
OWNERS: Final[dict[Status, tuple[Rung.Audience, tuple[Trigger, ...]]]] = {
    Status.DRAFT: (Rung.Audience.REGISTRAR, (Trigger.DRAFT,)),
    Status.PENDING: (Rung.Audience.OFFICE, (Trigger.PENDING,)),
    Status.ASSIGNED: (Rung.Audience.HANDLER, (Trigger.UNSIGNED,)),
    Status.HANDLING: (Rung.Audience.HANDLER, (Trigger.YELLOW, Trigger.OVERDUE, Trigger.OVERDUE_LONG)),
    Status.REVIEWING: (Rung.Audience.HEAD, (Trigger.REVIEWING,)),
    Status.CONFIRMING: (Rung.Audience.REGISTRAR, (Trigger.CONFIRMING,)),
    Status.CLOSING: (Rung.Audience.OFFICE, (Trigger.CLOSING,)),
}
# Who decides what was asked for without leaving the status, and the trigger that watches the answer.
REQUESTS: Final[dict[str, tuple[Rung.Audience, tuple[Trigger, ...]]]] = {
    "ask_reassign": (Rung.Audience.OFFICE, (Trigger.TRANSFER,)),
}

S = Status
STEPS: Final = StepTable(
    initial=Status.DRAFT,
    steps={
        "submit": Step("提交", (S.DRAFT,), S.PENDING, "appeals.submit_appeal"),
        "settle": Step(
            "现场办结",
            (S.DRAFT,),
            S.CLOSING,
            "appeals.represent_enterprise",
            ("reply", "confirmed_by", "confirmed_how"),
        ),
        "assign": Step(
            "转办",
            (S.PENDING,),
            S.ASSIGNED,
            "appeals.triage_appeal",
            ("lead", "co_departments", "opinion_due_on", "triage", "urgency"),
        ),
        "answer": Step("直接答复", (S.PENDING,), S.CONFIRMING, "appeals.triage_appeal", ("outcome", "reply")),
        "decline": Step("不予受理", (S.PENDING,), S.DECLINED, "appeals.triage_appeal", ("decline_ground",)),
        "sign": Step("签收", (S.ASSIGNED,), S.HANDLING, "appeals.sign_appeal", system_too=True),
        "bounce": Step("退单", (S.ASSIGNED,), S.PENDING, "appeals.handle_appeal", ("suggested_lead",)),
        "pass_on": Step("转派", (S.HANDLING,), None, "appeals.review_appeal", ("handler",)),
        "ask_reassign": Step("申请改派", (S.HANDLING,), None, "appeals.handle_appeal", ("suggested_lead",)),
        "reassign": Step(
            "改派",
            (S.ASSIGNED, S.HANDLING),
            S.ASSIGNED,
            "appeals.triage_appeal",
            ("lead", "co_departments", "opinion_due_on"),
        ),
        "keep_lead": Step("不予改派", (S.HANDLING,), None, "appeals.triage_appeal"),
        "progress": Step(
            "登记进展",
            (S.ASSIGNED, S.HANDLING, S.REVIEWING, S.CONFIRMING, S.CLOSING),
            None,
            "appeals.handle_appeal",
            ("contacted",),
        ),
        "opine": Step("会办意见", tuple(s for s in Status if s in RUNNING), None, "appeals.give_opinion", ("opinion",)),
        "reply": Step("答复", (S.HANDLING,), S.REVIEWING, "appeals.handle_appeal", ("outcome", "reply")),
        "approve": Step("审核通过", (S.REVIEWING,), S.CONFIRMING, "appeals.review_appeal"),
        "send_back": Step("退回重办", (S.REVIEWING,), S.HANDLING, "appeals.review_appeal"),
        "confirm": Step(
            "企业确认",
            (S.CONFIRMING,),
            S.CLOSING,
            "appeals.represent_enterprise",
            ("solved", "rating", "confirmed_by", "confirmed_how"),
            link_too=True,
        ),
        "dispute": Step(
            "不满意重办",
            (S.CONFIRMING,),
            S.HANDLING,
            "appeals.represent_enterprise",
            ("confirmed_by", "confirmed_how"),
            link_too=True,
        ),
        "close": Step("销号", (S.CLOSING,), S.CLOSED, "appeals.close_appeal"),
        "return": Step("退回办理", (S.CLOSING,), S.HANDLING, "appeals.close_appeal"),
        "return_to_office": Step("退回受理", (S.CLOSING,), S.PENDING, "appeals.close_appeal"),
        "withdraw": Step("撤回", (S.DRAFT, S.PENDING, S.ASSIGNED), S.WITHDRAWN, "appeals.represent_enterprise"),
        "succeed": Step("承办单位承接", tuple(s for s in Status if s in OPEN), None, "", ("lead",), system_too=True),
        "recompute": Step(
            "依法定节假日调整", tuple(s for s in Status if s in RUNNING), None, "", ("due_at",), system_too=True
        ),
        # What happens to an order or an instruction is told in the history of its case, by appeals.demand_workflow.
        "order": Step("下达督办单", tuple(s for s in Status if s in OPEN), None, "", system_too=True),
        "order_answer": Step("反馈督办单", tuple(s for s in Status if s in OPEN), None, "", system_too=True),
        "order_accept": Step("认可督办反馈", tuple(s for s in Status if s in OPEN), None, "", system_too=True),
        "order_return": Step("退回督办反馈", tuple(s for s in Status if s in OPEN), None, "", system_too=True),
        "order_revoke": Step("撤销督办单", tuple(s for s in Status if s in OPEN), None, "", system_too=True),
        "order_late": Step("督办单逾期未反馈", tuple(s for s in Status if s in OPEN), None, "", system_too=True),
        "order_end": Step("督办单随诉求办结", tuple(s for s in Status if s in FINAL), None, "", system_too=True),
        "instruction": Step("批示", tuple(s for s in Status if s in OPEN), None, "", system_too=True),
        "instruction_answer": Step("反馈批示", tuple(s for s in Status if s in OPEN), None, "", system_too=True),
        "instruction_accept": Step("认可批示反馈", tuple(s for s in Status if s in OPEN), None, "", system_too=True),
        "instruction_return": Step("退回批示反馈", tuple(s for s in Status if s in OPEN), None, "", system_too=True),
        "instruction_revoke": Step("撤销批示", tuple(s for s in Status if s in OPEN), None, "", system_too=True),
        "instruction_end": Step("批示随诉求办结", tuple(s for s in Status if s in FINAL), None, "", system_too=True),
        "urge": Step("催办", tuple(status for status in Status if status in OPEN), None, "appeals.urge_appeal"),
    },
)
