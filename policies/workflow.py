"""The life of a fulfilment (政策兑现): statuses, steps, and which statuses count as what."""

from __future__ import annotations

from typing import Final

from django.db import models

from workflow.steps import Step, StepTable


class Status(models.TextChoices):
    UNVERIFIED = "unverified", "待核实"
    ENTITLED = "entitled", "应享"
    DECLARED = "declared", "已申报"
    REVIEWING = "reviewing", "审核中"
    PUBLICISED = "publicised", "公示"
    PAYING = "paying", "拨付中"
    PAID = "paid", "已兑现"
    ENJOYED = "enjoyed", "已享受"
    RETURNED = "returned", "退回"
    INELIGIBLE = "ineligible", "不符合"
    REJECTED = "rejected", "未通过"
    WAIVED = "waived", "放弃"
    LAPSED = "lapsed", "已截止未享"
    RECOVERED = "recovered", "追回"


S = Status

# What an office or an import puts right without moving the row.
AMENDED: Final[tuple[str, ...]] = ("amount_due", "amount_approved", "declared_on", "closes_on", "reason")

# Nothing has been applied for yet (or it came back): what the closing of the window ends.
UNDECLARED: Final = frozenset({S.UNVERIFIED, S.ENTITLED, S.RETURNED})
# Somebody still has to act.
OPEN: Final = UNDECLARED | {S.DECLARED, S.REVIEWING, S.PUBLICISED, S.PAYING}
# 应享未享: entitled, and neither paid nor enjoying yet.
DUE: Final = OPEN - {S.UNVERIFIED}
# The enterprise has what it is entitled to.
RECEIVED: Final = frozenset({S.PAID, S.ENJOYED})
# An amount was approved.
APPROVED: Final = frozenset({S.PUBLICISED, S.PAYING, S.PAID})

RECORD: Final = "policies.record_fulfilment"
PROCESS: Final = "policies.process_fulfilment"
REOPEN: Final = "policies.reopen_fulfilment"

STEPS: Final = StepTable(
    initial=Status.UNVERIFIED,
    steps={
        "entitle": Step("认定应享", (S.UNVERIFIED,), S.ENTITLED, RECORD, ("amount_due",)),
        "exclude": Step("认定不符合", (S.UNVERIFIED, S.ENTITLED), S.INELIGIBLE, PROCESS, ("reason",)),
        "heard": Step("企业已知晓", tuple(sorted(OPEN)), None, RECORD, ("heard_on",)),
        "declare": Step("登记申报", (S.ENTITLED, S.RETURNED), S.DECLARED, RECORD, ("declared_on", "amount_due")),
        "accept": Step("受理审核", (S.DECLARED, S.ENTITLED), S.REVIEWING, PROCESS),
        "return": Step("退回补正", (S.DECLARED, S.REVIEWING), S.RETURNED, PROCESS, ("reason",)),
        "reject": Step("审核不通过", (S.REVIEWING, S.PUBLICISED), S.REJECTED, PROCESS, ("reason",)),
        "approve": Step("审核通过并拨付", (S.REVIEWING,), S.PAYING, PROCESS, ("amount_approved",)),
        "publicise": Step("审核通过并公示", (S.REVIEWING,), S.PUBLICISED, PROCESS, ("amount_approved",)),
        "release": Step("公示无异议", (S.PUBLICISED,), S.PAYING, PROCESS),
        "pay": Step("登记拨付", (S.PAYING, S.PAID), None, PROCESS),
        "complete": Step("兑现完毕", (S.PAYING,), S.PAID, PROCESS),
        "void": Step("作废拨付", (S.PAYING, S.PAID), S.PAYING, PROCESS),
        "enjoy": Step(
            "登记已享受", (S.UNVERIFIED, S.ENTITLED, S.DECLARED, S.REVIEWING), S.ENJOYED, RECORD, ("enjoyed_on",)
        ),
        "received": Step("企业反映已收到", (*sorted(OPEN), S.PAID), None, RECORD, ("received_on",)),
        "waive": Step(
            "企业放弃", (S.UNVERIFIED, S.ENTITLED, S.DECLARED, S.RETURNED), S.WAIVED, RECORD, ("waived_by", "reason")
        ),
        "block": Step("登记堵点", tuple(sorted(OPEN)), None, RECORD, ("block",)),
        "unblock": Step("堵点解除", tuple(S), None, RECORD, ("block",), system_too=True),
        "lapse": Step("已截止", tuple(sorted(UNDECLARED)), S.LAPSED, "", system_too=True),
        "reopen": Step(
            "重新办理",
            (S.INELIGIBLE, S.REJECTED, S.WAIVED, S.LAPSED),
            S.ENTITLED,
            REOPEN,
            ("closes_on",),
        ),
        "amend": Step("更正", tuple(S), None, REOPEN, AMENDED),
        "recover": Step("追回", (S.PAYING, S.PAID, S.ENJOYED), S.RECOVERED, PROCESS, ("amount_recovered", "reason")),
    },
)
