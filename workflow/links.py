"""Signed links: an address by which somebody without an account gets at one thing for a while (signed by being random).

The token has 192 bits and is shown once; only its hash is stored. A browser that brings it is asked for something that
its bearer knows, a few times: both the link and the browser's address are locked for a while by wrong answers, counted
in the database, so that no cache that is down lets anybody try on. The concrete link belongs to the app that has what
it leads to.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Self

from django.db import connection, models, transaction
from django.db.models import F, Q

from cadres.models import Cadre, DoneBy

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

TOKEN_BYTES: Final = 24
TRIES_PER_LINK: Final = 5
LOCKED_FOR: Final = timedelta(hours=1)
LOCKS_PER_LINK: Final = 4  # after as many the link is revoked
TRIES_PER_ADDRESS: Final = 15
WINDOW: Final = timedelta(minutes=30)
KEPT: Final = timedelta(days=1)
TRYING: Final = 727_003  # the advisory locks of those who try, by address


class State(models.TextChoices):
    VALID = "valid", "有效"
    LOCKED = "locked", "暂时锁定"
    EXPIRED = "expired", "已过期"
    REVOKED = "revoked", "已撤销"


STATE_COLOURS: Final = {State.VALID: "green", State.LOCKED: "orange", State.EXPIRED: "grey", State.REVOKED: "grey"}


class Verdict(Enum):
    """What became of a try."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"
    GONE = "gone"


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class SignedLinkQuerySet(models.QuerySet[Any]):
    def usable(self, now: datetime) -> Self:
        return self.filter(revoked_at=None, expires_at__gt=now)

    def of_token(self, token: str) -> Self:
        return self.filter(token_hash=hash_of(token))


class SignedLink(models.Model):
    """A link as such; a concrete one adds what it leads to. `sending` makes the same form sent twice one link."""

    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    sending = models.UUIDField(unique=True, editable=False)
    made_by = DoneBy(Cadre, models.PROTECT, related_name="+", verbose_name="生成人")
    made_at = models.DateTimeField("生成时间")
    expires_at = models.DateTimeField("有效期至")
    revoked_at = models.DateTimeField("撤销时间", null=True)
    revoked_by = DoneBy(Cadre, models.PROTECT, null=True, related_name="+", verbose_name="撤销人")
    opened = models.PositiveIntegerField("打开次数", default=0)
    last_opened_at = models.DateTimeField("最近打开", null=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    locks = models.PositiveSmallIntegerField("锁定次数", default=0)
    locked_until = models.DateTimeField("锁定至", null=True)

    class Meta:
        abstract = True
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="%(class)s_lasts_a_while"),
        )

    def state_at(self, now: datetime) -> State:
        if self.revoked_at:
            return State.REVOKED
        if self.expires_at <= now:
            return State.EXPIRED
        return State.LOCKED if self.locked_until and self.locked_until > now else State.VALID

    @transaction.atomic
    def check_answer(self, is_right: Callable[[], bool], *, address: str, now: datetime) -> Verdict:
        """Whether the browser at this address knows what it should. Wrong answers are counted, one at a time.

        After TRIES_PER_LINK of them the link is locked for LOCKED_FOR, after LOCKS_PER_LINK locks it is revoked; an
        address that answered wrong too often, on whichever links, has to wait too.
        """
        _one_at_a_time(address)
        self.refresh_from_db(from_queryset=type(self)._base_manager.select_for_update(no_key=True, of=("self",)))
        state = self.state_at(now)
        if state in (State.EXPIRED, State.REVOKED):
            return Verdict.GONE
        if state is State.LOCKED or Try.is_barred(address, now):
            return Verdict.LOCKED
        if is_right():
            type(self)._base_manager.filter(pk=self.pk).update(wrong_tries=0)
            return Verdict.RIGHT
        Try.note(address, now)
        self._count_wrong(now)
        return Verdict.LOCKED if self.locked_until and self.locked_until > now else Verdict.WRONG

    def _count_wrong(self, now: datetime) -> None:
        self.wrong_tries += 1
        if self.wrong_tries >= TRIES_PER_LINK:
            self.wrong_tries, self.locked_until = 0, now + LOCKED_FOR
            self.locks += 1
        if self.locks >= LOCKS_PER_LINK:
            self.revoked_at = now
        self.save(update_fields=["wrong_tries", "locked_until", "locks", "revoked_at"])


class TryQuerySet(models.QuerySet["Try"]):
    def recent(self, address: str, now: datetime) -> Self:
        return self.filter(network=network_of(address), at__gt=now - WINDOW)


class Try(models.Model):
    """One wrong answer, or one token that is none, by where it came from. Kept for a day."""

    network = models.GenericIPAddressField("来源")
    at = models.DateTimeField("时间")

    objects = TryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "链接试错"
        indexes = (
            models.Index(fields=("network", "at"), name="try_of_network"),
            models.Index(fields=("at",), name="try_at"),
        )

    def __str__(self) -> str:
        return f"{self.network} {self.at}"

    @classmethod
    def is_barred(cls, address: str, now: datetime) -> bool:
        return cls.objects.recent(address, now).count() >= TRIES_PER_ADDRESS

    @classmethod
    def note(cls, address: str, now: datetime) -> None:
        """Count one, unless the address is barred anyhow; and forget what is a day old."""
        cls.objects.filter(at__lt=now - KEPT).delete()
        if not cls.is_barred(address, now):
            cls.objects.create(network=network_of(address), at=now)


def network_of(address: str) -> str:
    """Whom an address belongs to: itself, or for IPv6 its /64, all of which one household has."""
    found = ipaddress.ip_address(address)
    if found.version == 4:
        return address
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)


def _one_at_a_time(address: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [TRYING, network_of(address)])
