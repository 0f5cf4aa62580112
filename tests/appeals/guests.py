"""An enterprise with its signed link, and the phone on which somebody opens it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from appeals import links
from appeals.models import Appeal, EnterpriseLink
from appeals.workflow import Status
from tests import factories
from tests.appeals.people import People

DIGITS: Final = "5678"


class Case:
    """An appeal that waits for its enterprise's word, and a link to it. Everything happened just now."""

    def __init__(self) -> None:
        self.people = People()
        self.contact = factories.contact(self.people.enterprise, name="王经理", phone="13812345678")
        self.link, self.token = self.make()
        self.appeal = self.people.at(Status.CONFIRMING, timezone.now())

    def make(self, days: int = 30, now: datetime | None = None) -> tuple[EnterpriseLink, str]:
        return links.make(
            self.people.enterprise, days=days, by=self.people.specialist, now=now or timezone.now(), sending=uuid4()
        )

    @property
    def page(self) -> str:
        return f"/e/{self.token}/"

    @property
    def appeal_page(self) -> str:
        return f"/e/{self.token}/appeals/{self.appeal.pk}/"

    def phone(self, *, address: str = "10.0.0.1") -> Client:
        """A browser that has given the digits."""
        client = Client(REMOTE_ADDR=address)
        response = client.post(self.page, {"digits": DIGITS})
        assert response.status_code == 302, response.content.decode()
        return client


def form_of(page: str, act: str) -> dict[str, Any]:
    """The hidden fields of one of the two forms on an appeal's page."""
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        if f'value="{act}"' in form:
            fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
            return {name: value for name, value in fields if name != "csrfmiddlewaretoken"} | {"act": act}
    raise AssertionError(f"no form for {act}")


def confirm(client: Client, case: Case, **changed: Any) -> HttpResponse:
    """Open the page, fill in the form and send it."""
    page = client.get(case.appeal_page).content.decode()
    said = {"solved": "yes", "rating": "satisfied", "note": ""}
    return client.post(case.appeal_page, form_of(page, "confirm") | said | changed)


def fresh(appeal: Appeal) -> Appeal:
    return Appeal.objects.get(pk=appeal.pk)
