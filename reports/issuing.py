"""Issuing a signed bulletin (印发): once, to the leaders and supervisors of its region and to those on its list.

Each recipient gets a message that leads to the bulletin, and an e-mail with the workbook as it was signed. Who was sent
it and who has looked at it is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from cadres import audience, mail, notices
from cadres.models import Cadre
from cadres.roles import Role
from reports.models import Briefing, Dispatch, Receipt, Recipient
from reports.outputs import workbook

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from cadres.models import Region

READERS: Final = (Role.LEADER, Role.SUPERVISOR)


class IssuingError(Exception):
    """A bulletin that can't be issued now. The message is Chinese."""


def recipients(region: Region) -> QuerySet[Cadre]:
    """Active cadres to whom a bulletin of the region would go now."""
    held = audience.resolve([audience.of_region(role, region.pk) for role in READERS])
    listed = Recipient.objects.current(region).values_list("cadre", flat=True)
    found: QuerySet[Cadre] = Cadre.objects.active().filter(pk__in=held | set(listed))
    return found.select_related("department").order_by("pk")


@transaction.atomic
def issue(briefing: Briefing, *, now: datetime, by: Cadre) -> Dispatch:
    """Send it to all at once. Raises IssuingError if it is unsigned, was issued already, or would reach nobody."""
    signed = Briefing.objects.select_for_update(no_key=True, of=("self",)).select_related("region").get(pk=briefing.pk)
    if not signed.is_signed:
        raise IssuingError("通报还没有签发，签发后才能印发。")
    if (first := Dispatch.objects.filter(briefing=signed).select_related("by").first()) is not None:
        raise IssuingError(f"{first.by}已经印发过这期通报，不会重复发送。")
    cadres = list(recipients(signed.region))
    if not cadres:
        raise IssuingError("没有可以接收的人，请先在发送名单中列入。")
    Receipt.objects.bulk_create(Receipt(briefing=signed, cadre=cadre, sent_at=now) for cadre in cadres)
    _tell(signed, cadres, now, by)
    return Dispatch.objects.create(briefing=signed, by=by, at=now)


def note_reading(briefing: Briefing, cadre: Cadre, now: datetime) -> None:
    """Remember when a recipient first looked at it; a deputy's look is not the principal's."""
    Receipt.objects.filter(briefing=briefing, cadre=cadre.person, read_at=None).update(read_at=now)


def attachment(key: str) -> mail.Attachment | None:
    """The workbook for the e-mail, named in settings.MAIL_ATTACHMENTS; only of what is signed."""
    found = Briefing.objects.signed().select_related("region").filter(pk=key).first()
    if found is None:
        return None
    return mail.Attachment(workbook.filename(found), workbook.of(found), workbook.CONTENT_TYPE)


def _tell(briefing: Briefing, cadres: list[Cadre], now: datetime, by: Cadre) -> None:
    notices.tell(
        f"briefing-issued:{briefing.pk}",
        [audience.cadre(cadre.pk) for cadre in cadres],
        f"{briefing}",
        now=now,
        body=briefing.body.partition("\n")[0],
        url=briefing.get_absolute_url(),
        actor=by,
        attachment=("briefing", str(briefing.pk)),
    )
