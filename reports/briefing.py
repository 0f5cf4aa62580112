"""The daily resumption bulletin (每日复工通报): made once per region and day, fetched again until it is signed.

Rows are read in one transaction that sees one moment, and written in another under the region's lock, with the notice
to the office: a worker that dies in between leaves nothing behind, two workers at once make one bulletin.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from cadres import audience, notices
from cadres.models import Cadre, Department, Outbox, Region
from cadres.roles import Role
from reports import bases, counting, wording
from reports.indicators import Scope
from reports.models import Briefing
from reports.one_moment import one_moment
from reports.outputs import workbook

SIGN: Final = "reports.sign_briefing"
CUT_OFF: Final = time(15)
MADE_UP_DAYS: Final = 31
ALERTED_AFTER: Final = timedelta(minutes=30)


class SigningError(Exception):
    """A bulletin that can't be signed or fetched again now. The message is Chinese and says what happened."""


def freeze(region: Region, day: date, *, now: datetime, by: Cadre | None = None) -> Briefing:
    """The bulletin of a region and day: the one there is, or a new draft from the rows as they are at the cut-off."""
    return latest(region, day) or store(read(region, day, now=now), now=now, by=by)


def latest(region: Region, day: date) -> Briefing | None:
    return Briefing.objects.filter(region=region, day=day).order_by("-version").first()


def refetch(briefing: Briefing, *, now: datetime, by: Cadre) -> Briefing:
    """Read the rows of a draft again. Raises SigningError if somebody has signed it."""
    reading = read(briefing.region, briefing.day, now=now, is_correction=briefing.version > 1)
    with transaction.atomic():
        draft = locked_draft(briefing)
        for name, value in reading.columns.items():
            setattr(draft, name, value)
        draft.made_at, draft.made_by = now, by
        draft.save()
    return draft


def sign(
    briefing: Briefing, *, seen_at: datetime | None, now: datetime, by: Cadre, seen_edit: int | None = None
) -> Briefing:
    """Sign the draft as it was made at `seen_at`, with the edit of its text that was seen (0: none; None: whichever).

    From here on nothing changes it, and its workbook is kept. Raises SigningError if somebody signed it first, or
    fetched it again or edited it after the signer looked at it.
    """
    edit = briefing.edit
    text = edit.text if edit else briefing.text
    file = workbook.of(briefing, signature=workbook.Signature.of(by, now))
    with transaction.atomic():
        draft = locked_draft(briefing)
        if seen_at != draft.made_at or briefing.evidence_sha256 != draft.evidence_sha256:
            raise SigningError(f"{moment(draft.made_at)} 已重新取数，请看过新的数据再签发。")
        last = draft.edit
        if last != edit or (seen_edit is not None and seen_edit != (last.number if last else 0)):
            raise SigningError("正文在你看过之后又改过，请看过新的正文再签发。")
        draft.signed_by, draft.signed_at, draft.workbook, draft.issued_text = by, now, file, text
        draft.save(update_fields=["signed_by", "signed_by_deputy", "signed_at", "workbook", "issued_text"])
    return draft


def may_sign(cadre: Cadre, briefing: Briefing) -> bool:
    """The office signs for its own region, not for those below it."""
    return cadre.has_perm(SIGN) and cadre.region == briefing.region


# --- reading and storing ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """What was read at one moment for one region and day."""

    region: Region
    day: date
    columns: dict[str, Any]


def read(region: Region, day: date, *, now: datetime, is_correction: bool = False) -> Reading:
    """Bring the base list up to date, then count everything as of the cut-off, at one moment. Changes no bulletin.

    A correction counts what is known now, however late it came.
    """
    city = Region.objects.get(code=region.path.partition("/")[0])
    bases.keep_for(city, day, now=now)
    with one_moment():
        return count(region, day, now=now, is_correction=is_correction)


def count(region: Region, day: date, *, now: datetime, is_correction: bool = False) -> Reading:
    """What a bulletin would hold; the caller's transaction decides whether all of it is of one moment."""
    cut_off = now if is_correction else cut_off_of(day, now)
    taken = counting.take(region, day, cut_off=cut_off, before=_day_before(region, day))
    columns = {
        "cut_off_at": cut_off,
        "figures": taken.snapshot.to_json(),
        "text": wording.text_of(taken.snapshot),
        "evidence": taken.proof.content,
        "evidence_sha256": taken.proof.sha256,
    }
    return Reading(region, day, columns)


@transaction.atomic
def store(reading: Reading, *, now: datetime, by: Cadre | None = None) -> Briefing:
    """Store a draft and tell the office; whoever comes second gets the draft of whoever came first."""
    region = Region.objects.select_for_update(no_key=True).get(pk=reading.region.pk)
    if (first := latest(region, reading.day)) is not None:
        return first
    number = Briefing.objects.filter(region=region).aggregate(last=Max("number"))["last"] or 0
    draft = Briefing.objects.create(
        region=region, day=reading.day, number=number + 1, made_at=now, made_by=by, **reading.columns
    )
    notices.tell(
        f"briefing-made:{draft.pk}",
        [audience.of_region(Role.OFFICE, region.pk)],
        f"{draft} 已生成，请核对签发",
        now=now,
        body=f"{draft.day:%Y-%m-%d}，数据截至 {moment(draft.cut_off_at)}。",
        url=draft.get_absolute_url(),
        actor=by,
    )
    return draft


def cut_off_of(day: date, now: datetime) -> datetime:
    """Until when reports count: three in the afternoon, or now if that is earlier."""
    return min(_at(day, CUT_OFF), now)


def _day_before(region: Region, day: date) -> Scope:
    """What the day is compared with: the day before as its last signed version counted it, or would have."""
    yesterday = day - timedelta(days=1)
    last_signed_first = (F("signed_at").desc(nulls_last=True), "-version")
    made = Briefing.objects.filter(region=region, day=yesterday).order_by(*last_signed_first)
    cut_off = made.values_list("cut_off_at", flat=True).first() or _at(yesterday, CUT_OFF)
    return Scope.of_month(region, yesterday, cut_off)


def locked_draft(briefing: Briefing) -> Briefing:
    draft = Briefing.objects.select_for_update(no_key=True, of=("self",)).select_related("region").get(pk=briefing.pk)
    if draft.signed_at is not None:
        raise SigningError(f"{draft.signed_by}已于 {moment(draft.signed_at)} 签发，不能再签发或重新取数。")
    return draft


# --- by itself -------------------------------------------------------------------------------------------------


def make_due(now: datetime) -> int:
    """Make what is due by now and missing, day by day, and alert to what is unsigned. Returns how many were made."""
    bases.keep(now)
    made = 0
    for region in issuing_regions():
        for day in days_due(region, now):
            freeze(region, day, now=now)
            made += 1
    alert_unsigned(now)
    return made


def issuing_regions() -> list[Region]:
    """Cities, and districts that have an office."""
    offices = Department.objects.filter(pk__in=Cadre.objects.holding(Role.OFFICE).values("department"))
    district = Q(kind=Region.Kind.DISTRICT, pk__in=offices.values("region"))
    return list(Region.objects.filter(Q(kind=Region.Kind.CITY) | district).order_by("path"))


def days_due(region: Region, now: datetime) -> list[date]:
    """The days since the last bulletin that have none, in order; only today where there never was one."""
    today = timezone.localdate(now)
    due = today if now >= _at(today, settings.BRIEFING_TIME) else today - timedelta(days=1)
    last = Briefing.objects.filter(region=region).aggregate(last=Max("day"))["last"]
    first = today if last is None else max(last + timedelta(days=1), today - timedelta(days=MADE_UP_DAYS))
    return [first + timedelta(days=number) for number in range((due - first).days + 1)]


def alert_unsigned(now: datetime) -> None:
    """Tell the office once of every draft that is unsigned half an hour after the set time, or after it was made."""
    late = [
        draft
        for draft in Briefing.objects.drafts()
        .filter(made_at__lte=now - ALERTED_AFTER, day__gte=timezone.localdate(now) - timedelta(days=MADE_UP_DAYS))
        .select_related("region")
        .without_contents()
        if now >= _at(draft.day, settings.BRIEFING_TIME) + ALERTED_AFTER
    ]
    keys = {f"briefing-unsigned:{draft.pk}": draft for draft in late}
    told = set(Outbox.objects.filter(key__in=keys).values_list("key", flat=True))
    rows = [_alert(key, draft, now) for key, draft in keys.items() if key not in told]
    if rows:
        notices.write(rows)


def _alert(key: str, draft: Briefing, now: datetime) -> Outbox:
    return Outbox(
        key=key,
        subject=f"{draft} 尚未签发，请尽快核对签发",
        body=f"{draft.day:%Y-%m-%d}，{moment(draft.made_at)} 生成。",
        url=draft.get_absolute_url(),
        audience=[audience.of_region(Role.OFFICE, draft.region_id)],
        created_at=now,
    )


def _at(day: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, at))


def moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%m-%d %H:%M}"
