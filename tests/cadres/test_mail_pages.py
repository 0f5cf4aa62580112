"""The pages about e-mail: one's own choice and address, and how the sending goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cadres import mail
from cadres.models import AuditRow, Cadre, Mail
from cadres.roles import Role
from tests import factories, mail_server
from tests.mail_server import MailServer

OWN = "/inbox/settings/"


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server.running(settings) as found:
        yield found


def signed_in(cadre: Cadre) -> Client:
    client = Client()
    client.force_login(cadre)
    return client


def asked_for(server: MailServer, cadre: Cadre, email: str) -> str:
    """The path in the mail that asks whether the address is theirs."""
    assert signed_in(cadre).post(OWN, {"email": email}).status_code == 302
    mail.send_due()
    assert server.addresses[-1] == email
    found = re.search(r"https://zhuqi\.example\.gov\.cn(/\S+)", server.text())
    assert found
    return found[1]


@pytest.mark.django_db
def test_a_choice_is_kept_and_nonsense_refused(server: MailServer) -> None:
    person = factories.cadre(Role.HANDLER)
    assert signed_in(person).post(OWN, {"mail_manner": "urgent"}).status_code == 302
    person.refresh_from_db()
    assert person.mail_manner == "urgent"
    assert signed_in(person).post(OWN, {"mail_manner": "never"}).status_code == 422
    assert signed_in(person).post(OWN, {"mail_manner": "off", "username": "root"}).status_code == 302
    person.refresh_from_db()
    assert (person.mail_manner, person.username != "root") == ("off", True)


@pytest.mark.django_db
def test_a_new_address_counts_once_its_mail_was_answered(server: MailServer) -> None:
    person = factories.cadre(Role.HANDLER, email="old@example.gov.cn")
    path = asked_for(server, person, "new@example.gov.cn")
    client = signed_in(person)
    assert "把你的邮箱改为 new@example.gov.cn？" in client.get(path).content.decode()
    person.refresh_from_db()
    assert person.email == "old@example.gov.cn", "a scanner that follows links changes nothing"
    assert client.post(path).status_code == 302
    person.refresh_from_db()
    assert person.email == "new@example.gov.cn"
    assert AuditRow.objects.filter(action="address").get().cadre == person


@pytest.mark.django_db
def test_nobody_confirms_an_address_for_somebody_else(server: MailServer) -> None:
    person, other = factories.cadre(Role.HANDLER), factories.cadre(Role.HANDLER)
    path = asked_for(server, person, "new@example.gov.cn")
    signed_in(other).post(path)
    signed_in(person).post(path[:-2] + "x/")
    assert set(Cadre.objects.values_list("email", flat=True)) == {""}


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["", "nobody", "a@b", "a@example.com\r\nBcc: b@example.com", "old@example.gov.cn"])
def test_what_is_no_new_address_is_refused(server: MailServer, email: str) -> None:
    person = factories.cadre(Role.HANDLER, email="old@example.gov.cn")
    assert signed_in(person).post(OWN, {"email": email}).status_code == 422
    assert not Mail.objects.exists()


@pytest.mark.django_db
def test_nobody_is_flooded_with_questions(server: MailServer) -> None:
    client = signed_in(factories.cadre(Role.HANDLER))
    answers = [client.post(OWN, {"email": f"a{number}@example.com"}).status_code for number in range(5)]
    assert answers == [302, 302, 302, 422, 422]


@pytest.mark.django_db
def test_the_system_administrator_sees_what_failed_and_sends_it_again(server: MailServer) -> None:
    person = factories.cadre(Role.HANDLER, name="赵明", email="a@example.gov.cn")
    admin = factories.cadre(Role.SYSADMIN)
    now = timezone.now()
    Mail.objects.create(
        recipient=person, kind="address", address="a@example.gov.cn", made_at=now, due_at=now, attempts=7,
        state="failed", failure="邮件服务器拒收（451）：busy",
    )  # fmt: skip
    page = signed_in(admin).get("/mail/").content.decode()
    assert "赵明" in page
    assert "邮件服务器拒收（451）：busy" in page
    signed_in(admin).post(f"/mail/{Mail.objects.get().pk}/retry/")
    assert mail.send_due() == 1
    assert "需要重发" not in signed_in(admin).get("/mail/").content.decode()
    again = signed_in(admin).post(f"/mail/{Mail.objects.get().pk}/retry/", follow=True)
    assert "这封邮件不需要重发" in again.content.decode()
    assert mail.send_due() == 0


@pytest.mark.django_db
def test_an_administrator_of_a_district_does_not_see_the_citys_mails() -> None:
    now = timezone.now()
    Mail.objects.create(recipient=factories.cadre(Role.OFFICE, name="钱志远"), kind="notice", made_at=now, due_at=now)
    page = signed_in(factories.cadre(Role.SYSADMIN, region=factories.district())).get("/mail/").content.decode()
    assert "钱志远" not in page


@pytest.mark.django_db
def test_the_list_asks_as_many_questions_for_twenty_mails_as_for_two(django_assert_num_queries: Any) -> None:
    client = signed_in(factories.cadre(Role.SYSADMIN))
    now, counts = timezone.now(), []
    for total in (2, 20):
        for _ in range(total):
            person = factories.cadre(Role.HANDLER)
            Mail.objects.create(recipient=person, kind="notice", made_at=now, due_at=now + timedelta(hours=1))
        with django_assert_num_queries(1000, exact=False) as captured:
            assert client.get("/mail/").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
