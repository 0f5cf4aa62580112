"""What people do with a demand that stands: answer it, accept or return the answer, revoke it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from django.db import transaction

from appeals import escalation, papers
from appeals.demand_workflow import IN_FORCE
from appeals.demanding.recording import event_of, last_said, moment
from appeals.models import Appeal
from appeals.models.demands import D
from workflow.steps import Actor, IllegalStepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from appeals.models import Event
    from cadres.models import Cadre
    from cadres.uploads import Checked


@dataclass(frozen=True)
class Handling(Generic[D]):
    """One kind of demand: who may take a step of it and why not, who is told, with what its files are given.

    Each act works on the demand as it stands under the lock of its case; `version` is what the cadre had before their
    eyes. Raises IllegalStepError, with nothing written, where it can't be done any more, or not by this cadre.
    """

    model: type[D]
    given_with: str
    refusal: Callable[[Cadre, str, D], str | None]
    tell_of_answer: Callable[[D, Event, datetime], None]
    tell_of_judgement: Callable[[D, Event, datetime], None]

    def answer(
        self, demand: D, reply: str, *, by: Cadre, now: datetime, version: int, files: Iterable[Checked] = ()
    ) -> D:
        """The department's answer, with the files that prove it."""
        with transaction.atomic():
            locked, refused = self._locked(demand, "answer", by, version, now)
            if refused is None:
                locked.reply, locked.replied_by, locked.replied_at = reply, by, now
                event = self._take(locked, "answer", by=by, now=now, note=reply)
                rows = papers.attach(locked.appeal, files, by=by, now=now, given_with=self.given_with)
                locked.evidence.add(*rows)
                self.tell_of_answer(locked, event, now)
                return locked
        raise IllegalStepError(refused)

    def accept(self, demand: D, note: str, *, by: Cadre, now: datetime, version: int) -> D:
        """The supervisor finds the answer good, and the demand ends."""
        return self._judge(demand, "accept", note, by=by, now=now, version=version)

    def give_back(self, demand: D, note: str, reply_due_at: datetime, *, by: Cadre, now: datetime, version: int) -> D:
        """The answer won't do: another one is owed by this date, which may be missed anew."""
        return self._judge(demand, "return", note, by=by, now=now, version=version, reply_due_at=reply_due_at)

    def revoke(self, demand: D, note: str, *, by: Cadre, now: datetime, version: int) -> D:
        return self._judge(demand, "revoke", note, by=by, now=now, version=version)

    def offered(self, cadre: Cadre, demand: D) -> list[str]:
        """The acts that this cadre may do now, in the table's order: answer, accept, return, revoke."""
        steps, begins = demand.steps, f"{demand.kind()}_"
        able = [name for name in steps.from_status(demand.status) if steps[name].permission]
        return [name.removeprefix(begins) for name in able if self.refusal(cadre, name, demand) is None]

    def why_not(self, cadre: Cadre, act: str, demand: D) -> str | None:
        """Why this cadre may not do this, in Chinese; None where they may. Ignores the state."""
        return self.refusal(cadre, f"{demand.kind()}_{act}", demand)

    def _judge(
        self,
        demand: D,
        act: str,
        note: str,
        *,
        by: Cadre,
        now: datetime,
        version: int,
        reply_due_at: datetime | None = None,
    ) -> D:
        with transaction.atomic():
            locked, refused = self._locked(demand, act, by, version, now)
            if refused is None:
                if reply_due_at:
                    locked.begin_again(reply_due_at)
                event = self._take(locked, act, by=by, now=now, note=note)
                self.tell_of_judgement(locked, event, now)
                return locked
        raise IllegalStepError(refused)

    def _locked(self, demand: D, act: str, by: Cadre, version: int, now: datetime) -> tuple[D, str | None]:
        """The demand as it stands under the lock of its case, and why the step can't be taken.

        What the ladder had due by now happens first, as a sweep a moment ago would have done it.
        """
        appeal = lock(demand.appeal_id)
        escalation.catch_up(appeal, now)
        found = self.model._default_manager.get(pk=demand.pk)  # noqa: SLF001 - Django's documented name
        found.appeal = appeal
        name = f"{found.kind()}_{act}"
        if found.status not in found.steps[name].sources:
            return found, f"{last_said(found)}该{found.noun}现为“{found.state_label}”，请刷新后再办理。"
        if version != found.version:
            return found, f"{last_said(found)}请核对后再提交，你填写的内容都还在。"
        return found, self.refusal(by, name, found)

    def _take(self, demand: D, act: str, *, by: Cadre, now: datetime, note: str) -> Event:
        """Move the demand, which holds what the step sets, and record it in the history of its case."""
        name = f"{demand.kind()}_{act}"
        demand.status = demand.steps[name].target_from(demand.status)
        demand.ended_at = None if demand.status in IN_FORCE else now
        demand.version += 1
        demand.save()
        changes = {"reply_due_at": ["", moment(demand.reply_due_at)]} if act == "return" else {}
        event = event_of(demand, name, by=Actor.of(by), now=now, note=note, changes=changes)
        event.save()
        escalation.look_again(demand.appeal, now)
        return event


def lock(pk: int) -> Appeal:
    """The case, locked. First the lock, then the joins: in one statement a move meanwhile would hide the row."""
    Appeal.objects.select_for_update(no_key=True).values_list("pk").get(pk=pk)
    return Appeal.objects.select_related("enterprise", "region").get(pk=pk)
