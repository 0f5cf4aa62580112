"""Giving an instruction, or entering one, and what is done with it from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import transaction
from django.utils import timezone

from appeals import escalation, papers
from appeals.demanding.acting import Handling, lock
from appeals.demanding.addressing import addressees
from appeals.demanding.recording import event_of, moment
from appeals.demanding.terms import Terms
from appeals.instructing import rules, telling
from appeals.models import Attachment, Instruction
from appeals.models.instructions import TERM
from workflow.models import Counter
from workflow.steps import Actor, IllegalStepError

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from appeals.models import Appeal
    from cadres.models import Cadre, Department
    from cadres.uploads import Checked

INSTRUCTIONS: Final = Handling(
    Instruction,
    given_with=Attachment.With.FEEDBACK,
    refusal=rules.refusal,
    tell_of_answer=telling.tell_of_answer,
    tell_of_judgement=telling.tell_of_judgement,
)


class Paper(NamedTuple):
    """An instruction on paper: whose it is, of which day, and its scan."""

    leader: Cadre
    instructed_on: date
    scan: Checked


def give(
    appeal: Appeal,
    demand: str,
    *,
    by: Cadre,
    now: datetime,
    paper: Paper | None = None,
    department: Department | None = None,
    reply_due_at: datetime | None = None,
    client_id: UUID | None = None,
) -> Instruction:
    """A leader instructs whoever leads an open case, or a co-department; with `paper`, the office enters it for them.

    The same `client_id` twice is one instruction. Raises IllegalStepError, with nothing written, where this cadre may
    not, or the department takes no part in the case.
    """
    with transaction.atomic():
        locked = lock(appeal.pk)
        if client_id and (sent := Instruction.objects.filter(appeal=locked, client_id=client_id).first()):
            return sent
        escalation.catch_up(locked, now)
        refused = rules.give_refusal(by, locked) or _wrong_paper(by, locked, paper) or _stranger(locked, department)
        if refused is None:
            made = _made(locked, demand, department, by=by, now=now, paper=paper)
            made.reply_due_at = reply_due_at or Terms.load().due_at(locked, TERM, now)
            made.client_id = client_id
            made.save()
            _record(made, by=by, now=now)
            escalation.look_again(locked, now)
            return made
    raise IllegalStepError(refused)


def series_of(appeal: Appeal, now: datetime) -> str:
    """Number: PS, the region's 6 digits, the day, and the running number of the region's day."""
    return f"PS{appeal.region.short_code}{timezone.localdate(now):%Y%m%d}"


def _made(
    appeal: Appeal, demand: str, department: Department | None, *, by: Cadre, now: datetime, paper: Paper | None
) -> Instruction:
    follows = department is None or department.pk == appeal.lead_id
    to = addressees([appeal])[appeal.pk] if follows or department is None else department.pk
    scan = None
    if paper:
        scan = papers.attach(appeal, [paper.scan], by=by, now=now, given_with=Attachment.With.INSTRUCTION)[0]
    series = series_of(appeal, now)
    return Instruction(
        appeal=appeal,
        number=f"{series}{Counter.take(series):04d}",
        round=appeal.round,
        department_id=to,
        answering_id=to,
        follows_lead=follows,
        demand=demand,
        issued_at=now,
        leader=paper.leader if paper else by,
        instructed_on=paper.instructed_on if paper else timezone.localdate(now),
        entered_by=by if paper else None,
        scan=scan,
    )


def _record(instruction: Instruction, *, by: Cadre, now: datetime) -> None:
    due = moment(instruction.reply_due_at)
    changes = {"answering": ["", str(instruction.answering or "")], "reply_due_at": ["", due]}
    if instruction.entered_by:
        changes |= {"leader": ["", str(instruction.leader)], "instructed_on": ["", f"{instruction.instructed_on}"]}
    event = event_of(instruction, "instruction", by=Actor.of(by), now=now, note=instruction.demand, changes=changes)
    event.save()
    telling.tell_of_giving(instruction, event, due, now)


def _wrong_paper(by: Cadre, appeal: Appeal, paper: Paper | None) -> str | None:
    """A leader speaks for themselves; the office for a leader of the case's region, with the paper."""
    if rules.gives(by, appeal):
        return "领导本人批示，不用代录。" if paper else None
    if paper is None:
        return "代录批示须附批示件。"
    known = rules.leaders_for(appeal).filter(pk=paper.leader.pk).exists()
    return None if known else f"{paper.leader}不是该诉求所在辖区的领导。"


def _stranger(appeal: Appeal, department: Department | None) -> str | None:
    if department is None or rules.departments_for(appeal).filter(pk=department.pk).exists():
        return None
    return f"{department}不承办该诉求，请先由助企办转办或改派。"
