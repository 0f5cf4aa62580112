"""An enterprise's signed link: making, renewing and revoking it, opening it, and what the enterprise says by it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from appeals import notices
from appeals.models import Appeal, EnterpriseLink, LinkAnswer
from cadres import audience, audit
from cadres import notices as outbox
from cadres.models import AuditRow
from workflow.links import Try, Verdict, hash_of, new_token
from workflow.steps import Actor

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from appeals.models import Event
    from cadres.models import Cadre
    from enterprises.models import Contact, Enterprise

DIGITS: Final = 4
ANSWERS: Final = {"confirm": "确认并评价", "dispute": "要求重新办理"}
DAYS: Final = ((30, "30 天"), (90, "90 天"), (180, "180 天"), (7, "7 天"))


class LinkError(Exception):
    """A link can't be made, renewed or used. The message is Chinese."""


class NoLongerValidError(LinkError):
    """The link was revoked or has run out since its page was shown."""


def contacts_of(enterprise: Enterprise) -> list[Contact]:
    """Who may open the enterprise's link: its contacts of today whose number has four digits, the main one first."""
    current = enterprise.contacts.current().main_first()
    return [contact for contact in current if len(last_digits(contact.phone)) == DIGITS]


def last_digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)[-DIGITS:]


@transaction.atomic
def make(enterprise: Enterprise, *, days: int, by: Cadre, now: datetime, sending: UUID) -> tuple[EnterpriseLink, str]:
    """A new link and its token, which nobody can look up again. Raises LinkError."""
    if not contacts_of(enterprise):
        raise LinkError("企业没有留电话的联系人，请先补充联系人和电话。")
    token = new_token()
    link = EnterpriseLink(
        enterprise=enterprise,
        token_hash=hash_of(token),
        sending=sending,
        made_by=by,
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    try:
        with transaction.atomic():
            link.save()
    except IntegrityError as error:
        raise LinkError("链接已经生成过。地址只在生成时显示一次，没有保存的请撤销后重新生成。") from error
    _record("生成", link, by, {"有效天数": days})
    return link, token


@transaction.atomic
def renew(link: EnterpriseLink, *, days: int, by: Cadre, now: datetime) -> None:
    """The same address is good for `days` from now; a lock is taken off. What was revoked stays so."""
    link = EnterpriseLink.objects.select_for_update(no_key=True, of=("self",)).get(pk=link.pk)
    if link.revoked_at:
        raise LinkError("链接已撤销，不能延期，请重新生成。")
    link.expires_at = now + timedelta(days=days)
    link.locked_until, link.wrong_tries, link.locks = None, 0, 0
    link.save(update_fields=["expires_at", "locked_until", "wrong_tries", "locks"])
    _record("延期", link, by, {"有效天数": days})


@transaction.atomic
def revoke(link: EnterpriseLink, *, by: Cadre, now: datetime) -> bool:
    """From now on the address leads nowhere, also for who has its page open. False where it was revoked before."""
    link = EnterpriseLink.objects.select_for_update(no_key=True, of=("self",)).get(pk=link.pk)
    if link.revoked_at:
        return False
    link.revoked_at, link.revoked_by = now, by
    link.save(update_fields=["revoked_at", "revoked_by", "revoked_by_deputy"])
    _record("撤销", link, by, {})
    return True


def find(token: str, *, address: str, now: datetime) -> EnterpriseLink | None:
    """The link of a token, if it is good. A token that is none counts as a wrong try of the address."""
    found = EnterpriseLink.objects.of_token(token).select_related("enterprise__region__parent").first()
    if found is None:
        Try.note(address, now)
    return found if found and found.revoked_at is None and found.expires_at > now else None


def recognise(link: EnterpriseLink, digits: str, *, request: HttpRequest, now: datetime) -> Contact | Verdict:
    """Whose number ends so; a verdict where nobody's does. A link that gets locked tells whoever made it."""
    right: list[Contact] = []

    def is_right() -> bool:
        right.extend(one for one in contacts_of(link.enterprise) if last_digits(one.phone) == digits)
        return bool(right)

    locks = link.locks
    with transaction.atomic():
        verdict = link.check_answer(is_right, address=request.META["REMOTE_ADDR"], now=now)
        if link.locks > locks:
            _tell_of_lock(link, request, now)
    return right[0] if verdict is Verdict.RIGHT else verdict


def note_opening(link: EnterpriseLink, now: datetime) -> None:
    """The enterprise has seen its appeals. An answer that it saw and did not rate is 未评价, not unheard."""
    EnterpriseLink.objects.filter(pk=link.pk).update(opened=F("opened") + 1, last_opened_at=now)


@transaction.atomic
def answer(
    link: EnterpriseLink,
    appeal: Appeal,
    name: str,
    *,
    contact: Contact,
    sending: UUID,
    now: datetime,
    version: int,
    note: str,
    **values: Any,
) -> Event | None:
    """Confirm or dispute on the enterprise's own behalf; None where this very form was sent before.

    The link's row is locked first: an answer is before its revocation or not at all. Raises NoLongerValidError, or
    IllegalStepError where somebody was quicker.
    """
    if not EnterpriseLink.objects.usable(now).select_for_update(no_key=True, of=("self",)).filter(pk=link.pk).first():
        raise NoLongerValidError
    if LinkAnswer.objects.filter(sending=sending, appeal=appeal).exists():
        return None
    who = contact.name or "企业联系人"
    event = appeal.take(
        name,
        by=Actor.link(f"{who[:50]}（企业链接）"),
        now=now,
        note=note,
        version=version,
        confirmed_by=who[:40],
        confirmed_how=Appeal.ConfirmedHow.LINK,
        **values,
    )
    LinkAnswer.objects.create(link=link, event=event, appeal=appeal, contact=contact, sending=sending)
    notices.tell_team_of_answer(event, now)
    return event


def why_not(appeal: Appeal) -> str:
    """Why an answer came too late, in words for the enterprise, which is told units and not officials' names."""
    last = appeal.events.order_by("-pk").first()
    if last is None or last.step not in ANSWERS:
        return "这件诉求的办理情况刚刚有变化，请看过最新情况后再提交。"
    who = "已有人通过企业链接" if last.actor_kind == Actor.LINK else "驻企专员已代贵企业"
    return f"{who}{ANSWERS[last.step]}，你这次没有重复提交。"


def _record(act: str, link: EnterpriseLink, by: Cadre | None, detail: dict[str, Any]) -> None:
    """In the audit log, by the link's number: nothing there leads to the address."""
    audit.record(
        AuditRow.Action.LINK, cadre=by, subject=f"{act}企业链接 {link.pk}：{link.enterprise.name}"[:200], detail=detail
    )


def _tell_of_lock(link: EnterpriseLink, request: HttpRequest, now: datetime) -> None:
    is_revoked = link.revoked_at is not None
    what = "已自动撤销" if is_revoked else "锁定 1 小时"
    audit.record(
        AuditRow.Action.LINK,
        cadre=None,
        subject=f"企业链接 {link.pk} 多次答错尾号，{what}：{link.enterprise.name}"[:200],
        request=request,
    )
    outbox.tell(
        f"link-locked:{link.pk}:{link.locks}",
        [audience.cadre(link.made_by_id)],
        f"企业链接{what}：{link.enterprise.name}"[:200],
        now=now,
        body="有人多次答错联系人手机尾号。请与企业核对，需要的话撤销后重新生成。",
        url=f"/enterprises/{link.enterprise_id}/links/",
    )
