"""What the demo's leader wants done about cases, in the product and on paper, and what came of it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageDraw

from appeals.demand_workflow import INSTRUCTION_STEPS
from appeals.instructing.acting import INSTRUCTIONS, Paper, give
from appeals.models import Instruction
from cadres.uploads import DOCUMENTS, Checked, check

if TYPE_CHECKING:
    from datetime import datetime

    from appeals.models import Appeal
    from reports.demo.people import Cast
    from workflow.worktime import WorkCalendar

DEMAND: Final = "企业诉求无小事。请主办单位主要负责同志牵头，三日内拿出办法，督查室跟踪，办理结果报我。"
ON_PAPER: Final = "请抓紧协调解决，举一反三，防止同类问题反复。"
ANSWER: Final = "已由主要负责人牵头研究，与企业当面对接，明确办法、责任人和完成时间，按周推进，结果及时报告。"
PAPER_SIZE: Final = (1240, 1754)  # A4


def take(appeal: Appeal, step: str, *, cast: Cast, calendar: WorkCalendar, at: datetime) -> None:
    """What happens about the case's instruction, as long as it still is as the script has it."""
    leader, supervisor = cast.named["leader"], cast.named["supervisor"]
    if step == "instruction":
        give(appeal, DEMAND, by=leader, now=at)
        return
    if step == "instruction_paper":
        paper = Paper(leader, timezone.localdate(at), _scan(appeal))
        give(appeal, ON_PAPER, by=cast.named["office"], now=at, paper=paper)
        return
    found = Instruction.objects.filter(appeal=appeal).in_force().first()
    if found is None or found.status not in INSTRUCTION_STEPS[step].sources:
        return
    seen: dict[str, Any] = {"now": at, "version": found.version}
    if step == "instruction_answer":
        INSTRUCTIONS.answer(found, ANSWER, by=cast.heads[found.answering_id or 0], **seen)
    elif step == "instruction_return":
        due = calendar.add_days(at, 3)
        INSTRUCTIONS.give_back(found, "没有写明完成时间，请补充后重报。", due, by=supervisor, **seen)
    elif step == "instruction_accept":
        INSTRUCTIONS.accept(found, "办法可行，已向批示领导报告。", by=supervisor, **seen)
    else:
        INSTRUCTIONS.revoke(found, "已另行召开协调会研究，不再单独批示。", by=leader, **seen)


def _scan(appeal: Appeal) -> Checked:
    """A sheet with lines, different for each case: a font for Chinese is not everywhere."""
    sheet = Image.new("L", PAPER_SIZE, 250)
    pen = ImageDraw.Draw(sheet)
    pen.text((120, 120), f"{appeal.number}", fill=40)
    for line in range(12):
        pen.line((120, 260 + line * 110, 1120, 260 + line * 110), fill=170, width=2)
    held = BytesIO()
    sheet.save(held, "JPEG", quality=60)
    return check(SimpleUploadedFile("领导批示.jpg", held.getvalue(), "image/jpeg"), DOCUMENTS)
