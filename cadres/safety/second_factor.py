"""The second factor: six digits of an authenticator app (RFC 6238), or one of eight recovery codes.

It is required of the three administrators, of all where the city says so, and offered to everybody. Where it is
switched on, a session is worth nothing before the code is given.
"""

from __future__ import annotations

from base64 import b32encode
from typing import TYPE_CHECKING, Final

import segno
from django.conf import settings
from django.db import transaction
from django_otp import match_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from cadres import audit
from cadres.models import AuditRow, Cadre
from cadres.roles import ADMINISTRATORS
from cadres.safety import sessions

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase
    from django.http import HttpRequest

# In the session: the code is still to be given, or has been given.
AWAITED: Final = "second_factor_awaited"
GIVEN: Final = "second_factor_given"

NAME: Final = "authenticator"
RECOVERY_CODES: Final = 8


def is_required_of(cadre: Cadre) -> bool:
    """Of everybody where the city says so. In demos it is not, or nobody could look at the administrators' pages."""
    return (settings.SECOND_FACTOR_FOR_ALL or cadre.holds(*ADMINISTRATORS)) and not settings.ALLOW_DEMO


def is_on(cadre: Cadre) -> bool:
    return bool(TOTPDevice.objects.filter(user=cadre, confirmed=True).exists())


def recovery_codes_left(cadre: Cadre) -> int:
    return int(StaticToken.objects.filter(device__user=cadre).count())


@transaction.atomic
def being_set_up(cadre: Cadre) -> TOTPDevice:
    """The device to be confirmed; the same one, however often the page is looked at."""
    Cadre.objects.select_for_update(no_key=True).get(pk=cadre.pk)
    device, _ = TOTPDevice.objects.get_or_create(user=cadre, confirmed=False, defaults={"name": NAME})
    return device


def picture(device: TOTPDevice) -> str:
    """The QR code for the app, as a data address."""
    return segno.make(device.config_url, error="m").svg_data_uri(scale=5, border=4, light="#fff")


def letters(device: TOTPDevice) -> str:
    """The key for typing it, in groups of four."""
    key = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))


@transaction.atomic
def switch_on(cadre: Cadre, code: str, request: HttpRequest) -> list[str] | None:
    """Confirm the device by its first code; the recovery codes, shown this once, or None if the code is wrong."""
    Cadre.objects.select_for_update(no_key=True).get(pk=cadre.pk)
    device = TOTPDevice.objects.filter(user=cadre, confirmed=False).first()
    if device is None or not device.verify_token(code):
        return None
    TOTPDevice.objects.filter(user=cadre).exclude(pk=device.pk).delete()
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    audit.record(AuditRow.Action.SECOND_FACTOR, cadre=cadre, subject="启用", request=request)
    _mark_given(request.session)
    return _new_recovery_codes(cadre)


@transaction.atomic
def switch_off(cadre: Cadre, *, by: Cadre | None, request: HttpRequest | None = None) -> bool:
    """By oneself, or by the security administrator for somebody who has lost the phone; False if it was off.

    Without `by` it is the operator, on the command line.
    """
    was_on = is_on(cadre)
    TOTPDevice.objects.filter(user=cadre).delete()
    StaticDevice.objects.filter(user=cadre).delete()
    if was_on:
        audit.record(AuditRow.Action.SECOND_FACTOR, cadre=by, subject=f"停用：{cadre.username}", request=request)
    return was_on


def accept(cadre: Cadre, code: str, request: HttpRequest) -> bool:
    """Whether the code is right; each is good for once. After wrong ones the device asks for patience."""
    if match_token(cadre, code.replace(" ", "")) is None:
        audit.record(AuditRow.Action.SIGN_IN_FAILED, cadre=cadre, subject="验证码不对", request=request)
        return False
    audit.record(AuditRow.Action.SECOND_FACTOR, cadre=cadre, subject="验证通过", request=request)
    _mark_given(request.session)
    return True


def _mark_given(session: SessionBase) -> None:
    session.pop(AWAITED, None)
    session[GIVEN] = True
    with sessions.same_browser(session):
        session.cycle_key()


def _new_recovery_codes(cadre: Cadre) -> list[str]:
    StaticDevice.objects.filter(user=cadre).delete()
    device = StaticDevice.objects.create(user=cadre, name="recovery", confirmed=True)
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes
