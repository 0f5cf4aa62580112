"""A pair of colleagues, one of whom stands in for the other, and the mode in which that is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from cadres.models import Cadre, Deputyship


def deputyship(principal: Cadre, deputy: Cadre, *, days: int = 7, **fields: Any) -> Deputyship:
    """From today on, named by the principal."""
    today = timezone.localdate()
    told = {"starts_on": today, "ends_on": today + timedelta(days=days), "reason": "休年假", "named_by": principal}
    return Deputyship.objects.create(principal=principal, deputy=deputy, named_at=timezone.now(), **(told | fields))


def capacity(principal: Cadre, deputy: Cadre) -> Cadre:
    """The principal as the deputy acts for them."""
    found = Cadre.objects.select_related("department__region").get(pk=principal.pk)
    found.deputy = deputy
    return found


def signed_in(cadre: Cadre, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(cadre)
    return client


def acting(principal: Cadre, deputy: Cadre) -> Client:
    """The deputy's browser, with the mode on."""
    row = Deputyship.objects.filter(principal=principal, deputy=deputy, ended_at=None).first()
    client = signed_in(deputy)
    assert client.post(f"/account/deputies/{(row or deputyship(principal, deputy)).pk}/act/").status_code == 302
    return client
