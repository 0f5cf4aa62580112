"""Leads that the supervisor has handed over to discipline: one new, one in hand, one concluded."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from appeals import referring
from appeals.models import Appeal, Referral
from workflow.worktime import load_calendar

if TYPE_CHECKING:
    from random import Random

    from reports.demo.people import Cast

# What is suspected, on which grounds, how many working days ago, and how far it has come.
LEADS: Final = (
    ("承办单位超期不办、催办后仍无进展，涉嫌不担当不作为。", "长期超期，多次催办无回应，进展登记为空。", 1, ()),
    ("答复内容与企业反映不符，涉嫌虚假办结。", "企业两次表示不满意，核对凭证与实际不一致。", 4, ("accept",)),
    ("企业反映有人以协调为名介绍中介收费。", "走访时企业口头反映，留有中介报价单。", 12, ("accept", "conclude")),
)
CONCLUSION: Final = "经核实，中介收费与承办单位人员无关，已向企业说明；对承办单位提出规范中介服务的建议。"


def hand_over(random: Random, cast: Cast, now: datetime) -> int:
    """Hand over leads on the appeals that stand highest on the ladder; returns how many."""
    supervisor, inspector = cast.named["supervisor"], cast.named["discipline"]
    calendar, appeals = load_calendar(), Appeal.objects.submitted().order_by("-level", "pk")
    if inspector.department is None:
        return 0
    for appeal, (suspected, grounds, days, steps) in zip(appeals, LEADS, strict=False):
        at = calendar.add_minutes(now, -days * calendar.minutes_per_day)
        found = referring.hand_over(
            appeal,
            to=inspector.department,
            suspected=suspected,
            grounds=grounds,
            files=[],
            by=supervisor,
            now=at,
            client_id=UUID(int=random.getrandbits(128), version=4),
        )
        for hours, name in enumerate(steps, 3):
            later = min(now, calendar.add_minutes(at + timedelta(hours=1), hours * 60 * 8))
            concluded = {"finding": Referral.Finding.DISPROVED, "conclusion": CONCLUSION}
            values: dict[str, Any] = concluded if name == "conclude" else {}
            referring.take(found, name, by=inspector, now=later, **values)
    return len(LEADS)
